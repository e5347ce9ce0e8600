"""The package's schema, which tells the engine and the makers of SDKs what there is; made from the settings.

Names that it holds are never changed: programs and states use them.
"""

from __future__ import annotations

import inspect
import json
import sys
import typing
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from typing import Any, Final, get_args

from .. import settings
from ..dynamic.resources import Collection, CollectionResource, EntryResource, SettingResource
from ..model.names import camel, pascal
from ..model.state import MODES
from ..session.configuration import NAMESPACE
from .examples import (
    GO_IMPORT,
    MODE_TYPE,
    NET_NAMESPACE,
    NODE_PACKAGE,
    PYTHON_PACKAGE,
    description,
    item_name,
    net_name,
)
from .names import description_in_any_language, look_up_names, token
from .properties import TEXTS, Spec, Types, annotated, input_of, output_of

DISTRIBUTION: Final = "pulumi-cloudflare-email-security"

_ACCOUNT: Final[Spec] = {
    "type": "string",
    "description": "The account; else the provider's. Another account is another resource.",
    "replaceOnChanges": True,
}
_ADOPT: Final[Spec] = {
    "type": "boolean",
    "description": "Whether what exists already is adopted; else as the provider says. Domains always are.",
}
_NOT_IN_STATE: Final = "The environment keeps it out of state; set here, it is in state, encrypted."
#: The configuration of a provider, which the namespace of the same name holds, too.
PROVIDER_INPUTS: Final[Mapping[str, Spec]] = {
    "accountId": {"type": "string", "description": "The account; else `CLOUDFLARE_ACCOUNT_ID`."},
    "apiToken": {
        "type": "string",
        "secret": True,
        "description": f"The API token; else `CLOUDFLARE_API_TOKEN`. {_NOT_IN_STATE}",
    },
    "apiKey": {
        "type": "string",
        "secret": True,
        "description": f"The API key, with `apiEmail`; else `CLOUDFLARE_API_KEY`. {_NOT_IN_STATE}",
    },
    "apiEmail": {"type": "string", "description": "The e-mail address of the API key; else `CLOUDFLARE_EMAIL`."},
    "baseUrl": {
        "type": "string",
        "description": "The API root (https, or http to this machine), or `emulator:PATH`; else `CLOUDFLARE_BASE_URL`.",
    },
    "adopt": {"type": "boolean", "description": "Whether existing entries are adopted unless a resource says."},
    "verify": {
        "type": "boolean",
        "description": "Whether a preview looks at the account where something new is declared; true unless set.",
    },
    "risk": {
        "type": "string",
        "description": "What high risks do: `warn` (unless set), `refuse` or `off`.",
    },
    "deleteLimit": {
        "type": "integer",
        "description": "The share of a collection, in percent, that one update may delete; precedes the resources'.",
    },
}


def package_schema() -> Spec:
    """The whole schema."""
    types_ = Types()
    mode = types_.enum(MODE_TYPE, MODES, "What becomes of the entries that a collection does not declare.")
    all_resources: dict[str, Spec] = {}
    functions: dict[str, Spec] = {}
    for entry, collection in settings.RESOURCES:
        all_resources[token(entry.__name__)] = _entry(entry, types_)
        all_resources[token(collection.__name__)] = _collection(collection, types_, mode)
        functions.update(_functions(entry, collection, types_))
    return {
        "name": NAMESPACE,
        "displayName": "Cloudflare Email Security",
        "version": version(DISTRIBUTION),
        "description": "The Email Security settings of a Cloudflare account.",
        "keywords": ["pulumi", "cloudflare", "email-security", "category/infrastructure", "kind/native"],
        "license": "Apache-2.0",
        "attribution": "This package is not made by Cloudflare.",
        "config": {"variables": {name: dict(spec) for name, spec in PROVIDER_INPUTS.items()}},
        "provider": {
            "description": "An account, and how it is reached.",
            "inputProperties": {name: dict(spec) for name, spec in PROVIDER_INPUTS.items()},
        },
        "types": dict(sorted(types_.specs.items())),
        "resources": all_resources,
        "functions": functions,
        "language": _languages(),
    }


def schema_text() -> str:
    """The schema as the engine gets it."""
    return json.dumps(package_schema())


def _languages() -> Spec:
    return {
        "python": {
            "packageName": PYTHON_PACKAGE,
            "readme": "Made from the schema of pulumi-cloudflare-email-security.",
            "pyproject": {"enabled": True},
            "inputTypes": "classes-and-dicts",
            "respectSchemaVersion": True,
        },
        "nodejs": {"packageName": NODE_PACKAGE, "respectSchemaVersion": True},
        "go": {
            "importBasePath": GO_IMPORT,
            # Programs that `pulumi import` prints name a list of enums after the package, whose name is none in Go.
            "packageImportAliases": {f"{GO_IMPORT}/{NAMESPACE}": GO_IMPORT.rpartition("/")[2]},
            "generateResourceContainerTypes": True,
            "respectSchemaVersion": True,
        },
        "csharp": {"namespaces": {NAMESPACE: NET_NAMESPACE}, "respectSchemaVersion": True},
    }


def _entry(entry: type[EntryResource], types_: Types) -> Spec:
    setting = entry.setting
    fields = setting.schema.setting_fields
    inputs = {camel(name): input_of(field, types_, with_default=True) for name, field in fields.items()}
    outputs, always = _answered(entry)
    outputs |= {camel(name): output_of(field) for name, field in setting.schema.program_fields.items()}
    outputs |= {camel(name): {"type": "string"} for name in setting.extra_output_names}
    outputs |= {
        "accountId": {"type": "string", "description": "The account the setting belongs to."},
        "adopt": dict(_ADOPT),
        "managedFields": {
            "type": "array",
            "items": {"type": "string"},
            "description": "The fields that the program declares; the others are left as they are.",
        },
    }
    for name, spec in (*inputs.items(), *outputs.items()):
        if (own := net_name(entry.__name__, name)) != pascal(name):
            spec["language"] = {"csharp": {"name": own}}
    return {
        "description": description(entry),
        "inputProperties": {**inputs, "accountId": dict(_ACCOUNT), "adopt": dict(_ADOPT)},
        "requiredInputs": [camel(name) for name, field in fields.items() if field.required],
        "properties": outputs,
        "required": sorted([*always, "accountId", "managedFields"]),
    }


def _answered(entry: type[EntryResource], *, volatile: bool = False) -> tuple[dict[str, Spec], list[str]]:
    """What the API answers, and what of it always."""
    setting = entry.setting
    hints = typing.get_type_hints(setting.result_class)
    names = [name for name in hints if name != "id" and (volatile or name not in setting.volatile)]
    fields = setting.schema.setting_fields
    specs = {camel(name): output_of(fields[name]) if name in fields else annotated(hints[name]) for name in names}
    return specs, [camel(name) for name in names if type(None) not in get_args(hints[name])]


def _collection(collection: type[CollectionResource], types_: Types, mode: Spec) -> Spec:
    setting = collection.setting
    fields = setting.schema.setting_fields
    item = {camel(name): input_of(field, types_, with_default=False) for name, field in fields.items()}
    for spec in item.values():
        spec.pop("replaceOnChanges", None)
    item["expires"] = {"type": "string", "description": "The day from which the entry is left out, as `2027-06-30`."}
    # What all entries share may stand among the collection's defaults, so no field is required of each.
    reference = types_.object(item_name(collection), f"One entry of a collection: a {setting.title}.", item, ())
    options = _arguments(Collection.__init__)
    key = setting.key_text([name.upper() for name in setting.key])
    inputs: dict[str, Spec] = {
        "entries": {"type": "array", "items": reference, "description": "The entries."},
        "entriesJson": {
            "type": "string",
            "description": f"The entries as JSON: a list, or a map from natural key (`{key}`) to entry. For many "
            "entries: one value costs a program less than thousands.",
        },
        "entriesFile": {
            "type": "string",
            "description": "The path of a CSV, JSON or YAML file of the entries; a relative one counts from the "
            "program's folder.",
        },
        "defaults": {**reference, "description": "Fields that all entries share which do not set them."},
        "mode": {**mode, "description": description_in_any_language(options["mode"])},
        "deleteLimit": {"type": "integer", "description": description_in_any_language(options["delete_limit"])},
    }
    return {
        "description": description(
            collection, "The entries are given in one of three ways: `entries`, `entriesJson` or `entriesFile`."
        ),
        "inputProperties": {**inputs, "accountId": dict(_ACCOUNT), "adopt": dict(_ADOPT)},
        "properties": {
            "entries": {**TEXTS, "description": f"Each entry as JSON, by natural key (`{key}`)."},
            "ids": {**TEXTS, "description": "The API's ids by natural key."},
            "mode": {"type": "string", "description": description_in_any_language(options["mode"])},
            "deleteLimit": inputs["deleteLimit"],
            "accountId": {"type": "string", "description": "The account that the entries belong to."},
            "adopt": dict(_ADOPT),
            "unmanaged": {
                "type": "array",
                "items": {"type": "string"},
                "description": "The keys of the entries that a refresh in exclusive mode found and nobody declared.",
            },
        },
        "requiredInputs": [],
        "required": ["accountId", "entries", "ids", "mode"],
    }


def _arguments(of: Callable[..., Any]) -> dict[str, str]:
    """What a docstring says of each argument."""
    _, _, block = (inspect.getdoc(of) or "").partition("Args:\n")
    found: dict[str, str] = {}
    for line in block.splitlines():
        name, colon, text = line.strip().partition(": ")
        if colon and line.startswith("    ") and not line.startswith("     "):
            found[name] = text
        elif found and line.strip():
            last = next(reversed(found))
            found[last] += f" {line.strip()}"
    return {name: f"{text[:1].upper()}{text[1:].rstrip('.')}." for name, text in found.items()}


def _functions(
    entry: type[EntryResource], collection: type[CollectionResource], types_: Types
) -> Iterator[tuple[str, Spec]]:
    setting = entry.setting
    one, many = (look_up(entry, name) for name in look_up_names(entry, collection))
    answered, always = _answered(entry, volatile=True)
    properties, required = {"id": {"type": "string"}, **answered}, sorted(["id", *always])
    yield (
        token(camel(one.__name__)),
        {
            "description": f"{_first_words(one)} Fails where there is none, or more than one.",
            "inputs": {"properties": _parameters(one)},
            "outputs": {"properties": properties, "required": required},
        },
    )
    title = f"{setting.title[:1].upper()}{setting.title[1:]}"
    result = types_.object(f"{pascal(setting.kind)}Result", f"{title} as the API answers it.", properties, required)
    yield (
        token(camel(many.__name__)),
        {
            "description": _first_words(many),
            "inputs": {"properties": _parameters(many)},
            "outputs": {"properties": {"entries": {"type": "array", "items": result}}, "required": ["entries"]},
        },
    )


def look_up(entry: type[SettingResource], name: str) -> Callable[..., Any]:
    """A look-up of a setting, as Python programs have it."""
    function: Callable[..., Any] = getattr(sys.modules[entry.__module__], name)
    return function


def _parameters(function: Callable[..., Any]) -> dict[str, Spec]:
    hints = typing.get_type_hints(function)
    return {camel(name): annotated(hints[name]) for name in inspect.signature(function).parameters}


def _first_words(function: Callable[..., Any]) -> str:
    text, _, _ = " ".join((inspect.getdoc(function) or "").split()).partition(" Raises ")
    return description_in_any_language(text)
