"""Whether a sender is among others: the same one, what holds it, what it holds, or what an expression matches."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, Final, NamedTuple

from ..model.addresses import Network, plain_network
from .domains import Reach
from .patterns import automaton_of

#: So many expressions are tried with a sender, and so many senders with an expression.
_MOST_TRIED: Final = 200
#: Version, first address, length of the prefix.
_Range = tuple[int, int, int]


_OF_SENDERS: Final = ("is_acceptable_sender", "is_trusted_sender")


class Sender(NamedTuple):
    """What an allow policy or a blocked sender matches."""

    kind: str
    pattern: str
    is_regex: bool

    @classmethod
    def of(cls, fields: Any) -> Sender | None:
        """The sender that fields name; None where they are not known, or name a recipient."""
        if fields.get("is_exempt_recipient") is True and not any(map(fields.get, _OF_SENDERS)):
            return None
        kind, pattern, is_regex = fields.get("pattern_type"), fields.get("pattern"), fields.get("is_regex") or False
        if not isinstance(kind, str) or not isinstance(pattern, str) or not isinstance(is_regex, bool):
            return None
        return cls(kind, pattern if is_regex else pattern.lower(), is_regex)

    @property
    def domain(self) -> str:
        """Of an address the domain, else the pattern."""
        return self.pattern.rpartition("@")[2]


class Met(NamedTuple):
    """One that a sender meets.

    Attributes:
        pattern: its pattern.
        where: "above" or "below" where its domain is above or below the sender's: no document says whether a pattern of
            type `DOMAIN` holds subdomains.

    """

    pattern: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class _Expression:
    """An expression among senders."""

    kind: str
    reach: Reach
    named: frozenset[str]
    #: One of these ends every match.
    tails: tuple[str, ...]

    @classmethod
    def of(cls, sender: Sender) -> _Expression:
        reach = Reach.of(sender.pattern, sender.kind)
        return cls(sender.kind, reach, frozenset(reach.named), tuple(reach.shape.tails) if reach.shape.ends else ("",))

    def matches(self, sender: Sender) -> bool:
        """Whether it matches a sender, or names the domain that it is."""
        text = sender.pattern if self.reach.addresses else sender.domain
        if "IP" in {self.kind, sender.kind}:
            text = sender.pattern if self.kind == sender.kind else ""
        elif self.reach.addresses and sender.kind == "DOMAIN":
            return sender.pattern in self.named
        if not text.endswith(self.tails) or (automaton := automaton_of(self.reach.pattern)) is None:
            return False
        shape = self.reach.shape
        return bool(text) and automaton.matches(text, starts=shape.starts, ends=shape.ends)


@dataclass(slots=True)
class Senders:
    """Senders, by all that one may be found under. They are sorted in once somebody asks: few programs need it."""

    exact: set[Sender] = field(default_factory=set)
    unsorted: list[Sender] = field(default_factory=list)
    #: By domain the first address of it.
    addresses: dict[str, Sender] = field(default_factory=dict)
    #: By domain the first pattern that is about a domain below it.
    below: dict[str, str] = field(default_factory=dict)
    #: Expressions by the domain that ends their matches, and those that do not say one.
    ending: dict[str, list[_Expression]] = field(default_factory=dict)
    open: list[_Expression] = field(default_factory=list)
    ranges: dict[_Range, str] = field(default_factory=dict)
    ordered: list[_Range] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.exact)

    def add(self, sender: Sender) -> None:
        """Take one more in."""
        if sender not in self.exact:
            self.exact.add(sender)
            self.unsorted.append(sender)

    def _sort_in(self, sender: Sender) -> None:
        for domain in _parents(sender):
            self.below.setdefault(domain, sender.pattern)
        if sender.is_regex:
            self._add_expression(sender)
        elif sender.kind == "EMAIL":
            self.addresses.setdefault(sender.domain, sender)
        elif sender.kind == "IP":
            self._add_range(sender.pattern)

    def _add_expression(self, sender: Sender) -> None:
        expression = _Expression.of(sender)
        if (domains := expression.reach.whole_ends) is None:
            self.open.append(expression)
        for domain in domains or ():
            self.ending.setdefault(domain, []).append(expression)

    def _add_range(self, pattern: str) -> None:
        network = plain_network(pattern)
        if network is not None and (place := _range(network)) not in self.ranges:
            self.ranges[place] = pattern
            insort(self.ordered, place)

    def meeting(self, sender: Sender) -> Met | None:
        """One whose mail a sender's may be, or the other way round; None where there is none."""
        for added in self.unsorted:
            self._sort_in(added)
        self.unsorted.clear()
        sure = (Met(pattern) for pattern in self._meeting(sender))
        return next(chain(sure, self._above_or_below(sender)), None)

    def _above_or_below(self, sender: Sender) -> Iterator[Met]:
        """Those of type `DOMAIN` that a sender's domain is below, and those below a sender that is one."""
        for domain in _parents(sender):
            if Sender("DOMAIN", domain, is_regex=False) in self.exact:
                yield Met(domain, "above")
        if sender.kind == "DOMAIN" and not sender.is_regex and sender.pattern in self.below:
            yield Met(self.below[sender.pattern], "below")

    def _meeting(self, sender: Sender) -> Iterator[str]:
        if sender in self.exact:
            yield sender.pattern
        if sender.is_regex:
            yield from self._matched(sender)
            return
        if sender.kind == "EMAIL" and Sender("DOMAIN", sender.domain, is_regex=False) in self.exact:
            yield sender.domain
        if sender.kind == "DOMAIN" and sender.pattern in self.addresses:
            yield self.addresses[sender.pattern].pattern
        if sender.kind == "IP":
            yield from self._overlapping(sender)
        labels = sender.domain.split(".")
        ending = (self.ending.get(".".join(labels[at:]), ()) for at in range(len(labels)))
        tried = chain(chain.from_iterable(ending), self.open)
        yield from (one.reach.pattern for one in islice(tried, _MOST_TRIED) if one.matches(sender))

    def _overlapping(self, sender: Sender) -> Iterator[str]:
        """Ranges hold each other or are apart."""
        if (network := plain_network(sender.pattern)) is None:
            return
        version, first, length = _range(network)
        for shorter in range(length + 1):
            free = network.max_prefixlen - shorter
            if (pattern := self.ranges.get((version, first >> free << free, shorter))) is not None:
                yield pattern
        at = bisect_left(self.ordered, (version, first, length))
        if at < len(self.ordered):
            inner = self.ordered[at]
            if inner[0] == version and inner[1] <= int(network.broadcast_address):
                yield self.ranges[inner]

    def _matched(self, sender: Sender) -> Iterator[str]:
        """Those that an expression matches; only what says something of its domain is looked at."""
        expression = _Expression.of(sender)
        if _tells(expression.reach):
            for domain in expression.reach.named:
                if domain in self.addresses and expression.matches(self.addresses[domain]):
                    yield self.addresses[domain].pattern
                if Sender("DOMAIN", domain, is_regex=False) in self.exact:
                    yield domain


def _tells(reach: Reach) -> bool:
    """Whether an expression says something of a sender's domain."""
    return not reach.shape.matches_everything and not reach.shape.matches_nearly_everything


def _parents(sender: Sender) -> Iterator[str]:
    """The domains that a sender's is below."""
    domains = [sender.domain] if sender.kind != "IP" else []
    if sender.is_regex:
        reach = Reach.of(sender.pattern, sender.kind)
        domains = reach.named if sender.kind != "IP" and _tells(reach) else []
    for domain in domains:
        labels = domain.split(".")
        yield from (".".join(labels[at:]) for at in range(1, len(labels)))


def _range(network: Network) -> _Range:
    return network.version, int(network.network_address), network.prefixlen
