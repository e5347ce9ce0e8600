"""The rules on what protects: domains, blocks, content policies, restrictions, the impersonation registry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ..model.addresses import together
from ..model.text import field_name, literal
from . import rules
from .case import Case
from .exemptions import advice, breadth, wide_range
from .findings import Finding, Severity
from .patterns import shape_of

_MALICIOUS: Final = ("MALICIOUS", "MALICIOUS-BEC")
#: A text that no content policy is about: what matches it asks for nothing, unlike `\d{16}`.
_SOMETHING: Final = "zqqx zqqx"
_TLS: Final = ("require_tls_inbound", "require_tls_outbound")


def of_domain(case: Case) -> Iterator[Finding]:
    """What a protected domain lets through."""
    if case.after is None:
        if case.goes:
            yield case.hit(
                rules.DOMAIN_UNPROTECTED, "the domain is unprotected when it is deleted, which cannot be undone"
            )
        return
    if case.goes:
        yield case.hit(
            rules.DOMAIN_UNPROTECTED, f"{case.difference('domain')}: the first is unprotected for good", "domain"
        )
    # What is in force somebody has decided.
    severity = Severity.MEDIUM if case.audit else None
    armed = case.flag("unprotect_on_delete")
    if armed and (case.audit or case.before is None or "unprotect_on_delete" in case.weaker):
        what = "deleting the resource unprotects the domain, which cannot be undone"
        message = f"{field_name('unprotect_on_delete')}: {what}"
        yield case.hit(rules.DOMAIN_UNPROTECTED, message, "unprotect_on_delete", severity=severity)
    yield from _dropped(case)
    yield from _restricted(case)
    for name in _TLS:
        if case.now.get(name) is False and (name in case.weaker or case.audit or case.before is None):
            yield case.hit(rules.TLS, f"{field_name(name)} is {literal(False)}", name, severity=severity)


def _dropped(case: Case) -> Iterator[Finding]:
    dropped = case.now.get("drop_dispositions")
    if not isinstance(dropped, list):
        return
    was = case.before.get("drop_dispositions") if case.before is not None else None
    lost = [name for name in _MALICIOUS if name not in dropped and (not isinstance(was, list) or name in was)]
    if not isinstance(was, list) and "MALICIOUS" not in lost:
        return
    if lost and ("drop_dispositions" in case.weaker or (case.before is None and _inline(case))):
        yield case.hit(
            rules.NOT_DROPPED,
            f"{field_name('drop_dispositions')} {case.show(dropped)} is without {' and '.join(lost)}",
            "drop_dispositions",
            severity=Severity.MEDIUM if case.audit else None,
        )


def _restricted(case: Case) -> Iterator[Finding]:
    ranges = case.now.get("ip_restrictions")
    if not isinstance(ranges, list):
        return
    changed = "ip_restrictions" in case.weaker
    if not changed and not (case.before is None and _inline(case)):
        return
    was = (case.before or {}).get("ip_restrictions")
    new = [one for one in ranges if not isinstance(was, list) or one not in was]
    if _everywhere(ranges) or (not ranges and changed):
        yield case.hit(rules.FROM_ANYWHERE, f"{field_name('ip_restrictions')} {case.show(ranges)}", "ip_restrictions")
    elif not ranges:
        yield case.hit(
            rules.FROM_ANYWHERE,
            f"{field_name('ip_restrictions')} are empty",
            "ip_restrictions",
            severity=Severity.MEDIUM,
        )
    else:
        yield from wide_range(case, "ip_restrictions", *map(str, new))


def _everywhere(ranges: list[Any]) -> bool:
    """Whether ranges hold together all addresses of IPv4 or of IPv6."""
    return any(network.prefixlen == 0 for version in (4, 6) for network in together(ranges, version))


def _inline(case: Case) -> bool:
    """Whether Cloudflare stands in front of the mail host: only then it drops and refuses."""
    modes = case.now.get("allowed_delivery_modes")
    return not isinstance(modes, list) or "DIRECT" in modes


def of_content_policy(case: Case) -> Iterator[Finding]:
    """What a content policy no longer catches, or catches too much of."""
    if "enabled" in case.weaker:
        yield case.hit(rules.CONTENT_NOT_CAUGHT, f"enabled is {literal(False)}: the policy catches nothing", "enabled")
    pattern = case.text("pattern")
    if pattern is not None and case.comes:
        shape = shape_of(pattern)
        asks = shape.automaton is not None and not shape.automaton.matches(_SOMETHING)
        found = advice(breadth(case, shape))
        yield from (one for one in found if one.rule is not rules.MATCHES_EVERYTHING or not asks)


def of_registry(case: Case) -> Iterator[Finding]:
    """Who is no longer watched for."""
    if not case.goes or case.before is None:
        return
    before = case.before
    directory = any(before.get(name) not in (None, "") for name in ("directory_id", "external_directory_node_id"))
    directory = directory or str(before.get("provenance") or "").startswith("SNOOPY")
    what = "is no longer watched for"
    if case.after is not None:
        names = [name for name in ("name", "email", "is_email_regex") if before.get(name) != case.after.get(name)]
        what = ", ".join(map(case.difference, names))
    yield case.hit(
        rules.DIRECTORY_NOT_WATCHED if directory else rules.NOT_WATCHED,
        what if case.after is not None else f"{case.show(before.get('name'))} {what}",
        "name",
        "email",
        "is_email_regex",
    )


def of_restriction(case: Case) -> Iterator[Finding]:
    """Whose mail may come without TLS."""
    if case.goes:
        yield case.hit(
            rules.TLS,
            f"mail from {case.show((case.before or {}).get('domain'))} is accepted without TLS",
            "domain",
            severity=Severity.MEDIUM,
        )
    elif "exclude" in case.weaker:
        yield case.hit(
            rules.TLS, f"{case.difference('exclude')}: accepted without TLS", "exclude", severity=Severity.MEDIUM
        )
