"""What an update of one entry does, told before it is done: its check and diff."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from ..client.errors import RequestError, SeveralMatchesError
from ..client.pages import entry_id
from ..model.names import resource_of
from ..model.schema import Failure, has_unknown, known_fields
from ..model.state import (
    ACCOUNT_ID,
    ADOPT,
    DECLARED_AT,
    DECLARED_BY,
    HAS_SECRETS,
    MOVES,
    PROVIDER_KEY,
    STORED_AS,
)
from ..model.text import names
from .base import Change, Checked, Diff, Lifecycle
from .compare import with_steering
from .lines import changes_text, fields_text
from .resource import Resource, refuse_existing

#: Of what stands among the arguments and is no field of the setting, what is recorded with the entry.
RECORDED: Final = (ACCOUNT_ID, ADOPT, DECLARED_BY, DECLARED_AT, HAS_SECRETS)
_NO_FIELDS: Final = frozenset({*RECORDED, PROVIDER_KEY, MOVES})


class EntryPreview(Lifecycle):
    """check and diff for one entry."""

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> Checked:
        """Validate the arguments; of a new entry say what it is, and whether it exists already."""
        common, failures = self.check_common(news)
        arguments = {name: value for name, value in news.items() if name not in _NO_FIELDS}
        for name, field in self.setting.schema.api_fields.items():
            # What the program set before and sets no more is cleared where it can be.
            if field.cleared_if_omitted and name in olds and name not in arguments:
                arguments[name] = ""
        checked, wrong = self.setting.schema.validate_entry(arguments)
        inputs = {**checked, **common}
        resource = self.resource(inputs)
        failures += [failure.without(arguments) for failure in wrong] if resource.secret else wrong
        self.session.checked(resource.urn)
        if known_fields(checked, self.setting.key) and not failures and not has_unknown(common.get(ACCOUNT_ID)):
            declared = {self.setting.key_text_of(checked): str(inputs.get(DECLARED_AT) or "")}
            problem = self.declare(resource, news.get(MOVES), declared, label=lambda _: self.setting.label(checked))
            if problem is not None:
                failures.append(Failure(self.setting.key[-1], problem))
            elif not has_unknown(common):
                self._review(resource, olds, failures)
        return Checked(inputs, failures)

    def _review(self, resource: Resource, olds: Mapping[str, Any], failures: list[Failure]) -> None:
        """Say what a new entry is and what a change weakens, and refuse what `up` would refuse."""
        inputs = resource.props
        before: Mapping[str, Any] | None = olds
        if not olds:
            before = self._review_new(resource, failures)
        elif self._is_replaced(resource, olds):
            # The engine checks what comes instead by itself.
            self._review_gone(resource, olds, failures)
            return
        else:
            self._review_renamed(resource, olds, failures)
        if before is None or self.setting.changed_program_fields(inputs, before) or self.changed(inputs, before):
            self._judge(resource, before, inputs, failures)
        else:
            self.judge(resource, failures, stays=[inputs])

    def _is_replaced(self, resource: Resource, olds: Mapping[str, Any]) -> bool:
        """Whether the program's changes make another entry of it."""
        if not known_fields(olds, self.setting.key):
            return False
        if resource.is_elsewhere(olds):
            return True
        changed = self.changed(resource.props, olds)
        return any(self.setting.schema.api_fields[name].replaces for name in changed) or (
            any(name in self.setting.key for name in changed) and self._is_exchanged(resource, olds)
        )

    def _review_gone(self, resource: Resource, olds: Mapping[str, Any], failures: list[Failure]) -> None:
        """Say what becomes of the entry that was, where another one takes its place."""
        where = f" (in account {olds.get(ACCOUNT_ID)})" if resource.is_elsewhere(olds) else ""
        key, label = self.setting.key_text_of(olds), self.setting.label(olds)
        if other := resource.left_to(olds, [key]).get(key):
            resource.say(f"→ {label} (to {resource_of(other)}){where}")
        elif self.setting.keeps_on_delete(olds) is not None:
            resource.say(f"= {label} (no longer declared, but stays as it is){where}")
        else:
            fields = fields_text(self.setting, olds, secret=bool(olds.get(HAS_SECRETS)))
            resource.say(f"- {label}{fields}{where}")
            was = self.resource({**resource.props, ACCOUNT_ID: olds.get(ACCOUNT_ID)})
            self._judge(was, olds, None, failures)

    def _judge(
        self,
        resource: Resource,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
        failures: list[Failure],
    ) -> None:
        """Say, or refuse, what the change weakens."""
        label = self.setting.label(before if before and after is None else resource.props)
        place = str(resource.props.get(DECLARED_AT) or "")
        self.judge(resource, failures, changes=[Change(label, before, after, place)])

    def _review_new(self, resource: Resource, failures: list[Failure]) -> Mapping[str, Any] | None:
        """Say what a new entry does; where it exists already, whether it is adopted, and return it as it is."""
        inputs, found, right = resource.props, None, None
        if self.configuration.verify:
            with self.verifying(failures):
                try:
                    found = resource.existing(inputs)
                except SeveralMatchesError as error:
                    failures.append(Failure(self.setting.key[-1], str(error)))
                if found is None and not failures and (why := self.setting.incomplete(inputs)):
                    failures.append(Failure(self.setting.key[-1], why))
        if found is not None and resource.is_given_up(inputs, found):
            found = None
        if found is not None:
            right = resource.to_take(inputs, found)
            if right is None or (why := self.setting.read_only(found)):
                called = f"{self.setting.describe(inputs)} (id {entry_id(found)})"
                reason = refuse_existing([called]) if right is None else f"{called} exists and {why}"
                failures.append(Failure(self.setting.key[-1], reason))
        if failures:
            return None
        label = self.setting.label(inputs)
        if found is None or right is None:
            resource.say(f"+ {label}{fields_text(self.setting, inputs, secret=resource.secret)}")
            return None
        live = self.setting.live(found, read=True)
        changed = self.setting.changed_fields(inputs, live)
        changes = changes_text(self.setting, live, inputs, changed, secret=resource.secret)
        sign, how = ("→", right.why) if right.is_move else ("~", f"exists, {right.why}")
        resource.say(f"{sign} {label}{changes} ({how}{'' if changes else ' as it is'})")
        return with_steering(self.setting, live, inputs) if right.is_move else live

    def _review_renamed(self, resource: Resource, olds: Mapping[str, Any], failures: list[Failure]) -> None:
        """Refuse a change of the natural key to one that another entry has, unless that one moves here."""
        inputs = resource.props
        key = self.setting.key_text_of(inputs)
        if not known_fields(olds, self.setting.key) or self.setting.key_text_of(olds) == key:
            return
        if not self.configuration.verify or key in resource.moves.arrives:
            return
        with self.verifying(failures):
            try:
                found = resource.existing(inputs)
            except SeveralMatchesError as error:
                failures.append(Failure(self.setting.key[-1], str(error)))
                return
            if found is None or resource.to_take(inputs, found, adopting=False) or resource.is_given_up(inputs, found):
                return
            # Check is not told the resource's own id.
            own = "; if it is this resource's own entry, which somebody renamed, run `pulumi refresh` first"
            failures.append(Failure(self.setting.key[-1], self.has_another(inputs, [entry_id(found)]) + own))

    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> Diff:
        """Compare what the program declares with what is recorded."""
        resource, was = self.resource(news), self.resource(olds)
        changed = self.changed(news, olds)
        replaces = [name for name in changed if self.setting.schema.api_fields[name].replaces]
        if news.get(ACCOUNT_ID) != olds.get(ACCOUNT_ID):
            replaces.append(ACCOUNT_ID)
        steering = self.setting.changed_program_fields(news, olds)
        renamed = [name for name in changed if name in self.setting.key]
        if renamed and self._is_exchanged(resource, olds):
            replaces += renamed
            was.ownership.let_go(resource.urn, [id_])
        if not replaces and was.ownership.keep(resource.urn, [id_]):
            # Another resource, which had it too, was faster to delete it.
            replaces = [*self.setting.key]
        was.notes.recorded(resource.urn, [self.setting.key_text_of(olds)])
        # What is replaced was told by check.
        if changed + steering and not replaces and not self.session.is_refreshing(resource.urn):
            secret = was.secret or resource.secret
            what = changes_text(self.setting, olds, news, changed + steering, secret=secret)
            resource.say(f"~ {self.setting.label(olds)}{what}")
        kinds = {name: _change_of(olds.get(name), news.get(name)) for name in (*changed, *steering, *replaces)}
        return Diff(bool(kinds), replaces, kinds)

    def _is_exchanged(self, resource: Resource, olds: Mapping[str, Any]) -> bool:
        """Whether a resource with a new key is for another entry: one moves here, or its own is someone else's now."""
        news = resource.props
        arrives = self.setting.key_text_of(news) in resource.moves.arrives
        if arrives or resource.ownership.new_owner(resource.urn, self.setting.key_text_of(olds)) is not None:
            return True
        if self.configuration.verify:
            # Another resource of the stack may have the entry with the new key, and let it go.
            with suppress(RequestError, SeveralMatchesError):
                found = resource.existing(news)
                right = resource.to_take(news, found, adopting=False) if found is not None else None
                return right is not None and right.is_move
        return False

    def changed(self, declared: Mapping[str, Any], outputs: Mapping[str, Any]) -> list[str]:
        """The fields to send; one that the account stores in another form than it was sent in is not."""
        return self.setting.changed_fields(declared, outputs, outputs.get(STORED_AS))

    def has_another(self, news: Mapping[str, Any], ids: list[str]) -> str:
        """Why a new natural key is refused that other entries have."""
        return (
            f"{self.setting.describe(news)} exists already (id {names(sorted(ids))}) — delete it, or declare it "
            "as a resource of its own with adopt=True"
        )


def _change_of(old: object, new: object) -> str:
    """What becomes of a property: "add", "update" or "delete"; an empty one is as good as none."""
    if old is None or old == "":
        return "add"
    return "delete" if new is None or new == "" else "update"
