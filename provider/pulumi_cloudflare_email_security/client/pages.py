"""Reading a whole list, page by page, from an API whose words about the list need not be true.

When a list ends. Never because of a total alone, nor because a page is shorter than what was asked for: the API may
serve less a page than that. A list ends

- with an empty page, or one that shows nothing but entries seen before;
- with a page shorter than one seen before it, in this reading or an earlier one: so many the API serves;
- with the first page, if it is not full, the API says that the list is this long, and its totals have been seen to be
  more than the count of the entries on their page: any longer list shows that, and so does the empty page after a
  short one.

So an account pays one request a page; one more for a list whose last page is full; and one more for the first short
list that is read of it. Where a page in the middle turns out to be shorter than others, only an empty page ends the
list.

What raises doubt: a total that is larger than what was read, one that went down meanwhile, an entry on two pages (they
are merged by id). Then the list is read again, in smaller pages and from its other end where it has an order, so that
other entries stand where pages meet, until one reading holds nothing that those before it did not, or all together
hold as many as the API says; then the list is what all of them held. A total that stays beyond the end of the list is
told once and then passed over.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from .errors import AmbiguousError, InvalidRequestError
from .habits import Habits

Entry: TypeAlias = dict[str, Any]

#: A limit in the words of a refusal: "from 1 to 50", "at most 50", "no more than 50", "maximum is 50".
_LIMIT: Final = re.compile(r"\b(?:to|most|than|limit|max\w*)\b(?: (?:is|of))?\W{1,3}(\d+)\b", re.ASCII | re.IGNORECASE)
_READINGS: Final = 4
#: A short list is read more often than that before it counts as being changed: up to so many pages.
_SHORT: Final = 40


def entry_id(entry: Mapping[str, Any]) -> str:
    """An entry's id as an opaque string (the API answers int32 or UUID)."""
    return str(entry["id"])


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list.

    Attributes:
        entries: what is on it.
        total: how many entries the API says the list has, where it says so.
        refusal: why there is no such page, where the API refused to show it.

    """

    entries: list[Entry]
    total: int | None = None
    refusal: InvalidRequestError | None = None


def count(value: object) -> int | None:
    """A number of entries as APIs write it (3, 3.0, "3"), or None."""
    if isinstance(value, bool):
        return None
    try:
        number = float(value) if isinstance(value, int | float | str) else math.nan
    except (ValueError, OverflowError):
        return None
    return int(number) if 0 <= number < math.inf and number.is_integer() else None


def may_be_page_size(error: InvalidRequestError) -> bool:
    """Whether a list may have been refused for the size of its pages: what names another parameter was not."""
    said = " ".join(f"{problem.message} {problem.pointer or ''}" for problem in error.problems).lower()
    return "page" in said or "limit" in said or not any(problem.pointer for problem in error.problems)


def smaller_page(size: int, error: InvalidRequestError) -> int:
    """The size of page to ask for after one was refused: the limit that the refusal names, or half."""
    named = [int(number) for problem in error.problems for number in _LIMIT.findall(problem.message)]
    return max((number for number in named if 0 < number < size), default=size // 2)


@dataclass(slots=True)
class Reading:
    """One reading of a list, from its first page on."""

    habits: Habits
    asked: int
    filtered: bool = False
    entries: dict[str, Entry] = field(default_factory=dict)
    totals: list[int] = field(default_factory=list)
    _lengths: list[int] = field(default_factory=list)
    #: The refusal of a page, where nothing else tells that the list has ended before it.
    cut: InvalidRequestError | None = None
    _repeated: bool = False
    _news: int = 0

    def add(self, page: Page) -> None:
        """The next page. Raises its refusal where it is the first."""
        if page.refusal is not None and not (self._lengths and self._is_past_the_end()):
            if not self._lengths:
                raise page.refusal
            self.cut = page.refusal
        before = len(self.entries)
        self.entries.update((entry_id(entry), entry) for entry in page.entries)
        self._news = len(self.entries) - before
        self._repeated |= self._news < len(page.entries)
        self._lengths.append(len(page.entries))
        if page.total is not None:
            self.totals.append(page.total)
            # It says more than what stands on the page.
            self.habits.words.totals_count |= page.total > len(page.entries)
        self._learn()

    def _learn(self) -> None:
        lengths = self._lengths
        while len(lengths) > 1 and not lengths[-1]:
            lengths = lengths[:-1]
        if len({*lengths[:-1]}) > 1 or lengths[-1] > lengths[0]:
            self.habits.ragged = True
        self.habits.served = max(self.habits.served, *lengths)
        # Entries beyond the greatest total: it counts something else, the page for instance.
        if not self.filtered and self.totals and len(self.entries) > max(self.totals):
            self.habits.totals_mislead = True

    @property
    def pages(self) -> int:
        """How many pages have been read."""
        return len(self._lengths)

    @property
    def places(self) -> int:
        """How many entries have been shown, those that were shown twice counted twice."""
        return sum(self._lengths)

    @property
    def total(self) -> int | None:
        """How many entries the API says there are, where that may mean something."""
        return self.totals[-1] if self.totals and not (self.filtered or self.habits.totals_mislead) else None

    @property
    def ended(self) -> bool:
        """Whether the last page is the end of the list."""
        length = self._lengths[-1]
        if not self._news:
            return True
        if self.habits.ragged or (self.total is not None and self.total > len(self.entries)):
            return False
        if length < min(self.habits.served, self.asked):
            return True
        # A total that counted what a filter leaves out would be larger, if the filter left anything out.
        counts = self.habits.words.totals_count and not self.habits.totals_mislead
        return counts and self.pages == 1 and self.totals == [length] and length < self.asked

    def _is_past_the_end(self) -> bool:
        if self.total is not None and len(self.entries) >= self.total:
            return True
        return self.ended or (len(self._lengths) == 1 and self._lengths[0] < self.asked)

    @property
    def ahead(self) -> int:
        """How many pages there probably are still, at least one."""
        if self.total is None:
            return max(1, len(self._lengths) // 4)
        return max(1, math.ceil((self.total - len(self.entries)) / max(self._lengths)))

    @property
    def doubtful(self) -> bool:
        """Whether entries may be missing: they moved, or the API says that there are more."""
        if self.total is None or self.cut is not None:
            return self._repeated or self.cut is not None
        steady = min(self.totals) == max(self.totals)
        if steady and len(self.entries) == self.total:
            return False
        return self._repeated or len(self.entries) < max(self.totals) or self.totals[-1] < self.totals[0]


@dataclass(frozen=True, slots=True)
class ListReader:
    """Reads whole lists of one collection.

    Attributes:
        collection: its name, for texts.
        habits: what is known of it.
        several: reads the pages with these numbers at the same time; the list comes in pages of this size, from its
            other end where the last argument is true.
        reversible: whether the list can be read from its other end.
        width: how many pages may be read at the same time.
        tell: told what the user should know.

    """

    collection: str
    habits: Habits
    several: Callable[[Sequence[int], int, bool], list[Page]]
    reversible: bool
    width: int
    tell: Callable[[str], None]

    def all(self, first: Page | None, *, filtered: bool) -> list[Entry]:
        """Every entry of the list. Without its first page, which may have been read, it is read from its other end.

        Raises:
            AmbiguousError: every reading shows something else, so the collection is being changed.

        """
        together: dict[str, Entry] = {}
        pages = attempt = 0
        while attempt < _READINGS or (pages < _SHORT and attempt < _SHORT // 4):
            otherwise = attempt % 2 == (first is not None)
            size = self.habits.page_size
            size = max(1, min(size, self.habits.served) * 3 // 4) if otherwise else size
            backwards = self.reversible and otherwise
            reading = self._read(first if attempt == 0 else None, size, backwards=backwards, filtered=filtered)
            pages, attempt = pages + reading.pages, attempt + 1
            entries = [*reading.entries.values()]
            if not reading.doubtful:
                return entries[::-1] if backwards else entries
            new = reading.entries.keys() - together.keys()
            together.update(reading.entries)
            if reading.total == len(together) == max(reading.totals, default=0):
                return [*together.values()]
            if not new:
                if reading.cut is not None and reading.places < len(together):
                    # From either end it shows no page beyond some depth.
                    raise reading.cut
                self._pass_over(reading, len(together))
                return [*together.values()]
        said = f", while it says it holds {max(reading.totals)}" if reading.totals else ""
        raise AmbiguousError(
            f"{self.collection}: the list held {len(entries)} entries when it was read last{said}, and each of "
            f"{attempt} readings showed others — run again when the collection is not being changed"
        )

    def _read(self, first: Page | None, size: int, *, backwards: bool, filtered: bool) -> Reading:
        reading = Reading(self.habits, size, filtered)
        reading.add(first or self.several([1], size, backwards)[0])
        while not reading.ended:
            begin = reading.pages + 1
            for page in self.several(range(begin, begin + min(self.width, reading.ahead)), size, backwards):
                reading.add(page)
        return reading

    def _pass_over(self, reading: Reading, shown: int) -> None:
        """Nothing more is shown: what the API says about the length of the list is not true."""
        total = reading.total
        if total is not None and total > shown:
            self.habits.totals_mislead = True
            self.tell(
                f"{self.collection}: the API says that there are {total} entries but shows {shown} of them, however "
                "often the list is read: going by what it shows"
            )
