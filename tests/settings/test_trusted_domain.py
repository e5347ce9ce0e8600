"""What is particular to trusted domains."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pulumi_cloudflare_email_security.dynamic.files import plain_entries, read_entries
from pulumi_cloudflare_email_security.settings.trusted_domain import SETTING
from support.accounts import Account, both_contracts, unknown


@pytest.mark.parametrize(
    ("arguments", "name", "said"),
    [
        ({"pattern": ""}, "pattern", "must not be empty"),
        ({"pattern": "x" * 1025}, "pattern", "has 1025 characters, of which the API allows 1024"),
        ({"is_regex": 1}, "is_regex", "must be True or False"),
        ({"is_recent": "no"}, "is_recent", "must be True or False"),
        ({"is_similarity": 0}, "is_similarity", "must be True or False"),
        ({"comments": "x" * 1025}, "comments", "has 1025 characters, of which the API allows 1024"),
        ({"pattern_type": "DOMAIN"}, "pattern_type", "unknown argument"),
    ],
)
def test_a_bad_value_is_refused_by_property(account: Account, arguments: dict[str, Any], name: str, said: str) -> None:
    """The one property is named, and what is allowed is said."""
    reasons = account.resource("trusted_domain").refused(**{"pattern": "partner.example", **arguments})
    assert list(reasons) == [name]
    assert said in reasons[name]


@both_contracts
def test_a_regular_expression_keeps_its_case(account: Account) -> None:
    r"""A plain domain is compared in lower case, an expression as written: `\W` is not `\w`."""
    resource = account.resource("trusted_domain")
    arguments = {"pattern": r"\W?Partner\.example", "is_regex": True}
    resource.up(**arguments)
    assert resource.outputs["pattern"] == arguments["pattern"]
    assert resource.preview(**arguments) == "same"


def test_a_pattern_keeps_its_case_before_is_regex_is_known(account: Account) -> None:
    """What may turn out to be an expression is not put in lower case in a preview."""
    checked = account.resource("trusted_domain").check(pattern=r"\W", is_regex=unknown())
    assert checked["pattern"] == r"\W"


def test_the_dashboards_csv(tmp_path: Path) -> None:
    """The columns of the dashboard's upload stand for the fields, so that its files need no edits."""
    path = tmp_path / "list.csv"
    path.write_text("Domain, Proximity, New, Is Regex, Notes\npartner.example, true, false, false, since May\n")
    assert plain_entries(SETTING, read_entries(path), None) == [
        {
            "pattern": "partner.example",
            "is_similarity": True,
            "is_recent": False,
            "is_regex": False,
            "comments": "since May",
        }
    ]
