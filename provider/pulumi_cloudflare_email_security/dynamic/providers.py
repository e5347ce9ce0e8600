"""The dynamic providers: the lifecycle in the form in which the Pulumi SDK calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from .. import state_reference
from ..model.schema import Failure
from ..model.setting import Setting
from ..model.state import ENTRIES, HAS_SECRETS, PROVIDER_KEY, own_names
from ..session.configuration import Configuration

if TYPE_CHECKING:
    from ..lifecycle.base import Lifecycle


def _check_failure(failure: Failure, news: Mapping[str, Any]) -> CheckFailure:
    """A failure as the engine takes it.

    The engine prints the value of a property that it names: of one that is not there `<nil>`, of a collection's
    entries all of them, and a secret one as it is. Such a property is named by the reason instead.
    """
    place = f" ({failure.place})" if failure.place else ""
    if not failure.path or (failure.path in news and failure.path != ENTRIES and not news.get(HAS_SECRETS)):
        return CheckFailure(failure.path, f"{failure.reason}{place}")
    return CheckFailure("", f"{failure.path}: {failure.reason}{place}")


def _check_failures(failures: Sequence[Failure], news: Mapping[str, Any]) -> list[CheckFailure]:
    """Failures as the engine takes them: it repeats the resource's name for each, so those of entries are one."""
    of_entries = [_check_failure(failure, news) for failure in failures if failure.path.startswith(ENTRIES)]
    if len(of_entries) > 1:
        lines = ["the declared entries have problems:", *(failure.reason for failure in of_entries)]
        of_entries = [CheckFailure("", "\n  ".join(lines))]
    others = [_check_failure(failure, news) for failure in failures if not failure.path.startswith(ENTRIES)]
    return [*others, *of_entries]


class SettingProvider(ResourceProvider):
    """A dynamic provider of one setting: of single entries, or of collections."""

    # Nothing secret is captured, and encrypting the reference in every checkpoint costs much.
    serialize_as_secret_always = False

    def __init__(self, setting: Setting, kind: str) -> None:
        super().__init__()
        self.setting = setting
        #: The kind under which state refers to this provider.
        self.kind = kind
        self.configuration = Configuration.from_environment()

    def __reduce__(self) -> tuple[Callable[[str], ResourceProvider], tuple[str]]:
        """State refers to providers by name, so that their code can change freely."""
        return state_reference.provider, (self.kind,)

    def configure(self, req: ConfigureRequest) -> None:
        """Take the stack's configuration at the start of a deployment; nothing is sent."""
        from .process import shorten_errors  # noqa: PLC0415

        shorten_errors()
        self.configuration = Configuration(req.config.get, self.configuration.environ)

    @property
    def lifecycle(self) -> Lifecycle:
        """The lifecycle, in the session of this process; a program, which only names its provider, imports none."""
        from .process import session  # noqa: PLC0415

        if self.kind == self.setting.kind:
            from ..lifecycle.entry import EntryLifecycle  # noqa: PLC0415

            return EntryLifecycle(self.setting, session(), self.configuration)
        from ..lifecycle.collection import CollectionLifecycle  # noqa: PLC0415

        return CollectionLifecycle(self.setting, session(), self.configuration)

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Validate the inputs and bring them into the form in which they are recorded."""
        checked = self.lifecycle.check(own_names(olds), news)
        return CheckResult(checked.inputs, _check_failures(checked.failures, news))

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare what the program declares with what is recorded."""
        found = self.lifecycle.diff(_id, own_names(_olds), _news)
        # What comes from the plugin has no reference to this provider, which an update records; nothing is sent.
        moved = PROVIDER_KEY in _news and PROVIDER_KEY not in _olds
        return DiffResult(changes=found.changes or moved, replaces=found.replaces)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Create what is declared, or adopt it where that is allowed."""
        created = self.lifecycle.create(props)
        return CreateResult(created.id, created.outputs)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Read what is live; drift in what the program set comes back as inputs too."""
        found = self.lifecycle.read(id_, props)
        return ReadResult(found.id, found.outputs, found.inputs)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Send what changed, and only that."""
        return UpdateResult(self.lifecycle.update(_id, own_names(_olds), _news))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Delete what is managed; what is gone already is as good as deleted."""
        self.lifecycle.delete(_id, _props)
