"""A program with many single entries of one setting is told of the collection, once, at preview."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest

import pulumi_cloudflare_email_security as email_security
from pulumi_cloudflare_email_security.emulator import Emulator
from pulumi_cloudflare_email_security.session.configuration import EMULATOR_ACCOUNT
from pulumi_cloudflare_email_security.testing import InProcessStack, StackResult

MANY = 100


def singles(count: int) -> Callable[[], None]:
    """A program with so many trusted domains, and a blocked sender."""

    def program() -> None:
        email_security.BlockSender("evil", pattern="evil.example", pattern_type="DOMAIN")
        for number in range(count):
            email_security.TrustedDomain(f"n{number}", pattern=f"n{number}.example")

    return program


def collected() -> None:
    """The same entries as a collection."""
    email_security.BlockSender("evil", pattern="evil.example", pattern_type="DOMAIN")
    email_security.TrustedDomains("all", entries=[{"pattern": f"n{number}.example"} for number in range(MANY + 1)])


def hints(result: StackResult) -> list[str]:
    """What was said of collections."""
    return [said.message for said in result.diagnostics if "more than 100 single" in said.message]


def stack_of(folder: Path, contract: str) -> InProcessStack:
    """A stack on an emulated account."""
    url = f"emulator:{folder / 'account.json'}?contract={contract}"
    return InProcessStack(config={"cloudflare-email-security:baseUrl": url})


def account(folder: Path, contract: Literal["2025", "2026"]) -> list[dict[str, Any]]:
    """The trusted domains of the account."""
    emulator = Emulator(contract, state=folder / "account.json")
    return emulator.entries(EMULATOR_ACCOUNT, "trusted_domains")


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_more_than_a_hundred_single_entries_are_told_of_the_way_out(
    contract: Literal["2025", "2026"], tmp_path: Path
) -> None:
    """Once a preview, whatever has changed, and not in an update; the way out is what it is said to be."""
    stack = stack_of(tmp_path, contract)
    assert hints(stack.preview(singles(MANY))) == []
    (hint,) = hints(stack.preview(singles(MANY + 1)))
    assert "TrustedDomain resources: one TrustedDomains resource" in hint
    assert hints(stack.up(singles(MANY + 1))) == []
    assert hints(stack.preview(singles(MANY + 1))) == [hint]

    before = account(tmp_path, contract)
    assert len(before) == MANY + 1
    assert hints(stack.preview(collected)) == []
    stack.up(collected)
    # Neither ids nor times of change are others.
    assert account(tmp_path, contract) == before


def test_reading_entries_declares_none(tmp_path: Path) -> None:
    """What a program only reads it cannot move."""
    url = f"emulator:{tmp_path / 'account.json'}"
    stack = InProcessStack(config={"cloudflare-email-security:baseUrl": url})
    stack.up(singles(1))
    (entry,) = account(tmp_path, "2026")

    def program() -> None:
        for number in range(MANY + 1):
            email_security.TrustedDomain.get(f"n{number}", str(entry["id"]))

    assert hints(stack.preview(program)) == []
