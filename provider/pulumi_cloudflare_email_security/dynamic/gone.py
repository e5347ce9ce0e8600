"""What goes with the resources that a program declares no more.

The engine deletes a resource without asking its provider before, so that a preview would say no more than its name. But
the process of the program knows what the stack held and what is declared now, and when it ends all is declared. It does
not know which resources a run leaves out (`--target`), nor which the engine only forgets (`retain_on_delete`): what it
says is what goes where the resource goes.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakMethod

from pulumi.runtime import get_config

from ..client.clock import today
from ..client.errors import ConfigurationError
from ..model.names import resource_of, snake
from ..model.places import parse
from ..model.setting import Setting
from ..model.state import ACCOUNT_ID, DECLARED_AT, DECLARED_BY, ENTRIES, HAS_SECRETS, IDS, MODE, UNMANAGED, from_text
from ..session.configuration import Configuration
from ..session.voice import Severity, Voice
from ..state_reference import provider
from .recorded import Recorded

#: Where the engine's runner of Python programs keeps whether the program ran to its end.
_EXIT_CODE: Final = "exit_code"
#: What entries are of, and in which account.
_Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Gone:
    """A resource of the stack that is declared no more.

    Attributes:
        urn: the resource.
        setting: whose entries it holds.
        outputs: what state holds of it.
        elsewhere: the keys of those of its entries that other resources declare now, which tell of them.

    """

    urn: str
    setting: Setting
    outputs: Mapping[str, Any]
    elsewhere: Collection[str]

    @property
    def entries(self) -> dict[str, Mapping[str, Any]]:
        """The entries that go with it, by key; without fields where those are secret."""
        outputs, setting = self.outputs, self.setting
        if (ids := from_text(outputs.get(IDS))) is None:
            declared = {*outputs.get("managed_fields", outputs), *setting.schema.program_fields}
            fields = setting.schema.normal({name: outputs[name] for name in declared if outputs.get(name) is not None})
            found: dict[str, Mapping[str, Any]] = {setting.key_text_of(fields): fields}
        else:
            entries = from_text(outputs.get(ENTRIES))
            entries = entries if isinstance(entries, Mapping) else {}
            found = {key: entries.get(key, {}) for key in ids}
        others = {*self.elsewhere, *((outputs.get(UNMANAGED) or ()) if outputs.get(MODE) == "exclusive" else ())}
        return {key: fields for key, fields in found.items() if key not in others}

    def report(self) -> str:
        """The entries that go, or stay in the account as they are."""
        from ..lifecycle.lines import fields_text  # noqa: PLC0415  (mostly nothing goes)
        from ..lifecycle.plan import Plan  # noqa: PLC0415

        entries, name, secret = self.entries, resource_of(self.urn), bool(self.outputs.get(HAS_SECRETS))
        if self.outputs.get(IDS) is not None:
            plan = Plan(setting=self.setting, before=entries, desired={})
            return plan.report(self.urn, has_secrets=secret, where=" is no longer declared; with it go")
        ((key, fields),) = entries.items()
        label = self.setting.label(fields)
        if self.setting.keeps_on_delete(fields) is not None:
            return f"{name} is no longer declared: = {label or key} (stays as it is)"
        return (
            f"{name} is no longer declared; with it goes: - {label}{fields_text(self.setting, fields, secret=secret)}"
        )


def tell_gone(
    state: Iterable[Recorded],
    settings: Mapping[str, Setting],
    present: Collection[str],
    keys_in: Callable[[_Place], Collection[str]],
    say: Voice,
) -> None:
    """Say what goes with the resources that are declared no more, and what that weakens.

    Args:
        state: what the stack held before.
        settings: the settings that the program imports, by the names of their types.
        present: the URNs of what is declared.
        keys_in: tells the keys of all entries that are declared of a setting in an account.
        say: says it.

    """
    held = [(one, setting) for one in state if (setting := _setting_of(one, settings)) is not None]
    # What a program only reads, by `get`, nobody declares.
    ended = [(one, setting) for one, setting in held if one.urn not in present and one.get(DECLARED_BY) == one.urn]
    if not ended:
        return
    sizes: Counter[_Place] = Counter()
    for one, setting in held:
        ids = one.map(IDS)
        sizes[setting.kind, one.account_id] += 1 if ids is None else len(ids)
    found = [Gone(one.urn, setting, one.outputs(), keys_in((setting.kind, one.account_id))) for one, setting in ended]
    gone = sorted((one for one in found if one.entries), key=lambda one: one.urn)
    for each in gone:
        say(each.report(), each.urn)
    with suppress(ConfigurationError):
        for line, urn in _risks(gone, sizes):
            say(line, urn, Severity.WARNING)


def _risks(gone: Iterable[Gone], sizes: Mapping[_Place, int]) -> Iterator[tuple[str, str]]:
    from ..review.context import Context  # noqa: PLC0415
    from ..review.findings import Change  # noqa: PLC0415
    from ..review.risk import OFF, risk_mode, risks  # noqa: PLC0415

    if risk_mode(*Configuration(get_config, os.environ).risk) == OFF:
        return
    changes: dict[str, list[Change]] = {}
    for one in gone:
        account = str(one.outputs.get(ACCOUNT_ID))
        place = str(one.outputs.get(DECLARED_AT) or "")
        for key, fields in one.entries.items():
            change = Change(
                setting=one.setting,
                key=one.setting.label(fields) if fields else key,
                before=fields,
                after=None,
                place=place if parse(place) else "",
                resource=one.urn,
                secret=bool(one.outputs.get(HAS_SECRETS)),
            )
            changes.setdefault(account, []).append(change)
    for account, own in changes.items():
        context = Context(sizes={one.setting.collection: sizes[one.setting.kind, account] for one in own})
        for finding in risks(own, context=context, today=today()):
            yield finding.line, finding.resource


def _setting_of(resource: Recorded, settings: Mapping[str, Setting]) -> Setting | None:
    """The setting of a resource, whether the program imports it or not."""
    name = resource.class_name
    with suppress(LookupError):
        found: Setting = settings[name] if name in settings else vars(provider(snake(name).lstrip("_")))["setting"]
        return found
    return None


def at_end(end: Callable[[], None]) -> None:
    """Let a method tell of a run of a program under the engine, where it ran to its end, when its process ends."""
    weak = WeakMethod(end)

    def ended() -> None:
        # As the runner knows it, whose module is the main one again then. Where it does not say, nothing is told: a
        # program within another process, by the Automation API, has no end that can be seen.
        tell = weak()
        if tell is not None and vars(sys.modules["__main__"]).get(_EXIT_CODE) == 0:
            tell()

    atexit.register(ended)
