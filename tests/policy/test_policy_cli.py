"""The policy pack on the real engine: advisory by default, mandatory by configuration, on previews and on states."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.cli import CliStack, write_program

pytestmark = pytest.mark.engine

PACK = Path(__file__).parents[2] / "policy"
_PROGRAM = """
import pulumi
import pulumi_cloudflare_email_security as email_security

made = email_security.BlockSender("made", pattern="evil.example", pattern_type="DOMAIN")
email_security.AllowPolicy(
    "risky", pattern="gmail.com", pattern_type="DOMAIN", is_trusted_sender=True, comments=made.id
)
email_security.AllowPolicies(
    "list",
    entries=[
        {"pattern": ".*", "pattern_type": "DOMAIN", "is_regex": True, "is_acceptable_sender": True},
        {
            "pattern": "partner.example",
            "pattern_type": "DOMAIN",
            "is_acceptable_sender": True,
            "accept_risk": {"whole-domain": "our payroll, until 2099-01-01"},
        },
    ],
)
"""


def test_advisory_by_default_and_mandatory_by_configuration(cli: Path, tmp_path: Path) -> None:
    """On a preview, on `up`, and on an exported state without a login."""
    pack = _pack(tmp_path)
    mandatory = tmp_path / "mandatory.json"
    mandatory.write_text(json.dumps({"matches-everything": "mandatory"}), encoding="utf-8")
    base_url = f"emulator:{tmp_path / 'emulator.json'}"
    stack = CliStack(
        cli,
        write_program(tmp_path / "program", _PROGRAM),
        config={"cloudflare-email-security:baseUrl": base_url},
    )
    advised = stack.run("preview", "--policy-pack", str(pack))
    for rule in ("free-mail-provider", "bypass-all-detections", "matches-everything"):
        assert rule in advised.text
    assert "partner.example is exempt" not in advised.text
    refused = stack.run(
        "preview", "--policy-pack", str(pack), "--policy-pack-config", str(mandatory), expect_failure=True
    )
    assert "mandatory" in refused.text
    stack.up()
    state = tmp_path / "state.json"
    state.write_text(json.dumps(stack.export()), encoding="utf-8")
    analyzed = stack.run("policy", "analyze", "--file", str(state), "--policy-pack", str(pack))
    assert "matches-everything" in analyzed.text
    assert "free-mail-provider" in analyzed.text
    failed = stack.run(
        "policy",
        "analyze",
        "--file",
        str(state),
        "--policy-pack",
        str(pack),
        "--policy-pack-config",
        str(mandatory),
        expect_failure=True,
    )
    assert "matches-everything" in failed.text


def _pack(tmp_path: Path) -> Path:
    """The pack, copied: the engine writes beside it."""
    pack = tmp_path / "pack"
    pack.mkdir()
    for name in ("PulumiPolicy.yaml", "__main__.py"):
        (pack / name).write_text((PACK / name).read_text(encoding="utf-8"), encoding="utf-8")
    return pack
