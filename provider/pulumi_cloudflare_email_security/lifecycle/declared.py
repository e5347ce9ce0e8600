"""The entries that a program declares for a collection: checked, with defaults and places, keyed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from ..client.envelope import printable
from ..model import invalid
from ..model.days import day
from ..model.schema import Failure, has_unknown, known_fields
from ..model.setting import Setting
from ..model.state import DEFAULTS, ENTRIES, EXPIRES
from ..model.text import counted, shown, told_apart
from .lines import some

EXPIRY_WARNING: Final = timedelta(days=14)
#: So many failures are told one by one.
_MOST_FAILURES: Final = 20


@dataclass(slots=True)
class Declared:
    """Declared entries, checked.

    Attributes:
        entries: by key text, sorted; an entry whose key is not known yet stands under its path.
        failures: what is wrong, up to a limit; the rest is counted.
        places: where each entry is written, by key text: "file:line", or "".
        warnings: what has expired or soon will.

    """

    entries: dict[str, Any]
    failures: list[Failure]
    places: dict[str, str]
    warnings: list[str]


def check_entries(
    setting: Setting,
    declared: list[Any] | Mapping[str, Any],
    *,
    defaults: object = None,
    before: Mapping[str, Any],
    today: date,
    places: Iterable[str] = (),
    secret: bool = False,
) -> Declared:
    """Check declared entries.

    Args:
        setting: whose entries they are.
        declared: a list of entries, or a map from natural key to entry.
        defaults: fields that all entries share which do not set them.
        before: the entries that were declared last time, by key text; one that is the same is not validated again.
        today: the day on which entries expire.
        places: where each is written, in order, as far as known.
        secret: whether values must not be printed.

    """
    check = _Check(setting, before, today)
    shared = check.defaults(defaults)
    known_places = iter(places)
    for path, key_fields, own in _placed(setting, declared):
        given = own
        if (shared or key_fields) and isinstance(own, Mapping):
            given = {**shared, **key_fields, **{name: value for name, value in own.items() if value is not None}}
        count = len(check.failures)
        check.add(_Place(path, next(known_places, "")), key_fields, given)
        if secret:
            check.failures[count:] = [failure.without(given) for failure in check.failures[count:]]
    return Declared(dict(sorted(check.entries.items())), check.told(), check.places, list(check.warnings()))


class _Place(NamedTuple):
    """Where an entry is declared: its property path, and "file:line" where it is from a file."""

    path: str
    line: str


@dataclass(slots=True)
class _Check:
    setting: Setting
    before: Mapping[str, Any]
    today: date
    entries: dict[str, Any] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    paths: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    days: dict[str, date] = field(default_factory=dict)
    #: The entries before with their key texts, by their key fields as they are written.
    written_before: dict[tuple[Any, ...], tuple[str, Mapping[str, Any]]] = field(init=False)
    #: The fields that are cleared where the program sets them no more.
    clearable: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.written_before = {self._written(fields): (key, fields) for key, fields in self.before.items()}
        self.clearable = [name for name, one in self.setting.schema.api_fields.items() if one.cleared_if_omitted]

    def defaults(self, given: object) -> dict[str, Any]:
        """The fields that all entries share."""
        if given is None or has_unknown(given):
            return {}
        if not isinstance(given, Mapping):
            self.failures.append(Failure(DEFAULTS, f"must be a map of fields, not {shown(given)}"))
            return {}
        return {name: value for name, value in given.items() if value is not None}

    def add(self, place: _Place, key_fields: Mapping[str, Any], given: Any) -> None:
        """Check one entry and keep it, unless it has expired."""
        if not isinstance(given, Mapping):
            if has_unknown(given):
                self.entries[place.path] = given
            else:
                self.failures.append(Failure(place.path, f"must be a map of fields, not {shown(given)}", place.line))
            return
        if (unchanged := self._unchanged(given)) is not None:
            self._keep(place, *unchanged, key_fields)
            return
        fields = dict(given)
        expires = fields.pop(EXPIRES, None)
        normal, wrong = self.setting.schema.validate_entry(fields, path=place.path)
        if wrong and key_fields and not all(map(key_fields.get, self.setting.key)):
            form = self.setting.key_text([name.upper() for name in self.setting.key])
            wrong = [Failure(place.path, f"stands under a key that is not of the form {form!r}")]
        self.failures += [Failure(failure.path, failure.reason, place.line) for failure in wrong]
        if wrong:
            return
        if not known_fields(normal, self.setting.key):
            self.entries[place.path] = normal
            return
        key = self.setting.key_text_of(normal)
        whole = {**normal, **self._cleared(key, normal)}
        self._keep(place, key, whole if expires is None else {**whole, EXPIRES: expires}, key_fields)

    def _unchanged(self, given: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
        """The key and the entry as last time, where it is declared as it was then, and so was checked; else None."""
        try:
            found = self.written_before.get(self._written(given))
        except TypeError:  # no text at all
            return None
        return found if found is not None and found[1] == {**self.setting.schema.defaults, **given} else None

    def _written(self, fields: Mapping[str, Any]) -> tuple[Any, ...]:
        """The natural key as it is written."""
        return tuple(map(fields.get, self.setting.key))

    def _keep(self, place: _Place, key: str, fields: Mapping[str, Any], key_fields: Mapping[str, Any]) -> None:
        if (first := self.paths.setdefault(key, place.path)) != place.path:
            self._repeated(place, key, fields, first)
        elif key_fields and self.setting.key_of({**fields, **key_fields}) != self.setting.key_of(fields):
            self.failures.append(
                Failure(place.path, f"stands under a key that is not its own, which is {key!r}", place.line)
            )
        elif not self._expired(place, key, fields.get(EXPIRES)):
            self.entries[key] = fields
            self.places[key] = place.line

    def _repeated(self, place: _Place, key: str, normal: Mapping[str, Any], first: str) -> None:
        mine, other = self.setting.label(normal), self.setting.label(self.entries[key]) if key in self.entries else key
        apart = told_apart([mine, other]) if mine != other else {}
        as_ = f" (there as {apart[other]})" if apart else ""
        where = f" at {self.places[key]}" if self.places.get(key) else ""
        self.failures.append(
            Failure(
                place.path,
                f"declares {self.setting.title} {printable(apart.get(mine, mine), 120)} again: {first}{where} does "
                f"already{as_}",
                place.line,
            )
        )

    def _expired(self, place: _Place, key: str, expires: object) -> bool:
        """Whether the entry's last day has passed; notes where it has, or soon will."""
        if expires is None or has_unknown(expires):
            return False
        try:
            last = day(expires)
        except invalid.ValidationError as error:
            self.failures.append(Failure(f"{place.path}.{EXPIRES}", str(error.messages[0]), place.line))
            return False
        if last - self.today <= EXPIRY_WARNING:
            self.days[key] = last
        return last <= self.today

    def told(self) -> list[Failure]:
        """The failures, of which many have one cause: the first of them, and how many there are."""
        if not (more := self.failures[_MOST_FAILURES:]):
            return self.failures
        rest = Failure(ENTRIES, f"… and {counted(len(more), 'more problem', 'more problems')} in the declared entries")
        return [*self.failures[:_MOST_FAILURES], rest]

    def warnings(self) -> Iterator[str]:
        """What has expired, and what soon will, the earliest first."""
        ordered = sorted(self.days, key=lambda key: (self.days[key], key))
        left = {key: (self.days[key] - self.today).days for key in ordered}
        expired = [key for key in ordered if left[key] <= 0]
        soon = ordered[len(expired) :]
        for keys, what, detail in (
            (
                expired,
                ("entry has expired", "entries have expired"),
                lambda key: f" expired on {self.days[key]} and is left out",
            ),
            (
                soon,
                ("entry expires soon", "entries expire soon"),
                lambda key: f" expires on {self.days[key]}, in {counted(left[key], 'day', 'days')}",
            ),
        ):
            if keys:
                yield "\n".join([f"{self.setting.collection}: {counted(len(keys), *what)}", *some("!", keys, detail)])

    def _cleared(self, key: str, normal: Mapping[str, Any]) -> dict[str, str]:
        """What the program set before and sets no more, and can be cleared."""
        before = self.before.get(key, {})
        return {name: "" for name in self.clearable if name in before and name not in normal}


def _placed(setting: Setting, declared: list[Any] | Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    """Each declared entry with its property path and the fields that its key stands for."""
    if isinstance(declared, list):
        yield from ((f"{ENTRIES}[{index}]", {}, entry) for index, entry in enumerate(declared))
    else:
        for key, entry in declared.items():
            # A lone surrogate cannot be sent to the engine.
            name = key.encode("utf-8", "backslashreplace").decode()
            yield f'{ENTRIES}["{name}"]', setting.fields_from_key(key), entry
