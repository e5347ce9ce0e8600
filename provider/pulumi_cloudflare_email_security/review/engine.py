"""What the engine writes about resources: types and the program's lines, in previews and states alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..client.errors import EmailSecurityError
from ..model.setting import Setting

_TYPE: Final = re.compile(r"(?:pulumi-python:dynamic/cloudflare-email-security|cloudflare-email-security:\w+):(\w+)")
#: Frames that are not the program's: this package's, libraries', and those above the project's folder.
_NOT_THE_PROGRAM: Final = ("/pulumi_cloudflare_email_security/", "/site-packages/", "/node_modules/", "/../")


class UnreadableError(EmailSecurityError):
    """A file is no preview (or no state) of Pulumi's."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """The resource types of this package: by class name the setting, and whether it is a collection."""

    by_name: Mapping[str, tuple[Setting, bool]]

    @classmethod
    def of(cls, resources: Iterable[tuple[Any, Any]]) -> Kinds:
        """From pairs of resource classes, of an entry and of a collection."""
        found: dict[str, tuple[Setting, bool]] = {}
        for entry, collection in resources:
            found[entry.__name__] = (entry.setting, False)
            found[collection.__name__] = (collection.setting, True)
        return cls(found)

    def of_type(self, token: str) -> tuple[str, Setting, bool] | None:
        """The class name, setting and sort of a resource type; None for one that is not this package's."""
        match = _TYPE.fullmatch(token)
        found = self.by_name.get(match[1]) if match else None
        return (match[1], *found) if match and found else None


def program_place(trace: Any) -> str:
    """The line of the program that declared a resource, from the engine's stack trace."""
    for frame in trace if isinstance(trace, list) else []:
        position = str(frame.get("sourcePosition", "")) if isinstance(frame, Mapping) else ""
        file, _, rest = position.removeprefix("project:///").partition("#")
        line = rest.partition(",")[0]
        if (
            position.startswith("project:///")
            and not any(part in f"/{file}" for part in _NOT_THE_PROGRAM)
            and line.isdecimal()
        ):
            return f"{file}:{line}"
    return ""
