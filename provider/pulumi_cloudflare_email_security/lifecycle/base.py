"""What the lifecycles of entries and of collections have in common."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from ..client.envelope import printable
from ..client.errors import AuthenticationError, ConfigurationError, NoSuchRouteError, RequestError
from ..client.listing import Listing
from ..model.names import resource_of, stack_of
from ..model.schema import Failure, has_unknown
from ..model.setting import Setting
from ..model.state import ACCEPT_RISK, ACCOUNT_ID, ADOPT, DECLARED_AT, DECLARED_BY, MOVES
from ..model.text import field_name, literal
from ..session.configuration import NO_ACCOUNT, Configuration
from ..session.notes import Notes
from ..session.ownership import Moves, Ownership
from ..session.session import Session
from ..session.stack import Holder
from ..session.voice import Severity
from .results import Checked, Created, Diff, Read, Updated
from .rights import Rights

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..review.findings import Change

#: The settings whose unchanged entries matter to what changes: a protected domain must not be trusted.
_JUDGED_BESIDE: Final = frozenset({"domain"})


class Lifecycle(ABC):
    """The steps that the engine leads a resource of one setting through; knows neither of the ways in.

    Args:
        setting: what it is about.
        kind: the name under which state refers to it.
        session: the deployment.
        configuration: the stack's configuration.

    """

    def __init__(self, setting: Setting, kind: str, session: Session, configuration: Configuration) -> None:
        self.setting = setting
        self.kind = kind
        self.session = session
        self.configuration = configuration

    @abstractmethod
    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> Checked:
        """Validate the inputs; `olds` are those recorded."""

    @abstractmethod
    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> Diff:
        """Compare the checked inputs with the recorded outputs."""

    @abstractmethod
    def create(self, props: dict[str, Any]) -> Created:
        """Create what is declared, or adopt it where that is allowed. If it raises, nothing is recorded."""

    @abstractmethod
    def read(self, id_: str, props: dict[str, Any]) -> Read:
        """Read what is live; `props` are the recorded outputs, or only inputs for a resource that is not managed."""

    @abstractmethod
    def import_(self, id_: str, props: dict[str, Any]) -> Read:
        """Read what no state holds. The inputs become the program, and say all that can be declared of it."""

    @abstractmethod
    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> Updated:
        """Send what changed, and only that."""

    @abstractmethod
    def delete(self, id_: str, props: dict[str, Any]) -> None:
        """Delete what is managed; what is gone already is as good as deleted."""

    # The deployment ---------------------------------------------------------------------------------------

    def tell(self, message: str, props: Mapping[str, Any], severity: Severity = Severity.INFO) -> None:
        """Tell the person who runs the deployment something of a resource, once."""
        self.session.tell(message, self.owner(props), severity)

    def listing(self, props: Mapping[str, Any]) -> Listing:
        """The entries of a resource's account, read no more often than needed."""
        return self.session.listing(self.setting, self.account_of(props), self.configuration)

    def account_of(self, props: Mapping[str, Any]) -> str:
        """The account a resource belongs to."""
        return self.configuration.account(props.get(ACCOUNT_ID))

    def _account(self, props: Mapping[str, Any]) -> str:
        return str(props.get(ACCOUNT_ID) or self.configuration.account_id or "")

    def is_elsewhere(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        """Whether a resource goes to another account."""
        return bool(olds.get(ACCOUNT_ID)) and olds.get(ACCOUNT_ID) != news.get(ACCOUNT_ID)

    def left_to(self, olds: Mapping[str, Any], news: Mapping[str, Any], keys: Iterable[str]) -> dict[str, str]:
        """Of entries of a resource that is replaced those that another resource of their account declares now."""
        resource = self.owner(news)
        there = self.ownership({**news, ACCOUNT_ID: olds.get(ACCOUNT_ID)})
        known = self.ownership(news).moves(resource).leaves
        owners = {key: known.get(key) or there.new_owner(resource, key) for key in keys}
        return {key: owner for key, owner in owners.items() if owner is not None}

    def ownership(self, props: Mapping[str, Any]) -> Ownership:
        """Who has which entry, among the resources of this deployment."""
        return self.session.ownership(self.configuration.base_url, self._account(props), self.setting.collection)

    def owner(self, props: Mapping[str, Any]) -> str:
        """The resource among those of a deployment: its URN."""
        return str(props.get(DECLARED_BY) or "")

    def notes(self, props: Mapping[str, Any]) -> Notes:
        """The stack's notes about the collection."""
        stack = stack_of(self.owner(props))
        return self.session.notes(stack, self.configuration.base_url, self._account(props), self.setting.collection)

    def adopts(self, props: Mapping[str, Any]) -> bool:
        """Whether existing entries are adopted."""
        adopt = props.get(ADOPT)
        return self.configuration.adopt if adopt is None else bool(adopt)

    def rights(self, props: Mapping[str, Any]) -> Rights:
        """What a resource may take of what exists."""
        return Rights(
            setting=self.setting,
            ownership=self.ownership(props),
            notes=self.notes(props),
            resource=self.owner(props),
            adopts=self.adopts(props),
            holders=partial(self.holders, props),
        )

    def holders(self, props: Mapping[str, Any], id_: str) -> Sequence[Holder]:
        """Who held an entry of the account before this run, where that is known."""
        return self.session.holders(self.setting, self._account(props), id_, self.owner(props))

    # Check ------------------------------------------------------------------------------------------------

    def check_common(self, news: Mapping[str, Any]) -> tuple[dict[str, Any], list[Failure]]:
        """Check what every resource has: account, adopt, and that there are credentials."""
        kept = (ACCOUNT_ID, ADOPT, DECLARED_BY, DECLARED_AT)
        checked = {name: news[name] for name in kept if news.get(name) is not None}
        failures: list[Failure] = []
        if not has_unknown(checked.get(ADOPT)) and not isinstance(checked.get(ADOPT, False), bool):
            failures.append(Failure(ADOPT, f"must be {literal(True)} or {literal(False)}"))
        try:
            self.session.refuse_nowhere(self.configuration.connection())
            checked.setdefault(ACCOUNT_ID, self.configuration.account_id)
            _ = self.configuration.adopt, self.configuration.verify
        except ConfigurationError as error:
            failures.append(Failure("", str(error)))
            return checked, failures
        account_id = checked[ACCOUNT_ID]
        if account_id is None:
            failures.append(Failure(ACCOUNT_ID, NO_ACCOUNT))
        elif not has_unknown(account_id) and (why := self.configuration.account_problem(account_id)):
            failures.append(Failure(ACCOUNT_ID, why))
        return checked, failures

    def declare(
        self,
        checked: Mapping[str, Any],
        news: Mapping[str, Any],
        declared: Mapping[str, str],
        *,
        label: Callable[[str], str],
        exclusive: bool = False,
    ) -> str | None:
        """Note who declares which keys; says which of them other resources declare too, or None.

        Args:
            checked: the checked inputs.
            news: the inputs as they came.
            declared: where each key is written.
            label: how a key is written.
            exclusive: whether nobody else may declare any.

        """
        if has_unknown(checked.get(ACCOUNT_ID)):
            return None
        ownership, resource = self.ownership(checked), self.owner(checked)
        text = news.get(MOVES)
        duplicates = ownership.declare(
            resource,
            declared,
            label=label,
            moves=Moves.from_json(json.loads(text)) if isinstance(text, str) else Moves(),
        )
        if not resource:
            return None
        if (rival := ownership.rival(resource, exclusive=exclusive)) is not None:
            one, other = (resource, rival) if exclusive else (rival, resource)
            return (
                f"{resource_of(one)} is exclusive: its entries are all the {self.setting.collection} there may be, so "
                f"{resource_of(other)} cannot declare more of them — declare them in it, or make it additive"
            )
        if not duplicates:
            return None
        listed = "\n  ".join(map(str, duplicates))
        start = f"{len(duplicates)} entries are declared twice:\n  " if len(duplicates) > 1 else ""
        return f"{start}{listed} — an entry must have one owner"

    @contextmanager
    def verifying(self, failures: list[Failure]) -> Iterator[None]:
        """Read what is live during check: a refusal is a failure, an API that cannot be reached only a warning."""
        try:
            yield
        except (NoSuchRouteError, AuthenticationError) as error:
            failures.append(Failure("", str(error)))
        except RequestError as error:
            self.session.tell(
                f"{self.setting.collection}: what exists could not be read, so what this preview says of new entries "
                f"is not verified: {error}",
                "",
                Severity.WARNING,
            )

    def judge(self, props: Mapping[str, Any], changes: list[Change], failures: list[Failure], *, of: int = 0) -> None:
        """Say, or refuse, what the changes of a plan weaken, as the configuration says.

        Args:
            props: the resource's inputs.
            changes: what becomes of each entry that changes.
            failures: where a refusal goes.
            of: how many entries the resource has now.

        """
        if not changes:
            return
        from ..review.assess import unknown_rules  # noqa: PLC0415  (nothing to judge is the usual case)

        for change in changes:
            # A mistyped rule would accept nothing, silently.
            for rule in unknown_rules(change.after or {}):
                place = f" ({change.place})" if change.place else ""
                reason = f"{change.key}: there is no rule {rule!r}{place} — docs/review.md lists the rules"
                failures.append(Failure(ACCEPT_RISK, printable(reason)))
        self._say_risks(props, failures, changes=changes, of=of)

    def stays(self, props: Mapping[str, Any], entries: Iterable[Mapping[str, Any]], failures: list[Failure]) -> None:
        """Have what changes judged beside entries that stay as they are, whichever comes first."""
        if self.setting.kind in _JUDGED_BESIDE:
            known = [one for one in entries if isinstance(one, Mapping)]
            self._say_risks(props, failures, entries=known)

    def _say_risks(
        self,
        props: Mapping[str, Any],
        failures: list[Failure],
        *,
        changes: Sequence[Change] = (),
        entries: Sequence[Mapping[str, Any]] = (),
        of: int = 0,
    ) -> None:
        from ..review.risk import OFF, REFUSE, AccountRisks, risk_mode  # noqa: PLC0415

        try:
            mode, today = risk_mode(*self.configuration.risk), self.session.today()
        except ConfigurationError as error:
            failures.append(Failure("", str(error)))
            return
        if mode == OFF:
            return
        risks = self.session.shared(f"risks in {self._account(props)} at {self.configuration.base_url}", AccountRisks)
        for owner, lines in risks.judge(self.setting, props, changes=changes, stays=entries, of=of, today=today):
            for line in lines if mode != REFUSE else ():
                self.tell(line, owner, Severity.WARNING)
            if lines and mode == REFUSE:
                listed = "\n  ".join(lines)
                how = f"accept a risk with {field_name(ACCEPT_RISK)}, or set config cloudflare-email-security:risk"
                failures.append(Failure("", f"{listed}\n  — {how}"))
