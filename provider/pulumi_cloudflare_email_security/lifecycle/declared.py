"""The entries that a program declares for a collection: checked, in normal form, keyed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from marshmallow import ValidationError

from ..client.envelope import printable
from ..model.fields import day, shown
from ..model.schema import Failure, has_unknown, known_fields
from ..model.setting import Setting
from ..model.state import ENTRIES
from .changes import some

DEFAULTS: Final = "defaults"
EXPIRES: Final = "expires"
EXPIRY_WARNING: Final = timedelta(days=14)


def check_entries(
    setting: Setting,
    declared: list[Any] | Mapping[str, Any],
    *,
    before: Mapping[str, Any],
    today: date,
    tell: Callable[[str], None],
) -> tuple[dict[str, Any], list[Failure]]:
    """Check declared entries.

    Args:
        setting: whose entries they are.
        declared: a list of entries, or a map from natural key to entry.
        before: the entries that were declared last time, by key text.
        today: the day on which entries expire.
        tell: where to warn of entries that have expired or soon will.

    Returns:
        The entries in normal form by key text, sorted, and what is wrong. An entry whose key is not known yet
        stands under its place.

    """
    check = _Check(setting, before, today)
    for place, key_fields, given in _placed(setting, declared):
        check.add(place, key_fields, {**key_fields, **given} if isinstance(given, Mapping) else given)
    for warning in check.warnings():
        tell(warning)
    return dict(sorted(check.entries.items())), check.failures


@dataclass(slots=True)
class _Check:
    setting: Setting
    before: Mapping[str, Any]
    today: date
    entries: dict[str, Any] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)
    days: dict[str, date] = field(default_factory=dict)

    def add(self, place: str, key_fields: Mapping[str, Any], given: Any) -> None:
        """Check one entry and keep it, unless it has expired."""
        if not isinstance(given, Mapping):
            if has_unknown(given):
                self.entries[place] = given
            else:
                self.failures.append(Failure(place, f"must be a map of fields, not {shown(given)}"))
            return
        fields = dict(given)
        expires = fields.pop(EXPIRES, None)
        normal, wrong = self.setting.schema.validate_entry(fields, path=place)
        if wrong and key_fields and not all(map(key_fields.get, self.setting.key)):
            form = self.setting.key_text([name.upper() for name in self.setting.key])
            wrong = [Failure(place, f"stands under a key that is not of the form {form!r}")]
        self.failures += wrong
        if wrong:
            return
        if not known_fields(normal, self.setting.key):
            self.entries[place] = normal
            return
        key = self.setting.key_text(self.setting.key_in(normal))
        problem = self._wrong_key(place, key, key_fields, normal)
        if problem:
            self.failures.append(Failure(place, problem))
        elif not self._expired(place, key, expires):
            self._clear_what_was_set(key, normal)
            self.entries[key] = normal

    def _wrong_key(self, place: str, key: str, key_fields: Mapping[str, Any], normal: Mapping[str, Any]) -> str | None:
        if (first := self.places.setdefault(key, place)) != place:
            return f"declares {self.setting.title} {printable(key, 120)} again: {first} does already"
        if key_fields and self.setting.key_of({**normal, **key_fields}) != self.setting.key_in(normal):
            return f"stands under a key that is not its own, which is {key!r}"
        return None

    def _expired(self, place: str, key: str, expires: object) -> bool:
        """Whether the entry's last day has passed; notes where it has, or soon will."""
        if expires is None or has_unknown(expires):
            return False
        try:
            last = day(expires)
        except ValidationError as error:
            self.failures.append(Failure(f"{place}.{EXPIRES}", str(error.messages[0])))
            return False
        if last - self.today <= EXPIRY_WARNING:
            self.days[key] = last
        return last <= self.today

    def warnings(self) -> Iterator[str]:
        """What has expired, and what soon will, the earliest first."""
        ordered = sorted(self.days, key=lambda key: (self.days[key], key))
        left = {key: (self.days[key] - self.today).days for key in ordered}
        expired = [key for key in ordered if left[key] <= 0]
        soon = ordered[len(expired) :]
        for keys, what, detail in (
            (expired, "have expired", lambda key: f" expired on {self.days[key]} and is left out"),
            (soon, "expire soon", lambda key: f" expires on {self.days[key]}, in {left[key]} days"),
        ):
            if keys:
                yield "\n".join([f"{self.setting.collection}: {len(keys)} entries {what}", *some("!", keys, detail)])

    def _clear_what_was_set(self, key: str, normal: dict[str, Any]) -> None:
        """What the program set before and sets no more is cleared where it can be."""
        known_before = self.before.get(key)
        if isinstance(known_before, Mapping):
            for name, api_field in self.setting.schema.api_fields.items():
                if api_field.cleared_if_omitted and name in known_before and name not in normal:
                    normal[name] = ""


def _placed(setting: Setting, declared: list[Any] | Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    """Each declared entry with its property path and the fields that its key stands for."""
    if isinstance(declared, list):
        yield from ((f"{ENTRIES}[{index}]", {}, entry) for index, entry in enumerate(declared))
    else:
        for key, entry in declared.items():
            # A lone surrogate cannot be sent to the engine.
            name = key.encode("utf-8", "backslashreplace").decode()
            yield f'{ENTRIES}["{name}"]', setting.fields_from_key(key), entry
