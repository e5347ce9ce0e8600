"""The life of one entry, the same for every setting on either contract."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from pulumi.output import Unknown

from pulumi_cloudflare_email_security import (
    AmbiguousError,
    AuthenticationError,
    EntryExistsError,
    NoSuchRouteError,
    NotFoundError,
    ServerError,
    SeveralMatchesError,
)
from pulumi_cloudflare_email_security.client import listing
from pulumi_cloudflare_email_security.client.errors import ConflictError
from pulumi_cloudflare_email_security.emulator import Response
from support.accounts import Account, both_contracts, unknown
from support.samples import SAMPLES, Sample, entry, with_accounts

REMARKED = [sample for sample in SAMPLES if sample.remark]
# A Domain takes over what exists, always: see tests/settings/test_domain.py.
ASKING = [sample for sample in SAMPLES if sample.kind != "domain"]
PATTERNED = [sample for sample in ASKING if sample.remark and "pattern" in sample.body]
CASELESS = [sample for sample in ASKING if sample.kind not in {"content_policy", "url_ignore_pattern"}]

FOREIGN_ID = "3c0d0b1e-0000-4000-8000-000000000000"
LOST_ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "cut after": {"kind": "cut_after"},
    "cut before": {"kind": "cut_before"},
    "500 applied": {"kind": "server_error", "applied": True},
    "502 HTML applied": {"kind": "server_error", "status": 502, "body": "html", "applied": True},
    "503 empty, not applied": {"kind": "server_error", "status": 503, "body": "empty"},
    "malformed": {"kind": "malformed"},
    "half an answer": {"kind": "half_answer"},
}
lost_answers = pytest.mark.parametrize("fault", LOST_ANSWERS.values(), ids=LOST_ANSWERS.keys())


def live(account: Account, sample: Sample) -> dict[str, Any]:
    """The declared fields of the one live entry."""
    found = entry(account, sample)
    return {name: found[name] for name in sample.body}


def exactly(value: object) -> str:
    """A value as JSON writes it, so that 3 is not 3.0."""
    return json.dumps(value, sort_keys=True)


class TestCreate:
    """A resource that is declared for the first time."""

    @with_accounts(creatable=True)
    def test_sends_declared_values_in_normal_form_with_defaults(self, sample: Sample, account: Account) -> None:
        """One request goes out, with what the program said and the documented defaults."""
        resource = account.resource(sample.kind)
        assert resource.up(**sample.minimal) == "create"
        assert account.writes() == [(f"POST {sample.collection}", dict(sample.body))]
        assert resource.id == str(entry(account, sample)["id"])

    @with_accounts()
    def test_outputs_are_the_answered_fields(self, sample: Sample, account: Account) -> None:
        """The outputs hold the live values, the times under one name on both contracts, and the account."""
        resource = sample.declared(account)
        resource.up(**sample.minimal)
        assert {name: resource.outputs[name] for name in sample.body} == dict(sample.body)
        modified = "last_modified" if account.contract == "2025" else "modified_at"
        assert resource.outputs["modified_at"] == entry(account, sample)[modified]
        assert resource.outputs["created_at"] == entry(account, sample)["created_at"]
        assert resource.outputs["account_id"] == account.id

    @with_accounts(contracts=("2026",))
    def test_odd_answers_are_shown_as_they_are(self, sample: Sample, account: Account) -> None:
        """Unknown fields in an answer are passed over, and values of an odd type do no harm."""
        resource = sample.declared(account)
        resource.up(**sample.minimal)
        account.restart()
        odd = {**dict.fromkeys(sample.body, 5), "id": resource.id, "sparkle": "new"}
        envelope = {"success": True, "errors": [], "messages": [], "result": odd}
        account.emulator.instead = lambda _request: Response(200, {}, json.dumps(envelope).encode())
        assert resource.refresh() == "changed"
        assert "sparkle" not in resource.outputs
        assert {resource.outputs[name] for name in sample.body} == {5}


class TestNoChange:
    """A program that says the same again."""

    @with_accounts()
    def test_up_preview_refresh_preview_is_empty(self, sample: Sample, account: Account) -> None:
        """Neither a second up nor a refresh finds anything to do, however the values are spelt."""
        resource = sample.declared(account)
        resource.up(**sample.minimal)
        account.writes()
        in_normal_form = {name: sample.body[name] for name in sample.minimal}
        for arguments in (sample.minimal, in_normal_form):
            assert resource.preview(**arguments) == "same"
            assert resource.up(**arguments) == "same"
            account.restart()
            assert resource.refresh() == "same"
            assert resource.preview(**arguments) == "same"
        assert account.writes() == []

    @with_accounts()
    def test_the_same_holds_with_every_argument_set(self, sample: Sample, account: Account) -> None:
        """Optional arguments and a remark bring no perpetual diff either."""
        remark = {sample.remark: "a remark"} if sample.remark else {}
        arguments = {**sample.minimal, **sample.change, **remark}
        resource = sample.declared(account)
        resource.up(**arguments)
        account.restart()
        assert resource.refresh() == "same"
        assert resource.preview(**arguments) == "same"

    @with_accounts(REMARKED)
    def test_an_empty_remark_is_no_remark(self, sample: Sample, account: Account) -> None:
        """A program that clears what was never there changes nothing, at the first up or later."""
        assert sample.remark
        resource = sample.declared(account)
        resource.up(**sample.minimal, **{sample.remark: ""})
        assert account.writes() == [(f"POST {sample.collection}", dict(sample.body))]
        assert resource.up(**sample.minimal, **{sample.remark: ""}) == "same"
        assert resource.refresh() == "same"
        assert resource.up(**sample.minimal) == "same"


class TestUpdate:
    """A program that says something else."""

    @with_accounts()
    def test_patches_only_what_changed(self, sample: Sample, account: Account) -> None:
        """The PATCH holds the changed fields and no others, whole numbers as such."""
        resource = sample.declared(account)
        resource.up(**sample.minimal)
        account.writes()
        assert resource.up(**{**sample.minimal, **sample.change}) == "update"
        (patch,) = account.writes()
        assert exactly(patch) == exactly((f"PATCH {sample.collection}", dict(sample.change)))
        assert resource.outputs.items() >= sample.change.items()
        assert resource.preview(**{**sample.minimal, **sample.change}) == "same"

    @with_accounts(REMARKED)
    @pytest.mark.parametrize("clearing", ["empty", "dropped"])
    def test_null_clears_a_remark(self, sample: Sample, account: Account, clearing: str) -> None:
        """A remark goes when the program empties it and when it no longer mentions it."""
        assert sample.remark
        resource = sample.declared(account)
        resource.up(**sample.minimal, **{sample.remark: "for people"})
        account.writes()
        assert resource.up(**sample.minimal, **({sample.remark: ""} if clearing == "empty" else {})) == "update"
        assert account.writes() == [(f"PATCH {sample.collection}", {sample.remark: None})]
        assert resource.refresh() == "same"

    @pytest.mark.parametrize(
        ("kind", "optional"), [("domain", {"lookback_hops": 5}), ("impersonation_registry_entry", {"directory_id": 5})]
    )
    def test_a_dropped_argument_is_left_as_it_is(
        self, account: Account, kind: str, optional: Mapping[str, int]
    ) -> None:
        """What cannot be cleared stays, and is no longer managed: drift in it changes nothing."""
        (sample,) = (sample for sample in SAMPLES if sample.kind == kind)
        ((name, value),) = optional.items()
        resource = sample.declared(account)
        resource.up(**sample.minimal, **optional)
        account.writes()
        resource.up(**sample.minimal)
        assert account.writes() == []
        assert entry(account, sample)[name] == value
        account.change(sample.collection, resource.id, **{name: 6})
        account.restart()
        resource.refresh()
        assert resource.up(**sample.minimal) == "same"

    @with_accounts()
    def test_an_entry_that_is_gone_asks_for_a_refresh(self, sample: Sample, account: Account) -> None:
        """Updating what somebody deleted says so, names the entry and the way out."""
        resource = sample.declared(account)
        resource.up(**sample.minimal)
        account.remove(sample.collection, resource.id)
        with pytest.raises(NotFoundError, match=r"deleted by someone else.*pulumi refresh") as caught:
            resource.up(**{**sample.minimal, **sample.change})
        assert resource.id in str(caught.value)

    @with_accounts(ASKING)
    def test_a_natural_key_that_another_entry_has_is_refused(self, sample: Sample, account: Account) -> None:
        """Renaming an entry to one that exists fails with that one's id, and changes nothing."""
        (existing,) = account.seed(sample.collection, sample.body)
        resource = account.resource(sample.kind)
        resource.up(**sample.other)
        before = account.entries(sample.collection)
        with pytest.raises(EntryExistsError, match=str(existing["id"])):
            resource.up(**sample.minimal)
        assert account.entries(sample.collection) == before


class TestRead:
    """A refresh."""

    @with_accounts()
    def test_drift_comes_back_as_inputs_and_is_put_right(self, sample: Sample, account: Account) -> None:
        """What somebody changed shows in outputs and inputs, as a change at the next preview, and `up` undoes it."""
        resource = sample.declared(account)
        resource.up(**sample.minimal)
        account.change(sample.collection, resource.id, **sample.drift)
        account.restart()
        account.writes()
        assert resource.refresh() == "changed"
        assert resource.outputs.items() >= sample.drift.items()
        assert resource.inputs.items() >= sample.drift.items()
        assert resource.up(**sample.minimal) == "update"
        repaired = {name: sample.body[name] for name in sample.drift}
        assert account.writes() == [(f"PATCH {sample.collection}", repaired)]
        assert live(account, sample) == dict(sample.body)

    @with_accounts()
    def test_drift_can_be_accepted(self, sample: Sample, account: Account) -> None:
        """A program that says what is there now changes nothing after a refresh."""
        resource = sample.declared(account)
        resource.up(**sample.minimal)
        account.change(sample.collection, resource.id, **sample.drift)
        account.restart()
        account.writes()
        resource.refresh()
        assert resource.up(**{**sample.minimal, **sample.drift}) == "same"
        assert account.writes() == []

    @with_accounts(REMARKED)
    def test_what_the_program_never_set_is_left_alone(self, sample: Sample, account: Account) -> None:
        """A remark made in the dashboard is shown, and no reason to change anything."""
        assert sample.remark
        resource = sample.declared(account)
        resource.up(**sample.minimal)
        account.change(sample.collection, resource.id, **{sample.remark: "made by hand"})
        account.restart()
        account.writes()
        assert resource.refresh() == "changed"
        assert resource.outputs[sample.remark] == "made by hand"
        assert resource.up(**sample.minimal) == "same"
        assert account.writes() == []

    @with_accounts(REMARKED)
    def test_a_remark_cleared_by_hand_is_drift(self, sample: Sample, account: Account) -> None:
        """A declared remark that is gone shows as empty, and is put back."""
        assert sample.remark
        remark = {sample.remark: "for people"}
        resource = sample.declared(account)
        resource.up(**sample.minimal, **remark)
        account.change(sample.collection, resource.id, **{sample.remark: None})
        account.restart()
        account.writes()
        assert resource.refresh() == "changed"
        assert resource.inputs[sample.remark] == ""
        assert resource.up(**sample.minimal, **remark) == "update"
        assert account.writes() == [(f"PATCH {sample.collection}", remark)]

    @with_accounts(creatable=True)
    def test_a_deleted_entry_is_gone_and_made_anew(self, sample: Sample, account: Account) -> None:
        """What somebody deleted is dropped from the state, and the next up creates it again."""
        resource = account.resource(sample.kind)
        resource.up(**sample.minimal)
        account.remove(sample.collection, resource.id)
        account.restart()
        assert resource.refresh() == "gone"
        assert resource.up(**sample.minimal) == "create"
        assert live(account, sample) == dict(sample.body)

    @with_accounts(contracts=("2026",))
    @pytest.mark.parametrize("answer", [Response(404, {}, b"<html>nginx</html>"), Response(403, {}, b"")])
    def test_an_unreadable_answer_never_means_gone(self, sample: Sample, account: Account, answer: Response) -> None:
        """A proxy's 404 or a refusal is an error: nothing is dropped from the state."""
        resource = sample.declared(account)
        resource.up(**sample.minimal)
        account.restart()
        account.emulator.instead = lambda _request: answer
        with pytest.raises((NoSuchRouteError, AuthenticationError)):
            resource.refresh()

    @pytest.mark.parametrize(("account", "foreign"), [("2025", FOREIGN_ID), ("2026", "4711")], indirect=["account"])
    def test_an_id_of_the_other_contract_does_not_make_the_collection_missing(
        self, account: Account, foreign: str
    ) -> None:
        """State from before the account's API changed holds ids that the API cannot route; the collection is there."""
        resource = account.resource("block_sender")
        resource.up(pattern="evil.example", pattern_type="DOMAIN")
        resource.id = foreign
        account.restart()
        assert resource.refresh() == "same"
        (stored,) = account.emulator.entries(account.id, "block_senders")
        assert resource.id == str(stored["id"])

    @with_accounts()
    def test_an_entry_can_be_read_by_its_id_alone(self, sample: Sample, account: Account) -> None:
        """`Resource.get` shows every field without having declared one."""
        (found,) = account.seed(sample.collection, sample.body)
        resource = account.resource(sample.kind)
        resource.id = str(found["id"])
        assert resource.refresh() == "changed"
        assert resource.outputs.items() >= sample.body.items()


class TestDelete:
    """A resource that the program no longer has."""

    @with_accounts(ASKING)
    def test_deletes_the_entry(self, sample: Sample, account: Account) -> None:
        """The one entry goes."""
        resource = account.resource(sample.kind)
        resource.up(**sample.minimal)
        account.seed(sample.collection, {**sample.body, **sample.other})
        account.writes()
        id_ = resource.id
        resource.destroy()
        assert account.writes() == [(f"DELETE {sample.collection}", None)]
        assert [str(left["id"]) != id_ for left in account.entries(sample.collection)] == [True]

    @with_accounts(ASKING)
    def test_what_is_gone_already_is_as_good_as_deleted(self, sample: Sample, account: Account) -> None:
        """Destroying a stack whose entries somebody deleted succeeds."""
        resource = account.resource(sample.kind)
        resource.up(**sample.minimal)
        account.remove(sample.collection, resource.id)
        resource.destroy()
        assert account.entries(sample.collection) == []


class TestReplace:
    """Changes that make another entry of it."""

    @with_accounts(creatable=True)
    def test_another_account_is_another_entry(self, sample: Sample, account: Account) -> None:
        """The entry is made in the new account and, but for domains, deleted in the old one."""
        resource = account.resource(sample.kind)
        resource.up(**sample.minimal)
        elsewhere = "f" * 32
        assert resource.up(**sample.minimal, account_id=elsewhere) == "replace"
        assert len(account.emulator.entries(elsewhere, sample.collection)) == 1
        assert len(account.entries(sample.collection)) == (1 if sample.kind == "domain" else 0)
        assert resource.outputs["account_id"] == elsewhere

    @with_accounts(creatable=True)
    def test_a_configured_account_that_changes_is_one_too(self, sample: Sample, account: Account) -> None:
        """The account is filled in at check, so that changing the configuration shows as a replacement."""
        resource = account.resource(sample.kind)
        resource.up(**sample.minimal)
        resource.provider = account.resource(sample.kind, accountId="e" * 32).provider
        assert resource.preview(**sample.minimal) == "replace"


class TestUnknown:
    """Values that a preview does not know yet."""

    @with_accounts(contracts=("2026",))
    def test_each_argument_may_be_unknown(self, sample: Sample, account: Account) -> None:
        """An unknown is left out of validation and put back, on a first preview and on a later one."""
        first, later = account.resource(sample.kind), account.resource(sample.kind)
        later.up(**sample.minimal)
        for name in (*sample.minimal, *sample.change):
            for resource, step in ((first, "create"), (later, "update")):
                arguments = {**sample.minimal, name: unknown()}
                assert isinstance(resource.check(**arguments)[name], Unknown)
                expected = "replace" if (step, name, sample.kind) == ("update", "domain", "domain") else step
                assert resource.preview(**arguments) == expected

    @with_accounts(contracts=("2026",))
    def test_an_unknown_within_a_list_is_left_in_its_place(self, sample: Sample, account: Account) -> None:
        """A list of which one item is unknown passes validation."""
        resource = account.resource(sample.kind)
        for name, value in sample.minimal.items():
            if isinstance(value, list):
                checked = resource.check(**{**sample.minimal, name: [*value, unknown()]})
                assert isinstance(checked[name][-1], Unknown)

    @with_accounts(contracts=("2026",))
    def test_the_rest_is_validated_all_the_same(self, sample: Sample, account: Account) -> None:
        """An unknown natural key does not hide a mistake beside it."""
        keys = dict.fromkeys(sample.key, unknown())
        reasons = account.resource(sample.kind).refused(**{**sample.minimal, **keys, "sparkle": 1})
        assert list(reasons) == ["sparkle"]

    @with_accounts(contracts=("2026",))
    def test_the_account_may_be_unknown(self, sample: Sample, account: Account) -> None:
        """An account that another resource makes is known only when that is done; nothing is sent before."""
        resource = account.resource(sample.kind)
        assert resource.preview(**sample.minimal, account_id=unknown()) == "create"
        assert account.asked() == 0


class TestArguments:
    """What is refused at preview, whatever the setting."""

    @with_accounts(contracts=("2026",))
    def test_an_unknown_argument_names_the_one_that_was_meant(self, sample: Sample, account: Account) -> None:
        """A misspelt argument is refused with the nearest one."""
        name = next(iter(sample.minimal))
        reasons = account.resource(sample.kind).refused(**sample.minimal, **{f"{name}x": 1})
        assert reasons == {f"{name}x": f"unknown argument: did you mean {name!r}?"}

    @with_accounts(contracts=("2026",))
    def test_an_argument_like_no_other_gets_the_list(self, sample: Sample, account: Account) -> None:
        """Where nothing is near, all there are are named."""
        reason = account.resource(sample.kind).refused(**sample.minimal, qqqqqqqq=1)["qqqqqqqq"]
        assert reason.startswith("unknown argument: there are ")
        assert all(name in reason for name in sample.minimal)

    @with_accounts(contracts=("2026",))
    def test_required_arguments_are_named(self, sample: Sample, account: Account) -> None:
        """A program that says nothing hears of every required argument."""
        required = {name for name, field in sample.setting.schema.api_fields.items() if field.required}
        reasons = account.resource(sample.kind).refused()
        assert reasons == dict.fromkeys(required, "is required")
        assert required

    @with_accounts(contracts=("2026",))
    def test_answered_fields_cannot_be_declared(self, sample: Sample, account: Account) -> None:
        """Ids and times are the API's."""
        reasons = account.resource(sample.kind).refused(**sample.minimal, created_at="2026-01-01T00:00:00Z", id="5")
        assert reasons.keys() == {"created_at", "id"}

    @with_accounts(contracts=("2026",))
    def test_nothing_is_sent_for_a_mistake(self, sample: Sample, account: Account) -> None:
        """Validation needs no request."""
        account.resource(sample.kind).refused(**sample.minimal, sparkle=1)
        assert account.asked() == 0

    def test_a_missing_account_names_the_three_ways_to_give_one(self, account: Account) -> None:
        """Without an account the argument, the configuration key and the variable are named."""
        config = {"cloudflare-email-security:apiToken": "tok"}
        resource = account.resource("block_sender")
        resource.provider = account.provider("block_sender", config)
        reason = resource.refused(pattern="a.example", pattern_type="DOMAIN")["account_id"]
        assert "account_id=" in reason
        assert "cloudflare-email-security:accountId" in reason
        assert "CLOUDFLARE_ACCOUNT_ID" in reason

    def test_missing_credentials_name_the_ways_to_give_them(self, account: Account) -> None:
        """Without a token the configuration key and the variable are named."""
        resource = account.resource("block_sender")
        resource.provider = account.provider("block_sender", {"cloudflare-email-security:accountId": account.id})
        reason = resource.refused(pattern="a.example", pattern_type="DOMAIN")[""]
        assert "cloudflare-email-security:apiToken" in reason
        assert "CLOUDFLARE_API_TOKEN" in reason

    def test_a_base_url_that_would_expose_the_token_is_refused(self, account: Account) -> None:
        """Plain http to another machine is refused at preview, without the token in the text."""
        config = {
            "cloudflare-email-security:apiToken": "s3cret-token",
            "cloudflare-email-security:accountId": account.id,
            "cloudflare-email-security:baseUrl": "http://api.example/client/v4",
        }
        resource = account.resource("block_sender")
        resource.provider = account.provider("block_sender", config)
        reason = resource.refused(pattern="a.example", pattern_type="DOMAIN")[""]
        assert "https" in reason
        assert "s3cret" not in reason

    @pytest.mark.parametrize("value", ["../other", "a b", 5, ""])
    def test_an_account_id_must_look_like_one(self, account: Account, value: object) -> None:
        """What cannot be an account id is refused by name."""
        resource = account.resource("block_sender")
        assert list(resource.refused(pattern="a.example", pattern_type="DOMAIN", account_id=value)) == ["account_id"]

    def test_adopt_must_be_a_boolean(self, account: Account) -> None:
        """A word is not taken for an agreement."""
        reasons = account.resource("block_sender").refused(pattern="a.example", pattern_type="DOMAIN", adopt="no")
        assert reasons == {"adopt": "must be True or False"}


class TestUnsupported:
    """Settings that accounts of the 2025 contract do not have."""

    @pytest.mark.parametrize("account", ["2025"], indirect=True)
    @pytest.mark.parametrize(
        ("kind", "title"),
        [
            ("content_policy", "content policies"),
            ("sending_domain_restriction", "sending domain restrictions"),
            ("url_ignore_pattern", "url ignore patterns"),
        ],
    )
    def test_one_clear_error_says_that_the_account_has_none(self, account: Account, kind: str, title: str) -> None:
        """Creating and reading say what this account's API does not have."""
        (sample,) = (sample for sample in SAMPLES if sample.kind == kind)
        resource = account.resource(kind)
        with pytest.raises(NoSuchRouteError, match=f"this account's API has no {title}"):
            resource.up(**sample.minimal)
        resource.id = "1"
        with pytest.raises(NoSuchRouteError, match=f"this account's API has no {title}"):
            resource.refresh()


class TestAdoption:
    """Entries that exist already."""

    @with_accounts(ASKING)
    def test_an_existing_entry_is_refused_with_its_id_and_the_way_out(self, sample: Sample, account: Account) -> None:
        """Without being asked nothing is taken over and nothing is written."""
        (found,) = account.seed(sample.collection, sample.body)
        with pytest.raises(EntryExistsError, match=r"adopt=True.*cloudflare-email-security:adopt") as caught:
            account.resource(sample.kind).up(**sample.minimal)
        assert f"(id {found['id']})" in str(caught.value)
        assert account.writes() == []

    @with_accounts(ASKING)
    @pytest.mark.parametrize("how", ["argument", "configuration"])
    def test_adopting_converges_in_one_up(self, sample: Sample, account: Account, how: str) -> None:
        """The entry is taken over, brought to the declared values with one PATCH, and the user told."""
        remark = {sample.remark: "ours"} if sample.remark else {}
        (found,) = account.seed(sample.collection, sample.body)
        resource = account.resource(sample.kind, **({"adopt": "true"} if how == "configuration" else {}))
        arguments = {**sample.minimal, **remark, **({"adopt": True} if how == "argument" else {})}
        assert resource.up(**arguments) == "create"
        assert resource.id == str(found["id"])
        assert account.writes() == [(f"PATCH {sample.collection}", remark)]
        assert resource.preview(**arguments) == "same"
        assert resource.refresh() == "same"
        assert resource.id in account.told[-1]

    @with_accounts(ASKING, contracts=("2026",))
    def test_an_equal_entry_is_adopted_without_a_write(self, sample: Sample, account: Account) -> None:
        """Where nothing differs nothing is sent."""
        account.seed(sample.collection, sample.body)
        account.resource(sample.kind).up(**sample.minimal, adopt=True)
        assert account.writes() == []

    @with_accounts(ASKING, contracts=("2026",))
    def test_a_resource_may_refuse_what_the_configuration_allows(self, sample: Sample, account: Account) -> None:
        """`adopt=False` wins over the configuration."""
        account.seed(sample.collection, sample.body)
        with pytest.raises(EntryExistsError):
            account.resource(sample.kind, adopt="true").up(**sample.minimal, adopt=False)

    @with_accounts(ASKING)
    @pytest.mark.parametrize("adopt", [True, False])
    def test_two_matches_are_refused_with_both_ids(self, sample: Sample, account: Account, adopt: bool) -> None:
        """Nobody can tell which of two is meant, so none is taken."""
        found = account.seed(sample.collection, sample.body, sample.body)
        with pytest.raises(SeveralMatchesError) as caught:
            account.resource(sample.kind).up(**sample.minimal, adopt=adopt)
        assert all(str(one["id"]) in str(caught.value) for one in found)
        assert account.writes() == []

    @with_accounts(CASELESS)
    def test_an_entry_in_another_case_is_the_same(self, sample: Sample, account: Account) -> None:
        """What was entered as `EVIL.Example` by hand is found, and not made a second time."""
        (name,) = (name for name in sample.key if name in {"pattern", "email", "domain"})
        local, at, domain = sample.key[name].rpartition("@")
        account.seed(sample.collection, {**sample.body, name: f"{local}{at}{domain.upper()}"})
        resource = account.resource(sample.kind)
        resource.up(**sample.minimal, adopt=True)
        assert len(account.entries(sample.collection)) == 1
        assert resource.preview(**sample.minimal, adopt=True) == "same"

    @with_accounts(CASELESS, contracts=("2026",))
    def test_an_entry_in_another_case_is_found_in_a_long_list_too(
        self, sample: Sample, account: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where the list is too long to be read for one entry, the API's refusal of the duplicate leads to it."""
        monkeypatch.setattr(listing, "SMALL_LIST_PAGES", 0)
        (name,) = (name for name in sample.key if name in {"pattern", "email", "domain"})
        local, at, domain = sample.key[name].rpartition("@")
        (found,) = account.seed(sample.collection, {**sample.body, name: f"{local}{at}{domain.upper()}"})
        with pytest.raises(EntryExistsError) as caught:
            account.resource(sample.kind).up(**sample.minimal)
        assert f"(id {found['id']})" in str(caught.value)
        resource = account.resource(sample.kind)
        resource.up(**sample.minimal, adopt=True)
        assert resource.id == str(found["id"])

    @with_accounts(ASKING)
    @pytest.mark.parametrize("duplicates", ["conflict", "bad_request", "accept"])
    def test_however_the_api_answers_a_duplicate_none_is_made(
        self, sample: Sample, account: Account, duplicates: str
    ) -> None:
        """An entry that the list shows is never posted again, even where the API would take it."""
        account.emulator.answer_duplicates(duplicates)
        account.seed(sample.collection, sample.body)
        with pytest.raises(EntryExistsError):
            account.resource(sample.kind).up(**sample.minimal)
        account.resource(sample.kind).up(**sample.minimal, adopt=True)
        assert len(account.entries(sample.collection)) == 1

    @with_accounts(ASKING)
    @pytest.mark.parametrize("duplicates", ["conflict", "bad_request"])
    def test_an_entry_made_by_someone_else_a_moment_ago_is_not_ours(
        self, sample: Sample, account: Account, duplicates: str
    ) -> None:
        """An entry that appears between list and create is found by the API's refusal, and treated as any other."""
        account.emulator.answer_duplicates(duplicates)
        account.resource(sample.kind).up(**sample.other)
        (found,) = account.seed(sample.collection, sample.body)
        for _ in range(2):
            with pytest.raises(EntryExistsError) as caught:
                account.resource(sample.kind).up(**sample.minimal)
            assert f"(id {found['id']})" in str(caught.value)
        adopting = account.resource(sample.kind)
        adopting.up(**sample.minimal, adopt=True)
        assert adopting.id == str(found["id"])


class TestAmbiguousAnswers:
    """Answers that do not say whether a write was carried out."""

    @with_accounts(creatable=True)
    @lost_answers
    def test_a_create_makes_exactly_one_entry(self, sample: Sample, account: Account, fault: Mapping[str, Any]) -> None:
        """Whether the lost create was carried out or not, one entry exists afterwards and the state has it."""
        account.fail(operation=f"POST {sample.collection}", **fault)
        resource = account.resource(sample.kind)
        resource.up(**sample.minimal)
        assert resource.id == str(entry(account, sample)["id"])
        assert live(account, sample) == dict(sample.body)
        assert resource.preview(**sample.minimal) == "same"

    @with_accounts(creatable=True, contracts=("2026",))
    def test_a_create_that_the_api_would_take_twice_is_not_repeated_blindly(
        self, sample: Sample, account: Account
    ) -> None:
        """Even an API that accepts duplicates ends with one entry."""
        account.emulator.answer_duplicates("accept")
        account.fail("cut_after", f"POST {sample.collection}")
        account.resource(sample.kind).up(**sample.minimal)
        assert len(account.writes()) == 1
        assert live(account, sample) == dict(sample.body)

    @with_accounts(creatable=True, contracts=("2026",), duplicates="accept")
    @pytest.mark.parametrize(
        "fault",
        [
            {"kind": "cut_after", "late": 6.0},
            {"kind": "server_error", "status": 502, "body": "html", "applied": True, "late": 6.0},
        ],
        ids=["cut", "502 HTML"],
    )
    def test_a_create_that_is_carried_out_later_is_not_sent_again(
        self, sample: Sample, account: Account, fault: Mapping[str, Any]
    ) -> None:
        """Where the API did not say itself that it failed it may be at work still."""
        account.fail(operation=f"POST {sample.collection}", **fault)
        resource = account.resource(sample.kind)
        resource.up(**sample.minimal)
        assert len(account.writes()) == 1
        assert resource.id == str(entry(account, sample)["id"])

    @with_accounts(creatable=True, contracts=("2026",))
    def test_a_create_whose_answer_takes_too_long_is_looked_for(self, sample: Sample, account: Account) -> None:
        """A time-out after the API acted ends with the entry in the state, and is not sent again."""
        account.fail("slow", f"POST {sample.collection}", delay=600.0)
        resource = account.resource(sample.kind)
        resource.up(**sample.minimal)
        assert len(account.writes()) == 1
        assert resource.id == str(entry(account, sample)["id"])

    @with_accounts(creatable=True, contracts=("2026",))
    def test_a_create_that_keeps_failing_ends_in_its_error(self, sample: Sample, account: Account) -> None:
        """The API's own words are raised after a few attempts, and a later run succeeds."""
        account.fail("server_error", f"POST {sample.collection}", times=3)
        resource = account.resource(sample.kind)
        with pytest.raises(ServerError, match=r"500.*Internal error"):
            resource.up(**sample.minimal)
        assert account.entries(sample.collection) == []
        resource.up(**sample.minimal)
        assert live(account, sample) == dict(sample.body)

    @with_accounts()
    @lost_answers
    def test_an_update_is_applied_once(self, sample: Sample, account: Account, fault: Mapping[str, Any]) -> None:
        """A lost PATCH is looked for, and sent again only where it had no effect."""
        resource = sample.declared(account)
        resource.up(**sample.minimal)
        account.fail(operation=f"PATCH {sample.collection}/{{id}}", **fault)
        account.writes()
        resource.up(**{**sample.minimal, **sample.change})
        applied = fault["kind"] not in {"cut_before", "server_error"} or fault.get("applied", False)
        assert len(account.writes()) == (1 if applied else 2)
        assert entry(account, sample).items() >= sample.change.items()
        assert resource.preview(**{**sample.minimal, **sample.change}) == "same"

    @both_contracts
    @lost_answers
    def test_a_flag_that_becomes_false_is_recorded_although_answers_leave_it_out(
        self, account: Account, fault: Mapping[str, Any]
    ) -> None:
        """What the look after a lost PATCH does not show, since it is false, does not stay true in state."""
        account.emulator.set_habits(omit_empty=True)
        resource = account.resource("trusted_domain")
        resource.up(pattern="partner.example", is_recent=True, is_similarity=True)
        account.fail(operation="PATCH trusted_domains/{id}", **fault)
        changed = {"pattern": "partner.example", "is_recent": True, "is_similarity": False}
        assert resource.up(**changed) == "update"
        assert resource.outputs["is_similarity"] is False
        account.writes()
        assert (resource.preview(**changed), resource.up(**changed)) == ("same", "same")
        assert account.writes() == []

    @with_accounts([sample for sample in SAMPLES if sample.remark])
    def test_an_update_that_is_looked_for_is_recorded_as_it_is(self, sample: Sample, account: Account) -> None:
        """What is false, empty or cleared is recorded so, too, where answers leave it out."""
        account.emulator.set_habits(omit_empty=True)
        flag = next((name for name, value in sample.change.items() if value is True), None)
        resource = sample.declared(account)
        fields = {**sample.minimal, **sample.change, str(sample.remark): "for now"}
        resource.up(**fields)
        account.fail("server_error", f"PATCH {sample.collection}/{{id}}", status=504, body="html", applied=True)
        after = {**fields, str(sample.remark): None, **({flag: False} if flag else {})}
        resource.up(**after)
        assert resource.preview(**after) == "same"
        account.restart()
        assert resource.refresh() == "same"

    @with_accounts(ASKING)
    @lost_answers
    def test_a_delete_deletes(self, sample: Sample, account: Account, fault: Mapping[str, Any]) -> None:
        """A lost DELETE ends with the entry gone and without an error."""
        resource = account.resource(sample.kind)
        resource.up(**sample.minimal)
        account.fail(operation=f"DELETE {sample.collection}/{{id}}", **fault)
        resource.destroy()
        assert account.entries(sample.collection) == []

    @with_accounts(ASKING, contracts=("2026",))
    def test_writes_that_keep_failing_end_in_their_error(self, sample: Sample, account: Account) -> None:
        """Updates and deletes give up after a few attempts."""
        resource = account.resource(sample.kind)
        resource.up(**sample.minimal)
        account.fail("cut_before", "PATCH *", times=3)
        with pytest.raises(AmbiguousError, match="connection was lost"):
            resource.up(**{**sample.minimal, **sample.change})
        account.fail("cut_before", "DELETE *", times=3)
        with pytest.raises(AmbiguousError, match="connection was lost"):
            resource.destroy()
        assert live(account, sample) == dict(sample.body)

    @with_accounts(creatable=True, contracts=("2026",))
    @pytest.mark.parametrize("kind", ["refused", "rate_limited"])
    def test_what_was_certainly_not_carried_out_is_sent_again(
        self, sample: Sample, account: Account, kind: str
    ) -> None:
        """A connection that was refused and a 429 are waited out, for writes too."""
        account.fail(kind, f"POST {sample.collection}", times=2)
        account.resource(sample.kind).up(**sample.minimal)
        assert live(account, sample) == dict(sample.body)
        assert account.clock.slept


class TestKilledRuns:
    """Runs that ended between a create and its record in the state."""

    @with_accounts(ASKING)
    def test_its_entry_is_taken_by_the_next_run(self, sample: Sample, account: Account) -> None:
        """The entry is known as the stack's own: no question, no duplicate, and today's values."""
        account.resource(sample.kind).up(**sample.minimal)
        account.restart()
        account.writes()
        remark = {sample.remark: "edited since"} if sample.remark else {}
        resource = account.resource(sample.kind)
        assert resource.up(**sample.minimal, **remark) == "create"
        assert account.writes() == [(f"PATCH {sample.collection}", remark)]
        assert resource.id == str(entry(account, sample)["id"])
        assert "(made by an interrupted run)" in account.told[-1]

    def test_another_stacks_entry_is_not_taken(self, account: Account) -> None:
        """What this stack did not note is someone else's."""
        sample = ASKING[0]
        account.resource(sample.kind).up(**sample.minimal, declared_by="urn:pulumi:prod::demo::test:Managed::managed")
        account.restart()
        with pytest.raises(EntryExistsError):
            account.resource(sample.kind).up(**sample.minimal)

    def test_an_older_entry_is_not_taken(self, account: Account) -> None:
        """An entry that was there long before the noted create was not made by it."""
        sample = ASKING[0]
        account.fail("cut_before", "POST *", times=3)
        with pytest.raises(AmbiguousError):
            account.resource(sample.kind).up(**sample.minimal)
        account.seed(sample.collection, {**sample.body, "created_at": "2020-01-01T00:00:00Z"})
        account.restart()
        with pytest.raises(EntryExistsError):
            account.resource(sample.kind).up(**sample.minimal)

    def test_an_entry_made_anew_after_a_delete_is_not_taken(self, account: Account) -> None:
        """Deleting an entry ends the claim: who makes it again afterwards is someone else."""
        sample = ASKING[0]
        resource = account.resource(sample.kind)
        resource.up(**sample.minimal)
        resource.destroy()
        account.seed(sample.collection, sample.body)
        account.restart()
        with pytest.raises(EntryExistsError):
            account.resource(sample.kind).up(**sample.minimal)

    def test_two_entries_are_still_refused(self, account: Account) -> None:
        """Of two matches none is taken, noted or not."""
        sample = ASKING[0]
        account.resource(sample.kind).up(**sample.minimal)
        account.seed(sample.collection, sample.body)
        account.restart()
        with pytest.raises(SeveralMatchesError):
            account.resource(sample.kind).up(**sample.minimal)


def test_an_expression_in_another_case_is_not_taken_after_a_conflict(account: Account) -> None:
    r"""`\S` is not `\s`: where an account calls them duplicates, the other expression stays as it is."""
    there = {"pattern": r"\S+@evil\.example", "pattern_type": "EMAIL", "is_regex": True}
    (other,) = account.seed("block_senders", there)
    conflict = Response(409, {}, json.dumps({"success": False, "errors": [], "result": None}).encode())
    account.emulator.instead = lambda request: conflict if request.method == "POST" else None
    with pytest.raises(ConflictError):
        account.resource("block_sender").up(
            pattern=r"\s+@evil\.example", pattern_type="EMAIL", is_regex=True, adopt=True
        )
    assert account.entries("block_senders") == [other]


class TestDriftBesideAChange:
    """Somebody changes an entry, and no refresh comes before the program changes another field of it."""

    @with_accounts(PATTERNED)
    def test_is_not_taken_for_a_form_of_storing(self, sample: Sample, account: Account) -> None:
        """What was not sent and comes back otherwise is drift: the next up takes it back."""
        body, remark = {**sample.body, str(sample.remark): "first"}, str(sample.remark)
        resource = account.resource(sample.kind)
        resource.up(**body)
        changed = {"pattern": f"other-{body['pattern']}"}
        account.emulator.change(account.id, sample.collection, entry(account, sample)["id"], **changed)
        account.restart()
        assert resource.up(**{**body, remark: "second"}) == "update"
        assert "stores" not in "\n".join(account.told)
        account.restart()
        assert resource.up(**{**body, remark: "second"}) == "update"
        assert entry(account, sample)["pattern"] == body["pattern"]
        assert resource.up(**{**body, remark: "second"}) == "same"


@both_contracts
@pytest.mark.parametrize("kind", ["block_sender", "block_senders"])
def test_a_blank_in_an_expression_counts(kind: str, account: Account) -> None:
    """An expression that is declared without its last blank is sent, and one that gets a blank elsewhere is drift."""

    def declared(pattern: str) -> dict[str, Any]:
        fields = {"pattern": pattern, "pattern_type": "DOMAIN", "is_regex": True}
        return {"entries": [fields]} if kind == "block_senders" else fields

    def live_pattern() -> str:
        return str(account.entries("block_senders")[0]["pattern"])

    resource = account.resource(kind)
    resource.up(**declared(r"evil\d "))
    account.restart()
    assert resource.up(**declared(r"evil\d")) == "update"
    assert live_pattern() == r"evil\d"
    account.emulator.change(account.id, "block_senders", account.entries("block_senders")[0]["id"], pattern=r" evil\d")
    account.restart()
    assert resource.refresh() == "changed"
    assert resource.up(**declared(r"evil\d")) == "update"
    assert live_pattern() == r"evil\d"
    assert resource.preview(**declared(r"evil\d")) == "same"


@both_contracts
def test_an_expression_in_another_case_is_not_taken_after_a_lost_answer(account: Account) -> None:
    r"""Somebody's `\s` stays as it is where our `\S` was not created and nobody can tell."""
    account.seed("block_senders", {"pattern": r"\s+evil", "pattern_type": "DOMAIN", "is_regex": True})
    account.clock.sleep(3 * 3600.0)
    account.fail("cut_before", "POST *")
    account.resource("block_sender").up(pattern=r"\S+evil", pattern_type="DOMAIN", is_regex=True)
    assert sorted(each["pattern"] for each in account.entries("block_senders")) == [r"\S+evil", r"\s+evil"]
