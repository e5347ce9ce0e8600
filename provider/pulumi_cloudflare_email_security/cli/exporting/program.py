"""The files of the project that declares what was read."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final

from ...entries.formats import parse_entries
from ...entries.writing import file_text
from ...model.places import encode_list
from ...settings import RESOURCES
from .._app import DISTRIBUTION
from .account import Collection, Live
from .names import collection_name, entry_name
from .source import Source, call, text

#: Up to so many entries stand in the program itself.
FEW: Final = 5
_MAIN: Final = "__main__.py"
_MODULE: Final = "email_security"


@dataclass(frozen=True, slots=True)
class Declared:
    """A resource of the program.

    Attributes:
        type: its class's name.
        kind: the name under which state refers to its provider.
        name: the resource's name.
        collection: what it is of.
        entries: the entries it declares: all of a collection, or one.
        file: the file that holds them, with its text, or None.

    """

    type: str
    kind: str
    name: str
    collection: Collection
    entries: Sequence[Live]
    file: tuple[str, str] | None = None

    @property
    def single(self) -> bool:
        """Whether it is one entry's."""
        return self.kind == self.collection.setting.kind


def declared(collections: Sequence[Collection], *, single: bool, form: str) -> list[Declared]:
    """The resources that declare what was read."""
    found: list[Declared] = []
    for collection in collections:
        entry_class, collection_class = next(
            classes for classes in RESOURCES if classes[0].setting is collection.setting
        )
        if single:
            found += [
                Declared(
                    entry_class.__name__,
                    collection.setting.kind,
                    entry_name(collection.setting, live.key),
                    collection,
                    [live],
                )
                for live in collection.entries
            ]
        elif collection.entries:
            file = None
            if len(collection.entries) > FEW:
                fields = [live.fields for live in collection.entries]
                suffix, content = file_text(collection.setting, fields, form)
                file = (f"{collection.setting.collection}{suffix}", content)
            name = collection_name(collection.setting)
            type_, kind = collection_class.__name__, collection_class.kind
            found.append(Declared(type_, kind, name, collection, collection.entries, file))
    return found


def program(resources: Sequence[Declared]) -> str:
    """The text of `__main__.py`."""
    lines = [
        '"""Cloudflare Email Security settings, as `cf-email-security export` found them."""',
        "",
        *([f"import pulumi_cloudflare_email_security as {_MODULE}", ""] if resources else []),
        *map(_statement, resources),
    ]
    return "\n".join(lines) + "\n"


def _statement(resource: Declared) -> str:
    function = f"{_MODULE}.{resource.type}"
    if resource.single:
        arguments = [(f"{name}=", value) for name, value in resource.entries[0].fields.items()]
    elif resource.file is not None:
        arguments = [("entries=", Source(call(f"{_MODULE}.read_entries", [("", resource.file[0])])))]
    else:
        arguments = [("entries=", [live.fields for live in resource.entries])]
    return call(function, [("", resource.name), *arguments])


def places(resources: Sequence[Declared]) -> list[str | None]:
    """Where each resource's entries stand, as the program tells its providers."""
    body = ast.parse(program(resources)).body
    statements = [node for node in body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
    found: list[str | None] = []
    for resource, statement in zip(resources, statements, strict=True):
        if resource.single:
            found.append(f"{_MAIN}:{statement.lineno}")
        elif resource.file is not None:
            name, _ = resource.file
            found.append(encode_list([(name, entry.line) for entry in parse_entries(*resource.file)]))
        else:
            found.append(None)
    return found


def project_files(resources: Sequence[Declared], *, project: str, stack: str, config: dict[str, str]) -> dict[str, str]:
    """The text of each file of the project, by name."""
    yaml = any(resource.file and resource.file[0].endswith(".yaml") for resource in resources)
    requirement = f"{DISTRIBUTION}[yaml]" if yaml else DISTRIBUTION
    return {
        "Pulumi.yaml": (
            f"name: {project}\n"
            "description: Cloudflare Email Security settings\n"
            "runtime:\n  name: python\n  options:\n    toolchain: pip\n    virtualenv: venv\n"
        ),
        f"Pulumi.{stack}.yaml": "".join(_config_lines(config)),
        "requirements.txt": f"{requirement}>={version(DISTRIBUTION)}\n",
        ".gitignore": "venv/\n__pycache__/\nimport.json\n",
        _MAIN: program(resources),
        **dict(resource.file for resource in resources if resource.file is not None),
    }


def _config_lines(config: dict[str, Any]) -> Iterator[str]:
    yield "config:\n" if config else "config: {}\n"
    for key, value in sorted(config.items()):
        # A text in double quotes is a string of YAML too, as long as it is plain.
        yield f"  {key}: {text(value)}\n"
