"""The resource classes' common part: from typed arguments to what the engine is handed."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any, ClassVar, Final, Generic, Self, TypeAlias, Unpack

import pulumi
from pulumi.dynamic import Resource

from ..model.memory import undisturbed
from ..model.setting import Setting
from ..model.state import (
    ACCOUNT_ID,
    ADOPT,
    DECLARED_AT,
    DECLARED_BY,
    DEFAULTS,
    DELETE_LIMIT,
    ENTRIES,
    EXCLUSIVE,
    HAS_SECRETS,
    IDS,
    MANAGED_FIELDS,
    MODE,
    MOVES,
    PROVIDER_KEY,
    STORED_AS,
    from_text,
    recorded_entries,
)
from .arguments import (
    Args,
    CollectionOptions,
    Entries,
    Entry,
    Found,
    described,
    listed,
    refuse_unknown,
    refuse_unknown_options,
    told_apart,
    with_entries,
)
from .mocked import mocked
from .place import caller, urn_of, watch
from .plain import any_secret, as_one_value, as_output, is_output, keys_of, outputs_in, plain_fields
from .program import Program, account_of, this_program
from .providers import SettingProvider

_MODULE: Final = "cloudflare-email-security"

# Programs import the package first, so all their components are seen.
watch()


@contextmanager
def pickler_restored() -> Iterator[None]:
    """Take off what the SDK wraps Python's pickler in, once more for each dynamic resource.

    Else a provider that is pickled by value beside thousands of entries would exceed the recursion limit.
    """
    pickler: Any = pickle._Pickler  # noqa: SLF001  (what the SDK patches)
    methods = {name: getattr(pickler, name) for name in ("_batch_setitems", "save_dict")}
    try:
        yield
    finally:
        for name, method in methods.items():
            setattr(pickler, name, method)


class SettingResource(Resource):
    """A dynamic resource of one setting; its class's name is part of every URN."""

    setting: ClassVar[Setting]

    account_id: pulumi.Output[str]
    """The account the setting belongs to."""

    def __init_subclass__(cls, *, setting: Setting | None = None, **type_name: Any) -> None:
        """Make the class that of a setting, whose type is called as the class; others say their type as Pulumi's do."""
        if setting is not None:
            cls.setting = setting
            type_name = {"module": _MODULE, "name": cls.__name__}
        super().__init_subclass__(**type_name)

    def _called(self, resource_name: str) -> str:
        """What errors call the resource."""
        return f"{type(self).__name__} {resource_name!r}"

    def _declare(
        self,
        program: Program | None,
        provider: SettingProvider,
        resource_name: str,
        *,
        arguments: Mapping[str, Any],
        outputs: tuple[str, ...],
        opts: pulumi.ResourceOptions | None,
        keys: Callable[[], Iterable[str]],
    ) -> None:
        if opts is not None and opts.import_ is not None:
            # The engine asks dynamic providers for what is imported without saying which: the SDK fails on it.
            raise pulumi.RunError(
                f"{self._called(resource_name)}: import_ does not work for dynamic resources — pass adopt=True to "
                "adopt what exists, or run `cf-email-security export`, whose import.json `pulumi import --file` takes"
            )
        _refuse(arguments, PROVIDER_KEY)
        # Outputs resolve only where they stand among the properties, so each is named with no value.
        properties = {**dict.fromkeys((*outputs, ACCOUNT_ID)), **arguments}
        if opts is None or opts.id is None:
            # Who declares the entries, and what moves to and from it.
            urn = urn_of(f"pulumi-python:{self._resource_type_name}", resource_name, opts)
            properties[DECLARED_BY] = pulumi.Output.from_input(urn)
            account = account_of(arguments.get(ACCOUNT_ID))
            if program is not None and account is None:
                program.note([urn])
            elif program is not None and account is not None:
                alone = arguments.get(MODE) == EXCLUSIVE
                moves = program.declare(urn, self.setting, account, keys, alone=alone)
                properties[MOVES] = pulumi.Output.from_input(moves)
        if HAS_SECRETS in arguments:
            # An account may store a secret text in another form, which is recorded beside it.
            opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(additional_secret_outputs=[STORED_AS]))
        with pickler_restored():
            super().__init__(provider, resource_name, properties, opts)
        if program is not None and self._aliases:
            program.note(self._aliases)


def _classes() -> Iterator[tuple[str, type[SettingResource]]]:
    """The settings' resource classes, by the names of their types."""
    waiting: list[type[SettingResource]] = [SettingResource]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if hasattr(kind, "setting"):
                yield kind._resource_type_name.rpartition(":")[2], kind  # noqa: SLF001


def _by_type() -> dict[str, Setting]:
    """The settings by the names of their resource types."""
    return {name: kind.setting for name, kind in _classes()}


def _collection_of(setting: Setting) -> str:
    """The name of the type of a setting's collections; "" where there is none."""
    found = (name for name, kind in _classes() if kind.setting is setting and issubclass(kind, Collection))
    return next(found, "")


class EntryResource(SettingResource):
    """One entry of a setting as one resource."""

    managed_fields: pulumi.Output[list[str]]
    """The fields that the program declares; the others are left as they are."""
    accept_risk: pulumi.Output[dict[str, str] | None]
    """The risks that are accepted."""
    created_at: pulumi.Output[str]
    """When the entry was made."""
    modified_at: pulumi.Output[str]
    """When it was changed last."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Document the arguments of the constructor, as the schema describes them."""
        super().__init_subclass__(**kwargs)
        if "__init__" in vars(cls):
            cls.__init__.__doc__ = described(cls.__doc__, cls.setting.schema.setting_fields)

    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        called = self._called(resource_name)
        arguments, opts = told_apart(called, args, kwargs)
        account_id, adopt = arguments.pop(ACCOUNT_ID, None), arguments.pop(ADOPT, None)
        if mocked():
            refuse_unknown(called, self.setting.schema, arguments)
        self._enter(resource_name, opts, account_id, adopt, arguments)

    def _enter(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None,
        account_id: pulumi.Input[str] | None,
        adopt: pulumi.Input[bool] | None,
        arguments: Mapping[str, Any],
    ) -> None:
        setting = self.setting
        given = plain_fields(setting, arguments)
        properties = {**given, ACCOUNT_ID: account_id, ADOPT: adopt}
        program = this_program(_by_type)
        if opts is None or opts.id is None:
            if program is not None:
                program.note_single(self, setting, _collection_of)
            properties[DECLARED_AT] = caller()
            if outputs := [*outputs_in(given)]:
                properties[HAS_SECRETS] = pulumi.Output.from_input(any_secret(outputs))
        self._declare(
            program,
            SettingProvider(setting, setting.kind),
            resource_name,
            arguments=properties,
            outputs=(
                *setting.output_names,
                *setting.extra_output_names,
                *setting.schema.program_fields,
                MANAGED_FIELDS,
            ),
            opts=opts,
            keys=lambda: keys_of(setting, [given]),
        )

    @classmethod
    def get(
        cls,
        resource_name: str,
        id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
        *,
        account_id: pulumi.Input[str] | None = None,
    ) -> Self:
        """Read an existing entry by its id, without managing it."""
        resource = cls.__new__(cls)
        opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id))
        resource._enter(resource_name, opts, account_id, None, {})  # noqa: SLF001
        return resource


class Collection(SettingResource, Generic[Entry, Args, Found]):
    """Many entries of a setting as one resource: literals, the arguments of a single entry, a look-up's results."""

    #: The name under which state refers to the collection's provider; never renamed.
    kind: ClassVar[str]

    mode: pulumi.Output[str]
    """Whether undeclared entries are left alone ("additive") or deleted ("exclusive")."""

    def __init_subclass__(cls, *, setting: Setting | None = None, **kwargs: Any) -> None:
        """Call the provider of a setting's collection as its endpoint is called."""
        super().__init_subclass__(setting=setting, **kwargs)
        if setting is not None:
            cls.kind = setting.collection

    @with_entries
    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        entries: Entries[Entry, Args, Found],
        **options: Unpack[CollectionOptions[Entry]],
    ) -> None:
        """Entries as one resource.

        Args:
            resource_name: the name of the resource.
            opts: Pulumi's options of the resource.
            entries: a list of entries, or a map from natural key to entry; also of files (`read_entries`), or what a
                look-up returned.
            defaults: fields shared by all entries that do not set them.
            mode: "additive" (the default) touches only the declared entries; with "exclusive" they are all there may
                be, and others are deleted; "report" is additive, and a refresh names the entries that nobody declares.
            delete_limit: the share of the entries, in percent, that one update may delete; 30 unless set.
            adopt: whether entries that exist already are adopted; not, unless configured. Domains always are.
            account_id: the account; else the configured one. Another account is another resource.

        """
        from .files import places_of, plain_entries  # noqa: PLC0415  (single entries come from no file)

        setting, arguments = self.setting, dict[str, Any](options)
        entries = as_output(entries) if is_output(entries) else listed(self._called(resource_name), entries)
        if mocked():
            refuse_unknown_options(self._called(resource_name), setting.schema, entries, arguments)
        _refuse(arguments, HAS_SECRETS, DECLARED_AT, MOVES)
        if (program := this_program(_by_type)) is not None:
            program.ask()
        defaults = arguments.pop(DEFAULTS, None)
        with undisturbed():
            plain = plain_entries(setting, entries, defaults)
        record = as_one_value(plain)
        arguments |= {ENTRIES: record, DECLARED_AT: places_of(entries, caller())}
        if not isinstance(record, str):
            arguments[HAS_SECRETS] = pulumi.Output.from_input(any_secret([*outputs_in((entries, defaults))]))
        self._declare(
            program,
            SettingProvider(setting, self.kind),
            resource_name,
            arguments=arguments,
            outputs=(IDS, MODE, DELETE_LIMIT),
            opts=opts,
            keys=lambda: keys_of(setting, plain),
        )

    # The engine carries entries and ids as text, which is read only where a program asks for them.

    @property
    def entries(self) -> pulumi.Output[dict[str, dict[str, Any]]]:
        """The entries by natural key."""
        return self._entries

    @property
    def ids(self) -> pulumi.Output[dict[str, str]]:
        """The API's ids by natural key."""
        return self._ids

    @cached_property
    def _entries(self) -> pulumi.Output[dict[str, dict[str, Any]]]:
        setting, recorded = self.setting, vars(self)[ENTRIES]
        return pulumi.Output.from_input(recorded).apply(
            lambda record: setting.by_label(recorded_entries({ENTRIES: record}))
        )

    @cached_property
    def _ids(self) -> pulumi.Output[dict[str, str]]:
        setting, both = self.setting, (vars(self)[ENTRIES], vars(self)[IDS])
        return pulumi.Output.all(*both).apply(lambda known: _ids_by_label(setting, *known))


#: Whatever the entries are.
CollectionResource: TypeAlias = Collection[Any, Any, Any]


def _ids_by_label(setting: Setting, entries: object, ids: object) -> Any:
    """Ids as outputs hold them, by the keys as the program writes them."""
    by_key = from_text(ids)
    if not isinstance(by_key, Mapping):
        return by_key
    labels = setting.labels(recorded_entries({ENTRIES: entries}))
    return {labels.get(key, key): id_ for key, id_ in by_key.items()}


def _refuse(arguments: Mapping[str, Any], *implied: str) -> None:
    """Raise TypeError where a program passes what this package passes on by itself."""
    for name in implied:
        if name in arguments:
            raise TypeError(f"{name} is not an argument")
