"""The command `cf-email-security` in this process."""

from __future__ import annotations

from click.testing import CliRunner, Result

from pulumi_cloudflare_email_security.cli._app import app


def run(*arguments: object, code: int = 0, stdin: str | bytes | None = None) -> Result:
    """Run it, and see that it ends with this exit code."""
    result = CliRunner().invoke(app, list(map(str, arguments)), input=stdin, catch_exceptions=False)
    assert result.exit_code == code, f"ended with {result.exit_code}:\n{result.output}"
    return result
