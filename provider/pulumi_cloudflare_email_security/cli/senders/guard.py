"""What must not be blocked by mistake: own domains, exempted senders, what everybody uses; and what is blocked."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ...client.errors import ConfigurationError, EmailSecurityError
from ...client.pages import entry_id
from ...entries.typed import written_key
from ...model.setting import Setting
from ...review import context as review
from ...review.known_domains import is_free_mail, is_public_suffix, is_shared
from ...settings import BY_COLLECTION
from ...settings.block_sender import SETTING as BLOCKED
from .._context import Connecting, Context
from .._declared import declared_in
from .._output import listed
from ..exporting.account import reading_session
from .sender import Sender

#: Someone of whom nobody has heard.
_ANYBODY: Final = "zqqx"


@dataclass(slots=True)
class Guard:
    """Says why a sender is not to be added to a list.

    Attributes:
        own_domains: the protected domains, and where each is known from.
        exempted: the senders of allow policies.
        policies: by that sender's pattern, the policy as it is written, and where it is known from.
        blocked: blocked senders by natural key, and where each is known from.
        unsure: what could not be looked at, and why.

    """

    own_domains: dict[str, str] = field(default_factory=dict)
    exempted: review.Senders = field(default_factory=review.Senders)
    policies: dict[str, str] = field(default_factory=dict)
    blocked: dict[tuple[Any, ...], str] = field(default_factory=dict)
    unsure: list[str] = field(default_factory=list)

    def learn(self, setting: Setting, fields: Mapping[str, Any], place: str) -> None:
        """Take one entry of the program or the account in."""
        if setting.collection == "domains" and isinstance(domain := fields.get("domain"), str):
            self.own_domains.setdefault(domain.lower(), place)
        elif setting.collection == "allow_policies":
            # As it is meant, though a preview refuses a type in small letters.
            kind = str(fields.get("pattern_type")).upper()
            if (sender := review.Sender.of({**fields, "pattern_type": kind})) is not None:
                self.exempted.add(sender)
                self.policies.setdefault(sender.pattern, f"{fields['pattern']} ({place})")
        elif setting is BLOCKED:
            self.blocked.setdefault(written_key(BLOCKED, fields), place)

    def learn_project(self, folder: Path) -> None:
        """Take in what the program in a folder declares, as far as it is written out."""
        for name, declared in declared_in(folder).items():
            setting = BY_COLLECTION[name]
            try:
                for place, fields in declared.entries(setting, folder):
                    self.learn(setting, fields, place)
            except EmailSecurityError as error:
                self.unsure.append(str(error))

    def learn_account(self, context: Context) -> None:
        """Take in what the account has."""
        session = reading_session()
        for name in ("domains", "allow_policies", "block_senders"):
            setting = BY_COLLECTION[name]
            try:
                entries = session.listing(setting, context.account_id, context.configuration).all()
            except ConfigurationError as error:
                self.unsure.append(f"the account was not asked: {error}")
                return
            except EmailSecurityError as error:
                self.unsure.append(str(error))
                continue
            for entry in entries:
                self.learn(setting, setting.live(entry, read=True), f"in the account, id {entry_id(entry)}")

    def why_not(self, sender: Sender, *, common: bool, held: Container[tuple[Any, ...]] = ()) -> str | None:
        """Why a sender is not added to a list, or None.

        Args:
            sender: who is to be blocked.
            common: whether senders that many others use are refused too.
            held: the natural keys that the list may hold already.

        """
        if problems := sender.problems():
            return problems[0].reason
        if objection := next(self.objections(sender, common=common), None):
            return objection
        place = None if sender.key in held else self.blocked.get(sender.key)
        return None if place is None else f"is blocked already ({place})"

    def objections(self, sender: Sender, *, common: bool) -> Iterator[str]:
        """Why a sender must not be blocked; with `common` also that many others use it."""
        if domain := sender.domain:
            for own, place in self.own_domains.items():
                if domain == own or domain.endswith(f".{own}") or (own.endswith(f".{domain}")):
                    yield f"is the own domain {own} or belongs to it ({place})"
                    break
        if (pattern := self._exempting(sender)) is not None:
            yield f"is exempted by the allow policy {self.policies[pattern]}"
        if common and sender.pattern_type == "DOMAIN":
            yield from _common(sender.pattern.lower())

    def _exempting(self, sender: Sender) -> str | None:
        """What matches in an allow policy that is about the sender, or a part of what would be blocked."""
        asked = [review.Sender(sender.pattern_type, sender.pattern.lower(), is_regex=False)]
        if sender.pattern_type == "DOMAIN":
            # Some expressions match any address, whatever its domain.
            asked.append(review.Sender("EMAIL", f"{_ANYBODY}@{asked[0].pattern}", is_regex=False))
        met = filter(None, map(self.exempted.meeting, asked))
        return next((one.pattern for one in met if not one.where), None)


def _common(domain: str) -> Iterator[str]:
    if is_public_suffix(domain):
        yield "is a public suffix: everybody below it would be blocked"
    elif is_free_mail(domain):
        yield "is a free mail provider: everybody there would be blocked"
    elif is_shared(domain):
        yield "is a service through which many send"


def make_guard(connection: Connecting, path: str, own: Iterable[str], *, offline: bool) -> Guard:
    """A guard that knows the program beside a list's file and, unless offline, the account; what it lacks is told."""
    folder = Path(path).absolute().parent
    context, guard = connection.context(folder), Guard()
    root = folder if context.project is None else context.project.folder
    for domain in own:
        guard.learn(BY_COLLECTION["domains"], {"domain": domain}, "--own")
    guard.learn_project(_from_here(root))
    if not offline:
        guard.learn_account(context)
    if guard.unsure:
        listed("Not everything could be looked at:", list(dict.fromkeys(guard.unsure)))
    return guard


def _from_here(folder: Path) -> Path:
    """A folder as places in it are told: relative where it is above or below this one."""
    here = Path.cwd()
    near = folder.is_relative_to(here) or here.is_relative_to(folder)
    return Path(os.path.relpath(folder, here)) if near else folder
