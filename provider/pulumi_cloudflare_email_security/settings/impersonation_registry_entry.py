"""The impersonation registry: people whose names are watched for in mail from elsewhere.

Endpoint: `/accounts/{account_id}/email-security/settings/impersonation_registry`. Natural key: `email` and
`name`. A collection sends one request an entry. Entries synchronised from a directory cannot be changed through the
API. Delete removes the entry: the person is no longer watched for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Required, TypeAlias, Unpack, get_args, overload

import pulumi

from ..dynamic.arguments import CollectionEntry, EntryArgs, EntryOptions, Options
from ..dynamic.functions import ById, ListFilters, get_one, list_all, look_up, with_outputs
from ..dynamic.resources import Collection, EntryResource
from ..model.fields import Choice, Flag, Pattern, Text, Whole
from ..model.schema import MAX_TEXT, SettingSchema, comments
from ..model.setting import Result, Setting
from ..model.weakening import Way

Provenance: TypeAlias = Literal[
    "A1S_INTERNAL", "SNOOPY-CASB_OFFICE_365", "SNOOPY-OFFICE_365", "SNOOPY-GOOGLE_DIRECTORY"
]
# Provenances of entries that come from a directory; those made by hand or through the API say A1S_INTERNAL.
_SYNCHRONISED = "SNOOPY"


class _Fields(EntryArgs, total=False):
    """The arguments of an entry of the registry that may be left out."""

    is_email_regex: pulumi.Input[bool]
    comments: pulumi.Input[str | None]
    directory_id: pulumi.Input[int | None]
    directory_node_id: pulumi.Input[int | None]
    external_directory_node_id: pulumi.Input[str | None]
    provenance: pulumi.Input[str | None]


class ImpersonationRegistryEntryArgs(_Fields, total=False):
    """The arguments of an entry of the registry; `ImpersonationRegistryEntrySchema` says what each may be."""

    name: Required[pulumi.Input[str]]
    email: Required[pulumi.Input[str]]


class _Inputs(ImpersonationRegistryEntryArgs, EntryOptions, total=False):
    """The arguments by keyword, with the options of its resource."""


class ImpersonationRegistryEntryEntry(_Fields, CollectionEntry, total=False):
    """An entry of the registry in a collection, where defaults or the map's key may say any of it."""

    name: pulumi.Input[str]
    email: pulumi.Input[str]


class ImpersonationRegistryEntrySchema(SettingSchema):
    """The schema of an entry of the impersonation registry."""

    name = Text("The person's display name.", required=True, minimum=1, maximum=MAX_TEXT, weakens=Way.MATCH)
    email = Pattern(
        "The person's e-mail address, or a regular expression where `is_email_regex` is true.",
        required=True,
        minimum=1,
        regex_if="is_email_regex",
        form="EMAIL",
        weakens=Way.MATCH,
    )
    is_email_regex = Flag("Whether `email` is a regular expression.", default=False, weakens=Way.MATCH)
    comments = comments()
    directory_id = Whole("The directory the entry belongs to; None or 0 clears it.", nullable=True, weakens=Way.NEVER)
    directory_node_id = Whole("Its node in the directory; None or 0 clears it.", nullable=True, weakens=Way.NEVER)
    external_directory_node_id = Text(
        "The entry's node in an external directory; deprecated by the API; None clears it.",
        nullable=True,
        weakens=Way.NEVER,
    )
    provenance = Choice(
        "Where the entry comes from. Leave it out: what is made here is `A1S_INTERNAL`; an entry that says otherwise "
        "counts as synchronised and cannot be changed afterwards.",
        get_args(Provenance),
        nullable=True,
        weakens=Way.NEVER,
    )


@dataclass(frozen=True, kw_only=True)
class ImpersonationRegistryEntryResult(Result):
    """An entry of the impersonation registry as the API answers it."""

    name: str
    email: str
    is_email_regex: bool
    comments: str | None
    directory_id: int | None
    directory_node_id: int | None
    external_directory_node_id: str | None
    provenance: str | None


class _ImpersonationRegistry(Setting):
    """Keys read as people write them, and entries from a directory are left alone."""

    def key_text(self, key: Sequence[Any]) -> str:
        """`Name <address>`."""
        email, name = key
        escaped = str(email).replace("<", r"\<")
        return f"{name} <{escaped}>"

    def fields_from_key(self, text: str) -> dict[str, Any]:
        """The inverse of `key_text`."""
        name, _, email = text.removesuffix(">").rpartition(" <")
        return {"name": name, "email": email.replace(r"\<", "<")}

    def read_only(self, entry: Mapping[str, Any]) -> str | None:
        """Entries from a directory follow that directory."""
        provenance = str(entry.get("provenance") or "")
        if not provenance.startswith(_SYNCHRONISED):
            return None
        return f"is synchronised from a directory ({provenance}): change it there, or remove it from this program"


SETTING = _ImpersonationRegistry(
    kind="impersonation_registry_entry",
    title="impersonation registry entry",
    collection="impersonation_registry",
    schema_class=ImpersonationRegistryEntrySchema,
    result_class=ImpersonationRegistryEntryResult,
    key=("email", "name"),
    protects=True,
    batch=frozenset(),
    columns={"display_name": "name", "notes": "comments"},
)


class ImpersonationRegistryEntry(EntryResource, setting=SETTING):
    """An entry of the impersonation registry: mail that pretends to come from this person is caught.

    ```python
    email_security.ImpersonationRegistryEntry("ceo", name="Jane Doe", email="jane@corp.example")
    ```
    """

    name: pulumi.Output[str]
    email: pulumi.Output[str]
    is_email_regex: pulumi.Output[bool]
    comments: pulumi.Output[str | None]
    directory_id: pulumi.Output[int | None]
    directory_node_id: pulumi.Output[int | None]
    external_directory_node_id: pulumi.Output[str | None]
    provenance: pulumi.Output[str | None]

    @overload
    def __init__(
        self,
        resource_name: str,
        args: ImpersonationRegistryEntryArgs,
        opts: Options = None,
        **options: Unpack[EntryOptions],
    ) -> None: ...
    @overload
    def __init__(self, resource_name: str, opts: Options = None, **args: Unpack[_Inputs]) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(resource_name, *args, **kwargs)


class ImpersonationRegistry(
    Collection[ImpersonationRegistryEntryEntry, ImpersonationRegistryEntryArgs, ImpersonationRegistryEntryResult],
    setting=SETTING,
):
    """The impersonation registry, as many entries as there are, as one resource.

    ```python
    email_security.ImpersonationRegistry("board", entries=email_security.read_entries("board.csv"))
    ```
    """


class _Key(ById, total=False):
    """What an entry of the registry is looked up by."""

    email: pulumi.Input[str] | None
    name: pulumi.Input[str] | None


class _Filters(ListFilters, total=False):
    """What the list of them may be narrowed to, and its order."""

    provenance: pulumi.Input[Provenance] | None
    order: pulumi.Input[Literal["name", "email", "created_at"]] | None


@look_up
def get_impersonation_registry_entry(**by: Unpack[_Key]) -> ImpersonationRegistryEntryResult:
    """An entry of the registry, by `id` or by `email` and `name`. Raises NoMatchError or SeveralMatchesError."""
    return get_one(SETTING, ImpersonationRegistryEntryResult, by)


@look_up
def list_impersonation_registry(**filters: Unpack[_Filters]) -> list[ImpersonationRegistryEntryResult]:
    """All entries of the registry that fit the filters. `search` is the API's full-text search."""
    return list_all(SETTING, ImpersonationRegistryEntryResult, filters)


get_impersonation_registry_entry_output = with_outputs(get_impersonation_registry_entry)
list_impersonation_registry_output = with_outputs(list_impersonation_registry)
