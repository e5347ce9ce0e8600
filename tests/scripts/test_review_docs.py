"""docs/review.md and its picture say what the rules say."""

from __future__ import annotations

from pulumi_cloudflare_email_security.review.rules import RULES
from scripts import make_review_docs


def test_the_tables_and_the_picture_are_current() -> None:
    """`make docs` writes them."""
    assert make_review_docs.stale() == []


def test_every_rule_is_there() -> None:
    """With its reason."""
    page = make_review_docs.PAGE.read_text(encoding="utf-8")
    for rule in RULES.values():
        assert f"| `{rule.id}` | {rule.severity} |" in page
        assert rule.reason in page
