"""Stacks written by earlier versions (and by this one) live on under today's code, and under another Python."""

from __future__ import annotations

import base64
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dill  # type: ignore[import-untyped]
import pytest

from pulumi_cloudflare_email_security import state_reference
from pulumi_cloudflare_email_security.dynamic.providers import SettingProvider
from support.environment import scrubbed
from upgrade.life import live_on
from upgrade.recorded import Recorded, present_references, recorded_stacks, references

stacks = pytest.mark.parametrize("recorded", recorded_stacks(), ids=lambda stack: f"{stack.version}-{stack.contract}")
#: Other interpreters that have this package, as paths; else python3.11 … python3.14 on PATH are tried.
OTHER_PYTHONS = "EMAIL_SECURITY_OTHER_PYTHONS"


@pytest.mark.parametrize("version", references())
def test_references_are_what_they_were(version: str) -> None:
    """What stands in users' state as `__provider` is written today byte for byte, for every kind there was."""
    if pickle.DEFAULT_PROTOCOL != 4:
        pytest.skip(f"this Python pickles with protocol {pickle.DEFAULT_PROTOCOL}; see the next test")
    present = present_references()
    assert {kind: present.get(kind) for kind in references()[version]} == references()[version]


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_references_of_every_protocol_are_read(protocol: int) -> None:
    """Pythons differ in the protocol they pickle with; what one wrote any other reads."""
    for kind in present_references():
        written = dill.dumps(state_reference.provider(kind), protocol=protocol, recurse=True)
        assert len(written) < 200
        assert _loaded(written).kind == kind


@pytest.mark.parametrize("version", references())
def test_references_are_read(version: str) -> None:
    """Every `__provider` in users' state still gives its kind's provider, and names nothing but the one function."""
    for kind, text in references()[version].items():
        written = base64.b64decode(text)
        assert _loaded(written).kind == kind
        assert b"pulumi_cloudflare_email_security.state_reference" in written
        assert written.count(b"pulumi_cloudflare") == 1


def _loaded(written: bytes) -> SettingProvider:
    provider = dill.loads(written)  # noqa: S301
    assert isinstance(provider, SettingProvider)
    return provider


def test_every_kind_is_recorded() -> None:
    """The newest recorded version has every kind of today in its stacks."""
    newest = recorded_stacks()[-1]
    assert {resource.reference for resource in newest.resources} == set(references()[newest.version].values())
    assert references()[newest.version].keys() == present_references().keys()


@stacks
def test_a_recorded_stack_lives_on(recorded: Recorded, tmp_path: Path) -> None:
    """Today's code finds nothing to change in a recorded stack, and deletes it whole."""
    live_on(recorded, tmp_path / "account.json")


def _other_pythons() -> Iterator[str]:
    if named := os.environ.get(OTHER_PYTHONS):
        yield from named.split(os.pathsep)
        return
    for minor in range(11, 15):
        found = shutil.which(f"python3.{minor}")
        if found and minor != sys.version_info.minor:
            yield found


def test_a_recorded_stack_lives_on_under_another_python(tmp_path: Path) -> None:
    """A stack written under one Python is refreshed and destroyed under another, where one is found."""
    ran = []
    for number, python in enumerate(_other_pythons()):
        probe = [python, "-c", "import pulumi_cloudflare_email_security, grpc"]
        if subprocess.run(probe, env=scrubbed(), capture_output=True, check=False).returncode:  # noqa: S603
            continue
        for recorded in recorded_stacks():
            state = tmp_path / f"{number}-{recorded.contract}.json"
            command = [python, str(Path(__file__).with_name("life.py")), str(state)]
            done = subprocess.run(  # noqa: S603
                [*command, recorded.version, recorded.contract],
                env=scrubbed(),
                capture_output=True,
                text=True,
                check=False,
                timeout=600,
            )
            assert done.returncode == 0, done.stderr
            ran.append(done.stdout)
    if not ran:
        pytest.skip(f"no other Python with this package: name some in {OTHER_PYTHONS}")
