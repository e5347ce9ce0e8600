"""What a fault makes of an answer."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from . import limits
from .messages import ApiError, Response, answer, refuse

if TYPE_CHECKING:
    from .faults import Fault

_HTML = "<html><head><title>{0}</title></head><body><center><h1>Error {0}</h1></center></body></html>\n"


def interruption(fault: Fault | None) -> ApiError | None:
    """The error with which a batch fault ends a batch midway."""
    if fault is None or fault.kind not in {"batch_partial", "batch_rolled_back"}:
        return None
    message = "the batch failed"
    return refuse(message, status=fault.answer_status)


def stopped(fault: Fault) -> Response:
    """The answer to a request that the fault keeps from the API."""
    if fault.kind == "rate_limited":
        return limits.rate_limited(fault.retry_after).response()
    if fault.kind == "forbidden":
        return limits.forbidden().response()
    if fault.kind == "server_error":
        return _server_error(fault)
    return Response(0, {}, b"", broken="refused" if fault.kind == "refused" else "cut")


def spoiled(fault: Fault, response: Response) -> Response:
    """What arrives of the API's answer."""
    match fault.kind:
        case "server_error":
            return _server_error(fault)
        case "malformed":
            return answer(200, b'{"success": true, "result": [{', {"Content-Type": "application/json"})
        case "cut_after":
            return dataclasses.replace(response, body=b"", broken="cut")
        case "half_answer":
            return dataclasses.replace(response, body=response.body[: len(response.body) // 2], broken="half")
        case "slow":
            return dataclasses.replace(response, delay=fault.delay)
    return response


def _server_error(fault: Fault) -> Response:
    status = fault.answer_status
    if fault.body == "json":
        return refuse("Internal error", status=status).response()
    body = _HTML.format(status).encode() if fault.body == "html" else b""
    return answer(status, body, {"Content-Type": "text/html; charset=UTF-8"})
