"""Stories that `make soak` found once, as it printed them: each ended otherwise than it must."""

from __future__ import annotations

from pulumi_cloudflare_email_security.emulator import Fault
from trust.programs import Drift, Edit, Machine, Move, Rename, Run, Script, Slot, Trouble
from trust.test_convergence import play


def test_what_an_interrupted_collection_let_go_and_deletes_itself_waits_for_nobody() -> None:
    """A resource that was to take entries is gone; the one that let them go deletes them, and is done with them."""
    play(
        Script(
            contract="2025",
            duplicates="bad_request",
            seed=393,
            page=1000,
            chunk=3,
            total_count=True,
            habits={"retry_after_date": True, "bare_answers": "204"},
            slots=[
                Slot("A/same", "block_sender", many=True, adopt=True),
                Slot("B/same", "block_sender", many=True, adopt=True),
                Slot("plain", "block_sender", many=True),
                Slot("A/other", "block_sender", many=True),
            ],
            steps=[
                Edit(slot=2, entries={1: 2, 5: 0, 0: 0}, exclusive=True),
                Edit(slot=3, entries={3: 1, 2: 0, 5: 0, 1: 2, 0: 1, 4: 2}, exclusive=False),
                Edit(slot=2, entries={0: 2, 1: 1, 2: 1, 5: 1, 3: 1, 4: 2}, exclusive=True),
                Move(slot=1, names=frozenset({0, 1, 2, 3, 4, 5})),
                Drift(action="change", slot=0, which=2, look=1),
                Trouble(faults=(), kill=(6, True), late=1),
                Run(what="up"),
                Run(what="up"),
                Run(what="refresh"),
                Edit(slot=2, entries=None, exclusive=False),
                Edit(slot=2, entries={2: 0}, exclusive=True),
                Edit(slot=2, entries=None, exclusive=True),
                Move(slot=2, names=frozenset({2, 4, 5})),
                Trouble(faults=(Fault(kind="batch_partial", operation="*", times=2, status=409, part=0.0),)),
                Run(what="up"),
                Run(what="up"),
                Run(what="up"),
                Edit(slot=2, entries={}, exclusive=True),
                Drift(action="rename", slot=2, which=0, look=2),
                Trouble(faults=(Fault(kind="refused", operation="*/batch", times=4),), kill=(7, True)),
                Run(what="refresh"),
                Run(what="refresh"),
                Run(what="up"),
                Edit(slot=2, entries=None, exclusive=False),
                Trouble(
                    faults=(Fault(kind="slow", operation="GET */{id}", times=7, probability=0.5, delay=100.0),), late=0
                ),
                Run(what="refresh"),
                Run(what="up"),
            ],
        ),
        refresh=True,
        threads=4,
    )


def test_an_entry_that_leaves_a_collection_as_that_is_renamed_keeps_its_id() -> None:
    """A collection is renamed by an alias and lets an entry go in the same run, which was interrupted before."""
    play(
        Script(
            contract="2025",
            duplicates="accept",
            seed=111,
            page=1000,
            chunk=1000,
            total_count=True,
            habits={"retry_after_date": True, "batch_without_puts": True, "bare_answers": "object"},
            slots=[
                Slot("A/same", "block_sender", many=False),
                Slot("B/same", "block_sender", many=True),
                Slot("plain", "block_sender", many=True),
                Slot("A/other", "block_sender", many=False, adopt=True),
            ],
            steps=[
                Edit(slot=1, entries=None, exclusive=True),
                Edit(slot=1, entries={0: 2, 1: 2, 2: 2, 3: 2}, exclusive=False),
                Trouble(faults=(Fault(kind="malformed", operation="*"),), kill=(3, False)),
                Run(what="up"),
                Run(what="up"),
                Edit(slot=1, entries={1: 0, 2: 2, 4: 0, 5: 2, 0: 1, 3: 2}, exclusive=True),
                Edit(slot=0, entries=None, exclusive=False),
                Trouble(
                    faults=(
                        Fault(kind="rate_limited", operation="GET */{id}", retry_after=4000),
                        Fault(kind="cut_after", operation="POST *", times=2, after=3, probability=0.5),
                    ),
                    late=3,
                ),
                Run(what="up"),
                Run(what="up"),
                Run(what="up"),
                Edit(slot=0, entries={0: 2}, exclusive=True),
                Edit(slot=2, entries={}, exclusive=True),
                Rename(slot=1, above="", alias=True),
                Drift(action="add", slot=1, which=5, look=0),
                Trouble(
                    faults=(
                        Fault(kind="cut_after", operation="PATCH *", times=4),
                        Fault(kind="rate_limited", operation="*", probability=0.5, retry_after=7),
                        Fault(kind="refused", operation="*", probability=0.5),
                    ),
                    kill=(6, True),
                ),
                Run(what="up"),
            ],
        ),
        refresh=True,
        threads=1,
    )


def test_a_protected_domain_that_moved_away_and_is_declared_no_more_stays_protected() -> None:
    """Its new owner failed and gives it up: nobody has asked to unprotect it, which cannot be undone."""
    play(
        Script(
            contract="2025",
            duplicates="conflict",
            seed=0,
            page=1000,
            chunk=1000,
            total_count=False,
            habits={},
            slots=[Slot("A/same", "domain", many=True), Slot("B/same", "domain", many=True)],
            steps=[
                Edit(slot=1, entries={0: 0, 1: 0}, exclusive=False),
                Run(what="up"),
                Edit(slot=0, entries={0: 0, 1: 0}, exclusive=False),
                Trouble(faults=(Fault(kind="forbidden", operation="*"),)),
                Run(what="up"),
                Edit(slot=0, entries={0: 0}, exclusive=False),
                Trouble(faults=()),
                Run(what="up"),
                Edit(slot=0, entries={0: 0, 1: 0}, exclusive=False),
                Run(what="up"),
            ],
        ),
        refresh=False,
        threads=1,
    )


def test_what_another_resource_took_from_an_interrupted_create_is_left_to_it() -> None:
    """A collection was killed while it made an entry, and fails again; meanwhile a single has the entry."""
    play(
        Script(
            contract="2025",
            duplicates="accept",
            seed=985,
            page=1000,
            chunk=1000,
            total_count=True,
            habits={"bare_answers": "204", "batch_without_puts": True},
            slots=[Slot("A/same", "block_sender", many=True), Slot("B/same", "block_sender", many=False)],
            steps=[
                Edit(slot=0, entries={2: 1, 3: 2}, exclusive=False),
                Trouble(faults=(), kill=(2, True)),
                Run(what="up"),
                Edit(slot=1, entries={2: 2}, exclusive=True),
                Trouble(faults=(), late=1),
                Run(what="up"),
            ],
        ),
        refresh=False,
        threads=1,
    )


def test_text_that_is_stored_as_before_is_another_form_of_what_was_sent() -> None:
    """An account that writes texts in lower case makes the same of a name in other case: that is no change undone."""
    play(
        Script(
            contract="2026",
            duplicates="conflict",
            seed=0,
            page=1000,
            chunk=1000,
            total_count=True,
            habits={"lower_case": "text"},
            slots=[Slot("A/same", "impersonation_registry_entry", many=True)],
            steps=[
                Edit(slot=0, entries={0: 0, 1: 0}, exclusive=False),
                Trouble(faults=()),
                Run(what="up"),
                Machine(),
                Rename(slot=0, above="", alias=False),
                Trouble(faults=(), kill=(0, False)),
                Run(what="up"),
            ],
        ),
        refresh=False,
        threads=1,
    )
