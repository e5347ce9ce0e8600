"""Senders into a list's file in the middle of an incident, and out of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pulumi_cloudflare_email_security import read_entries
from pulumi_cloudflare_email_security.cli.senders import options
from pulumi_cloudflare_email_security.cli.senders.guard import Guard
from pulumi_cloudflare_email_security.cli.senders.sender import sender_of, senders_in
from pulumi_cloudflare_email_security.settings import BY_COLLECTION
from support.accounts import Account
from support.command import run

LATER = "2099-12-31"
PROGRAM = """
import pulumi_cloudflare_email_security as email_security

email_security.Domain("corp", domain="corp.example")
email_security.Domains("others", entries={"corp.test": {}})
email_security.AllowPolicies("partners", entries=[{"pattern": "Pay.example", "pattern_type": "DOMAIN"}])
email_security.BlockSenders("more", entries=email_security.read_entries("more.csv"))
email_security.BlockSenders("list", entries=email_security.read_entries("lists/list.csv"), mode="exclusive")
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two lists, run from elsewhere."""
    folder = tmp_path / "project"
    (folder / "lists").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: corp-mail\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    (folder / "more.csv").write_text("pattern_type,pattern\nDOMAIN,known.example\n")
    (folder / "lists" / "list.csv").write_text("pattern_type,pattern,comments\nDOMAIN,old.example,as it is\n")
    monkeypatch.chdir(tmp_path)
    return folder


def block(project: Path, senders: str, *options: object, code: int = 0) -> str:
    """Block these senders; returns what is said."""
    into = project / "lists" / "list.csv"
    return run("block", "-", "--into", into, *options, code=code, stdin=senders).output


def listed(project: Path) -> list[str]:
    """What the list holds then."""
    return (project / "lists" / "list.csv").read_text().splitlines()


def test_senders_are_added_with_ticket_and_expiry(project: Path) -> None:
    """As people write them; the other rows stay, and nothing is applied."""
    said = block(
        project,
        "# from the report\nhxxps://evil[.]example/login\nJane <x@Evil.example>\n203.0.113.0/24 # their relay\n",
        "--ticket", "INC-42", "--expires", LATER, "--offline",
    )  # fmt: skip
    assert "3 added" in said
    assert "Nothing is applied yet" in said
    assert listed(project) == [
        "pattern_type,pattern,comments,expires",
        f"DOMAIN,evil.example,INC-42,{LATER}",
        "DOMAIN,old.example,as it is",
        f"EMAIL,x@evil.example,INC-42,{LATER}",
        f"IP,203.0.113.0/24,INC-42: their relay,{LATER}",
    ]


@pytest.mark.parametrize(
    ("sender", "why"),
    [
        ("ceo@corp.example", "is the own domain corp.example or belongs to it (__main__.py:"),
        ("mail.corp.test", "is the own domain corp.test"),
        ("bank@pay.example", "is exempted by the allow policy Pay.example"),
        ("old.example", "is blocked already ("),
        ("KNOWN.example", "more.csv:2"),
        ("gmail.com", "is a free mail provider"),
        ("co.uk", "is a public suffix"),
        ("10.0.0.1", "private addresses"),
        ("not a sender", "is not a domain name"),
        ("own.example", "is the own domain own.example"),
    ],
)
def test_what_must_not_be_blocked_is_left_out_and_named(sender: str, why: str, project: Path) -> None:
    """Loudly; the others are added."""
    said = block(project, f"{sender}\nevil.example\n", "--offline", "--own", "own.example", code=4)
    assert "LEFT OUT: 1" in said
    assert "stdin:1: " in said
    assert why in said
    assert listed(project)[1:] == ["DOMAIN,evil.example,", "DOMAIN,old.example,as it is"]
    before = listed(project)
    assert "0 added" in block(project, f"{sender}\n", "--offline", "--own", "own.example", code=1)
    assert listed(project) == before


@pytest.mark.parametrize(("here", "told"), [(".", "project/"), ("project", ""), ("project/lists", "../")])
def test_places_are_told_as_they_are_called_from_here(
    here: str, told: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the list and those of the program's other files alike."""
    monkeypatch.chdir(project.parent / here)
    said = block(project, "old.example\nknown.example\n", "--offline", code=1)
    assert f"DOMAIN old.example: is blocked already ({told}lists/list.csv:2)" in said
    assert f"DOMAIN known.example: is blocked already ({told}more.csv:2)" in said


def test_a_sender_that_is_named_twice_is_no_sender_left_out(project: Path) -> None:
    """In any form; and where none is named, that is said."""
    assert "1 added" in block(project, "evil.example\nEVIL[.]example\nhxxp://evil.example/x\n", "--offline", code=0)
    out = ("unblock", "-", "--from", project / "lists" / "list.csv")
    assert "1 removed" in run(*out, stdin="evil.example\nEvil.example\n", code=0).output
    assert "standard input: names no sender" in block(project, "# none\n", "--offline", code=1)
    assert "standard input: names no sender" in run(*out, stdin="", code=1).output


def test_the_account_is_asked_for_what_the_program_does_not_say(account: Account, project: Path) -> None:
    """Domains onboarded elsewhere, exemptions and blocks made by hand; only reads."""
    sets = {"drop_dispositions": [], "ip_restrictions": [], "regions": ["GLOBAL"], "lookback_hops": 1}
    account.seed("domains", {"domain": "daughter.example", "allowed_delivery_modes": ["DIRECT"], **sets})
    flags = dict.fromkeys(("is_acceptable_sender", "is_exempt_recipient", "is_trusted_sender", "verify_sender"), True)
    partners = {"pattern": r"^.*@partner\d\.example$", "pattern_type": "EMAIL", "is_regex": True}
    relay = {"pattern": "198.51.100.0/24", "pattern_type": "IP", "is_regex": False}
    account.seed("allow_policies", {**partners, **flags}, {**relay, **flags})
    account.seed("block_senders", {"pattern": "hand.example", "pattern_type": "DOMAIN", "is_regex": False})
    senders = "x@daughter.example\ny@partner7.example\n198.51.100.7\nhand.example\nevil.example\n"
    said = block(project, senders, "--base-url", "emulator:in-memory", "--account", account.id, code=4)
    assert "LEFT OUT: 4" in said
    named = ("own domain daughter.example", r"partner\d", "198.51.100.0/24", "is blocked already (in the account")
    for word in named:
        assert word in said
    assert account.writes() == []


@pytest.mark.parametrize(
    ("policy", "sender", "exempted"),
    [
        ({"pattern": "^(a+)+b@evil.example$", "is_regex": True}, f"{'a' * 60}@evil.example", False),
        ({"pattern": r"^.*@(evil|bad)\.example$", "is_regex": True}, "evil.example", True),
        ({"pattern": ".*", "is_regex": True}, "evil.example", True),
        ({"pattern": "boss@evil.example"}, "evil.example", True),
        ({"pattern": "boss@evil.example", "is_acceptable_sender": False}, "evil.example", False),
        ({"pattern": "evil.example", "pattern_type": "DOMAIN"}, "x@EVIL.example", True),
        ({"pattern": "evil.example", "pattern_type": "DOMAIN"}, "mail.evil.example", False),
    ],
)
def test_what_a_policy_exempts_is_told_as_a_review_does(
    policy: dict[str, Any], sender: str, exempted: bool, account: Account, project: Path
) -> None:
    """However it is written, and however long Python would take to match it; what exempts recipients only does not."""
    fields = {"pattern_type": "EMAIL", "is_regex": False, "is_acceptable_sender": True, **policy}
    account.seed("allow_policies", {"is_exempt_recipient": True, "is_trusted_sender": False, **fields})
    base = ("--base-url", "emulator:in-memory", "--account", account.id)
    said = block(project, f"{sender}\n", *base, code=1 if exempted else 0)
    assert ("is exempted by the allow policy" in said) is exempted


def test_a_policy_counts_whose_type_is_in_small_letters() -> None:
    """A preview refuses it, but it says who must not be blocked."""
    guard = Guard()
    guard.learn(BY_COLLECTION["allow_policies"], {"pattern": "boss@x.example", "pattern_type": "email"}, "allow.csv:2")
    (why,) = guard.objections(sender_of("boss@x.example", "stdin:1"), common=True)
    assert why == "is exempted by the allow policy boss@x.example (allow.csv:2)"


def test_an_account_that_cannot_be_asked_is_told(project: Path) -> None:
    """The list is changed all the same: it is an incident."""
    said = block(project, "evil.example\n")
    assert "Not everything could be looked at" in said
    assert "1 added" in said


def test_common_services_are_blocked_when_asked_for(project: Path) -> None:
    """It is said with an option of its own."""
    assert "1 added" in block(project, "gmail.com\n", "--offline", "--common")


@pytest.mark.parametrize("day", ["2020-01-01", "tomorrow", "2027-02-28"])
def test_a_last_day_must_be_to_come(day: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries that have expired block nobody."""
    monkeypatch.setattr(options, "today", lambda: date(2027, 2, 28))
    assert day in block(project, "evil.example\n", "--expires", day, code=2)


def test_a_list_is_begun_where_there_is_none(tmp_path: Path) -> None:
    """Also in YAML, and from a file."""
    (tmp_path / "senders.txt").write_text("evil.example\n")
    for name in ("new.csv", "new.yaml"):
        run("block", tmp_path / "senders.txt", "--into", tmp_path / name, "--offline", "--ticket", "INC-1")
        assert list(map(dict, read_entries(tmp_path / name))) == [
            {"pattern": "evil.example", "pattern_type": "DOMAIN", "comments": "INC-1"}
        ]


@pytest.mark.parametrize("name", ["list.csv", "list.yaml"])
@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_a_list_is_begun_in_an_empty_file(name: str, content: bytes, tmp_path: Path) -> None:
    """As `touch` or an editor leaves one behind."""
    (tmp_path / name).write_bytes(content)
    run("block", "-", "--into", tmp_path / name, "--offline", stdin="evil.example\n")
    assert [entry["pattern"] for entry in read_entries(tmp_path / name)] == ["evil.example"]


def test_a_long_remark_is_cut_where_the_api_does(tmp_path: Path) -> None:
    """And is no reason to leave a sender out, wherever the cut falls."""
    run("block", "-", "--into", tmp_path / "l.csv", "--offline", "--ticket", "x" * 1023 + " y", stdin="evil.example\n")
    assert [entry["comments"] for entry in read_entries(tmp_path / "l.csv")] == ["x" * 1023]


def test_unblock_takes_out_what_block_put_in(project: Path) -> None:
    """And names what is not there, or is there for another reason."""
    before = listed(project)
    block(project, "evil.example\nworse.example\n", "--ticket", "INC-42", "--offline")
    where = ("--from", project / "lists" / "list.csv")
    said = run(
        "unblock", "-", *where, "--ticket", "INC-42", stdin="Evil.example\nold.example\nnobody.example\n", code=4
    )
    assert "1 removed" in said.output
    assert "old.example: is there for another reason (as it is)" in said.output
    assert "nobody.example: is not in" in said.output
    run("unblock", "-", *where, stdin="worse.example\n")
    assert listed(project) == before
    assert "0 removed" in run("unblock", "-", *where, stdin="worse.example\n", code=1).output


@pytest.mark.parametrize(
    ("text", "sender"),
    [
        ("evil.example", "DOMAIN evil.example"),
        ("EVIL.example.", "DOMAIN evil.example"),
        ("@evil.example", "DOMAIN evil.example"),
        ("*@evil.example", "DOMAIN evil.example"),
        ("*.evil.example", "DOMAIN evil.example"),
        (".evil.example", "DOMAIN evil.example"),
        ("||evil.example^", "DOMAIN evil.example"),
        ("||evil.example^$third-party", "DOMAIN ||evil.example^$third-party"),
        ("@@||good.example^", "EMAIL @@||good.example^"),
        ("evil[.]example", "DOMAIN evil.example"),
        ("evil(dot)example", "DOMAIN evil.example"),
        ("Phish@Evil.Example", "EMAIL Phish@evil.example"),
        ("phish[at]evil[.]example", "EMAIL phish@evil.example"),
        ('"Jane Doe" <jane@evil.example>', "EMAIL jane@evil.example"),
        ("mailto:jane@evil.example", "EMAIL jane@evil.example"),
        ("hxxp://evil.example:8080/a?b#c", "DOMAIN evil.example"),
        ("https://user:pw@evil.example/", "DOMAIN evil.example"),
        ("198.51.100[.]7", "IP 198.51.100.7"),
        ("2001:db8::/32", "IP 2001:db8::/32"),
        ("[2001:db8::1]", "IP 2001:db8::1"),
        ("http://[2001:db8::1]:8080/x", "IP 2001:db8::1"),
        ("hxxps[://]evil[.]example/x", "DOMAIN evil.example"),
        ("hxxps[:]//evil[.]example", "DOMAIN evil.example"),
        ("jane{ at }evil{dot}example", "EMAIL jane@evil.example"),
        ("MAILTO:jane@evil.example?subject=x", "EMAIL jane@evil.example"),
        ("\u201cevil.example\u201d", "DOMAIN evil.example"),
        ("`evil.example`", "DOMAIN evil.example"),
        ("M\u00fcnchen.example", "DOMAIN xn--mnchen-3ya.example"),
        ("https://*.m\u00fcnchen.example/", "DOMAIN xn--mnchen-3ya.example"),
        ("jane@m\u00fcnchen.example", "EMAIL jane@xn--mnchen-3ya.example"),
        ("evil\u3002example", "DOMAIN evil.example"),
        ("\u00fc..example", "DOMAIN \u00fc..example"),
    ],
)
def test_senders_are_read_as_people_write_them(text: str, sender: str) -> None:
    """Made harmless or not."""
    assert str(sender_of(text, "here")) == sender


def test_lists_have_bullets_and_comments_and_may_be_hosts_files() -> None:
    """A sender a line."""
    text = "- evil.example\n* *.worse.example\n \u2022 third.example\n1. fourth.example\n2) 8.8.8.8\n"
    assert [str(sender) for sender in senders_in(text, "list")] == [
        "DOMAIN evil.example",
        "DOMAIN worse.example",
        "DOMAIN third.example",
        "DOMAIN fourth.example",
        "IP 8.8.8.8",
    ]
    text = "! title\n\n0.0.0.0 evil.example\n// more\nworse.example, # seen twice\n; end\n::1 third.example\n"
    assert [(str(sender), sender.place, sender.comment) for sender in senders_in(text, "list")] == [
        ("DOMAIN evil.example", "list:3", ""),
        ("DOMAIN worse.example", "list:5", "seen twice"),
        ("DOMAIN third.example", "list:7", ""),
    ]


def test_standard_input_is_utf8(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a file is, whatever this machine's encoding is."""
    monkeypatch.chdir(tmp_path)
    latin = "gr\u00fcn.example".encode("cp1252")
    said = run("block", "-", "--into", "list.csv", "--offline", stdin=latin, code=1).output
    assert "stdin:1:3: is not UTF-8 — save the file as UTF-8" in said
    run("block", "-", "--into", "list.csv", "--offline", stdin="\ufeffgr\u00fcn.example\r\n")
    assert "DOMAIN,xn--grn-ioa.example" in Path("list.csv").read_text()


def test_a_list_that_leans_on_defaults_of_the_program(project: Path) -> None:
    """What stands in it is known, and lifted, although its lines do not say of what type they are."""
    program = (project / "__main__.py").read_text()
    entries = 'entries=email_security.read_entries("lists/list.csv")'
    (project / "__main__.py").write_text(program.replace(entries, f'defaults={{"pattern_type": "DOMAIN"}}, {entries}'))
    (project / "lists" / "list.csv").write_text("pattern,comments\nm.example,\nz.example,\n")
    said = block(project, "m.example\nn.example\nx@b.example\n", "--offline", code=4)
    assert "m.example: is blocked already (project/lists/list.csv:2)" in said
    assert listed(project) == [
        "pattern,comments,pattern_type",
        "m.example,",
        "n.example,",
        "z.example,",
        "x@b.example,,EMAIL",
    ]
    assert (
        "2 removed"
        in run("unblock", "-", "--from", project / "lists" / "list.csv", stdin="m.example\nX@B.example").output
    )
    assert [line.rstrip(",") for line in listed(project)[1:]] == ["n.example", "z.example"]
