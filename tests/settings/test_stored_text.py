"""Accounts that store text in another form than it was sent in: no change, no duplicate, and everything is found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

import pulumi_cloudflare_email_security as email_security
from pulumi_cloudflare_email_security.emulator import Emulator
from pulumi_cloudflare_email_security.session.configuration import EMULATOR_ACCOUNT
from pulumi_cloudflare_email_security.settings import RESOURCES
from pulumi_cloudflare_email_security.testing import InProcessStack
from support.samples import SAMPLES, Sample

HABITS = ["lower_case", "lower_case=text", "trim", "composed", "line_ends=lf", "line_ends=crlf", "canonical_cidr"]
REMARK = " Seen in Ma\u0308y\nby two\r\npeople "
each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.kind)


@each_sample
@pytest.mark.parametrize("habit", HABITS)
def test_nothing_changes_and_everything_is_found(habit: str, sample: Sample, tmp_path: Path) -> None:
    """A single entry and a collection settle at once, stay settled after a refresh, and are adopted as they are."""
    url = f"emulator:{tmp_path / 'account.json'}?contract=2026&habit={habit}"
    remark = {sample.remark: REMARK} if sample.remark else {}
    one, many = {**sample.minimal, **remark}, {**sample.other, **remark}
    collection: Any = next(many for single, many in RESOURCES if single.setting is sample.setting)

    def program(*, adopt: bool | None = None, looked_up: bool = False) -> Callable[[], None]:
        def declare() -> None:
            make: Any = sample.resource_class
            make("one", **one, adopt=adopt)
            collection("many", entries=[many], adopt=adopt)
            if looked_up:
                look_up = getattr(email_security, f"get_{sample.kind}_output")
                pulumi.export("found", look_up(**{name: one[name] for name in sample.setting.key}).id)

        return declare

    def account() -> list[dict[str, Any]]:
        emulator = Emulator("2026", state=tmp_path / "account.json")
        # Nobody can tell a remark in lower case from another remark, so who adopts it sends it once more.
        sent_again = {"last_modified", "modified_at"} if habit == "lower_case=text" else set()
        entries = emulator.entries(EMULATOR_ACCOUNT, sample.collection)
        return [{name: entry[name] for name in entry.keys() - sent_again} for entry in entries]

    stack = InProcessStack(config={"cloudflare-email-security:baseUrl": url})
    assert stack.up(program()).summary == {"create": 2}
    stored = account()
    assert stack.preview(program()).summary == {"same": 2}
    stack.refresh()
    found = stack.up(program(looked_up=True))
    assert found.summary == {"same": 2}
    assert found.outputs["found"] in {str(entry["id"]) for entry in stored}
    again = InProcessStack(config={"cloudflare-email-security:baseUrl": url})
    assert again.up(program(adopt=True)).summary == {"create": 2}
    assert account() == stored
    assert again.preview(program(adopt=True)).summary == {"same": 2}
