"""The engine's calls, answered by the lifecycle: the one file that knows the plugin protocol.

It speaks the protocol itself (`pulumi.runtime.proto`, the interface that the SDK's own dynamic provider serves), not
through the SDK's module for providers, which is called experimental, puts the class of an exception before its text
and takes an unknown output for an error.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from importlib.metadata import version
from typing import Any, Final, NoReturn, TypeVar

import grpc  # type: ignore[import-untyped]
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from .. import settings
from ..client.errors import EmailSecurityError
from ..lifecycle.base import Diff, Lifecycle
from ..model.names import camel
from ..model.schema import Failure
from ..model.state import ACCOUNT_ID, DECLARED_BY
from .deployment import Deployment, about, check_configuration
from .forms import CollectionForm, EntriesError, EntryForm
from .functions import functions
from .names import advice_in_any_language, token
from .schema import DISTRIBUTION, PROVIDER_INPUTS, schema_text
from .wire import received, sent

#: How many calls are answered at once; the engine makes no more unless it is told to.
CALLS_AT_ONCE: Final = 16
_UNLIMITED: Final = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))
_SECRET_INPUTS: Final = frozenset(name for name, spec in PROVIDER_INPUTS.items() if spec.get("secret"))
_KINDS: Final = {
    "add": (provider_pb2.PropertyDiff.ADD, provider_pb2.PropertyDiff.ADD_REPLACE),
    "update": (provider_pb2.PropertyDiff.UPDATE, provider_pb2.PropertyDiff.UPDATE_REPLACE),
    "delete": (provider_pb2.PropertyDiff.DELETE, provider_pb2.PropertyDiff.DELETE_REPLACE),
}
#: How many changes of a collection are shown one by one; the diagnostics have the totals.
_MOST_SHOWN: Final = 100

T = TypeVar("T")


def forms() -> dict[str, EntryForm]:
    """The form of each resource, by its token."""
    found: dict[str, EntryForm] = {}
    for entry, collection in settings.RESOURCES:
        found[token(entry.__name__)] = EntryForm(entry.setting, collection.__name__)
        found[token(collection.__name__)] = CollectionForm(collection.setting)
    return found


def _answering(call: Callable[[Any, Any], T]) -> Callable[[Any, Any, Any], T]:
    """Let a call fail with a text that stands alone, about the resource that it is about."""

    @wraps(call)
    def answer(self: Provider, request: Any, context: Any) -> T:
        try:
            with about(getattr(request, "urn", "")):
                return call(self, request)
        except EmailSecurityError as error:
            _fail(context, str(error))
        except Exception as error:  # noqa: BLE001  (an error of this package: all that is known of it is told)
            _fail(context, f"unexpected {type(error).__name__}: {error}\n{traceback.format_exc()}")

    return answer


def _fail(context: Any, text: str) -> NoReturn:
    context.abort(grpc.StatusCode.UNKNOWN, advice_in_any_language(text))
    raise AssertionError  # pragma: no cover


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """The provider that one process of the plugin serves."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.forms = forms()
        self.functions = functions()

    # the package and its configuration --------------------------------------------------------------------

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        """The version."""
        return plugin_pb2.PluginInfo(version=version(DISTRIBUTION))

    def GetSchema(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        """What there is."""
        return provider_pb2.GetSchemaResponse(schema=schema_text())

    @_answering
    def CheckConfig(self, request: Any) -> Any:  # noqa: N802
        """Validate the provider's inputs. The token is secret however it was set."""
        given = received(request.news)
        secrets = given.secrets | (_SECRET_INPUTS & given.values.keys())
        failures = _failures(check_configuration(given.values), secrets)
        inputs = sent(given.values, secrets)
        return provider_pb2.CheckResponse(inputs=inputs, failures=failures)

    @_answering
    def DiffConfig(self, request: Any) -> Any:  # noqa: N802
        """Another configuration never replaces anything by itself."""
        olds, news = received(request.olds).values, received(request.news).values
        changed = sorted(name for name in olds.keys() | news.keys() if olds.get(name) != news.get(name))
        return provider_pb2.DiffResponse(changes=_changes(bool(changed)), diffs=changed)

    @_answering
    def Configure(self, request: Any) -> Any:  # noqa: N802
        """Take the configuration; nothing is sent."""
        self.deployment.configure(received(request.args).values, f"{request.urn}::{request.id}")
        return provider_pb2.ConfigureResponse(acceptSecrets=True)

    def Cancel(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        """End between two requests."""
        self.deployment.cancel()
        return Empty()

    @_answering
    def Invoke(self, request: Any) -> Any:  # noqa: N802
        """Look something up."""
        function = self.functions.get(request.tok)
        if function is None:
            raise EmailSecurityError(f"this version does not know the function {request.tok}: upgrade {DISTRIBUTION}")
        given = received(request.args)
        try:
            found = function(self.deployment, given.values)
        except TypeError as error:
            return provider_pb2.InvokeResponse(failures=_failures([Failure("", str(error))]))
        return provider_pb2.InvokeResponse(**{"return": sent(found)})

    # resources --------------------------------------------------------------------------------------------

    @_answering
    def Check(self, request: Any) -> Any:  # noqa: N802
        """Validate what is declared, and bring it into the form in which it is recorded."""
        form, lifecycle = self._of(request.urn)
        olds, news = received(request.olds), received(request.news)
        try:
            inputs = form.inputs(news, olds)
        except EntriesError as error:
            wrong = error.failure.without(news.values) if news.secrets else error.failure
            failures = [form.failure(wrong, news.values)]
            return provider_pb2.CheckResponse(inputs=request.news, failures=_failures(failures, news.secrets))
        checked = lifecycle.check(
            _declared(request.urn, form.recorded(olds)) if olds.values else {}, _declared(request.urn, inputs)
        )
        failures = [form.failure(failure, news.values) for failure in checked.failures]
        if form.collection:
            self.deployment.note_single(form.setting, request.urn, form.collection)
        answer = sent(form.outward(checked.inputs), form.secrets(news))
        return provider_pb2.CheckResponse(inputs=answer, failures=_failures(failures, news.secrets))

    @_answering
    def Diff(self, request: Any) -> Any:  # noqa: N802
        """Compare property by property."""
        form, lifecycle = self._of(request.urn)
        olds, news = (_recorded(form, request.urn, struct) for struct in (request.olds, request.news))
        # An import leaves the configured account out of the inputs, as its program does.
        news.setdefault(ACCOUNT_ID, self.deployment.configuration.account_id)
        found = lifecycle.diff(request.id, olds, news)
        replaces = [camel(name) for name in found.replaces]
        shown = dict(_shown(found))
        return provider_pb2.DiffResponse(
            changes=_changes(found.changes),
            replaces=replaces,
            diffs=sorted({path.partition("[")[0] for path in shown} | {*replaces}),
            detailedDiff=shown,
            hasDetailedDiff=bool(shown),
        )

    @_answering
    def Create(self, request: Any) -> Any:  # noqa: N802
        """Create what is declared, or adopt it where that is allowed."""
        form, lifecycle = self._of(request.urn)
        props = received(request.properties)
        created = lifecycle.create(_declared(request.urn, form.recorded(props)))
        answer = sent(form.outward(created.outputs), form.secrets(props))
        return provider_pb2.CreateResponse(id=created.id, properties=answer)

    @_answering
    def Read(self, request: Any) -> Any:  # noqa: N802
        """Read what is live: for a refresh, for an import, or for a resource that is not managed."""
        form, lifecycle = self._of(request.urn)
        state, inputs = received(request.properties), received(request.inputs)
        known = form.recorded(state)
        if known.keys() <= {ACCOUNT_ID}:
            return self._import(form, lifecycle, request, known)
        known = _declared(request.urn, known)
        found = lifecycle.read(request.id, known)
        if not found.id:
            return provider_pb2.ReadResponse()
        secrets = form.secrets(state, inputs)
        outputs = request.properties
        if found.outputs != known or not form.is_own(state):
            outputs = sent(form.outward(found.outputs), secrets)
        now = request.inputs
        if found.inputs is not None or not form.is_own(inputs):
            now = sent(form.outward(form.recorded(inputs) if found.inputs is None else found.inputs), secrets)
        return provider_pb2.ReadResponse(id=found.id, properties=outputs, inputs=now)

    def _import(self, form: EntryForm, lifecycle: Lifecycle, request: Any, known: Mapping[str, Any]) -> Any:
        """Read what no state holds. The id may say the account, as in `ACCOUNT/ID`."""
        account, _, id_ = request.id.rpartition("/")
        configured = self.deployment.configuration.account_id
        account_id = self.deployment.configuration.account(account or known.get(ACCOUNT_ID))
        found = form.imported(lifecycle, id_, _declared(request.urn, {ACCOUNT_ID: account_id}))
        if not found.id:
            return provider_pb2.ReadResponse()
        program = {**(found.inputs or {}), camel(ACCOUNT_ID): account_id}
        if account_id == configured:
            del program[camel(ACCOUNT_ID)]
        return provider_pb2.ReadResponse(
            id=form.id_of(found.id, account_id), properties=sent(found.outputs), inputs=sent(program)
        )

    @_answering
    def Update(self, request: Any) -> Any:  # noqa: N802
        """Send what changed, and only that."""
        form, lifecycle = self._of(request.urn)
        news = received(request.news)
        recorded = _declared(request.urn, form.recorded(news))
        outputs = lifecycle.update(request.id, _recorded(form, request.urn, request.olds), recorded)
        answer = sent(form.outward(outputs), form.secrets(news))
        return provider_pb2.UpdateResponse(properties=answer)

    @_answering
    def Delete(self, request: Any) -> Any:  # noqa: N802
        """Delete what is managed; what is gone already is as good as deleted."""
        form, lifecycle = self._of(request.urn)
        lifecycle.delete(request.id, _recorded(form, request.urn, request.properties))
        return Empty()

    def _of(self, urn: str) -> tuple[EntryForm, Lifecycle]:
        type_ = urn.split("::", 3)[2].rpartition("$")[2]
        form = self.forms.get(type_)
        if form is None:
            raise EmailSecurityError(f"this version does not know the resource {type_}: upgrade {DISTRIBUTION}")
        deployment = self.deployment
        return form, form.lifecycle(form.setting, deployment.session, deployment.configuration)


def _declared(urn: str, props: Mapping[str, Any]) -> dict[str, Any]:
    """The properties with the resource that declares them."""
    return {**props, DECLARED_BY: urn}


def _recorded(form: EntryForm, urn: str, struct: Any) -> dict[str, Any]:
    """What the engine sends of what is recorded, as the lifecycle takes it."""
    return _declared(urn, form.recorded(received(struct)))


def _shown(found: Diff) -> list[tuple[str, Any]]:
    """The changes one by one, up to a limit."""
    replaces = {*found.replaces}
    changed = {**dict.fromkeys(found.replaces, "update"), **found.changed}
    return [
        (
            camel(path) if "[" not in path else path,
            provider_pb2.PropertyDiff(kind=_KINDS[kind][path.partition("[")[0] in replaces]),
        )
        for path, kind in list(changed.items())[:_MOST_SHOWN]
    ]


def _changes(changes: bool) -> Any:
    return provider_pb2.DiffResponse.DIFF_SOME if changes else provider_pb2.DiffResponse.DIFF_NONE


def _failures(failures: Iterable[Failure], secrets: Collection[str] = ()) -> list[Any]:
    """Failures as the engine takes them. It prints the value of a property that is named, and a secret one as it is."""
    named = [Failure("", f"{one.path}: {one.reason}") if one.path in secrets else one for one in failures]
    return [provider_pb2.CheckFailure(property=failure.path, reason=failure.reason) for failure in named]


def serve(engine_address: str | None) -> None:
    """Answer until the engine ends this process."""
    server = grpc.server(ThreadPoolExecutor(max_workers=CALLS_AT_ONCE), options=_UNLIMITED)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(Deployment(engine_address)), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


def main() -> None:
    """The plugin's process. The engine passes its address, and flags that mean nothing here."""
    addresses = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    try:
        serve(addresses[0] if addresses else None)
    except KeyboardInterrupt:
        sys.exit(130)
