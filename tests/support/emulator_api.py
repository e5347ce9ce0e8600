"""What the emulator's tests share: whole bodies of every collection, and short ways to ask."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests

from pulumi_cloudflare_email_security.emulator import Emulator, Fault, Request, Response

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ACCOUNT = "0123456789abcdef0123456789abcdef"
SETTINGS = f"/client/v4/accounts/{ACCOUNT}/email-security/settings"
OLD = ("allow_policies", "block_senders", "domains", "impersonation_registry", "trusted_domains")
NEW = ("content_policies", "sending_domain_restrictions", "url_ignore_patterns")
COLLECTIONS = [*(("2025", name) for name in OLD), *(("2026", name) for name in (*OLD, *NEW))]
CREATABLE = [place for place in COLLECTIONS if place != ("2025", "domains")]
BATCHED = (
    "allow_policies",
    "block_senders",
    "content_policies",
    "domains",
    "trusted_domains",
    "url_ignore_patterns",
)


def each_fault(*, delay: float) -> pytest.MarkDecorator:
    """Every fault of a connection, what `requests` makes of it, and how many entries a create leaves."""
    return pytest.mark.parametrize(
        ("fault", "error", "stored"),
        [
            (Fault("refused"), requests.ConnectionError, 0),
            (Fault("cut_before"), requests.ConnectionError, 0),
            (Fault("cut_after"), requests.ConnectionError, 1),
            (Fault("half_answer"), requests.exceptions.ChunkedEncodingError, 1),
            (Fault("slow", delay=delay), requests.ReadTimeout, 1),
            (Fault("malformed"), requests.JSONDecodeError, 1),
        ],
    )


def body(collection: str, number: int = 1) -> dict[str, Any]:
    """A body with every required field and no other, distinct by number."""
    name = f"n{number}.example"
    bodies: dict[str, dict[str, Any]] = {
        "allow_policies": {
            "pattern": name,
            "pattern_type": "DOMAIN",
            "is_regex": False,
            "is_acceptable_sender": True,
            "is_exempt_recipient": False,
            "is_trusted_sender": False,
            "verify_sender": True,
        },
        "block_senders": {"pattern": name, "pattern_type": "DOMAIN", "is_regex": False},
        "content_policies": {"name": name, "pattern": "a+", "targets": ["BODY"], "enabled": True},
        "domains": {
            "domain": name,
            "allowed_delivery_modes": ["DIRECT"],
            "drop_dispositions": ["SPAM"],
            "ip_restrictions": [],
            "regions": ["GLOBAL"],
        },
        "impersonation_registry": {"name": f"N {number}", "email": f"n{number}@corp.example", "is_email_regex": False},
        "sending_domain_restrictions": {"domain": name, "exclude": []},
        "trusted_domains": {"pattern": name, "is_regex": False, "is_recent": True, "is_similarity": False},
        "url_ignore_patterns": {"pattern": f"^https://n{number}/"},
    }
    return bodies[collection]


class Api:
    """An emulator, asked without a door."""

    def __init__(self, emulator: Emulator, account: str = ACCOUNT) -> None:
        """Ask for one account."""
        self.emulator = emulator
        self.settings = SETTINGS.replace(ACCOUNT, account)
        self.account = account

    def ask(
        self,
        method: str,
        place: str,
        content: object = None,
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Send a request, with JSON where there is content."""
        sent = {} if content is None else {"content-type": "application/json; charset=utf-8"}
        encoded = b"" if content is None else json.dumps(content).encode()
        request = Request(method, f"{self.settings}/{place}", query, {**sent, **(headers or {})}, encoded)
        return self.emulator.handle(request)

    def ok(self, method: str, place: str, content: object = None, **options: Any) -> Any:
        """The result of a request that succeeds."""
        response = self.ask(method, place, content, **options)
        envelope = response.json()
        assert envelope["success"] is True, envelope
        assert envelope["errors"] == []
        assert response.status == (201 if method == "POST" and not place.endswith("/batch") else 200)
        return envelope["result"]

    def refused(self, method: str, place: str, content: object = None, **options: Any) -> tuple[int, dict[str, Any]]:
        """Status and first error of a request that the API refuses."""
        response = self.ask(method, place, content, **options)
        envelope = response.json()
        assert envelope["success"] is False, envelope
        assert envelope["result"] is None
        return response.status, envelope["errors"][0]

    def pointer(self, method: str, place: str, content: object) -> str:
        """The field that a request is refused for with 400."""
        status, error = self.refused(method, place, content)
        assert status == 400, error
        return str(error["source"]["pointer"])

    def make(self, collection: str, number: int = 1, **changes: object) -> dict[str, Any]:
        """An entry there, through the API where it can create and behind its back where not."""
        content = {**body(collection, number), **changes}
        if "POST" in self.emulator.contract.collections[collection].operations:
            return dict(self.ok("POST", collection, content))
        return self.emulator.seed({collection: [content]}, account_id=self.account)[collection][0]


def batch(**lists: list[Any]) -> dict[str, list[Any]]:
    """A batch body with all four lists."""
    return {name: lists.get(name, []) for name in ("deletes", "patches", "puts", "posts")}
