"""The lifecycle of one entry as one resource."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, Final

from ..client.endpoint import Entry, entry_id, unsupported
from ..client.errors import (
    AmbiguousError,
    ConflictError,
    EmailSecurityError,
    EntryExistsError,
    InvalidRequestError,
    NoSuchRouteError,
    NotFoundError,
    ReadOnlyEntryError,
    RequestError,
)
from ..client.listing import Listing
from ..model.fields import names
from ..model.schema import has_unknown, known_fields
from ..model.setting import DELETE_ALL_BUT_ONE
from .base import ACCOUNT_ID, ADOPT, DECLARED_BY, PROVIDER_KEY, Lifecycle
from .results import GONE, Checked, Created, Diff, Read, Updated, change_of

MANAGED_FIELDS: Final = "managed_fields"
_ATTEMPTS: Final = 3


class EntryLifecycle(Lifecycle):
    """check, diff, create, read, update and delete for one entry of a setting."""

    # check and diff: nothing is sent ----------------------------------------------------------------------

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> Checked:
        """Validate the arguments and bring them into normal form."""
        common, failures = self.check_common(news)
        arguments = {
            name: value for name, value in news.items() if name not in {PROVIDER_KEY, ACCOUNT_ID, ADOPT, DECLARED_BY}
        }
        for name, field in self.setting.schema.api_fields.items():
            # What the program set before and sets no more is cleared where it can be.
            if field.cleared_if_omitted and name in olds and name not in arguments:
                arguments[name] = ""
        checked, wrong = self.setting.schema.validate_entry(arguments)
        failures += wrong
        if not (olds or failures or has_unknown(common)) and known_fields(checked, self.setting.key):
            failures += self.setting.missing_at_preview(self.listing(common[ACCOUNT_ID]), checked)
        return Checked({**checked, **common}, failures)

    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> Diff:
        """Compare what the program declares with what is recorded."""
        changed = self.setting.changed_fields(news, olds)
        replaces = [name for name in changed if self.setting.schema.api_fields[name].replaces]
        if news.get(ACCOUNT_ID) != olds.get(ACCOUNT_ID):
            replaces.append(ACCOUNT_ID)
        steering = [
            name
            for name, field in self.setting.schema.program_fields.items()
            if news.get(name, field.default) != olds.get(name, field.default)
        ]
        if not replaces and self.custody(olds).keep([id_], self.owner(olds)):
            # Another resource, which had it too, was faster to delete it.
            replaces = [*self.setting.key]
        kinds = {name: change_of(olds.get(name), news.get(name)) for name in (*changed, *steering, *replaces)}
        return Diff(changes=bool(kinds), replaces=replaces, changed=kinds)

    # create -----------------------------------------------------------------------------------------------

    def create(self, props: dict[str, Any]) -> Created:
        """Create the entry, or take over the one with the same natural key where that is allowed."""
        listing = self.listing(self.account_of(props))
        try:
            entry = self._take_or_create(listing, props)
        except NoSuchRouteError as error:
            raise unsupported(error, listing.endpoint) from None
        id_ = entry_id(entry)
        return Created(id_, self._outputs(listing, id_, props, entry, {}))

    def _take_or_create(self, listing: Listing, props: Mapping[str, Any]) -> Entry:
        key = self.setting.key_of(props)
        found = listing.find(key, self.setting.filters_for(props))
        if found:
            return self._take(listing, props, found, ours=self._made_by_a_killed_run(props, found))
        self.journal(props).note([self.setting.key_text(key)])
        return self._create(listing, props, key)

    def _create(self, listing: Listing, props: Mapping[str, Any], key: tuple[Any, ...]) -> Entry:
        maybe_made = False
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                entry = self.setting.create(listing.endpoint, props)
            except (AmbiguousError, ConflictError) as error:
                # It may exist now: as ours, if an answer was lost; as another's, if it is refused as a
                # duplicate of one that the list did not show. Only a fresh list can tell.
                lost = isinstance(error, AmbiguousError)
                maybe_made = maybe_made or lost
                if not maybe_made:
                    self._not_made(props, key)
                listing.drop()
                found = listing.find(key, None)
                if found:
                    return self._take(listing, props, found, ours=maybe_made)
                if not lost or _may_come_late(error) or attempt == _ATTEMPTS:
                    raise
            except EmailSecurityError:
                if not maybe_made:
                    self._not_made(props, key)
                raise
            else:
                listing.remember(entry)
                return entry
        raise AssertionError  # pragma: no cover

    def _not_made(self, props: Mapping[str, Any], key: tuple[Any, ...]) -> None:
        """What was certainly not made somebody else may make: it must not be taken for ours then."""
        self.journal(props).forget([self.setting.key_text(key)])

    def _made_by_a_killed_run(self, props: Mapping[str, Any], found: list[Entry]) -> bool:
        key = self.setting.key_text_of(props)
        return len(found) == 1 and self.journal(props).made(key, found[0])

    def _take(self, listing: Listing, props: Mapping[str, Any], found: list[Entry], *, ours: bool) -> Entry:
        """Take over an existing entry and bring it to the declared values."""
        what = self.setting.describe(props)
        entry = self.setting.only(found, self.setting.key_of(props), otherwise=DELETE_ALL_BUT_ONE)
        if (why := self.setting.read_only(entry)) is not None:
            msg = f"{what} exists (id {entry_id(entry)}) and {why}"
            raise ReadOnlyEntryError(msg)
        id_ = entry_id(entry)
        allowed = ours or self.adopts(props) or self.setting.always_adopts(props)
        if not (allowed or self.custody(props).wait_until_leaving([id_])):
            msg = (
                f"{what} exists already (id {id_}) — to take it over, pass adopt=True (or set config "
                "cloudflare-email-security:adopt to true for this run); else delete it or declare another"
            )
            raise EntryExistsError(msg)
        if not self.custody(props).take(id_):
            listing.drop()
            return self._take_or_create(listing, props)
        if not ours:
            self.tell(f"{what}: the existing entry (id {id_}) is taken over")
        changed = self.setting.changed_fields(props, self.setting.live(entry))
        return self._patch(listing, id_, props, changed) if changed else entry

    def _patch(self, listing: Listing, id_: str, props: Mapping[str, Any], changed: list[str]) -> Entry:
        """Change fields; where the answer is lost, look before sending again."""
        fields = self.setting.wire({name: props[name] for name in changed})
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                entry = self.setting.update(listing.endpoint, id_, fields)
            except AmbiguousError as error:
                listing.drop()
                entry = listing.endpoint.get(id_)
                if not self.setting.changed_fields({name: props[name] for name in changed}, self.setting.live(entry)):
                    return entry
                if _may_come_late(error) or attempt == _ATTEMPTS:
                    raise
            else:
                listing.remember(entry)
                return entry
        raise AssertionError  # pragma: no cover

    # read -------------------------------------------------------------------------------------------------

    def read(self, id_: str, props: dict[str, Any]) -> Read:
        """Read the live entry; drift in what the program set comes back as inputs too."""
        listing = self.listing(self.account_of(props))
        try:
            entry = listing.get(id_)
        except NotFoundError:
            return GONE
        except NoSuchRouteError:
            if (moved := self._moved(listing, props)) is None:
                return GONE
            entry, id_ = moved, entry_id(moved)
        recorded = {**props, ACCOUNT_ID: listing.endpoint.account_id}
        # `Resource.get` comes without outputs: everything that can be set counts as declared.
        managed = props.get(MANAGED_FIELDS, list(self.setting.schema.api_fields))
        was = props if MANAGED_FIELDS in props else {}
        live = self.setting.live(entry)
        declared = {name: props[name] for name in managed if name in props}
        outputs = self._outputs(listing, id_, {**recorded, **declared}, entry, was, managed=managed)
        if MANAGED_FIELDS in props and not self.setting.changed_fields(
            declared, {**declared, **live, **self._cleared(live)}
        ):
            return Read(id_, outputs)
        inputs = {name: outputs.get(name, "") for name in managed if name in outputs or name in declared}
        steering = {*self.setting.schema.program_fields, ADOPT, DECLARED_BY} & recorded.keys()
        inputs |= {name: recorded[name] for name in steering} | {ACCOUNT_ID: recorded[ACCOUNT_ID]}
        return Read(id_, outputs, inputs)

    # update and delete ------------------------------------------------------------------------------------

    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> Updated:
        """Send what changed, and only that."""
        listing = self.listing(self.account_of(news))
        changed = self.setting.changed_fields(news, olds)
        what = self.setting.describe(olds)
        try:
            if set(changed) & set(self.setting.key):
                self._refuse_existing(listing, id_, news)
            if changed:
                entry = self._patch(listing, id_, news, changed)
            else:
                entry = {**{name: olds[name] for name in self.setting.output_names if name in olds}, "id": id_}
        except ConflictError:
            listing.drop()
            self._refuse_existing(listing, id_, news)
            raise
        except InvalidRequestError as error:
            raise self._why_refused(listing, id_, what, error) from None
        except (NotFoundError, NoSuchRouteError) as error:
            raise NotFoundError(
                error.request,
                error.status,
                error.problems,
                f"{what} (id {id_}) was deleted by someone else: run `pulumi refresh`, then `pulumi up`",
            ) from None
        return Updated(self._outputs(listing, id_, news, entry, olds))

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        """Delete the entry; one that is gone already is as good as deleted."""
        if (kept := self.setting.keeps_on_delete(props)) is not None:
            self.tell(kept)
            return
        listing = self.listing(self.account_of(props))
        with self.custody(props).deleting([id_], self.owner(props)) as going:
            if not going:
                self.tell(f"{self.setting.describe(props)} (id {id_}) stays: another resource has it now")
                return
            try:
                self._delete(listing, id_, props)
            except NoSuchRouteError:
                if (moved := self._moved(listing, props)) is not None:
                    self._delete(listing, entry_id(moved), props)
            listing.forget(id_)
        self.journal(props).forget([self.setting.key_text_of(props)])

    def _delete(self, listing: Listing, id_: str, props: Mapping[str, Any]) -> None:
        """Delete an entry; where the answer is lost, look before sending again."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return listing.endpoint.delete(id_)
            except NotFoundError:
                return None
            except InvalidRequestError as error:
                raise self._why_refused(listing, id_, self.setting.describe(props), error) from None
            except AmbiguousError as error:
                if self._is_gone(listing, id_):
                    return None
                if _may_come_late(error) or attempt == _ATTEMPTS:
                    raise
        raise AssertionError  # pragma: no cover

    def _moved(self, listing: Listing, props: Mapping[str, Any]) -> Entry | None:
        """The entry as it is found today where its recorded id is of a form that the API no longer gives out.

        The ids of the 2025 contract are numbers, those of the 2026 contract UUIDs.
        """
        key = self.setting.key_of(props)
        try:
            found = listing.find(key, None)
        except NoSuchRouteError as refusal:
            raise unsupported(refusal, listing.endpoint) from None
        return found[0] if len(found) == 1 else None

    def _refuse_existing(self, listing: Listing, id_: str, news: Mapping[str, Any]) -> None:
        """Refuse a change of the natural key to one that another entry has."""
        key = self.setting.key_of(news)
        if others := [entry_id(entry) for entry in listing.find(key, None) if entry_id(entry) != id_]:
            raise EntryExistsError(
                f"{self.setting.describe(news)} exists already (id {names(sorted(others))}) — delete it, or declare it "
                "as a resource of its own with adopt=True"
            )

    def _why_refused(self, listing: Listing, id_: str, what: str, error: InvalidRequestError) -> EmailSecurityError:
        """The error to raise for a refused write: the API says no more than 400 for entries that are read-only."""
        with contextlib.suppress(RequestError):
            if why := self.setting.read_only(listing.endpoint.get(id_)):
                return ReadOnlyEntryError(f"{what} (id {id_}) {why}")
        return error

    @staticmethod
    def _is_gone(listing: Listing, id_: str) -> bool:
        try:
            listing.endpoint.get(id_)
        except NotFoundError:
            return True
        return False

    # outputs ----------------------------------------------------------------------------------------------

    def _cleared(self, live: Mapping[str, Any]) -> dict[str, Any]:
        """The fields that can be cleared and are."""
        return {
            name: "" for name, field in self.setting.schema.api_fields.items() if field.nullable and name not in live
        }

    def _outputs(
        self,
        listing: Listing,
        id_: str,
        props: Mapping[str, Any],
        entry: Mapping[str, Any],
        recorded: Mapping[str, Any],
        *,
        managed: list[str] | None = None,
    ) -> dict[str, Any]:
        """What is recorded: the live entry, and how the program manages it."""
        api_fields = self.setting.schema.api_fields
        declared = [name for name in api_fields if name in props] if managed is None else managed
        # What the answer does not mention at all cannot be seen to differ.
        unseen = {
            name: props[name]
            for name in declared
            if name in props and name not in entry and not api_fields[name].nullable
        }
        steering = {
            name: props[name]
            for name in (*self.setting.schema.program_fields, ACCOUNT_ID, ADOPT, DECLARED_BY)
            if props.get(name) is not None and not has_unknown(props[name])
        }
        return {
            **unseen,
            **self.setting.live(entry),
            **self.setting.extra_outputs(listing.endpoint, id_, recorded),
            **steering,
            MANAGED_FIELDS: sorted(declared),
        }


def _may_come_late(error: EmailSecurityError) -> bool:
    """Whether a write may be carried out, or show, only later, so that looking once does not tell."""
    return isinstance(error, AmbiguousError) and error.may_still_happen
