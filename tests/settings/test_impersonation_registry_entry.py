"""What is particular to the impersonation registry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pulumi_cloudflare_email_security import EmailSecurityError, ReadOnlyEntryError
from pulumi_cloudflare_email_security.dynamic.files import plain_entries, read_entries
from pulumi_cloudflare_email_security.settings.impersonation_registry_entry import SETTING
from support.accounts import Account, both_contracts, unknown

JANE = {"name": "Jane Doe", "email": "jane@corp.example"}
SYNCED = {**JANE, "provenance": "SNOOPY-OFFICE_365"}
# What names and expressions are made of, with what the key's text is made of more often than by chance.
texts = st.text(st.sampled_from(" <>\\a"), min_size=1, max_size=8) | st.text(min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("arguments", "name", "said"),
    [
        ({"name": ""}, "name", "must not be empty"),
        ({"name": "x" * 1025}, "name", "of which the API allows 1024"),
        ({"email": "jane"}, "email", "'jane' is not an e-mail address"),
        ({"email": ""}, "email", "must not be empty"),
        ({"is_email_regex": "no"}, "is_email_regex", "must be True or False"),
        ({"comments": "x" * 1025}, "comments", "of which the API allows 1024"),
        ({"directory_id": 1.5}, "directory_id", "must be a whole number"),
        ({"directory_id": 2**53 + 1}, "directory_id", "another one would be sent"),
        ({"directory_node_id": -(2**64)}, "directory_node_id", "another one would be sent"),
        ({"external_directory_node_id": 5}, "external_directory_node_id", "must be a string"),
        ({"provenance": "ME"}, "provenance", "must be one of A1S_INTERNAL, SNOOPY-CASB_OFFICE_365"),
    ],
)
def test_a_bad_value_is_refused_by_property(account: Account, arguments: dict[str, Any], name: str, said: str) -> None:
    """The one property is named, and what is allowed is said."""
    reasons = account.resource("impersonation_registry_entry").refused(**{**JANE, **arguments})
    assert list(reasons) == [name]
    assert said in reasons[name]


@both_contracts
def test_every_good_value_settles(account: Account) -> None:
    """Every optional argument at once passes the API, and neither up nor refresh finds a difference."""
    arguments = {
        "name": "Jane Doe",
        "email": r".*@Corp\.example",
        "is_email_regex": True,
        "comments": "the chair",
        "directory_id": 2**40,
        "directory_node_id": -5,
        "external_directory_node_id": "node-7",
        "provenance": "A1S_INTERNAL",
    }
    resource = account.resource("impersonation_registry_entry")
    resource.up(**arguments)
    account.restart()
    assert resource.refresh() == "same"
    assert resource.preview(**arguments) == "same"
    assert resource.outputs["email"] == r".*@Corp\.example"


def test_an_address_is_not_judged_before_is_email_regex_is_known(account: Account) -> None:
    """An expression beside an `is_email_regex` that is another resource's output is not taken for an address."""
    resource = account.resource("impersonation_registry_entry")
    assert resource.preview(name="Jane", email=r".*@corp\.example$", is_email_regex=unknown()) == "create"


@both_contracts
def test_name_and_address_together_are_the_key(account: Account) -> None:
    """One person may have several addresses, and one address several names."""
    for arguments in (JANE, {**JANE, "name": "J. Doe"}, {**JANE, "email": "doe@corp.example"}):
        assert account.resource("impersonation_registry_entry").up(**arguments) == "create"
    assert len(account.entries("impersonation_registry")) == 3


def test_a_key_reads_as_people_write_it() -> None:
    """`Name <address>`."""
    assert SETTING.key_text(("jane@corp.example", "Jane Doe")) == "Jane Doe <jane@corp.example>"


@given(email=texts, name=texts)
@example(email="a <b>", name="c <d>")
@example(email=r"\ <\<", name="\\")
def test_a_key_can_be_taken_apart_again(email: str, name: str) -> None:
    """Whatever name and expression hold, the key's text stands for these two and no others."""
    assert SETTING.fields_from_key(SETTING.key_text((email, name))) == {"email": email, "name": name}


class TestSyncedEntries:
    """Entries that follow a directory cannot be changed through the API."""

    @both_contracts
    @pytest.mark.parametrize("adopt", [True, False])
    def test_one_is_not_taken_over(self, account: Account, adopt: bool) -> None:
        """The error names the id, and the directory where it would be adopted; nothing is sent."""
        (found,) = account.seed("impersonation_registry", SYNCED)
        refusal = r"synchronised from a directory.*SNOOPY-OFFICE_365" if adopt else "exists already"
        with pytest.raises(EmailSecurityError, match=refusal) as caught:
            account.resource("impersonation_registry_entry").up(**JANE, adopt=adopt)
        assert f"(id {found['id']})" in str(caught.value)
        assert account.writes() == []

    @both_contracts
    @pytest.mark.parametrize("operation", ["change", "delete"])
    def test_changing_or_deleting_one_is_one_clear_error(self, account: Account, operation: str) -> None:
        """An entry that came under a directory since is named, with the directory, in the package's own words."""
        resource = account.resource("impersonation_registry_entry")
        resource.up(**JANE)
        account.remove("impersonation_registry", resource.id)
        account.seed("impersonation_registry", {**SYNCED, "id": _as_answered(account, resource.id)})
        account.restart()
        resource.refresh()
        with pytest.raises(EmailSecurityError, match="directory") as caught:
            resource.up(**JANE, comments="x") if operation == "change" else resource.destroy()
        assert isinstance(caught.value, ReadOnlyEntryError)
        assert "Jane Doe <jane@corp.example>" in str(caught.value)

    @both_contracts
    def test_one_can_be_read(self, account: Account) -> None:
        """`ImpersonationRegistryEntry.get` works."""
        (found,) = account.seed("impersonation_registry", SYNCED)
        resource = account.resource("impersonation_registry_entry")
        resource.id = str(found["id"])
        resource.refresh()
        assert resource.outputs["provenance"] == "SNOOPY-OFFICE_365"


def _as_answered(account: Account, id_: str) -> int | str:
    return int(id_) if account.contract == "2025" else id_


def test_the_dashboards_csv(tmp_path: Path) -> None:
    """The columns of the dashboard's upload stand for the fields, so that its files need no edits."""
    path = tmp_path / "list.csv"
    path.write_text("Display_Name, Email\nJane Doe, jane@corp.example\n")
    assert plain_entries(SETTING, read_entries(path), None) == [{"name": "Jane Doe", "email": "jane@corp.example"}]
