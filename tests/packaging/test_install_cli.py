"""The built wheel in a user's project: the real CLI installs and runs it, and asks nobody else for anything."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripts.wheels import write_empty_wheel

from support.cli import CliStack, write_program
from support.distributions import Distributions, make_virtualenv
from support.recording_proxy import RecordingProxy, recording_proxy

pytestmark = [pytest.mark.engine, pytest.mark.every_python, pytest.mark.xdist_group("distributions")]

PROGRAM = """\
import pulumi
import pulumi_cloudflare_email_security as email_security

email_security.BlockSender("phisher", pattern="evil.example", pattern_type="DOMAIN")
pulumi.export("package", email_security.__file__)
"""


@pytest.fixture
def internet() -> Iterator[RecordingProxy]:
    """Whatever leaves this machine passes here, and is refused."""
    with recording_proxy() as proxy:
        yield proxy


@pytest.fixture
def project(cli: Path, tmp_path: Path, distributions: Distributions, internet: RecordingProxy) -> CliStack:
    """A project that requires this package; pip has our wheel and what `pulumi install` upgrades, and no index."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    shutil.copy(distributions.wheel, wheels)
    for name in ("setuptools", "wheel"):
        write_empty_wheel(wheels, name)
    runtime = {"name": "python", "options": {"virtualenv": "venv"}}
    folder = write_program(tmp_path / "infrastructure", PROGRAM, settings={"runtime": runtime})
    (folder / "requirements.txt").write_text("pulumi-cloudflare-email-security\n", encoding="utf-8")
    python = make_virtualenv(folder / "venv")
    env = {
        **internet.env(),
        "PATH": f"{python.parent}:{cli.parent}:/usr/bin:/bin",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "false",
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
    }
    stack = CliStack(cli, folder, env=env, config={"cloudflare-email-security:baseUrl": "emulator:account.json"})
    del stack.env["PULUMI_PYTHON_CMD"]
    return stack


def test_it_installs_and_runs_and_asks_nobody_else(project: CliStack, internet: RecordingProxy) -> None:
    """`pulumi install`, `preview`, `up` and `destroy` pass, and no host but the account's API is asked for anything."""
    project.run("install")
    assert project.preview().changes == {"phisher": "create"}
    assert project.up().changes == {"phisher": "create"}
    assert str(project.outputs()["package"]).startswith(str(project.folder / "venv"))
    assert project.preview().changes == {"phisher": "same"}
    assert project.destroy().changes == {"phisher": "delete"}
    assert internet.asked == []
