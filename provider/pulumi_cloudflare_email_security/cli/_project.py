"""A Pulumi project's files, read without the Pulumi CLI: which stack is selected, and its configuration in clear."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from ..client.errors import ConfigurationError

_NAMES: Final = ("Pulumi.yaml", "Pulumi.yml")


@dataclass(frozen=True, slots=True)
class Project:
    """A project: its file and what it holds."""

    file: Path
    content: Mapping[str, Any]

    @property
    def folder(self) -> Path:
        """Where the program runs."""
        return self.file.parent

    @property
    def name(self) -> str:
        """The project's name, which is the namespace of its own configuration."""
        return str(self.content.get("name", ""))

    def stack_file(self, stack: str) -> Path:
        """The file of a stack's configuration, which may be absent."""
        name = stack.rsplit("/", 1)[-1]
        return self.folder / str(self.content.get("stackConfigDir") or ".") / f"Pulumi.{name}{self.file.suffix}"

    def stacks(self) -> list[str]:
        """The stacks that have a file of configuration."""
        files = self.stack_file("*").parent.glob(f"Pulumi.*{self.file.suffix}")
        return sorted(file.stem.removeprefix("Pulumi.") for file in files)

    def selected_stack(self) -> str | None:
        """The stack that `pulumi` works on here: PULUMI_STACK, the selected one, or the only one."""
        if stack := os.environ.get("PULUMI_STACK"):
            return stack
        # As the CLI keeps it: one file a project, named after where the project is.
        digest = hashlib.sha1(str(self.file).encode(), usedforsecurity=False).hexdigest()
        selected = _json(_home() / "workspaces" / f"{self.name}-{digest}-workspace.json")
        by_backend = selected.get("stacks")
        stacks = by_backend if isinstance(by_backend, dict) else {}
        # Newer CLIs keep one for each backend, older ones one for all.
        stack = stacks.get(self._backend()) or selected.get("stack")
        if isinstance(stack, str) and stack:
            return stack.rsplit("/", 1)[-1]
        names = self.stacks()
        return names[0] if len(names) == 1 else None

    def _backend(self) -> str:
        """The URL of the backend that `pulumi` would use here."""
        if url := os.environ.get("PULUMI_BACKEND_URL"):
            return url
        backend = self.content.get("backend")
        if isinstance(backend, Mapping) and (url := backend.get("url")):
            return str(url)
        logged_in = _json(Path(os.environ.get("PULUMI_CREDENTIALS_PATH") or _home()) / "credentials.json")
        return str(logged_in.get("current", ""))

    def stack_config(self, stack: str | None) -> dict[str, Any]:
        """A stack's configuration as it stands in its file, by full key; a secret is a map with `secure`."""
        if stack is None or not (file := self.stack_file(stack)).is_file():
            return {}
        return dict(self._config(_load(file)))

    def project_config(self) -> dict[str, Any]:
        """What the project's own file sets for every stack, by full key."""
        return {key: _default(value) for key, value in self._config(self.content)}

    def _config(self, content: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        config = content.get("config")
        for key, value in config.items() if isinstance(config, Mapping) else ():
            yield (str(key) if ":" in str(key) else f"{self.name}:{key}"), value

    def value(self, stack: str | None, key: str) -> str | None:
        """A value in clear as text, or None."""
        value = {**self.project_config(), **self.stack_config(stack)}.get(key)
        return value if isinstance(value, str) else None


def _home() -> Path:
    """Where the CLI keeps its files."""
    return Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")


def _json(file: Path) -> dict[str, Any]:
    """A file of the CLI's, or nothing where it cannot be read."""
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _default(value: Any) -> Any:
    """The value in the long form that a project's file allows (`key: {value: …}` or `{default: …}`)."""
    if isinstance(value, Mapping):
        return value.get("value", value.get("default"))
    return value


def find_project(folder: Path) -> Project | None:
    """The project in a folder or the nearest one above it."""
    for place in (folder.absolute(), *folder.absolute().parents):
        for name in _NAMES:
            if (file := place / name).is_file():
                return Project(file, _load(file))
    return None


def _load(file: Path) -> dict[str, Any]:
    try:
        # Every value as the text it is: an account id may look like a number.
        content = yaml.load(file.read_text("utf-8"), yaml.BaseLoader)  # noqa: S506  (it makes text, lists and maps only)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file}:{mark.line + 1}" if mark else str(file)
        raise ConfigurationError(f"{where}: is not valid YAML") from None
    return content if isinstance(content, dict) else {}
