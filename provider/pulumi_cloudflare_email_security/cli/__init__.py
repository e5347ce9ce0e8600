"""The command `cf-email-security`: thin, each subcommand in a module of its own that is imported when it is run."""

from __future__ import annotations

import sys

_NEEDS: frozenset[str] = frozenset({"click", "rich"})


def main() -> None:
    """Run the command with the process's arguments and end the process."""
    try:
        from ._app import app  # noqa: PLC0415  (an extra)
    except ModuleNotFoundError as error:
        if error.name not in _NEEDS:
            raise
        sys.exit(f"cf-email-security needs {error.name} — pip install 'pulumi-cloudflare-email-security[cli]'")
    app(prog_name="cf-email-security")
