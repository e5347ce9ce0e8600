"""Entries that move between resources which are led by several threads at once."""

from __future__ import annotations

import threading

import pytest

from pulumi_cloudflare_email_security.session import custody as custody_module
from pulumi_cloudflare_email_security.session.custody import Custody


def test_what_another_resource_keeps_is_not_deleted() -> None:
    """A resource deletes its own entries, and none that another one declares or has taken over."""
    custody = Custody()
    custody.keep(["theirs", "both"], "them")
    custody.keep(["mine", "both"], "me")
    custody.take("taken")
    with custody.deleting(["theirs", "mine", "taken", "both", "nobody's"], "me") as going:
        assert going == {"mine", "both", "nobody's"}


def test_who_comes_too_late_learns_it() -> None:
    """An entry that is being deleted, or is, cannot be kept any more."""
    custody = Custody()
    with custody.deleting(["a"], "them"):
        assert custody.keep(["a", "b"], "me") == {"a"}
    assert custody.keep(["a", "b"], "me") == {"a"}


def test_taking_waits_for_a_delete_under_way() -> None:
    """Whoever wants an entry that is being deleted waits, and then looks again; one that is there can be taken."""
    custody = Custody()
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(custody.take("a")))
    with custody.deleting(["a"], "them"):
        thread.start()
        thread.join(0.05)
        assert not answers
    thread.join(10)
    assert answers == [False]
    assert custody.take("a")


def test_a_stranger_is_one_after_a_while_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry that another resource lets go a moment later may be taken; nobody's is told from it by waiting."""
    custody = Custody()
    waiting = threading.Timer(0.05, custody.let_go, [["a"]])
    waiting.start()
    monkeypatch.setattr(custody_module, "PATIENCE", 10.0)
    assert custody.wait_until_leaving(["a", "b"])
    assert custody.is_leaving("a")
    monkeypatch.setattr(custody_module, "PATIENCE", 0.01)
    assert not custody.wait_until_leaving(["b"])
