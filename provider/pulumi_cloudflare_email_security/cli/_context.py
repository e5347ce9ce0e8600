"""What a subcommand works on: the account, the base URL and the credentials, and where each comes from.

As in `pulumi up`: options first, then the configuration of the project's stack, then the environment. Secrets are
taken from the environment only: those in a stack's file are encrypted, or should be.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import click

from ..client.errors import ConfigurationError
from ..client.transport import EMULATOR_SCHEME
from ..session.configuration import NAMESPACE, OFFICIAL_NAMESPACE, Configuration
from ._project import Project, find_project

P = ParamSpec("P")
R = TypeVar("R")

SECRET_KEYS: Final = frozenset(
    f"{namespace}:{key}" for namespace in (NAMESPACE, OFFICIAL_NAMESPACE) for key in ("apiToken", "apiKey")
)


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
        return Configuration(self.value, self.environ)

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

    def settings(self) -> dict[str, str]:
        """The configuration values in clear that the providers read, for use without a stack."""
        keys = [f"{NAMESPACE}:{key}" for key in ("accountId", "baseUrl", "apiEmail", "adopt", "deleteLimit")]
        keys += [f"{OFFICIAL_NAMESPACE}:{key}" for key in ("baseUrl", "email")]
        return {key: value for key in keys if (value := self.value(key)) is not None}

    @property
    def account_id(self) -> str:
        """The account.

        Raises:
            ConfigurationError: none is set.

        """
        account_id = self.configuration.account_id
        if not account_id:
            raise ConfigurationError("no account: pass --account ID, or set CLOUDFLARE_ACCOUNT_ID")
        return account_id


def make_context(
    stack: str | None = None, account: str | None = None, base_url: str | None = None, folder: Path | None = None
) -> Context:
    """The context of a run in a folder (the current one, or one above it, holds the project)."""
    project = find_project(folder or Path.cwd())
    if stack is not None and project is None:
        raise ConfigurationError(f"--stack {stack}: there is no Pulumi.yaml here or above")
    if project is not None:
        stack = stack or project.selected_stack()
    given = {f"{NAMESPACE}:accountId": account, f"{NAMESPACE}:baseUrl": base_url}
    return Context(project, stack, {key: value for key, value in given.items() if value is not None})


def with_context(command: Callable[..., R]) -> Callable[..., R]:
    """Give a subcommand the options that say which account is meant, and hand it the `context`."""

    @click.option("--stack", metavar="NAME", help="The stack whose configuration is read; else the selected one.")
    @click.option("--account", metavar="ID", help="The account; else that of the stack or CLOUDFLARE_ACCOUNT_ID.")
    @click.option("--base-url", metavar="URL", help="The API root; else that of the stack or CLOUDFLARE_BASE_URL.")
    @functools.wraps(command)
    def wrapper(stack: str | None, account: str | None, base_url: str | None, **options: Any) -> R:
        return command(context=make_context(stack, account, base_url), **options)

    return wrapper
