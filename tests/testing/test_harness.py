"""The harness, where it could go wrong unseen."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, ReadResult, ResourceProvider
from pulumi.output import Unknown

from support.cli import CliStack, write_program
from support.environment import scrubbed
from support.grpc_process import ProviderError
from support.provider_process import ProviderProcess


def _local_provider() -> ResourceProvider:
    """A provider whose class is pickled by value, since the process cannot import this file."""

    class Local(ResourceProvider):
        serialize_as_secret_always = False

        def check(self, _olds: dict[str, object], news: dict[str, object]) -> CheckResult:
            sys.stderr.write(f"checking {news.get('size')}\n")
            return CheckResult(news, [CheckFailure("size", "too big")] if news.get("size") == 9 else [])

        def create(self, props: dict[str, object]) -> CreateResult:
            if "fail" in props:
                raise RuntimeError("no luck")
            return CreateResult("1", {"size": props["size"], "token": os.environ.get("CLOUDFLARE_API_TOKEN")})

        def read(self, id_: str, _props: dict[str, object]) -> ReadResult:
            return ReadResult("", {}) if id_ == "gone" else ReadResult(id_, {"size": 2}, {"size": 2})

    return Local()


def test_provider_process_speaks_as_the_engine(provider_process: Callable[..., ProviderProcess]) -> None:
    """Unknowns, failures, errors, what is gone and what was printed all come through."""
    process = provider_process(_local_provider())
    inputs, failures = process.check({}, {"size": 9, "later": Unknown()})  # type: ignore[no-untyped-call]
    assert failures == {"size": "too big"}
    assert isinstance(inputs["later"], Unknown)
    assert process.create({"size": 3}) == ("1", {"size": 3.0})
    with pytest.raises(ProviderError, match=r"(?s)Traceback.*RuntimeError: no luck"):
        process.create({"fail": True})
    assert process.read("gone", {"size": 3}).id == ""
    assert process.read("1", {"size": 3}).inputs == {"size": 2.0}
    assert process.diff("1", {"size": 3}, {"size": 4}).changes is None
    process.kill()
    process.kill()
    assert "checking 9.0" in process.stderr


def test_provider_process_sees_no_foreign_credentials(
    provider_process: Callable[..., ProviderProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the developer has in the environment stays out; what the test gives goes in."""
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "foreign")
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "foreign")
    assert "token" not in provider_process(_local_provider()).create({"size": 1})[1]
    own = provider_process(_local_provider(), env={"CLOUDFLARE_API_TOKEN": "own"})
    assert own.create({"size": 1})[1]["token"] == "own"
    assert "PULUMI_ACCESS_TOKEN" not in scrubbed()


def test_no_way_out() -> None:
    """Neither an address nor a name outside this machine can be reached."""
    with pytest.raises(RuntimeError, match="tried to look up"):
        socket.create_connection(("api.cloudflare.com", 443))
    with socket.socket() as plain, pytest.raises(RuntimeError, match="tried to connect"):
        plain.connect(("192.0.2.1", 443))


@pytest.mark.engine
def test_cli_failure_is_told(cli: Path, tmp_path: Path) -> None:
    """A run that fails shows what the CLI printed; one that was to fail and did not is an error too."""
    stack = CliStack(cli, write_program(tmp_path / "program", "raise RuntimeError('no luck')"))
    with pytest.raises(AssertionError, match="no luck"):
        stack.preview()
    stack.edit("")
    with pytest.raises(AssertionError, match="expected it to fail"):
        stack.preview(expect_failure=True)
