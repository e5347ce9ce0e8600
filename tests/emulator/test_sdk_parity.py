"""The settings know what the official SDK knows: a new SDK with more fields or collections fails here."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from pulumi_cloudflare_email_security.settings import SETTINGS
from support import sdk_types

# What cannot be written though the SDK's types have it: it is read on old entries only.
READ_ONLY_WORDS = {"UNKNOWN"}
# What the SDK answers under a name of its own, or what no program has a use for.
OTHER_NAMES = {"last_modified"}

each_setting = pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.kind)


def test_every_collection_is_a_setting() -> None:
    """The SDK has no collection of settings that the package lacks, and the other way round."""
    assert sdk_types.collections().keys() == {setting.collection for setting in SETTINGS}


@each_setting
def test_every_field_can_be_set(setting: Any) -> None:
    """The schema takes what the SDK's create and edit take, but for deprecated fields, and nothing else."""
    taken: set[str] = set()
    for what in ("CreateParams", "EditParams"):
        taken |= sdk_types.fields_of(sdk_types.type_of(setting.collection, what)).keys()
    taken -= sdk_types.ENDED_FIELDS.get(setting.collection, set())
    newer = sdk_types.NEWER_FIELDS.get(setting.collection, set())
    assert taken - newer == setting.schema.api_fields.keys() - newer


@each_setting
def test_every_field_is_answered(setting: Any) -> None:
    """Whatever the SDK's answers have is in the result of a look-up."""
    answered = sdk_types.type_of(setting.collection, "GetResponse").model_fields.keys()
    assert answered - OTHER_NAMES <= {field.name for field in dataclasses.fields(setting.result_class)}


@each_setting
def test_every_word_can_be_set(setting: Any) -> None:
    """Fields that are one of several words, or a set of such, take the SDK's words."""
    create = sdk_types.fields_of(sdk_types.type_of(setting.collection, "CreateParams"))
    for name, hint in create.items():
        words = sdk_types.choices_of(hint)
        if words and name in setting.schema.api_fields:
            field = setting.schema.api_fields[name]
            known = set(getattr(field, "values", None) or getattr(field, "inner", field).values)
            assert words - READ_ONLY_WORDS <= known <= words, name


def test_what_is_newer_than_the_sdk() -> None:
    """A field that only the newest documentation had is taken off that list when the SDK has it."""
    for collection, names in sdk_types.NEWER_FIELDS.items():
        assert not names & sdk_types.fields_of(sdk_types.type_of(collection, "CreateParams")).keys()


def test_what_has_ended() -> None:
    """A field that is read only because it was deprecated is taken off that list when the SDK drops it."""
    for collection, names in sdk_types.ENDED_FIELDS.items():
        assert names <= sdk_types.fields_of(sdk_types.type_of(collection, "CreateParams")).keys()
