"""What the provider says of a plan, or refuses: the configuration `risk`."""

from __future__ import annotations

from datetime import date

import pytest

from pulumi_cloudflare_email_security.client.errors import ConfigurationError
from pulumi_cloudflare_email_security.review.findings import Change
from pulumi_cloudflare_email_security.review.risk import AccountRisks, risk_mode
from pulumi_cloudflare_email_security.settings import SETTINGS

ALLOW = next(setting for setting in SETTINGS if setting.kind == "allow_policy")


def change(**fields: object) -> Change:
    """A policy that is added at line 3."""
    after = {"pattern": "a@x.example", "pattern_type": "EMAIL", "is_acceptable_sender": True, **fields}
    return Change(setting=ALLOW, key=ALLOW.key_text_of(after), before=None, after=after, place="list.csv:3")


def told(*changes: Change) -> list[str]:
    """What is said."""
    ((_, lines),) = AccountRisks().judge(ALLOW, "", changes=changes, stays=[], of=0, today=date(2026, 11, 25))
    return lines


def test_high_risks_are_told_with_rule_entry_and_place() -> None:
    """On one line."""
    (line,) = told(change(is_trusted_sender=True))
    for part in ("high", "bypass-all-detections", "EMAIL a@x.example", "list.csv:3"):
        assert part in line


def test_lesser_and_accepted_risks_are_left_to_the_review() -> None:
    """Nobody reads warnings that always stand there."""
    accepted = {"bypass-all-detections": "a test mailbox, until 2099-01-01"}
    assert not told(change(), change(is_trusted_sender=True, accept_risk=accepted))


def test_many_are_counted() -> None:
    """The screen is not filled."""
    lines = told(*(change(pattern=f"a{at}@x.example", verify_sender=False) for at in range(30)))
    assert len(lines) == 21
    assert lines[-1].startswith("and 10 more risks of severity high")


def test_modes() -> None:
    """Warn unless configured; another word is refused with those there are."""
    assert [risk_mode(value) for value in (None, "", "WARN", "refuse", "off")] == [
        "warn",
        "warn",
        "warn",
        "refuse",
        "off",
    ]
    with pytest.raises(ConfigurationError, match="must be one of warn, refuse, off"):
        risk_mode("loud")
