"""The errors of this package: one root, one class per thing a caller can do something about.

The text of every error stands alone: what was asked, what came back, what to do. None holds a header or
a request body, so none can hold a token.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


class EmailSecurityError(Exception):
    """The root of every error this package raises on purpose.

    Where one ends a program it is Pulumi's `RunError` too, so that only its text is printed, without a traceback.
    """

    # Tracebacks name a class by its module; users meet these errors in `pulumi up`, where the public
    # name is the one they can import.
    def __init_subclass__(cls) -> None:
        cls.__module__ = "pulumi_cloudflare_email_security"


EmailSecurityError.__module__ = "pulumi_cloudflare_email_security"


class ConfigurationError(EmailSecurityError):
    """The account, the credentials or the base URL are missing or cannot be used."""


class EntryExistsError(EmailSecurityError):
    """An entry with the same natural key exists and the program did not ask to adopt it."""


class SeveralMatchesError(EmailSecurityError):
    """More than one entry has the natural key (or fits the look-up), so none is taken."""


class NoMatchError(EmailSecurityError):
    """No entry fits the look-up."""


class ReadOnlyEntryError(EmailSecurityError):
    """The entry is synchronised from a directory and cannot be changed through the API."""


class UnsupportedError(EmailSecurityError):
    """The account's API does not have this collection or this operation."""


class PartlyAppliedError(EmailSecurityError):
    """A collection was applied in part; the text says how many of how many changes were made."""


class EntriesFileError(EmailSecurityError):
    """A file of entries cannot be read; the text names file, line and column."""


class RequestError(EmailSecurityError):
    """A request did not end well.

    `applied` is False where the API certainly did not carry the request out, so that it may be sent
    again, and None where nobody can tell.
    """

    applied: bool | None = False


class NotSentError(RequestError):
    """The request never reached the API: no connection was made."""


class AmbiguousError(RequestError):
    """The request may or may not have been carried out: connection lost, time-out, 5xx or an unreadable answer.

    Attributes:
        may_still_happen: whether it may be carried out, or show, only later: then looking once does not tell, and
            a write is not sent again in the same run.

    """

    applied = None
    may_still_happen: bool = False


#: What to do where a write may be carried out late: the next run looks for it first.
MAY_STILL_HAPPEN: Final = "it may still be carried out; run again when the API answers"


class TimedOutError(AmbiguousError):
    """No answer came in time: the request may still be carried out later, so looking now cannot tell."""

    may_still_happen = True


class IncompleteAnswerError(AmbiguousError):
    """The API says that a write was carried out, but not which entry it made or changed."""

    may_still_happen = True


@dataclass(frozen=True, slots=True)
class Problem:
    """One item of the envelope's `errors`."""

    code: int | None
    message: str
    pointer: str | None = None

    def __str__(self) -> str:
        where = f" at {self.pointer}" if self.pointer else ""
        return f"{self.message}{where}" + (f" (code {self.code})" if self.code is not None else "")


class ApiError(RequestError):
    """The API refused a request; `problems` holds each `Problem` of its answer.

    Attributes:
        status: the HTTP status.
        problems: every item of the envelope's `errors`, in order.

    """

    def __init__(self, request: str, status: int, problems: tuple[Problem, ...], advice: str = "") -> None:
        self.request = request
        self.status = status
        self.problems = problems
        said = "; ".join(map(str, problems)) or "without a message"
        super().__init__(f"{request}: the API answered {status}: {said}" + (f" — {advice}" if advice else ""))

    @property
    def codes(self) -> frozenset[int]:
        """The codes of all problems."""
        return frozenset(problem.code for problem in self.problems if problem.code is not None)


class InvalidRequestError(ApiError):
    """400 or 422: the API found something wrong with the request."""


class BatchRefusedError(InvalidRequestError):
    """413, or a 400 that points at no entry, for a batch: a smaller one, or one of a single kind, may pass."""


class AuthenticationError(ApiError):
    """401 or 403: the credentials are wrong, expired, or lack the permission."""


class BlockedError(ApiError):
    """403 with a page in place of an answer: something in front of the API stopped the request."""


class NotFoundError(ApiError):
    """404: there is no entry with this id."""


class NoSuchRouteError(ApiError, UnsupportedError):
    """404 with code 7003, 405 or 501: this account's API has no such collection or operation."""


class ConflictError(ApiError):
    """409, or a 400 that says so: an entry like this exists already."""


class RateLimitError(ApiError):
    """429 that did not pass within the limit's window."""

    def __init__(
        self,
        request: str,
        status: int,
        problems: tuple[Problem, ...],
        advice: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(request, status, problems, advice)
        self.retry_after = retry_after


class ServerError(AmbiguousError, ApiError):
    """5xx: the API failed; a write may or may not have been carried out."""


class GatewayTimeoutError(TimedOutError, ServerError):
    """504, 520, 522 or 524: the edge gave up waiting, while the API may still be at work."""
