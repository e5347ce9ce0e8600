"""`import_` in a resource's options."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

import pulumi_cloudflare_email_security as email_security
from pulumi_cloudflare_email_security.testing import InProcessStack


@pytest.mark.parametrize("collection", [False, True])
def test_import_is_refused_with_the_ways_that_work(
    collection: bool, tmp_path: Path, in_process: Callable[..., InProcessStack]
) -> None:
    """The SDK's own failure is a `KeyError` in the provider's process."""
    evil: dict[str, Any] = {"pattern": "evil.example", "pattern_type": "DOMAIN"}

    def program() -> None:
        options = pulumi.ResourceOptions(import_="123")
        if collection:
            email_security.BlockSenders("list", options, entries=[evil])
        else:
            email_security.BlockSender("evil", options, pattern="evil.example", pattern_type="DOMAIN")

    stack = in_process(config={"cloudflare-email-security:baseUrl": f"emulator:{tmp_path}/state.json"})
    with pytest.raises(pulumi.RunError, match=r"import_ does not work .* adopt=True .* `cf-email-security export`"):
        stack.up(program)
