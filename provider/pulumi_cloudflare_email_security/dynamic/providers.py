"""The dynamic providers: the lifecycle in the form in which the Pulumi SDK calls it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

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
from ..client.errors import EmailSecurityError
from ..lifecycle.base import Lifecycle
from ..lifecycle.collection import CollectionLifecycle
from ..lifecycle.entry import EntryLifecycle
from ..model.schema import Failure
from ..model.setting import Setting
from ..model.state import ENTRIES, PROVIDER_KEY, own_names
from ..session.configuration import Configuration
from . import process

P = ParamSpec("P")
R = TypeVar("R")
Self_ = TypeVar("Self_")


def _short_errors(method: Callable[Concatenate[Self_, P], R]) -> Callable[Concatenate[Self_, P], R]:
    """Raise this package's errors anew, without the frames below.

    The engine prints the whole traceback of an exception. The text of these errors stands alone; the frames
    in which a request was refused help nobody.
    """

    @functools.wraps(method)
    def wrapper(self: Self_, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(self, *args, **kwargs)
        except EmailSecurityError as error:
            failure = error
        process.print_next_error_without_frames()
        raise failure.with_traceback(None) from None

    return wrapper


def _check_failure(failure: Failure, news: Mapping[str, Any]) -> CheckFailure:
    """A failure as the engine takes it.

    The engine prints the value of a property that it names: of one that is not there `<nil>`, of a collection's
    entries all of them. Such a property is named by the reason instead.
    """
    place = f" ({failure.place})" if failure.place else ""
    if not failure.path or (failure.path in news and failure.path != ENTRIES):
        return CheckFailure(failure.path, f"{failure.reason}{place}")
    return CheckFailure("", f"{failure.path}: {failure.reason}{place}")


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
        self.configuration = Configuration(req.config.get, self.configuration.environ)

    @property
    def lifecycle(self) -> Lifecycle:
        """The lifecycle, in the session of this process."""
        make = EntryLifecycle if self.kind == self.setting.kind else CollectionLifecycle
        return make(self.setting, self.kind, process.session(), self.configuration)

    @_short_errors
    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Validate the inputs and bring them into the form in which they are recorded."""
        checked = self.lifecycle.check(own_names(olds), news)
        return CheckResult(checked.inputs, [_check_failure(failure, news) for failure in checked.failures])

    @_short_errors
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare what the program declares with what is recorded."""
        found = self.lifecycle.diff(_id, own_names(_olds), _news)
        # What comes from the plugin has no reference to this provider, which an update records; nothing is sent.
        return DiffResult(changes=found.changes or PROVIDER_KEY not in _olds, replaces=found.replaces)

    @_short_errors
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Create what is declared, or adopt it where that is allowed."""
        created = self.lifecycle.create(props)
        return CreateResult(created.id, created.outputs)

    @_short_errors
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Read what is live; drift in what the program set comes back as inputs too."""
        found = self.lifecycle.read(id_, props)
        return ReadResult(found.id, found.outputs, found.inputs)

    @_short_errors
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Send what changed, and only that."""
        return UpdateResult(self.lifecycle.update(_id, own_names(_olds), _news).outputs)

    @_short_errors
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Delete what is managed; what is gone already is as good as deleted."""
        self.lifecycle.delete(_id, _props)
