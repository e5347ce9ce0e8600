"""Entries read from files (being written)."""

from __future__ import annotations

from typing import Any

from .setting import Setting


def plain_entries(setting: Setting, entries: Any, defaults: Any) -> Any:
    """Stub."""
    del setting, defaults
    return entries
