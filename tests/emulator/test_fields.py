"""Fields: required ones, types, limits, enums and pattern rules."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from pulumi_cloudflare_email_security.emulator import CONTRACTS, Emulator, Request
from support.emulator_api import ACCOUNT, COLLECTIONS, CREATABLE, SETTINGS, Api, body

REQUIRED = [(contract, name, field) for contract, name in CREATABLE for field in body(name)]


@pytest.mark.parametrize(("contract", "collection"), CREATABLE)
def test_an_answer_has_the_fields_of_its_contract(contract: Literal["2025", "2026"], collection: str) -> None:
    """2025 answers int ids, last_modified and no null; 2026 UUIDs, modified_at and null, allow policies both times."""
    made = Api(Emulator(contract)).make(collection)
    assert made.items() >= body(collection).items()
    assert isinstance(made["id"], int if contract == "2025" else str)
    assert ("last_modified" in made) is (contract == "2025" or collection == "allow_policies")
    assert ("modified_at" in made) is (contract == "2026")
    known = CONTRACTS[contract].collections[collection].known
    assert made.keys() <= known if contract == "2025" else made.keys() == known
    if contract == "2025":
        assert None not in made.values()


@pytest.mark.parametrize(("contract", "collection", "field"), REQUIRED)
def test_a_required_field_is_required(contract: Literal["2025", "2026"], collection: str, field: str) -> None:
    """A create without a required field is refused, and names it."""
    content = body(collection)
    del content[field]
    assert Api(Emulator(contract)).pointer("POST", collection, content) == f"/{field}"


@pytest.mark.parametrize(("contract", "collection", "field"), REQUIRED)
def test_null_is_no_value(contract: Literal["2025", "2026"], collection: str, field: str) -> None:
    """Null is refused for required fields."""
    content = body(collection) | {field: None}
    assert Api(Emulator(contract)).pointer("POST", collection, content) == f"/{field}"


@pytest.mark.parametrize(("contract", "collection", "field"), REQUIRED)
def test_types_are_those_of_json(contract: Literal["2025", "2026"], collection: str, field: str) -> None:
    """A boolean is no string, a number no boolean, a string no list."""
    right = body(collection)[field]
    wrongs: tuple[Any, ...] = (1, 1.0, "x", True, ["x"], {}, [1], [None])
    for wrong in wrongs:
        if type(wrong) is not type(right) or (isinstance(wrong, list) and field != "exclude"):
            content = body(collection) | {field: wrong}
            assert Api(Emulator(contract)).pointer("POST", collection, content).startswith(f"/{field}")


@pytest.mark.parametrize(("contract", "collection"), CREATABLE)
@pytest.mark.parametrize("field", ["id", "created_at", "modified_at", "last_modified", "patern", "is_spoof", "status"])
def test_unknown_and_answered_fields_are_refused(
    contract: Literal["2025", "2026"],
    collection: str,
    field: str,
) -> None:
    """Fields that nobody writes are refused on create and change, deprecated ones included."""
    api = Api(Emulator(contract))
    assert api.pointer("POST", collection, body(collection) | {field: True}) == f"/{field}"
    made = api.make(collection)
    assert api.pointer("PATCH", f"{collection}/{made['id']}", {field: True}) == f"/{field}"


@pytest.mark.parametrize(
    ("collection", "changes", "pointer"),
    [
        ("block_senders", {"pattern": ""}, "/pattern"),
        ("block_senders", {"pattern": "x" * 1025, "is_regex": True}, "/pattern"),
        ("block_senders", {"pattern": "\ud800", "is_regex": True}, "/pattern"),
        ("block_senders", {"pattern": "(", "is_regex": True}, "/pattern"),
        ("block_senders", {"pattern_type": "UNKNOWN"}, "/pattern_type"),
        ("block_senders", {"pattern_type": "domain"}, "/pattern_type"),
        ("block_senders", {"comments": "x" * 1025}, "/comments"),
        ("block_senders", {"comments": 1}, "/comments"),
        ("allow_policies", {"pattern_type": "UNKNOWN"}, "/pattern_type"),
        ("allow_policies", {"is_recipient": True}, "/is_recipient"),
        ("trusted_domains", {"pattern": "[", "is_regex": True}, "/pattern"),
        ("impersonation_registry", {"name": "x" * 1025}, "/name"),
        ("impersonation_registry", {"email": "nobody"}, "/email"),
        ("impersonation_registry", {"email": "(", "is_email_regex": True}, "/email"),
        ("impersonation_registry", {"directory_id": 2**63}, "/directory_id"),
        ("impersonation_registry", {"directory_id": True}, "/directory_id"),
        ("impersonation_registry", {"directory_node_id": 1.0}, "/directory_node_id"),
        ("impersonation_registry", {"provenance": "ELSEWHERE"}, "/provenance"),
        ("domains", {"domain": "localhost"}, "/domain"),
        ("domains", {"allowed_delivery_modes": ["DIRECT", "SMTP"]}, "/allowed_delivery_modes/1"),
        ("domains", {"drop_dispositions": ["HAM"]}, "/drop_dispositions/0"),
        ("domains", {"regions": ["EU"]}, "/regions/0"),
        ("domains", {"ip_restrictions": ["192.0.2.1"]}, "/ip_restrictions/0"),
        ("domains", {"ip_restrictions": ["192.0.2.0/33"]}, "/ip_restrictions/0"),
        ("domains", {"lookback_hops": 0}, "/lookback_hops"),
        ("domains", {"lookback_hops": 21}, "/lookback_hops"),
        ("domains", {"lookback_hops": True}, "/lookback_hops"),
        ("domains", {"folder": "Junk"}, "/folder"),
        ("domains", {"integration_id": "1"}, "/integration_id"),
        ("domains", {"require_tls_inbound": 1}, "/require_tls_inbound"),
        ("content_policies", {"name": ""}, "/name"),
        ("content_policies", {"name": "x" * 257}, "/name"),
        ("content_policies", {"pattern": ""}, "/pattern"),
        ("content_policies", {"pattern": "x" * 2049}, "/pattern"),
        ("content_policies", {"notes": "x" * 4097}, "/notes"),
        ("content_policies", {"expires_at": "tomorrow"}, "/expires_at"),
        ("content_policies", {"expires_at": "2030-01-31"}, "/expires_at"),
        ("content_policies", {"expires_at": "2030-01-31T00:00:00"}, "/expires_at"),
        ("content_policies", {"expires_at": 1}, "/expires_at"),
        ("content_policies", {"pattern": "*"}, "/pattern"),
        ("content_policies", {"targets": ["HEADER"]}, "/targets/0"),
        ("content_policies", {"enabled": "true"}, "/enabled"),
        ("content_policies", {"comments": "x"}, "/comments"),
        ("sending_domain_restrictions", {"domain": "a_b.example"}, "/domain"),
        ("sending_domain_restrictions", {"exclude": ["-"]}, "/exclude/0"),
        ("sending_domain_restrictions", {"comments": "x" * 1025}, "/comments"),
        ("url_ignore_patterns", {"pattern": "a{2,1}"}, "/pattern"),
        ("url_ignore_patterns", {"pattern": ""}, "/pattern"),
        ("url_ignore_patterns", {"pattern": "x" * 1025}, "/pattern"),
        ("url_ignore_patterns", {"comments": "x" * 1025}, "/comments"),
    ],
)
def test_a_value_outside_the_rules_is_refused(api: Api, collection: str, changes: Any, pointer: str) -> None:
    """Limits, enums and forms hold on create and on change."""
    assert api.pointer("POST", collection, body(collection) | changes) == pointer
    made = api.make(collection)
    assert api.pointer("PATCH", f"{collection}/{made['id']}", changes) in {pointer, "/domain"}
    assert api.emulator.entries(ACCOUNT, collection)[0].keys() == made.keys()


NULLABLE = {
    "allow_policies": {"comments"},
    "block_senders": {"comments"},
    "content_policies": {"notes", "expires_at"},
    "domains": {"folder", "integration_id"},
    "impersonation_registry": {
        "comments",
        "directory_id",
        "directory_node_id",
        "external_directory_node_id",
        "provenance",
    },
    "sending_domain_restrictions": {"comments"},
    "trusted_domains": {"comments"},
    "url_ignore_patterns": {"comments"},
}


@pytest.mark.parametrize(("contract", "collection"), COLLECTIONS)
def test_where_null_is_taken(contract: Literal["2025", "2026"], collection: str) -> None:
    """A create takes null for every optional field, a change for those only that it can clear."""
    api = Api(Emulator(contract))
    fields = api.emulator.contract.collections[collection].fields
    optional: dict[str, Any] = {field.name: None for field in fields if not field.required}
    made = api.make(collection, **(optional if (contract, collection) in CREATABLE else {}))
    plain = api.make(collection, 2)
    assert made.keys() == plain.keys()
    assert {name: made.get(name) for name in optional} == {name: plain.get(name) for name in optional}
    for field in fields:
        response = api.ask("PATCH", f"{collection}/{made['id']}", {field.name: None})
        assert response.status == (200 if field.name in NULLABLE[collection] else 400), field.name


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_null_detaches(contract: Literal["2025", "2026"]) -> None:
    """What a domain is attached to can be cleared, and is null or absent then."""
    api = Api(Emulator(contract))
    attached: dict[str, Any] = {"folder": "Inbox", "integration_id": "00000000-0000-4000-8000-000000000001"}
    made = api.make("domains", **attached)
    assert made.items() >= attached.items()
    detached = api.ok("PATCH", f"domains/{made['id']}", dict.fromkeys(attached))
    assert {detached.get(name) for name in attached} == {None}


@pytest.mark.parametrize("expires", ["2030-01-31T12:00:00Z", "2030-01-31T12:00:00.5+01:00", None])
def test_content_policies_expire(api: Api, expires: str | None) -> None:
    """The time at which a content policy expires is stored as written, changed and cleared."""
    made = api.make("content_policies", expires_at=expires)
    assert made["expires_at"] == expires
    changed = api.ok("PATCH", f"content_policies/{made['id']}", {"expires_at": "2031-01-01T00:00:00Z"})
    assert changed["expires_at"] == "2031-01-01T00:00:00Z"


def test_everything_wrong_is_told_at_once(api: Api) -> None:
    """One answer names each field that is wrong."""
    response = api.ask("POST", "block_senders", {"pattern": "", "comments": 1, "x": 1})
    pointers = {error["source"]["pointer"] for error in response.json()["errors"]}
    assert pointers == {"/pattern", "/comments", "/x", "/pattern_type", "/is_regex"}


@pytest.mark.parametrize("contract", ["2025", "2026"])
@pytest.mark.parametrize(
    ("kind", "pattern", "taken"),
    [
        ("EMAIL", "a.b+c@mail.example", True),
        ("EMAIL", "a@b@mail.example", False),
        ("EMAIL", "mail.example", False),
        ("EMAIL", ".a@mail.example", False),
        ("EMAIL", "a@localhost", False),
        ("EMAIL", "x" * 65 + "@mail.example", False),
        ("DOMAIN", "Mail.Example", True),
        ("DOMAIN", "xn--bcher-kva.example", True),
        ("DOMAIN", "bücher.example", False),
        ("DOMAIN", "a@mail.example", False),
        ("DOMAIN", "example", False),
        ("DOMAIN", "-a.example", False),
        ("DOMAIN", "a..example", False),
        ("DOMAIN", "mail.example.", False),
        ("DOMAIN", "*.example.com", False),
        ("DOMAIN", "192.0.2.1", False),
        ("DOMAIN", "x" * 64 + ".example", False),
        ("DOMAIN", ".".join(["abc"] * 64), False),
        ("IP", "203.0.113.7", True),
        ("IP", "203.0.113.0/24", True),
        ("IP", "2001:db8::/32", True),
        ("IP", "::ffff:203.0.113.7", True),
        ("IP", "203.0.113.0/255.255.255.0", False),
        ("IP", "203.0.113.0/", False),
        ("IP", "203.0.113", False),
        ("IP", "mail.example", False),
        ("IP", "10.1.2.3", False),
        ("IP", "172.16.0.0/12", False),
        ("IP", "192.168.1.0/24", False),
        ("IP", "127.0.0.1", False),
        ("IP", "169.254.1.1", False),
        ("IP", "0.0.0.0", False),  # noqa: S104 - not bound to
        ("IP", "0.0.0.0/0", False),
        ("IP", "255.255.255.255", False),
        ("IP", "8.0.0.0/5", False),
        ("IP", "fc00::1", False),
        ("IP", "::1", False),
        ("IP", "fe80::1", False),
        ("IP", "fe80::1%eth0", False),
        ("IP", "::", False),
        ("IP", "::ffff:10.0.0.1", False),
        ("IP", "::ffff:127.0.0.1", False),
        ("IP", "::ffff:255.255.255.255", False),
    ],
)
def test_pattern_rules(contract: Literal["2025", "2026"], kind: str, pattern: str, taken: bool) -> None:
    """A pattern that is no regular expression has the form of its type, and no special address."""
    api = Api(Emulator(contract))
    content = {"pattern": pattern, "pattern_type": kind, "is_regex": False}
    if taken:
        assert api.ok("POST", "block_senders", content)["pattern"] == pattern
    else:
        assert api.pointer("POST", "block_senders", content) == "/pattern"


@pytest.mark.parametrize("pattern", [r"^[a-z]+\.example$", r"\p{L}+@\PN\z", "[[a]", "(?i)x", "x" * 1024])
def test_regular_expressions(api: Api, pattern: str) -> None:
    """Regular expressions of common dialects are taken as they are."""
    content = {"pattern": pattern, "pattern_type": "EMAIL", "is_regex": True}
    assert api.ok("POST", "block_senders", content)["pattern"] == pattern


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_old_unknown_entries_can_be_read_and_commented(contract: Literal["2025", "2026"]) -> None:
    """UNKNOWN is read; a change that does not write it passes, one that does is refused."""
    api = Api(Emulator(contract))
    entry = api.emulator.seed({"block_senders": [{"pattern": "?", "pattern_type": "UNKNOWN"}]}, account_id=ACCOUNT)
    place = f"block_senders/{entry['block_senders'][0]['id']}"
    assert api.ok("GET", place)["pattern_type"] == "UNKNOWN"
    assert api.ok("PATCH", place, {"comments": "old"})["comments"] == "old"
    assert api.pointer("PATCH", place, {"pattern_type": "UNKNOWN"}) == "/pattern_type"
    assert api.pointer("PATCH", place, {"pattern_type": "DOMAIN"}) == "/pattern"


def test_a_change_is_checked_as_a_whole(api: Api) -> None:
    """A pattern must fit the type it has after the change."""
    made = api.make("block_senders")
    place = f"block_senders/{made['id']}"
    assert api.pointer("PATCH", place, {"pattern_type": "IP"}) == "/pattern"
    assert api.ok("PATCH", place, {"pattern_type": "IP", "pattern": "203.0.113.1"})["pattern_type"] == "IP"
    assert api.ok("PATCH", place, {"is_regex": True, "pattern": "a|b"})["is_regex"] is True
    assert api.pointer("PATCH", place, {"is_regex": False}) == "/pattern"


def test_sets_are_answered_in_their_own_order(api: Api) -> None:
    """Order and repetition of a list field mean nothing."""
    made = api.make("domains", drop_dispositions=["SPAM", "BULK", "SPAM"])
    assert made["drop_dispositions"] == ["BULK", "SPAM"]


def test_provenance_is_any_string_in_2025(api_2025: Api) -> None:
    """The 2025 contract does not list the provenances."""
    assert api_2025.make("impersonation_registry", provenance="ELSEWHERE")["provenance"] == "ELSEWHERE"
    assert api_2025.make("impersonation_registry", 2)["provenance"] == "A1S_INTERNAL"


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{}", {}, 415),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"", {"Content-Type": "application/json"}, 400),
        (b"{", {"Content-Type": "application/json"}, 400),
        (b'{"a": NaN}', {"Content-Type": "application/json"}, 400),
        (b"\xff", {"Content-Type": "application/json"}, 400),
        (b"[" * 100_000, {"Content-Type": "application/json"}, 400),
        (b"[]", {"Content-Type": "application/json"}, 400),
        (b"null", {"Content-Type": "application/json"}, 400),
    ],
)
def test_a_body_must_be_a_json_object(content: bytes, headers: dict[str, str], status: int) -> None:
    """A write without JSON, or without saying so, is refused."""
    response = Emulator().handle(Request("POST", f"{SETTINGS}/block_senders", (), headers, content))
    assert response.status == status
    assert response.json()["success"] is False
