"""The entries that entries are judged beside: protected domains, and the senders that are allowed and blocked.

A sender meets others: the same one, what holds it, what it holds, what an expression matches.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, Final, NamedTuple, Self

from ..model.addresses import Network, plain_network
from ..model.setting import Setting
from .findings import Fields
from .reach import Reach

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
    ending: dict[str, list[Reach]] = field(default_factory=dict)
    open: list[Reach] = field(default_factory=list)
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
            reach = Reach(sender.pattern, sender.kind)
            if (domains := reach.whole_ends) is None:
                self.open.append(reach)
            for domain in domains or ():
                self.ending.setdefault(domain, []).append(reach)
        elif sender.kind == "EMAIL":
            self.addresses.setdefault(sender.domain, sender)
        elif sender.kind == "IP":
            self._add_range(sender.pattern)

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
        yield from (one.pattern for one in islice(tried, _MOST_TRIED) if _matches(one, sender))

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
        reach = Reach(sender.pattern, sender.kind)
        for domain in reach.named if not reach.shape.matches_all else ():
            if domain in self.addresses and _matches(reach, self.addresses[domain]):
                yield self.addresses[domain].pattern
            if Sender("DOMAIN", domain, is_regex=False) in self.exact:
                yield domain


def _matches(reach: Reach, sender: Sender) -> bool:
    """Whether an expression matches a sender, or names the domain that it is."""
    if "IP" in {reach.kind, sender.kind}:
        text = sender.pattern if reach.kind == sender.kind else ""
    elif reach.addresses and sender.kind == "DOMAIN":
        return sender.pattern in reach.named
    else:
        text = sender.pattern if reach.addresses else sender.domain
    if not text or (reach.shape.ends and not text.endswith((*reach.shape.tails,))):
        return False
    return reach.shape.automaton is not None and reach.shape.automaton.matches(text)


def _parents(sender: Sender) -> Iterator[str]:
    """The domains that a sender's is below."""
    domains = [sender.domain] if sender.kind != "IP" else []
    if sender.is_regex:
        reach = Reach(sender.pattern, sender.kind)
        domains = reach.named if sender.kind != "IP" and not reach.shape.matches_all else []
    for domain in domains:
        labels = domain.split(".")
        yield from (".".join(labels[at:]) for at in range(1, len(labels)))


def _range(network: Network) -> _Range:
    return network.version, int(network.network_address), network.prefixlen


@dataclass(slots=True)
class Context:
    """The entries that entries are judged beside, by what they match.

    Attributes:
        own_domains: the protected domains.
        allowed: what allow policies match.
        blocked: what blocked senders match.
        sizes: how many entries each collection has before the plan, where known.

    """

    own_domains: set[str] = field(default_factory=set)
    allowed: Senders = field(default_factory=Senders)
    blocked: Senders = field(default_factory=Senders)
    sizes: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[tuple[Setting, Fields]]) -> Self:
        """The context that entries make for each other."""
        context = cls()
        for setting, fields in entries:
            context.add(setting, fields)
        return context

    def add(self, setting: Setting, fields: Fields) -> None:
        """Take one more entry in."""
        if setting.kind == "domain":
            if isinstance(domain := fields.get("domain"), str):
                self.own_domains.add(domain.lower())
        elif setting.kind in {"allow_policy", "block_sender"}:
            sender = Sender.of(fields)
            if sender is not None:
                (self.allowed if setting.kind == "allow_policy" else self.blocked).add(sender)

    def own_domain_of(self, domain: str) -> str | None:
        """The protected domain that a domain is, or belongs to, or None."""
        if not self.own_domains:
            return None
        labels = domain.lower().split(".")
        names = (".".join(labels[at:]) for at in range(len(labels) - 1))
        return next((name for name in names if name in self.own_domains), None)
