"""What the parts of a deployment share."""

from __future__ import annotations

from pulumi_cloudflare_email_security.dynamic import process
from support.accounts import Account


def test_lists_are_read_anew_once_for_what_was_made(account: Account) -> None:
    """What another process made shows in a list that was read before; nothing new costs no further request."""
    provider, session = account.provider("block_sender"), process.session()
    listing = session.listing(provider.setting, account.id, provider.configuration)
    assert listing.all() == []
    account.seed("block_senders", {"pattern": "evil.example", "pattern_type": "DOMAIN", "is_regex": False})
    made = object()
    session.read_after([made])
    assert [entry["pattern"] for entry in listing.all()] == ["evil.example"]
    account.asked()
    session.read_after([made])
    listing.all()
    assert account.asked() == 0
