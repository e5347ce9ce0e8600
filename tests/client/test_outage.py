"""An outage fails fast, once; whatever the API answers ends it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from pulumi_cloudflare_email_security.client.attempts import OUTAGE, PATIENCE
from pulumi_cloudflare_email_security.client.errors import (
    ConfigurationError,
    NotFoundError,
    NotSentError,
    RequestError,
    ServerError,
)
from support.fake_time import FakeTime, World, cut, envelope, mocked_world, new_client, refused

OUT: dict[str, Any] = {"refused": refused(), "500": 500, "502": {"status": 502, "body": "<html>"}, "cut": cut()}


@pytest.fixture
def world() -> Iterator[World]:
    """A client in fake time behind a mocked network."""
    with mocked_world() as world:
        yield world


def goes_out(world: World, answer: Any = 500) -> RequestError:
    """Let a read use up its attempts."""
    world.answers("GET", *[answer] * 6)
    with pytest.raises(RequestError) as caught:
        world.request()
    return caught.value


@pytest.mark.parametrize("answer", OUT)
def test_a_hundred_reads_of_a_dead_api_end_soon(world: World, answer: str) -> None:
    """The first read waits for the API to come back; the others fail at once with the same line."""
    begun = world.time.seconds
    error = goes_out(world, OUT[answer])
    for number in range(100):
        with pytest.raises(RequestError) as caught:
            world.request(path=f"/things/{number}")
        assert str(caught.value) == str(error)
    assert world.sent == 6
    assert world.time.seconds - begun <= PATIENCE + 1


def test_attempts_that_take_long_are_fewer(world: World) -> None:
    """Where each attempt waits for its time-out the whole takes little longer than where it is refused at once."""
    request = world.client._session.request

    def slow(*args: Any, **options: Any) -> Any:
        world.time.sleep(5)
        return request(*args, **options)

    world.client._session.request = slow  # type: ignore[method-assign]
    world.answers("GET", *[requests.ConnectTimeout("no")] * 3)
    begun = world.time.seconds
    with pytest.raises(NotSentError):
        world.request()
    assert world.time.seconds - begun <= 18


def test_one_attempt_that_takes_long_is_repeated(world: World) -> None:
    """A read that hung until its time-out is sent once more in any case."""
    world.answers("GET", requests.ReadTimeout("late"), 200)
    world.time.sleep(0)
    assert world.request() == {"id": 1}


def test_an_api_that_was_out_is_asked_again_after_a_while(world: World) -> None:
    """What failed is not failed for ever."""
    goes_out(world)
    world.time.sleep(OUTAGE)
    world.answers("GET", 200)
    assert world.request() == {"id": 1}


@pytest.mark.parametrize("answer", [200, 404, 400])
def test_any_answer_ends_an_outage(world: World, answer: int) -> None:
    """A write is tried while the API counts as out, and its answer, a refusal too, shows that it is back."""
    goes_out(world)
    world.answers("DELETE", answer)
    if answer == 200:
        world.request("DELETE")
    else:
        with pytest.raises(RequestError):
            world.request("DELETE")
    world.answers("GET", 500, 200)
    assert world.request() == {"id": 1}


def test_a_write_is_tried_once_while_the_api_is_out(world: World) -> None:
    """What cannot be sent is not tried again and again by each of a hundred writes."""
    goes_out(world, refused())
    slept = world.time.slept
    world.answers("POST", refused())
    with pytest.raises(NotSentError):
        world.request("POST")
    assert world.time.slept == slept


def test_a_new_deployment_begins_anew(world: World) -> None:
    """What an earlier deployment met says nothing about this one."""
    goes_out(world)
    world.client.begin()
    world.answers("GET", 200)
    assert world.request() == {"id": 1}


def test_what_is_not_vital_puts_nothing_out(world: World) -> None:
    """A part of the API that fails while nobody needs it does not fail the rest."""
    world.answers("GET", *[500] * 6)
    with pytest.raises(ServerError):
        world.request(vital=False)
    world.answers("GET", 200)
    assert world.request() == {"id": 1}


def test_a_refusal_is_no_outage(world: World) -> None:
    """An entry that is not there says nothing about the API."""
    world.answers("GET", 404, 200)
    with pytest.raises(NotFoundError):
        world.request()
    assert world.request() == {"id": 1}


def test_a_blocked_read_is_sat_out_where_others_passed(world: World) -> None:
    """A challenge page is no final answer to a client whose requests passed before."""
    page = {"status": 403, "body": "<html>Just a moment", "content_type": "text/html"}
    world.answers("GET", 200, page, page, 200)
    world.request()
    assert world.request() == {"id": 1}


@pytest.mark.parametrize("url", ["https://a..b", "https://" + "a" * 70 + ".example", "https://"])
def test_a_base_url_that_leads_nowhere_is_a_matter_of_configuration(url: str) -> None:
    """A host that no name server can be asked for is told at once, before anything is sent."""
    with pytest.raises(ConfigurationError, match="names no host"):
        new_client(FakeTime(), [], url)


def test_a_url_that_only_the_request_finds_wrong_is_not_repeated(world: World) -> None:
    """Nobody waits for a URL that stays wrong."""
    world.answers("GET", requests.exceptions.InvalidURL("no"))
    with pytest.raises(ConfigurationError, match="names no host"):
        world.request()
    assert world.time.slept == 0


def test_a_rate_limit_as_a_date_is_waited_out(world: World) -> None:
    """`Retry-After` as a date is measured by the answer's own clock; one in the past is not asked again at once."""
    dates = {"Date": "Wed, 25 Nov 2026 08:00:00 GMT", "Retry-After": "Wed, 25 Nov 2026 08:00:42 GMT"}
    world.answers("GET", {"status": 429, "json": envelope(429, 971), "headers": dates}, 200)
    world.request()
    assert world.time.slept == pytest.approx(42)
    past = {**dates, "Retry-After": "Wed, 25 Nov 2026 07:00:00 GMT"}
    world.answers("GET", {"status": 429, "json": envelope(429, 971), "headers": past}, 200)
    world.request()
    assert world.time.slept > 43
