"""What a subcommand works on: the account, the base URL and the credentials, and where each comes from.

As in `pulumi up`: options first, then the configuration of the project's stack, then the environment. Secrets are
taken from the environment only: those in a stack's file are encrypted, or should be.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import click

from ..client.credentials import EMULATOR_SCHEME
from ..client.errors import ConfigurationError
from ..session.configuration import NAMESPACE, OFFICIAL_NAMESPACE, Configuration, meant_by
from ._project import Project, find_project

P = ParamSpec("P")
R = TypeVar("R")

SECRET_KEYS: Final = frozenset(
    f"{namespace}:{key}" for namespace in (NAMESPACE, OFFICIAL_NAMESPACE) for key in ("apiToken", "apiKey")
)


@dataclass(frozen=True, slots=True)
class _WithoutSecrets(Configuration):
    """A configuration whose secrets, those of the stack, cannot be read here."""

    encrypted: bool = False

    def _without_credentials(self) -> str:
        has = ", and that of the stack is encrypted, so only `pulumi` can read it" if self.encrypted else ""
        return f"no credentials in the environment{has} — set CLOUDFLARE_API_TOKEN"


@dataclass(frozen=True, slots=True)
class Context:
    """The project and stack that a subcommand is run for, and options that go before their configuration."""

    project: Project | None
    stack: str | None
    overrides: Mapping[str, str] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @property
    def configuration(self) -> Configuration:
        """Account, base URL and credentials as they are found."""
        encrypted = any(True for _ in self.secrets(in_clear=False))
        return _WithoutSecrets(self.value, self.environ, encrypted)

    def value(self, key: str) -> str | None:
        """A configuration value in clear, or None."""
        if key in self.overrides:
            return self.overrides[key]
        if self.project is None or key in SECRET_KEYS:
            return None
        value = self.project.value(self.stack, key)
        if key.endswith(":baseUrl") and value is not None and value.startswith(EMULATOR_SCHEME):
            # Relative to the project, where the program runs.
            return f"{EMULATOR_SCHEME}{self.project.folder / value.removeprefix(EMULATOR_SCHEME)}"
        return value

    def _files(self) -> Iterator[tuple[Path, Mapping[str, Any]]]:
        """The files of the project and the stack, with what they configure."""
        if self.project is not None:
            yield self.project.file, self.project.project_config()
            if self.stack is not None:
                yield self.project.stack_file(self.stack), self.project.stack_config(self.stack)

    def unknown_keys(self) -> Iterator[tuple[Path, str, str]]:
        """What these files set in this package's namespace, and nothing reads: file, key, meant key."""
        for file, config in self._files():
            for key in config:
                if (meant := meant_by(key)) is not None:
                    yield file, key, meant

    def secrets(self, *, in_clear: bool) -> Iterator[tuple[Path, str]]:
        """The secrets in these files, in clear or encrypted: file and key."""
        for file, config in self._files():
            for key in sorted(SECRET_KEYS & config.keys()):
                value = config[key]
                encrypted = isinstance(value, Mapping) and "secure" in value
                if bool(value) and encrypted is not in_clear:
                    yield file, key

    @property
    def lasting_base_url(self) -> str:
        """The base URL in a form that means the same in every folder."""
        url = self.configuration.base_url
        if not url.startswith(EMULATOR_SCHEME):
            return url
        return f"{EMULATOR_SCHEME}{Path.cwd() / url.removeprefix(EMULATOR_SCHEME)}"

    @property
    def account_id(self) -> str:
        """The account.

        Raises:
            ConfigurationError: none is set.

        """
        account_id = self.configuration.account_id
        if not account_id:
            raise ConfigurationError(
                f"no account{self._without_stack()}: pass --account ID, or set CLOUDFLARE_ACCOUNT_ID"
            )
        return account_id

    def _without_stack(self) -> str:
        """Why the configuration of the project's stack cannot name the account."""
        if self.project is None:
            return ""
        stacks = ", ".join(self.project.stacks()) or "none yet"
        if self.stack is None:
            return f", since no stack is selected (there are: {stacks}; --stack names one)"
        if not self.project.stack_file(self.stack).exists():
            return f", and no {self.project.stack_file(self.stack).name} (there are stacks: {stacks})"
        return ""


@dataclass(frozen=True, slots=True)
class Connecting:
    """The options that say which account is meant."""

    stack: str | None = None
    account: str | None = None
    base_url: str | None = None

    def context(self, folder: Path | None) -> Context:
        """The context of a run.

        Args:
            folder: which holds the project, or a folder above it does; None for a run without a project.

        Raises:
            ConfigurationError: a stack is named in a folder without a project.

        """
        given = {f"{NAMESPACE}:accountId": self.account, f"{NAMESPACE}:baseUrl": self.base_url}
        overrides = {key: value for key, value in given.items() if value is not None}
        if folder is None:
            return Context(None, self.stack, overrides)
        project = find_project(folder)
        if project is None and self.stack is not None:
            raise ConfigurationError(f"--stack {self.stack}: there is no Pulumi.yaml here or above")
        stack = self.stack or (project.selected_stack() if project else None)
        return Context(project, stack, overrides)


def connecting(command: Callable[..., R]) -> Callable[..., R]:
    """Give a subcommand the options that say which account is meant, as its argument `connection`."""

    @click.option("--stack", metavar="NAME", help="The stack whose configuration is read; else the selected one.")
    @click.option("--account", metavar="ID", help="The account; else that of the stack or CLOUDFLARE_ACCOUNT_ID.")
    @click.option("--base-url", metavar="URL", help="The API root; else that of the stack or CLOUDFLARE_BASE_URL.")
    @functools.wraps(command)
    def wrapper(stack: str | None, account: str | None, base_url: str | None, **options: Any) -> R:
        return command(connection=Connecting(stack, account, base_url), **options)

    return wrapper


def with_context(command: Callable[..., R]) -> Callable[..., R]:
    """Give a subcommand those options, and the `context` of the project in this folder."""

    @connecting
    @functools.wraps(command)
    def wrapper(connection: Connecting, **options: Any) -> R:
        return command(context=connection.context(Path.cwd()), **options)

    return wrapper
