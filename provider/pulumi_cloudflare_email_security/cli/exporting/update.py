"""A project's entry files brought to what the account holds now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...client.envelope import printable
from ...client.errors import EntriesFileError
from ...entries.editing import EntryFile, changes_to, open_entries
from ...entries.entry import FileEntry
from ...entries.formats import read_entries
from ...entries.typed import whole_fields, written_key
from ...model.text import counted
from .._declared import Declared, declared_in
from .account import Collection, Live
from .program import FEW


@dataclass(slots=True)
class Changes:
    """How many entries of a file were added, changed and removed."""

    added: int = 0
    changed: int = 0
    removed: int = 0

    @property
    def any(self) -> bool:
        """Whether there were any."""
        return bool(self.added or self.changed or self.removed)

    def __str__(self) -> str:
        return f"{self.added} added, {self.changed} changed, {self.removed} removed" if self.any else "no change"


@dataclass(slots=True)
class Update:
    """What became of a project.

    Attributes:
        files: the changes of each file.
        by_hand: entries that differ from the account and that no file can be changed for, and how they differ.

    """

    files: dict[str, Changes] = field(default_factory=dict)
    by_hand: list[str] = field(default_factory=list)


def update_project(folder: Path, collections: Sequence[Collection]) -> Update:
    """Change the entry files of the project in a folder, as little as possible.

    Raises:
        EntriesFileError: a file cannot be read or changed; none is changed then.

    """
    declared = declared_in(folder)
    if not any(each.files or each.inline or each.unread for each in declared.values()):
        raise EntriesFileError(f"{folder}: holds a project, but no program that declares entries as export writes them")
    update = Update()
    files: list[EntryFile] = []
    for collection in collections:
        if collection.skipped is None:
            where = declared.get(collection.setting.collection, Declared())
            updating = _Updating(update, collection, {live.key: live for live in collection.entries})
            files += updating.files(folder, where)
    for file in files:
        if update.files[Path(file.file).name].any:
            file.save()
    return update


@dataclass(frozen=True, slots=True)
class _Updating:
    """One collection's update.

    Attributes:
        update: what comes of it.
        collection: as it is live.
        left: the live entries that were not met yet, by key.

    """

    update: Update
    collection: Collection
    left: dict[str, Live]

    def files(self, folder: Path, declared: Declared) -> list[EntryFile]:
        """The collection's files, changed but not saved."""
        setting = self.collection.setting
        files = [*self._opened(folder, declared)]
        for file in files:
            changes = self.update.files.setdefault(Path(file.file).name, Changes())
            for entry in file.entries:
                self._entry(file, entry, changes)
        for place, fields in declared.inline:
            self._inline(place, fields)
        if not (declared.files or declared.inline or declared.unread) and len(self.left) > FEW:
            what = f"none of its {len(self.left)} entries is declared"
            self.update.by_hand.append(
                f"{setting.collection}: {what} — export it into a new folder with --only, or pass --exclude"
            )
            return files
        if declared.unread and self.left:
            # What may be declared there would, in another file, be declared twice.
            many = counted(len(self.left), "entry is", "entries are")
            where = ", ".join(dict.fromkeys(declared.unread))
            self.update.by_hand.append(
                f"{setting.collection}: {many} in no file that was found, and may be among those of {where}, "
                "which only a run of the program would tell"
            )
            return files
        for live in self.left.values():
            self._new(live, files[0] if files else None)
        return files

    def _opened(self, folder: Path, declared: Declared) -> Iterator[EntryFile]:
        """The files that can be changed; the entries of the others are compared."""
        setting = self.collection.setting
        for name in declared.files:
            path, defaults = str(folder / name), declared.defaults.get(name, {})
            try:
                yield open_entries(setting, path, defaults)
            except EntriesFileError:
                for entry in read_entries(path):
                    self._inline(entry.place(), {**defaults, **whole_fields(setting, entry)})

    def _entry(self, file: EntryFile, entry: FileEntry, changes: Changes) -> None:
        """Bring an entry of a file to what is live."""
        setting = self.collection.setting
        fields = file.fields_of(entry)
        key = setting.key_text(written_key(setting, fields))
        if (live := self.left.pop(key, None)) is None:
            if key not in self.collection.kept:
                file.remove(entry)
                changes.removed += 1
            return
        differing = changes_to(setting, fields, live.fields)
        if differing is None:
            self._differs(key, f"the line is not valid as it stands ({entry.place()})")
        elif writable := self._writable(file, key, differing):
            file.change(entry, writable)
            changes.changed += 1

    def _inline(self, place: str, fields: dict[str, Any]) -> None:
        """Compare an entry of the program itself."""
        setting = self.collection.setting
        key = setting.key_text(written_key(setting, fields))
        if (live := self.left.pop(key, None)) is None:
            if key not in self.collection.kept:
                self._differs(key, f"is not there any more ({place})")
        elif changes := changes_to(setting, fields, live.fields):
            said = ", ".join(f"{name} is {value!r}" for name, value in changes.items())
            self._differs(key, f"{said} ({place})")

    def _new(self, live: Live, file: EntryFile | None) -> None:
        """Add an entry that nobody declares."""
        if file is None:
            self._differs(live.key, "is not declared")
            return
        required = {name for name, field in self.collection.setting.schema.api_fields.items() if field.required}
        fields = self._writable(file, live.key, live.fields)
        if required <= fields.keys():
            file.add(fields)
            self.update.files[Path(file.file).name].added += 1

    def _writable(self, file: EntryFile, key: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Of an entry's fields those that the file can hold; the others are named."""
        refused = {name: why for name, value in fields.items() if (why := file.refused(name, value))}
        for name in fields.keys() & file.defaults.keys() - refused.keys():
            if fields[name] is None:
                refused[name] = f"{file.file}: has no {name}, for which the program has a default"
        for why in refused.values():
            self._differs(key, why)
        return {name: value for name, value in fields.items() if name not in refused}

    def _differs(self, key: str, how: str) -> None:
        self.update.by_hand.append(f"{self.collection.setting.collection}: {printable(key, 120)}: {how}")
