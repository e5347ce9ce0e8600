"""What of a live entry a program, or a file, can declare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..model.setting import Setting
from ..model.text import field_name

#: What the API fills in by itself, and a person would not write.
_ANSWERED: Final = frozenset({"provenance"})


def declarable_fields(setting: Setting, entry: Mapping[str, Any]) -> tuple[dict[str, Any] | None, list[str]]:
    """What a program can declare of a live entry, and which of its fields it cannot declare.

    Returns:
        The fields in normal form, or None where the entry cannot be declared; and what is wrong.

    """
    schema = setting.schema
    live = setting.live(entry, read=True)
    required = {name for name, field in schema.api_fields.items() if field.required}
    answered = setting.live(entry)
    fields = {
        name: live[name]
        for name, field in schema.api_fields.items()
        # What an answer leaves out is declared where leaving it out of a program would mean something else.
        if name in live and (name in answered or field.required or field.default is not None)
        if name not in _ANSWERED and (live[name] != "" or field.required)
    }
    problems: list[str] = []
    while True:
        checked, failures = schema.validate_entry(fields)
        if not failures:
            break
        problems += [f"{field_name(failure.path)}: {failure.reason}" for failure in failures]
        wrong = {failure.path.partition("[")[0].partition(".")[0] for failure in failures}
        if wrong & required or wrong - fields.keys():
            return None, problems
        # The rest of the entry can be declared: a field that is not declared is left as it is.
        fields = {name: value for name, value in fields.items() if name not in wrong}
    if differing := setting.changed_fields(checked, live):
        return None, [
            f"{field_name(name)}: what the account holds has a form that cannot be declared" for name in differing
        ]
    return checked, problems
