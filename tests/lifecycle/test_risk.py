"""What previews say, or refuse, of risks: the configuration `risk`, and the risks that an entry accepts."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pulumi_cloudflare_email_security as email_security
from pulumi_cloudflare_email_security.testing import InProcessStack, StackError, review

Maker = Callable[..., InProcessStack]
RISKY: dict[str, Any] = {"pattern": "gmail.com", "pattern_type": "DOMAIN", "is_acceptable_sender": True}
RULE = "free-mail-provider"


def program(form: str, **fields: Any) -> Callable[[], None]:
    """A program with the risky policy, as a resource of its own or in a collection."""

    def declare() -> None:
        if form == "single":
            email_security.AllowPolicy("mail", **RISKY, **fields)
        else:
            email_security.AllowPolicies("mail", entries=[{**RISKY, **fields}])

    return declare


def stack(in_process: Maker, tmp_path: Path, **config: str) -> InProcessStack:
    """A stack on an account of its own."""
    base = {"baseUrl": f"emulator:{tmp_path / 'emulator.json'}", **config}
    return in_process(config={f"cloudflare-email-security:{key}": value for key, value in base.items()})


def warnings(result: Any) -> list[str]:
    """What is said as a warning, of a resource."""
    return [one.message for one in result.diagnostics if one.severity == "warning" and one.urn]


@pytest.mark.parametrize("form", ["single", "collection"])
class TestRisk:
    """Single entries and collections alike."""

    def test_a_high_risk_is_warned_of_once(self, form: str, in_process: Maker, tmp_path: Path) -> None:
        """At the preview of the change, with the rule and the program's line; an unchanged program is silent."""
        made = stack(in_process, tmp_path)
        (warning,) = [line for line in warnings(made.preview(program(form))) if RULE in line]
        assert re.search(r"gmail\.com .*\(\S*test_risk\.py:\d+\)$", warning)
        made.up(program(form))
        assert not warnings(made.preview(program(form)))

    def test_refused_or_not_said(self, form: str, in_process: Maker, tmp_path: Path) -> None:
        """As configured: a clean failure that names rule and entry, or nothing."""
        with pytest.raises(StackError, match=f"(?s){RULE}.*gmail.com"):
            stack(in_process, tmp_path, risk="refuse").preview(program(form))
        assert not warnings(stack(in_process, tmp_path, risk="off").preview(program(form)))

    def test_an_accepted_risk_is_neither_said_nor_refused(self, form: str, in_process: Maker, tmp_path: Path) -> None:
        """Until its day."""
        accepted = program(form, accept_risk={RULE: "a test mailbox, until 2099-01-01"})
        made = stack(in_process, tmp_path, risk="refuse")
        made.up(accepted)
        assert made.preview(accepted).summary == {"same": 1}
        over = program(form, accept_risk={RULE: "a test mailbox, until 2020-01-01"})
        with pytest.raises(StackError, match=RULE):
            stack(in_process, tmp_path / "other", risk="refuse").preview(over)

    def test_what_merely_ends_fails_no_unrelated_change(self, form: str, in_process: Maker, tmp_path: Path) -> None:
        """An entry that stays as it is is not judged again, whatever the day."""
        over = {RULE: "a test mailbox, until 2020-01-01"}
        stack_ = stack(in_process, tmp_path)
        stack_.up(program(form, accept_risk=over))
        stack_.config["cloudflare-email-security:risk"] = "refuse"
        assert stack_.preview(program(form, accept_risk=over, comments="seen")).summary == {"update": 1}

    def test_a_rule_that_there_is_not_is_refused(self, form: str, in_process: Maker, tmp_path: Path) -> None:
        """A mistyped id would accept nothing."""
        mistyped = program(form, accept_risk={"free-male-provider": "x, until 2099-01-01"})
        with pytest.raises(StackError, match="there is no rule 'free-male-provider'"):
            stack(in_process, tmp_path).preview(mistyped)


def own_domain() -> None:
    """A protected domain."""
    email_security.Domain(
        "corp",
        domain="own.example",
        allowed_delivery_modes=["DIRECT"],
        drop_dispositions=["MALICIOUS"],
        ip_restrictions=["192.0.2.0/24"],
        regions=["GLOBAL"],
    )


def trusting(form: str, pattern: str, *, domain_first: bool, is_regex: bool = False) -> Callable[[], None]:
    """A program that trusts a domain beside its own."""
    fields: dict[str, Any] = {"pattern": pattern, "is_regex": is_regex, "is_similarity": True}

    def declare() -> None:
        if domain_first:
            own_domain()
        if form == "single":
            email_security.TrustedDomain("partner", **fields)
        else:
            email_security.TrustedDomains("partner", entries=[fields])
        if not domain_first:
            own_domain()

    return declare


@pytest.mark.parametrize("domain_first", [True, False], ids=["domain first", "domain last"])
@pytest.mark.parametrize("known", [True, False], ids=["domain unchanged", "domain new"])
@pytest.mark.parametrize("form", ["single", "collection"])
class TestOwnDomains:
    """Exemptions are judged beside the program's protected domains, whichever comes first, changed or not."""

    @pytest.mark.parametrize("is_regex", [False, True])
    def test_is_warned_of_once(
        self, form: str, in_process: Maker, tmp_path: Path, *, known: bool, domain_first: bool, is_regex: bool
    ) -> None:
        """With the resource that trusts; a partner's domain is none of one's own."""
        made = stack(in_process, tmp_path)
        if known:
            made.up(own_domain)
        own = r"^o.n\.example$" if is_regex else "own.example"
        result = made.preview(trusting(form, own, domain_first=domain_first, is_regex=is_regex))
        said = [one for one in result.diagnostics if "own-domain-trusted" in one.message]
        assert [one.severity for one in said] == ["warning"]
        assert said[0].urn.endswith("::partner")
        other = made.preview(trusting(form, "partner.example", domain_first=domain_first))
        assert not [line for line in warnings(other) if "own-domain-trusted" in line]

    def test_is_refused(self, form: str, in_process: Maker, tmp_path: Path, *, known: bool, domain_first: bool) -> None:
        """As configured."""
        made = stack(in_process, tmp_path, risk="refuse")
        if known:
            made.up(own_domain)
        with pytest.raises(StackError, match=r"own-domain-trusted.*own\.example"):
            made.preview(trusting(form, "own.example", domain_first=domain_first))


@pytest.mark.parametrize("form", ["single", "collection"])
class TestArmed:
    """What only steers this package, and ends a domain's protection for good."""

    def test_is_warned_of_where_nothing_else_changes(self, form: str, in_process: Maker, tmp_path: Path) -> None:
        """Of a domain of one's own, and of one that is adopted; once."""
        made, other = stack(in_process, tmp_path), stack(in_process, tmp_path)
        made.up(armed(form, armed=False))
        (warning,) = [line for line in warnings(made.preview(armed(form))) if "domain-unprotected" in line]
        assert "own.example" in warning
        (warning,) = [line for line in warnings(other.preview(armed(form))) if "domain-unprotected" in line]
        assert "own.example" in warning
        made.up(armed(form))
        assert not warnings(made.preview(armed(form)))


def armed(form: str, *, armed: bool = True, name: str = "mail") -> Callable[[], None]:
    """A program with a domain whose resource takes it out of Email Security when it goes."""
    fields: dict[str, Any] = {
        "domain": "own.example",
        "allowed_delivery_modes": ["API"],
        "drop_dispositions": [],
        "ip_restrictions": [],
        "regions": ["GLOBAL"],
        "unprotect_on_delete": armed,
    }

    def declare() -> None:
        if form == "single":
            email_security.Domain(name, **fields)
        else:
            email_security.Domains(name, entries=[fields], adopt=True)

    return declare


@pytest.mark.parametrize("there", ["single", "collection"])
@pytest.mark.parametrize("here", ["single", "collection"])
def test_a_domain_that_moves_is_not_warned_of_again(here: str, there: str, in_process: Maker, tmp_path: Path) -> None:
    """What ends its protection for good stood beside it before; the review, too, sees that nothing is weaker."""
    made = stack(in_process, tmp_path)
    made.up(armed(here))
    preview = made.preview(armed(there, name="other"))
    assert preview.summary == {"create": 1, "delete": 1}
    assert not warnings(preview)
    assert not review(preview).findings


def test_a_list_that_shrinks_is_warned_of(in_process: Maker, tmp_path: Path) -> None:
    """By its own size, as the review counts: three of four entries are most of it, three of ten are not."""

    def blocked(*names: str) -> Callable[[], None]:
        entries = [{"pattern": f"{name}.example", "pattern_type": "DOMAIN"} for name in names]
        return lambda: email_security.BlockSenders("list", entries=entries, delete_limit=100)  # type: ignore[return-value]

    made = stack(in_process, tmp_path)
    made.up(blocked(*"abcdefghij"))
    assert not warnings(made.preview(blocked(*"abcdefg")))
    made.up(blocked(*"abcd"))
    (warning,) = warnings(made.preview(blocked("a")))
    assert "blocklist-shrinks" in warning
    assert "loses 3 entries of 4" in warning
    assert re.search(r"test_risk\.py:\d+\)$", warning)
