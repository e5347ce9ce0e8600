"""What names a setting's fields says the same everywhere: schema, arguments, outputs, results, look-ups, emulator."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import typing
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

import pulumi_cloudflare_email_security as email_security
from pulumi_cloudflare_email_security.dynamic import resources
from pulumi_cloudflare_email_security.dynamic.arguments import CollectionOptions
from pulumi_cloudflare_email_security.emulator import CONTRACTS
from pulumi_cloudflare_email_security.model.fields import Whole
from pulumi_cloudflare_email_security.model.setting import Setting
from pulumi_cloudflare_email_security.settings import RESOURCES, SETTINGS

TIMES = {"created_at", "modified_at"}
# Every resource has these; `managed_fields` and `account_id` are declared by the common classes.
COMMON = {"account_id", "managed_fields"}

each_setting = pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.kind)
each_resource = pytest.mark.parametrize(("entry", "collection"), RESOURCES, ids=lambda resource: resource.__name__)
each_public_name = pytest.mark.parametrize("name", email_security.__all__)


def arguments_of(setting: Setting) -> Any:
    """The setting's TypedDict."""
    return getattr(email_security, f"{result_stem(setting)}Args")


def result_stem(setting: Setting) -> str:
    """The singular class name."""
    return setting.result_class.__name__.removesuffix("Result")


def hints(of: Any) -> dict[str, Any]:
    """The annotations of a class, those it inherits included."""
    # `pulumi.Input` is made of names that mean something in its own module only.
    return typing.get_type_hints(of, localns=vars(pulumi.output), include_extras=True)


def plain_hint(hint: Any) -> Any:
    """An annotation without `Required`."""
    return typing.get_args(hint)[0] if typing.get_origin(hint) is typing.Required else hint


def emulated(setting: Setting, contract: str) -> Any:
    """The collection as the emulator has it; None where the contract lacks it."""
    return CONTRACTS[contract].collections.get(setting.collection)


def parameters(function: Callable[..., Any]) -> set[str]:
    """The names of a function's parameters."""
    return set(inspect.signature(function).parameters)


class TestFields:
    """Names of fields."""

    @each_setting
    def test_arguments_are_the_schemas_fields(self, setting: Setting) -> None:
        """What a program may write is what the schema knows, and what it must write is what the schema requires."""
        args = arguments_of(setting)
        required = {name for name, hint in hints(args).items() if typing.get_origin(hint) is typing.Required}
        assert hints(args).keys() == setting.schema.setting_fields.keys()
        assert required == {name for name, field in setting.schema.setting_fields.items() if field.required}

    @each_setting
    def test_nullable_arguments_take_none_and_others_do_not(self, setting: Setting) -> None:
        """Exactly what can be cleared is annotated so."""
        arguments = hints(arguments_of(setting))
        takes_none = {name for name, hint in arguments.items() if type(None) in typing.get_args(hint)}
        assert takes_none == {name for name, field in setting.schema.setting_fields.items() if field.nullable}

    @each_setting
    def test_an_entry_of_a_collection_may_leave_out_any_field(self, setting: Setting) -> None:
        """Its types are those of the arguments, none is required, and it has a last day."""
        entry = hints(getattr(email_security, f"{result_stem(setting)}Entry"))
        arguments = {name: plain_hint(hint) for name, hint in hints(arguments_of(setting)).items()}
        assert {name: hint for name, hint in entry.items() if name != "expires"} == arguments
        assert "expires" in entry

    @each_resource
    def test_every_argument_is_explained_where_it_is_typed(self, entry: Any, collection: Any) -> None:
        """The constructors' docstrings say what each argument is and may be."""
        documented = entry.__init__.__doc__ or ""
        for name, field in entry.setting.schema.setting_fields.items():
            assert f"\n    {name}: {field.description}" in documented
            assert field.limits in documented
        for name in ("opts", "account_id", "adopt"):
            assert f"\n    {name}: " in documented
        for name in ("opts", "entries", *hints(CollectionOptions)):
            assert f"\n    {name}: " in (inspect.getdoc(collection.__init__) or "")

    @each_setting
    def test_a_result_has_every_field(self, setting: Setting) -> None:
        """A look-up's result has what can be written, the id and the times; outputs are all but the volatile."""
        fields = {field.name for field in dataclasses.fields(setting.result_class)}
        assert fields >= {"id", *TIMES, *setting.schema.api_fields}
        assert set(setting.output_names) | setting.volatile | {"id"} == fields
        assert not set(setting.output_names) & setting.volatile

    @each_resource
    def test_a_resource_annotates_its_outputs(self, entry: Any, collection: Any) -> None:
        """Every output is annotated, so that type checkers know it, and nothing else is."""
        del collection
        setting: Setting = entry.setting
        outputs = {name for name, hint in hints(entry).items() if typing.get_origin(hint) is pulumi.Output}
        # `id` and `urn` are Pulumi's own.
        assert outputs - {"id", "urn"} == (
            {*setting.output_names, *setting.extra_output_names, *setting.schema.program_fields} | COMMON
        )

    @each_resource
    def test_types_of_outputs_and_results_agree(self, entry: Any, collection: Any) -> None:
        """An output's type is the look-up's, but that a declared resource always has its times."""
        del collection
        results = hints(entry.setting.result_class)
        for name in entry.setting.output_names:
            (output,) = typing.get_args(hints(entry)[name])
            assert output == (str if name in TIMES else results[name]), name

    @each_setting
    @pytest.mark.parametrize("contract", CONTRACTS)
    def test_the_emulator_takes_the_schemas_fields(self, setting: Setting, contract: str) -> None:
        """What the package can send is what the documented API takes, on either contract."""
        collection = emulated(setting, contract)
        if collection is None:
            assert contract == "2025"
            return
        # What some descriptions of the API know only is read, and not settable.
        taken = [field for field in collection.fields if field.name not in setting.schema.not_settable]
        assert {field.name for field in taken} == setting.schema.api_fields.keys()
        assert {field.name for field in taken if field.nullable} == {
            name for name, field in setting.schema.api_fields.items() if field.nullable
        }
        assert {field.name for field in collection.fields if field.immutable} == {
            name for name, field in setting.schema.api_fields.items() if field.replaces
        }

    @each_setting
    @pytest.mark.parametrize("contract", CONTRACTS)
    def test_whatever_the_api_requires_is_required_or_has_a_default(self, setting: Setting, contract: str) -> None:
        """A create never lacks a field (a Domain's are asked for at preview, where it does not exist)."""
        collection = emulated(setting, contract)
        if collection is None or setting.kind == "domain":
            return
        fields = setting.schema.api_fields
        always = {name for name, field in fields.items() if field.required or field.default is not None}
        assert {field.name for field in collection.fields if field.required} <= always

    @each_setting
    def test_results_have_what_the_api_answers(self, setting: Setting) -> None:
        """Every field that either contract answers is in the result."""
        answered = {"id", *TIMES}
        for contract in CONTRACTS:
            collection = emulated(setting, contract)
            answered |= {*collection.outputs, *(field.name for field in collection.fields)} if collection else set()
        assert {field.name for field in dataclasses.fields(setting.result_class)} == (
            answered | setting.schema.not_settable.keys()
        )

    @each_setting
    def test_every_field_is_described_with_its_limits(self, setting: Setting) -> None:
        """The reference is made of these."""
        for name, field in setting.schema.setting_fields.items():
            assert field.description.endswith("."), name
            if isinstance(field, Whole) or getattr(field, "maximum", None) or getattr(field, "values", ()):
                assert field.limits, name

    @each_setting
    def test_fields_that_cannot_be_set_are_no_fields(self, setting: Setting) -> None:
        """What the schema explains as not settable is something that the API answers."""
        explained = setting.schema.not_settable.keys()
        assert not explained & setting.schema.setting_fields.keys()
        assert explained <= {field.name for field in dataclasses.fields(setting.result_class)}


class TestEndpoints:
    """What a setting says of its endpoint."""

    @each_setting
    def test_key_order_and_batch_are_the_apis(self, setting: Setting) -> None:
        """Natural key, filters, order and batch are those of the documented API."""
        collection = emulated(setting, "2026")
        assert set(setting.key) == set(collection.natural_key)
        assert set(setting.key_filters) <= collection.filters.keys()
        assert (setting.order is None) == (not collection.order)
        if "POST /batch" in collection.operations:
            assert setting.batch <= set(collection.batched) - {"puts"}
            assert setting.atomic_batch == collection.atomic
        else:
            assert setting.batch == frozenset()
        assert setting.array_create == collection.takes_arrays
        assert setting.bulk_delete == ("DELETE" in collection.operations)

    @each_setting
    def test_columns_of_files_stand_for_fields(self, setting: Setting) -> None:
        """Every dashboard column leads to a field, and none hides one."""
        assert set(setting.columns.values()) <= setting.schema.api_fields.keys()
        assert not setting.columns.keys() & setting.schema.api_fields.keys()

    @each_setting
    def test_look_ups_take_the_key_and_the_filters(self, setting: Setting) -> None:
        """`get_X` takes id and natural key; `list_Xs` takes the API's filters, both with an account."""
        look_up = getattr(email_security, f"get_{setting.kind}")
        assert parameters(look_up) == {"id", "account_id", *setting.key}
        collection = emulated(setting, "2026")
        listing = {"search", "order", "direction"} if collection.order else set()
        list_all = getattr(email_security, f"list_{setting.collection}")
        assert parameters(list_all) == {"account_id", *collection.filters, *listing}
        if collection.order:
            order = typing.get_type_hints(list_all)["order"]
            assert set(typing.get_args(typing.get_args(order)[0])) == {*collection.order, "created_at"}

    @each_setting
    @pytest.mark.parametrize("verb", ["get", "list"])
    def test_output_forms_take_the_same(self, setting: Setting, verb: str) -> None:
        """`…_output` has the very parameters of the plain form."""
        name = f"{verb}_{setting.kind if verb == 'get' else setting.collection}"
        plain, output = getattr(email_security, name), getattr(email_security, f"{name}_output")
        assert list(inspect.signature(output).parameters) == list(inspect.signature(plain).parameters)


class TestNames:
    """What is public, and what may never be renamed."""

    def test_all_is_sorted_and_complete(self) -> None:
        """The public names are those that type checkers see imported, each once, in order; each can be had."""
        source = ast.parse(inspect.getsource(email_security))
        seen = [
            name.name
            for block in source.body
            if isinstance(block, ast.If)
            for imported in block.body
            if isinstance(imported, ast.ImportFrom)
            for name in imported.names
        ]
        assert email_security.__all__ == sorted(seen)
        assert set(dir(email_security)) >= set(seen)
        exported = [name for name in vars(email_security) if not name.startswith("_")]
        public = {name for name in exported if not inspect.ismodule(getattr(email_security, name))}
        assert public <= set(seen)

    @each_public_name
    def test_a_public_name_is_what_type_checkers_take_it_for(self, name: str) -> None:
        """It comes from the module that they see it imported from."""
        source = ast.parse(inspect.getsource(email_security))
        (module,) = (
            imported.module
            for imported in ast.walk(source)
            if isinstance(imported, ast.ImportFrom) and name in {one.name for one in imported.names}
        )
        found = importlib.import_module(f".{module}", email_security.__name__)
        assert getattr(email_security, name) is getattr(found, name)

    @each_public_name
    def test_everything_public_is_documented(self, name: str) -> None:
        """`help()` says something of its own about every public name."""
        thing = getattr(email_security, name)
        assert thing.__doc__
        inherited = {base.__doc__ for base in thing.__mro__[1:]} if inspect.isclass(thing) else set()
        assert thing.__doc__ not in inherited

    @each_resource
    def test_a_resource_shows_itself_in_use(self, entry: Any, collection: Any) -> None:
        """The docstring of every resource class has an example of it."""
        for resource in (entry, collection):
            assert f"email_security.{resource.__name__}(" in resource.__doc__
            assert getattr(email_security, resource.__name__) is resource

    def test_kinds_and_types_are_unique(self) -> None:
        """No two resources share a state reference or a type token."""
        kinds = [kind for entry, collection in RESOURCES for kind in (entry.setting.kind, collection.kind)]
        assert len(set(kinds)) == len(kinds)
        names = [resource.__name__ for pair in RESOURCES for resource in pair]
        assert len(set(names)) == len(names)

    @each_resource
    def test_type_tokens_never_change(self, entry: Any, collection: Any) -> None:
        """The token is part of every URN."""
        for resource in (entry, collection):
            token = f"dynamic/cloudflare-email-security:{resource.__name__}"
            assert resource._resource_type_name == token

    @each_resource
    def test_both_resources_are_of_one_setting(self, entry: Any, collection: Any) -> None:
        """An entry and its collection share the setting, and derive from the common classes."""
        assert entry.setting is collection.setting
        assert issubclass(entry, resources.EntryResource)
        assert issubclass(collection, resources.Collection)
