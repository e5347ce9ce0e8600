"""Errors that reach a program: of their own class, and Pulumi's, which ends a program without a traceback."""

from __future__ import annotations

import sys

import pulumi
import pytest

from pulumi_cloudflare_email_security import NotFoundError, Problem, ServerError
from pulumi_cloudflare_email_security.dynamic.endings import end_quietly, ends_program


@pytest.mark.parametrize(
    "error", [NotFoundError("GET /x", 404, (Problem(1, "gone"),), "look elsewhere"), ServerError("GET /x", 500, ())]
)
def test_an_error_keeps_its_class_and_what_it_knows(error: NotFoundError | ServerError) -> None:
    """A program catches it by its own class, with its attributes; uncaught it is Pulumi's, under the same name."""

    @ends_program
    def fails() -> None:
        raise error

    for _ in range(2):
        with pytest.raises(type(error)) as caught:
            fails()
        assert isinstance(caught.value, pulumi.RunError)
        assert str(caught.value) == str(error)
        assert (caught.value.status, caught.value.problems) == (error.status, error.problems)
        shown = f"{type(caught.value).__module__}.{type(caught.value).__qualname__}"
        assert shown == f"pulumi_cloudflare_email_security.{type(error).__name__}"
    assert not isinstance(error, pulumi.RunError)


def test_other_errors_pass() -> None:
    """What is no error of this package stays what it is."""

    @ends_program
    def fails() -> None:
        raise TypeError("no")

    with pytest.raises(TypeError) as caught:
        fails()
    assert not isinstance(caught.value, pulumi.RunError)


@pytest.mark.parametrize(
    ("file", "error", "printed"),
    [
        ("/opt/pulumi/bin/pulumi-language-python-exec", "KeyboardInterrupt", False),
        ("/opt/pulumi/bin/pulumi-language-python-exec", "ValueError", True),
        ("/home/me/deploy.py", "KeyboardInterrupt", True),
    ],
)
def test_a_program_that_the_engine_interrupts_ends_without_a_traceback(
    file: str, error: str, *, printed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it does after a check that failed; everything else is printed as before."""
    seen: list[str] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, *_: seen.append(kind.__name__))
    end_quietly()
    end_quietly()
    try:
        exec(compile(f"raise {error}", file, "exec"), {})  # noqa: S102
    except BaseException as caught:  # noqa: BLE001
        traceback = caught.__traceback__
        assert traceback is not None
        sys.excepthook(type(caught), caught, traceback.tb_next)
    assert seen == ([error] if printed else [])
