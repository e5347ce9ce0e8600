"""A real account, asked slowly, in which only entries of the acceptance tests are ever changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import requests

MARKER: Final = "acceptance test of pulumi-cloudflare-email-security"
"""How the comments of entries made here begin."""
PREFIX: Final = "pces-acceptance-"
"""How names made here begin; they end in `.example`, which is reserved for tests."""
COLLECTIONS: Final = {
    "allow_policies": "pattern",
    "block_senders": "pattern",
    "content_policies": "name",
    "domains": "domain",
    "impersonation_registry": "email",
    "sending_domain_restrictions": "domain",
    "trusted_domains": "pattern",
    "url_ignore_patterns": "pattern",
}
"""The collections, and the field of each in which a name stands."""
_PAGE = 50
_MOST_PAGES = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `content` is the JSON, or None where there is none."""

    status: int
    headers: Mapping[str, str]
    text: str
    content: Any

    @property
    def ok(self) -> bool:
        """Whether it is a success, by status and envelope."""
        return self.status < 300 and not (isinstance(self.content, dict) and self.content.get("success") is False)

    @property
    def result(self) -> Any:
        """The envelope's result."""
        return self.content.get("result") if isinstance(self.content, dict) else None

    @property
    def info(self) -> dict[str, Any]:
        """The envelope's result_info."""
        return (self.content.get("result_info") or {}) if isinstance(self.content, dict) else {}

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The envelope's errors."""
        return (self.content.get("errors") or []) if isinstance(self.content, dict) else []


@dataclass
class Api:
    """An account's settings over HTTP.

    Attributes:
        pace: seconds between two requests; half a second is half of what the rate limit allows.
        statuses: how often each status came.

    """

    base_url: str
    account: str
    token: str = field(repr=False)
    pace: float = 0.5
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    statuses: dict[int, int] = field(default_factory=dict)

    def ask(self, method: str, place: str, body: object = None, *, token: str | None = None, **query: object) -> Answer:
        """Send one request; no answer is repeated or hidden."""
        self.sleep(self.pace)
        answer = requests.request(
            method,
            f"{self.base_url.rstrip('/')}/accounts/{self.account}/email-security/settings/{place}",
            headers={"Authorization": f"Bearer {token or self.token}"},
            json=body,
            params={name: str(value) for name, value in query.items()},
            timeout=60,
            allow_redirects=False,
        )
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        try:
            content = answer.json()
        except ValueError:
            content = None
        return Answer(answer.status_code, answer.headers, answer.text, content)

    def pages(self, collection: str, per_page: int = _PAGE) -> list[dict[str, Any]]:
        """What a list shows, page by page until one is empty, whatever it says of its length."""
        found: list[dict[str, Any]] = []
        for page in range(1, _MOST_PAGES):
            answer = self.ask("GET", collection, page=page, per_page=per_page)
            while not answer.ok and answer.status != 404 and page == 1 and per_page > 1:
                per_page //= 2
                answer = self.ask("GET", collection, page=page, per_page=per_page)
            if not answer.ok or not answer.result:
                break
            found += answer.result
        return found

    def all(self, collection: str) -> list[dict[str, Any]]:
        """Every entry of two readings, so that one that moves between pages is found."""
        read = self.pages(collection) + self.pages(collection)
        return list({str(entry["id"]): entry for entry in read}.values())

    def made_here(self, collection: str) -> Iterator[dict[str, Any]]:
        """Entries that the acceptance tests made."""
        for entry in self.all(collection):
            if is_made_here(collection, entry):
                yield entry

    def sweep(self) -> dict[str, int]:
        """Delete what the acceptance tests made, now or in an earlier run; how many, by collection."""
        swept: dict[str, int] = {}
        for collection in COLLECTIONS:
            if not self.ask("GET", collection).ok:
                continue
            # A list that moves or lags shows what is left the next time.
            for _ in range(3):
                left = list(self.made_here(collection))
                gone = [entry for entry in left if self.ask("DELETE", f"{collection}/{entry['id']}").status < 300]
                swept[collection] = swept.get(collection, 0) + len(gone)
                if not gone:
                    break
        return {collection: count for collection, count in swept.items() if count}


def is_made_here(collection: str, entry: Mapping[str, Any]) -> bool:
    """Whether an entry is one of the acceptance tests' own: by its marker, or by a reserved name with their prefix."""
    name = str(entry.get(COLLECTIONS[collection]) or "").lower()
    if name.startswith(PREFIX) and name.endswith(".example"):
        return True
    remark = str(entry.get("comments") or entry.get("notes") or "").strip()
    return collection != "domains" and remark.startswith(MARKER)
