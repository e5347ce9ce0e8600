"""The same stories through both ways in: what happens at the API, and what the engine is told, must be the same."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import Any

import pytest

from plugin.ways import Life, World, same_both_ways
from pulumi_cloudflare_email_security.emulator import Fault
from support.accounts import unknown
from support.grpc_process import ProviderError
from support.http_emulator import ACCOUNT
from support.samples import SAMPLES, Sample

CASES = [
    pytest.param(sample, contract, id=f"{sample.kind}-{contract}")
    for sample in SAMPLES
    for contract in sample.contracts
]
OTHER_ACCOUNT = "fedcba9876543210fedcba9876543210"
EVIL = {"pattern": "evil.example", "pattern_type": "DOMAIN"}


def only(world: World, collection: str) -> dict[str, Any]:
    """The one entry of a collection."""
    (entry,) = world.emulator.entries(ACCOUNT, collection)
    return entry


def seed(world: World, collection: str, *entries: dict[str, Any]) -> None:
    """Put entries into the account."""
    world.emulator.seed({collection: list(entries)}, account_id=ACCOUNT)


@pytest.mark.parametrize(("sample", "contract"), CASES)
def test_the_life_of_an_entry(sample: Sample, contract: str, tmp_path: Path) -> None:
    """Created, changed, cleared, drifted, deleted by somebody, made again and destroyed."""
    remark = {sample.remark: "seen in May"} if sample.remark else {}

    def story(world: World) -> list[Any]:
        if sample.kind == "domain":
            seed(world, "domains", dict(sample.body))
        life = world.resource(sample.resource_class.__name__)
        seen: list[Any] = [life.preview(sample.minimal), life.up({**sample.minimal, **remark})]
        seen += [life.up({**sample.minimal, **remark}), life.refresh(), life.up({**sample.minimal, **remark})]
        seen += [life.up({**sample.minimal, **sample.change}), life.refresh(), life.up(sample.minimal)]
        world.deployment()
        seen.append(life.up({**sample.minimal, **sample.change}))
        entry_id = str(only(world, sample.collection)["id"])
        world.emulator.change(ACCOUNT, sample.collection, entry_id, **sample.drift)
        world.deployment()
        seen += [life.refresh(), life.up(sample.minimal), life.refresh()]
        world.emulator.remove(ACCOUNT, sample.collection, entry_id)
        world.deployment()
        seen.append(life.refresh())
        if (sample.kind, contract) != ("domain", "2025"):
            seen.append(life.up(sample.minimal))
            life.destroy()
        return seen

    seen = same_both_ways(story, tmp_path, contract)
    assert seen[:2] == ["create", "create"]
    assert seen[2:6] == ["same", "same", "same", "update"]
    assert "gone" in seen


def test_what_replaces(tmp_path: Path) -> None:
    """Another domain or account is another resource."""

    def story(world: World) -> list[Any]:
        domain, sender = world.resource("Domain", "corp"), world.resource("BlockSender", "evil")
        whole = dict(next(sample.minimal for sample in SAMPLES if sample.kind == "domain"))
        seen = [domain.up(whole), domain.up({**whole, "domain": "other.example"})]
        return [*seen, sender.up(EVIL), sender.up({**EVIL, "account_id": OTHER_ACCOUNT})]

    assert same_both_ways(story, tmp_path) == ["create", "replace", "create", "replace"]


def test_what_exists_is_refused_or_adopted(tmp_path: Path) -> None:
    """Without `adopt` an entry that exists fails the create; with it, or the configuration's, it is taken over."""

    def story(world: World) -> list[Any]:
        seed(world, "block_senders", {**EVIL, "is_regex": False, "comments": "old"})
        life = world.resource("BlockSender")
        error = ""
        try:
            error = str(life.refused(EVIL) or life.up(EVIL))
        except Exception as failure:  # noqa: BLE001  (both ways fail in their own form)
            error = str(failure)
        seen: list[Any] = ["exists already" in error]
        seen.append(life.up({**EVIL, "adopt": True, "comments": "new"}))
        world.deployment(adopt="true")
        seed(
            world,
            "trusted_domains",
            {"pattern": "a.example", "is_regex": False, "is_recent": True, "is_similarity": False},
        )
        return [*seen, world.resource("TrustedDomain", "a").up({"pattern": "a.example"})]

    assert same_both_ways(story, tmp_path) == [True, "create", "create"]


def test_several_entries_with_one_key_are_refused(tmp_path: Path) -> None:
    """Nobody can say which of two is meant, so none is taken."""

    def story(world: World) -> list[Any]:
        entry = {**EVIL, "is_regex": False}
        seed(world, "block_senders", entry, entry)
        ids = [str(one["id"]) for one in world.emulator.entries(ACCOUNT, "block_senders")]
        reasons = world.resource("BlockSender").refused({**EVIL, "adopt": True})
        return [sorted(reasons), [id_ in reasons["pattern"] for id_ in ids], world.emulator.writes()]

    assert same_both_ways(story, tmp_path) == [["pattern"], [True, True], {}]


def test_what_is_wrong_is_refused_by_property(tmp_path: Path) -> None:
    """The same properties are refused, under the names of each way in."""

    def story(world: World) -> list[Any]:
        sender, policies = world.resource("BlockSender", "one"), world.resource("AllowPolicies", "many")
        return [
            sorted(sender.refused({"pattern": "nonsense", "pattern_type": "DOMAIN"})),
            sorted(sender.refused({"pattern": "evil.example", "pattern_type": "HOST"})),
            sorted(sender.refused({**EVIL, "comment": "x"})),
            sorted(sender.refused({"pattern_type": "DOMAIN"})),
            sorted(policies.refused({"entries": [EVIL, {**EVIL, "verify_sender": "yes"}]})),
            sorted(policies.refused({"entries": [EVIL], "mode": "all", "delete_limit": 101})),
            sorted(policies.refused({"entries": [EVIL, EVIL]})),
        ]

    seen = same_both_ways(story, tmp_path)
    assert seen[1] == ["patternType"]
    assert seen[4] == ["entries[1].verifySender"]
    assert seen[5] == ["deleteLimit", "mode"]
    assert all(seen)


def test_the_life_of_a_collection(tmp_path: Path) -> None:
    """Created, changed by entry, drifted, made exclusive, and destroyed without what is not its own."""
    entries = [{"pattern": f"{name}.example", "pattern_type": "DOMAIN"} for name in "abcd"]

    def story(world: World) -> list[Any]:
        seed(world, "block_senders", {"pattern": "z.example", "pattern_type": "DOMAIN", "is_regex": False})
        life = world.resource("BlockSenders")
        seen: list[Any] = [life.up({"entries": entries}), life.up({"entries": list(reversed(entries))})]
        seen += [life.refresh(), life.up({"entries": [{**entries[0], "comments": "x"}, *entries[1:3], EVIL]})]
        drifted = next(
            entry for entry in world.emulator.entries(ACCOUNT, "block_senders") if entry["pattern"] == "b.example"
        )
        world.emulator.change(ACCOUNT, "block_senders", str(drifted["id"]), comments="odd")
        world.deployment()
        seen += [life.refresh(), life.preview({"entries": entries}), life.up({"entries": entries})]
        seen.append(life.up({"entries": entries, "mode": "exclusive"}))
        seed(world, "block_senders", {"pattern": "y.example", "pattern_type": "DOMAIN", "is_regex": False})
        world.deployment()
        seen += [life.refresh(), life.up({"entries": entries, "mode": "exclusive"})]
        life.destroy()
        return seen

    assert same_both_ways(story, tmp_path)[:3] == ["create", "same", "same"]


def test_the_brake(tmp_path: Path) -> None:
    """A change that deletes too much is refused, unless the limit of this run says otherwise."""
    entries = [{"pattern": f"n{number}.example"} for number in range(30)]

    def story(world: World) -> list[Any]:
        life = world.resource("TrustedDomains")
        seen: list[Any] = [life.up({"entries": entries}), sorted(life.refused({"entries": entries[:5]}))]
        seen.append(sorted(life.refused({"entries": []})))
        world.deployment(delete_limit="100")
        return [*seen, life.up({"entries": entries[:5]})]

    assert same_both_ways(story, tmp_path) == ["create", ["deleteLimit"], ["deleteLimit"], "update"]


def test_entries_that_expire(tmp_path: Path) -> None:
    """An entry whose day has passed is left out, and named."""

    def story(world: World) -> list[Any]:
        life = world.resource("TrustedDomains")
        step = life.up({"entries": [{"pattern": "a.example", "expires": "2020-01-01"}, {"pattern": "b.example"}]})
        return [
            step,
            "1 entry has expired" in world.way.told,
            sorted(life.refused({"entries": [{"pattern": "c.example", "expires": "soon"}]})),
        ]

    assert same_both_ways(story, tmp_path) == ["create", True, ["entries[0].expires"]]


def test_defaults_and_files(tmp_path: Path) -> None:
    """What entries share is said once; a file's entries are read in the program's folder."""

    def story(world: World) -> list[Any]:
        shared = world.resource("AllowPolicies", "shared")
        defaults = {"pattern_type": "DOMAIN", "is_acceptable_sender": True}
        seen = [
            shared.up(
                {
                    "entries": [{"pattern": "a.example"}, {"pattern": "b.example", "is_acceptable_sender": False}],
                    "defaults": defaults,
                }
            )
        ]
        file = world.folder / "block.csv"
        file.write_text("Pattern,Pattern Type,Notes\nEvil.example,DOMAIN,seen\nodd.example,DOMAIN,\n")
        return [*seen, world.resource("BlockSenders", "filed").up({"entries_file": str(file)})]

    assert same_both_ways(story, tmp_path) == ["create", "create"]


def test_values_that_a_preview_does_not_know(tmp_path: Path) -> None:
    """What depends on another resource is no failure, and changes what it may change."""

    def story(world: World) -> list[Any]:
        life, many = world.resource("BlockSender", "one"), world.resource("BlockSenders", "many")
        late, other = {"pattern": unknown(), "pattern_type": "DOMAIN"}, {**EVIL, "pattern": "c.example"}
        seen: list[Any] = [
            life.preview(late),
            many.preview({"entries": [other, late]}),
            many.preview({"entries": unknown()}),
        ]
        seen += [life.up(EVIL), many.up({"entries": [{**EVIL, "pattern": "b.example"}]})]
        return [
            *seen,
            life.preview(late),
            many.preview({"entries": [other, late]}),
            many.preview({"entries": unknown()}),
        ]

    assert same_both_ways(story, tmp_path) == ["create"] * 5 + ["update"] * 3


def test_an_entry_moves_from_one_resource_to_another(tmp_path: Path) -> None:
    """Within one deployment a collection takes the entry that a single resource lets go."""

    def story(world: World) -> list[Any]:
        single, many = world.resource("TrustedDomain", "single"), world.resource("TrustedDomains", "many")
        seen: list[Any] = [single.up({"pattern": "a.example"}), many.up({"entries": [{"pattern": "b.example"}]})]
        world.deployment()
        seen.append(many.up({"entries": [{"pattern": "a.example"}, {"pattern": "b.example"}], "adopt": True}))
        single.destroy()
        return [*seen, len(world.emulator.entries(ACCOUNT, "trusted_domains"))]

    assert same_both_ways(story, tmp_path) == ["create", "create", "update", 2]


def test_an_answer_that_is_lost(tmp_path: Path) -> None:
    """A create whose answer is lost makes one entry, also in an account that would take a second one."""

    def story(world: World) -> list[Any]:
        world.emulator.set_habits(duplicates="accept")
        world.emulator.inject(Fault("cut_after", operation="POST block_senders", times=1))
        return [world.resource("BlockSender").up(EVIL), len(world.emulator.entries(ACCOUNT, "block_senders"))]

    assert same_both_ways(story, tmp_path) == ["create", 1]


@pytest.mark.parametrize("class_name", ["BlockSender", "BlockSenders"])
def test_a_process_that_is_killed(class_name: str, tmp_path: Path) -> None:
    """What a killed run has made the next one takes as its own, without being told to adopt."""
    arguments = EVIL if class_name == "BlockSender" else {"entries": [EVIL, {**EVIL, "pattern": "b.example"}]}

    def story(world: World) -> list[Any]:
        life = world.resource(class_name)
        _kill_during(world, life, arguments, "POST block_senders" + "/batch" * (class_name == "BlockSenders"))
        return [life.up(arguments), len(world.emulator.entries(ACCOUNT, "block_senders"))]

    assert same_both_ways(story, tmp_path) == ["create", len(arguments.get("entries", "1"))]


@pytest.mark.parametrize("class_name", ["BlockSender", "BlockSenders"])
def test_what_has_left_a_state_is_no_interrupted_create(class_name: str, tmp_path: Path) -> None:
    """An entry that `pulumi state move` gave to another stack is not taken back as if a killed run had made it."""
    arguments = EVIL if class_name == "BlockSender" else {"entries": [EVIL]}

    def story(world: World) -> list[Any]:
        life = world.resource(class_name)
        seen: list[Any] = [life.up(arguments)]
        world.deployment()
        seen.append(life.preview(arguments))
        world.deployment()
        life.id, life.inputs, life.outputs = "", {}, {}
        return [*seen, ["exists already" in reason for reason in life.refused(arguments).values()]]

    assert same_both_ways(story, tmp_path) == ["create", "same", [True]]


def _kill_during(world: World, life: Life, arguments: dict[str, Any], operation: str) -> None:
    """Kill the process of an `up` while the account carries out what it sent, and begin another deployment."""
    killed = threading.Event()

    def sleep(_seconds: float) -> None:
        killed.wait(300)

    world.emulator.sleep = sleep
    world.emulator.inject(Fault("slow", operation=operation, times=1, delay=1.0))
    running = threading.Thread(target=_quietly, args=(life, arguments))
    running.start()
    world.emulator.wait_for(operation, 1)
    world.way.process.kill()
    killed.set()
    running.join()
    world.deployment()


def _quietly(life: Life, arguments: dict[str, Any]) -> None:
    with contextlib.suppress(ProviderError):
        life.up(arguments)


def test_what_others_rename(tmp_path: Path) -> None:
    """An entry whose key somebody changes is the resource's still, and is changed back."""

    def story(world: World) -> list[Any]:
        single, many = world.resource("BlockSender", "one"), world.resource("BlockSenders", "many")
        entries = [{**EVIL, "pattern": f"{name}.example"} for name in "ab"]
        seen: list[Any] = [single.up(EVIL), many.up({"entries": entries})]
        for entry in world.emulator.entries(ACCOUNT, "block_senders"):
            if entry["pattern"] in {"evil.example", "b.example"}:
                renamed = f"was-{entry['pattern']}"
                world.emulator.change(ACCOUNT, "block_senders", str(entry["id"]), pattern=renamed)
        world.deployment()
        seen += [single.refresh(), many.refresh()]
        return [*seen, single.up(EVIL), many.up({"entries": entries}), single.up(EVIL), many.up({"entries": entries})]

    assert same_both_ways(story, tmp_path)[-2:] == ["same", "same"]


def test_remarks_in_every_form(tmp_path: Path) -> None:
    """White space, line ends, quotes and what looks like another value: sent as written, and no change afterwards."""
    remarks = [" padded ", "a\r\nb\tc", 'say "no"', "null", "True", "04da6b54", "ﬁne é", "${x} \\n %s", "x" * 1024]

    def story(world: World) -> list[Any]:
        life = world.resource("BlockSenders")
        entries = [{**EVIL, "pattern": f"n{at}.example", "comments": text} for at, text in enumerate(remarks)]
        seen: list[Any] = [life.up({"entries": entries}), life.up({"entries": entries}), life.refresh()]
        single = world.resource("BlockSender", "one")
        seen += [single.up({**EVIL, "comments": text}) for text in remarks]
        return [*seen, single.refresh(), single.up({**EVIL, "comments": ""}), life.up({"entries": entries})]

    seen = same_both_ways(story, tmp_path)
    assert seen[:3] == ["create", "same", "same"]
    assert seen[-1] == "same"


def test_numbers_are_cleared_by_zero(tmp_path: Path) -> None:
    """The engine drops null on its way from a program. Afterwards nothing changes."""
    boss = {"name": "Boss", "email": "boss@corp.example", "directory_id": 7, "directory_node_id": 8}
    cleared = {**boss, "directory_id": 0}

    def story(world: World) -> list[Any]:
        seen = []
        for life, given in (
            (world.resource("ImpersonationRegistryEntry", "one"), lambda fields: fields),
            (
                world.resource("ImpersonationRegistry", "many"),
                lambda fields: {"entries": [{**fields, "name": "Chief"}]},
            ),
        ):
            seen += [life.up(given(boss)), life.up(given(cleared)), life.refresh(), life.up(given(cleared))]
        entries = world.emulator.entries(ACCOUNT, "impersonation_registry")
        return [*seen, *((entry["directory_id"], entry["directory_node_id"]) for entry in entries)]

    seen = same_both_ways(story, tmp_path)
    assert seen == ["create", "update", "same", "same"] * 2 + [(None, 8)] * 2


def test_what_is_synchronised_or_newer_than_this_package(tmp_path: Path) -> None:
    """Entries from a directory are not changed; values that this version does not know are no failure to read."""

    def story(world: World) -> list[Any]:
        person = {"name": "Ann", "email": "ann@corp.example"}
        whole = {**person, "is_email_regex": False, "provenance": "SNOOPY-CASB_OFFICE_365"}
        seed(world, "impersonation_registry", whole)
        life = world.resource("ImpersonationRegistryEntry", "ann")
        seen: list[Any] = [bool(life.refused({**person, "adopt": True, "comments": "x"}))]
        sender = world.resource("BlockSender", "one")
        seen.append(sender.up(EVIL))
        world.emulator.change(ACCOUNT, "block_senders", str(only(world, "block_senders")["id"]), pattern_type="UNKNOWN")
        world.deployment()
        return [*seen, sender.refresh(), sender.preview(EVIL)]

    same_both_ways(story, tmp_path)


def test_a_collection_in_every_mode_with_what_nobody_declares(tmp_path: Path) -> None:
    """Reported, then deleted, then left alone; another account is another collection."""

    def story(world: World) -> list[Any]:
        seed(
            world,
            "trusted_domains",
            {"pattern": "z.example", "is_regex": False, "is_recent": True, "is_similarity": False},
        )
        life = world.resource("TrustedDomains")
        entries = [{"pattern": "a.example", "is_recent": True, "expires": "2999-01-01"}]
        seen: list[Any] = [life.up({"entries": entries, "mode": "report"}), life.refresh()]
        seen += [life.up({"entries": entries, "mode": "exclusive"}), life.up({"entries": entries})]
        seen.append(life.up({"entries": entries, "account_id": OTHER_ACCOUNT}))
        return [*seen, life.refresh(), len(world.emulator.entries(OTHER_ACCOUNT, "trusted_domains"))]

    assert same_both_ways(story, tmp_path)[-3:] == ["replace", "same", 1]


def test_an_update_that_is_interrupted_and_taken_back(tmp_path: Path) -> None:
    """The engine recorded nothing of it, and the program is as before: what it made is taken away again."""
    entries = [{"pattern": f"{name}.example"} for name in "abc"]

    def story(world: World) -> list[Any]:
        life = world.resource("TrustedDomains")
        seen: list[Any] = [life.up({"entries": entries[:1]})]
        _kill_during(world, life, {"entries": entries[1:]}, "POST trusted_domains/batch")
        seen += [life.up({"entries": entries[:1]}), life.up({"entries": entries[:1]})]
        return [*seen, [entry["pattern"] for entry in world.emulator.entries(ACCOUNT, "trusted_domains")]]

    assert same_both_ways(story, tmp_path) == ["create", "update", "same", ["a.example"]]


def test_risks_that_are_accepted(tmp_path: Path) -> None:
    """By the ids of their rules, for a single entry and in a collection; an id that does not exist is refused."""
    accepted = {"accept_risk": {"not-verified": "our own server, until 2999-12-31"}}

    def story(world: World) -> list[Any]:
        world.deployment(risk="refuse")
        fields = {**EVIL, "is_acceptable_sender": True, "verify_sender": False}
        single, many = world.resource("AllowPolicy", "one"), world.resource("AllowPolicies", "many")
        seen: list[Any] = [bool(single.refused(fields)), bool(single.refused({**fields, "accept_risk": {"nope": "x"}}))]
        seen += [bool(single.refused({**fields, **accepted})), bool(many.refused({"entries": [fields]}))]
        return [*seen, bool(many.refused({"entries": [{**fields, "pattern": "b.example", **accepted}]}))]

    assert same_both_ways(story, tmp_path)[:2] == [True, True]
