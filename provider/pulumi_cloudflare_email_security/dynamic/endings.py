"""How a program ends that does not catch an error of this package: with its text, without a traceback.

Pulumi prints no traceback for its own `RunError`. The client and the lifecycle know nothing of Pulumi, so an error
becomes one where it reaches a program.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

import pulumi

from ..client.errors import EmailSecurityError

P = ParamSpec("P")
R = TypeVar("R")
_classes: Final[dict[type[EmailSecurityError], type[EmailSecurityError]]] = {}


def ends_program(function: Callable[P, R]) -> Callable[P, R]:
    """Let the errors that a function raises end a program with their text; each stays of its own class too."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except EmailSecurityError as error:
            if isinstance(error, pulumi.RunError):
                raise
            kind = _class_of(type(error))
            ending = kind.__new__(kind, *error.args)
            ending.__dict__.update(error.__dict__)
            raise ending from error.__cause__

    return wrapper


def _class_of(error: type[EmailSecurityError]) -> type[EmailSecurityError]:
    """A class for errors of a kind that is Pulumi's `RunError` too, under the same name."""
    if error not in _classes:
        _classes[error] = type(error.__name__, (pulumi.RunError, error), {"__doc__": error.__doc__})
    return _classes[error]
