"""Routes: exactly those of each contract."""

from __future__ import annotations

import itertools
from typing import Literal

import pytest

from pulumi_cloudflare_email_security.emulator import CONTRACTS, Emulator, Request
from support.emulator_api import COLLECTIONS, NEW, OLD, Api

SINGLE = {"GET", "POST", "GET /{id}", "PATCH /{id}", "DELETE /{id}"}
# api.md, the table of collections, written out.
EXPECTED = {
    ("2025", "allow_policies"): SINGLE,
    ("2025", "block_senders"): SINGLE,
    ("2025", "domains"): {"GET", "GET /{id}", "PATCH /{id}", "DELETE /{id}", "DELETE"},
    ("2025", "impersonation_registry"): SINGLE,
    ("2025", "trusted_domains"): SINGLE,
    ("2026", "allow_policies"): SINGLE | {"POST /batch"},
    ("2026", "block_senders"): SINGLE | {"POST /batch"},
    ("2026", "domains"): SINGLE | {"DELETE", "PUT /{id}", "POST /batch", "GET /{id}/verification"},
    ("2026", "impersonation_registry"): SINGLE,
    ("2026", "trusted_domains"): SINGLE | {"POST /batch"},
    ("2026", "content_policies"): SINGLE | {"POST /batch"},
    ("2026", "sending_domain_restrictions"): SINGLE | {"POST /batch"},
    ("2026", "url_ignore_patterns"): SINGLE | {"POST /batch"},
}
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
PLACES = ("", "/batch", "/{id}", "/{id}/verification")


def test_2025_has_the_25_operations_of_the_documentation() -> None:
    """The 2025 contract is the documented 25 operations."""
    assert sum(len(collection.operations) for collection in CONTRACTS["2025"].collections.values()) == 25
    assert tuple(CONTRACTS["2025"].collections) == OLD
    assert set(CONTRACTS["2026"].collections) == {*OLD, *NEW}


@pytest.mark.parametrize(("contract", "collection"), COLLECTIONS)
def test_every_method_at_every_place(contract: Literal["2025", "2026"], collection: str) -> None:
    """What the contract has is served, a wrong method is 405 with Allow, anything else 404 with code 7003."""
    api = Api(Emulator(contract))
    identity = str(api.make(collection)["id"])
    expected = EXPECTED[contract, collection]
    for method, place in itertools.product(METHODS, PLACES):
        response = api.ask(method, collection + place.replace("{id}", identity), [])
        allowed = {name.split()[0] for name in expected if name.partition(" ")[2] == place}
        if method in allowed:
            assert response.status in {200, 201, 400}, (method, place)
        elif allowed:
            assert response.status == 405
            assert set(response.headers["Allow"].split(", ")) == allowed
        else:
            assert (response.status, response.json()["errors"][0]["code"]) == (404, 7003)
        if f"{method} {place}".strip() == "DELETE /{id}":
            identity = str(api.make(collection, 2)["id"])


@pytest.mark.parametrize("collection", NEW)
def test_2025_lacks_the_newer_collections(api_2025: Api, collection: str) -> None:
    """A collection that the contract lacks is no route."""
    assert api_2025.refused("GET", collection)[0] == 404
    assert api_2025.refused("GET", collection)[1]["code"] == 7003


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/client/v4",
        "/client/v4/",
        "/client/v4/accounts/a/email-security/settings",
        "/client/v4/accounts/a/email-security/settings/",
        "/client/v4/accounts/a/email-security/settings/unknown",
        "/client/v4/accounts//email-security/settings/domains",
        "/client/v4/accounts/a/email-security/settings/domains/",
        "/client/v4/accounts/a/email-security/settings/domains//verification",
        "/client/v4/accounts/a/email-security/settings/domains/batch/verification",
        "/client/v4/accounts/a/email-security/settings/domains/x/verification/y",
        "/client/v4/accounts/a/email_security/settings/domains",
        "/client/v4/zones/a/email-security/settings/domains",
        "/v4/accounts/a/email-security/settings/domains",
    ],
)
def test_other_paths_are_no_route(path: str) -> None:
    """Any other path is 404 with code 7003."""
    response = Emulator().handle(Request("GET", path))
    assert (response.status, response.json()["errors"][0]["code"]) == (404, 7003)


@pytest.mark.parametrize("identity", ["0", "01", "-1", "x", "2147483648", "%31", "1%2F2", "1.0", "%D9%A1"])
def test_2025_ids_in_paths_are_int32(api_2025: Api, identity: str) -> None:
    """What is no int32 is no id; what decodes to one is unknown."""
    status, error = api_2025.refused("GET", f"domains/{identity}")
    assert (status, error["code"]) == ((404, 1404) if identity == "%31" else (404, 7003))


@pytest.mark.parametrize("identity", ["1001", "x", "00000000-0000-0000-0000-00000000000g", "0" * 32])
def test_2026_ids_in_paths_are_uuids(api: Api, identity: str) -> None:
    """What is no UUID is no id."""
    assert api.refused("GET", f"domains/{identity}")[1]["code"] == 7003


def test_ids_of_paths_may_be_upper_case(api: Api) -> None:
    """UUIDs compare without regard to case."""
    made = api.make("block_senders")
    assert api.ok("GET", f"block_senders/{made['id'].upper()}") == made


@pytest.mark.parametrize("contract", ["2025", "2026"])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_unknown_id_is_404(contract: Literal["2025", "2026"], method: str) -> None:
    """An id of the right form that no entry has is 404, and with another code than no route."""
    api = Api(Emulator(contract))
    identity = "77" if contract == "2025" else "00000000-0000-4000-8000-000000000000"
    status, error = api.refused(method, f"trusted_domains/{identity}", {})
    assert (status, error["code"]) == (404, 1404)


def test_accounts_are_apart(api: Api) -> None:
    """An entry of one account is unknown in another."""
    made = api.make("block_senders")
    other = Api(api.emulator, "other")
    assert other.ok("GET", "block_senders") == []
    assert other.refused("GET", f"block_senders/{made['id']}")[0] == 404
