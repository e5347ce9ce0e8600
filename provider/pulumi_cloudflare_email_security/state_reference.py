"""The one function that Pulumi state refers to.

Every resource's state holds a pickle that says `state_reference.provider("<kind>")`. Old states are unpickled
to refresh and destroy them, so neither this module, nor this function, nor a kind may ever be renamed or
removed. See CONTRIBUTING, "What may never be renamed".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi.dynamic import ResourceProvider


def provider(kind: str) -> ResourceProvider:
    """The dynamic provider of a kind, such as "block_sender" or "block_senders"."""
    from .settings import make_provider  # noqa: PLC0415  (the settings import this module)

    return make_provider(kind)
