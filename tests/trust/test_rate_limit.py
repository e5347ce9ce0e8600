"""The real rate limit, on a clock that client and emulator share: slow, but never refused."""

from __future__ import annotations

from pulumi_cloudflare_email_security.emulator import Emulator, Request
from trust.programs import ENTRY
from trust.world import ACCOUNT, Engine, world

REAL = (1200, 300.0)
ENTRIES = 5000


def _refused(engine: Engine) -> int:
    return sum(record.status == 429 for record in engine.emulator.log.records)


def _blocklist(count: int) -> dict[str, tuple[str, dict[str, object]]]:
    entries = [ENTRY["block_sender"](f"d{index}", 0) for index in range(count)]
    return {"list": ("block_senders", {"entries": entries, "delete_limit": 100})}


def test_five_thousand_single_requests_meet_no_refusal() -> None:
    """5,000 creates of a 2025 account, four at a time, take about 20 minutes, are announced and never refused."""
    with world("2025", threads=4, rate_limit=REAL, latency=0.05) as engine:
        start = engine.clock.now()
        result = engine.up(_blocklist(ENTRIES))
        minutes = (engine.clock.now() - start) / 60
        assert result.done
        assert len(engine.emulator.entries(ACCOUNT, "block_senders")) == ENTRIES
        assert ENTRIES <= engine.emulator.log.total <= ENTRIES + 20
        assert _refused(engine) == 0
        # 4 full windows of 5 minutes and a part of a fifth.
        assert 19 < minutes < 27, minutes
        assert sum("rate limit" in text for text in engine.told) >= 4
        assert any("5,000 of 5,000 changes done" in text for text in engine.told)


def test_a_block_is_sat_out() -> None:
    """When somebody else has used up the limit, a run waits for the five minutes to pass, and says so once."""
    with world("2026", rate_limit=REAL) as engine:
        _spend(engine.emulator, REAL[0] + 1)
        start = engine.clock.now()
        assert engine.up(_blocklist(3)).done
        assert 290 <= engine.clock.now() - start <= 320
        assert _refused(engine) <= 3, "the spender's last, and at most two of ours"
        announced = [text for text in engine.told if "rate limit" in text]
        assert len(announced) == 1, announced


def test_a_shared_token_slows_down_before_it_is_refused() -> None:
    """Where others use the same token, the API's own count of what is left is heeded: no request is refused."""
    with world("2025", rate_limit=REAL) as engine:
        _spend(engine.emulator, 1100)
        assert engine.up(_blocklist(300)).done
        assert _refused(engine) == 0


def _spend(emulator: Emulator, requests: int) -> None:
    """Somebody else's requests with the same token."""
    path = f"/client/v4/accounts/{ACCOUNT}/email-security/settings/block_senders"
    for _ in range(requests):
        emulator.handle(Request("GET", path))
