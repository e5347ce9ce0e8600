"""What an update of one entry does, told before it is done: its check and diff."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
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
from ..session.voice import Severity
from .base import Lifecycle
from .lines import changes_text, fields_text
from .results import Checked, Diff, change_of
from .rights import FROM, as_found, refuse_existing

#: What stands among the arguments and is no field of the setting.
_COMMON: Final = frozenset({PROVIDER_KEY, ACCOUNT_ID, ADOPT, DECLARED_BY, DECLARED_AT, MOVES, HAS_SECRETS})
#: Of those, what is recorded with the entry.
RECORDED: Final = (ACCOUNT_ID, ADOPT, DECLARED_BY, DECLARED_AT, HAS_SECRETS)


class EntryPreview(Lifecycle):
    """check and diff for one entry."""

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> Checked:
        """Validate the arguments; of a new entry say what it is, and whether it exists already."""
        common, failures = self.check_common(news)
        if news.get(HAS_SECRETS):
            common[HAS_SECRETS] = True
        arguments = {name: value for name, value in news.items() if name not in _COMMON}
        for name, field in self.setting.schema.api_fields.items():
            # What the program set before and sets no more is cleared where it can be.
            if field.cleared_if_omitted and name in olds and name not in arguments:
                arguments[name] = ""
        checked, wrong = self.setting.schema.validate_entry(arguments)
        failures += [failure.without(arguments) for failure in wrong] if news.get(HAS_SECRETS) else wrong
        inputs = {**checked, **common}
        self.session.checked(self.owner(inputs))
        if known_fields(checked, self.setting.key) and not failures:
            key = self.setting.key_text_of(checked)
            declared = {key: str(inputs.get(DECLARED_AT) or "")}
            problem = self.declare(inputs, news, declared, label=lambda _: self.setting.label(checked))
            if problem is not None:
                failures.append(Failure(self.setting.key[-1], problem))
            elif not has_unknown(common):
                self._review(olds, inputs, failures)
        return Checked(inputs, failures)

    def _review(self, olds: Mapping[str, Any], inputs: Mapping[str, Any], failures: list[Failure]) -> None:
        """Say what a new entry is and what a change weakens, and refuse what `up` would refuse."""
        key = self.setting.key_text_of(inputs)
        before = olds or None
        if not olds:
            before = self._review_new(inputs, failures)
        elif self._is_replaced(olds, inputs):
            # The engine checks what comes instead by itself.
            self._review_gone(olds, inputs, failures)
            return
        elif known_fields(olds, self.setting.key) and self.setting.key_text_of(olds) != key:
            self._review_renamed(inputs, key, failures)
        steers = before is not None and self.setting.changed_program_fields(inputs, before)
        if before is None or steers or self.changed(inputs, before):
            self._judge(before, inputs, inputs, failures)
        else:
            self.stays(inputs, [inputs], failures)

    def _is_replaced(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        """Whether the program's changes make another entry of it."""
        if not known_fields(olds, self.setting.key):
            return False
        changed = self.changed(news, olds)
        return (
            self.is_elsewhere(olds, news)
            or any(self.setting.schema.api_fields[name].replaces for name in changed)
            or (any(name in self.setting.key for name in changed) and self._is_exchanged(olds, news))
        )

    def _review_gone(self, olds: Mapping[str, Any], inputs: Mapping[str, Any], failures: list[Failure]) -> None:
        """Say what becomes of the entry that was, where another one takes its place."""
        was = {**inputs, ACCOUNT_ID: olds.get(ACCOUNT_ID)}
        where = f" (in account {olds.get(ACCOUNT_ID)})" if self.is_elsewhere(olds, inputs) else ""
        key = self.setting.key_text_of(olds)
        if other := self.left_to(olds, inputs, [key]).get(key):
            self._say("→", olds, f" (to {resource_of(other)}){where}", inputs)
        elif self.setting.keeps_on_delete(olds) is not None:
            self._say("=", olds, f" (no longer declared, but stays as it is){where}", inputs)
        else:
            fields = fields_text(self.setting, olds, secret=bool(olds.get(HAS_SECRETS)))
            self._say("-", olds, f"{fields}{where}", inputs)
            self._judge(olds, None, was, failures)

    def _judge(
        self,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
        inputs: Mapping[str, Any],
        failures: list[Failure],
    ) -> None:
        """Say, or refuse, what the change weakens."""
        from ..review.findings import Change  # noqa: PLC0415  (where nothing changes nothing is judged)

        change = Change(
            setting=self.setting,
            key=self.setting.label(before if before and after is None else inputs),
            before=before,
            after=after,
            place=str(inputs.get(DECLARED_AT) or ""),
            resource=resource_of(self.owner(inputs)),
            secret=bool(inputs.get(HAS_SECRETS)),
        )
        self.judge(inputs, [change], failures)

    def _review_new(self, inputs: Mapping[str, Any], failures: list[Failure]) -> Mapping[str, Any] | None:
        """Say what a new entry does; where it exists already, whether it is adopted, and return it as it is."""
        found, right = None, None
        if self.configuration.verify:
            with self.verifying(failures):
                listing = self.listing(inputs)
                try:
                    found = self.rights(inputs).existing(listing, inputs)
                except SeveralMatchesError as error:
                    failures.append(Failure(self.setting.key[-1], str(error)))
                if found is None and not failures and (why := self.setting.incomplete(inputs)):
                    failures.append(Failure(self.setting.key[-1], why))
        if found is not None and self.rights(inputs).is_given_up(inputs, found):
            found = None
        if found is not None:
            right = self.rights(inputs).to_take(inputs, found)
            if right is None or (why := self.setting.read_only(found)):
                called = f"{self.setting.describe(inputs)} (id {entry_id(found)})"
                reason = refuse_existing([called]) if right is None else f"{called} exists and {why}"
                failures.append(Failure(self.setting.key[-1], reason))
        if failures:
            return None
        secret = bool(inputs.get(HAS_SECRETS))
        if found is None:
            self._say("+", inputs, fields_text(self.setting, inputs, secret=secret), inputs)
            return None
        live = self.setting.live(found, read=True)
        changes = changes_text(self.setting, live, inputs, self.setting.changed_fields(inputs, live), secret=secret)
        sign, how = ("→", right) if right and right.startswith(FROM) else ("~", f"exists, {right}")
        self._say(sign, inputs, f"{changes} ({how}{'' if changes else ' as it is'})", inputs)
        return as_found(self.setting, live, inputs, right)

    def _review_renamed(self, inputs: Mapping[str, Any], key: str, failures: list[Failure]) -> None:
        """Refuse a change of the natural key to one that another entry has, unless that one moves here."""
        if not self.configuration.verify or key in self.ownership(inputs).moves(self.owner(inputs)).arrives:
            return
        with self.verifying(failures):
            rights = replace(self.rights(inputs), adopts=False)
            found = rights.existing(self.listing(inputs), inputs)
            if found is not None and rights.to_take(inputs, found) is None and not rights.is_given_up(inputs, found):
                # Check is not told the resource's own id.
                own = "; if it is this resource's own entry, which somebody renamed, run `pulumi refresh` first"
                failures.append(Failure(self.setting.key[-1], self.has_another(inputs, [entry_id(found)]) + own))

    def _say(
        self,
        sign: str,
        fields: Mapping[str, Any],
        rest: str,
        props: Mapping[str, Any],
        severity: Severity = Severity.INFO,
    ) -> None:
        label = self.setting.label(fields)
        self.tell(f"{resource_of(self.owner(props)) or self.setting.title}: {sign} {label}{rest}", props, severity)

    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> Diff:
        """Compare what the program declares with what is recorded."""
        changed = self.changed(news, olds)
        replaces = [name for name in changed if self.setting.schema.api_fields[name].replaces]
        if news.get(ACCOUNT_ID) != olds.get(ACCOUNT_ID):
            replaces.append(ACCOUNT_ID)
        steering = self.setting.changed_program_fields(news, olds)
        renamed = [name for name in changed if name in self.setting.key]
        if renamed and self._is_exchanged(olds, news):
            replaces += renamed
            self.ownership(olds).let_go(self.owner(news), [id_])
        if not replaces and self.ownership(olds).keep(self.owner(news), [id_]):
            # Another resource, which had it too, was faster to delete it.
            replaces = [*self.setting.key]
        self.notes(olds).recorded(self.owner(news), [self.setting.key_text_of(olds)])
        # What is replaced was told by check.
        if changed + steering and not replaces and not self.session.is_refreshing(self.owner(news)):
            secret = bool(olds.get(HAS_SECRETS) or news.get(HAS_SECRETS))
            self._say("~", olds, changes_text(self.setting, olds, news, changed + steering, secret=secret), news)
        kinds = {name: change_of(olds.get(name), news.get(name)) for name in (*changed, *steering, *replaces)}
        return Diff(bool(kinds), replaces, kinds)

    def _is_exchanged(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        """Whether a resource with a new key is for another entry: one moves here, or its own is someone else's now."""
        ownership, resource = self.ownership(news), self.owner(news)
        arrives = self.setting.key_text_of(news) in ownership.moves(resource).arrives
        left = arrives or ownership.new_owner(resource, self.setting.key_text_of(olds)) is not None
        return left or self._takes_anothers(news)

    def _takes_anothers(self, news: Mapping[str, Any]) -> bool:
        """Whether the new key is that of an entry which another resource of the stack has, and may let go."""
        if not self.configuration.verify:
            return False
        rights = replace(self.rights(news), adopts=False)
        with suppress(RequestError, SeveralMatchesError):
            found = rights.existing(self.listing(news), news)
            return found is not None and (rights.to_take(news, found) or "").startswith(FROM)
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
