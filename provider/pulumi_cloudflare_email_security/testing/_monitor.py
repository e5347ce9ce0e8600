"""The engine's two services, as a program and its providers see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]
from google.protobuf.message import Message  # type: ignore[import-untyped]
from pulumi.runtime.mocks import MockEngine, MockMonitor, Mocks
from pulumi.runtime.proto import engine_pb2, resource_pb2

from ._deployment import Deployment
from ._resources import STACK_TYPE, Alias, Goal, Identity, Place, ResourceState
from ._results import Diagnostic, StepFailedError
from ._wire import Wire, from_wire, mark_secrets, split_secrets, struct_to_wire, wire_to_struct

_UNSUPPORTED: Final = {
    "importId": "import_ (the engine refuses it for dynamic providers too)",
    "replaceOnChanges": "replace_on_changes",
    "deletedWith": "deleted_with",
    "replace_with": "replace_with",
    "replacement_trigger": "replacement_trigger",
    "transforms": "transforms",
    "hooks": "hooks",
}
_SEVERITIES: Final[dict[int, str]] = {
    engine_pb2.INFO: "info",
    engine_pb2.WARNING: "warning",
    engine_pb2.ERROR: "error",
}
_READ_STACK: Final = "pulumi:pulumi:readStackResourceOutputs"


class Engine(MockEngine):
    """Keeps what program and providers log, as the engine shows it under Diagnostics."""

    def __init__(self, hear: Callable[[Diagnostic], None]) -> None:
        super().__init__(None)
        self._hear = hear

    def Log(self, request: Any, timeout: float = 0) -> Any:  # noqa: N802 (the name in the gRPC service)
        """Keep a message, unless it is meant for debugging."""
        del timeout
        if request.severity in _SEVERITIES:
            self._hear(Diagnostic(request.message, _SEVERITIES[request.severity], request.urn))
        return Empty()


class Monitor(MockMonitor):
    """The SDK's mock of the resource monitor, with a deployment behind it."""

    def __init__(self, deployment: Deployment, mocks: Mocks, project: str, stack: str, exports: Wire) -> None:
        super().__init__(mocks)
        self.deployment = deployment
        self.exports: Wire = {}
        self._old_exports = exports
        self._project = project
        self._stack = stack

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """The URN as the engine makes it."""
        return Place(self._stack, self._project).urn(parent, type_, name)

    def Invoke(self, request: Any) -> Any:  # noqa: N802
        """A function call: the engine's own about a stack's state, or one of the mocks."""
        if request.tok != _READ_STACK:
            return super().Invoke(request)  # type: ignore[no-untyped-call]
        name = from_wire(struct_to_wire(request.args))["stackName"]
        if str(name).rsplit("/", 1)[-1] != self._stack:
            raise LookupError(f"unknown stack {name!r}")
        # As the engine: the state at this moment, with what the run has done so far.
        states = [state for state in self.deployment.ledger.resources if not state.pending_delete]
        found: Wire = {state.urn: {"type": state.type, "outputs": state.outputs} for state in states}
        if found:
            stack_urn = self.make_urn("", STACK_TYPE, f"{self._project}-{self._stack}")
            found[stack_urn] = {"type": STACK_TYPE, "outputs": self._old_exports}
        answer = wire_to_struct({"name": name, "outputs": found})
        return resource_pb2.ResourceInvokeResponse(**{"return": answer})

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802
        """Take one resource of the program through its steps."""
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == STACK_TYPE:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        goal, secret = self._goal(urn, request)
        state = self.deployment.register(goal)
        secret |= set(request.additionalSecretOutputs)
        self._remember(state)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=state.id, object=mark_secrets(state.outputs, secret))

    def ReadResource(self, request: Any) -> Any:  # noqa: N802
        """`Resource.get`."""
        urn = self.make_urn(request.parent, request.type, request.name)
        inputs, secret = split_secrets(request.properties)
        goal = Goal(urn, Identity(request.type, request.name, urn), custom=True, inputs=inputs)
        state = self.deployment.read(goal, request.id)
        self._remember(state)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=mark_secrets(state.outputs, secret))

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        """Keep the exports of the stack."""
        if f"::{STACK_TYPE}::" in request.urn:
            self.exports, _ = split_secrets(request.outputs)
        return Empty()

    def _remember(self, state: ResourceState) -> None:
        self.resources[state.urn] = MockMonitor.ResourceRegistration(state.urn, state.id, state.outputs)

    def _goal(self, urn: str, request: Any) -> tuple[Goal, set[str]]:
        who = Identity(request.type, request.name, urn)
        inputs, secret = split_secrets(request.object)
        refused = [option for field, option in _UNSUPPORTED.items() if _is_set(request, field)]
        refused += [f"ignore_changes={path!r}" for path in request.ignoreChanges if not path.isidentifier()]
        if refused:
            error = NotImplementedError(f"the in-process runner does not know the option {', '.join(refused)}")
            self.deployment.ledger.fail("register", who, error)
            raise StepFailedError from error
        goal = Goal(
            urn,
            who,
            request.custom,
            inputs,
            parent="" if f"::{STACK_TYPE}::" in request.parent else request.parent,
            dependencies=tuple(request.dependencies),
            aliases=(*(Alias(urn=old) for old in request.aliasURNs), *map(_alias, request.aliases)),
            protect=request.protect,
            retain_on_delete=request.retainOnDelete,
            ignore_changes=tuple(request.ignoreChanges),
            delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
        )
        return goal, secret


def _is_set(request: Any, field: str) -> bool:
    """Whether the program gives an option, as far as the SDK's version knows it."""
    value = getattr(request, field, None)
    return value.ByteSize() > 0 if isinstance(value, Message) else bool(value)


def _alias(alias: Any) -> Alias:
    if alias.urn:
        return Alias(urn=alias.urn)
    spec = alias.spec
    return Alias(
        name=spec.name,
        type=spec.type,
        parent=spec.parentUrn,
        no_parent=spec.noParent or f"::{STACK_TYPE}::" in spec.parentUrn,
        project=spec.project,
        stack=spec.stack,
    )
