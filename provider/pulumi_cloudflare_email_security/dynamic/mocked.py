"""Programs under `pulumi.runtime.set_mocks`: what the engine's provider would be asked, the mocks are."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import pulumi.runtime
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from ..model.names import camel, snaked
from ..model.setting import Result

R = TypeVar("R", bound=Result)
_PACKAGE: Final = "cloudflare-email-security"


def mocked() -> bool:
    """Whether Pulumi's mocks for unit tests stand in for the engine."""
    monitor = get_monitor()
    # The in-process runner's monitor is one of them, but leads the real providers.
    return isinstance(monitor, MockMonitor) and not hasattr(monitor, "deployment")


def get_mocked(result: type[R], function: str, arguments: Mapping[str, Any]) -> R:
    """What `Mocks.call` answers for the look-up of one entry; what it leaves out is as it was asked for, or None."""
    return _result(result, {**arguments, **_call(function, arguments)})


def list_mocked(result: type[R], function: str, arguments: Mapping[str, Any]) -> list[R]:
    """What `Mocks.call` answers for the look-up of many: `{"entries": […]}`; anything else is none."""
    entries = _call(function, arguments).get("entries")
    return [_result(result, entry) for entry in entries or () if isinstance(entry, Mapping)]


def _call(function: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    token = f"{_PACKAGE}:index:{camel(function)}"
    answer = pulumi.runtime.invoke(token, dict(arguments)).value
    return dict(answer) if isinstance(answer, Mapping) else {}


def _result(result: type[R], answered: Mapping[str, Any]) -> R:
    """An answer as a result; names may be in either case, as other languages write them."""
    given = snaked(answered)
    values: dict[str, Any] = {field.name: _whole(given.get(field.name)) for field in dataclasses.fields(result)}
    return result(**{**values, "id": str(values["id"] or "")})


def _whole(value: Any) -> Any:
    """Numbers arrive as floats."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
