"""Who has which entry; what resources do with it is tried where they are led (`lifecycle/`, `trust/`)."""

from __future__ import annotations

import threading

import pytest

from pulumi_cloudflare_email_security.session.ownership import Ownership


def test_an_entry_whose_deletion_failed_can_be_taken_for_good() -> None:
    """Who took it has seen that it is there; until then nobody knows."""
    ownership = Ownership()
    with pytest.raises(OSError, match="down"), ownership.deleting("former", ["1"]):
        raise OSError("down")
    assert ownership.keep("other", ["1"]) == {"1"}
    assert ownership.take("other", "1")
    assert ownership.keep("other", ["1"]) == set()


def test_what_a_resource_lets_go_nobody_waits_for() -> None:
    """A refresh of the same run found it declared by the collection that it leaves now."""
    ownership = Ownership()
    ownership.keep("collection", ["1"])
    ownership.declare("collection", {})
    waiting = threading.Thread(target=ownership.wait_for_key, args=("1",), daemon=True)
    waiting.start()
    ownership.let_go("collection", ["1"])
    waiting.join(timeout=10)
    assert not waiting.is_alive()
    assert not ownership.leaves_key("single", "DOMAIN evil.example", "1")
    assert ownership.take("single", "1")
