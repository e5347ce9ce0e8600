"""The machine: Python, the Pulumi CLI, the package; and what it is told by project, stack and environment."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from ...client.errors import ConfigurationError
from ...review.risk import risk_mode
from ...session.configuration import DEFAULT_BASE_URL, KEYS, NAMESPACE, OFFICIAL_NAMESPACE
from .._app import DISTRIBUTION
from .._context import Context
from . import Finding, Status, failed_by, failure, ok, warning

_OLDEST: Final = (3, 11)
_INSTALL: Final = "install it as https://www.pulumi.com/docs/install/ says"
_EXTRAS: Final = {"yaml": "yaml", "responses": "testing", "stix2": "feeds"}
_ENVIRONMENT: Final = "set CLOUDFLARE_API_TOKEN in the environment, which keeps it out of files and state"


def python() -> Iterator[Finding]:
    """The interpreter."""
    found = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro} ({sys.executable})"
    if sys.version_info < _OLDEST:
        yield failure("Python", found, "use Python 3.11 or newer")
    else:
        yield ok("Python", found)


def pulumi_cli() -> Iterator[Finding]:
    """The Pulumi CLI, on PATH or where its installer puts it."""
    installed = Path.home() / ".pulumi" / "bin" / "pulumi"
    on_path = shutil.which("pulumi")
    cli = on_path or (str(installed) if installed.is_file() else None)
    if cli is None:
        yield failure("Pulumi CLI", "was not found", _INSTALL)
        return
    try:
        done = subprocess.run([cli, "version"], capture_output=True, text=True, timeout=30, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        yield failure("Pulumi CLI", f"{cli} cannot be run ({type(error).__name__})", _INSTALL)
        return
    found = f"{done.stdout.strip()} ({cli})"
    if on_path is None:
        yield warning("Pulumi CLI", f"{found} is not on PATH", f"add {installed.parent} to PATH")
    else:
        yield ok("Pulumi CLI", found)


def package() -> Iterator[Finding]:
    """The package, and the SDK under it."""
    extras = sorted(extra for module, extra in _EXTRAS.items() if find_spec(module))
    try:
        sdk = version("pulumi")
    except PackageNotFoundError:
        sdk = "unknown"
    here = version(DISTRIBUTION)
    yield ok("Package", f"{here}, pulumi {sdk}, extras: {', '.join(['cli', *extras])}")


def project(context: Context) -> Iterator[Finding]:
    """The project and its stack."""
    if context.project is None:
        yield ok("Project", "none here: options and environment only")
        return
    yield ok("Project", f"{context.project.name} ({context.project.file})")
    if context.stack is None:
        stacks = context.project.stacks()
        remedy = "run `pulumi stack select`, or pass --stack" if stacks else "run `pulumi stack init NAME`"
        yield warning("Stack", f"none is selected (there are: {', '.join(stacks) or 'none yet'})", remedy)
    elif (file := context.project.stack_file(context.stack)).exists():
        yield ok("Stack", context.stack)
    else:
        told = f"{context.stack} has no {file.name} (there are: {', '.join(context.project.stacks()) or 'none yet'})"
        yield warning("Stack", told, "check its name, or configure it")


def settings(context: Context) -> Iterator[Finding]:
    """Each setting of this package and where its value comes from; no secret."""
    find = context.configuration.find

    def for_this_run(variable: str, key: str) -> tuple[str, str] | None:
        return find((), (f"CLOUDFLARE_EMAIL_SECURITY_{variable}",)) or find((f"{NAMESPACE}:{key}",), ())

    yield account(context)
    yield base_url(context)
    configured = context.configuration
    for name, variable, key, otherwise, look in (
        ("Adopt", "ADOPT", "adopt", "false", lambda: configured.adopt),
        ("Delete limit", "DELETE_LIMIT", "deleteLimit", "30", lambda: configured.delete_limit(None)),
        ("Verify", "VERIFY", "verify", "true", lambda: configured.verify),
        ("Risk", "RISK", "risk", "warn", lambda: risk_mode(*configured.risk)),
    ):
        told = _told(context, for_this_run(variable, key), otherwise)
        try:
            look()
        except ConfigurationError as error:
            yield failed_by(name, error, f"correct it, or remove it: then it is {otherwise}")
        else:
            yield ok(name, told)
    for file, key, meant in context.unknown_keys():
        hint = f"it may be meant as {meant}" if meant else f"there are {', '.join(sorted(KEYS))}"
        yield warning("Unknown setting", f"{file} sets {key}, which nothing reads", hint)


def account(context: Context) -> Finding:
    """The account, which must have the form of one."""
    found = context.configuration.find((f"{NAMESPACE}:accountId",), ("CLOUDFLARE_ACCOUNT_ID",))
    found = found or _of_the_emulator(context)
    if found is None:
        return failure("Account", "is not set", "pass --account ID, or set CLOUDFLARE_ACCOUNT_ID")
    told = _told(context, found)
    if base_url(context).status is Status.FAILED or not (problem := context.configuration.account_problem(found[0])):
        return ok("Account", told)
    return failure("Account", f"{told}: {problem}", "copy it from the dashboard: it is part of the address there")


def base_url(context: Context) -> Finding:
    """The API root, which must be one that a token may be sent to."""
    keys = (f"{NAMESPACE}:baseUrl", f"{OFFICIAL_NAMESPACE}:baseUrl")
    told = _told(context, context.configuration.find(keys, ("CLOUDFLARE_BASE_URL",)), DEFAULT_BASE_URL)
    try:
        _ = context.configuration.base_url
    except ConfigurationError as error:
        return failure("Base URL", f"{told}: {error}", f"use {DEFAULT_BASE_URL}, or unset it")
    return ok("Base URL", told)


def _told(context: Context, found: tuple[str, str] | None, otherwise: str = "") -> str:
    """A value, and where it comes from."""
    if found is None:
        return f"{otherwise} (default)"
    value, source = found
    return f"{value} ({'option' if source.removeprefix('config ') in context.overrides else source})"


def _of_the_emulator(context: Context) -> tuple[str, str] | None:
    """The account that an emulator has unless one is named."""
    try:
        account_id = context.configuration.account_id
    except ConfigurationError:
        return None
    return (account_id, "of the emulator") if account_id else None


def credentials(context: Context) -> Iterator[Finding]:
    """Whether there is a token, where, and whether one stands in clear in a file."""
    for file, key in context.secrets(in_clear=True):
        yield warning(
            "Token in clear",
            f"{file} holds {key} in clear, and so does the stack's state",
            f"revoke it, remove the line, and {_ENVIRONMENT}",
        )
    try:
        connection = context.configuration.connection()
    except ConfigurationError as error:
        # What is wrong with the base URL has its own line.
        if base_url(context).status is not Status.FAILED:
            yield failed_by("Token", error, _ENVIRONMENT)
    else:
        yield ok("Token", connection.credentials.source)
