"""What a program with many single entries of a setting is told, once a preview."""

from __future__ import annotations

from collections.abc import Callable

import pulumi
from pulumi.runtime import is_dry_run
from pulumi.runtime.settings import get_monitor

from ..model.setting import Setting
from ..session.singles import Singles, advice
from .kept import kept
from .mocked import mocked


def note_single(resource: pulumi.Resource, setting: Setting, collection_of: Callable[[Setting], str]) -> None:
    """A program declares a single entry of a setting; `collection_of` names the type of its collections."""
    monitor = get_monitor()
    if monitor is None or mocked() or not is_dry_run():
        return
    singles = kept(monitor, "singles", Singles)
    if singles.are_many(setting, resource) and (collection := collection_of(setting)):
        pulumi.log.info(advice(type(resource).__name__, collection))
