"""Layers of entries: a baseline for all accounts, and what an account has on top of it."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, Protocol, TypeAlias, get_args

import pulumi

from ..client.envelope import printable
from ..client.errors import EntriesFileError
from ..model.setting import Result, Setting
from ..model.text import cut, shown
from .entry import FileEntry
from .typed import whole_fields

#: Entries as a collection takes them: a list, or a map from natural key to entry.
Layer: TypeAlias = Sequence[Mapping[str, Any] | Result] | Mapping[str, Mapping[str, Any]]
OnOverlap: TypeAlias = Literal["report", "refuse", "allow"]
_MOST_LINES: Final = 50


class _OfSetting(Protocol):
    """A collection's class, such as `BlockSenders`."""

    setting: ClassVar[Setting]


@dataclass(frozen=True, slots=True)
class _Placed:
    """An entry of one layer, with its fields under the API's names."""

    entry: Mapping[str, Any]
    fields: dict[str, Any]
    place: str


def merge_entries(
    baseline: Layer, *extras: Layer, of: type[_OfSetting], on_overlap: OnOverlap = "report"
) -> list[dict[str, Any]]:
    """One list of entries made of layers; where several have an entry, later ones win, field by field.

    ```python
    entries = email_security.merge_entries(
        email_security.read_entries("baseline.csv"),
        email_security.read_entries(f"{pulumi.get_stack()}.csv"),
        of=email_security.BlockSenders,
    )
    email_security.BlockSenders("blocklist", entries=entries)
    ```

    Args:
        baseline: the first layer.
        extras: the layers on top of it. Only what they say counts: a field that they leave out stays, and one that is
            None is cleared.
        of: the collection that the entries are for, which knows their natural key.
        on_overlap: what to do about entries that stand in several layers: "report" them among Pulumi's messages,
            "refuse" them, or "allow" them silently.

    Returns:
        The entries in the order in which they first appear. The place of one that several layers have is that in the
        last file.

    Raises:
        EntriesFileError: overlaps are refused, an entry stands twice in one layer, a natural key is not known yet, or
            an entry of several layers is not valid.

    """
    if on_overlap not in get_args(OnOverlap):
        raise EntriesFileError(f"on_overlap is one of {', '.join(get_args(OnOverlap))}, not {shown(on_overlap)}")
    setting = of.setting
    merged: dict[tuple[Any, ...], list[_Placed]] = {}
    for number, layer in enumerate((baseline, *extras), 1):
        for key, placed in _keyed(setting, layer, number).items():
            merged.setdefault(key, []).append(placed)
    overlaps = [_overlap(setting, key, layers) for key, layers in merged.items() if len(layers) > 1]
    if overlaps and on_overlap == "refuse":
        raise EntriesFileError(_report(setting, overlaps))
    if overlaps and on_overlap == "report":
        pulumi.log.info(_report(setting, overlaps))
    problems = [problem for layers in merged.values() if len(layers) > 1 for problem in _problems(setting, layers)]
    if problems:
        raise EntriesFileError("\n".join(cut(problems, _MOST_LINES)))
    return [_merged(layers) for layers in merged.values()]


def _keyed(setting: Setting, layer: Layer, number: int) -> dict[tuple[Any, ...], _Placed]:
    """A layer's entries by natural key."""
    found: dict[tuple[Any, ...], _Placed] = {}
    for placed in _placed(setting, layer, number):
        key_fields = {**setting.schema.defaults, **placed.fields}
        if not all(isinstance(key_fields.get(name), str) for name in setting.key):
            what = " and ".join(setting.key)
            raise EntriesFileError(f"{placed.place}: {what} must be known texts for entries to be merged")
        key = setting.key_of(key_fields)
        if (first := found.setdefault(key, placed)) is not placed:
            called = printable(setting.key_text(key), 120)
            raise EntriesFileError(f"{placed.place}: {called} stands already at {first.place}, in the same layer")
    return found


def _placed(setting: Setting, layer: Layer, number: int) -> Iterator[_Placed]:
    if isinstance(layer, str | os.PathLike):
        raise EntriesFileError(f"layer {number}: {os.fspath(layer)!r} is a path — read_entries(path) reads the file")
    try:
        iter(layer)  # outputs have the method, to say that they cannot
    except TypeError:
        raise EntriesFileError(f"layer {number}: must be a list or a map of entries, not {shown(layer)}") from None
    if isinstance(layer, Mapping):
        named: Iterator[tuple[str, dict[str, Any], Any]] = (
            (f'layer {number}["{printable(key, 120)}"]', setting.fields_from_key(key), each)
            for key, each in layer.items()
        )
    else:
        named = ((f"layer {number}[{index}]", {}, each) for index, each in enumerate(layer))
    for place, key_fields, entry in named:
        if isinstance(entry, FileEntry):
            yield _Placed(entry, {**key_fields, **whole_fields(setting, entry)}, entry.place())
        elif isinstance(entry, Mapping):
            yield _Placed(entry, {**key_fields, **entry}, place)
        elif isinstance(entry, setting.result_class):
            if why := setting.read_only(dataclasses.asdict(entry)):
                called = f"{setting.describe(setting.fields_of(entry))} (id {entry.id})"
                raise EntriesFileError(f"{place}: {called} cannot be declared: {why} — leave it out")
            fields = setting.fields_of(entry)
            yield _Placed(fields, fields, f"{place} (id {entry.id})")
        elif isinstance(entry, Result):
            raise EntriesFileError(f"{place}: a {type(entry).__name__} cannot be declared as a {setting.title}")
        else:
            raise EntriesFileError(f"{place}: must be a map of fields, not {shown(entry)}")


def _merged(layers: Sequence[_Placed]) -> dict[str, Any]:
    """One entry of all its layers, which stands where the last of them does that is from a file."""
    (first, *others) = layers
    if not others:
        return first.entry if isinstance(first.entry, FileEntry) else first.fields
    fields = {name: value for layer in layers for name, value in layer.fields.items()}
    from_files = [layer.entry for layer in layers if isinstance(layer.entry, FileEntry)]
    return FileEntry(fields, file=from_files[-1].file, line=from_files[-1].line) if from_files else fields


def _problems(setting: Setting, layers: Sequence[_Placed]) -> Iterator[str]:
    """What is wrong with an entry of several layers, of which only one is to blame; later checks know the last only."""
    fields, places = dict[str, Any](), dict[str, str]()
    for layer in layers:
        fields |= layer.fields
        places |= dict.fromkeys(layer.fields, layer.place)
    known = {
        name: fields[name] for name in setting.schema.setting_fields if isinstance(fields.get(name), str | int | float)
    }
    for failure in setting.schema.validate_entry(known)[1]:
        if failure.path in places:
            yield f"{places[failure.path]}: {failure.path}: {printable(failure.reason)}"


def _overlap(setting: Setting, key: tuple[Any, ...], layers: Sequence[_Placed]) -> str:
    """An entry that stands in several layers: where, and which fields change."""
    changes: list[str] = []
    fields = dict(layers[0].fields)
    for layer in layers[1:]:
        changes += [
            f"{name} {shown(fields[name])} → {shown(value)}" if name in fields else f"{name} {shown(value)}"
            for name, value in layer.fields.items()
            if name not in setting.key
            and (name not in fields or fields[name] is not value)
            and not _same(fields.get(name), value)
        ]
        fields |= layer.fields
    where = ", then ".join(layer.place for layer in layers)
    return f"{printable(setting.key_text(key), 120)}: {where}: {', '.join(changes) or 'the same'}"


def _same(one: object, other: object) -> bool:
    # An output's comparison is an output.
    return not isinstance(one, pulumi.Output) and not isinstance(other, pulumi.Output) and one == other


def _report(setting: Setting, overlaps: Sequence[str]) -> str:
    count = f"{len(overlaps)} {'entry stands' if len(overlaps) == 1 else 'entries stand'} in several layers"
    return "\n  ".join([f"{setting.collection}: {count}", *cut(overlaps, _MOST_LINES)])
