"""The command `cf-email-security`: thin, each subcommand in a module of its own that is imported when it is run."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any, Final, NoReturn

_NEEDS: Final = frozenset({"click", "rich", "yaml"})


def main() -> None:
    """Run the command with the process's arguments and end the process."""
    signal.signal(signal.SIGINT, _interrupted)
    try:
        from ._app import app  # noqa: PLC0415  (an extra)
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name not in _NEEDS:
            raise
        sys.exit(f"cf-email-security needs {name} — pip install 'pulumi-cloudflare-email-security[cli]'")
    app(prog_name="cf-email-security")


def _interrupted(*_: Any) -> NoReturn:
    """End at once, with one line: files are written whole or not at all, so nothing waits for being tidied up.

    An exception would come out of whatever is being imported or waited for as another one, or not at all.
    """
    sys.stderr.write("\ncf-email-security: interrupted\n")
    sys.stderr.flush()
    os._exit(128 + signal.SIGINT)
