"""The lifecycle of one entry as one resource."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..client.errors import (
    ConflictError,
    EntryExistsError,
    InvalidRequestError,
    NoSuchRouteError,
    NotFoundError,
    SeveralMatchesError,
)
from ..client.listing import Listing
from ..client.pages import Entry, entry_id
from ..entries.declarable import declarable_fields
from ..model.names import resource_of
from ..model.schema import has_unknown
from ..model.setting import with_modified_at
from ..model.state import (
    ACCOUNT_ID,
    HAS_SECRETS,
    MANAGED_FIELDS,
    STORED_AS,
)
from ..session.voice import Severity
from .entry_preview import RECORDED
from .entry_sending import EntrySending
from .lines import changes_text, stored_text
from .results import GONE, Created, Read, Updated
from .stored import stored_otherwise


class EntryLifecycle(EntrySending):
    """check, diff, create, read, update and delete for one entry of a setting."""

    # create -----------------------------------------------------------------------------------------------

    def create(self, props: dict[str, Any]) -> Created:
        """Create the entry, or adopt the one with the same natural key where that is allowed."""
        listing = self.listing(props)
        entry = self.take_or_create(listing, props)
        id_ = entry_id(entry)
        outputs = self._outputs(listing, id_, props, entry, {}, written=props.keys())
        ownership, owner = self.ownership(props), self.owner(props)
        ownership.keep(owner, [id_])
        if ownership.taken_among([id_]):
            self.notes(props).taken(owner, {self.setting.key_text_of(props): id_})
        return Created(id_, outputs)

    # read -------------------------------------------------------------------------------------------------

    def read(self, id_: str, props: dict[str, Any]) -> Read:
        """Read the live entry; drift in what the program set comes back as inputs too."""
        listing = self.listing(props)
        is_managed = MANAGED_FIELDS in props
        self.session.refreshed(self.owner(props))
        try:
            entry = listing.get(id_)
        except NotFoundError:
            return self._gone(props)
        except NoSuchRouteError:
            if (moved := self._moved(listing, props)) is None:
                return self._gone(props)
            entry, id_ = moved, entry_id(moved)
        recorded = {**props, ACCOUNT_ID: listing.endpoint.account_id}
        # `Resource.get` comes without outputs: everything that can be set counts as declared.
        managed = props.get(MANAGED_FIELDS, list(self.setting.schema.api_fields))
        stored = props.get(STORED_AS) or {}
        # What the account stores in another form stands in outputs in that form; it was declared as it was sent.
        sent = {name: pair[0] for name, pair in stored.items() if props.get(name) == pair[1]}
        declared = {name: sent.get(name, props[name]) for name in managed if name in props}
        was = props if is_managed else {}

        def outputs_of(entry: Entry) -> dict[str, Any]:
            return self._outputs(listing, id_, {**recorded, **declared}, entry, was, managed=managed)

        outputs = outputs_of(entry)
        if is_managed and any(outputs.get(name) != props.get(name) for name in self.setting.output_names):
            again = listing.again([id_])
            if again.gone:
                return self._gone(props)
            if again.alive:
                entry = again.alive[id_]
                outputs = outputs_of(entry)
        live = self.setting.live(entry, read=True)
        drift = self.changed(declared, {**live, **self._cleared(live), STORED_AS: outputs.get(STORED_AS)})
        if is_managed and not drift:
            return Read(id_, outputs)
        if is_managed:
            secret = bool(props.get(HAS_SECRETS))
            changes = changes_text(self.setting, props, {**live, **self._cleared(live)}, drift, secret=secret)
            told = f"{changes} (changed outside this program; the next `up` changes it back)"
            self._say("~", props, told, props, Severity.WARNING)
        inputs = {name: outputs.get(name, "") for name in managed if name in outputs or name in declared}
        steering = {*self.setting.schema.program_fields, *RECORDED} & recorded.keys()
        inputs |= {name: recorded[name] for name in steering}
        return Read(id_, outputs, inputs)

    def import_(self, id_: str, props: dict[str, Any]) -> Read:
        """Read an entry that no state holds. Its inputs become the program: what can be declared of it."""
        found = self.read(id_, props)
        if found.inputs is None:
            return found
        fields, problems = declarable_fields(self.setting, found.outputs)
        if fields is None:
            # Nothing better can be printed: the engine then says what is wrong with it.
            fields = {name: value for name, value in found.inputs.items() if value != ""}
        elif problems:
            name = resource_of(self.owner(props))
            self.tell(f"{name}: not declared, so left as it is — {'; '.join(problems)}", props, Severity.WARNING)
        declared = {name: value for name, value in fields.items() if name in self.setting.schema.api_fields}
        return Read(found.id, {**found.outputs, MANAGED_FIELDS: sorted(declared)}, declared)

    def _gone(self, props: Mapping[str, Any]) -> Read:
        if MANAGED_FIELDS in props:
            told = " (deleted outside this program; the next `up` creates it again)"
            self._say("-", props, told, props, Severity.WARNING)
        return GONE

    # update and delete ------------------------------------------------------------------------------------

    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> Updated:
        """Send what changed, and only that."""
        try:
            return self._update(id_, olds, news)
        finally:
            self.ownership(news).renamed(self.owner(news))

    def _update(self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Updated:
        listing = self.listing(news)
        changed = self.changed(news, olds)
        what = self.setting.describe(olds)
        try:
            if set(changed) & set(self.setting.key):
                self.rights(news).existing_now(listing, news)
                self._refuse_existing(listing, id_, news)
            # The answer to a change may tell a part of the entry only.
            entry = {**{name: olds[name] for name in self.setting.output_names if name in olds}, "id": id_}
            if changed:
                entry |= with_modified_at(self._patch_known(listing, id_, olds, news, changed))
        except ConflictError:
            listing.drop()
            self._refuse_existing(listing, id_, news)
            raise
        except InvalidRequestError as error:
            raise self.why_refused(listing, id_, what, error) from None
        except (NotFoundError, NoSuchRouteError) as error:
            raise NotFoundError(
                error.request,
                error.status,
                error.problems,
                f"{what} (id {id_}) was deleted by someone else: run `pulumi refresh`, then `pulumi up`",
            ) from None
        return Updated(self._outputs(listing, id_, news, entry, olds, written=changed))

    def _patch_known(
        self, listing: Listing, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any], changed: list[str]
    ) -> Entry:
        """Change the recorded entry, under the id that it has today; a refresh records that."""
        try:
            return self.patch(listing, id_, news, changed, olds)
        except NoSuchRouteError:
            if (moved := self._moved(listing, olds)) is None:
                raise
            return self.patch(listing, entry_id(moved), news, changed, olds)

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        """Delete the entry; one that is gone already is as good as deleted."""
        if (kept := self.setting.keeps_on_delete(props)) is not None:
            self.tell(kept, props, Severity.WARNING)
            return
        listing = self.listing(props)
        ownership, owner = self.ownership(props), self.owner(props)
        left = self.rights(props).to_leave([id_])
        with ownership.deleting(owner, {id_} - left.keys()) as going:
            if not going:
                other = resource_of(ownership.owner(id_) or left.get(id_, owner))
                self._say("→", props, f" (stays, id {id_}: {other} has it now)", props)
                return
            try:
                self.delete_entry(listing, id_, props)
            except NoSuchRouteError:
                moved = self._moved(listing, props)
                if moved is not None and entry_id(moved) != id_:
                    self.delete(entry_id(moved), props)
            listing.forget([id_])
        self.notes(props).forget(owner, [self.setting.key_text_of(props)])

    def _moved(self, listing: Listing, props: Mapping[str, Any]) -> Entry | None:
        """The entry as it is found today where its recorded id is of a form that the API no longer gives out.

        The ids of the 2025 contract are numbers, those of the 2026 contract UUIDs.
        """
        try:
            return self.rights(props).existing(listing, props, whole=True)
        except SeveralMatchesError:
            return None

    def _refuse_existing(self, listing: Listing, id_: str, news: Mapping[str, Any]) -> None:
        """Refuse a change of the natural key to one that another entry has."""
        key = self.setting.key_of(news)
        found = [e for e in listing.find(self.setting.loose_key_of(news), None) if self.setting.key_of(e) == key]
        if others := [entry_id(entry) for entry in found if entry_id(entry) != id_]:
            raise EntryExistsError(self.has_another(news, others))

    # outputs ----------------------------------------------------------------------------------------------

    def _cleared(self, live: Mapping[str, Any]) -> dict[str, Any]:
        """The fields that can be cleared and are."""
        return {name: value for name, value in self.setting.cleared.items() if name not in live}

    def _outputs(
        self,
        listing: Listing,
        id_: str,
        props: Mapping[str, Any],
        entry: Mapping[str, Any],
        recorded: Mapping[str, Any],
        *,
        managed: list[str] | None = None,
        written: Collection[str] = (),
    ) -> dict[str, Any]:
        """What is recorded: the live entry, and how the program manages it; `written` are the fields just sent."""
        api_fields = self.setting.schema.api_fields
        declared = [name for name in api_fields if name in props] if managed is None else managed
        live = self.setting.live(entry, read=True)
        sent = {name: props[name] for name in declared if name in props}
        # What was not sent and is otherwise was changed by somebody else.
        just_sent = {name: value for name, value in sent.items() if name in written}
        new = stored_otherwise(self.setting, just_sent, live, None)
        for what in stored_text(new, secret=bool(props.get(HAS_SECRETS))):
            self.tell(f"{self.setting.describe(props)}: {what}", props, Severity.WARNING)
        known = stored_otherwise(self.setting, sent, live, recorded.get(STORED_AS) or {})
        stored = {**known, **new}
        steering = {
            name: props[name]
            for name in (*self.setting.schema.program_fields, *RECORDED)
            if props.get(name) is not None and not has_unknown(props[name])
        }
        return {
            **live,
            **self.setting.extra_outputs(listing, id_, recorded),
            **steering,
            **({STORED_AS: stored} if stored else {}),
            MANAGED_FIELDS: sorted(declared),
        }
