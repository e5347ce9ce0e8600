"""What is kept of a run, and for how long."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from pathlib import Path

import pulumi

import pulumi_cloudflare_email_security as email_security
from pulumi_cloudflare_email_security.testing import InProcessStack


def test_nothing_is_kept_of_a_run_that_has_ended(in_process: Callable[..., InProcessStack], tmp_path: Path) -> None:
    """Neither of a preview nor of an update: tests that run many programs in one process stay as quick as the first."""
    made: list[weakref.ref[pulumi.Resource]] = []

    def program() -> None:
        group = pulumi.ComponentResource("demo:index:Group", "group")
        opts = pulumi.ResourceOptions(parent=group)
        one = email_security.BlockSender("one", pattern="a.example", pattern_type="DOMAIN", opts=opts)
        two = email_security.TrustedDomains("two", entries=[{"pattern": "b.example", "comments": one.id}], opts=opts)
        made.extend(map(weakref.ref, (group, one, two)))

    stack = in_process(config={"cloudflare-email-security:baseUrl": f"emulator:{tmp_path / 'account.json'}"})
    stack.preview(program)
    stack.up(program)
    gc.collect()
    assert len(made) == 6
    assert [resource() for resource in made] == [None] * 6
