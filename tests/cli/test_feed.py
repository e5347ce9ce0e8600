"""Feeds into a list's file: they add and prolong, and lift no block early."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pulumi_cloudflare_email_security.cli import feed
from pulumi_cloudflare_email_security.cli.senders import options as sender_options
from pulumi_cloudflare_email_security.cli.senders.feeds import Warnings
from pulumi_cloudflare_email_security.cli.senders.sender import sender_of
from support.command import run

TODAY = date(2026, 12, 31)


def day(days: int) -> str:
    """The day in so many days."""
    return (TODAY + timedelta(days=days)).isoformat()


class Lists:
    """A warning list in place of MISP's, which take five seconds to load."""

    def search(self, value: str) -> list[Any]:
        """What lists hold a value."""
        if value not in {"cdn.example", "mailinator.example", "192.0.2.53"}:
            return []
        name = "List of disposable email domains" if value.startswith("mail") else "List of content delivery networks"
        return [SimpleNamespace(name=name, warninglist={"matching_attributes": ["domain", "email-src", "ip-src"]})]


@pytest.fixture(autouse=True)
def warning_lists(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Run outside this clone, with that list, on that day."""
    for module in (feed, sender_options):
        monkeypatch.setattr(module, "today", lambda: TODAY)
    monkeypatch.setattr(feed, "Warnings", lambda: Warnings(Lists()))
    monkeypatch.chdir(tmp_path)


def rows(path: str = "list.csv") -> list[str]:
    """What the list holds."""
    return Path(path).read_text().splitlines()[1:]


def fed(text: str, *options: object, name: str = "feed.txt", code: int = 0) -> str:
    """Feed a list with a file of this text; returns what is said."""
    Path(name).write_text(text)
    return run("feed", name, "--into", "list.csv", "--offline", *options, code=code).output


def indicator(pattern: str, **fields: Any) -> dict[str, Any]:
    """A STIX indicator."""
    return {
        "type": "indicator",
        "id": "indicator--1",
        "pattern": pattern,
        "pattern_type": "stix",
        "name": "seen",
        **fields,
    }


def bundle(*indicators: dict[str, Any]) -> str:
    """A STIX bundle."""
    return json.dumps({"type": "bundle", "id": "bundle--1", "objects": [{"type": "identity"}, *indicators]})


def test_a_plain_list(tmp_path: Path) -> None:
    """Each entry has a last day and says where it comes from."""
    said = fed("evil.example # phishing kit\nx@worse.example\n198.51.100.7\n", "--days", 7)
    assert "3 added, 0 prolonged, 0 expired" in said
    assert rows() == [
        f"DOMAIN,evil.example,phishing kit,{day(7)}",
        f"EMAIL,x@worse.example,feed.txt,{day(7)}",
        f"IP,198.51.100.7,feed.txt,{day(7)}",
    ]
    assert tmp_path.joinpath("feed.txt").exists()


def test_stix_indicators_whose_every_alternative_is_a_sender() -> None:
    """Other patterns, revoked, benign and past ones are passed over, and counted."""
    said = fed(
        bundle(
            indicator("[email-addr:value = 'x@a.example' OR domain-name:value IN ('b.example', 'c.example')]"),
            indicator("[email-message:from_ref.value = 'y@d.example'] OR [ipv4-addr:value = '198.51.100.0/24']",
                      valid_until=f"{day(3)}T10:00:00Z"),
            indicator("[domain-name:value = 'past.example']", valid_until="2020-01-01T00:00:00Z"),
            indicator("[domain-name:value = 'revoked.example']", revoked=True),
            indicator("[domain-name:value = 'benign.example']", indicator_types=["benign"]),
            indicator("[domain-name:value = 'and.example' AND domain-name:resolves_to_refs[0].value = '198.51.100.1']"),
            indicator("[domain-name:value = 'one.example'] FOLLOWEDBY [domain-name:value = 'two.example']"),
            indicator("[domain-name:value = 'rep.example'] REPEATS 5 TIMES"),
            indicator("[domain-name:value NOT = 'not.example']"),
            indicator("[domain-name:value LIKE '%like.example']"),
            indicator("[url:value = 'https://url.example/']"),
            indicator("not a pattern"),
            indicator("alert tcp", pattern_type="snort"),
        ),
        name="bundle.json",
    )  # fmt: skip
    assert rows() == [
        f"DOMAIN,b.example,seen,{day(30)}",
        f"DOMAIN,c.example,seen,{day(30)}",
        f"EMAIL,x@a.example,seen,{day(30)}",
        f"EMAIL,y@d.example,seen,{day(3)}",
        f"IP,198.51.100.0/24,seen,{day(3)}",
    ]
    assert "2 indicators that are revoked or benign" in said
    assert "7 indicators that are about more, or other things, than a sender" in said
    assert "1 indicators in snort" in said


@pytest.mark.parametrize(
    "wrap",
    [
        lambda found: {"more": False, "objects": found},
        lambda found: found,
        lambda found: found[-1],
        lambda found: {"type": "bundle", "objects": found},
    ],
    ids=["TAXII", "list", "one", "bundle"],
)
def test_stix_objects_without_their_bundle(wrap: Any) -> None:
    """As TAXII servers and scripts hand them over."""
    fed(json.dumps(wrap([{"type": "identity"}, indicator("[domain-name:value = 'a.example']")])), name="stix.json")
    assert rows() == [f"DOMAIN,a.example,seen,{day(30)}"]


def test_a_later_version_of_an_indicator_counts() -> None:
    """What is revoked is not blocked because its earlier version stands in the bundle too."""
    said = fed(
        bundle(
            indicator("[domain-name:value = 'old.example']", modified="2026-01-01T00:00:00.000Z"),
            indicator("[domain-name:value = 'old.example']", modified="2026-01-02T00:00:00Z", revoked=True),
            indicator("[domain-name:value = 'a.example']", id="indicator--2", modified="2026-01-01T00:00:00.500Z"),
            indicator("[domain-name:value = 'b.example']", id="indicator--2", modified="2026-01-01T00:00:00Z"),
            indicator("[domain-name:value = 'labelled.example']", id="indicator--3", labels=["benign"]),
        ),
        name="bundle.json",
    )
    assert rows() == [f"DOMAIN,a.example,seen,{day(30)}"]
    assert "2 indicators that are revoked or benign" in said


def test_nothing_of_a_feed_goes_missing_untold() -> None:
    """What has passed, is of another kind than wanted or of none is counted or named."""
    past = indicator("[domain-name:value = 'past.example']", valid_until="2020-01-01T00:00:00Z")
    assert "1 senders whose last day has passed" in fed(bundle(past), name="bundle.json")
    assert "1 senders of type ip" in fed("198.51.100.7\n", "--types", "email,domain")
    said = fed("pattern,pattern_type\nevil.example,domain\n", name="feed.csv")
    assert "LEFT OUT: 1" in said
    assert "'domain' — must be one of EMAIL, DOMAIN, IP" in said


@pytest.mark.parametrize("deleted", [True, 1, "1"])
@pytest.mark.parametrize("kept", [False, 0, "0", None])
def test_what_is_deleted_in_misp(deleted: object, kept: object) -> None:
    """Attributes and whole objects, in the words of old and new versions."""
    gone, there = ({"type": "domain", "value": f"{name}.example", "to_ids": True} for name in ("gone", "there"))
    event = {
        "info": "Campaign",
        "Attribute": [{**gone, "deleted": deleted}, {**there, "deleted": kept}],
        "Object": [{"deleted": deleted, "Attribute": [gone]}, {"deleted": kept, "Attribute": [there]}],
    }
    assert "2 attributes that are not for detection" in fed(json.dumps({"Event": event}), name="event.json")
    assert [row.split(",")[1] for row in rows()] == ["there.example"]


@pytest.mark.parametrize("wrap", [lambda event: event, lambda event: [event], lambda event: {"response": [event]}])
def test_misp_events(wrap: Any) -> None:
    """Attributes for detection that are senders; also those of objects."""
    attributes = [
        {"type": "email-src", "value": "x@a.example", "to_ids": True, "comment": "seen twice"},
        {"type": "domain|ip", "value": "b.example|198.51.100.9", "to_ids": True},
        {"type": "hostname|port", "value": "c.example|25", "to_ids": True},
        {"type": "ip-src|port", "value": "198.51.100.7|25", "to_ids": True},
        {"type": "domain", "value": "context.example", "to_ids": False},
        {"type": "domain", "value": "gone.example", "to_ids": True, "deleted": True},
        {"type": "md5", "value": "0" * 32, "to_ids": True},
    ]
    objects = [{"name": "email", "Attribute": [{"type": "ip-src", "value": "198.51.100.8", "to_ids": True}]}]
    event = {"Event": {"info": "Campaign", "Attribute": attributes, "Object": objects}}
    said = fed(json.dumps(wrap(event)), name="event.json")
    assert rows() == [
        f"DOMAIN,b.example,Campaign,{day(30)}",
        f"DOMAIN,c.example,Campaign,{day(30)}",
        f"EMAIL,x@a.example,seen twice,{day(30)}",
        f"IP,198.51.100.7,Campaign,{day(30)}",
        f"IP,198.51.100.8,Campaign,{day(30)}",
    ]
    assert "2 attributes that are not for detection" in said
    assert "1 attributes of type md5" in said


def test_run_again_it_prolongs_and_lets_expire() -> None:
    """Never shortens, and never removes an entry whose day is to come."""
    Path("list.csv").write_text(
        "pattern_type,pattern,comments,expires\n"
        f"DOMAIN,again.example,a,{day(2)}\n"
        "DOMAIN,ever.example,by hand,\n"
        f"DOMAIN,long.example,b,{day(90)}\n"
        f"DOMAIN,past.example,c,{day(-1)}\n"
        f"DOMAIN,pastagain.example,d,{day(0)}\n"
        f"DOMAIN,unnamed.example,e,{day(5)}\n"
    )
    feed_text = "again.example\never.example\nlong.example\npastagain.example\n"
    assert "0 added, 2 prolonged, 1 expired, 3 as before" in fed(feed_text)
    assert rows() == [
        f"DOMAIN,again.example,a,{day(30)}",
        "DOMAIN,ever.example,by hand,",
        f"DOMAIN,long.example,b,{day(90)}",
        f"DOMAIN,pastagain.example,d,{day(30)}",
        f"DOMAIN,unnamed.example,e,{day(5)}",
    ]
    before = Path("list.csv").read_text()
    assert "0 added, 0 prolonged, 0 expired" in fed(feed_text)
    assert Path("list.csv").read_text() == before


def test_what_a_feed_must_not_block(tmp_path: Path) -> None:
    """Own domains, exemptions, what many use, and what is on a warning list."""
    (tmp_path / "Pulumi.yaml").write_text("name: corp-mail\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(
        'AllowPolicy("a", pattern="partner.example", pattern_type="DOMAIN")\nDomain("corp", domain="corp.example")\n'
    )
    said = fed("a@corp.example\nb@partner.example\ngmail.com\ncdn.example\n192.0.2.53\nmailinator.example\nx\n")
    assert rows() == [f"DOMAIN,mailinator.example,feed.txt,{day(30)}"]
    assert "LEFT OUT: 6" in said
    assert "is on the warning list 'List of content delivery networks'" in said


def test_the_brake_on_growth() -> None:
    """A feed that has gone wrong does not flood the list."""
    many = "".join(f"evil{n}.example\n" for n in range(101))
    said = fed(many, code=1)
    assert "101 entries would come to 0, of which 100 may" in said
    assert not Path("list.csv").exists()
    fed(many, "--no-brake")
    assert len(rows()) == 101
    more = "".join(f"worse{n}.example\n" for n in range(150))
    fed(more, code=1)
    fed(more, "--max-growth", 200)
    assert len(rows()) == 251


def test_kinds_of_senders_are_chosen() -> None:
    """A feed of everything may be taken for its addresses only."""
    fed("evil.example\nx@evil.example\n198.51.100.7\n", "--types", "email")
    assert rows() == [f"EMAIL,x@evil.example,feed.txt,{day(30)}"]
    assert "--types: url is none of" in fed("", "--types", "url", code=2)


def test_without_the_extra_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds the parser and the lists."""
    monkeypatch.setattr(feed, "find_spec", lambda _: None)
    assert "pip install 'pulumi-cloudflare-email-security[feeds]'" in fed("", code=1)


def test_a_file_that_is_neither(tmp_path: Path) -> None:
    """Its name is in the error."""
    assert "bad.json: is not valid JSON" in fed("{", name="bad.json", code=1)
    assert not (tmp_path / "list.csv").exists()


@pytest.mark.parametrize("odd", [5, True, None, "x", {"a": {}}, [[]]])
def test_what_a_feed_says_in_another_form_than_the_standards(odd: Any) -> None:
    """What can be read of it is taken."""
    fed(bundle(indicator("[domain-name:value = 'a.example']", indicator_types=odd)), name="bundle.json")
    fed(json.dumps({"type": "bundle", "objects": odd}), name="bundle.json")
    attribute = {"type": "domain", "value": "b.example", "to_ids": odd}
    fed(json.dumps({"Event": {"info": "Campaign", "Attribute": [attribute]}}), name="event.json")
    assert [row.split(",")[1] for row in rows()] == ["a.example", "b.example"]


def test_the_real_warning_lists() -> None:
    """They know public resolvers and the largest sites."""
    lists = Warnings()
    assert "DNS" in str(lists.of(sender_of("8.8.8.8", "")))
    assert lists.of(sender_of("microsoft.com", "")) is not None
    assert lists.of(sender_of("evil.example", "")) is None
