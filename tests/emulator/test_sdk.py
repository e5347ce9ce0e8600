"""Cloudflare's official SDK as a client over HTTP, its answers validated strictly; and what it says of the tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, get_args

import cloudflare
import httpx
import pytest
from cloudflare import Cloudflare

from pulumi_cloudflare_email_security.emulator import CONTRACTS, Fault
from pulumi_cloudflare_email_security.emulator.messages import Record
from support import sdk_types
from support.emulator_api import ACCOUNT, BATCHED, NEW, OLD, batch, body
from support.http_emulator import TOKEN, ServedEmulator, served

CHANGES: dict[str, dict[str, Any]] = {
    "allow_policies": {"is_exempt_recipient": True, "comments": None},
    "block_senders": {"comments": "changed"},
    "content_policies": {"enabled": False, "notes": None},
    "domains": {"lookback_hops": 3, "folder": None, "integration_id": None},
    "impersonation_registry": {"email": "other@corp.example", "provenance": None, "directory_id": None},
    "sending_domain_restrictions": {"exclude": ["mail.n1.example"]},
    "trusted_domains": {"is_similarity": True},
    "url_ignore_patterns": {"comments": "changed"},
}
OPTIONAL: dict[str, dict[str, Any]] = {
    "domains": dict.fromkeys(("folder", "integration_id", "lookback_hops", "transport", "require_tls_inbound")),
    "impersonation_registry": {"provenance": "A1S_INTERNAL", "directory_id": 2**40, "comments": None},
    "content_policies": {"notes": "x"},
}
COLLECTIONS = (*OLD, *NEW)
TABLES = CONTRACTS["2026"].collections

each_collection = pytest.mark.parametrize("collection", COLLECTIONS)


@pytest.fixture(scope="module")
def emulator() -> Iterator[ServedEmulator]:
    """An account of the 2026 contract over HTTP, whose log keeps what was sent."""
    with served("2026", token=TOKEN, log_bodies=True) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def client(emulator: ServedEmulator) -> Iterator[Cloudflare]:
    """The SDK, which takes no answer that is not of its types."""
    options: dict[str, Any] = {"base_url": emulator.base_url, "max_retries": 0}
    with Cloudflare(api_token=TOKEN, _strict_response_validation=True, **options) as client:
        yield client


def resource(client: Cloudflare, collection: str) -> Any:
    """The SDK's methods of a collection."""
    return getattr(client.email_security.settings, collection)


def shown(model: Any) -> dict[str, Any]:
    """An answer as JSON."""
    return dict(json.loads(model.to_json(exclude_unset=False)))


def put_of(collection: str, number: int) -> dict[str, Any]:
    """What replaces an entry."""
    whole = body(collection, number)
    if collection == "domains":
        del whole["domain"]
        whole["lookback_hops"] = 2
    return whole


def an_entry_lives(client: Cloudflare, collection: str) -> None:
    """Create, get, edit, list and delete, with every optional field and null."""
    methods, account = resource(client, collection), {"account_id": ACCOUNT}
    sent = body(collection, 1) | OPTIONAL.get(collection, {})
    made = methods.create(**account, **sent)
    assert shown(made).items() >= {name: value for name, value in sent.items() if value is not None}.items()
    assert shown(methods.get(made.id, **account)).items() >= body(collection, 1).items()
    edited = shown(methods.edit(made.id, **account, **CHANGES[collection]))
    assert edited.items() >= CHANGES[collection].items()
    assert edited["modified_at"] >= edited["created_at"]
    listed = methods.list(**account, per_page=50)
    assert made.id in [entry.id for entry in listed]
    assert methods.delete(made.id, **account).id == made.id
    with pytest.raises(cloudflare.NotFoundError) as gone:
        methods.get(made.id, **account)
    assert gone.value.errors[0].code == 1404


def a_batch_does_all_four(client: Cloudflare, collection: str) -> None:
    """A batch of all four lists, also where the SDK knows none but the OpenAPI description does."""
    methods, account = resource(client, collection), {"account_id": ACCOUNT}
    ids = [methods.create(**account, **body(collection, number)).id for number in (11, 12, 13)]
    lists: dict[str, Any] = batch(
        deletes=[{"id": ids[0]}],
        patches=[{"id": ids[1], **CHANGES[collection]}],
        puts=[{"id": ids[2], **put_of(collection, 13)}],
        posts=[body(collection, 14)],
    )
    if hasattr(methods, "batch"):
        answer = shown(methods.batch(**account, **lists))
    else:
        answer = post(client, f"{collection}/batch", lists)
    assert answer["deletes"] == [{"id": ids[0]}]
    assert [item["id"] for name in ("patches", "puts") for item in answer[name]] == ids[1:]
    assert answer["posts"][0].items() >= body(collection, 14).items()


def post(client: Cloudflare, place: str, content: object) -> Any:
    """What an operation that the SDK has no method for answers."""
    path = f"/accounts/{ACCOUNT}/email-security/settings/{place}"
    return client.post(path, cast_to=httpx.Response, body=content).json()["result"]


def restrictions_are_deleted_in_batches(client: Cloudflare) -> None:
    """The batch of sending domain restrictions deletes."""
    restrictions = client.email_security.settings.sending_domain_restrictions
    made = restrictions.create(account_id=ACCOUNT, domain="gone.example", exclude=[])
    assert made is not None
    deletes = {"deletes": [{"id": made.id}]}
    assert post(client, "sending_domain_restrictions/batch", deletes) == deletes


def domains_are_replaced_verified_and_deleted(client: Cloudflare, emulator: ServedEmulator) -> None:
    """Replace, verification of what was made and of what was there, bulk delete with and without a list."""
    domains = client.email_security.settings.domains
    made = domains.create(account_id=ACCOUNT, **body("domains", 21))
    assert made is not None
    assert made.id is not None
    replaced = domains.update(made.id, account_id=ACCOUNT, **put_of("domains", 21))
    assert replaced is not None
    assert (replaced.domain, replaced.lookback_hops, replaced.status) == ("n21.example", 2, "PENDING")
    (old,) = emulator.seed({"domains": [{"domain": "old.example"}]}, account_id=ACCOUNT)["domains"]
    for identity, status in ((made.id, 200), (old["id"], 204)):
        place = f"/accounts/{ACCOUNT}/email-security/settings/domains/{identity}/verification"
        assert client.get(place, cast_to=httpx.Response).status_code == status
    count = len(emulator.entries(ACCOUNT, "domains"))
    with pytest.warns(DeprecationWarning, match="batch instead"):
        assert domains.bulk_delete(account_id=ACCOUNT).result == []
    assert len(emulator.entries(ACCOUNT, "domains")) == count
    ids: Any = [{"id": made.id}, {"id": old["id"]}]
    with pytest.warns(DeprecationWarning, match="batch instead"):
        gone = domains.bulk_delete(account_id=ACCOUNT, extra_body=ids)
    assert [each.id for each in gone] == [made.id, old["id"]]


def test_every_operation(client: Cloudflare, emulator: ServedEmulator) -> None:
    """The SDK drives the whole contract; the check of requests takes all it sends but an empty bulk delete."""
    emulator.log.clear()
    for collection in COLLECTIONS:
        an_entry_lives(client, collection)
    for collection in BATCHED:
        a_batch_does_all_four(client, collection)
    restrictions_are_deleted_in_batches(client)
    domains_are_replaced_verified_and_deleted(client, emulator)
    done = [record for record in emulator.log.records if record.status < 300]
    assert {record.operation for record in done} == {
        f"{name.split(' ')[0]} {collection}{name.partition(' ')[2]}"
        for collection, table in TABLES.items()
        for name in table.operations
    }
    sdk_types.assert_known(record for record in done if record.operation != "DELETE domains" or record.body)


def test_pages_filters_and_orders(client: Cloudflare, emulator: ServedEmulator) -> None:
    """The SDK reads all pages, and every filter and order of its types is taken."""
    emulator.seed({"block_senders": [body("block_senders", number) for number in range(100, 145)]}, account_id="pages")
    listed = client.email_security.settings.block_senders.list(account_id="pages", per_page=20, order="pattern")
    assert len([entry.id for entry in listed]) == 45
    words = {"page": 1, "per_page": 5, "search": "x", "domain": ["a.example", "b.example"], "integration_id": "x"}
    for collection in COLLECTIONS:
        for name, hint in sdk_types.fields_of(sdk_types.type_of(collection, "ListParams")).items():
            for value in sdk_types.choices_of(hint) or {str(words.get(name, "true"))}:
                query: dict[str, Any] = {name: words.get(name, value)}
                assert resource(client, collection).list(account_id=ACCOUNT, **query) is not None, query


def test_errors_are_those_of_the_sdk(client: Cloudflare, emulator: ServedEmulator) -> None:
    """Refusals are the exceptions that the SDK has for them, with the API's messages."""
    senders = client.email_security.settings.block_senders
    wrong: Any = {**body("block_senders", 31), "pattern_type": "UNKNOWN"}
    with pytest.raises(cloudflare.BadRequestError, match="UNKNOWN can be read only"):
        senders.create(account_id=ACCOUNT, **wrong)
    senders.create(account_id=ACCOUNT, **body("block_senders", 31))
    with pytest.raises(cloudflare.ConflictError, match="already exists"):
        senders.create(account_id=ACCOUNT, **body("block_senders", 31))
    emulator.inject(Fault("rate_limited", times=1), Fault("forbidden", times=1))
    for error in (cloudflare.RateLimitError, cloudflare.PermissionDeniedError):
        with pytest.raises(error):
            senders.list(account_id=ACCOUNT)


@pytest.mark.parametrize(
    ("operation", "content", "problem"),
    [
        ("POST block_senders", {"pattern": "a", "pattern_type": "DOMAIN"}, "/is_regex: is missing"),
        ("POST block_senders", {**body("block_senders"), "comment": "x"}, "/comment: is no field"),
        ("POST block_senders", {**body("block_senders"), "is_regex": 1}, "/is_regex: 1 is no"),
        ("POST block_senders", {**body("block_senders"), "pattern_type": "URL"}, "/pattern_type: 'URL' is none of"),
        ("POST block_senders", {**body("block_senders"), "pattern": None}, "/pattern: None is no"),
        ("POST allow_policies", {**body("allow_policies"), "is_spoof": True}, "/is_spoof: is no field"),
        ("POST trusted_domains", [body("trusted_domains"), {}], "/1/is_recent: is missing"),
        ("PATCH domains/{id}", {"lookback_hops": None}, "/lookback_hops: None is no"),
        ("PATCH domains/{id}", {"domain": "a.example"}, "/domain: is no field"),
        ("PUT domains/{id}", {**put_of("domains", 1), "domain": "a.example"}, "/domain: is no field"),
        ("PUT block_senders/{id}", body("block_senders"), "takes no body"),
        ("POST block_senders/batch", {"posts": []}, "/deletes: is missing"),
        ("POST block_senders/batch", batch(patches=[{}]), "/patches/0/id: is missing"),
        ("POST block_senders/batch", batch(posts=[{**body("block_senders"), "id": "1"}]), "/posts/0/id: is no field"),
        ("POST domains/batch", batch(puts=[{"id": "1", **body("domains")}]), "/puts/0/domain: is no field"),
        ("POST sending_domain_restrictions/batch", batch(), "/posts: is no field"),
        ("POST url_ignore_patterns/batch", batch(puts=[{"id": "1"}]), "/puts/0/pattern: is missing"),
        ("DELETE domains", [{"domain": "a.example"}], "/0/id: is missing"),
        ("DELETE block_senders/{id}", {}, "takes no body"),
        ("GET block_senders", {}, "takes no body"),
        ("POST domains", {**body("domains"), "regions": "GLOBAL"}, "/regions: 'GLOBAL' is no list"),
        ("POST domains", {**body("domains"), "regions": ["GLOBAL", "EU"]}, "/regions/1: 'EU' is none of"),
        ("POST domains", [], ": [] is no object"),
    ],
)
def test_other_requests_are_told(operation: str, content: object, problem: str) -> None:
    """The check of requests says what is wrong, and where."""
    record = Record(operation.split(" ", maxsplit=1)[0], operation, "", 200, json.dumps(content).encode())
    found = sdk_types.problems(record)
    assert any(problem in each for each in found), found
    with pytest.raises(AssertionError, match="unknown to the SDK"):
        sdk_types.assert_known([record])


def test_bodies_are_missed() -> None:
    """A write without a body is told, a read or single delete without one is as it should be."""
    sent = [Record(operation.split(" ")[0], operation, "", 200) for operation in ("POST domains", "DELETE domains")]
    assert [sdk_types.problems(record) for record in sent] == [["a body is missing"]] * 2
    sdk_types.assert_known([Record("DELETE", "DELETE domains/{id}", "", 200), Record("GET", "GET domains", "", 200)])


# The tables of the 2026 contract are what the SDK has, but for what is known to differ.


def test_collections_and_methods() -> None:
    """Each collection has the operations for which the SDK has methods; it lacks three that are in the OpenAPI."""
    expected = {
        name: {sdk_types.METHODS[operation] for operation in table.operations if operation in sdk_types.METHODS}
        for name, table in TABLES.items()
    }
    for name in ("sending_domain_restrictions", "url_ignore_patterns"):
        expected[name].remove("batch")
    assert sdk_types.collections() == expected


@each_collection
def test_fields_are_those_of_the_sdk(collection: str) -> None:
    """What can be written, what must be, what null clears, and which words there are."""
    fields = {field.name: field for field in TABLES[collection].fields}
    newer, ended = (known.get(collection, set()) for known in (sdk_types.NEWER_FIELDS, sdk_types.ENDED_FIELDS))
    create = sdk_types.fields_of(sdk_types.type_of(collection, "CreateParams"))
    edit = sdk_types.fields_of(sdk_types.type_of(collection, "EditParams"))
    assert fields.keys() - newer == create.keys() - ended
    assert {name for name in create if sdk_types.is_required(create[name])} == {
        name for name, field in fields.items() if field.required
    }
    assert {name for name in create if sdk_types.takes_null(create[name])} == {
        name for name, field in fields.items() if not field.required and name not in newer
    }
    assert edit.keys() - ended == {name for name, field in fields.items() if not field.immutable} - newer
    assert {name for name in edit if sdk_types.takes_null(edit[name])} == {
        name for name, field in fields.items() if field.nullable and name not in newer
    }


@each_collection
def test_filters_and_orders_are_those_of_the_sdk(collection: str) -> None:
    """Which parameters a list takes, and by what it can be ordered."""
    params = sdk_types.fields_of(sdk_types.type_of(collection, "ListParams"))
    table = TABLES[collection]
    ordering = {"order", "direction", "search"} if table.order else set()
    assert params.keys() == {"page", "per_page", *ordering, *table.filters}
    if table.order:
        assert set(get_args(params["order"])) == set(table.order)


@each_collection
def test_answers_are_those_of_the_sdk(collection: str) -> None:
    """Answers have the SDK's fields, but for deprecated ones, and none that it does not know."""
    answered = sdk_types.type_of(collection, "GetResponse").model_fields.keys()
    known = TABLES[collection].known - sdk_types.NEWER_FIELDS.get(collection, set())
    assert known == answered - sdk_types.ENDED_FIELDS.get(collection, set()) - ({"last_modified"} - known)
