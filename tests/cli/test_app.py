"""The command as a whole: help, errors and exit codes."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from typing import Any

import pytest
from click.testing import CliRunner

from pulumi_cloudflare_email_security.cli import _app, main
from pulumi_cloudflare_email_security.client.errors import ConfigurationError


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)  # noqa: S603


def test_help_names_every_subcommand_and_imports_none() -> None:
    """`--help` answers fast: what a subcommand needs is imported when it is run."""
    script = (
        "import sys, pulumi_cloudflare_email_security.cli as cli\n"
        "try: cli.main()\n"
        "except SystemExit as end: assert not end.code\n"
        f"for name in {sorted(_app.SUBCOMMANDS)}:\n"
        "    assert f'{cli.__name__}.{name}' not in sys.modules, name\n"
    )
    done = _python("-c", script, "--help")
    assert done.returncode == 0, done.stderr
    for name, subcommand in _app.SUBCOMMANDS.items():
        assert name in done.stdout
        assert subcommand.summary in " ".join(done.stdout.split())
    assert "Exit codes:" in done.stdout


@pytest.mark.parametrize("name", sorted(_app.SUBCOMMANDS))
def test_every_subcommand_has_help_with_examples(name: str) -> None:
    """Each says what it does and shows how."""
    result = CliRunner().invoke(_app.app, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert f"cf-email-security {name}" in result.output
    assert "Examples:" in result.output


def test_the_module_is_the_command() -> None:
    """`python -m` works as well, where the scripts' folder is not on PATH."""
    done = _python("-m", "pulumi_cloudflare_email_security", "--version")
    assert (done.returncode, done.stdout.split()) == (
        0,
        ["cf-email-security,", "version", version("pulumi-cloudflare-email-security")],
    )


def test_an_unknown_subcommand_is_refused_with_those_there_are() -> None:
    """A typing error ends with the usage code."""
    result = CliRunner().invoke(_app.app, ["exprot"])
    assert result.exit_code == 2
    assert "no such command 'exprot'" in result.output
    assert "schema" in result.output


def test_an_error_of_the_package_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a traceback, on stderr, with exit code 1."""

    def fail(*_: Any) -> None:
        raise ConfigurationError("no account: pass --account")

    monkeypatch.setattr("pulumi_cloudflare_email_security.cli.schema.schema_text", fail)
    result = CliRunner().invoke(_app.app, ["schema", "domains"])
    assert (result.exit_code, result.stdout, result.stderr) == (
        1,
        "",
        "cf-email-security: no account: pass --account\n",
    )


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_the_extra_one_line_says_what_to_install(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command is there without the extra, which holds what it needs."""
    for name in [name for name in sys.modules if name.split(".")[0] == missing or ".cli._" in name]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == (
        f"cf-email-security needs {missing} — pip install 'pulumi-cloudflare-email-security[cli]'"
    )


@pytest.mark.parametrize("imported", ["click", "pulumi_cloudflare_email_security.cli.schema", "rich.console"])
def test_an_interrupt_is_one_line(imported: str) -> None:
    """Ctrl-C ends with 130 and no traceback, also while the command is still being imported."""
    script = (
        "import os, signal, sys, pulumi_cloudflare_email_security.cli as cli\n"
        "class Interrupted:\n"
        "    def find_spec(name, *_):\n"
        f"        if name == {imported!r}: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupted)\n"
        "cli.main()\n"
    )
    done = _python("-c", script, "schema", "domains")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "\ncf-email-security: interrupted\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["export", "--into", ""], "the value after '--into' is empty"),
        (["schema", "--into="], "--into= has no value"),
        (["audit", "--account", "", "--fail-on", "never"], "the value after '--account' is empty"),
        (["unblock", "a.txt", "--from", "b.csv", "--ticket", ""], "the value after '--ticket' is empty"),
        (["block", "", "--into", "b.csv"], "the value after 'block' is empty"),
    ],
)
def test_an_empty_value_is_refused(arguments: list[str], said: str) -> None:
    """A shell's variable that is not set is not this folder, not the environment's account, and not every ticket."""
    result = CliRunner().invoke(_app.app, arguments)
    assert result.exit_code == 2
    assert said in result.output
