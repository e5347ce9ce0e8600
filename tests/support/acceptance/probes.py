"""The probes: each asks the account one question and adds what it found to the report.

A probe that cannot tell says so; it never guesses. What would harm an account (running into the rate limit) or cannot
be provoked (late answers of the edge) is not tried.
"""

from __future__ import annotations

import ipaddress
import unicodedata
import uuid
from dataclasses import dataclass, field
from typing import Any, Final

from .api import COLLECTIONS, MARKER, PREFIX, Answer, Api
from .batches import probe_batches
from .lists import probe_lists
from .report import Report

NOT_TRIED: Final = {
    "edge_timeouts": "cannot be provoked; statuses 504, 520, 522 and 524 under Figures would tell",
    "retry_after_date": "it takes running into the rate limit, which stops everybody who uses the account",
}
_LONGEST_LAG = 60.0
_POLL = 0.5


class UnreachableError(AssertionError):
    """The account cannot be probed with this token."""


@dataclass
class Probe:
    """An account under examination; `many` is how many entries its lists and batches are tried with."""

    api: Api
    report: Report = field(default_factory=Report)
    many: int = 120
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    lag: float = 5.0

    def examine(self) -> Report:
        """Sweep, ask everything, sweep again whatever happens."""
        self._find_contract()
        self.report.facts["swept before"] = self.api.sweep()
        try:
            self._examine()
        finally:
            self.settle()
            self.report.facts["swept after"] = self.api.sweep()
            self.report.facts["requests by status"] = dict(sorted(self.api.statuses.items()))
        self.report.not_tried |= NOT_TRIED
        return self.report

    def _examine(self) -> None:
        self._writing()
        self._storing()
        self._answering()
        self._refusing()
        if self.report.contract == "2026":
            self._domain()
        probe_batches(self)
        probe_lists(self)

    # What the other probes use

    def name(self, what: str) -> str:
        """A reserved name of this run."""
        return f"{PREFIX}{what}-{self.run}.example"

    def sender(self, what: str, **fields: object) -> dict[str, Any]:
        """The body of a block sender."""
        return {"pattern": self.name(what), "pattern_type": "DOMAIN", "is_regex": False, "comments": MARKER, **fields}

    def make(self, body: dict[str, Any]) -> dict[str, Any]:
        """Create a block sender and return it as it is stored, read by its id."""
        answer = self.api.ask("POST", "block_senders", body)
        return self.stored(answer, body)

    def stored(self, answer: Answer, body: dict[str, Any]) -> dict[str, Any]:
        """The entry that a create made, by the id that it answered or, where it answered none, by the list."""
        result = answer.result if isinstance(answer.result, dict) else {}
        identity = result.get("id") or self.listed(body["pattern"]).get("id")
        read = self.api.ask("GET", f"block_senders/{identity}")
        assert isinstance(read.result, dict), f"{body['pattern']} cannot be read after its create: {answer.text[:300]}"
        return read.result

    def listed(self, pattern: str) -> dict[str, Any]:
        """The entry of a pattern, as soon as the list shows it; empty where it never does."""
        for _ in range(int(_LONGEST_LAG / _POLL)):
            shown = self.api.ask("GET", "block_senders", search=pattern).result or []
            for entry in shown:
                if str(entry.get("pattern", "")).lower() == pattern.lower():
                    return dict(entry)
            self.api.sleep(_POLL)
        return {}

    def settle(self) -> None:
        """Wait until lists show what was written."""
        self.api.sleep(self.lag + _POLL)

    # The probes

    def _find_contract(self) -> None:
        readable = {name: self.api.ask("GET", name) for name in COLLECTIONS}
        refused = {name: answer.status for name, answer in readable.items() if not answer.ok}
        if "block_senders" in refused:
            raise UnreachableError(f"the account answers {refused}: {readable['block_senders'].text[:300]}")
        self.report.contract = "2026" if readable["content_policies"].ok else "2025"
        self.report.add("collections", ", ".join(name for name in COLLECTIONS if name not in refused), "eight in 2026")

    def _writing(self) -> None:
        """What a create answers, and when lists show it."""
        body = self.sender("written")
        answer = self.api.ask("POST", "block_senders", body)
        begun = self.api.now()
        listed = self.listed(body["pattern"])
        lag = round(self.api.now() - begun, 1) if listed else _LONGEST_LAG
        self.lag = lag
        whole = self.stored(answer, body)
        habit = f"list_lag={lag}" if lag >= 2 * _POLL else ""
        self.report.add("lists after a write", f"show it after {lag} s", "nothing is said", habit)
        result = answer.result
        if answer.status == 204:
            self.report.add("answers to writes", "204", "the entry", "bare_answers=204")
        elif answer.content is None:
            self.report.add("answers to writes", "no body", "the entry", "bare_answers=body")
        elif result in (None, {}):
            word = "null" if result is None else "object"
            self.report.add("answers to writes", f"a result of {word}", "the entry", f"bare_answers={word}")
        elif set(result) < set(whole):
            part = "id" if set(result) == {"id"} else "key"
            self.report.add("answers to writes", ", ".join(result), "the entry", f"partial_answers={part}")
        else:
            self.report.add("answers to writes", "the entry", "the entry")
        self.report.add("ids", type(whole["id"]).__name__, "int32 in 2025, UUIDs in 2026")
        times = [name for name in ("created_at", "last_modified", "modified_at") if name in whole]
        old = self.report.contract == "2026" and "modified_at" not in times
        self.report.add(
            "times", ", ".join(f"{name} {whole[name]}" for name in times), "modified_at", "old_times" if old else ""
        )

    def _storing(self) -> None:
        """In which form text is kept."""
        remark = f"{MARKER}: e\u0301, one\r\ntwo\nthree, and blanks:  "
        entry = self.make({**self.sender("stored"), "pattern": self.name("Mixed").title(), "comments": remark})
        kept, pattern = str(entry.get("comments")), str(entry.get("pattern"))
        told = "nothing is said"
        self.report.add("case of a domain", pattern, told, "lower_case" if pattern == pattern.lower() else "")
        self.report.add("blanks around text", repr(kept[-4:]), told, "" if kept.endswith(" ") else "trim")
        composed = unicodedata.normalize("NFC", "e\u0301") in kept
        self.report.add("Unicode", "composed" if composed else "as sent", told, "composed" if composed else "")
        lines = {"one\ntwo\nthree": "line_ends=lf", "one\r\ntwo\r\nthree": "line_ends=crlf"}
        ends = next((habit for text, habit in lines.items() if text in kept), "")
        self.report.add("line ends", ends.removeprefix("line_ends=") or "as sent", told, ends)
        network = ipaddress.ip_interface("198.51.100.77/28")
        sent = {**self.sender("address"), "pattern": str(network), "pattern_type": "IP"}
        answer = self.api.ask("POST", "block_senders", sent)
        if not answer.ok and not any("exist" in str(error).lower() for error in answer.errors):
            self.report.add("addresses with host bits", f"refused with {answer.status}", "CIDR blocks are taken")
            return
        self.settle()
        found = [entry for entry in self.api.all("block_senders") if entry.get("pattern_type") == "IP"]
        canonical = any(entry["pattern"] == str(network.network) for entry in found)
        self.report.add(
            "addresses with host bits",
            "stored without them" if canonical else "as sent",
            told,
            "canonical_cidr" if canonical else "",
        )

    def _answering(self) -> None:
        """What is answered for what is null, false or empty."""
        body = self.sender("bare")
        del body["comments"]
        entry = self.make(body)
        omitted = "is_regex" not in entry
        self.report.add("a flag that is false", entry.get("is_regex"), "required", "omit_empty" if omitted else "")
        empty = entry.get("comments") == ""
        self.report.add("a comment that is not there", repr(entry.get("comments")), "null", "empty_text" * empty)
        if self.report.contract == "2026":
            restriction = {"domain": self.name("tls"), "exclude": [], "comments": MARKER}
            self.api.ask("POST", "sending_domain_restrictions", restriction)
            self.settle()
            found = list(self.api.made_here("sending_domain_restrictions"))
            null = bool(found) and found[0].get("exclude", []) is None
            self.report.add("an empty list", found[0].get("exclude") if found else "?", "[]", "null_lists" * null)

    def _refusing(self) -> None:
        """Duplicates, and how errors look."""
        again = self.api.ask("POST", "block_senders", self.sender("written"))
        wording = " ".join(str(error.get("message")) for error in again.errors)
        if again.ok:
            habit = "duplicates=accept"
        elif again.status == 409 or (again.status == 200 and "taken" not in wording):
            habit = ""
        else:
            habit = "duplicates=taken" if "taken" in wording else "duplicates=bad_request"
        self.report.add("a duplicate", f"{again.status} {wording}", "nothing is said", habit)
        unknown = "2147483646" if self.report.contract == "2025" else str(uuid.uuid4())
        missing = self.api.ask("GET", f"block_senders/{unknown}")
        codes = [error.get("code") for error in missing.errors]
        hidden = missing.status == 200 and not missing.ok
        self.report.add("an error's status", missing.status, "404", "errors_as_200" * hidden)
        self.report.add("an error's code", codes, "any", "status_codes" * (404 in codes))
        forbidden = self.api.ask("GET", "block_senders", token=f"{self.run}-is-no-token")
        if forbidden.ok:
            self.report.not_tried["html_errors"] = "any token is accepted"
        else:
            html = forbidden.content is None and "<" in forbidden.text
            self.report.add("a refused token", f"{forbidden.status}{' in HTML' * html}", "JSON", "html_errors" * html)

    def _domain(self) -> None:
        """A domain of this run's own, from its creation to its deletion."""
        body = {
            "domain": self.name("domain"),
            "allowed_delivery_modes": ["DIRECT"],
            "drop_dispositions": [],
            "ip_restrictions": [],
            "regions": ["GLOBAL"],
        }
        answer = self.api.ask("POST", "domains", body)
        self.settle()
        found = [entry for entry in self.api.made_here("domains") if entry.get("domain") == body["domain"]]
        if not found:
            self.report.add("creating a domain", f"{answer.status} {answer.errors}", "201")
            return
        entry = self.api.ask("GET", f"domains/{found[0]['id']}").result
        word, proof = str(entry.get("status")), self.api.ask("GET", f"domains/{entry['id']}/verification")
        self.report.add("a domain's status", word, "upper case", "lower_case_status" * word.islower())
        self.report.add("its verification", proof.status, "200 or 204", "zone_ownership" * (proof.status == 204))
