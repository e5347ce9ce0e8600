"""What is particular to blocked senders, and the pattern rules that they share with allow policies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pulumi_cloudflare_email_security import EntryExistsError
from pulumi_cloudflare_email_security.dynamic.files import plain_entries, read_entries
from pulumi_cloudflare_email_security.settings.block_sender import SETTING
from support.accounts import Account, both_contracts, unknown

REFUSED_ADDRESSES = {
    "10.1.2.3": "private",
    "172.16.0.0/12": "private",
    "192.168.1.0/24": "private",
    "127.0.0.1": "loopback",
    "169.254.1.1": "link-local",
    "0.0.0.0": "unspecified",  # noqa: S104
    "255.255.255.255": "broadcast",
    "fc00::1": "unique-local",
    "fd12::/16": "unique-local",
    "::1": "loopback",
    "fe80::1": "link-local",
    "::": "unspecified",
    "::ffff:10.0.0.1": "private",
    "::ffff:127.0.0.1": "loopback",
}

kinds = pytest.mark.parametrize("kind", ["block_sender", "allow_policy"])


class TestValidation:
    """Bad values, refused at preview by property."""

    @kinds
    @pytest.mark.parametrize(
        ("arguments", "name", "said"),
        [
            ({"pattern": ""}, "pattern", "must not be empty"),
            ({"pattern": "x" * 1025, "is_regex": True}, "pattern", "has 1025 characters, of which the API allows 1024"),
            ({"pattern": 5}, "pattern", "must be a string"),
            ({"pattern_type": "domain"}, "pattern_type", "must be one of EMAIL, DOMAIN, IP"),
            ({"pattern_type": "UNKNOWN"}, "pattern_type", "the API does not accept — must be one of EMAIL, DOMAIN, IP"),
            ({"comments": "x" * 1025}, "comments", "has 1025 characters, of which the API allows 1024"),
            ({"comments": 5}, "comments", "must be a string"),
            ({"is_regex": "yes"}, "is_regex", "must be True or False"),
            ({"pattern": "evil"}, "pattern", "'evil' is not a domain name (pattern_type DOMAIN)"),
            ({"pattern": "-evil.example"}, "pattern", "is not a domain name"),
            ({"pattern": "evil..example"}, "pattern", "is not a domain name"),
            ({"pattern": "a@evil.example"}, "pattern", "is not a domain name"),
            ({"pattern": "bücher.example"}, "pattern", "write an international name in its xn-- form"),
            ({"pattern_type": "EMAIL"}, "pattern", "'evil.example' is not an e-mail address (pattern_type EMAIL)"),
            ({"pattern_type": "EMAIL", "pattern": "a b@evil.example"}, "pattern", "is not an e-mail address"),
            ({"pattern_type": "IP"}, "pattern", "is not an IP address or CIDR block (pattern_type IP)"),
            ({"pattern_type": "IP", "pattern": "192.0.2.0/33"}, "pattern", "is not an IP address or CIDR block"),
            ({"pattern_type": "IP", "pattern": "192.0.2.0/255.255.255.0"}, "pattern", "is not an IP address or CIDR"),
            ({"pattern_type": "IP", "pattern": "2001:db8::1%eth0"}, "pattern", "has a zone id"),
            ({"pattern_type": "EMAIL", "pattern": "a@localhost"}, "pattern", "'localhost' is not a domain name"),
            ({"pattern_type": "EMAIL", "pattern": "a@bücher.example"}, "pattern", "name in its xn-- form"),
            ({"pattern_type": "EMAIL", "pattern": "jürgen@evil.example"}, "pattern", "must be in ASCII"),
            ({"is_regex": True, "pattern": "(evil"}, "pattern", "is not a regular expression: a ( is not closed"),
            ({"is_regex": True, "pattern": "*.evil.example"}, "pattern", "the * at character 1 has nothing to repeat"),
        ],
    )
    def test_a_bad_value_is_refused_by_property(
        self, account: Account, kind: str, arguments: dict[str, Any], name: str, said: str
    ) -> None:
        """The one property is named, and what is allowed is said."""
        reasons = account.resource(kind).refused(**{"pattern": "evil.example", "pattern_type": "DOMAIN", **arguments})
        assert list(reasons) == [name]
        assert said in reasons[name]

    @kinds
    @pytest.mark.parametrize(("address", "why"), REFUSED_ADDRESSES.items())
    def test_addresses_that_are_not_public_are_refused(
        self, account: Account, kind: str, address: str, why: str
    ) -> None:
        """The API takes public addresses only; the text says which kind this one is."""
        reason = account.resource(kind).refused(pattern=address, pattern_type="IP")["pattern"]
        assert address in reason
        assert why in reason
        assert "public addresses only" in reason

    @pytest.mark.parametrize("block", ["0.0.0.0/0", "8.0.0.0/6", "::/0", "2000::/3", "::ffff:0:0/96"])
    def test_blocks_agree_with_the_api(self, account: Account, block: str) -> None:
        """A block that holds refused addresses is refused at preview, and what is not, the API takes too."""
        resource = account.resource("block_sender")
        if block == "2000::/3":
            assert resource.up(pattern=block, pattern_type="IP") == "create"
        else:
            assert "public addresses only" in resource.refused(pattern=block, pattern_type="IP")["pattern"]

    @kinds
    @pytest.mark.parametrize(
        ("pattern", "pattern_type"),
        [
            ("evil.example", "DOMAIN"),
            ("a.b.c.evil.example", "DOMAIN"),
            ("xn--bcher-kva.example", "DOMAIN"),
            ("someone+tag@evil.example", "EMAIL"),
            ("192.0.2.1", "IP"),
            ("203.0.113.0/24", "IP"),
            ("2001:db8::/32", "IP"),
            ("::ffff:203.0.113.7", "IP"),
            ("x." * 100 + "example", "DOMAIN"),
        ],
    )
    def test_good_values_are_taken_by_the_api(
        self, account: Account, kind: str, pattern: str, pattern_type: str
    ) -> None:
        """What passes the preview passes the API, and settles at once."""
        resource = account.resource(kind)
        arguments = {"pattern": pattern, "pattern_type": pattern_type, "comments": "x" * 1024}
        resource.up(**arguments)
        account.restart()
        assert resource.refresh() == "same"
        assert resource.preview(**arguments) == "same"

    def test_a_regular_expression_may_be_anything_within_the_length(self, account: Account) -> None:
        """With `is_regex` the pattern is no address, and 1024 characters are allowed."""
        arguments = {"pattern": "x" * 1024, "pattern_type": "EMAIL", "is_regex": True}
        assert account.resource("block_sender").up(**arguments) == "create"

    @kinds
    def test_a_pattern_is_not_judged_before_is_regex_is_known(self, account: Account, kind: str) -> None:
        """An expression beside an `is_regex` that is another resource's output is not taken for a domain."""
        arguments = {"pattern": r".*\.evil\.example$", "pattern_type": "DOMAIN", "is_regex": unknown()}
        assert account.resource(kind).preview(**arguments) == "create"


class TestComparedFolded:
    """What is written is sent, and compared in one form."""

    @kinds
    @pytest.mark.parametrize(
        ("pattern", "pattern_type", "same"),
        [
            ("EVIL.Example", "DOMAIN", "evil.example"),
            ("Some.One@EVIL.Example", "EMAIL", "some.one@evil.example"),
            ("192.0.2.77/24", "IP", "192.0.2.0/24"),
            ("192.0.2.1/32", "IP", "192.0.2.1"),
            ("2001:DB8:0::1", "IP", "2001:db8::1"),
        ],
    )
    def test_another_spelling_is_no_change(
        self, account: Account, kind: str, pattern: str, pattern_type: str, same: str
    ) -> None:
        """The API gets what is written; another spelling, declared or stored, is no change and no other entry."""
        resource = account.resource(kind)
        resource.up(pattern=pattern, pattern_type=pattern_type)
        (entry,) = account.entries(resource.provider.setting.collection)
        assert entry["pattern"] == pattern
        assert resource.preview(pattern=same, pattern_type=pattern_type) == "same"
        account.change(resource.provider.setting.collection, resource.id, pattern=same)
        account.restart()
        resource.refresh()
        assert resource.preview(pattern=pattern, pattern_type=pattern_type) == "same"

    @kinds
    def test_another_spelling_is_found(self, account: Account, kind: str) -> None:
        """An entry that is stored in another spelling is refused with its id, or adopted without a write."""
        resource = account.resource(kind)
        resource.up(pattern="Some.One@EVIL.Example", pattern_type="EMAIL")
        (entry,) = account.entries(resource.provider.setting.collection)
        resource.destroy()
        (stored,) = account.seed(resource.provider.setting.collection, {**entry, "pattern": "some.one@evil.example"})
        account.restart()
        account.writes()
        again = account.resource(kind)
        with pytest.raises(EntryExistsError, match=str(stored["id"])):
            again.up(pattern="Some.One@EVIL.Example", pattern_type="EMAIL")
        again.up(pattern="Some.One@EVIL.Example", pattern_type="EMAIL", adopt=True)
        assert account.writes() == []

    @kinds
    @pytest.mark.parametrize("pattern_type", ["EMAIL", "DOMAIN", "IP"])
    def test_regular_expressions_keep_their_case(self, account: Account, kind: str, pattern_type: str) -> None:
        r"""`\S` is not `\s`."""
        resource = account.resource(kind)
        resource.up(pattern=r"\S+@Evil\.example", pattern_type=pattern_type, is_regex=True)
        assert resource.outputs["pattern"] == r"\S+@Evil\.example"


class TestNaturalKey:
    """Which entries are the same."""

    @both_contracts
    def test_pattern_and_type_together_are_the_key(self, account: Account) -> None:
        """The same pattern of another type is another entry."""
        account.resource("block_sender").up(pattern=r".*\.example", pattern_type="DOMAIN", is_regex=True)
        account.resource("block_sender").up(pattern=r".*\.example", pattern_type="EMAIL", is_regex=True)
        assert len(account.entries("block_senders")) == 2

    @both_contracts
    def test_an_address_in_another_spelling_is_the_same(self, account: Account) -> None:
        """What somebody entered as `192.0.2.1/32` is found, taken over, and no difference afterwards."""
        account.seed("block_senders", {"pattern": "192.0.2.1/32", "pattern_type": "IP"})
        arguments = {"pattern": "192.0.2.1", "pattern_type": "IP", "adopt": True}
        resource = account.resource("block_sender")
        resource.up(**arguments)
        assert account.writes() == []
        assert resource.preview(**arguments) == "same"

    def test_a_key_reads_as_type_and_pattern(self) -> None:
        """A key's text can be taken apart again, blanks in the pattern included."""
        key = ("EMAIL", "a pattern with blanks")
        assert SETTING.key_text(key) == "EMAIL a pattern with blanks"
        assert tuple(SETTING.fields_from_key(SETTING.key_text(key)).values()) == key


@both_contracts
def test_an_old_entry_of_unknown_type_can_be_read(account: Account) -> None:
    """`UNKNOWN` is shown as it is, though it can never be written."""
    (old,) = account.seed("block_senders", {"pattern": "Old", "pattern_type": "UNKNOWN"})
    resource = account.resource("block_sender")
    resource.id = str(old["id"])
    resource.refresh()
    assert resource.outputs["pattern_type"] == "UNKNOWN"
    assert resource.outputs["pattern"] == "Old"


def test_the_dashboards_csv(tmp_path: Path) -> None:
    """The columns of the dashboard's upload stand for the fields, so that its files need no edits."""
    path = tmp_path / "list.csv"
    path.write_text("Blocked_Sender, Blocked Sender Type, Is Regex, Notes\nevil.example, DOMAIN, false, fraud\n")
    assert plain_entries(SETTING, read_entries(path), None) == [
        {"pattern": "evil.example", "pattern_type": "DOMAIN", "is_regex": False, "comments": "fraud"}
    ]
