"""`make acceptance`: the whole life of every setting on a real account, and a report of the account's habits.

Run only where it is asked for, on an account that CLOUDFLARE_API_TOKEN, CLOUDFLARE_ACCOUNT_ID and, perhaps,
CLOUDFLARE_BASE_URL name; see CONTRIBUTING.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.acceptance import account
from support.acceptance.account import OUTPUT, REASON

pytestmark = pytest.mark.skipif(os.environ.get("ACCEPTANCE") != "1", reason=REASON)


@pytest.fixture
def clean_environment() -> None:
    """The test sees the account that the environment names."""


@pytest.fixture
def loopback_only() -> None:
    """The test reaches it."""


def test_the_account(tmp_path: Path) -> None:
    """All settings live through the engine, the report is written, and nothing is left behind."""
    report = account.accept(tmp_path, OUTPUT)
    assert report.findings
