"""What reviewers meet in the pattern of an allow policy: each is told for what it is, once, or not at all."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from pulumi_cloudflare_email_security.review.assess import assess
from pulumi_cloudflare_email_security.review.context import Context
from pulumi_cloudflare_email_security.review.findings import Finding
from pulumi_cloudflare_email_security.settings import SETTINGS
from support.risky import change_of

ALLOW_POLICY = next(setting for setting in SETTINGS if setting.kind == "allow_policy")

#: They let in everybody, or everybody who wants to be let in.
EVERYBODY = (
    r".*",
    r".+",
    r"^.*$",
    r".",
    r".*@.*",
    r"^[^@]+@[^@]+$",
    r"[\s\S]*",
    r"[\w\W]+",
    r"(?i).*",
    r"(?s).*",
    r"^.*@.*\..*$",
    r"\S+@\S+\.\S+",
    r"^[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}$",
    r"(evil|)",
    r"^(payroll@pay\.example|.*)$",
    r"a*",
    r"^",
    r"$",
    r"@",
    r".*\.com",
    r"^.*@.*\.com$",
    r"[a-z]",
    r"^(?!evil).*$",
    r"(?=.*@).*",
    r"^.*(?<!evil\.example)$",
    r"\w+",
    r"\p{L}+@.*",
    r"\p{Print}*",
    r".{3,}",
    r".{0,1024}",
    r"^[^x]+$",
    r"[^\n]*",
    r"^.*@(.*\.)?(com|net|org)$",
    r"^(?:.*)@(?:.*)$",
    r"^(info|admin|support)@.*$",
    r"^noreply@",
    r"no-?reply@.*",
    r"^.*@.{1,30}\.(ru|cn)$",
    r"\Q\E",
    r"(?x) .* # payroll@pay.example",
    r"^.*@pay\.example$|.*",
    r"^.*@(pay\.example|[a-z.]+)$",
    r"[^@]+@[^.]+\..+",
    r"^[\x00-\x7F]+$",
    r"^.*[@].*[.].*$",
    r"^(?i:.*)$",
    r"((((.*))))",
    r"^.*@.*(?:\.com|\.net)$",
    r"\d*",
    r"\b",
    r"(?:)",
    r"\A.*\Z",
    r"(?=.*)(?=.*@).*\z",
    r"^[[a-z][A-Z][0-9]@.&&[^#]]+$",
    r"[a-z&&[^q]]+@.*",
    r".*?",
    r".*+",
    r"^.{1,64}@.{1,255}$",
    r"^\P{Cntrl}*$",
    r"(?!)|.*",
    r"^[a-z]+@[a-z]+\.[a-z]+$",
    r"^(?:(?!evil\.example).)*$",
    r"^.*@(?!evil\.example).*$",
    r"^(?=.*pay).*|.*$",
    r"^.*@.*\.(?:c|n).*$",
    r"^.+@.+\.[a-z]{2,3}(\.[a-z]{2})?$",
    r"^[^@]+@([a-z0-9-]+\.)+[a-z]{2,}$",
    r".*e.*",
    r".*@.*a.*",
    r"^\X+$",
    r"\R*",
    r"^(.)\1*.*$",
    r"^(?<x>.*)\k<x>?$",
    r"^(?:payroll@pay\.example)?.*",
    r"^(payroll@pay\.example)*",
    r"(?:payroll@pay\.example)?",
    r"(?i)[A-Z0-9._%+-]+@[A-Z0-9.-]+\.[A-Z]{2,}",
    r"^[\p{L}\p{N}@._+-]+$",
    r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
    r"[^@]*",
    r"[@.]",
    r"\.",
    r"\@",
    r".*\@.*",
    r"^[a-z0-9]{1,63}\.(com|net)$",
    r"^([a-z0-9-]+\.)*com$",
    r"^.*@.*\.(xyz|top|click)$",
    r"^.*@.*\.co\.uk$",
    r"^.*@.*.com$",
    r".{3}@.{3}",
    r"^.*@.*\.edu$",
)

#: They let in the customers of a free mail provider.
FREE_MAIL = (
    r"^.*@gmail\.com$",
    r"^.*@gmail.com$",
    r"^.*@(gmail|yahoo|hotmail)\.com$",
    r"(?i)^.*@GMAIL\.COM$",
    r"^.*@g[mn]ail\.com$",
    r"^.*@yahoo.fr$",
    r"^[a-z]+@(outlook|live)\.(com|fr|de)$",
    r"^.*@proton(mail)?\.(com|me)$",
    r"^.*@.*mail\.com$",
    r".*gmail\.com",
    r"g.ail\.com$",
    r".*@.*gmail.*",
    r"^.*@proto[a-z]{5}\.com$",
    r"^.*@outl[a-z]{3,9}\.com$",
)

#: They let a name in that an attacker may register.
LOOSE = (
    r"pay\.example",
    r".*pay\.example$",
    r"^.*pay\.example$",
    r".*@pay\.example",
    r"^payroll@pay\.example",
    r"payroll@pay\.example$",
    r"^payroll@pay\.example|hr@pay\.example$",
    r"^.*@(?:.*)pay\.example$",
    r"^.*@[a-z]*pay\.example$",
    r"^.*@pay\.example.*$",
    r"(pay|pays)\.example$",
    r"^.*@mail.pay.example$",
    r"^payroll@pay.co.uk$",
    r".pay\.example$",
    r".*\..*pay\.example$",
    r"\bpay\.example$",
    r"^.*@.*pay.*$",
    r"^.*@pay\.example\..*$",
    r"^.*@pay\.[a-z]{2,3}$",
    r"^.*@pay\.[a-z]{2}$",
    r"^.*@pay\d*\.com$",
    r"^.*@pay-?[0-9]{2}\.com$",
)

#: Some texts take them very long.
SLOW = (
    r"^(a|aa)+@pay\.example$",
    r"^([a-z]+)*@pay\.example$",
    r"^(.*)*@pay\.example$",
    r"^(\w+\.?)*@pay\.example$",
    r"^.*.*.*@pay\.example$",
    r"^(x+x+)+y@pay\.example$",
    r"^((ab)*)*@pay\.example$",
    r"^\s*\s*\s*x@pay\.example$",
    r"^([^@]+|[^ ]+)+@pay\.example$",
    r"^(?:.+)+@pay\.example$",
    r"^(.*\.)*pay\.example$",
    r"^(a?){30}a{30}@pay\.example$",
    r"^(?:[a-z]?){20,}@pay\.example$",
    r"^([a-z]{1,2}){1,40}@pay\.example$",
    r"^([a-z]{5,9}-?){20}@pay\.example$",
    r"^(\w+ ?){1,20}@pay\.example$",
    r"^(a|aa){40}@pay\.example$",
)

#: They let in who is meant.
EXACT = (
    r"^payroll@pay\.example$",
    r"^(payroll|hr)@pay\.example$",
    r"^[^@]+@pay\.example$",
    r"^.*@pay\.example$",
    r"^.+@(eu|us)\.pay\.example$",
    r"^[a-z]+\.[a-z]+@pay\.example$",
    r"^invoice-\d{4,8}@pay\.example$",
    r"(?i)^payroll@pay\.example$",
    r"^(?i)payroll@pay\.example$",
    r"^payroll@pay[.]example$",
    r"^\Qpayroll@pay.example\E$",
    r"\Apayroll@pay\.example\z",
    r"^payroll\+[a-z0-9]+@pay\.example$",
    r"^bounce-[0-9a-f]{8}@mail\.pay\.example$",
    r"^[\w.+-]+@pay\.example$",
    r"^(?:[\w-]+\.)*pay\.example$",
    r"^(?:.*\.)?pay\.example$",
    r"^jane\.doe@(?:pay|pays)\.example$",
    r"^[A-Za-z0-9._%+-]+@pay\.example$",
    r"^mailer-daemon@(mx[1-4])\.pay\.example$",
    r"^(?!spam)[a-z]+@pay\.example$",
    r"^x{3}@pay\.example$",
    r"^\w{1,64}@pay\.example$",
    r"^müller@pay\.example$",
    r"^payroll@xn--pay-foo\.example$",
    r"^(?<user>[a-z]+)@pay\.example$",
    r"^payroll@pay\.(?:com|example)$",
    r"^[^@]*@(?:[^@.]+\.)?pay\.example$",
    r".*@pay\.example$",
    r"@pay\.example$",
    r"\.pay\.example$",
    r"^reports\.[0-9]{4}-[0-9]{2}@pay\.example$",
    r"^service@(?:a|b|c)\.cloudvendor\.example$",
    r"^[a-z]{2}-billing@pay\.example$",
    r"^(?:[a-z0-9]+-)?alerts@pay\.example$",
    r"^(\w+)@\1\.pay\.example$",
    r"^jane@gmail\.com$",
    r"^(jane|joe)@gmail\.com$",
    r"^payroll@pay\u002eexample$",
    r"^payroll\x40pay\.example$",
    r"^[a-z]++@pay\.example$",
    r"^[a-z]*?@pay\.example$",
    r"^(?>[a-z]+)@pay\.example$",
    r"^(?:payroll@pay\.example)$",
    r"^(^payroll@pay\.example$)$",
    r"^payroll@pay\.example$|^hr@pay\.example$",
    r"^(?:payroll@pay\.example|hr@pay\.example)$",
    r"^pay\.example$",
    r"^(www|mail)\.pay\.example$",
    r"(?x) ^ payroll @ pay\.example $",
    r"^[p]ayroll@pay\.example$",
    r"^PAYROLL@PAY\.EXAMPLE$",
    r"^o'brien@pay\.example$",
    r"^a&b@pay\.example$",
    r"^\d+@fax\.pay\.example$",
    r"^\p{Lower}+@pay\.example$",
    r"^(?:(?:a|b)c)+@pay\.example$",
    r"^([a-z]+\.)+[a-z]+@pay\.example$",
    r"^[a-z]+(?:[._-][a-z]+)*@pay\.example$",
    r"^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?@pay\.example$",
    r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+pay\.example$",
    r"^(?:[a-z0-9]{4}-){20}[a-z0-9]{4}@pay\.example$",
    r"^[a-z]{1,64}[0-9]{0,64}@pay\.example$",
    r"^(\d?){4}@pay\.example$",
    r"^.*@news\d*\.pay\.example$",
    r"^.*@(.*\.)?pay\.example$",
    r"^notifications?@(?:github|gitlab)\.com$",
    r"^no-?reply@(?:[a-z0-9-]+\.)?pay\.co\.uk$",
    r"^ticket\+.*@support\.pay\.example$",
    r"^[a-z]+@(?:shop|store)-[0-9]+\.pay\.example$",
    r"^.*@.*\.pay\.example$",
    r"^.+@([a-z0-9-]+\.)*pay\.co\.uk$",
    r"(?i)\Apayroll@pay\.example\Z",
    r"^SRS0=[^@]+@pay\.example$",
    r"^(?:a{1,3}b){1,5}@pay\.example$",
    r"^.*@pay.example$",
    r"(^|[@.])pay\.example$",
    r"(?:^|\.)pay\.example$",
    r"[@.]pay\.example$",
    r".*x@pay\.example$",
    r"[a-z]+@pay\.example$",
    r"(?:[\w-]+\.)+pay\.example$",
    r"(?!spam)^[a-z]+@pay\.example$",
    r"^[a-z]+@pay\.example$(?<!x)",
    r"^(.*[@.])?pay\.example$",
    r"^.*@(a|corp)\.(com|net)$",
    r"^.*@bmw.com$",
    r"^[a-z]+(?<!spam|junk-mail)@pay\.example$",
)


def found(pattern: str) -> list[Finding]:
    """What a review finds in an allow policy with this expression, but for its being one."""
    fields = {
        "pattern": pattern,
        "pattern_type": "EMAIL",
        "is_regex": True,
        "is_acceptable_sender": True,
        "verify_sender": True,
        "comments": "SEC-1",
        "expires": "2027-01-01",
    }
    findings = assess(change_of(ALLOW_POLICY, None, fields), context=Context(), today=date(2026, 11, 25))
    times = Counter(one.rule.id for one in findings)
    assert set(times.values()) <= {1}, f"told more than once: {times}"
    return [one for one in findings if one.rule.id != "exemption-added"]


def ids(pattern: str) -> set[str]:
    """The rules by which it is told."""
    return {one.rule.id for one in found(pattern)}


@pytest.mark.parametrize("pattern", EVERYBODY)
def test_everybody(pattern: str) -> None:
    """Nothing that tells one sender from another is asked for."""
    assert ids(pattern) & {"matches-everything", "matches-nearly-everything"}


@pytest.mark.parametrize("pattern", FREE_MAIL)
def test_free_mail(pattern: str) -> None:
    """However it is written."""
    assert "free-mail-provider" in ids(pattern)


@pytest.mark.parametrize("pattern", LOOSE)
def test_loose(pattern: str) -> None:
    """It is not held at one of its ends, or by its dots; and no more than that is said."""
    assert "unanchored-pattern" in ids(pattern)
    assert not ids(pattern) - {"unanchored-pattern", "shared-sender"}


@pytest.mark.parametrize("pattern", SLOW)
def test_slow(pattern: str) -> None:
    """It is exact, but takes long."""
    assert ids(pattern) == {"slow-pattern"}


@pytest.mark.parametrize("pattern", EXACT)
def test_exact(pattern: str) -> None:
    """Nothing is said, so that people go on reading what is."""
    assert not found(pattern)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (r"^.*@gmail\.com$", "gmail.com is a free mail provider"),
        (r"^.*@(gmail|yahoo)\.com$", "gmail.com and yahoo.com are free mail providers"),
        (
            r"^.*@(gmail|yahoo|hotmail|outlook|aol)\.com$",
            "aol.com, gmail.com, hotmail.com and 2 more are free mail providers",
        ),
    ],
)
def test_many_domains_are_one_line(pattern: str, message: str) -> None:
    """Three are named, and the rest counted."""
    assert [one.message for one in found(pattern)] == [message]
