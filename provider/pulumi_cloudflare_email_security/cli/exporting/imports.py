"""The file for `pulumi import --file`: each resource as state holds it after an `up` that adopted everything.

The engine records a resource that comes with inputs and outputs without asking its provider.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pulumi.dynamic.dynamic import serialize_provider

from ... import state_reference
from ...client.errors import EmailSecurityError
from ...lifecycle.base import Lifecycle
from ...lifecycle.collection import CollectionLifecycle
from ...lifecycle.entry import EntryLifecycle
from ...model.state import ACCOUNT_ID, DECLARED_AT, DECLARED_BY, ENTRIES, IDS, MANAGED_FIELDS, PROVIDER_KEY, as_text
from ...session.configuration import Configuration
from ...session.session import Session
from .program import Exported, places


@dataclass(frozen=True, slots=True)
class Importer:
    """Makes the entries of the file.

    Attributes:
        session: reads only.
        configuration: of the stack.
        account_id: whose settings they are.
        stack: project and stack, as in "corp-mail/prod".

    """

    session: Session
    configuration: Configuration
    account_id: str
    stack: str

    def file(self, resources: Sequence[Exported]) -> dict[str, Any]:
        """What the file holds.

        Raises:
            EmailSecurityError: an entry was changed since it was read.

        """
        providers: dict[str, str] = {}
        for resource in resources:
            if resource.kind not in providers:
                providers[resource.kind] = serialize_provider(state_reference.provider(resource.kind))
        return {
            "resources": [
                self._resource(resource, providers[resource.kind], place)
                for resource, place in zip(resources, places(resources), strict=True)
            ]
        }

    def _resource(self, resource: Exported, provider: str, place: str) -> dict[str, Any]:
        lifecycle = self._lifecycle(resource)
        inputs = self._inputs(lifecycle, resource, place)
        id_, outputs = self._outputs(lifecycle, resource, inputs)
        return {
            "type": _type(resource),
            "name": resource.name,
            "id": id_,
            "inputs": {**inputs, PROVIDER_KEY: provider},
            "outputs": {**outputs, PROVIDER_KEY: provider},
        }

    def _lifecycle(self, resource: Exported) -> Lifecycle:
        make = EntryLifecycle if resource.single else CollectionLifecycle
        # What exists already is what the file is about.
        environ = {**self.configuration.environ, "CLOUDFLARE_EMAIL_SECURITY_VERIFY": "false"}
        unverified = replace(self.configuration, environ=environ)
        return make(resource.collection.setting, self.session, unverified)

    def _inputs(self, lifecycle: Lifecycle, resource: Exported, place: str) -> dict[str, Any]:
        """The inputs as `check` leaves them."""
        fields = [dict(live.fields) for live in resource.entries]
        declared = dict(fields[0]) if resource.single else {ENTRIES: as_text(fields)}
        project, stack = self.stack.split("/")
        urn = f"urn:pulumi:{stack}::{project}::{_type(resource)}::{resource.name}"
        checked = lifecycle.check({}, {**declared, DECLARED_BY: urn, DECLARED_AT: place})
        for failure in checked.failures:
            raise EmailSecurityError(f"{resource.type} {resource.name!r}: {failure.path}: {failure.reason}")
        return checked.inputs

    def _outputs(
        self, lifecycle: Lifecycle, resource: Exported, inputs: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        """The id, and the outputs as `read` finds them in what a first `up` records."""
        setting = resource.collection.setting
        if resource.single:
            id_ = resource.entries[0].id
            made: dict[str, Any] = {MANAGED_FIELDS: sorted(inputs.keys() & setting.schema.api_fields.keys())}
        else:
            id_ = f"{self.account_id}/{setting.collection}"
            made = {IDS: as_text({live.key: live.id for live in sorted(resource.entries, key=lambda live: live.key)})}
        found = lifecycle.read(id_, {ACCOUNT_ID: self.account_id, **inputs, **made})
        if found.id != id_ or found.inputs is not None:
            raise EmailSecurityError(f"{resource.type} {resource.name!r} was changed meanwhile — run export again")
        return id_, found.outputs


def _type(resource: Exported) -> str:
    """The type under which the SDK registers the resource."""
    return f"pulumi-python:{resource.made._resource_type_name}"  # noqa: SLF001
