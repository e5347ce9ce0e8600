"""How a program ends that has an error: with its text, without a traceback.

Pulumi prints no traceback for its own `RunError`. The client and the lifecycle know nothing of Pulumi, so an error
becomes one where it reaches a program. Where a provider's check refuses something, the engine prints why and interrupts
the program, whose traceback would be longer than all the rest.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import PurePath
from types import TracebackType
from typing import Final, ParamSpec, TypeVar

import pulumi

from ..client.errors import EmailSecurityError

P = ParamSpec("P")
R = TypeVar("R")
#: What the engine runs programs with.
_RUNNER: Final = "pulumi-language-python-exec"
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


def end_quietly() -> None:
    """Let a program that the engine interrupts end without a traceback."""
    if not isinstance(sys.excepthook, _Hook):
        sys.excepthook = _Hook(sys.excepthook)


class _Hook:
    """Prints what ends the process, as before, but for an interrupted program of the engine."""

    def __init__(self, before: Callable[[type[BaseException], BaseException, TracebackType | None], object]) -> None:
        self._before = before

    def __call__(self, kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        outermost = traceback.tb_frame.f_code.co_filename if traceback is not None else ""
        if not (issubclass(kind, KeyboardInterrupt) and PurePath(outermost).name == _RUNNER):
            self._before(kind, error, traceback)
