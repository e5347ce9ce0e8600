"""What is particular to protected domains."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pulumi_cloudflare_email_security import SeveralMatchesError, UnsupportedError
from pulumi_cloudflare_email_security.emulator import Request, Response
from support.accounts import Account, Managed, both_contracts, contract_2025, unknown

LISTS: dict[str, Any] = {
    "allowed_delivery_modes": ["DIRECT"],
    "drop_dispositions": ["SPAM"],
    "ip_restrictions": [],
    "regions": ["GLOBAL"],
}
WHOLE: dict[str, Any] = {"domain": "corp.example", **LISTS}
VERIFICATION = ("txt_record_name", "txt_record_value", "verification_status")


def onboarded(account: Account, **fields: Any) -> Managed:
    """A domain that is onboarded already, and a resource that does not manage it yet."""
    account.seed("domains", {**WHOLE, **fields})
    return account.resource("domain")


class TestValidation:
    """Bad values, refused at preview by property."""

    @pytest.mark.parametrize(
        ("arguments", "name", "said"),
        [
            ({"domain": "corp"}, "domain", "'corp' is not a domain name"),
            ({"allowed_delivery_modes": ["DIRECT", "SMTP"]}, "allowed_delivery_modes[1]", "DIRECT, BCC, JOURNAL, API"),
            ({"allowed_delivery_modes": "DIRECT"}, "allowed_delivery_modes", "must be a list"),
            ({"drop_dispositions": ["HAM"]}, "drop_dispositions[0]", "MALICIOUS, MALICIOUS-BEC, SUSPICIOUS, SPOOF"),
            ({"ip_restrictions": ["192.0.2.0/24", "nowhere"]}, "ip_restrictions[1]", "such as 192.0.2.0/24"),
            ({"regions": ["EU"]}, "regions[0]", "GLOBAL, AU, DE, IN, US"),
            ({"lookback_hops": 0}, "lookback_hops", "0 is not from 1 to 20"),
            ({"lookback_hops": 21}, "lookback_hops", "21 is not from 1 to 20"),
            ({"lookback_hops": 2.5}, "lookback_hops", "must be a whole number, not 2.5"),
            ({"lookback_hops": True}, "lookback_hops", "must be a whole number"),
            ({"lookback_hops": "3"}, "lookback_hops", "must be a whole number"),
            ({"transport": "mail"}, "transport", "'mail' is not a domain name"),
            ({"folder": "Spam"}, "folder", "must be one of AllItems, Inbox"),
            ({"integration_id": "5"}, "integration_id", "'5' is not a UUID"),
            ({"require_tls_inbound": "yes"}, "require_tls_inbound", "must be True or False"),
            ({"require_tls_outbound": 1}, "require_tls_outbound", "must be True or False"),
            ({"unprotect_on_delete": "yes"}, "unprotect_on_delete", "must be True or False"),
        ],
    )
    def test_a_bad_value_is_refused_by_property(
        self, account: Account, arguments: dict[str, Any], name: str, said: str
    ) -> None:
        """The one property is named, down to the item of a list, and what is allowed is said."""
        reasons = account.resource("domain").refused(**{**WHOLE, **arguments})
        assert list(reasons) == [name]
        assert said in reasons[name]

    @pytest.mark.parametrize(("name", "value"), [("folder", "Inbox"), ("transport", "mail.corp.example")])
    def test_a_field_of_another_delivery_mode_may_be_declared(self, account: Account, name: str, value: str) -> None:
        """No document refuses it, and an account may hold it from before its delivery mode was changed."""
        fields = {**WHOLE, "allowed_delivery_modes": ["BCC"], name: value}
        assert account.resource("domain").preview(**fields) == "create"

    @both_contracts
    def test_every_good_value_settles(self, account: Account) -> None:
        """Every optional argument at once passes the API, and neither up nor refresh finds a difference."""
        arguments = {
            "domain": "corp.example",
            "allowed_delivery_modes": ["RETRO_SCAN", "API", "DIRECT", "BCC", "JOURNAL"],
            "drop_dispositions": ["SPAM", "BULK", "SPAM"],
            "ip_restrictions": ["2001:DB8::/32", "192.0.2.1"],
            "regions": ["US", "DE"],
            "lookback_hops": 20,
            "transport": "Mail.Corp.Example",
            "folder": "AllItems",
            "integration_id": "A5DBB180-60EA-4578-84BB-D01A5D4E50C3",
            "require_tls_inbound": True,
            "require_tls_outbound": False,
        }
        resource = onboarded(account)
        resource.up(**arguments)
        account.restart()
        assert resource.refresh() == "same"
        assert resource.preview(**arguments) == "same"
        assert resource.outputs["ip_restrictions"] == ["192.0.2.1/32", "2001:DB8::/32"]


class TestOnboarding:
    """Domains that exist, and domains that do not."""

    @both_contracts
    def test_an_onboarded_domain_is_taken_over_unasked(self, account: Account) -> None:
        """Domains are onboarded elsewhere, so taking one over is the normal way; only the declared is changed."""
        resource = onboarded(account, domain="CORP.example", lookback_hops=7)
        assert resource.up(domain="corp.example", drop_dispositions=["BULK"]) == "create"
        assert account.writes() == [("PATCH domains", {"drop_dispositions": ["BULK"]})]
        assert account.entries("domains")[0]["lookback_hops"] == 7
        assert resource.preview(domain="corp.example", drop_dispositions=["BULK"]) == "same"
        assert (
            f"protected domain corp.example (id {resource.id}): the existing entry is taken (adopted)" in account.told
        )

    @both_contracts
    def test_fields_that_are_not_declared_may_change(self, account: Account) -> None:
        """Drift in what the program leaves out is shown and left alone."""
        resource = onboarded(account)
        resource.up(domain="corp.example", regions=["GLOBAL"])
        account.change("domains", resource.id, drop_dispositions=["BULK"], lookback_hops=2)
        account.restart()
        account.writes()
        assert resource.refresh() == "changed"
        assert resource.outputs["drop_dispositions"] == ["BULK"]
        assert resource.up(domain="corp.example", regions=["GLOBAL"]) == "same"
        assert account.writes() == []

    @both_contracts
    @pytest.mark.parametrize("left_out", LISTS)
    def test_what_a_create_lacks_is_said_at_preview(self, account: Account, left_out: str) -> None:
        """A domain that is not onboarded must be declared whole, or be onboarded first."""
        arguments = {name: value for name, value in WHOLE.items() if name != left_out}
        reasons = account.resource("domain", verify="true").refused(**arguments)
        assert list(reasons) == ["domain"]
        assert "corp.example is not onboarded yet" in reasons["domain"]
        assert "Cloudflare One dashboard" in reasons["domain"]
        assert f"declare {left_out} too" in reasons["domain"]

    @both_contracts
    def test_one_cause_is_one_error(self, account: Account) -> None:
        """A domain that is not onboarded is refused once, with all that a create would need."""
        reasons = account.resource("domain", verify="true").refused(domain="corp.example", drop_dispositions=["SPAM"])
        assert list(reasons) == ["domain"]
        assert "declare allowed_delivery_modes and ip_restrictions and regions too" in reasons["domain"]

    @both_contracts
    def test_one_cause_is_one_line_of_a_collection(self, account: Account) -> None:
        """Each domain that is not onboarded has a line, which names all that its create would need."""
        entries = {"corp.example": {}, "other.example": {"regions": ["DE"], "ip_restrictions": []}}
        (reason,) = account.resource("domains", verify="true").refused(entries=entries).values()
        assert reason.count("is not onboarded yet") == 2
        assert "declare allowed_delivery_modes and drop_dispositions too" in reason

    def test_a_domain_that_is_not_known_yet_is_not_looked_for(self, account: Account) -> None:
        """A domain that another resource names is looked for when that is done."""
        assert account.resource("domain").preview(domain=unknown()) == "create"
        assert account.asked() == 0

    @contract_2025
    def test_an_api_without_a_create_says_where_to_onboard(self, account: Account) -> None:
        """On a 2025 account the error names the domain, and where domains are onboarded."""
        with pytest.raises(UnsupportedError, match=r"onboard it first.*Cloudflare One dashboard") as caught:
            account.resource("domain").up(**WHOLE)
        assert "corp.example is not onboarded" in str(caught.value)

    @both_contracts
    def test_two_domains_of_one_name_are_refused(self, account: Account) -> None:
        """Even domains are not taken where there are two."""
        found = account.seed("domains", WHOLE, {**WHOLE, "domain": "Corp.Example"})
        with pytest.raises(SeveralMatchesError) as caught:
            account.resource("domain").up(**WHOLE)
        assert all(str(one["id"]) in str(caught.value) for one in found)

    @both_contracts
    def test_another_domain_is_another_resource(self, account: Account) -> None:
        """A changed name replaces; the same name in another case does not."""
        resource = onboarded(account)
        resource.up(domain="corp.example")
        account.seed("domains", {**WHOLE, "domain": "other.example"})
        account.restart()
        assert resource.preview(domain="CORP.example") == "same"
        old_id = resource.id
        assert resource.up(domain="other.example") == "replace"
        assert resource.id != old_id
        assert resource.outputs["domain"] == "other.example"

    def test_a_declared_field_that_somebody_emptied_is_put_back(self, account: Account) -> None:
        """Null in place of a declared value is drift, though the field cannot be cleared by a program."""
        resource = account.resource("domain")
        resource.up(**WHOLE, lookback_hops=3)
        account.change("domains", resource.id, lookback_hops=None)
        account.restart()
        account.writes()
        assert resource.refresh() == "changed"
        assert resource.up(**WHOLE, lookback_hops=3) == "update"
        assert account.writes() == [("PATCH domains", {"lookback_hops": 3})]


class TestDelete:
    """Unprotecting a domain cannot be undone."""

    @both_contracts
    def test_a_domain_stays_protected(self, account: Account) -> None:
        """Deleting the resource sends nothing, and tells what happened and how to unprotect."""
        resource = onboarded(account)
        resource.up(**WHOLE)
        account.told.clear()
        account.asked()
        resource.destroy()
        assert account.asked() == 0
        assert len(account.entries("domains")) == 1
        (told,) = account.told
        assert "protected domain corp.example stays protected" in told
        assert "unprotect_on_delete=True" in told

    @both_contracts
    def test_it_is_unprotected_where_that_was_applied_before(self, account: Account) -> None:
        """The agreement is an update that sends nothing; then the delete is real."""
        resource = onboarded(account)
        resource.up(**WHOLE)
        account.writes()
        assert resource.up(**WHOLE, unprotect_on_delete=True) == "update"
        assert account.writes() == []
        assert resource.outputs["unprotect_on_delete"] is True
        assert resource.preview(**WHOLE, unprotect_on_delete=True) == "same"
        resource.destroy()
        assert account.entries("domains") == []

    @both_contracts
    def test_the_agreement_survives_a_refresh_and_can_be_withdrawn(self, account: Account) -> None:
        """A refresh keeps it; a program that no longer says it takes it back."""
        resource = onboarded(account)
        resource.up(**WHOLE, unprotect_on_delete=True)
        account.change("domains", resource.id, drop_dispositions=["BULK"])
        account.restart()
        resource.refresh()
        assert resource.outputs["unprotect_on_delete"] is True
        resource.up(**WHOLE)
        resource.destroy()
        assert len(account.entries("domains")) == 1

    @both_contracts
    def test_an_unprotected_domain_that_is_gone_is_as_good_as_deleted(self, account: Account) -> None:
        """A 404 on delete is success."""
        resource = onboarded(account)
        resource.up(**WHOLE, unprotect_on_delete=True)
        account.remove("domains", resource.id)
        resource.destroy()
        assert resource.id == ""


class TestVerification:
    """The TXT record that proves the ownership of a new domain."""

    def test_a_created_domain_has_its_record_as_outputs(self, account: Account) -> None:
        """A program can feed a DNS record with them."""
        resource = account.resource("domain")
        resource.up(**WHOLE)
        assert resource.outputs["txt_record_name"] == "_cf-email-sec-challenge.corp.example"
        assert resource.outputs["txt_record_value"].startswith("cf-email-security-verification=")
        assert resource.outputs["verification_status"] == "PENDING"

    def test_refreshes_are_quiet_until_it_ends(self, account: Account) -> None:
        """Counters and check times never show; the end of the verification shows once."""
        resource = account.resource("domain")
        resource.up(**WHOLE)
        record = resource.outputs["txt_record_value"]
        for step in ("same", "same"):
            account.restart()
            assert resource.refresh() == step
        account.change("domains", resource.id, status="ACTIVE")
        account.restart()
        assert resource.refresh() == "changed"
        assert resource.outputs["verification_status"] == "ACTIVE"
        assert resource.outputs["txt_record_value"] == record
        assert resource.preview(**WHOLE) == "same"

    def test_a_create_does_not_fail_for_want_of_the_record(self, account: Account) -> None:
        """A domain that was created is in the state, though the record could not be read; a refresh fetches it."""
        account.fail("server_error", "GET domains/{id}/verification", times=20)
        resource = account.resource("domain")
        resource.up(**WHOLE)
        account.emulator.clear_faults()
        account.restart()
        assert resource.refresh() == "changed"
        assert resource.outputs["verification_status"] == "PENDING"

    def test_an_ended_verification_is_not_asked_for_again(self, account: Account) -> None:
        """A refresh of a verified domain costs no further request."""
        resource = onboarded(account, status="PENDING")
        resource.up(**WHOLE)
        account.change("domains", resource.id, status="ACTIVE")
        account.restart()
        assert resource.refresh() == "changed"
        account.restart()
        account.asked()
        assert resource.refresh() == "same"
        assert account.asked() == 1

    def test_a_domain_that_is_only_read_has_them_too(self, account: Account) -> None:
        """`Domain.get` gives the record of a domain that this program does not manage."""
        (found,) = account.seed("domains", {**WHOLE, "status": "PENDING"})
        resource = account.resource("domain")
        resource.id = str(found["id"])
        resource.refresh()
        assert resource.outputs.keys() >= set(VERIFICATION)

    @contract_2025
    def test_an_api_without_verification_has_no_such_outputs(self, account: Account) -> None:
        """On a 2025 account they are simply not there."""
        resource = onboarded(account)
        resource.up(**WHOLE)
        assert not resource.outputs.keys() & set(VERIFICATION)
        account.restart()
        assert resource.refresh() == "same"

    @both_contracts
    def test_fields_that_change_by_themselves_are_no_outputs(self, account: Account) -> None:
        """Counters, checks and authorisation are for `get_domain`."""
        resource = onboarded(account)
        resource.up(**WHOLE)
        volatile = {"emails_processed", "authorization", "dmarc_status", "spf_status", "status"}
        assert not resource.outputs.keys() & volatile


class TestIpRestrictions:
    """The 2025 contract's published descriptions want them in every PATCH."""

    @pytest.mark.parametrize("live", [["192.0.2.0/24"], []])
    @contract_2025
    def test_those_of_the_live_domain_are_sent_where_the_api_wants_them(
        self, account: Account, live: list[str]
    ) -> None:
        """The refused PATCH is sent again with what the domain has, so that nothing else changes."""

        def wants_them(request: Request) -> Response | None:
            if request.method != "PATCH" or "ip_restrictions" in json.loads(request.body):
                return None
            error = {"code": 400, "message": "required", "source": {"pointer": "/ip_restrictions"}}
            return Response(400, {}, json.dumps({"success": False, "errors": [error], "result": None}).encode())

        account.emulator.instead = wants_them
        resource = onboarded(account, ip_restrictions=live)
        resource.up(domain="corp.example", drop_dispositions=["BULK"])
        assert account.writes() == [
            ("PATCH domains", {"drop_dispositions": ["BULK"]}),
            ("PATCH domains", {"drop_dispositions": ["BULK"], "ip_restrictions": live}),
        ]
        (domain,) = account.entries("domains")
        assert (domain["drop_dispositions"], domain["ip_restrictions"]) == (["BULK"], live)
