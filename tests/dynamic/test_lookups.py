"""Look-ups for programs: one entry, or all that fit."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pulumi
import pytest
from pulumi.runtime.settings import get_monitor

import pulumi_cloudflare_email_security as email_security
from pulumi_cloudflare_email_security import NoMatchError, NoSuchRouteError, SeveralMatchesError
from pulumi_cloudflare_email_security.dynamic.process import session_of
from pulumi_cloudflare_email_security.testing import InProcessStack
from support.accounts import Account, both_contracts, contract_2025
from support.emulator_api import body
from support.samples import SAMPLES, Sample, with_accounts

CASELESS = [sample for sample in SAMPLES if sample.kind not in {"content_policy", "url_ignore_pattern"}]

MISSING = [sample for sample in SAMPLES if "2025" not in sample.contracts]


@pytest.fixture(autouse=True)
def in_the_environment(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look-ups take the account from the stack's configuration or, as here, from the environment."""
    monkeypatch.setenv("CLOUDFLARE_BASE_URL", account.config["cloudflare-email-security:baseUrl"])
    monkeypatch.setenv("CLOUDFLARE_ACCOUNT_ID", account.id)


def get(sample: Sample, suffix: str = "") -> Callable[..., Any]:
    """The setting's look-up of one entry."""
    found: Callable[..., Any] = getattr(email_security, f"get_{sample.kind}{suffix}")
    return found


def list_all(sample: Sample, suffix: str = "") -> Callable[..., Any]:
    """The setting's look-up of many entries."""
    found: Callable[..., Any] = getattr(email_security, f"list_{sample.collection}{suffix}")
    return found


class TestGet:
    """One entry."""

    @with_accounts()
    def test_by_id_and_by_natural_key(self, sample: Sample, account: Account) -> None:
        """Both ways give the same typed result, with the id as a string and every answered field."""
        other, found = account.seed(sample.collection, {**sample.body, **sample.other}, sample.body)
        by_id: Any = get(sample)(id=str(found["id"]))
        by_key: Any = get(sample)(**sample.key)
        assert by_id.id == by_key.id == str(found["id"]) != str(other["id"])
        assert {type(by_id), type(by_key)} == {sample.setting.result_class}
        for result in (by_id, by_key):
            assert {name: getattr(result, name) for name in sample.body} == dict(sample.body)
            assert result.created_at == found["created_at"]

    @with_accounts()
    def test_the_time_of_the_last_change_has_one_name(self, sample: Sample, account: Account) -> None:
        """`modified_at` is there on both contracts."""
        (found,) = account.seed(sample.collection, sample.body)
        modified = "last_modified" if account.contract == "2025" else "modified_at"
        assert get(sample)(**sample.key).modified_at == found[modified]

    @with_accounts(CASELESS, contracts=("2026",))
    def test_a_natural_key_is_found_in_any_case(self, sample: Sample, account: Account) -> None:
        """Domains are compared without regard to case, whichever side has which."""
        (name,) = (name for name in sample.key if name in {"pattern", "email", "domain"})
        local, at, domain = sample.key[name].rpartition("@")
        (found,) = account.seed(sample.collection, {**sample.body, name: f"{local}{at}{domain.title()}"})
        assert get(sample)(**{**sample.key, name: f"{local}{at}{domain.upper()}"}).id == str(found["id"])

    @pytest.mark.parametrize(
        ("kind", "found_by", "rest"),
        [
            ("block_sender", {"pattern_type": "DOMAIN", "pattern": r"\W*Evil\.example"}, {"is_regex": True}),
            ("block_sender", {"pattern_type": "EMAIL", "pattern": r".*@\S+\.Example"}, {"is_regex": True}),
            ("trusted_domain", {"pattern": r"\W*Partner"}, {"is_regex": True}),
            ("impersonation_registry_entry", {"email": r".*@\S+", "name": "Jane"}, {"is_email_regex": True}),
        ],
    )
    def test_a_regular_expression_is_found_as_written(
        self, account: Account, kind: str, found_by: dict[str, str], rest: dict[str, bool]
    ) -> None:
        """The look-up does not know whether a key is an expression, so it finds both."""
        (sample,) = (sample for sample in SAMPLES if sample.kind == kind)
        (found,) = account.seed(sample.collection, {**sample.body, **found_by, **rest})
        assert get(sample)(**found_by).id == str(found["id"])

    @with_accounts()
    def test_none_is_one_clear_error(self, sample: Sample, account: Account) -> None:
        """The error says what was looked for, by key and by id."""
        with pytest.raises(NoMatchError) as caught:
            get(sample)(**sample.key)
        key = sample.setting.key_text(tuple(sample.key.values()))
        assert str(caught.value) == f"there is no {sample.setting.title} {key}"
        missing = "4711" if account.contract == "2025" else "3c0d0b1e-0000-4000-8000-000000000000"
        with pytest.raises(NoMatchError, match=f"there is no {sample.setting.title} with id {missing}"):
            get(sample)(id=missing)

    @both_contracts
    def test_an_id_of_the_other_contract_is_none_too(self, account: Account) -> None:
        """An id kept from before the account's API changed fits no entry; the collection is still there."""
        foreign = "3c0d0b1e-0000-4000-8000-000000000000" if account.contract == "2025" else "4711"
        with pytest.raises(NoMatchError, match="there is no blocked sender"):
            email_security.get_block_sender(id=foreign)

    @with_accounts()
    def test_several_are_refused_with_their_ids(self, sample: Sample, account: Account) -> None:
        """Which one is meant must be said by id."""
        found = account.seed(sample.collection, sample.body, sample.body)
        with pytest.raises(SeveralMatchesError, match="look it up by id") as caught:
            get(sample)(**sample.key)
        assert all(str(one["id"]) in str(caught.value) for one in found)

    @with_accounts(contracts=("2026",))
    def test_the_id_or_the_whole_key_must_be_given(self, sample: Sample, account: Account) -> None:
        """Neither, both, and half a key are programming errors, found before anything is sent."""
        wrong: list[dict[str, str]] = [{}, {"id": "1", **sample.key}]
        wrong += [{name: value} for name, value in sample.key.items() if len(sample.key) > 1]
        for arguments in wrong:
            with pytest.raises(TypeError, match=f"is looked up by id, or by {' and '.join(sample.key)}"):
                get(sample)(**arguments)
        assert account.asked() == 0

    def test_look_ups_share_one_reading_of_the_list(self, account: Account) -> None:
        """Twenty look-ups by key cost the list once."""
        account.seed("block_senders", *(body("block_senders", number) for number in range(20)))
        for number in range(20):
            email_security.get_block_sender(pattern_type="DOMAIN", pattern=body("block_senders", number)["pattern"])
        assert account.asked() == 2  # the list, and a look behind the first page of a deployment

    @both_contracts
    def test_a_domain_has_what_its_resource_leaves_out(self, account: Account) -> None:
        """Counters, authorisation and checks come with the look-up."""
        account.seed("domains", body("domains"))
        found = email_security.get_domain(domain=body("domains")["domain"])
        assert found.emails_processed is not None
        assert found.emails_processed.keys() >= {"total_emails_processed", "timestamp"}
        assert found.authorization is not None
        assert found.authorization["authorized"] is True
        assert (found.dmarc_status, found.spf_status) == ("good", "good")
        assert found.status == (None if account.contract == "2025" else "ACTIVE")

    def test_results_cannot_be_changed(self, account: Account) -> None:
        """A result is a value."""
        account.seed("block_senders", body("block_senders"))
        (found,) = email_security.list_block_senders()
        with pytest.raises(AttributeError):
            found.pattern = "other"  # type: ignore[misc]


class TestList:
    """Every entry that fits."""

    @with_accounts()
    def test_all_pages_are_read(self, sample: Sample, account: Account) -> None:
        """A collection of more than one page comes whole, each entry once."""
        account.seed(sample.collection, *(body(sample.collection, number) for number in range(1005)))
        found = list_all(sample)()
        assert len({one.id for one in found}) == len(found) == 1005
        assert account.asked() == 2

    def test_all_pages_are_read_where_no_total_is_told(self, account: Account) -> None:
        """Without a total the first short page is the last."""
        account.emulator.set_habits(total_count="missing")
        account.seed("block_senders", *(body("block_senders", number) for number in range(2000)))
        assert len(email_security.list_block_senders()) == 2000

    @with_accounts()
    def test_an_empty_collection_is_an_empty_list(self, sample: Sample, account: Account) -> None:
        """Nothing there is no error."""
        assert list_all(sample)() == []
        assert account.asked() == 1

    @both_contracts
    @pytest.mark.parametrize(
        ("collection", "entries", "filters", "expected"),
        [
            (
                "allow_policies",
                [{}, {"is_trusted_sender": True}, {"is_exempt_recipient": True, "verify_sender": False}],
                [
                    {"is_trusted_sender": True},
                    {"is_trusted_sender": False},
                    {"is_exempt_recipient": True},
                    {"is_acceptable_sender": True},
                    {"verify_sender": False},
                    {"pattern_type": "DOMAIN"},
                    {"pattern_type": "IP"},
                    {"pattern": "n0.example"},
                ],
                ["1", "02", "2", "012", "2", "012", "", "0"],
            ),
            (
                "block_senders",
                [{}, {"pattern": "a@b.example", "pattern_type": "EMAIL", "comments": "Noted"}],
                [{"pattern_type": "EMAIL"}, {"pattern": "a@b.example"}, {"search": "noted"}, {"pattern": "none"}],
                ["1", "1", "1", ""],
            ),
            (
                "trusted_domains",
                [{}, {"is_recent": False, "is_similarity": True}],
                [{"is_recent": True}, {"is_recent": False}, {"is_similarity": True}, {"pattern": "n1.example"}],
                ["0", "1", "1", "1"],
            ),
            (
                "impersonation_registry",
                [{}, {"provenance": "SNOOPY-OFFICE_365"}],
                [{"provenance": "SNOOPY-OFFICE_365"}, {"search": "n 0"}, {"search": "corp"}],
                ["1", "0", "01"],
            ),
            (
                "domains",
                [{}, {"allowed_delivery_modes": ["API"], "integration_id": "a5dbb180-60ea-4578-84bb-d01a5d4e50c3"}, {}],
                [
                    {"domain": "n0.example"},
                    {"domain": ["n0.example", "n2.example"]},
                    {"domain": ("n1.example", "n2.example")},
                    {"allowed_delivery_mode": "API"},
                    {"active_delivery_mode": "DIRECT"},
                    {"integration_id": "a5dbb180-60ea-4578-84bb-d01a5d4e50c3"},
                    {"search": "n2"},
                ],
                ["0", "02", "12", "1", "02", "1", "2"],
            ),
        ],
    )
    def test_the_apis_filters(
        self,
        account: Account,
        collection: str,
        entries: list[dict[str, Any]],
        filters: list[dict[str, Any]],
        expected: list[str],
    ) -> None:
        """Each filter of the API narrows the list; the expected are the places of the entries that fit."""
        stored = account.seed(collection, *({**body(collection, n), **entry} for n, entry in enumerate(entries)))
        places = {str(entry["id"]): str(place) for place, entry in enumerate(stored)}
        look_up = getattr(email_security, f"list_{collection}")
        for arguments, places_expected in zip(filters, expected, strict=True):
            found = "".join(sorted(places[one.id] for one in look_up(**arguments)))
            assert (arguments, found) == (arguments, places_expected)

    def test_the_filters_of_the_2026_contract(self, account: Account) -> None:
        """Content policies by name and state, domains by verification."""
        account.seed("content_policies", body("content_policies", 1), {**body("content_policies", 2), "enabled": False})
        assert len(email_security.list_content_policies(enabled=False)) == 1
        assert len(email_security.list_content_policies(name=body("content_policies", 1)["name"])) == 1
        account.seed("domains", body("domains", 1), {**body("domains", 2), "status": "PENDING"})
        assert [one.domain for one in email_security.list_domains(status="PENDING")] == [body("domains", 2)["domain"]]

    @with_accounts([sample for sample in SAMPLES if sample.kind != "url_ignore_pattern"])
    def test_order_and_direction(self, sample: Sample, account: Account) -> None:
        """The list comes in the order asked for."""
        account.seed(sample.collection, *(body(sample.collection, number) for number in (2, 1, 3)))
        name = next(iter(set(sample.key) & {"pattern", "domain", "name"}))
        upwards = [getattr(one, name) for one in list_all(sample)(order=name)]
        assert upwards == sorted(upwards)
        assert [getattr(one, name) for one in list_all(sample)(order=name, direction="desc")] == upwards[::-1]
        by_age = [one.id for one in list_all(sample)(direction="desc")]
        assert by_age == [str(entry["id"]) for entry in reversed(account.entries(sample.collection))]


@contract_2025
class TestMissingCollections:
    """What the account's API does not have."""

    @pytest.mark.parametrize("sample", MISSING, ids=lambda sample: sample.kind)
    def test_one_clear_error_says_so(self, account: Account, sample: Sample) -> None:
        """By id, by key and as a list the look-up says what this account has none of."""
        message = f"this account's API has no {sample.collection.replace('_', ' ')}"
        for look_up in (partial(get(sample), id="5"), partial(get(sample), **sample.key), list_all(sample)):
            with pytest.raises(NoSuchRouteError, match=message):
                look_up()
        assert account.asked() <= 5


class TestInPrograms:
    """Look-ups in a program, during preview and up."""

    @with_accounts(contracts=("2026",))
    def test_they_work_during_preview(self, sample: Sample, account: Account) -> None:
        """Plain look-ups and `_output` forms with known arguments are answered by a preview."""
        (found,) = account.seed(sample.collection, sample.body)

        def program() -> None:
            pulumi.export("plain", get(sample)(**sample.key).id)
            arguments = {name: pulumi.Output.from_input(value) for name, value in sample.key.items()}
            pulumi.export("output", get(sample, "_output")(**arguments).id)
            pulumi.export("by_id", get(sample, "_output")(id=pulumi.Output.from_input(str(found["id"]))).id)
            pulumi.export("count", list_all(sample, "_output")().apply(len))

        stack = InProcessStack(project="demo")
        expected = {"plain": found["id"], "output": found["id"], "by_id": found["id"], "count": 1}
        assert stack.preview(program).outputs == expected
        assert stack.up(program).outputs == expected

    @with_accounts()
    def test_whole_results_are_outputs_of_the_stack(self, sample: Sample, account: Account) -> None:
        """A result, a list of them and one within a map are exported as maps of their fields."""
        (found,) = account.seed(sample.collection, sample.body)
        id_ = str(found["id"])

        def program() -> None:
            pulumi.export("one", get(sample)(**sample.key))
            pulumi.export("all", list_all(sample)())
            pulumi.export("later", get(sample, "_output")(id=id_))
            pulumi.export("within", {"entry": get(sample)(id=id_)})

        stack = InProcessStack(project="demo")
        for outputs in (stack.preview(program).outputs, stack.up(program).outputs):
            one = outputs["one"]
            assert {name: one[name] for name in sample.body} == dict(sample.body)
            assert one["id"] == id_
            assert outputs == {"one": one, "all": [one], "later": one, "within": {"entry": one}}

    @with_accounts(creatable=True, contracts=("2026",))
    def test_an_output_form_waits_for_what_a_preview_does_not_know(self, sample: Sample, account: Account) -> None:
        """An id that is made by the same up is unknown in the preview; nothing is looked up by it before."""

        def program() -> None:
            resource: Any = sample.resource_class("one", **sample.minimal)
            found = get(sample, "_output")(id=resource.id)
            pulumi.export("created_at", found.created_at)

        stack = InProcessStack(project="demo")
        assert isinstance(stack.preview(program).outputs["created_at"], pulumi.output.Unknown)
        created_at = stack.up(program).outputs["created_at"]
        assert created_at == account.entries(sample.collection)[0]["created_at"]

    @with_accounts(creatable=True, contracts=("2026",))
    def test_an_output_form_waits_for_the_resource_whose_key_it_is_given(
        self, sample: Sample, account: Account
    ) -> None:
        """What a resource declares is known in the preview that is to make it, but the entry is not there yet."""

        def program() -> None:
            resource: Any = sample.resource_class("one", **sample.minimal)
            found = get(sample, "_output")(**{name: getattr(resource, name) for name in sample.key})
            pulumi.export("created_at", found.created_at)

        stack = InProcessStack(project="demo")
        assert isinstance(stack.preview(program).outputs["created_at"], pulumi.output.Unknown)
        created_at = stack.up(program).outputs["created_at"]
        assert created_at == account.entries(sample.collection)[0]["created_at"]
        assert stack.preview(program).outputs["created_at"] == created_at

    @pytest.mark.parametrize("account", [("2026", {"habits": {"list_lag": 5}})], indirect=True)
    def test_what_another_process_just_made_may_show_late(self, account: Account) -> None:
        """A look-up that waited for a resource looks again; one that did not ends at once."""
        account.seed("block_senders", {"pattern": "a.example", "pattern_type": "DOMAIN", "is_regex": False})
        account.restart()
        with pytest.raises(NoMatchError):
            email_security.get_block_sender(pattern="a.example", pattern_type="DOMAIN")
        begun = account.clock.now()
        session_of(get_monitor()).read_after(["the resource"])
        assert email_security.get_block_sender(pattern="a.example", pattern_type="DOMAIN").pattern == "a.example"
        assert account.clock.now() - begun <= 10
        with pytest.raises(NoMatchError):
            email_security.get_block_sender(id="none")

    def test_the_filters_of_a_list_may_be_outputs(self, account: Account) -> None:
        """`list_…_output` takes outputs for every filter."""
        account.seed("block_senders", body("block_senders", 1), body("block_senders", 2))

        def program() -> None:
            pattern = pulumi.Output.from_input(body("block_senders", 2)["pattern"])
            found = email_security.list_block_senders_output(pattern=pattern, direction="desc")
            pulumi.export("found", found.apply(lambda entries: [entry.pattern for entry in entries]))

        outputs = InProcessStack(project="demo").preview(program).outputs
        assert outputs == {"found": [body("block_senders", 2)["pattern"]]}

    def test_the_stacks_configuration_wins(self, account: Account) -> None:
        """Account and base URL come from the stack where it sets them; an argument wins over both."""
        account.emulator.seed({"block_senders": [body("block_senders", 1)]}, account_id="c" * 32)
        account.emulator.seed({"block_senders": [body("block_senders", n) for n in (1, 2)]}, account_id="d" * 32)

        def program() -> None:
            pulumi.export("configured", len(email_security.list_block_senders()))
            pulumi.export("argument", len(email_security.list_block_senders(account_id="d" * 32)))

        stack = InProcessStack(project="demo", config={"cloudflare-email-security:accountId": "c" * 32})
        assert stack.preview(program).outputs == {"configured": 1, "argument": 2}
