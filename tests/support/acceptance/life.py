"""A program with every setting, alone and as a collection, of reserved names only; and its life on an account."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Protocol

from pulumi_cloudflare_email_security.testing import InProcessStack
from support.cli import CliStack, find_cli, write_program

from .api import MARKER, PREFIX, Api

_PROGRAM: Final = """
import pulumi
import pulumi_cloudflare_email_security as email_security

MARKER, RUN, NEW, STEP = {marker!r}, {run!r}, {new!r}, {step!r}


def name(what):
    return f"{prefix}{{what}}-{{RUN}}.example"


note = MARKER if STEP == 1 else f"{{MARKER}}, changed"
domain = {{"pattern_type": "DOMAIN", "comments": note}}
last = 4 if STEP == 1 else 5

email_security.BlockSender("block", pattern=name("one"), **domain)
email_security.BlockSenders("blocks", entries=[{{"pattern": name(f"many{{n}}"), **domain}} for n in range(STEP, last)])
email_security.AllowPolicy("allow", pattern=name("one"), is_acceptable_sender=STEP == 1, **domain)
email_security.AllowPolicies(
    "allows", entries=[{{"pattern": name(f"many{{n}}"), "verify_sender": True, **domain}} for n in range(STEP, last)]
)
email_security.TrustedDomain("trusted", pattern=name("one"), is_similarity=STEP == 1, comments=note)
email_security.TrustedDomains(
    "trusteds",
    entries=[{{"pattern": name(f"many{{n}}"), "is_recent": True, "comments": note}} for n in range(STEP, last)],
)
email_security.ImpersonationRegistryEntry("person", name="Jane", email=f"one@{{name('person')}}", comments=note)
email_security.ImpersonationRegistry(
    "people",
    entries=[
        {{"name": f"Acceptance Test {{n}}", "email": f"n{{n}}@{{name('person')}}", "comments": note}}
        for n in range(STEP, last)
    ],
)
if NEW:
    modes = {{"allowed_delivery_modes": ["DIRECT"], "ip_restrictions": [], "regions": ["GLOBAL"]}}
    drop = ["SPAM"] if STEP == 1 else ["MALICIOUS", "SPAM"]
    email_security.Domain("domain", domain=name("life"), drop_dispositions=drop, unprotect_on_delete=True, **modes)
    email_security.ContentPolicy(
        "content", name=name("one"), pattern="never-" + RUN, targets=["SUBJECT"], enabled=False, notes=note
    )
    email_security.ContentPolicies(
        "contents",
        entries=[
            {{"name": name(f"many{{n}}"), "pattern": RUN, "targets": ["BODY"], "enabled": False, "notes": note}}
            for n in range(STEP, last)
        ],
    )
    email_security.SendingDomainRestriction("tls", domain=name("one"), exclude=[f"mail.{{name('one')}}"], comments=note)
    email_security.SendingDomainRestrictions(
        "tlss", entries=[{{"domain": name(f"many{{n}}"), "exclude": [], "comments": note}} for n in range(STEP, last)]
    )
    email_security.UrlIgnorePattern("url", pattern=f"https://{{name('one')}}/", comments=note)
    email_security.UrlIgnorePatterns(
        "urls", entries=[{{"pattern": f"https://{{name(f'many{{n}}')}}/", "comments": note}} for n in range(STEP, last)]
    )
"""
_SINGLES: Final = {"2025": 8, "2026": 15}
"""How many resources the program has on accounts of each contract."""


class _Stack(Protocol):
    """What both ways of running a program have."""

    def up(self) -> dict[str, int]: ...
    def preview(self) -> dict[str, int]: ...
    def refresh(self) -> object: ...
    def destroy(self) -> dict[str, int]: ...


def live(folder: Path, api: Api, contract: str, run: str) -> str:
    """Up, nothing to do, refreshed, nothing to do, changed, destroyed; through the real CLI where there is one."""

    def source(step: int) -> str:
        return _PROGRAM.format(marker=MARKER, prefix=PREFIX, run=run, new=contract == "2026", step=step)

    write_program(folder, source(1), name="acceptance")
    env = {
        "CLOUDFLARE_BASE_URL": api.base_url,
        "CLOUDFLARE_ACCOUNT_ID": api.account,
        "CLOUDFLARE_API_TOKEN": api.token,
        "CLOUDFLARE_EMAIL_SECURITY_DELETE_LIMIT": "1",
    }
    cli = find_cli()
    stack: _Stack = _Cli(CliStack(cli, folder, env=env)) if cli else _InProcess(folder, env)
    count = _SINGLES[contract]
    try:
        _expect(stack.up(), "create", count)
        _expect(stack.preview(), "same", count)
        stack.refresh()
        _expect(stack.preview(), "same", count)
        (folder / "__main__.py").write_text(source(2), encoding="utf-8")
        assert stack.up().get("create", 0) == 0
        _expect(stack.preview(), "same", count)
    finally:
        _expect(stack.destroy(), "delete", count)
    return "the real CLI" if cli else "in-process"


def _expect(summary: dict[str, int], operation: str, count: int) -> None:
    assert summary == {operation: count}, f"expected {count} times {operation}, not {summary}"


class _Cli:
    """A stack of the real CLI."""

    def __init__(self, stack: CliStack) -> None:
        self._stack = stack

    def up(self) -> dict[str, int]:
        return self._stack.up().summary

    def preview(self) -> dict[str, int]:
        return self._stack.preview().summary

    def refresh(self) -> object:
        return self._stack.refresh()

    def destroy(self) -> dict[str, int]:
        return self._stack.destroy().summary


class _InProcess:
    """A stack in this process."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        keys = {"BASE_URL": "baseUrl", "ACCOUNT_ID": "accountId", "API_TOKEN": "apiToken"}
        config = {f"cloudflare-email-security:{key}": env[f"CLOUDFLARE_{name}"] for name, key in keys.items()}
        config["cloudflare-email-security:deleteLimit"] = "1"
        self._folder = folder
        self._stack = InProcessStack(project="acceptance", config=config)

    def up(self) -> dict[str, int]:
        return self._stack.up(self._folder).summary

    def preview(self) -> dict[str, int]:
        return self._stack.preview(self._folder).summary

    def refresh(self) -> object:
        return self._stack.refresh()

    def destroy(self) -> dict[str, int]:
        return self._stack.destroy().summary
