"""Hostile answers and inputs: whatever comes in, only the documented errors come out."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from pulumi_cloudflare_email_security import EmailSecurityError
from pulumi_cloudflare_email_security.client import wire as client_wire
from pulumi_cloudflare_email_security.client.envelope import printable, read_answer
from pulumi_cloudflare_email_security.emulator import Request, Response
from pulumi_cloudflare_email_security.emulator.contracts import Refused, public_network
from pulumi_cloudflare_email_security.model.addresses import check_domain, check_email, check_ip
from pulumi_cloudflare_email_security.model.setting import Setting
from pulumi_cloudflare_email_security.model.state import as_text
from support.collections import reported
from trust.programs import ENTRY
from trust.world import PLURAL, SETTINGS, Engine, wire, world

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
#: Of each property; those of a soak take about a third of the time that the stories take.
INPUTS = max(60, int(os.environ.get("SOAK_SECONDS", "600"))) if SOAK else 60
bounded = settings(
    max_examples=INPUTS,
    derandomize=not SOAK,
    database=None,
    suppress_health_check=list(HealthCheck),
)

texts = st.text(max_size=20) | st.sampled_from(
    ("", " ", "\x1b[31m", "a\nb", "\u202e", "\ud800", "..", "a/b", "x" * 1100)
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)
json_scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
json_values = st.recursive(
    json_scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
every_setting = pytest.mark.parametrize("setting", SETTINGS.values(), ids=list(SETTINGS))


def _odd_entries(setting: Setting, odd: st.SearchStrategy[Any] = values) -> st.SearchStrategy[dict[str, Any]]:
    """A good entry with some fields replaced, left out or added."""
    names = st.sampled_from((*setting.output_names, "id", "last_modified", "unknown"))
    return st.dictionaries(names, odd, max_size=4).map(
        lambda changes: {"id": 7, **ENTRY[setting.kind]("a", 0), **changes}
    )


@every_setting
def test_validation_says_what_is_wrong_with_anything(setting: Setting) -> None:
    """Whatever a program passes, validation returns: a normal form without failures, or failures with a text."""

    @bounded
    @given(
        st.dictionaries(st.sampled_from(tuple(setting.schema.setting_fields)) | texts, values, max_size=5),
        st.booleans(),
    )
    def check(odd: dict[str, Any], whole: bool) -> None:
        arguments = {**(ENTRY[setting.kind]("a", 0) if whole else {}), **odd}
        normal, failures = setting.schema.validate_entry(arguments)
        assert all(failure.reason for failure in failures)
        if not failures:
            again, still_good = setting.schema.validate_entry(normal)
            assert (again, still_good) == (normal, [])

    check()


@every_setting
def test_odd_live_entries_are_shown_as_they_are(setting: Setting) -> None:
    """Whatever the API answers for an entry, the package keys, compares and shows it without failing."""

    @bounded
    @given(_odd_entries(setting))
    def check(entry: dict[str, Any]) -> None:
        live = setting.live(entry)
        key = setting.key_of(entry)
        hash(key)
        setting.key_text(key)
        setting.describe(entry)
        setting.read_only(entry)
        setting.changed_fields(live, live)
        setting.result_class.from_entry(entry)

    check()


def test_what_is_no_address_is_shown_as_it_is() -> None:
    """A Boolean or a number where the API should answer a range is not turned into an address."""
    live = SETTINGS["domain"].live({**ENTRY["domain"]("a", 0), "id": 7, "ip_restrictions": [False, 5]})
    assert live["ip_restrictions"] == ["5", "False"]


@every_setting
def test_key_texts_come_back(setting: Setting) -> None:
    """The text of a natural key stands for that key and no other."""
    parts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=12)
    named = {"pattern_type": st.sampled_from(("EMAIL", "DOMAIN", "IP"))}

    @bounded
    @given(st.fixed_dictionaries({name: named.get(name, parts) for name in setting.key}))
    @example({name: "IP" if name == "pattern_type" else "a <b> <c" for name in setting.key})
    @example({name: "IP" if name == "pattern_type" else r"a\<b" for name in setting.key})
    @example({name: "IP" if name == "pattern_type" else "a>" for name in setting.key})
    def check(fields: dict[str, Any]) -> None:
        text = setting.key_text([fields[name] for name in setting.key])
        assert setting.fields_from_key(text) == fields

    check()


@bounded
@given(
    st.integers(100, 599),
    st.binary(max_size=60)
    | values.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(st.sampled_from(("success", "errors", "messages", "result", "result_info")), values).map(
        lambda value: json.dumps(value).encode()
    ),
    st.dictionaries(st.sampled_from(("Retry-After", "Content-Type", "Ratelimit")), texts),
)
@example(429, b"", {"Retry-After": "nan"})
@example(429, b"", {"Retry-After": "inf"})
@example(200, b"[" * 100_000, {})
@example(200, b"9" * 10_000, {})
@example(400, b'{"errors": [{"code": 1e999, "message": {"a": [1]}}]}', {})
def test_any_answer_is_an_answer_or_a_documented_error(status: int, body: bytes, headers: dict[str, str]) -> None:
    """Bytes of any kind, with any status and headers, are an answer or one of the package's errors, printable."""
    said = ""
    try:
        read_answer("GET /x", status, headers, body)
    except EmailSecurityError as error:
        said = str(error)
    assert said.isprintable()
    assert len(said) < 20_000


@bounded
@given(st.text())
@example("\x1b]0;title\x07")
@example("\u202eevil")
def test_text_from_outside_is_safe_on_a_terminal(text: str) -> None:
    """Control characters, line breaks and direction marks never reach a terminal."""
    assert printable(text).isprintable()
    setting = SETTINGS["content_policy"]
    before = {text: {"name": text, "pattern": text}}
    after = {text: {"name": text, "pattern": "x"}, text + "x": {"name": text}}
    for line in reported(setting, before, after).split("\n"):
        assert line.isprintable()


@pytest.mark.parametrize("many", [False, True])
def test_errors_and_warnings_name_entries_printably(many: bool) -> None:
    """The name of an entry in an error or a message holds no control characters."""
    name = "a\x1b[2Jb"
    arguments = {**ENTRY["content_policy"](name, 0)}
    kind, given_ = ("content_policies", {"entries": [arguments]}) if many else ("content_policy", arguments)
    with world("2026") as engine:
        engine.emulator.seed({"content_policies": [arguments]}, account_id="0123456789abcdef0123456789abcdef")
        result = engine.up({"r": (kind, given_)})
        said = [*result.refused, *([str(result.error)] if result.error else [])]
        assert said
        assert all(text.isprintable() for text in said), said


@bounded
@given(st.ip_addresses() | st.ip_addresses().map(lambda address: f"{address}/8") | texts)
@example("::ffff:10.0.0.1")
@example("::ffff:0:0/95")
@example("0.0.0.0/0")
@example("::/0")
@example("fe80::1%eth0")
def test_ip_patterns_are_those_the_api_takes(value: object) -> None:
    """A pattern of type IP is refused here exactly where the emulator, written from the documentation, refuses it."""
    text = str(value)
    assert _accepts(lambda: check_ip(text), ValidationError) == _accepts(lambda: public_network(text), Refused)


@bounded
@given(texts | st.from_regex(r"[a-z0-9.@-]{1,30}", fullmatch=True) | st.emails())
def test_what_passes_as_domain_or_address_is_one(text: str) -> None:
    """What passes as a domain has labels; what passes as an address has one local part and a domain."""
    if _accepts(lambda: check_domain(text), ValidationError):
        assert text.isascii()
        assert all(0 < len(label) < 64 and label.strip("-") == label for label in text.split("."))
    if _accepts(lambda: check_email(text), ValidationError):
        local, _, domain = text.rpartition("@")
        assert local
        assert domain
        assert text.isprintable()


def _accepts(check: Callable[[], object], refusal: type[Exception]) -> bool:
    try:
        check()
    except refusal:
        return False
    return True


# Answers to providers ------------------------------------------------------------------------------------------


@contextmanager
def _answering(engine: Engine, result: object, method: str = "*") -> Iterator[None]:
    """Let requests of a method be answered with this result, well wrapped."""
    handle = engine.emulator.handle

    def hostile(request: Request) -> Response:
        if method not in {"*", request.method}:
            return handle(request)
        info = {"page": 1, "per_page": 1000, "count": 1, "total_count": 1}
        body = {"success": True, "errors": [], "messages": [], "result": result, "result_info": info}
        return Response(200, {"Content-Type": "application/json"}, json.dumps(body).encode())

    with patch.object(engine.emulator, "handle", hostile):
        yield


@every_setting
def test_reads_survive_hostile_answers(setting: Setting) -> None:
    """A refresh whose answers hold anything, of an entry and of a collection, is done or ends in a documented error."""

    @bounded
    @given(_odd_entries(setting, json_values) | json_values)
    @example({**ENTRY[setting.kind]("a", 0), "id": None})
    @example({**ENTRY[setting.kind]("a", 0), "id": {"a": [1]}})
    @example({**ENTRY[setting.kind]("a", 0), "id": ""})
    @example({**ENTRY[setting.kind]("a", 0), "id": "../../zones"})
    @example({**ENTRY[setting.kind]("a", 0), "id": 7, **{name: [1] for name in setting.key}})
    @example({**ENTRY[setting.kind]("a", 0), "id": 7, **{name: {"a": None} for name in setting.key}})
    def check(answer: Any) -> None:
        fields = wire(ENTRY[setting.kind]("a", 0))
        for listed in (answer, [answer]):
            with world("2026") as engine, _answering(engine, listed):
                engine.put("one", setting.kind, "7", fields, {**fields, "managed_fields": [*fields]})
                key = setting.key_text_of(fields)
                many = {"entries": as_text({key: fields}), "ids": as_text({key: "7"}), "mode": "exclusive"}
                engine.put("many", PLURAL[setting.kind], "x", many, many)
                engine.refresh()

    check()


@every_setting
def test_writes_survive_hostile_answers(setting: Setting) -> None:
    """A create whose answer holds anything is done, with a scalar id, or ends in a documented error."""

    @bounded
    @given(_odd_entries(setting, json_values) | json_values, st.sampled_from(("*", "POST")))
    @example({**ENTRY[setting.kind]("a", 0), "id": None}, "POST")
    @example({**ENTRY[setting.kind]("a", 0), "id": {"a": [1]}}, "POST")
    @example({**ENTRY[setting.kind]("a", 0), "id": ""}, "POST")
    @example({"posts": [{"id": 1, "pattern": ["x"]}, {"id": 2}], "patches": 3}, "POST")
    @example(ENTRY[setting.kind]("a", 0), "POST")
    def check(answer: Any, method: str) -> None:
        with world("2026") as engine, _answering(engine, answer, method):
            one = engine.lead("one", setting.kind, ENTRY[setting.kind]("a", 0))
            if one.done:
                assert engine.state["one"].id not in {"", "None", "True", "False"}
                assert not engine.state["one"].id.startswith(("{", "["))
            entries = [ENTRY[setting.kind](name, 0) for name in ("b", "c")]
            engine.forget()
            engine.lead("many", PLURAL[setting.kind], {"entries": entries})

    check()


def test_huge_answers_are_refused() -> None:
    """An answer of more than the bound is cut off and refused with a text, not kept in memory."""
    with world("2026") as engine, patch.object(client_wire, "MAX_ANSWER_BYTES", 100_000):
        with _answering(engine, [{"id": 1, "pattern": "x" * 200_000}]):
            result = engine.up({"r": ("block_sender", ENTRY["block_sender"]("a", 0))})
        assert result.error is not None
        assert "larger than 100000 bytes" in str(result.error)


def test_ids_never_leave_their_place_in_a_path() -> None:
    """An id from the API that looks like a path is quoted when it is used in one."""
    with world("2026") as engine:
        seen: list[str] = []
        handle = engine.emulator.handle

        def watch(request: Request) -> Response:
            seen.append(request.path)
            return handle(request)

        fields = wire(ENTRY["block_sender"]("a", 0))
        engine.put("one", "block_sender", "../../x?y#z%2f", fields, fields)
        with patch.object(engine.emulator, "handle", watch):
            engine.refresh()
        assert seen
        assert seen[0].endswith("/block_senders/..%2F..%2Fx%3Fy%23z%252f")
