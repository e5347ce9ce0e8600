"""``python -m pulumi_cloudflare_email_security.emulator``: the emulator over HTTP."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .catalogue import CONTRACTS
from .core import Emulator
from .doors import EmulatorServer
from .habits import HABITS, written
from .messages import EmulatorError


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; 1 with a line on stderr where that is not possible."""
    options = _parser().parse_args(arguments)
    try:
        emulator = Emulator(
            options.contract,
            token=options.token,
            habits=written(options.habit),
            rate_limit=options.rate_limit,
            state=options.state,
            latency=options.latency,
        )
        if options.seed is not None:
            plant(emulator, read_seed(options.seed, options.account))
        server = _listen(emulator, options.host, options.port)
    except (EmulatorError, OSError) as error:
        print(f"emulator: {error}", file=sys.stderr)  # noqa: T201
        return 1
    with server:
        print(f"listening on {server.base_url}", flush=True)  # noqa: T201
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


def _listen(emulator: Emulator, host: str, port: int) -> EmulatorServer:
    try:
        return EmulatorServer(emulator, host, port)
    except (OSError, OverflowError) as error:
        raise EmulatorError(f"cannot listen on {host}:{port}: {getattr(error, 'strerror', None) or error}") from None


def read_seed(path: Path, account: str | None) -> dict[str, Any]:
    """The entries of a seed file by account and collection: ``{account: {collection: [...]}}``.

    With ``account`` the file may be ``{collection: [...]}``.
    """
    try:
        content = json.loads(path.read_bytes())
    except ValueError:
        raise EmulatorError(f"{path} is not JSON") from None
    if isinstance(content, dict) and any(isinstance(value, list) for value in content.values()):
        if account is None:
            raise EmulatorError(f"{path} names no account: add --account")
        content = {account: content}
    if not isinstance(content, dict) or not all(_is_account(value) for value in content.values()):
        raise EmulatorError(f"{path} must hold accounts, their collections, and lists of entries")
    return content


def _is_account(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries) for entries in value.values()
    )


def plant(emulator: Emulator, accounts: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]) -> None:
    """Seed collections that have no entry yet, so that a server started again seeds nothing twice."""
    for account, collections in accounts.items():
        for name, entries in collections.items():
            if not emulator.entries(account, name):
                emulator.seed({name: entries}, account_id=account)


def _rate_limit(text: str) -> tuple[int, float]:
    requests, _, seconds = text.partition("/")
    try:
        return int(requests), float(seconds)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form 1200/300") from None


def _habits() -> str:
    lines = ["habits, which are what an account may do that no document says:"]
    for habit in HABITS:
        lines += [f"  {habit.form}", f"      {habit.description}"]
        if habit.values:
            lines[-1] += f" Default: {habit.defaults}."
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pulumi_cloudflare_email_security.emulator",
        description="Cloudflare Email Security settings, emulated over HTTP.",
        epilog=_habits(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--port", type=int, required=True, help="0 picks a free one")
    add("--host", default="127.0.0.1")
    add("--state", type=Path, metavar="PATH", help="a JSON file that keeps the entries")
    add("--contract", choices=sorted(CONTRACTS), help="default: that of the state file, else 2026")
    add("--latency", type=float, default=0.0, metavar="SECONDS", help="what each answer takes")
    add("--token", help="the only token accepted; default: any, or none")
    add("--seed", type=Path, metavar="FILE", help="JSON: entries to start with, by account and collection")
    add("--account", metavar="ID", help="the account of a seed file that names none")
    add("--habit", action="append", default=[], metavar="NAME[=VALUES]", help="see below; may be repeated")
    add("--rate-limit", type=_rate_limit, metavar="REQUESTS/SECONDS", help="such as 1200/300; default: none")
    return parser


if __name__ == "__main__":
    sys.exit(main())
