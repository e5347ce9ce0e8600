"""Errors that reach a program: of their own class, and Pulumi's, which ends a program without a traceback."""

from __future__ import annotations

import pulumi
import pytest

from pulumi_cloudflare_email_security import NotFoundError, Problem, ServerError
from pulumi_cloudflare_email_security.dynamic.endings import ends_program


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
