"""Generate the tables of docs/review.md from the rules and declarations, and the picture docs/review.svg.

`make_review_docs.py` writes both; `make_review_docs.py --check` exits with 1 where one of them is not current.
"""

from __future__ import annotations

import html
import io
import re
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from pulumi_cloudflare_email_security.cli._report import show
from pulumi_cloudflare_email_security.model.setting import Setting
from pulumi_cloudflare_email_security.model.weakening import describe
from pulumi_cloudflare_email_security.review.assess import assess_plan
from pulumi_cloudflare_email_security.review.context import Context
from pulumi_cloudflare_email_security.review.findings import Change
from pulumi_cloudflare_email_security.review.rules import RULES
from pulumi_cloudflare_email_security.review.state import Stock, audit
from pulumi_cloudflare_email_security.settings import RESOURCES, SETTINGS

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "review.md"
PICTURE: Final = ROOT / "docs" / "review.svg"
_TODAY: Final = date(2026, 11, 25)
_PART: Final = re.compile(
    r"(<!-- (?P<name>rules|fields): made by scripts/make_review_docs.py -->\n).*?(\n<!-- end -->)", re.DOTALL
)
_BY_KIND: Final = {setting.kind: setting for setting in SETTINGS}
_ALL: Final = {"pattern": ".*", "pattern_type": "DOMAIN", "is_regex": True, "is_trusted_sender": True}
_CORP: Final = {
    "domain": "corp.example",
    "allowed_delivery_modes": ["DIRECT"],
    "drop_dispositions": ["MALICIOUS", "MALICIOUS-BEC", "SPAM"],
    "ip_restrictions": ["192.0.2.0/24"],
}
_PAYROLL: Final = {"pattern": "a@pay.example", "pattern_type": "EMAIL", "is_acceptable_sender": True}


def rules_table() -> str:
    """Every rule."""
    lines = ["| Rule | Severity | Finds | Why | Source |", "|---|---|---|---|---|"]
    lines += [
        f"| `{rule.id}` | {rule.severity} | {rule.title} | {rule.reason} | [read on]({rule.source}) |"
        for rule in sorted(RULES.values(), key=lambda rule: (-rule.severity, rule.id))
    ]
    return "\n".join(lines)


def fields_table() -> str:
    """What each setting declares."""
    lines = ["| Setting | What weakens protection |", "|---|---|"]
    for (entry, _), setting in zip(RESOURCES, SETTINGS, strict=True):
        lines.append(f"| `{entry.__name__}` | {'; '.join(_declared(setting))} |")
    return "\n".join(lines)


def _declared(setting: Setting) -> Iterator[str]:
    yield "an entry that goes" if setting.protects else "an entry that comes"
    for name, declared in setting.schema.api_fields.items():
        if declared.weakens is not None:
            yield f"`{name}`: {describe(declared.weakens)}"


def page(text: str) -> str:
    """The page with its tables made anew."""
    made = {"rules": rules_table, "fields": fields_table}
    return _PART.sub(lambda part: f"{part[1]}\n{made[part['name']]()}\n{part[3]}", text)


def picture() -> str:
    """A review and an audit on a terminal."""
    console = Console(
        record=True,
        width=120,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        emoji=False,
        no_color=False,
    )
    _prompt(console, "pulumi preview --json --show-sames | cf-email-security review --format table")
    context = Context.of([(_BY_KIND["domain"], _CORP)])
    changes = [
        _change("allow_policy", None, _ALL, "partners.csv:14", 'AllowPolicies "partners"'),
        _change(
            "allow_policy", _PAYROLL, {**_PAYROLL, "verify_sender": False}, "__main__.py:9", 'AllowPolicy "payroll"'
        ),
        _change("domain", _CORP, {**_CORP, "drop_dispositions": ["SPAM"]}, "__main__.py:21", 'Domain "corp"'),
        _change(
            "block_sender", {"pattern": "evil.example", "pattern_type": "DOMAIN"}, None, "", 'BlockSenders "blocklist"'
        ),
    ]
    show(assess_plan(changes, context=context, today=_TODAY), "shop/prod (+1 ~2 -1)", console)
    console.print()
    _prompt(console, "cf-email-security audit --managed-by state.json")
    trusted = {"pattern": "corp.example", "is_similarity": True, "comments": "?"}
    payroll = {**_PAYROLL, "comments": "payroll", "modified_at": "2025-03-01T00:00:00Z"}
    in_force = [
        _change("domain", None, _CORP),
        _change("trusted_domain", None, trusted, managed=False),
        _change("allow_policy", None, payroll),
    ]
    show(audit(Stock(in_force), today=_TODAY), f"3 entries in force on {_TODAY}", console)
    return console.export_svg(title="cf-email-security", theme=MONOKAI, unique_id="review")


def _prompt(console: Console, command: str) -> None:
    console.print(Text(f"$ {command}", "bold green"))


def _change(kind: str, before: Any, after: Any, place: str = "", resource: str = "", **options: Any) -> Change:
    setting = _BY_KIND[kind]
    key = setting.key_text_of(after or before)
    return Change(setting=setting, key=key, before=before, after=after, place=place, resource=resource, **options)


def said(svg: str) -> list[str]:
    """The words of a picture: how they are drawn differs from one release of rich to the next."""
    return html.unescape(re.sub(r"<style>.*?</style>|<[^>]*>", " ", svg, flags=re.DOTALL)).split()


def stale() -> list[Path]:
    """The files that are not current."""
    text = PAGE.read_text(encoding="utf-8")
    drawn = PICTURE.read_text(encoding="utf-8") if PICTURE.exists() else ""
    return [*([PAGE] if page(text) != text else []), *([PICTURE] if said(picture()) != said(drawn) else [])]


def main() -> int:
    """Write, or check."""
    if "--check" in sys.argv[1:]:
        for file in stale():
            print(f"{file.relative_to(ROOT)} is not current: run `make docs`")
        return bool(stale())
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    PICTURE.write_text(picture(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
