"""A sender as people write it: an address, a domain, an IP range; also made harmless, as in `evil[.]example`."""

from __future__ import annotations

import ipaddress
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import idna

from ...client.errors import EntriesFileError
from ...entries.formats import decoded, read_entries, read_text
from ...entries.typed import whole_fields
from ...model.schema import Failure
from ...settings.block_sender import SETTING

#: Files of entries, whose names end so.
LIST_FORMS: Final = (".csv", ".yaml", ".yml", ".json")
_HARMLESS: Final = (
    (re.compile(r"[\[({]\s*(?:\.|dot)\s*[\])}]", re.IGNORECASE), "."),
    (re.compile(r"[\[({]\s*(?:@|at)\s*[\])}]", re.IGNORECASE), "@"),
    (re.compile(r"\[(:(?://)?)\]"), r"\1"),
)
_URL: Final = re.compile(r"(?:h(?:tt|xx)ps?|ftp)://(?:[^/@\s]*@)?(\[[^\]\s]*\]|[^/:?#\s]+)\S*", re.IGNORECASE)
_MAILTO: Final = re.compile(r"mailto:([^?\s]+)\S*", re.IGNORECASE)
# A line of an ad blocker's list that is about a whole domain.
_FILTER: Final = re.compile(r"\|\|([^\^]+)\^")
_IN_BRACKETS: Final = re.compile(r"\[([^\[\]]*)\]")
_QUOTES: Final = "\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb"
# What stands before each item of a list that people write.
_BULLET: Final = re.compile(r"^\s*(?:[-*+\u2022\u2013\u00b7]|\d+[.)])\s+(?=\S)")
# In a hosts file each domain stands after an address of this machine, or of none.
_HOSTS: Final = re.compile(r"(?:0\.0\.0\.0|127\.0\.0\.1|::1?)\s+(?=\S)")
_NAMED: Final = re.compile(r"[^<>]*<([^<>]+)>")


@dataclass(frozen=True, slots=True)
class Sender:
    """One sender.

    Attributes:
        pattern_type, pattern: what is blocked.
        place: where it was found, such as `senders.txt:3`.
        comment: what its source says of it.
        expires: the day from which it is not blocked any more, where its source says one.

    """

    pattern_type: str
    pattern: str
    place: str
    comment: str = ""
    expires: date | None = None

    @property
    def key(self) -> tuple[Any, ...]:
        """Its natural key among blocked senders."""
        return SETTING.key_of({"pattern_type": self.pattern_type, "pattern": self.pattern, "is_regex": False})

    @property
    def domain(self) -> str | None:
        """The domain that it is or belongs to, in lower case."""
        return None if self.pattern_type == "IP" else self.pattern.rpartition("@")[2].lower()

    def fields(self, *, comment: str, expires: date | None) -> dict[str, Any]:
        """The fields of an entry that blocks it."""
        fields: dict[str, Any] = {"pattern": self.pattern, "pattern_type": self.pattern_type}
        if comment:
            fields["comments"] = comment
        if expires is not None:
            fields["expires"] = expires.isoformat()
        return fields

    def problems(self) -> list[Failure]:
        """Why it cannot be blocked as it is."""
        _, failures = SETTING.schema.validate_entry({"pattern_type": self.pattern_type, "pattern": self.pattern})
        return failures

    def __str__(self) -> str:
        return f"{self.pattern_type} {self.pattern}"


def sender_of(text: str, place: str) -> Sender:
    """The sender that a text names; what is none becomes a domain that `problems` refuses."""
    text = text.strip().strip(_QUOTES)
    if named := _NAMED.fullmatch(text):
        text = named[1].strip()
    for pattern, plain in _HARMLESS:
        text = pattern.sub(plain, text)
    for form in (_URL, _MAILTO, _FILTER, _IN_BRACKETS):
        if found := form.fullmatch(text):
            text = found[1]
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        pass
    else:
        return Sender("IP", text, place)
    text = text.rstrip(".")
    local, at, domain = text.rpartition("@")
    if at and local and local != "*":
        return Sender("EMAIL", f"{local}@{_ascii(domain)}", place)
    return Sender("DOMAIN", _ascii(domain.removeprefix("*").removeprefix(".")), place)


def _ascii(domain: str) -> str:
    """A domain as mail carries it: in lower case, and an international one in its xn-- form."""
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return domain.lower()


def senders_in(text: str, name: str) -> Iterator[Sender]:
    """The senders of a plain list: one a line; what follows a "#" or "//" is about it, or about nothing."""
    for number, line in enumerate(text.splitlines(), 1):
        words, _, comment = re.sub(r"(^|\s)(//|;|!)", r"\1#", line, count=1).partition("#")
        first = _BULLET.sub("", words, count=1).strip().rstrip(",")
        if first:
            yield replace(sender_of(_HOSTS.sub("", first), f"{name}:{number}"), comment=comment.strip())


def named_senders(source: str) -> list[Sender]:
    """The senders that somebody names, each once.

    Raises:
        EntriesFileError: there are none, or the file cannot be read.

    """
    senders: dict[tuple[Any, ...], Sender] = {}
    for sender in read_senders(source):
        senders.setdefault(sender.key, sender)
    if not senders:
        raise EntriesFileError(f"{'standard input' if source == '-' else source}: names no sender")
    return [*senders.values()]


def read_senders(source: str) -> list[Sender]:
    """The senders of a plain list, of a file of entries, or ("-") of standard input.

    Raises:
        EntriesFileError: the file cannot be read.

    """
    if source == "-":
        return list(senders_in(decoded("stdin", sys.stdin.buffer.read()), "stdin"))
    if Path(source).suffix.lower() not in LIST_FORMS:
        return list(senders_in(read_text(source), Path(source).name))
    found = []
    for entry in read_entries(source):
        fields = whole_fields(SETTING, entry)
        pattern_type, pattern = fields.get("pattern_type"), fields.get("pattern")
        if not isinstance(pattern, str) or not isinstance(pattern_type, str) or fields.get("is_regex"):
            raise EntriesFileError(
                f"{entry.place()}: needs pattern and pattern_type, and must be no regular expression"
            )
        found.append(Sender(pattern_type, pattern, entry.place(), str(fields.get("comments") or "")))
    return found
