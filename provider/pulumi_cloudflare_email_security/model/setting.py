"""What a setting is: its endpoint, natural key, schema and results, declared in one place.

Most settings are declared only. One with ways of its own overrides the hooks at the end of `Setting`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Self

from ..client.envelope import printable
from ..client.errors import SeveralMatchesError
from ..client.pages import Entry, entry_id
from .fields import SettingField
from .schema import SettingSchema, has_unknown
from .text import alike, caseless, has_one_form, names, visible

if TYPE_CHECKING:
    from ..client.endpoint import Endpoint
    from ..client.listing import Listing
    from ..client.transport import Client

#: What to do about several entries with one natural key.
DELETE_ALL_BUT_ONE: Final = "none is taken — delete all but one, then run again"
ALL_OPERATIONS: Final = frozenset({"deletes", "patches", "posts"})


def with_modified_at(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """An answered entry with `modified_at`, which the 2025 contract calls `last_modified`."""
    if entry.get("modified_at") is not None or entry.get("last_modified") is None:
        return entry
    return {**entry, "modified_at": entry["last_modified"]}


@dataclass(frozen=True, kw_only=True)
class Result:
    """An entry as a look-up returns it. Texts and numbers that the API did not answer are None."""

    id: str
    created_at: str | None
    modified_at: str | None

    @classmethod
    def from_entry(cls, entry: Mapping[str, Any]) -> Self:
        """The result for an entry as the API answers it; odd values are kept as they are."""
        entry = with_modified_at(entry)
        values: dict[str, Any] = {item.name: entry.get(item.name) for item in dataclasses.fields(cls)}
        return cls(**{**values, "id": entry_id(entry)})


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One kind of Email Security setting.

    Attributes:
        kind: the name under which state refers to the provider of its entries; never renamed.
        title: what people call an entry of it.
        collection: the last part of its endpoint; state refers to the provider of its collections by it.
        schema_class: its arguments.
        result_class: its look-up result, which names every field that the API answers.
        key: the fields of its natural key.
        protects: whether an entry tightens protection (a block) or loosens it (an allowance): that decides the order in
            which a collection sends its changes, and what a review says of them.
        since: the contract of the API that has it first.
        key_filters: the natural key's fields that the API filters by exactly; empty where it cannot.
        order: what the list is ordered by while it is read; None where it cannot be.
        always_adopts: whether an entry that exists already is adopted without being asked.
        batch: the lists that `/batch` accepts; empty where there is no batch.
        atomic_batch: whether a batch is carried out whole or not at all.
        array_create: whether a POST takes an array of entries.
        bulk_delete: whether the collection has a bulk DELETE.
        columns: the dashboard's CSV columns (in snake_case) that have another name than the API's field.
        volatile: answered fields that change by themselves, which resources leave out.

    """

    kind: str
    title: str
    collection: str
    schema_class: type[SettingSchema]
    result_class: type[Result]
    key: tuple[str, ...]
    protects: bool
    since: Literal["2025", "2026"] = "2025"
    key_filters: tuple[str, ...] = ()
    order: str | None = "created_at"
    always_adopts: bool = False
    batch: frozenset[str] = ALL_OPERATIONS
    atomic_batch: bool = True
    array_create: bool = False
    bulk_delete: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    volatile: frozenset[str] = field(default=frozenset())

    #: Outputs that do not come with the entry but from `extra_outputs`.
    extra_output_names: ClassVar[tuple[str, ...]] = ()

    @cached_property
    def schema(self) -> SettingSchema:
        """The schema, made once."""
        return self.schema_class()

    @cached_property
    def output_names(self) -> tuple[str, ...]:
        """The API's fields that a resource has as outputs (its id apart)."""
        answered = [item.name for item in dataclasses.fields(self.result_class)]
        return tuple(name for name in answered if name not in self.volatile and name != "id")

    def endpoint(self, client: Client, account_id: str) -> Endpoint:
        """The operations of its collection in an account."""
        from ..client.batches import ALL_LISTS  # noqa: PLC0415  (a program that looks nothing up sends nothing)
        from ..client.endpoint import Endpoint  # noqa: PLC0415

        return Endpoint(
            client,
            account_id,
            self.collection,
            key_of=self.loose_key_of,
            order=self.order,
            lists=ALL_LISTS if self.batch == ALL_OPERATIONS else sorted(self.batch),
            atomic=self.atomic_batch,
        )

    def fields_of(self, result: Result) -> dict[str, Any]:
        """What a look-up found of the fields that a program can declare: those that hold something."""
        found = ((name, getattr(result, name)) for name in self.schema.api_fields if hasattr(result, name))
        return {name: value for name, value in found if value not in (None, "")}

    # Natural keys -----------------------------------------------------------------------------------------

    def key_of(self, fields: Mapping[str, Any]) -> tuple[Any, ...]:
        """The natural key of declared arguments or of a live entry, in the form in which keys are compared."""
        values = [identity(fields.get(name), fields) for name, identity in self._identities]
        # Answers may hold anything; a key must be hashable.
        return tuple([value if isinstance(value, (str, int, float, type(None))) else repr(value) for value in values])

    @cached_property
    def _identities(self) -> list[tuple[str, Callable[[Any, Mapping[str, Any]], Any]]]:
        """The fields of the natural key, each with what makes of a value the form in which it is compared."""
        return [(name, self.schema.setting_fields[name].identity) for name in self.key]

    def loose_key_of(self, fields: Mapping[str, Any]) -> tuple[Any, ...]:
        """`key_of` without regard to case in regular expressions either: an account may store them in another case."""
        return self.loose(self.key_of(fields))

    def loose(self, key: tuple[Any, ...]) -> tuple[Any, ...]:
        """A natural key without regard to case in regular expressions either."""
        return tuple([caseless(part) if isinstance(part, str) else part for part in key])

    def fields_from_key(self, text: str) -> dict[str, Any]:
        """The fields that a key's text stands for: the inverse of `key_text`."""
        parts = text.split(" ", len(self.key) - 1)
        return dict(zip(self.key, parts, strict=False))

    def key_text(self, key: Sequence[Any]) -> str:
        """A natural key for people, and as a map's key; two keys never share a text."""
        return " ".join(map(str, key))

    def key_text_of(self, fields: Mapping[str, Any]) -> str:
        """The natural key's text of declared arguments or of a live entry."""
        return self.key_text(self.key_of(fields))

    def label(self, fields: Mapping[str, Any]) -> str:
        """The natural key's text as the fields are written, for people."""
        return self.key_text([fields.get(name) for name in self.key])

    def labels(self, entries: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """The key's text as the fields are written, of each entry by key text."""
        labels = {}
        for key, fields in entries.items():
            label = self.label(fields)
            # A key that says more than its fields (an id) is not theirs.
            labels[key] = label if label == key or self.key_text_of(fields) == key else key
        return labels

    def by_label(self, entries: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Entries by the text of their keys as the fields are written."""
        return {label: entries[key] for key, label in self.labels(entries).items()}

    def describe(self, fields: Mapping[str, Any]) -> str:
        """What an error calls an entry, as it is written."""
        return self.called([fields.get(name) for name in self.key])

    def called(self, key: Sequence[Any]) -> str:
        """What an error calls the entry of a natural key."""
        return f"{self.title} {printable(visible(self.key_text(key)), 120)}"

    def only(self, found: Sequence[Entry], key: Sequence[Any], *, otherwise: str) -> Entry:
        """The one entry that was found for a natural key.

        Raises:
            SeveralMatchesError: there are several; says their ids, and what to do otherwise.

        """
        if len(found) == 1:
            return found[0]
        ids = names(sorted(map(entry_id, found)))
        raise SeveralMatchesError(f"{self.called(key)} exists {len(found)} times (ids {ids}): {otherwise}")

    # Live entries -----------------------------------------------------------------------------------------

    def filters_for(self, fields: Mapping[str, Any]) -> dict[str, Any] | None:
        """The API's exact filters that narrow the list to an entry as it is written, or None where there are none."""
        return {name: fields[name] for name in self.key_filters} or None

    def near(self, listing: Listing, fields: Mapping[str, Any], *, whole: bool = False) -> list[Entry]:
        """The live entries whose natural key is like that of declared fields.

        The API's filters are exact, and an account that folds text has it in its own form only: so an entry is looked
        for as it is written, then as it is compared; or, with `whole`, in the whole list.
        """
        key = self.key_of(fields)
        loose = self.loose(key)
        written = None if whole else self.filters_for(fields)
        if (found := listing.find(loose, written)) or written is None:
            return found
        compared = self.filters_for(dict(zip(self.key, key, strict=True)))
        return found if compared == written else listing.find(loose, compared)

    def live(self, entry: Mapping[str, Any], *, read: bool = False) -> dict[str, Any]:
        """An answered entry as outputs: known fields only, as answered, absent where null.

        Args:
            entry: the answer; that of a write is completed by `as_written` first.
            read: whether it answers a read: then an absent flag is False and an absent list empty.

        """
        entry = with_modified_at(entry)
        known: dict[str, Any] = {}
        for name, api_field in self._outputs:
            value = entry.get(name)
            if api_field is not None:
                value = api_field.answered(value)
                if value is None and read:
                    value = api_field.absent
            if value is not None:
                known[name] = value
        return {**known, **self.schema.normal(known)}

    def told(self, entry: Mapping[str, Any]) -> Entry:
        """The answer to a read, as it is meant: a flag that it leaves out is False, a list empty."""
        api_fields = self.schema.api_fields
        told = {name: api_fields[name].answered(value) for name, value in entry.items() if name in api_fields}
        absent = {
            name: api_field.normal(api_field.absent)
            for name, api_field in api_fields.items()
            if api_field.absent is not None and told.get(name) in (None, "")
        }
        return {**entry, **told, **absent}

    @cached_property
    def _outputs(self) -> list[tuple[str, SettingField | None]]:
        """The outputs, each with the field that it is of."""
        return [(name, self.schema.api_fields.get(name)) for name in self.output_names]

    @cached_property
    def cleared(self) -> dict[str, Any]:
        """The fields that can be cleared, as they are declared and recorded then."""
        return {name: "" for name, each in self.schema.api_fields.items() if each.nullable}

    def as_written(self, sent: Mapping[str, Any], answered: Mapping[str, Any]) -> Entry:
        """The answer to a write; what it leaves out, flags and lists that are null included, is as it was sent.

        Where a field is null that cannot be, all that is null was left out.
        """
        api_fields = self.schema.api_fields
        empty = {name for name in api_fields.keys() & answered.keys() if answered[name] in (None, "")}
        padded = any(api_fields[name].required and api_fields[name].absent is None for name in empty)
        left_out = {
            name: None if api_fields[name].nullable and value == "" else value
            for name, value in sent.items()
            if name in api_fields
            and (name not in answered or (name in empty and (padded or not api_fields[name].nullable)))
        }
        told = {name: value for name, value in answered.items() if not (padded and name in empty)}
        return {**told, **left_out}

    def told_as_before(
        self, sent: Mapping[str, Any], answered: Mapping[str, Any], before: Mapping[str, Any]
    ) -> frozenset[str]:
        """The fields that were sent and that an answer tells as they were before: it may come from a replica.

        Texts that differ only in case or white space are not among them: an account that stores text in a form of its
        own may store both alike.
        """
        if not before:
            return frozenset()
        live = self.live(answered)
        other = [name for name in self.changed_fields(sent, live) if not alike(sent[name], live.get(name))]
        was = {name: before.get(name, self.cleared.get(name)) for name in other}
        return frozenset(other) - {*self.changed_fields(was, live)}

    # What differs, and what is sent -----------------------------------------------------------------------

    def changed_fields(
        self,
        declared: Mapping[str, Any],
        recorded: Mapping[str, Any],
        stored_as: Mapping[str, Sequence[Any]] | None = None,
        *,
        whole: bool = True,
    ) -> list[str]:
        """The API fields whose declared value differs from the recorded one; what is not declared never differs.

        Values are compared folded: an account may store text in another form than it was sent in.

        Args:
            declared: what is declared.
            recorded: what is recorded, or live.
            stored_as: forms that the account is known to make of texts, which are no difference: [sent, stored].
            whole: whether what is recorded is a whole entry, so that a field that is absent is null; of what a
                collection recorded as declared, nobody knows it.

        """
        changed = []
        for name, api_field in self.schema.api_fields.items():
            if name not in declared:
                continue
            if not whole and name not in recorded:
                changed.append(name)
                continue
            new, old = declared[name], recorded.get(name, "" if api_field.nullable else None)
            if new == old:
                continue
            if stored_as and stored_as.get(name) == [new, old]:
                continue
            if has_unknown(new) or api_field.folded(new, {**recorded, **declared}) != api_field.folded(
                old, {**declared, **recorded}
            ):
                changed.append(name)
        return changed

    def has_other_forms(self, sent: Mapping[str, Any]) -> bool:
        """Whether an account may store a text of an entry in another form than it was sent in."""
        return any(
            isinstance(value, str) and not has_one_form(value)
            for name, value in sent.items()
            if name in self.schema.api_fields
        )

    def changed_program_fields(self, declared: Mapping[str, Any], recorded: Mapping[str, Any]) -> list[str]:
        """The fields that only steer this package and that differ."""
        return [
            name
            for name, program_field in self.schema.program_fields.items()
            if declared.get(name, program_field.default) != recorded.get(name, program_field.default)
        ]

    def wire(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """API fields as they are sent, text as it is written: what can be cleared is null when empty."""
        return {
            name: None if api_field.nullable and fields[name] == "" else api_field.sent(fields[name])
            for name, api_field in self.schema.api_fields.items()
            if name in fields
        }

    def body(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """What a create sends: API fields, without empty ones."""
        return {name: value for name, value in self.wire(fields).items() if value is not None}

    # Hooks ------------------------------------------------------------------------------------------------

    def incomplete(self, fields: Mapping[str, Any]) -> str | None:
        """Why an entry that does not exist cannot be created as it is declared, or None. May be overridden."""
        del fields
        return None

    def read_only(self, entry: Mapping[str, Any]) -> str | None:
        """Why an entry cannot be changed through the API, or None. May be overridden."""
        del entry
        return None

    def create(self, endpoint: Endpoint, fields: Mapping[str, Any]) -> Entry:
        """Send the create. An override must leave ambiguous failures to the caller."""
        return endpoint.create(self.body(fields))

    def update(self, endpoint: Endpoint, id_: str, fields: Mapping[str, Any]) -> Entry:
        """Send the PATCH of `wire`'s fields. An override must leave ambiguous failures to the caller."""
        return endpoint.update(id_, fields)

    def keeps_on_delete(self, outputs: Mapping[str, Any]) -> str | None:
        """What to tell the user where a delete leaves the live entry as it is, or None. May be overridden."""
        del outputs
        return None

    def extra_outputs(self, listing: Listing, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any]:
        """Outputs that need a request of their own. An override must ask only for what `recorded` lacks."""
        del listing, id_, recorded
        return {}
