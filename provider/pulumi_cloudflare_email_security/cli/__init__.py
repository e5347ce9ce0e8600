"""The command `cf-email-security`: thin, each subcommand in a module of its own that is imported when it is run."""

from __future__ import annotations

import sys
from typing import Final

_NEEDS: Final = frozenset({"click", "rich", "yaml"})


def main() -> None:
    """Run the command with the process's arguments and end the process."""
    try:
        from ._app import app  # noqa: PLC0415  (an extra)
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name not in _NEEDS:
            raise
        sys.exit(f"cf-email-security needs {name} — pip install 'pulumi-cloudflare-email-security[cli]'")
    app(prog_name="cf-email-security")
