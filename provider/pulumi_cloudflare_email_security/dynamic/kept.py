"""What this package keeps of a run or of a resource, for as long as that lives."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def kept(owner: object, name: str, make: Callable[[], T]) -> T:
    """What `make` gave when it was first asked for with this owner and name.

    It is an attribute of the owner, and ends with it: a mapping with weak keys keeps what refers to its own key for
    ever, as what belongs to a run refers to the run.
    """
    attributes = vars(owner)
    attribute = f"_email_security_{name}"
    if attribute not in attributes:
        attributes[attribute] = make()
    found: T = attributes[attribute]
    return found
