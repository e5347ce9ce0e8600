"""What reviewers meet in URL ignore patterns: which let in links to other sites, and which do not."""

from __future__ import annotations

from datetime import date

import pytest

from pulumi_cloudflare_email_security.review.assess import assess
from pulumi_cloudflare_email_security.review.context import Context
from pulumi_cloudflare_email_security.settings import SETTINGS
from support.risky import change_of

URL_IGNORE_PATTERN = next(setting for setting in SETTINGS if setting.kind == "url_ignore_pattern")


def told(pattern: str) -> list[str]:
    """What is said of an anchor that is missing."""
    fields = {"pattern": pattern, "comments": "SEC-1", "expires": "2027-01-01"}
    findings = assess(change_of(URL_IGNORE_PATTERN, None, fields), context=Context(), today=date(2026, 11, 25))
    assert "links-not-rewritten" in {one.rule.id for one in findings}, "it is an exemption whatever it matches"
    return [one.message for one in findings if one.rule.id == "unanchored-pattern"]


@pytest.mark.parametrize(
    "pattern",
    [
        r"^https://wiki\.own\.example/",
        r"^https?://([a-z]+\.)?own\.example/.*",
        r"^https://([a-z0-9-]+\.)*own\.example/.*$",
        r"^(https?://)?own\.example/.*$",
        r"^https://own\.example[/?].*",
        r"^https://own\.example\?id=.*",
        r"^https://own\.example(?:/|$)",
        r"^https://own\.example($|/|\?)",
        r"^https://own\.example(/.*)?$",
        r"^https:\/\/own\.example:8443\/.*",
        r"(?i)^https://own\.example/files/[0-9a-f]+$",
        r"^https://(wiki|files)\.own\.example/",
        r"^https://own\.example$",
    ],
)
def test_holds_the_whole_host_name(pattern: str) -> None:
    """Nothing is said."""
    assert not told(pattern)


@pytest.mark.parametrize(
    ("pattern", "link"),
    [
        (r"^https://own\.example", "https://own.example.zqqx.zq/"),
        (r"^https://.*\.own\.example/.*$", "https://zqqx.zq/"),
        (r"^https://.*own\.example/", "https://zqqx.zq/"),
        (r"^https://[a-z]*own\.example/", "https://zqqxown.example/"),
        (r"^https://[^/]+\.own\.example/.*$", "https://zqqx.zq?"),
        (r"^.*://own\.example/.*", "https://zqqx.zq/"),
        (r"^https://[^/]+/unsubscribe.*$", "https://zqqx.zq/"),
        (r"^https?://(.+\.)?own\.example/", "https://zqqx.zq/"),
        (r"own\.example/", "does not begin with ^"),
        (r".*own\.example/.*", "does not begin with ^"),
    ],
)
def test_lets_other_sites_in(pattern: str, link: str) -> None:
    """With one of which it would match."""
    (message,) = told(pattern)
    assert link in message
