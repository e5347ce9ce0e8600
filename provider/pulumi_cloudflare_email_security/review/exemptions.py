"""The rules on what exempts mail: allow policies, trusted domains, URL ignore patterns; and on blocked senders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from ..model.addresses import plain_network
from ..model.text import field_name, literal
from . import rules
from .case import Case, expiry
from .context import Sender
from .findings import Finding, Severity
from .known_domains import KNOWN, is_free_mail, is_public_suffix, is_shared, plain_domain
from .patterns import Shape, shape_of
from .reach import Reach

#: Networks of more addresses than this are wide, and those of so many more hold servers of many owners.
_WIDE: Final = {4: (24, 16), 6: (48, 32)}
#: What stands before the @ of an address that is a whole domain; the API takes none of them, accounts hold them.
_ANYBODY: Final = frozenset({"", "*", "%"})
#: So many domains are named.
_NAMED: Final = 3
_WHERE: Final = {"": "", "above": ", and may hold its subdomains", "below": ", and may be among this one's subdomains"}
_STALE: Final = timedelta(days=365)
#: A site that nobody means.
_STRANGE: Final = "zqqx.zq"
#: The end of the link as one of several ways: not the way of a link that goes on.
_OR_END: Final = re.compile(r"\|\$(?=\))|(?<=[(:|])\$\|")
_SCHEMES: Final = ("https://", "http://", "")


def of_allow_policy(case: Case) -> Iterator[Finding]:
    """What exempts mail from detections."""
    kind = case.text("pattern_type")
    bypasses = [name for name in ("is_trusted_sender", "is_exempt_recipient") if case.flag(name)]
    if bypasses and _concerns(case, *bypasses):
        yield case.hit(
            rules.BYPASS, f"{' and '.join(map(field_name, bypasses))}: what matches bypasses all detections", *bypasses
        )
    if not case.flag("verify_sender") and _concerns(case, "verify_sender"):
        off = f"{field_name('verify_sender')} is {literal(False)}"
        own_server = kind == "IP" and not case.flag("is_regex")
        yield case.hit(
            rules.NOT_VERIFIED,
            f"{off}: honoured for mail that passes neither DMARC, SPF nor DKIM",
            "verify_sender",
            severity=Severity.MEDIUM if own_server else None,
        )
    yield from _pattern(case, kind)
    if (sender := Sender.of(case.now)) and (other := case.context.blocked.meeting(sender)):
        message = f"{case.show(other.pattern)} is a blocked sender{_WHERE[other.where] or ', too'}"
        yield case.hit(rules.ALLOW_AND_BLOCK, message, "pattern")


def of_trusted_domain(case: Case) -> Iterator[Finding]:
    """What keeps young or similar domains from raising suspicion."""
    yield from _pattern(case, "DOMAIN")


def of_url_ignore_pattern(case: Case) -> Iterator[Finding]:
    """What leaves links as they are."""
    if (pattern := case.text("pattern")) is None:
        return
    shape = shape_of(pattern)
    yield from breadth(case, shape)
    if not shape.matches_all and shape.parsed:
        if not shape.starts:
            message = "does not begin with ^: it may match within the query of another site's link"
            yield case.hit(rules.UNANCHORED, f"{case.show(pattern)} {message}", "pattern")
        elif (other := _strange_link(pattern, shape)) is not None:
            message = f"lets in links to other sites: {other} … — hold the whole host name, from the // up to its /"
            yield case.hit(rules.UNANCHORED, f"{case.show(pattern)} {message}", "pattern")
    yield case.hit(rules.LINKS_NOT_CHECKED, f"links that match {case.show(pattern)} are not rewritten", "pattern")


def of_block_sender(case: Case) -> Iterator[Finding]:
    """What is wrong with a block: it weakens nothing, so it is never more than advice."""
    return advice(_mistaken_block(case))


def advice(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings that count for no more than low."""
    return (replace(one, severity=Severity.LOW) for one in findings)


def _mistaken_block(case: Case) -> Iterator[Finding]:
    pattern, kind = case.text("pattern"), case.text("pattern_type")
    if pattern is None or not case.comes:
        return
    own: Sequence[str] = ()
    if case.flag("is_regex"):
        reach = Reach(pattern, kind)
        yield from breadth(case, reach.shape)
        own = () if reach.shape.matches_all else _own_domains(case, reach, exactly=True)
    else:
        own = [*filter(None, [_own(case, pattern.lower(), exactly=True)] if kind == "DOMAIN" else [])]
    allowed = case.context.allowed
    if allowed and (sender := Sender.of(case.now)) and (other := allowed.meeting(sender)):
        message = f"an allow policy exempts {case.show(other.pattern)}{_WHERE[other.where]}"
        yield case.hit(rules.ALLOW_AND_BLOCK, message, "pattern")
    if own:
        yield case.hit(rules.OWN_DOMAIN_BLOCKED, _protected(case, own), "pattern")


def hygiene(case: Case) -> Iterator[Finding]:
    """What an exemption lacks for those who come later."""
    fields = case.now
    if case.setting.protects:
        return
    if not fields.get("comments"):
        yield case.hit(rules.NO_REASON, "no reason in comments")
    if expiry(fields) is None:
        yield case.hit(rules.NO_EXPIRY, "no expires")


def stale(case: Case) -> Iterator[Finding]:
    """What time has done to an exemption."""
    if case.setting.protects:
        return
    last = expiry(case.now)
    if last is not None and last <= case.today:
        yield case.hit(rules.EXPIRED, f"expired on {last}")
    touched = str(case.now.get("modified_at") or case.now.get("created_at") or "")[:10]
    if touched and last is None and touched < (case.today - _STALE).isoformat():
        yield case.hit(rules.STALE, f"last changed on {touched}")


def _concerns(case: Case, *names: str) -> bool:
    """Whether a rule on these fields is about what changes: the entry is new, or one of them is weaker."""
    return case.audit or case.comes or bool(case.weaker & {*names})


def _pattern(case: Case, kind: str | None) -> Iterator[Finding]:
    """What a pattern lets through."""
    if (pattern := case.text("pattern")) is None:
        return
    if case.flag("is_regex"):
        yield from _expression(case, pattern, kind)
    elif kind == "IP" or (kind == "UNKNOWN" and plain_network(pattern) is not None):
        yield from wide_range(case, "pattern", pattern)
    elif kind == "DOMAIN" or pattern.rpartition("@")[0] in _ANYBODY:
        yield from _domain(case, plain_domain(pattern))
    elif own := _own(case, plain_domain(pattern)):
        yield from _own_exempt(case, own)


def _domain(case: Case, domain: str) -> Iterator[Finding]:
    if is_public_suffix(domain):
        yield case.hit(rules.PUBLIC_SUFFIX, f"{case.show(domain)} is a public suffix", "pattern")
    elif is_free_mail(domain):
        yield case.hit(rules.FREE_MAIL, f"{case.show(domain)} is a free mail provider", "pattern")
    elif is_shared(domain):
        yield case.hit(
            rules.SHARED_SENDER, f"{case.show(domain)} is a service through which everybody sends", "pattern"
        )
    elif case.setting.kind == "allow_policy":
        yield case.hit(rules.WHOLE_DOMAIN, f"everybody at {case.show(domain)} is exempt", "pattern")
    if own := _own(case, domain):
        yield from _own_exempt(case, own)


def _own_exempt(case: Case, *own: str) -> Iterator[Finding]:
    # Mail to an own address is what an exempt recipient is about.
    names = ("is_acceptable_sender", "is_trusted_sender") if case.setting.kind == "allow_policy" else ()
    if names and not any(map(case.flag, names)):
        return
    if case.setting.kind == "allow_policy" and not case.audit and not case.comes and not case.weaker:
        return
    yield case.hit(rules.OWN_DOMAIN_TRUSTED, _protected(case, own), "pattern")


def _protected(case: Case, own: Sequence[str]) -> str:
    is_one = "is a protected domain" if len(own) == 1 else "are protected domains"
    return f"{_some(case, own)} {is_one} of this account"


def _expression(case: Case, pattern: str, kind: str | None) -> Iterator[Finding]:
    reach = Reach(pattern, kind)
    yield from breadth(case, reach.shape)
    if reach.shape.matches_all:
        return
    if kind == "IP":
        if (first := reach.whole_network) is not None:
            yield case.hit(rules.WIDE_RANGE, f"{case.show(pattern)} matches all of {first}.0.0.0/8", "pattern")
        return
    if reach.names_no_domain or reach.lets_in_strangers:
        message = f"{case.show(pattern)} matches addresses of any domain"
        yield case.hit(rules.MATCHES_NEARLY_EVERYTHING, message, "pattern", "is_regex")
        return
    if not reach.names_a_mailbox:
        named = reach.named
        yield from _of_many(case, [*named, *(one for one in reach.among(KNOWN) if one not in named)])
    if own := _own_domains(case, reach):
        yield from _own_exempt(case, *own)
    if reach.shape.parsed:
        yield from _unanchored(case, pattern, reach)


def _of_many(case: Case, domains: Sequence[str]) -> Iterator[Finding]:
    """Those of some domains where everybody may be."""
    if free := [domain for domain in domains if is_free_mail(domain)]:
        is_one = "is a free mail provider" if len(free) == 1 else "are free mail providers"
        yield case.hit(rules.FREE_MAIL, f"{_some(case, free)} {is_one}", "pattern")
    if shared := [domain for domain in domains if is_shared(domain)]:
        is_one = "is a service" if len(shared) == 1 else "are services"
        message = f"{_some(case, shared)} {is_one} through which everybody sends"
        yield case.hit(rules.SHARED_SENDER, message, "pattern")


def _some(case: Case, names: Sequence[str]) -> str:
    """Up to three names, and how many more there are."""
    more = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
    shown = [*map(case.show, names[:_NAMED]), *more]
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def _own_domains(case: Case, reach: Reach, *, exactly: bool = False) -> list[str]:
    """The protected domains that an expression lets in."""
    named = (_own(case, domain, exactly=exactly) for domain in reach.named)
    return sorted({*filter(None, named), *reach.among([*case.context.own_domains])})


def _unanchored(case: Case, pattern: str, reach: Reach) -> Iterator[Finding]:
    missing = " and ".join(
        text for text, there in (("begin with ^", reach.starts_well), ("end with $", reach.shape.ends)) if not there
    )
    if missing:
        yield case.hit(rules.UNANCHORED, f"{case.show(pattern)} does not {missing}", "pattern")
    elif loose := reach.loose_end:
        yield case.hit(rules.UNANCHORED, f"{case.show(pattern)} {loose}", "pattern")


def _strange_link(pattern: str, shape: Shape) -> str | None:
    """The beginning of a link to another site that an expression matches, or None."""
    automaton = shape_of(_OR_END.sub("", pattern)).automaton
    if automaton is None:
        return None
    host = "".join(shape.required).lower().rpartition("//")[2].partition("/")[0].rstrip("?")
    hosts = [_STRANGE]
    if host[:1].isalnum():
        hosts.append(f"{_STRANGE.partition('.')[0]}{host}")
    if host[-1:].isalnum():
        hosts.append(f"{host}.{_STRANGE}")
    links = (f"{scheme}{host}{sign}" for host in hosts for sign in "/?" for scheme in _SCHEMES)
    return next((link for link in links if automaton.may_begin_with(link)), None)


def breadth(case: Case, shape: Shape) -> Iterator[Finding]:
    """Whether an expression matches more than can be meant, or takes too long."""
    pattern = case.show(case.now.get("pattern"))
    if shape.matches_everything:
        yield case.hit(rules.MATCHES_EVERYTHING, f"{pattern} matches everything", "pattern", "is_regex")
    elif shape.matches_nearly_everything:
        yield case.hit(rules.MATCHES_NEARLY_EVERYTHING, f"{pattern} matches nearly everything", "pattern", "is_regex")
    elif shape.automaton is None:
        yield case.hit(rules.UNREADABLE, f"{pattern} is too large to be read", "pattern", "is_regex")
    if shape.slow:
        yield case.hit(rules.SLOW, f"{pattern}: {shape.slow}", "pattern")


def wide_range(case: Case, name: str, *ranges: str) -> Iterator[Finding]:
    """Whether one of some ranges holds more addresses than one sender has."""
    wide = []
    for text in ranges:
        if (network := plain_network(text)) is not None and network.prefixlen < (bounds := _WIDE[network.version])[0]:
            severity = Severity.HIGH if network.prefixlen < bounds[1] else Severity.MEDIUM
            wide.append((-severity, -network.num_addresses, case.show(text)))
    if wide:
        worst, number, text = min(wide)
        more = f", and {len(wide) - 1} more ranges are wide" if len(wide) > 1 else ""
        yield case.hit(
            rules.WIDE_RANGE, f"{text} holds {_count(-number)} addresses{more}", name, severity=Severity(-worst)
        )


def _count(number: int) -> str:
    return f"{number:,}".replace(",", " ") if number < 2**33 else f"2^{number.bit_length() - 1}"


def _own(case: Case, domain: str, *, exactly: bool = False) -> str | None:
    own = case.context.own_domain_of(domain)
    return own if own is not None and (not exactly or own == domain) else None
