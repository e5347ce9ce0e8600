"""What must hold of an account, whatever happened: nothing lost, nothing repeated, nobody else's touched.

The model knows which entries strangers made. It allows what cannot be otherwise, and nothing else:

- An entry that an interrupted create made is found by the next run that declares it. Where the program is edited in
  between so that it declares it no more, or somebody renames the entry, nobody looks for it: it is *abandoned*, and
  stays, unless it is a collection's that finds it again by its note.
  So is it where the next run happens on another machine, which has no note of it. But an entry that state once held
  is known wherever the stack goes on: it moves between resources, and keeps its id.
- A write that is carried out long after the client gave up (`late`) can do so after the next run has made the same
  entry. Where the API accepts duplicates, it then makes one.
- A domain whose `unprotect_on_delete` was not applied stays when its resource goes.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_cloudflare_email_security import ConflictError, EntryExistsError, PartlyAppliedError, SeveralMatchesError
from pulumi_cloudflare_email_security.model.state import recorded_entries, recorded_ids
from pulumi_cloudflare_email_security.model.text import caseless
from trust.programs import ENTRY, Drift, Edit, Machine, Move, Rename, Run, Script, Slot, Trouble
from trust.world import ACCOUNT, SETTINGS, Engine, Program, Result

_REFUSALS = (EntryExistsError, SeveralMatchesError, PartlyAppliedError, ConflictError)


class Model:
    """A script being played, and everything that is checked on the way."""

    def __init__(self, engine: Engine, script: Script) -> None:
        self.engine = engine
        self.emulator = engine.emulator
        self.script = script
        #: What strangers made, by (kind, id), as they left it.
        self.strangers: dict[tuple[str, str], dict[str, Any]] = {}
        self.seeded: set[tuple[str, str]] = set()
        self.abandoned: set[tuple[str, str]] = set()
        #: What state held after some run.
        self.once_held: set[tuple[str, str]] = set()
        self.renamed = 0
        #: Whether nothing goes wrong in the next run.
        self.calm = True
        self.drifted = 0
        #: Whether state may differ from what is live.
        self.stale = False
        self.counts: Counter[str] = Counter(programs=1)
        if script.contract == "2025":
            # Domains cannot be made through this API: they are all onboarded.
            for name in next((slot.names for slot in script.slots if slot.kind == "domain"), ()):
                self._stranger("domain", ENTRY["domain"](name, 0))

    # What there is ----------------------------------------------------------------------------------------

    @property
    def program(self) -> Program:
        """The program as it is now."""
        return {slot.path: slot.resource() for slot in self.script.slots if slot.entries is not None}

    @property
    def kinds(self) -> set[str]:
        """The kinds of setting that occur."""
        return {slot.kind for slot in self.script.slots}

    def live(self, kind: str) -> dict[str, dict[str, Any]]:
        """The entries of a kind that are there, by id."""
        return {str(entry["id"]): entry for entry in self.emulator.entries(ACCOUNT, SETTINGS[kind].collection)}

    def held(self, kind: str) -> set[str]:
        """The ids of the entries of a kind that state holds."""
        recorded = [*self.engine.state.values(), *self.engine.pending]
        return {id_ for each in recorded if each.setting.kind == kind for id_ in each.ids}

    def _unmanaged(self, kind: str) -> set[str]:
        """The ids that state holds only to show them: an exclusive collection's refresh found them, nobody's."""
        return {
            recorded_ids(each.outputs)[key]
            for each in self.engine.state.values()
            if each.setting.kind == kind
            for key in each.outputs.get("unmanaged", ())
        }

    def _slots(self, kind: str) -> Iterator[Slot]:
        return (slot for slot in self.script.slots if slot.kind == kind and slot.entries is not None)

    def _declared_keys(self, kind: str) -> dict[tuple[Any, ...], Slot]:
        return {
            SETTINGS[kind].key_of(fields): slot for slot in self._slots(kind) for fields in slot.declared().values()
        }

    # Playing ----------------------------------------------------------------------------------------------

    def play(self) -> None:
        """Everything the script says."""
        for step in self.script.steps:
            match step:
                case Edit():
                    self._edit(step)
                case Move():
                    self._move(step)
                case Rename():
                    self._rename(step)
                case Machine():
                    self._go_on_elsewhere()
                case Drift():
                    self._drift(step)
                case Trouble():
                    self.emulator.calm()
                    self.emulator.inject(*step.faults)
                    self.emulator.kill_at, self.emulator.late_at = step.kill, step.late
                    self.calm = not step.faults and step.kill is None and step.late is None
                case Run(what="up"):
                    self.run_up()
                case Run():
                    self.run_refresh()

    def run_up(self) -> Result:
        """An `up`; then what was given up on is carried out."""
        program = self.program
        ours = self._held_by_key() if self.calm and not self.stale else {}
        with self._watched():
            result = self.engine.up(program)
        self.stale |= not result.done
        if result.done:
            self._ids_kept(ours)
        return result

    def run_refresh(self) -> Result:
        """A `refresh`."""
        with self._watched():
            result = self.engine.refresh()
        self.stale = not result.done
        return result

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        """Check that the run touches no stranger's entry that it was not told to take, and makes nothing twice."""
        allowed = {kind: self._touchable(kind) for kind in self.kinds}
        exclusive = self._recorded_exclusive()
        exclusive |= {slot.kind for slot in self.script.slots if slot.exclusive and slot.entries is not None}
        yield
        self.counts["runs"] += 1
        self.emulator.land()
        self.once_held |= {(kind, id_) for kind in self.kinds for id_ in self.held(kind)}
        for (kind, id_), before in list(self.strangers.items()):
            now = self.live(kind).get(id_)
            taken = id_ in self.held(kind) - self._unmanaged(kind)
            if now == before and not taken:
                continue
            key = SETTINGS[kind].key_of(before)
            assert kind in exclusive or key in allowed[kind], f"a stranger's {kind} was touched: {before} -> {now}"
            if now is None or taken:
                del self.strangers[kind, id_]
            else:
                self.strangers[kind, id_] = now
        self._no_duplicates()

    def _recorded_exclusive(self) -> set[str]:
        """The kinds that state holds an exclusive collection of."""
        return {each.setting.kind for each in self.engine.state.values() if each.outputs.get("mode") == "exclusive"}

    def _touchable(self, kind: str) -> set[tuple[Any, ...]]:
        """The keys whose entries a run may take: those of programs that adopt, and what collections had recorded."""
        keys = {key for key, slot in self._declared_keys(kind).items() if slot.adopt or kind == "domain"}
        for each in [*self.engine.state.values(), *self.engine.pending]:
            if each.setting.kind == kind:
                recorded = [each.outputs] if kind == "domain" else []
                if "entries" in each.outputs:
                    recorded = [*recorded_entries(each.outputs).values()]
                keys |= {each.setting.key_of(fields) for fields in recorded}
        return keys

    def _no_duplicates(self) -> None:
        if self.emulator.fired["late_write"]:
            return
        for kind in self.kinds:
            made = Counter(
                SETTINGS[kind].key_of(entry) for id_, entry in self.live(kind).items() if (kind, id_) not in self.seeded
            )
            twice = [key for key, count in made.items() if count > 1]
            assert not twice, f"made twice: {kind} {twice}"

    def _held_by_key(self) -> dict[tuple[str, tuple[Any, ...]], str]:
        """The ids of what state holds, live, by kind and key; not of a resource that stays and changes its key."""
        found = {}
        for path, recorded in self.engine.state.items():
            kind = recorded.setting.kind
            mine = next((slot for slot in self.script.slots if path in {slot.path, slot.was}), None)
            live = self.live(kind)
            for id_ in recorded.ids & live.keys():
                key = SETTINGS[kind].key_of(live[id_])
                changes = mine is not None and not mine.many and self._declared_keys(kind).get(key) is not mine
                # A refresh in exclusive mode records somebody's second entry of a key, too: the next update deletes it.
                if not changes and (kind, id_) not in self.strangers:
                    found[kind, key] = id_
        return found

    def _ids_kept(self, ours: Mapping[tuple[str, tuple[Any, ...]], str]) -> None:
        """What was held and is declared is still the same entry, whichever resource declares it."""
        for (kind, key), id_ in ours.items():
            if key in self._declared_keys(kind):
                assert id_ in self.live(kind), f"deleted and made again: {kind} {key}"

    def _edit(self, edit: Edit) -> None:
        slot = self.script.slots[edit.slot]
        alone = sum(other.kind == slot.kind for other in self.script.slots) == 1
        slot.exclusive = slot.many and alone and edit.exclusive
        wanted = None if edit.entries is None else {slot.names[i]: look for i, look in edit.entries.items()}
        if not slot.many and slot.entries is not None and wanted is not None and wanted.keys() != slot.entries.keys():
            # A person who wants a resource for another entry writes another resource.
            self._rename(Rename(edit.slot, "", alias=False))
        slot.entries = wanted
        for other in self.script.slots:
            if other is not slot and other.kind == slot.kind and other.entries and wanted:
                left = {name: look for name, look in other.entries.items() if name not in wanted}
                self.counts["moved"] += len(other.entries) - len(left)
                other.entries = left if left or other.many else None
        self._abandon()
        self.counts["edits"] += 1

    def _move(self, move: Move) -> None:
        slot = self.script.slots[move.slot]
        theirs: dict[str, int] = {}
        for other in self.script.slots:
            if other is not slot and other.kind == slot.kind:
                theirs |= other.entries or {}
        taken = {index: theirs[slot.names[index]] for index in move.names if slot.names[index] in theirs}
        if not taken:
            return
        if slot.many:
            taken |= {slot.names.index(name): look for name, look in (slot.entries or {}).items()}
        else:
            taken = dict([*taken.items()][:1])
        self._edit(Edit(move.slot, taken, exclusive=False))

    def _rename(self, rename: Rename) -> None:
        slot = self.script.slots[rename.slot]
        self.renamed += 1
        old, slot.path = slot.path, f"{rename.above}/v{self.renamed}".lstrip("/")
        # An alias tells where state has it; where the last name never got there, it was another one before.
        slot.was = (old if old in self.engine.state else slot.was) if rename.alias else None
        self.counts["renamed"] += 1

    def _go_on_elsewhere(self) -> None:
        self.counts["machines"] += 1
        self.engine.move_to(f"machine-{self.counts['machines']}")
        for kind in self.kinds:
            self.abandoned |= {(kind, id_) for id_ in self._orphans(kind)} - self.once_held

    def _abandon(self) -> None:
        """Entries that an interrupted run made and the program declares no more."""
        for kind in self.kinds:
            declared = self._declared_keys(kind)
            self.abandoned |= {
                (kind, id_)
                for id_, entry in self._orphans(kind).items()
                if SETTINGS[kind].key_of(entry) not in declared
            }

    def _orphans(self, kind: str) -> dict[str, dict[str, Any]]:
        held = self.held(kind)
        return {
            id_: entry
            for id_, entry in self.live(kind).items()
            if id_ not in held and (kind, id_) not in self.strangers and (kind, id_) not in self.abandoned
        }

    # The dashboard ----------------------------------------------------------------------------------------

    def _drift(self, drift: Drift) -> None:
        slot = self.script.slots[drift.slot]
        kind, collection = slot.kind, SETTINGS[slot.kind].collection
        self.drifted += 1
        self.counts["drift"] += 1
        # A create of ours that failed is forgotten by then: what appears now is a stranger's.
        self.engine.clock.sleep(2 * 3600.0)
        if drift.action == "add":
            # An exclusive collection, once recorded, sees strangers' new entries by a refresh only.
            self.stale |= kind in self._recorded_exclusive()
            names = [*slot.names, "other", "another"]
            self._stranger(kind, ENTRY[kind](names[drift.which % len(names)], drift.look))
            return
        ids = list(self.live(kind))
        if not ids or (kind == "domain" and drift.action != "change"):
            return
        self.stale = True
        id_ = ids[drift.which % len(ids)]
        wire_id = self.live(kind)[id_]["id"]
        if drift.action == "remove":
            self.emulator.remove(ACCOUNT, collection, wire_id)
            self.strangers.pop((kind, id_), None)
            return
        key_fields = set(SETTINGS[kind].key)
        fields = ENTRY[kind](f"renamed-{self.drifted}", drift.look)
        renaming = drift.action == "rename"
        changes = {name: value for name, value in fields.items() if (name in key_fields) is renaming}
        entry = self.emulator.change(ACCOUNT, collection, wire_id, **changes)
        if (kind, id_) in self.strangers:
            self.strangers[kind, id_] = entry
        self._abandon()

    def _stranger(self, kind: str, fields: Mapping[str, Any]) -> None:
        collection = SETTINGS[kind].collection
        if kind == "domain" and any(entry["domain"] == fields["domain"] for entry in self.live(kind).values()):
            return
        (entry,) = self.emulator.seed({collection: [fields]}, account_id=ACCOUNT)[collection]
        place = kind, str(entry["id"])
        self.strangers[place] = entry
        self.seeded.add(place)

    # The end ----------------------------------------------------------------------------------------------

    def converge(self, *, refresh: bool) -> None:
        """Once faults stop, one `up` (after a refresh where something drifted) makes everything as declared."""
        self.emulator.calm()
        # After these a write is not sent again in the same run: somebody has mended the edge.
        self.emulator.set_habits(edge_timeouts=False)
        self.calm = True
        if refresh or self.stale:
            result = self.run_refresh()
            assert result.done, f"refresh failed in fair weather: {result.error!r}"
        result = self._up_or_clear_the_way()
        assert result.done, f"up failed in fair weather: {result.error!r} {result.refused}"
        self._as_declared()
        assert self.engine.preview(self.program) == [], "a second up would do something"
        assert self.run_refresh().done
        assert self.engine.preview(self.program) == [], "after a refresh, up would do something"

    def _up_or_clear_the_way(self) -> Result:
        """One `up`; where it is refused for strangers' entries that are really there, people remove them first."""
        for _ in range(len(self.script.slots) + 1):
            result = self.run_up()
            if result.done or not (result.exists or isinstance(result.error, _REFUSALS)):
                return result
            obstacles = [place for place in (*self.strangers, *self.abandoned) if self._in_the_way(*place)]
            assert obstacles, f"refused though nobody else's entry is in the way: {result.error} {result.refused}"
            for kind, id_ in obstacles:
                self.emulator.remove(ACCOUNT, SETTINGS[kind].collection, self.live(kind)[id_]["id"])
                self.strangers.pop((kind, id_), None)
                self.abandoned.discard((kind, id_))
            self.engine.clock.sleep(1.0)
        return result

    def _in_the_way(self, kind: str, id_: str) -> bool:
        entry = self.live(kind).get(id_)
        if id_ in self.held(kind) - self._unmanaged(kind):
            # What was refused as a whole may have been taken in part.
            return False
        return entry is not None and SETTINGS[kind].key_of(entry) in self._declared_keys(kind)

    def _as_declared(self) -> None:
        """Live is declared, plus strangers' entries, and no entry of ours that nobody knows of."""
        for kind in self.kinds:
            live, held = self.live(kind), self.held(kind)
            assert held <= live.keys(), f"state holds {kind} that are gone"
            all_held = [id_ for each in self.engine.state.values() if each.setting.kind == kind for id_ in each.ids]
            assert len(all_held) == len(held), f"held by two resources: {kind} {Counter(all_held) - Counter(held)}"
            declared_ids = set()
            for slot in self._slots(kind):
                ours = {SETTINGS[kind].key_of(live[id_]): id_ for id_ in self.engine.state[slot.path].ids}
                for fields in slot.declared().values():
                    id_ = ours.get(SETTINGS[kind].key_of(fields), "")
                    assert id_, f"declared but not there: {slot.path} {kind} {fields}"
                    declared_ids.add(id_)
                    wrong = {
                        name: live[id_].get(name)
                        for name, value in fields.items()
                        if _in_any_form(live[id_].get(name)) != _in_any_form(value)
                    }
                    assert not wrong, f"declared {fields} but live {wrong}"
            strange = held - declared_ids - self._unmanaged(kind)
            assert not strange, f"held but not declared: {kind} {[live[id_] for id_ in strange]}"
            if kind != "domain" and not self.emulator.fired["late_write"]:
                assert not self._orphans(kind), f"made and forgotten: {kind} {self._orphans(kind)}"

    def destroy(self) -> None:
        """Destroy leaves what was not ours."""
        for slot in self.script.slots:
            slot.entries = None
        with self._watched():
            result = self.engine.destroy()
        assert result.done, f"destroy failed in fair weather: {result.error!r}"
        assert not self.engine.state
        for kind in self.kinds - {"domain"}:
            if not self.emulator.fired["late_write"]:
                assert not self._orphans(kind), f"left behind: {kind} {self._orphans(kind)}"


def _in_any_form(value: object) -> object:
    """A value in whatever form an account may store it; absent as good as empty."""
    return caseless(value) if isinstance(value, str) else value or ""
