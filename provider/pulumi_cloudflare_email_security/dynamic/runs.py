"""Which run of a program this is: one process may run several, one after the other (the automation API, tests)."""

from __future__ import annotations

from pulumi.runtime.settings import SETTINGS, get_root_resource


def current_run() -> object:
    """An object that lives as long as the run: its stack resource, or Pulumi's settings outside a stack."""
    return get_root_resource() or SETTINGS
