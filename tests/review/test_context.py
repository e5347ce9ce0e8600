"""Whether a sender meets another: the same, what holds it, what it holds, and what an expression matches."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_cloudflare_email_security.review import context
from pulumi_cloudflare_email_security.review.context import Sender, Senders
from pulumi_cloudflare_email_security.review.reach import Reach

One = tuple[str, str]


def sender(one: One) -> Sender:
    """A sender of a kind, or an expression where the kind ends in a star."""
    kind, pattern = one
    found = Sender.of({"pattern_type": kind.rstrip("*"), "pattern": pattern, "is_regex": kind.endswith("*")})
    assert found is not None
    return found


def meet(one: One, other: One) -> bool:
    """Whether the second meets the first, once that is known."""
    known = Senders()
    known.add(sender(one))
    return known.meeting(sender(other)) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("EMAIL", "a@x.example"), ("EMAIL", "A@X.example")),
        (("EMAIL", "a@x.example"), ("DOMAIN", "x.example")),
        (("IP", "203.0.113.7"), ("IP", "203.0.113.7/32")),
        (("IP", "203.0.113.7"), ("IP", "203.0.113.0/24")),
        (("IP", "203.0.112.0/20"), ("IP", "203.0.113.0/24")),
        (("IP", "::ffff:203.0.113.7"), ("IP", "203.0.113.0/24")),
        (("IP", "2001:db8::7"), ("IP", "2001:db8::/32")),
        (("EMAIL*", r"^.*@x\.example$"), ("EMAIL", "a@x.example")),
        (("EMAIL*", r"^.*@x\.example$"), ("DOMAIN", "x.example")),
        (("EMAIL*", "^a@"), ("EMAIL", "a@x.example")),
        (("DOMAIN*", r"^(x|y)\.example$"), ("EMAIL", "a@y.example")),
        (("DOMAIN*", r"^(x|y)\.example$"), ("DOMAIN", "y.example")),
        (("DOMAIN*", r".*\.x\.example$"), ("DOMAIN", "mail.x.example")),
        (("EMAIL*", r"^.*@x\.example$"), ("EMAIL*", r"^.*@x\.example$")),
    ],
)
def test_meet(one: One, other: One) -> None:
    """Whichever of the two is known first, but for expressions that do not say which domain they are about."""
    assert meet(one, other)
    if one != ("EMAIL*", "^a@") and one[1] != r".*\.x\.example$":
        assert meet(other, one)


@pytest.mark.parametrize(
    ("above", "below"),
    [
        (("DOMAIN", "x.example"), ("DOMAIN", "m.x.example")),
        (("DOMAIN", "X.example"), ("DOMAIN", "a.B.x.example")),
        (("DOMAIN", "x.example"), ("EMAIL", "a@m.x.example")),
        (("DOMAIN", "x.example"), ("EMAIL*", r"^.*@m\.x\.example$")),
        (("DOMAIN", "x.example"), ("DOMAIN*", r"^(m|n)\.x\.example$")),
        (("DOMAIN", "example"), ("DOMAIN", "x.example")),
    ],
)
def test_a_domain_may_hold_its_subdomains(above: One, below: One) -> None:
    """No document says whether it does, so it is told as what may be; which of the two is above is told, too."""
    for known, other, where in ((above, below, "above"), (below, above, "below")):
        senders = Senders()
        senders.add(sender(known))
        met = senders.meeting(sender(other))
        assert met == (sender(known).pattern, where)
    senders = Senders()
    for one in (above, below):
        senders.add(sender(one))
    met = senders.meeting(sender(below))
    assert met is not None
    assert met.where == "", "what is the very same comes first"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("EMAIL", "a@x.example"), ("EMAIL", "b@x.example")),
        (("EMAIL", "a@x.example"), ("DOMAIN", "m.x.example")),
        (("EMAIL", "a@x.example"), ("EMAIL", "a@m.x.example")),
        (("DOMAIN", "x.example"), ("DOMAIN", "notx.example")),
        (("DOMAIN", "m.x.example"), ("DOMAIN", "n.x.example")),
        (("DOMAIN", "x.example"), ("IP", "203.0.113.7")),
        (("EMAIL", "a@notx.example"), ("DOMAIN", "x.example")),
        (("IP", "203.0.113.7"), ("IP", "203.0.114.0/24")),
        (("IP", "203.0.113.0/24"), ("IP", "203.0.112.0/24")),
        (("IP", "2001:db8::7"), ("IP", "203.0.113.0/24")),
        (("EMAIL*", r"^a@x\.example$"), ("EMAIL", "b@x.example")),
        (("EMAIL*", r"^.*@x\.example$"), ("DOMAIN", "mail.x.example")),
        (("DOMAIN*", r"^x\.example$"), ("EMAIL", "a@notx.example")),
        (("IP*", r"^203\.0\..*$"), ("EMAIL", "a@x.example")),
    ],
)
def test_are_apart(one: One, other: One) -> None:
    """Either way round."""
    assert not meet(one, other)
    assert not meet(other, one)


def test_a_recipient_is_no_sender() -> None:
    """Who may be written to is not who may write."""
    fields: dict[str, Any] = {"pattern_type": "EMAIL", "pattern": "a@x.example", "is_exempt_recipient": True}
    assert Sender.of(fields) is None
    assert Sender.of({**fields, "is_trusted_sender": True}) is not None


def test_many_cost_little_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a thousand expressions a sender is held against those that end in its domain."""
    tried = []
    matches = context._matches

    def counted(reach: Reach, one: Sender) -> bool:
        tried.append(one)
        return matches(reach, one)

    monkeypatch.setattr(context, "_matches", counted)
    known = Senders()
    for number in range(1000):
        known.add(sender(("EMAIL*", rf"^.*@x{number}\.example$")))
    met = [known.meeting(sender(("EMAIL", f"a@x{number}.example"))) for number in range(2000)]
    assert sum(one is not None for one in met) == 1000
    assert len(tried) == 1000
