"""Which domains a regular expression lets in: those that it names, and those that strangers may register."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final

from .known_domains import says_nothing
from .patterns import Shape, shape_of

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


@dataclass(frozen=True)
class Reach:
    """The domains of the senders that an expression matches.

    Attributes:
        pattern: the expression.
        kind: its pattern type.

    """

    pattern: str
    kind: str | None

    @cached_property
    def shape(self) -> Shape:
        """What is known of the expression."""
        return shape_of(self.pattern)

    @cached_property
    def addresses(self) -> bool:
        """Whether it is matched with addresses; else with domains."""
        return self.kind != "DOMAIN" or any("@" in text for text in self.shape.required)

    def lets_in(self, domain: str) -> bool:
        """Whether it lets a sender of a domain in, as far as that can be told."""
        if (automaton := self.shape.automaton) is None:
            return False
        return automaton.may_end_with(f"@{domain}") if self.addresses else automaton.matches(domain)

    def among(self, domains: Iterable[str]) -> Iterator[str]:
        """Those of some domains that it lets in, whether it names them or not."""
        tried = (domain for domain in sorted(domains) if self._may_end(domain))
        return filter(self.lets_in, islice(tried, _MOST_TRIED))

    def _may_end(self, domain: str) -> bool:
        """Whether a match may end so, as far as its text says."""
        end = f"@{domain}" if self.addresses else domain
        return not self.shape.ends or any(end.endswith(tail) or tail.endswith(end) for tail in self.shape.tails)

    @cached_property
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
        if not self._is_sure:
            return False
        suffixes = {*_SUFFIXES, *(tail.lstrip(".") for tail in self.shape.tails if says_nothing(tail))}
        return any(
            all(self.lets_in(f"{stranger}.{suffix}") for stranger in _STRANGERS)
            for suffix in sorted(filter(None, suffixes))
        )

    @property
    def whole_network(self) -> int | None:
        """The first number of addresses that it matches whatever follows, or None."""
        if not self._is_sure or (automaton := self.shape.automaton) is None:
            return None
        return next(
            (first for first in range(1, 224) if all(automaton.matches(f"{first}.{server}") for server in _SERVERS)),
            None,
        )

    @property
    def _is_sure(self) -> bool:
        """Whether it matches no less than it seems to."""
        return self.shape.automaton is not None and not self.shape.automaton.has_conditions

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
        required = [text.lower() for text in self._required]
        name = "".join(required)
        bare = [name, *(domain for tail in self.shape.tails if (domain := domain_at_end(tail)) == tail)]
        longer = (
            f"{above}{strange}{one}"
            for one in bare
            if one[:1].isalnum()
            for strange in _STRANGE
            for above in ("", f"{strange}.")
        )
        if not self.shape.bounded and any(map(self.lets_in, longer)):
            return "may match the end of a longer name"
        if any(map(self.lets_in, _joined(self.named))):
            return r"has a dot that stands for any character: write \."
        dot = "" if name.endswith(".") else "."
        if any(self.lets_in(f"{name}{dot}{strange}") for strange in _STRANGE):
            return "does not say how the domain ends"
        open_before_its_end = len(required) > 1 and says_nothing(required[-1])
        if open_before_its_end and any(self.lets_in(strange.join(required)) for strange in _STRANGE):
            return "does not hold the whole domain"
        return None

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
