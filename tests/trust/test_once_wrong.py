"""Stories that `make soak` found once, as it printed them: each ended otherwise than it must."""

from __future__ import annotations

from pulumi_cloudflare_email_security.emulator import Fault
from trust.programs import Drift, Edit, Move, Run, Script, Slot, Trouble
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
                Slot(
                    path="A/same",
                    kind="block_sender",
                    many=True,
                    adopt=True,
                    unprotect=False,
                    exclusive=False,
                    entries=None,
                    was=None,
                ),
                Slot(
                    path="B/same",
                    kind="block_sender",
                    many=True,
                    adopt=True,
                    unprotect=False,
                    exclusive=False,
                    entries=None,
                    was=None,
                ),
                Slot(
                    path="plain",
                    kind="block_sender",
                    many=True,
                    adopt=False,
                    unprotect=False,
                    exclusive=False,
                    entries=None,
                    was=None,
                ),
                Slot(
                    path="A/other",
                    kind="block_sender",
                    many=True,
                    adopt=False,
                    unprotect=False,
                    exclusive=False,
                    entries=None,
                    was=None,
                ),
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
                Trouble(
                    faults=(
                        Fault(
                            kind="batch_partial",
                            operation="*",
                            times=2,
                            after=0,
                            probability=1.0,
                            retry_after=None,
                            status=409,
                            body="json",
                            applied=False,
                            delay=0.0,
                            part=0.0,
                            late=0.0,
                        ),
                    ),
                    kill=None,
                    late=None,
                ),
                Run(what="up"),
                Run(what="up"),
                Run(what="up"),
                Edit(slot=2, entries={}, exclusive=True),
                Drift(action="rename", slot=2, which=0, look=2),
                Trouble(
                    faults=(Fault(kind="refused", operation="*/batch", times=4, after=0, probability=1.0),),
                    kill=(7, True),
                    late=None,
                ),
                Run(what="refresh"),
                Run(what="refresh"),
                Run(what="up"),
                Edit(slot=2, entries=None, exclusive=False),
                Trouble(
                    faults=(
                        Fault(
                            kind="slow",
                            operation="GET */{id}",
                            times=7,
                            after=0,
                            probability=0.5,
                            retry_after=None,
                            status=None,
                            body="json",
                            applied=False,
                            delay=100.0,
                            part=0.5,
                            late=0.0,
                        ),
                    ),
                    kill=None,
                    late=0,
                ),
                Run(what="refresh"),
                Run(what="up"),
            ],
        ),
        refresh=True,
        threads=4,
    )
