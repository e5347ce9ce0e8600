"""What the lifecycles of entries and of collections have in common, and what their steps answer."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from ..client.envelope import printable
from ..client.errors import AuthenticationError, ConfigurationError, NoSuchRouteError, RequestError
from ..model.names import resource_of
from ..model.schema import Failure, has_unknown
from ..model.setting import Setting
from ..model.state import ACCEPT_RISK, ACCOUNT_ID, ADOPT, DECLARED_AT, DECLARED_BY, HAS_SECRETS
from ..model.text import field_name, literal
from ..session.configuration import NO_ACCOUNT, Configuration
from ..session.ownership import NO_MOVES, Moves
from ..session.session import Session
from ..session.voice import Severity
from .resource import Resource

#: The settings whose unchanged entries matter to what changes: a protected domain must not be trusted.
_JUDGED_BESIDE: Final = frozenset({"domain"})


class Change(NamedTuple):
    """What becomes of an entry: what it is called, its fields before and after, and where it is declared."""

    label: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    place: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The inputs as they are recorded, and what is wrong with them."""

    inputs: dict[str, Any]
    failures: list[Failure]


@dataclass(frozen=True, slots=True)
class Diff:
    """Whether anything changes, and which changed properties replace the resource.

    Attributes:
        changes: whether an update or a replacement is needed.
        replaces: the properties for which it is a replacement.
        changed: the properties that change, for those who show them one by one: "add", "update" or "delete" by path.

    """

    changes: bool
    replaces: list[str] = field(default_factory=list)
    changed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Created:
    """The new resource's id and outputs."""

    id: str
    outputs: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Read:
    """The resource as it is now: an empty id means that it is gone, no inputs that they stay as recorded."""

    id: str
    outputs: dict[str, Any]
    inputs: dict[str, Any] | None = None


class Lifecycle(ABC):
    """The steps that the engine leads a resource of one setting through; knows neither of the ways in.

    Args:
        setting: what it is about.
        session: the deployment.
        configuration: the stack's configuration.

    """

    def __init__(self, setting: Setting, session: Session, configuration: Configuration) -> None:
        self.setting = setting
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
    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        """Send what changed, and only that; returns the outputs."""

    @abstractmethod
    def delete(self, id_: str, props: dict[str, Any]) -> None:
        """Delete what is managed; what is gone already is as good as deleted."""

    def resource(self, props: Mapping[str, Any]) -> Resource:
        """A resource as these inputs or outputs have it."""
        return Resource(self.setting, self.session, self.configuration, props)

    # Check ------------------------------------------------------------------------------------------------

    def check_common(self, news: Mapping[str, Any]) -> tuple[dict[str, Any], list[Failure]]:
        """Check what every resource has: account, adopt, and that there are credentials."""
        kept = (ACCOUNT_ID, ADOPT, DECLARED_BY, DECLARED_AT)
        checked = {name: news[name] for name in kept if news.get(name) is not None}
        if news.get(HAS_SECRETS):
            checked[HAS_SECRETS] = True
        failures: list[Failure] = []
        if not has_unknown(checked.get(ADOPT)) and not isinstance(checked.get(ADOPT, False), bool):
            failures.append(Failure(ADOPT, f"must be {literal(True)} or {literal(False)}"))
        try:
            # Where it is plain that requests can be sent, a client is made when one is.
            if not (connection := self.configuration.connection()).is_plain:
                self.session.client(connection)
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
        resource: Resource,
        moves: object,
        declared: Mapping[str, str],
        *,
        label: Callable[[str], str],
        exclusive: bool = False,
    ) -> str | None:
        """Note who declares which keys; says which of them other resources declare too, or None.

        Args:
            resource: the resource, whose account is known.
            moves: what moves to and from it, as the program found it: a JSON text, or none.
            declared: where each key is written.
            label: how a key is written.
            exclusive: whether nobody else may declare any.

        """
        ownership, urn = resource.ownership, resource.urn
        found = Moves.from_json(json.loads(moves)) if isinstance(moves, str) else NO_MOVES
        duplicates = ownership.declare(urn, declared, label=label, moves=found)
        if not urn:
            return None
        if (rival := ownership.rival(urn, exclusive=exclusive)) is not None:
            one, other = (urn, rival) if exclusive else (rival, urn)
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
    def verifying(self, failures: list[Failure], *, prunes: bool = False) -> Iterator[None]:
        """Read what is live during check: a refusal is a failure, an API that cannot be reached only a warning.

        Where the update `prunes` it is a failure, too: nobody would have seen what that deletes.
        """
        try:
            yield
        except (NoSuchRouteError, AuthenticationError) as error:
            failures.append(Failure("", str(error)))
        except RequestError as error:
            if prunes:
                failures.append(Failure("", f"what exists, and would be deleted, could not be read: {error}"))
                return
            self.session.tell(
                f"{self.setting.collection}: what exists could not be read, so what this preview says of new entries "
                f"is not verified: {error}",
                "",
                Severity.WARNING,
            )

    def judge(
        self,
        resource: Resource,
        failures: list[Failure],
        *,
        changes: Sequence[Change] = (),
        stays: Iterable[Mapping[str, Any]] = (),
        of: int = 0,
    ) -> None:
        """Say, or refuse, what the changes of a plan weaken, as the configuration says.

        Args:
            resource: the resource.
            failures: where a refusal goes.
            changes: what becomes of each entry that changes.
            stays: the entries as they are declared; some matter to what changes, whichever comes first.
            of: how many entries the resource has now.

        """
        known = [one for one in stays if isinstance(one, Mapping)] if self.setting.kind in _JUDGED_BESIDE else []
        if not (changes or known):
            return
        # Nothing to judge is the usual case.
        from ..review import findings  # noqa: PLC0415
        from ..review.assess import unknown_rules  # noqa: PLC0415
        from ..review.risk import OFF, REFUSE, AccountRisks, risk_mode  # noqa: PLC0415

        for label, _, after, place in changes:
            # A mistyped rule would accept nothing, silently.
            for rule in unknown_rules(after or {}):
                where = f" ({place})" if place else ""
                reason = f"{label}: there is no rule {rule!r}{where} — docs/review.md lists the rules"
                failures.append(Failure(ACCEPT_RISK, printable(reason)))
        try:
            mode = risk_mode(*self.configuration.risk)
        except ConfigurationError as error:
            failures.append(Failure("", str(error)))
            return
        if mode == OFF:
            return
        whole = findings.Change(setting=self.setting, key="", resource=resource.name, secret=resource.secret)
        judged = [
            replace(whole, key=label, before=before, after=after, place=place)
            for label, before, after, place in changes
        ]
        base_url, account_id, _ = resource.place
        risks = self.session.shared(AccountRisks, "judged together", base_url, account_id)
        today = self.session.today()
        for owner, lines in risks.judge(self.setting, resource.urn, changes=judged, stays=known, of=of, today=today):
            for line in lines if mode != REFUSE else ():
                self.session.tell(line, owner, Severity.WARNING)
            if lines and mode == REFUSE:
                listed = "\n  ".join(lines)
                how = f"accept a risk with {field_name(ACCEPT_RISK)}, or set config cloudflare-email-security:risk"
                failures.append(Failure("", f"{listed}\n  — {how}"))
