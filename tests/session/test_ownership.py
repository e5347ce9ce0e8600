"""Who has which entry; what resources do with it is tried where they are led (`lifecycle/`, `trust/`)."""

from __future__ import annotations

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
