"""How entries are keyed and compared: as an account may store them, whatever form a program writes."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from pulumi_cloudflare_email_security.model.schema import account_problem
from pulumi_cloudflare_email_security.model.setting import Setting
from pulumi_cloudflare_email_security.settings import SETTINGS

BY_KIND = {setting.kind: setting for setting in SETTINGS}
UUID = "A5DBB180-60EA-4578-84BB-D01A5D4E50C3"
NAME = "Jos\u00e9 Doe"

# What is declared, what an account may have made of it, and the fields that count as different.
STORED: list[tuple[str, dict[str, Any], dict[str, Any], list[str]]] = [
    ("block_sender", {"pattern": "Evil.Example", "pattern_type": "DOMAIN"}, {"pattern": "evil.example"}, []),
    ("block_sender", {"pattern": "A.B@Evil.Example", "pattern_type": "EMAIL"}, {"pattern": "a.b@evil.example"}, []),
    ("block_sender", {"pattern": "192.0.2.7", "pattern_type": "IP"}, {"pattern": "192.0.2.7/32"}, []),
    ("block_sender", {"pattern": "192.0.2.7/24", "pattern_type": "IP"}, {"pattern": "192.0.2.0/24"}, []),
    ("block_sender", {"pattern": "2001:DB8::0:1", "pattern_type": "IP"}, {"pattern": "2001:db8::1/128"}, []),
    ("block_sender", {"pattern": "::ffff:203.0.113.7", "pattern_type": "IP"}, {"pattern": "::ffff:cb00:7107"}, []),
    ("block_sender", {"pattern": r"\S", "pattern_type": "DOMAIN", "is_regex": True}, {"pattern": r"\s"}, ["pattern"]),
    ("block_sender", {"pattern": "a", "pattern_type": "DOMAIN"}, {"comments": None}, []),
    ("block_sender", {"comments": "Two\nlines "}, {"comments": "Two\r\nlines"}, []),
    ("block_sender", {"comments": "Case"}, {"comments": "case"}, ["comments"]),
    ("block_sender", {"comments": ""}, {"comments": None}, []),
    ("trusted_domain", {"pattern": "Partner.Example"}, {"pattern": "partner.example "}, []),
    ("domain", {"transport": "Mail.Corp.Example"}, {"transport": "mail.corp.example"}, []),
    ("domain", {"ip_restrictions": ["192.0.2.1", "B::/32"]}, {"ip_restrictions": ["b::/32", "192.0.2.1/32"]}, []),
    ("domain", {"integration_id": UUID}, {"integration_id": UUID.lower()}, []),
    ("domain", {"regions": ["US", "DE"]}, {"regions": ["DE", "US", "DE"]}, []),
    ("domain", {"folder": ""}, {"folder": None}, []),
    ("domain", {"folder": ""}, {"folder": "Inbox"}, ["folder"]),
    ("sending_domain_restriction", {"exclude": ["News.Bank.Example"]}, {"exclude": ["news.bank.example"]}, []),
    ("impersonation_registry_entry", {"email": "Jane@Corp.Example"}, {"email": "jane@corp.example"}, []),
    ("impersonation_registry_entry", {"name": NAME}, {"name": unicodedata.normalize("NFD", NAME)}, []),
    ("impersonation_registry_entry", {"name": NAME}, {"name": NAME.upper()}, ["name"]),
    ("content_policy", {"pattern": r"\S "}, {"pattern": r"\S"}, ["pattern"]),
    ("content_policy", {"pattern": "e\u0301\r\n"}, {"pattern": "\xe9\n"}, []),
    ("block_sender", {"pattern": "e\u0301", "pattern_type": "DOMAIN", "is_regex": True}, {"pattern": "\xe9"}, []),
    ("block_sender", {"pattern": "a ", "pattern_type": "DOMAIN", "is_regex": True}, {"pattern": "a"}, ["pattern"]),
    ("content_policy", {"pattern": r"\S"}, {"pattern": r"\s"}, ["pattern"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "declared", "stored", "changed"), STORED)
def test_what_differs_is_what_cannot_be_called_equal(
    kind: str, declared: dict[str, Any], stored: dict[str, Any], changed: list[str]
) -> None:
    """A stored form of the declared text is no change, whichever of the two says what the pattern is."""
    setting = BY_KIND[kind]
    assert setting.changed_fields(declared, {**declared, **stored}) == changed
    live = setting.live({"id": 1, **declared, **stored})
    assert setting.changed_fields(declared, {**declared, **dict.fromkeys(stored, ""), **live}) == changed


def test_one_changed_field_is_compared_by_what_is_recorded() -> None:
    """Where the type of a pattern is not among the declared fields, it is the recorded one."""
    recorded = {"pattern": "evil.example", "pattern_type": "DOMAIN", "is_regex": False}
    assert BY_KIND["block_sender"].changed_fields({"pattern": "Evil.example"}, recorded) == []
    assert BY_KIND["block_sender"].changed_fields({"pattern": "Evil.example"}, {**recorded, "is_regex": True})


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.kind)
def test_keys_do_not_care_for_case(setting: Setting) -> None:
    """Whatever form a natural key is stored in, it is the same entry."""
    words = {"pattern_type": "DOMAIN", "name": NAME, "email": "jane@corp.example"}
    written = {name: words.get(name, "evil.example") for name in setting.key}
    stored = {name: value if name == "pattern_type" else f" {value.upper()}" for name, value in written.items()}
    if setting.kind != "url_ignore_pattern":
        assert setting.key_of(stored) == setting.key_of(written)
    assert setting.loose_key_of(stored) == setting.loose_key_of(written)


def test_a_regular_expression_keeps_its_case_in_the_key() -> None:
    r"""`\S` and `\s` are two entries, though an account that folds case may mean either."""
    setting = BY_KIND["block_sender"]
    upper, lower = ({"pattern": text, "pattern_type": "EMAIL", "is_regex": True} for text in (r"\S+@A", r"\s+@a"))
    assert setting.key_of(upper) != setting.key_of(lower)
    assert setting.loose_key_of(upper) == setting.loose_key_of(lower)


def test_numbers_and_flags_that_are_answered_as_text() -> None:
    """They equal what was declared; what is neither is shown as it is."""
    setting = BY_KIND["domain"]
    answered = {"id": 1, "domain": "a.example", "lookback_hops": "2", "require_tls_inbound": "true"}
    live = setting.live(answered, read=True)
    assert setting.changed_fields({"lookback_hops": 2, "require_tls_inbound": True}, live) == []
    assert setting.live({"id": 1, "lookback_hops": "many"})["lookback_hops"] == "many"


def test_answers_to_reads_and_to_writes() -> None:
    """An absent flag or list is False or empty in a read, and as it was sent in a write."""
    setting = BY_KIND["sending_domain_restriction"]
    assert setting.live({"id": 1, "domain": "A.example", "exclude": None}, read=True) == {
        "domain": "A.example",
        "exclude": [],
    }
    policy = BY_KIND["content_policy"]
    assert policy.live({"id": 1, "name": "x"}, read=True) == {"name": "x", "enabled": False, "targets": []}
    sent = {"name": "x", "enabled": True, "targets": ["BODY"], "notes": "n"}
    assert policy.live(policy.as_written(sent, {"id": 1, "targets": None, "notes": None})) == {
        "name": "x",
        "enabled": True,
        "targets": ["BODY"],
    }
    # What cannot be null is left out of the answer, and so are then the other nulls.
    patterns = BY_KIND["url_ignore_pattern"]
    padded = {"id": 1, "pattern": None, "comments": None}
    assert patterns.as_written({"comments": "new"}, padded) == {"id": 1, "comments": "new"}
    assert patterns.as_written({}, padded) == {"id": 1}
    assert patterns.as_written({}, {"id": 1, "pattern": "p", "comments": None})["comments"] is None
    # An account that answers null as an empty text may do so for lists.
    assert policy.live({"id": 1, "name": "x", "targets": "", "enabled": ""}, read=True)["targets"] == []
    assert policy.live(policy.as_written(sent, {"id": 1, "targets": "", "notes": "n"}))["targets"] == ["BODY"]
    cleared = policy.as_written({"notes": ""}, {"id": 1})
    assert policy.live({"notes": "old", **cleared}) == {}


def test_what_is_sent_is_as_written() -> None:
    """Text is sent as it is written; a range of one address with the length that the API asks for."""
    setting = BY_KIND["domain"]
    fields = {"domain": "Corp.Example", "ip_restrictions": ["2001:DB8::1", "192.0.2.9/24"], "folder": ""}
    assert setting.body(fields) == {"domain": "Corp.Example", "ip_restrictions": ["192.0.2.9/24", "2001:DB8::1/128"]}
    assert setting.wire({"folder": "", "lookback_hops": 2.0}) == {"folder": None, "lookback_hops": 2}


def test_what_cannot_be_seen_in_a_name_is_written_out() -> None:
    """Everything else stands as it is."""
    setting = BY_KIND["content_policy"]
    assert setting.called(("Pay\u200bpal",)) == r"content policy Pay\u200bpal"
    assert setting.describe({"name": "Paypal"}) == "content policy Paypal"
    assert setting.label({"name": "Paypal"}) == "Paypal"


@pytest.mark.parametrize(
    ("value", "emulated", "good"),
    [
        ("0123456789abcdef0123456789ABCDEF", False, True),
        ("0123456789abcdef0123456789abcde", False, False),
        ("emulated-account", False, False),
        ("emulated-account", True, True),
        ("../x", True, False),
        (5, True, False),
    ],
)
def test_account_ids(value: object, emulated: bool, good: bool) -> None:
    """32 hexadecimal digits; the emulator has accounts of any name."""
    assert (account_problem(value, emulated=emulated) is None) == good
