"""The lifecycle of one entry as one resource."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from ..client.errors import (
    ConflictError,
    EntryExistsError,
    InvalidRequestError,
    NoSuchRouteError,
    NotFoundError,
    SeveralMatchesError,
)
from ..client.pages import Entry, entry_id
from ..entries.declarable import declarable_fields
from ..model.names import resource_of
from ..model.schema import has_unknown
from ..model.setting import with_modified_at
from ..model.state import ACCOUNT_ID, MANAGED_FIELDS, STORED_AS
from ..session.voice import Severity
from . import entry_writes
from .base import Created, Read
from .compare import stored_otherwise
from .entry_preview import RECORDED, EntryPreview
from .lines import changes_text, stored_text
from .resource import Resource

_GONE: Final = Read("", {})


class EntryLifecycle(EntryPreview):
    """check, diff, create, read, update and delete for one entry of a setting."""

    def create(self, props: dict[str, Any]) -> Created:
        """Create the entry, or adopt the one with the same natural key where that is allowed."""
        resource = self.resource(props)
        entry = entry_writes.take_or_create(resource)
        id_ = entry_id(entry)
        outputs = self._outputs(resource, id_, props, entry, {}, written=props.keys())
        resource.ownership.keep(resource.urn, [id_])
        if resource.ownership.taken_among([id_]):
            resource.notes.taken(resource.urn, {self.setting.key_text_of(props): id_})
        return Created(id_, outputs)

    def read(self, id_: str, props: dict[str, Any]) -> Read:
        """Read the live entry; drift in what the program set comes back as inputs too."""
        resource = self.resource(props)
        listing = resource.listing
        is_managed = MANAGED_FIELDS in props
        self.session.refreshed(resource.urn)
        try:
            entry = listing.get(id_)
        except NotFoundError:
            return self._gone(resource)
        except NoSuchRouteError:
            if (moved := _moved(resource)) is None:
                return self._gone(resource)
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
            return self._outputs(resource, id_, {**recorded, **declared}, entry, was, managed=managed)

        outputs = outputs_of(entry)
        if is_managed and any(outputs.get(name) != props.get(name) for name in self.setting.output_names):
            again = listing.again([id_])
            if again.gone:
                return self._gone(resource)
            if again.alive:
                entry = again.alive[id_]
                outputs = outputs_of(entry)
        live = {**self.setting.cleared, **self.setting.live(entry, read=True)}
        drift = self.changed(declared, {**live, STORED_AS: outputs.get(STORED_AS)})
        if is_managed and not drift:
            return Read(id_, outputs)
        if is_managed:
            changes = changes_text(self.setting, props, live, drift, secret=resource.secret)
            what = f"{changes} (changed outside this program; the next `up` changes it back)"
            resource.say(f"~ {self.setting.label(props)}{what}", Severity.WARNING)
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
            resource = self.resource(props)
            resource.say(f"not declared, so left as it is — {'; '.join(problems)}", Severity.WARNING)
        declared = {name: value for name, value in fields.items() if name in self.setting.schema.api_fields}
        return Read(found.id, {**found.outputs, MANAGED_FIELDS: sorted(declared)}, declared)

    def _gone(self, resource: Resource) -> Read:
        if MANAGED_FIELDS in resource.props:
            what = "(deleted outside this program; the next `up` creates it again)"
            resource.say(f"- {self.setting.label(resource.props)} {what}", Severity.WARNING)
        return _GONE

    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        """Send what changed, and only that."""
        resource = self.resource(news)
        try:
            return self._update(resource, id_, olds)
        finally:
            resource.ownership.renamed(resource.urn)

    def _update(self, resource: Resource, id_: str, olds: Mapping[str, Any]) -> dict[str, Any]:
        news = resource.props
        changed = self.changed(news, olds)
        what = self.setting.describe(olds)
        try:
            if set(changed) & set(self.setting.key):
                resource.existing_now(news)
                self._refuse_existing(resource, id_)
            # The answer to a change may tell a part of the entry only.
            entry = {**{name: olds[name] for name in self.setting.output_names if name in olds}, "id": id_}
            if changed:
                entry |= with_modified_at(self._patch(resource, id_, olds, changed))
        except ConflictError:
            resource.listing.drop()
            self._refuse_existing(resource, id_)
            raise
        except InvalidRequestError as error:
            raise entry_writes.why_refused(resource, id_, what, error) from None
        except (NotFoundError, NoSuchRouteError) as error:
            raise NotFoundError(
                error.request,
                error.status,
                error.problems,
                f"{what} (id {id_}) was deleted by someone else: run `pulumi refresh`, then `pulumi up`",
            ) from None
        return self._outputs(resource, id_, news, entry, olds, written=changed)

    def _patch(self, resource: Resource, id_: str, olds: Mapping[str, Any], changed: list[str]) -> Entry:
        """Change the recorded entry, under the id that it has today; a refresh records that."""
        try:
            return entry_writes.patch(resource, id_, changed, olds)
        except NoSuchRouteError:
            if (moved := _moved(self.resource(olds))) is None:
                raise
            return entry_writes.patch(resource, entry_id(moved), changed, olds)

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        """Delete the entry; one that is gone already is as good as deleted."""
        resource = self.resource(props)
        if (kept := self.setting.keeps_on_delete(props)) is not None:
            resource.tell(kept, Severity.WARNING)
            return
        ownership = resource.ownership
        left = resource.to_leave([id_])
        with ownership.deleting(resource.urn, {id_} - left.keys()) as going:
            if not going:
                other = resource_of(ownership.owner(id_) or left.get(id_, resource.urn))
                resource.say(f"→ {self.setting.label(props)} (stays, id {id_}: {other} has it now)")
                return
            try:
                entry_writes.delete(resource, id_)
            except NoSuchRouteError:
                moved = _moved(resource)
                if moved is not None and entry_id(moved) != id_:
                    self.delete(entry_id(moved), props)
            resource.listing.forget([id_])
        resource.notes.forget(resource.urn, [self.setting.key_text_of(props)])

    def _refuse_existing(self, resource: Resource, id_: str) -> None:
        """Refuse a change of the natural key to one that another entry has."""
        news, key = resource.props, self.setting.key_of(resource.props)
        found = resource.listing.find(self.setting.loose_key_of(news), None)
        alike = [entry_id(entry) for entry in found if self.setting.key_of(entry) == key]
        if others := [other for other in alike if other != id_]:
            raise EntryExistsError(self.has_another(news, others))

    def _outputs(
        self,
        resource: Resource,
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
        # Nor is what is as it was before another form of what was sent.
        for name in self.setting.told_as_before(just_sent, entry, recorded):
            del just_sent[name]
        new = stored_otherwise(self.setting, just_sent, live, None)
        for what in stored_text(new, secret=resource.secret):
            resource.tell(f"{self.setting.describe(props)}: {what}", Severity.WARNING)
        stored = {**stored_otherwise(self.setting, sent, live, recorded.get(STORED_AS) or {}), **new}
        steering = {
            name: props[name]
            for name in (*self.setting.schema.program_fields, *RECORDED)
            if props.get(name) is not None and not has_unknown(props[name])
        }
        return {
            **live,
            **self.setting.extra_outputs(resource.listing, id_, recorded),
            **steering,
            **({STORED_AS: stored} if stored else {}),
            MANAGED_FIELDS: sorted(declared),
        }


def _moved(resource: Resource) -> Entry | None:
    """The entry as it is found today where its recorded id is of a form that the API no longer gives out.

    The ids of the 2025 contract are numbers, those of the 2026 contract UUIDs.
    """
    try:
        return resource.existing(resource.props, whole=True)
    except SeveralMatchesError:
        return None
