"""Whatever changes: what weakens a declared field fails a review at medium, and nothing else does."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulumi_cloudflare_email_security.model.weakening import Way
from pulumi_cloudflare_email_security.review.engine import Kinds
from pulumi_cloudflare_email_security.review.findings import Severity
from pulumi_cloudflare_email_security.review.machine import fingerprint
from pulumi_cloudflare_email_security.review.preview import read_plans
from pulumi_cloudflare_email_security.review.report import make_report
from pulumi_cloudflare_email_security.settings import RESOURCES, SETTINGS
from support.previews import preview, step, whole

TODAY = date(2026, 11, 25)
KINDS = Kinds.of(RESOURCES)
BY_KIND = {setting.kind: setting for setting in SETTINGS}
_NAMES = st.sampled_from(["a.example", "b.example", "gmail.com", "co.uk", "paypal.com", "news.a.example"])
_REGEX = st.sampled_from(
    [
        ".*",
        r"^.*@(gmail|yahoo|paypal|mailgun)\.(com|org)$",
        r"^x@a\.example$",
        "(a+)+",
        r".*@.*\.com",
        r"^(?<a>x)\k<a>@b$",
    ]
)
_BOOL = st.booleans()
_REMARK = st.sampled_from(["", "asked for by payroll"])


def _some(*items: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(items), unique=True).map(sorted)


def _pattern(kinds: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    plain = {
        "EMAIL": st.sampled_from(["x@a.example", "y@gmail.com"]),
        "DOMAIN": _NAMES,
        "IP": st.sampled_from(["198.51.100.0/28", "198.0.0.0/8", "203.0.113.7"]),
    }
    forms = [st.fixed_dictionaries({"pattern": plain[one], "pattern_type": st.just(one)}) for one in kinds]
    regex = st.fixed_dictionaries(
        {"pattern": _REGEX, "pattern_type": st.sampled_from(kinds), "is_regex": st.just(True)}
    )
    return st.one_of(*forms, regex)


def _with(base: st.SearchStrategy[dict[str, Any]], **fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(base, st.fixed_dictionaries(fields)).map(lambda both: {**both[0], **both[1]})


_TYPES = ("EMAIL", "DOMAIN", "IP")
ENTRIES: Mapping[str, st.SearchStrategy[dict[str, Any]]] = {
    "allow_policy": _with(
        _pattern(_TYPES),
        is_acceptable_sender=_BOOL,
        is_exempt_recipient=_BOOL,
        is_trusted_sender=_BOOL,
        verify_sender=_BOOL,
        comments=_REMARK,
    ),
    "block_sender": _with(_pattern(_TYPES), comments=_REMARK),
    "content_policy": st.fixed_dictionaries(
        {
            "name": st.sampled_from(["one", "two"]),
            "pattern": st.sampled_from(["overdue", ".*"]),
            "targets": _some("BODY", "SUBJECT"),
            "enabled": _BOOL,
            "notes": _REMARK,
        }
    ),
    "domain": st.fixed_dictionaries(
        {
            "domain": st.just("mail.example"),
            "allowed_delivery_modes": _some("DIRECT", "API", "BCC").map(
                lambda modes: sorted({*modes, "DIRECT", "API"})
            ),
            "drop_dispositions": _some("MALICIOUS", "MALICIOUS-BEC", "SPAM"),
            "ip_restrictions": _some(
                "192.0.2.0/24", "192.0.2.0/25", "0.0.0.0/0", "198.51.100.0/24", "20.0.0.0/8", "52.0.0.0/12"
            ),
            "regions": _some("GLOBAL", "DE"),
            "lookback_hops": st.integers(1, 3),
            "folder": st.sampled_from(["AllItems", "Inbox", ""]),
            "transport": st.sampled_from(["mx1.a.example", "mx2.a.example"]),
            "integration_id": st.sampled_from(
                ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"]
            ),
            "require_tls_inbound": _BOOL,
            "require_tls_outbound": _BOOL,
            "unprotect_on_delete": _BOOL,
        }
    ),
    "impersonation_registry_entry": st.fixed_dictionaries(
        {
            "name": st.sampled_from(["Jane", "Joe"]),
            "email": st.sampled_from(["j@a.example", "k@a.example"]),
            "comments": _REMARK,
            "is_email_regex": _BOOL,
            "directory_id": st.integers(1, 2),
            "directory_node_id": st.integers(1, 2),
            "external_directory_node_id": st.sampled_from(["x1", "x2"]),
            "provenance": st.sampled_from(["A1S_INTERNAL", "SNOOPY-OFFICE_365"]),
        }
    ),
    "sending_domain_restriction": st.fixed_dictionaries(
        {"domain": _NAMES, "exclude": _some("x.a.example", "y.a.example"), "comments": _REMARK}
    ),
    "trusted_domain": st.fixed_dictionaries(
        {"pattern": _NAMES, "is_recent": _BOOL, "is_similarity": _BOOL, "is_regex": _BOOL, "comments": _REMARK}
    ),
    "url_ignore_pattern": st.fixed_dictionaries({"pattern": _REGEX, "comments": _REMARK}),
}


#: An acceptance of what no change is found by: it neither weakens nor hides anything.
_ACCEPTED = st.sampled_from([{}, {"unmanaged-entry": "known, until 2099-01-01"}])
ENTRIES = {kind: _with(entry, accept_risk=_ACCEPTED) for kind, entry in ENTRIES.items()}


def _weakens(kind: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> bool:
    """The declarations, read anew: what a field's change means, and what coming and going mean."""
    setting = BY_KIND[kind]
    if before is None or after is None:
        comes = before is None
        if not setting.protects:
            return comes
        assert before is not None or comes
        return not comes and _stands(kind, before or {})
    fields = setting.schema.setting_fields
    if not _stands(kind, before, deleting=False) and not _stands(kind, after, deleting=False):
        return False
    rematched = any(fields[name].weakens is Way.MATCH and before.get(name) != after.get(name) for name in fields)
    if rematched and (not setting.protects or _stands(kind, before, deleting=False)):
        return True
    return any(_weaker(fields[name].weakens, before[name], after[name]) for name in before.keys() & after.keys())


def _stands(kind: str, entry: Mapping[str, Any], *, deleting: bool = True) -> bool:
    """Whether the entry protects, and (deleting) whether a delete takes that away."""
    if kind == "domain":
        return not deleting or entry["unprotect_on_delete"]
    return bool(entry.get("enabled", True))


def _weaker(weakens: Any, was: Any, now: Any) -> bool:
    if was == now or weakens is Way.ANY:
        return bool(was != now)
    if weakens is Way.REMOVAL:
        return not set(was) <= set(now)
    if weakens is Way.ADDITION:
        return not set(now) <= set(was)
    if weakens is Way.WIDENING:
        everything = ["0.0.0.0/0"]
        return any(
            not any(ipaddress.ip_network(one).subnet_of(ipaddress.ip_network(other)) for other in was or everything)  # type: ignore[arg-type]
            for one in now or everything
        ) or (bool(was) and not now)
    if isinstance(weakens, tuple):
        return weakens.index(now) < weakens.index(was)
    return bool(now == weakens)


@pytest.mark.parametrize("kind", sorted(BY_KIND))
def test_every_declared_field_changes_somewhere(kind: str) -> None:
    """A new field, or a new setting, needs values to change between."""
    declared = {name for name, field in BY_KIND[kind].schema.setting_fields.items() if field.weakens is not None}
    drawn: set[str] = set()

    @settings(max_examples=20, database=None)
    @given(entry=ENTRIES[kind])
    def draw(entry: Mapping[str, Any]) -> None:
        drawn.update(entry)

    draw()
    assert declared <= drawn, declared - drawn


@pytest.mark.parametrize("plugin", [False, True], ids=["dynamic", "plugin"])
@pytest.mark.parametrize("collection", [False, True], ids=["single", "collection"])
@pytest.mark.parametrize("kind", sorted(ENTRIES))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_review_fails_exactly_where_protection_weakens(
    kind: str, data: st.DataObject, *, collection: bool, plugin: bool
) -> None:
    """Any two entries: nothing to one, one to nothing, one to another; single and in a collection, both ways in."""
    before = data.draw(st.none() | ENTRIES[kind].map(lambda fields: whole(kind, fields)))
    after = data.draw(st.none() | ENTRIES[kind].map(lambda fields: whole(kind, fields)))
    if collection:
        old, new = ([] if before is None else [before]), ([] if after is None else [after])
        made = step(kind, "x", old, new, collection=True, plugin=plugin)
    else:
        if before is None and after is None:
            return
        made = step(kind, "x", before, after, plugin=plugin)
    report = make_report(read_plans(preview([made]), KINDS), today=TODAY)
    key = BY_KIND[kind].key_text_of
    if collection and before is not None and after is not None and key(before) != key(after):
        expected = _weakens(kind, before, None) or _weakens(kind, None, after)
    else:
        expected = (before is not None or after is not None) and _weakens(kind, before, after)
    assert report.reaches(Severity.MEDIUM) is expected, [(one.rule.id, one.message) for one in report.findings]
    told = [fingerprint(one) for one in report.findings]
    assert len(told) == len({*told}), "something is told twice"
