"""What an account holds, as far as a program can declare it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ...client.clock import announce
from ...client.envelope import printable
from ...client.errors import ApiError, BlockedError, EmailSecurityError
from ...client.pages import Entry, entry_id
from ...entries.declarable import declarable_fields
from ...entries.typed import without_defaults
from ...model.setting import Setting
from ...session.configuration import Configuration
from ...session.session import Session
from ...session.voice import Severity


@dataclass(frozen=True, slots=True)
class Live:
    """A live entry that can be declared.

    Attributes:
        key: the text of its natural key.
        id: the API's id.
        fields: what is written of it: without empty fields and defaults.

    """

    key: str
    id: str
    fields: dict[str, Any]


@dataclass(slots=True)
class Collection:
    """A collection of the account.

    Attributes:
        setting: whose entries they are.
        entries: those that can be declared, in the order of their keys.
        left_out: the others, and why.
        notes: fields that are not declared, and why.
        kept: the keys of those that were left out.
        skipped: why the collection could not be read, else None.
        absent: whether that is as expected: it came with a contract that this account does not have.

    """

    setting: Setting
    entries: list[Live] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)
    skipped: str | None = None
    absent: bool = False

    def leave_out(self, key: str, called: str, ids: str, why: str) -> None:
        """Leave an entry out."""
        self.kept.add(key)
        self.left_out.append(f"{printable(called, 120)} (id {ids}): {why}")


def reading_session() -> Session:
    """A session in which nothing is written, and nothing is told but why it takes long."""
    return Session(voice=_tell_of_waits, before_write=_refuse)


def _tell_of_waits(message: str, urn: str = "", severity: Severity = Severity.INFO) -> None:
    """Tell what is about no resource: that the API limits the rate, or failed and is asked again."""
    del severity
    if not urn:
        announce(message)


def _refuse() -> NoReturn:
    raise EmailSecurityError("export only reads: the account was changed meanwhile — run it again")


def read_account(
    settings: Sequence[Setting],
    account_id: str,
    session: Session,
    configuration: Configuration,
    *,
    expected: Container[str] = (),
) -> list[Collection]:
    """The account's collections, each as far as it can be read.

    Args:
        settings: whose entries are read.
        account_id: of the account.
        session: reads only.
        configuration: of the stack.
        expected: the collections that somebody asked for by name, which are missed where the account has none.

    Raises:
        ApiError: none can be read.

    """
    collections: list[Collection] = []
    refusals: list[ApiError] = []
    newer: list[Collection] = []
    for setting in settings:
        collection = Collection(setting)
        collections.append(collection)
        try:
            entries = session.listing(setting, account_id, configuration).all()
        except ApiError as error:
            if error.status not in {401, 403, 404, 405}:
                raise
            refusals.append(error)
            collection.skipped = _why(error)
            if setting.since == "2026" and error.status in {404, 405}:
                newer.append(collection)
        else:
            _sort_out(collection, entries)
    if refusals and len(refusals) == len(collections):
        raise refusals[0]
    # An account of the older contract has none of them; one that has some of them should have all.
    if len(newer) == sum(setting.since == "2026" for setting in settings):
        for collection in newer:
            collection.absent = collection.setting.collection not in expected
    return collections


def _why(error: ApiError) -> str:
    if isinstance(error, BlockedError):
        what = "something in front of the API stopped the request"
    else:
        what = "the token may not read it" if error.status in {401, 403} else "this account's API does not have it"
    return f"{what} ({error.status}: {'; '.join(map(str, error.problems)) or 'without a message'})"


def _sort_out(collection: Collection, entries: Iterable[Entry]) -> None:
    """Tell the entries that can be declared from the others."""
    setting = collection.setting
    by_key: dict[tuple[Any, ...], list[Entry]] = {}
    for entry in entries:
        by_key.setdefault(setting.key_of(entry), []).append(entry)
    found = []
    for natural_key, same in by_key.items():
        key = setting.key_text(natural_key)
        called = setting.label(same[0])
        ids = ", ".join(sorted(map(entry_id, same)))
        if len(same) > 1:
            collection.leave_out(key, called, ids, f"exists {len(same)} times — delete all but one")
            continue
        (entry,) = same
        if why := setting.read_only(entry):
            collection.leave_out(key, called, ids, why.partition(":")[0])
            continue
        fields, problems = declarable_fields(setting, entry)
        if fields is None:
            collection.leave_out(key, called, ids, "; ".join(problems))
            continue
        collection.notes += [f"{printable(called, 120)} (id {ids}): {problem}" for problem in problems]
        found.append(Live(key, ids, without_defaults(setting, fields)))
    collection.entries = sorted(found, key=lambda live: live.key)
