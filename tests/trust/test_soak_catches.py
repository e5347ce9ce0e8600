"""The stories would notice it if nobody knew who owns an entry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from pulumi_cloudflare_email_security.session.ownership import NO_MOVES, Ownership
from trust.programs import Script, moves
from trust.test_convergence import play


@contextmanager
def _everything(_self: object, _resource: str, ids: Iterable[str]) -> Iterator[set[str]]:
    yield {*ids}


#: What ownership answers, as if it knew nothing.
DELETES_WHATEVER_IT_HAD: Final[Mapping[str, Any]] = {"deleting": _everything}
GIVES_NOTHING_AWAY: Final[Mapping[str, Any]] = {"former_owner": lambda *_: None}
KNOWS_NOTHING: Final[Mapping[str, Any]] = {
    **DELETES_WHATEVER_IT_HAD,
    "former_owner": lambda *_: None,
    "keep": lambda *_: set(),
    "moves": lambda *_: NO_MOVES,
    "new_owner": lambda *_: None,
    "owner": lambda *_: None,
    "take": lambda *_: True,
}


@pytest.mark.parametrize(
    "answers",
    [DELETES_WHATEVER_IT_HAD, GIVES_NOTHING_AWAY, KNOWS_NOTHING],
    ids=["deletes whatever it had", "gives nothing away", "knows nothing"],
)
def test_stories_fail_without_ownership(answers: Mapping[str, Any]) -> None:
    """Where it knows nothing, or lets a resource delete what another one has, a story soon ends badly."""

    @seed(7)
    @settings(
        max_examples=40,
        database=None,
        suppress_health_check=[*HealthCheck],
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )
    @given(moves(), st.booleans())
    def stories(script: Script, refresh: bool) -> None:
        play(script, refresh=refresh)

    with patch.multiple(Ownership, **answers), pytest.raises(AssertionError):
        stories()
