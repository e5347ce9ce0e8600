"""Which domains a regular expression lets in: those that it names, and those that strangers may register."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from .automaton import Automaton
from .patterns import Shape, automaton_of, shape_of
from .senders import says_nothing

#: Labels, or parts of labels, that nobody means.
_STRANGE: Final = ("zqqx", "zq", "zqq", "7", "47")
#: Domains of strangers, alike in nothing but their ends, and some of those.
_STRANGERS: Final = ("zqqx", "mw9-hvkj", "a.7b.ei-uo3")
_SUFFIXES: Final = ("com", "net", "org", "de", "co.uk", "xyz")
#: Addresses in one network, alike in nothing but its number.
_SERVERS: Final = ("9.87.6", "210.3.154", "46.178.29")
#: So many domains are tried.
_MOST_TRIED: Final = 2_000
#: What begins an expression and takes anything.
_ANY: Final = re.compile(r"[(]*(?:\?:)?\.[*+]")


@dataclass(frozen=True, slots=True)
class Reach:
    """The domains of the senders that an expression matches.

    Attributes:
        pattern: the expression.
        shape: what is known of it.
        addresses: whether it is matched with addresses; else with domains.

    """

    pattern: str
    shape: Shape
    addresses: bool

    @classmethod
    def of(cls, pattern: str, kind: str | None) -> Reach:
        """Of a pattern and its type."""
        shape = shape_of(pattern)
        return cls(pattern, shape, kind != "DOMAIN" or any("@" in text for text in shape.required))

    def among(self, domains: Iterable[str]) -> Iterator[str]:
        """Those of some domains that it lets in, whether it names them or not."""
        automaton = automaton_of(self.pattern)
        if automaton is not None:
            tried = (domain for domain in sorted(domains) if self._may_end(domain))
            yield from (domain for domain in islice(tried, _MOST_TRIED) if self._lets_in(automaton, domain))

    def _may_end(self, domain: str) -> bool:
        """Whether a match may end so, as far as its text says."""
        end = f"@{domain}" if self.addresses else domain
        return not self.shape.ends or any(end.endswith(tail) or tail.endswith(end) for tail in self.shape.tails)

    @property
    def named(self) -> list[str]:
        """The domains of which one ends every match, as far as it says: those that are meant."""
        return sorted({*filter(None, map(domain_at_end, self.shape.meant))})

    @property
    def whole_ends(self) -> list[str] | None:
        """The domains in one of which, as a whole, every match ends; None where there are others."""
        whole = all(
            (domain := domain_at_end(tail)) and tail[-len(domain) - 1 : -len(domain)] for tail in self.shape.tails
        )
        return sorted({*filter(None, map(domain_at_end, self.shape.tails))}) if whole and self.shape.ends else None

    @property
    def names_no_domain(self) -> bool:
        """Whether it asks for something before the @ of an address, and for nothing that matters after it."""
        at = self.addresses and any("@" in text for text in self.shape.required)
        return at and sum(map(str.isalnum, "".join(self._telling))) < 3

    @property
    def lets_in_strangers(self) -> bool:
        """Whether it matches senders of unlike domains with one end in common."""
        automaton = automaton_of(self.pattern)
        if automaton is None or automaton.has_conditions:
            return False
        suffixes = {*_SUFFIXES, *(tail.lstrip(".") for tail in self.shape.tails if says_nothing(tail))}
        return any(
            all(self._lets_in(automaton, f"{stranger}.{suffix}") for stranger in _STRANGERS)
            for suffix in sorted(filter(None, suffixes))
        )

    @property
    def whole_network(self) -> int | None:
        """The first number of addresses that it matches whatever follows, or None."""
        automaton = automaton_of(self.pattern)
        if automaton is None or automaton.has_conditions:
            return None
        starts, ends = self.shape.starts, self.shape.ends

        def holds(first: int) -> bool:
            return all(automaton.matches(f"{first}.{server}", starts=starts, ends=ends) for server in _SERVERS)

        return next(filter(holds, range(1, 224)), None)

    @property
    def _telling(self) -> list[str]:
        return [text for text in self._required if not says_nothing(text.lower())]

    @property
    def _required(self) -> list[str]:
        """What every match must hold in its domain."""
        texts = [*self.shape.required]
        for at in reversed(range(len(texts))):
            if "@" in texts[at]:
                return list(filter(None, [texts[at].rpartition("@")[2], *texts[at + 1 :]]))
        return texts

    @property
    def loose_end(self) -> str | None:
        """Where a stranger's domain may stand for the one that is meant, or None."""
        automaton = automaton_of(self.pattern)
        if automaton is None or not self.shape.parsed:
            return None
        required = self._required
        name = "".join(required)

        def lets_in(domain: str) -> bool:
            return self._lets_in(automaton, domain.lower())

        bare = [name, *(domain for tail in self.shape.tails if (domain := domain_at_end(tail)) == tail)]
        longer = (
            f"{above}{strange}{one}"
            for one in bare
            if one[:1].isalnum()
            for strange in _STRANGE
            for above in ("", f"{strange}.")
        )
        if not self.shape.bounded and any(map(lets_in, longer)):
            return "may match the end of a longer name"
        if any(map(lets_in, _joined(self.named))):
            return r"has a dot that stands for any character: write \."
        dot = "" if name.endswith(".") else "."
        if any(lets_in(f"{name}{dot}{strange}") for strange in _STRANGE):
            return "does not say how the domain ends"
        open_before_its_end = len(required) > 1 and says_nothing(required[-1].lower())
        if open_before_its_end and any(lets_in(strange.join(required)) for strange in _STRANGE):
            return "does not hold the whole domain"
        return None

    def _lets_in(self, automaton: Automaton, domain: str) -> bool:
        if self.addresses:
            return automaton.may_end_with(f"@{domain}", starts=self.shape.starts, ends=self.shape.ends)
        return automaton.matches(domain, starts=self.shape.starts, ends=self.shape.ends)

    @property
    def names_a_mailbox(self) -> bool:
        """Whether it says something about the part before the @."""
        required = "".join(self.shape.required)
        return "@" in required and sum(map(str.isalnum, required.partition("@")[0])) >= 2

    @property
    def starts_well(self) -> bool:
        """Whether a ^ would change nothing: `.*@corp` and `@corp` are as good as `^.*@corp`."""
        first = "".join(self.shape.required[:1])
        return self.shape.starts or self.shape.bounded or first.startswith(("@", ".")) or bool(_ANY.match(self.pattern))


def _joined(domains: Iterable[str]) -> Iterator[str]:
    """Domains with a letter in the place of a dot: names that somebody else may register."""
    for domain in domains:
        labels = domain.split(".")
        for at in range(1, len(labels) - 1):
            yield f"{'.'.join(labels[:at])}q{'.'.join(labels[at:])}"


def domain_at_end(text: str) -> str | None:
    """The domain that a text ends with, or None."""
    start = len(text)
    while start and (text[start - 1].isalnum() or text[start - 1] in ".-"):
        start -= 1
    domain = text[start:].strip(".")
    return domain if "." in domain else None
