"""What an account's API turned out to be like while it was asked: learned once, used by every later request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

PAGE_SIZE: Final = 1000
BATCH_SIZE: Final = 1000


@dataclass(slots=True)
class Words:
    """What the API's own words turned out to be worth, whatever the collection.

    Attributes:
        totals_count: whether a `total_count` has been seen that was not just the count of its page.

    """

    totals_count: bool = False


@dataclass(slots=True)
class Habits:
    """The habits of one collection of one account.

    Attributes:
        words: what is known of the API, shared by all collections.
        lacking: operations that it does not have.
        page_size: how many entries a page are asked for; less than documented where the API refuses that.
        served: the most entries that one page has held: the API serves at least so many.
        ragged: whether pages in the middle of a list have been shorter than others, so that only an empty page ends it.
        totals_mislead: whether the API's own count has been found to be no count of the list.
        batch_size: the most entries that one request may hold.
        answers_in_part: whether answers to writes have left out text that was sent, or times, so that only a read
            tells them.

    """

    words: Words = field(default_factory=Words)
    lacking: set[str] = field(default_factory=set)
    page_size: int = field(default_factory=lambda: PAGE_SIZE)
    served: int = 0
    ragged: bool = False
    totals_mislead: bool = False
    batch_size: int = field(default_factory=lambda: BATCH_SIZE)
    answers_in_part: bool = False
