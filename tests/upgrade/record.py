"""`python tests/upgrade/record.py VERSION`: record the stacks that this version writes, with the real Pulumi CLI."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from pulumi_cloudflare_email_security.emulator import Emulator  # noqa: E402
from support.cli import CliStack, find_cli, write_program  # noqa: E402
from upgrade.recorded import (  # noqa: E402
    ACCOUNT,
    COLLECTIONS_ACCOUNT,
    CONTRACTS,
    PROJECT,
    STACK,
    contents,
    present_references,
)


def record(cli: Path, contract: str, folder: Path, work: Path) -> None:
    """Bring up the program on an emulated account of this contract, and write down both."""
    base_url = f"emulator:{work / f'{contract}.json'}?contract={contract}"
    emulator = Emulator(contract, state=work / f"{contract}.json")  # type: ignore[arg-type]
    if contract == "2025":
        onboarded = {"allowed_delivery_modes": ["DIRECT"], "drop_dispositions": [], "ip_restrictions": []}
        for account, domains in {ACCOUNT: ["corp"], COLLECTIONS_ACCOUNT: ["a", "b"]}.items():
            entries = [{"domain": f"{name}.example", "regions": ["GLOBAL"], **onboarded} for name in domains]
            emulator.seed({"domains": entries}, account_id=account)
    program = write_program(work / contract, (HERE / "program.py").read_text(encoding="utf-8"), name=PROJECT)
    env = {"CLOUDFLARE_BASE_URL": base_url, "CLOUDFLARE_ACCOUNT_ID": ACCOUNT}
    stack = CliStack(cli, program, STACK, env=env, config={"contract": contract})
    stack.up()
    _write(folder / f"stack-{contract}.json", _without_places(stack.export()))
    _write(folder / f"accounts-{contract}.json", contents(emulator))


def main(version: str) -> None:
    """Write the folder of this version."""
    cli = find_cli()
    if cli is None:
        sys.exit("no pulumi CLI on PATH or in ~/.pulumi/bin")
    folder = HERE / version
    folder.mkdir()
    shutil.copyfile(HERE / "program.py", folder / "program.py")
    with tempfile.TemporaryDirectory() as work:
        for contract in CONTRACTS:
            record(cli, contract, folder, Path(work))
    _write(folder / "references.json", present_references())


def _without_places(state: Any) -> Any:
    """A state without the paths of the program's source on this machine."""
    if isinstance(state, dict):
        kept = {name: value for name, value in state.items() if name not in {"sourcePosition", "stackTrace"}}
        return {name: _without_places(value) for name, value in kept.items()}
    return [_without_places(item) for item in state] if isinstance(state, list) else state


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
