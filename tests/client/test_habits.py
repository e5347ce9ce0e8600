"""Lists of the emulator with habits that accounts may have, read over its own door."""

from __future__ import annotations

from typing import Any

import pytest
import responses

from pulumi_cloudflare_email_security.client.endpoint import Endpoint
from pulumi_cloudflare_email_security.emulator import Emulator, respond
from pulumi_cloudflare_email_security.emulator.habits import written
from support.emulator_api import ACCOUNT, body
from support.fake_time import BASE_URL, FakeTime, new_client
from support.list_api import key_of

HABITS = [
    ["page_cap=7"],
    ["page_cap=7:silent", "total_count=page"],
    ["page_cap=7:silent", "total_count=missing"],
    ["page_limit=20"],
    ["total_count=text"],
    ["total_count=float"],
    ["total_count=beyond"],
    ["page_cap=7", "moving_entries"],
    ["page_cap=7:silent", "moving_entries", "total_count=float"],
]


@pytest.mark.parametrize("habits", HABITS, ids=" ".join)
def test_a_list_of_an_odd_account_is_whole(habits: Any) -> None:
    """Thirty entries are thirty, twice in a row, whatever the account says and does."""
    emulator = Emulator("2026", habits=written(habits))
    emulator.seed({"block_senders": [body("block_senders", number) for number in range(30)]}, account_id=ACCOUNT)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        respond(emulator, BASE_URL, mock)
        endpoint = Endpoint(new_client(FakeTime(), []), ACCOUNT, "block_senders", key_of=key_of)
        for _ in range(2):
            assert len({entry["pattern"] for entry in endpoint.all()}) == 30
