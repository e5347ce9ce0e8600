"""The operations of one collection of one account.

Entries are plain dicts as the API answers them; ids are opaque strings. Source: the API's documentation
of `/accounts/{account_id}/email-security/settings/{collection}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias, cast
from urllib.parse import quote

from .errors import AmbiguousError, ConfigurationError, NoSuchRouteError, RequestError
from .transport import Client

Entry: TypeAlias = dict[str, Any]

PAGE_SIZE: Final = 1000
BATCH_SIZE: Final = 1000
_LIST_ATTEMPTS: Final = 3
# What would change the path it stands in, quoted or not.
_NO_SEGMENT: Final = frozenset({"", ".", ".."})


def entry_id(entry: Mapping[str, Any]) -> str:
    """An entry's id as an opaque string (the API answers int32 or UUID)."""
    return str(entry["id"])


class Endpoint:
    """One collection of one account."""

    def __init__(self, client: Client, account_id: str, collection: str, *, order: str | None = "created_at") -> None:
        if account_id in _NO_SEGMENT:
            raise ConfigurationError(f"{account_id!r} is not an account id")
        self._client = client
        self.account_id = account_id
        self.collection = collection
        #: Operations that this account's API turned out not to have.
        self.lacking: set[str] = set()
        # A fixed order keeps entries from moving between pages while they are read.
        self._order = {"order": order, "direction": "asc"} if order else {}
        self._path = f"/accounts/{quote(account_id, safe='')}/email-security/settings/{collection}"

    def page(self, number: int, filters: Mapping[str, Any] | None = None) -> tuple[list[Entry], int | None]:
        """One page of the list, and how many entries there are where the API says so."""
        query = {"page": number, "per_page": PAGE_SIZE, **self._order, **(filters or {})}
        answer = self._client.request("GET", self._path, query=query)
        total = answer.result_info.get("total_count")
        return self._entries("GET", answer.result), total if isinstance(total, int) else None

    def all(self, filters: Mapping[str, Any] | None = None) -> list[Entry]:
        """Every entry (that fits the filters), page by page.

        Entries that come or go while pages are read can hide others; where the API's own count says that
        some are missing the list is read again.
        """
        for _ in range(_LIST_ATTEMPTS):
            entries, expected = self._read_pages(*self.page(1, filters), filters)
            if _is_whole(entries, expected):
                return list(entries.values())
        msg = (
            f"GET {self._path}: the list says it holds {max(expected)} entries but its pages held {len(entries)} "
            f"in {_LIST_ATTEMPTS} readings — run again when the collection is not being changed"
        )
        raise AmbiguousError(msg)

    def rest(self, first: Sequence[Entry], total: int | None) -> list[Entry]:
        """The whole list where its first page has been read already."""
        entries, expected = self._read_pages(list(first), total, None)
        return list(entries.values()) if _is_whole(entries, expected) else self.all()

    def _read_pages(
        self, page: list[Entry], total: int | None, filters: Mapping[str, Any] | None
    ) -> tuple[dict[str, Entry], list[int]]:
        """The entries of all pages, and the numbers of entries that the pages said there are."""
        entries = {entry_id(entry): entry for entry in page}
        totals = [total] if total is not None else []
        number = 1
        while page and (len(entries) < total if total is not None else len(page) == PAGE_SIZE):
            number += 1
            page, total = self.page(number, filters)
            entries.update((entry_id(entry), entry) for entry in page)
            totals += [total] if total is not None else []
        return entries, totals

    def get(self, id_: str, below: str = "") -> Entry:
        """One entry, or what is `below` it. Raises NotFoundError where there is none."""
        result = self._client.request("GET", self._at(id_) + below).result
        if below and isinstance(result, dict):
            return result
        return self._entry("GET", result)

    def create(self, fields: Mapping[str, Any]) -> Entry:
        """Create an entry and return it."""
        return self._entry("POST", self._client.request("POST", self._path, body=dict(fields)).result)

    def create_many(self, entries: Sequence[Mapping[str, Any]]) -> list[Entry]:
        """Create several trusted domains with one request: the body is an array, and so is the answer."""
        answer = self._client.request("POST", self._path, body=[dict(fields) for fields in entries])
        created = self._entries("POST", answer.result)
        if len(created) != len(entries):
            raise self._unreadable("POST", self._path)
        return created

    def update(self, id_: str, fields: Mapping[str, Any]) -> Entry:
        """Change the given fields of an entry and return the entry."""
        return self._entry("PATCH", self._client.request("PATCH", self._at(id_), body=dict(fields)).result)

    def delete(self, id_: str) -> None:
        """Delete an entry. Raises NotFoundError where there is none."""
        self._client.request("DELETE", self._at(id_))

    def delete_many(self, ids: Iterable[str]) -> None:
        """Delete several domains with one request (the bulk DELETE that only domains have)."""
        self._client.request("DELETE", self._path, body=[{"id": _wire_id(id_)} for id_ in ids])

    def batch(
        self,
        *,
        deletes: Sequence[str] = (),
        patches: Sequence[tuple[str, Mapping[str, Any]]] = (),
        posts: Sequence[Mapping[str, Any]] = (),
    ) -> tuple[list[Entry], list[Entry]]:
        """Delete, change and create in one request, in this order; at most 1000 of each.

        Returns:
            The changed and the created entries, each in the order sent.

        """
        answer = self._client.request(
            "POST",
            f"{self._path}/batch",
            body={
                "deletes": [{"id": _wire_id(id_)} for id_ in deletes],
                "patches": [{"id": _wire_id(id_), **fields} for id_, fields in patches],
                "puts": [],
                "posts": [dict(fields) for fields in posts],
            },
        ).result
        if not isinstance(answer, dict):
            raise self._unreadable("POST", f"{self._path}/batch")
        changed = self._entries("POST", answer.get("patches") or [])
        created = self._entries("POST", answer.get("posts") or [])
        if len(changed) != len(patches) or len(created) != len(posts):
            raise self._unreadable("POST", f"{self._path}/batch")
        return changed, created

    def _at(self, id_: str) -> str:
        if id_ in _NO_SEGMENT:
            raise RequestError(f"{self.collection}: {id_!r} is not the id of an entry")
        return f"{self._path}/{quote(id_, safe='')}"

    def _entry(self, method: str, result: object) -> Entry:
        if not _is_entry(result):
            raise self._unreadable(method, self._path)
        return cast("Entry", result)

    def _entries(self, method: str, result: object) -> list[Entry]:
        if result is None:
            return []
        if not isinstance(result, list) or not all(map(_is_entry, result)):
            raise self._unreadable(method, self._path)
        return result

    @staticmethod
    def _unreadable(method: str, path: str) -> AmbiguousError:
        return AmbiguousError(f"{method} {path}: the answer does not have the documented shape")


def _is_whole(entries: Mapping[str, Entry], totals: Sequence[int]) -> bool:
    """Whether the pages of a list held all entries: an entry that goes while they are read hides another."""
    return not totals or (len(entries) >= max(totals) and totals[-1] >= totals[0])


def _is_entry(item: object) -> bool:
    """Whether an answer's item is an entry: an object with a usable id."""
    id_ = item.get("id") if isinstance(item, dict) else None
    return isinstance(id_, str | int) and not isinstance(id_, bool) and str(id_) not in _NO_SEGMENT


def _wire_id(id_: str) -> int | str:
    """An id as it stands in a body: a number where the API's ids are numbers (2025), else a string."""
    return int(id_) if id_.isdecimal() and id_.isascii() else id_


def unsupported(error: NoSuchRouteError, endpoint: Endpoint) -> NoSuchRouteError:
    """The same refusal, said for people; other refusals (an id that cannot be routed) as they are."""
    if not error.request.endswith(f"/{endpoint.collection}"):
        return error
    title = endpoint.collection.replace("_", " ")
    return NoSuchRouteError(error.request, error.status, error.problems, f"this account's API has no {title}")
