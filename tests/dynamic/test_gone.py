"""What a program says of resources that it declares no more, which the engine deletes without asking a provider."""

from __future__ import annotations

import json
from collections.abc import Callable

import pulumi
import pytest

import pulumi_cloudflare_email_security as email_security
from pulumi_cloudflare_email_security.testing import EmulatedAccount, InProcessStack, StackError, StackResult

Declare = Callable[[], object]
DOMAIN: email_security.DomainArgs = {
    "domain": "corp.example",
    "allowed_delivery_modes": ["DIRECT"],
    "drop_dispositions": ["MALICIOUS"],
    "ip_restrictions": ["203.0.113.0/24"],
    "regions": ["GLOBAL"],
    "lookback_hops": 2,
}


def block(name: str = "evil") -> None:
    """A blocked sender."""
    email_security.BlockSender(name, pattern=f"{name}.example", pattern_type="DOMAIN", comments="seen")


def blocks(count: int = 20) -> None:
    """As many as a list."""
    entries: list[email_security.BlockSenderEntry] = [
        {"pattern": f"e{at}.example", "pattern_type": "DOMAIN"} for at in range(count)
    ]
    email_security.BlockSenders("list", entries=entries)


def trusted() -> None:
    """What stays."""
    email_security.TrustedDomain("partner", pattern="partner.example", is_similarity=True)


def told(result: StackResult, name: str) -> list[str]:
    """What is said of a resource."""
    return [f"{one.severity} {one.message}" for one in result.diagnostics if one.urn.endswith(f"::{name}")]


def after(stack: InProcessStack, *before: Declare) -> StackResult:
    """The preview of a program that declares no more than a trusted domain, where it declared more before."""

    def program() -> None:
        for declare in (*before, trusted):
            declare()

    stack.up(program)
    return stack.preview(trusted)


def test_a_single_entry_is_told(email_security_stack: InProcessStack) -> None:
    """With what it declares, under its own name."""
    told_of = told(after(email_security_stack, block), "evil")
    assert told_of == [
        "info BlockSender \"evil\" is no longer declared; with it goes: - DOMAIN evil.example: comments 'seen'"
    ]


def test_a_list_is_told_entry_by_entry(email_security_stack: InProcessStack) -> None:
    """And that it shrinks, which is a risk of severity high."""
    lines, risk = told(after(email_security_stack, blocks), "list")
    assert lines.startswith('info BlockSenders "list" is no longer declared; with it go: -20 to delete (20 of')
    assert lines.count("\n  - DOMAIN e") == 20
    assert risk.startswith("warning high risk blocklist-shrinks: block_senders: loses 20 entries of 20")


def test_a_domain_stays_unless_it_was_to_go(email_security_stack: InProcessStack) -> None:
    """Then that is said loudly."""
    stays = after(email_security_stack, lambda: email_security.Domain("corp", **DOMAIN))
    assert told(stays, "corp") == ['info Domain "corp" is no longer declared: = corp.example (stays as it is)']
    email_security_stack.up(trusted)
    going: email_security.DomainArgs = {**DOMAIN, "unprotect_on_delete": True}
    goes = after(email_security_stack, lambda: email_security.Domain("corp", going))
    line, risk = told(goes, "corp")
    assert "lookback_hops 2, " in line
    assert risk.startswith("warning high risk domain-unprotected:")


def test_what_moves_is_told_where_it_arrives(email_security_stack: InProcessStack) -> None:
    """Never twice."""
    email_security_stack.up(block)
    entries: list[email_security.BlockSenderEntry] = [
        {"pattern": "evil.example", "pattern_type": "DOMAIN", "comments": "seen"}
    ]
    moved = email_security_stack.preview(lambda: email_security.BlockSenders("list", entries=entries))
    assert told(moved, "evil") == []
    assert "moved here" in moved.text


def test_what_is_renamed_is_told_by_its_new_name(email_security_stack: InProcessStack) -> None:
    """An alias says that it is the same resource, whatever of it changes."""
    email_security_stack.up(lambda: blocks(4))
    renamed = email_security_stack.preview(
        lambda: email_security.BlockSenders(
            "other",
            entries=[{"pattern": "e1.example", "pattern_type": "DOMAIN"}],
            delete_limit=100,
            opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="list")]),
        )
    )
    assert "no longer declared" not in renamed.text
    assert "-3 to delete" in renamed.text


def test_what_is_in_an_account_that_is_not_known_yet_is_declared(email_security_stack: InProcessStack) -> None:
    """It is told by itself as soon as it is known."""
    account = "0123456789abcdef0123456789abcdef"
    email_security_stack.up(
        lambda: email_security.BlockSender(
            "evil", pattern="evil.example", pattern_type="DOMAIN", account_id=account, adopt=True
        )
    )

    def later() -> None:
        trusted()
        email_security.BlockSender(
            "evil", pattern="evil.example", pattern_type="DOMAIN", account_id=pulumi.Output.from_input(account)
        )

    assert "no longer declared" not in email_security_stack.preview(later).text


def test_nothing_is_said_of_what_stays_or_is_only_read(email_security_stack: InProcessStack) -> None:
    """Nor of a run that failed before all was declared."""
    email_security_stack.up(block)
    assert email_security_stack.preview(block).text == ""

    def fails() -> None:
        trusted()
        raise RuntimeError("no luck")

    with pytest.raises((RuntimeError, StackError)):
        email_security_stack.preview(fails)


def test_secrets_are_not_told(email_security_stack: InProcessStack) -> None:
    """Keys are no secrets; values may be."""

    def secret() -> None:
        email_security.BlockSender(
            "evil", pattern="evil.example", pattern_type="DOMAIN", comments=pulumi.Output.secret("hush")
        )

    result = after(email_security_stack, secret)
    assert "hush" not in json.dumps(told(result, "evil"))
    assert "comments [secret]" in "".join(told(result, "evil"))


@pytest.mark.parametrize(("mode", "risks"), [("warn", 1), ("refuse", 1), ("off", 0), ("nonsense", 0)])
def test_risks_are_told_unless_they_are_off(email_security_account: EmulatedAccount, mode: str, risks: int) -> None:
    """Nobody can refuse what the engine does not ask about."""
    before = email_security_account.stack()
    after(before, blocks)
    then = email_security_account.stack(config={"cloudflare-email-security:risk": mode}, state=before.state)
    found = told(then.preview(lambda: email_security.TrustedDomains("others", entries=[])), "list")
    assert len(found) == 1 + risks
