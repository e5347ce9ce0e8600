"""The files of the project that declares what was read."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final

import yaml

from ...dynamic.resources import CollectionResource, EntryResource
from ...entries.formats import parse_entries
from ...entries.writing import file_text
from ...model.places import encode
from ...model.setting import Setting
from ...settings import RESOURCES
from .._app import DISTRIBUTION
from .account import Collection, Live
from .source import Source, call, text

#: Up to so many entries stand in the program itself.
FEW: Final = 5
_MAIN: Final = "__main__.py"
_MODULE: Final = "email_security"
#: The longest name of a resource.
_LONGEST: Final = 60
# Characters that need no care in a URN, a shell or a file's name.
_PLAIN: Final = re.compile(r"[a-z0-9._@+/-]+")
_TYPE: Final = "pattern_type"


@dataclass(frozen=True, slots=True)
class Exported:
    """A resource of the program.

    Attributes:
        made: its class.
        name: the resource's name.
        collection: what it is of.
        entries: the entries it declares: all of a collection, or one.
        file: the file that holds them, with its text, or None.

    """

    made: type[EntryResource | CollectionResource]
    name: str
    collection: Collection
    entries: Sequence[Live]
    file: tuple[str, str] | None = None

    @property
    def type(self) -> str:
        """Its class's name."""
        return self.made.__name__

    @property
    def single(self) -> bool:
        """Whether it is one entry's."""
        return issubclass(self.made, EntryResource)

    @property
    def kind(self) -> str:
        """The name under which state refers to its provider."""
        return self.collection.setting.kind if self.single else self.collection.setting.collection


def declared(collections: Sequence[Collection], *, single: bool, form: str) -> list[Exported]:
    """The resources that declare what was read."""
    classes = {entry.setting.kind: (entry, many) for entry, many in RESOURCES}
    found: list[Exported] = []
    for collection in collections:
        setting, entries = collection.setting, collection.entries
        one, many = classes[setting.kind]
        if single:
            found += [Exported(one, entry_name(setting, live.key), collection, [live]) for live in entries]
        elif entries:
            file = None
            if len(entries) > FEW:
                suffix, content = file_text(setting, [live.fields for live in entries], form)
                file = (f"{setting.collection}{suffix}", content)
            found.append(Exported(many, setting.collection.replace("_", "-"), collection, entries, file))
    return found


def entry_name(setting: Setting, key_text: str) -> str:
    """The name of one entry's resource: its key; where that is no plain name, with a digest of it."""
    plain = key_text
    if setting.key[0] == _TYPE:
        type_, _, pattern = key_text.partition(" ")
        plain = f"{type_.lower()}-{pattern}"
    if _PLAIN.fullmatch(plain) and len(plain) <= _LONGEST:
        return plain
    digest = hashlib.sha256(key_text.encode("utf-8", "backslashreplace")).hexdigest()[:8]
    slug = re.sub(r"[^a-z0-9._@+]+", "-", plain.lower())[: _LONGEST - 9].strip("-.")
    return f"{slug}-{digest}" if slug else digest


def program(resources: Sequence[Exported]) -> str:
    """The text of `__main__.py`."""
    lines = [
        '"""Cloudflare Email Security settings, as `cf-email-security export` found them."""',
        "",
        *([f"import pulumi_cloudflare_email_security as {_MODULE}", ""] if resources else []),
        *map(_statement, resources),
    ]
    return "\n".join(lines) + "\n"


def _statement(resource: Exported) -> str:
    function = f"{_MODULE}.{resource.type}"
    if resource.single:
        arguments = [(f"{name}=", value) for name, value in resource.entries[0].fields.items()]
    elif resource.file is not None:
        arguments = [("entries=", Source(call(f"{_MODULE}.read_entries", [("", resource.file[0])])))]
    else:
        arguments = [("entries=", [live.fields for live in resource.entries])]
    return call(function, [("", resource.name), *arguments])


def places(resources: Sequence[Exported]) -> list[str]:
    """Where each resource's entries stand, as the program tells its providers."""
    body = ast.parse(program(resources)).body
    statements = [node for node in body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
    found = [f"{_MAIN}:{statement.lineno}" for statement in statements]
    for number, resource in enumerate(resources):
        if resource.file is not None:
            name, _ = resource.file
            found[number] = encode([(name, entry.line) for entry in parse_entries(*resource.file)])
    return found


def project_files(resources: Sequence[Exported], *, project: str, stack: str, config: dict[str, str]) -> dict[str, str]:
    """The text of each file of the project, by name."""
    in_yaml = any(resource.file and resource.file[0].endswith(".yaml") for resource in resources)
    requirement = f"{DISTRIBUTION}[yaml]" if in_yaml else DISTRIBUTION
    # `2026` and `on` would be no texts; some that PyYAML takes for texts are numbers elsewhere.
    plain = project[0].isalpha() and yaml.safe_load(project) == project
    return {
        "Pulumi.yaml": (
            f"name: {project if plain else text(project)}\n"
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
