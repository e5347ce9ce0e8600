"""The rest of a recorded stack's life, with today's code in the SDK's provider process.

Also a program, for other interpreters: `python life.py STATE VERSION CONTRACT` does it on an emulator's state file.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from pulumi_cloudflare_email_security.emulator import Emulator
from support.provider_process import ProviderProcess
from upgrade.recorded import ACCOUNT, Recorded, Resource, contents, ids


def live_on(recorded: Recorded, path: Path) -> None:
    """Check, compare, read, update and delete every recorded resource; nothing but what is asked may change."""
    emulator = Emulator(recorded.contract, state=path)  # type: ignore[arg-type]
    recorded.plant(emulator)
    before = contents(emulator)
    assert ids(before) == ids(recorded.accounts)
    config = {
        "cloudflare-email-security:baseUrl": f"emulator:{path}",
        "cloudflare-email-security:accountId": ACCOUNT,
    }
    resources = recorded.resources
    with ProviderProcess(resources[0].reference, config=config) as process:
        for resource in resources:
            process._serialized = resource.reference
            _nothing_changes(process, resource)
        assert contents(emulator) == before
        # In the engine's order: the last made goes first.
        for resource in reversed(resources):
            process._serialized = resource.reference
            process.delete(resource.id, _own(resource.outputs))
    left = contents(emulator)
    assert not any(left.values()), left


def _nothing_changes(process: ProviderProcess, resource: Resource) -> None:
    inputs, outputs = _own(resource.inputs), _own(resource.outputs)
    assert process.check(inputs, inputs) == (inputs, {}), resource.name
    difference = process.diff(resource.id, outputs, inputs)
    assert (difference.changes, difference.replaces) == (False, []), resource.name
    read = process.read(resource.id, outputs)
    assert (read.id, read.outputs) == (resource.id, outputs), resource.name
    assert read.inputs is None or read.inputs == inputs, resource.name


def _own(properties: object) -> dict[str, object]:
    assert isinstance(properties, dict)
    return {name: value for name, value in properties.items() if name != "__provider"}


if __name__ == "__main__":
    live_on(Recorded(sys.argv[2], sys.argv[3]), Path(sys.argv[1]))
    print("lived on", sys.version_info[:2])  # noqa: T201
