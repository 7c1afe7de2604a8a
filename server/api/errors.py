"""Errors of the HTTP API: always `{"error": {"code", "message", "status"}}`, never a traceback, SQL or path."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec
import structlog
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException

_log = structlog.get_logger(__name__)


class _Entry(NamedTuple):
    status: int
    message: str


#: The registry of HTTP error codes: stable words for programs, a sentence for people.
ERRORS: Final[dict[str, _Entry]] = {
    "NAME_TAKEN": _Entry(409, "Somebody else has this name."),
    "NAME_INVALID": _Entry(400, "A name has 3 to 24 letters, digits or _ . - and starts with a letter or digit."),
    "PASSWORD_WEAK": _Entry(
        400, "A password has 8 to 128 characters, more than three different ones, and is not the name."
    ),
    "EMAIL_INVALID": _Entry(400, "This is not an e-mail address."),
    "BAD_CREDENTIALS": _Entry(401, "Name or password is wrong."),
    "TOKEN_EXPIRED": _Entry(401, "The token has expired."),
    "TOKEN_INVALID": _Entry(401, "The token is missing or not valid."),
    "FORBIDDEN": _Entry(403, "Your roles do not allow this."),
    "HOST_REFUSED": _Entry(403, "This casino is not known by that name; its operator can add it to CROUPIER_ORIGINS."),
    "ORIGIN_REFUSED": _Entry(403, "The page this came from is not this casino's."),
    "NOT_FOUND": _Entry(404, "There is nothing here."),
    "RATE_LIMITED": _Entry(429, "Too many attempts; wait and try again."),
    "UNAVAILABLE": _Entry(503, "A part of the service does not answer; try again soon."),
    "BAD_REQUEST": _Entry(400, "The request is not understood."),
    "INTERNAL": _Entry(500, "A fault of ours; it has been recorded."),
}


class ErrorBody(msgspec.Struct, frozen=True):
    """code: from the registry. message: English, for people. status: the HTTP status, repeated."""

    code: str
    message: str
    status: int


class ErrorAnswer(msgspec.Struct, frozen=True):
    """What every answer other than 2xx carries."""

    error: ErrorBody


class ApiError(Exception):
    """A request is refused with a code of the registry. retry_after_s: told in the header of that name."""

    def __init__(self, code: str, message: str = "", retry_after_s: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.message = message or ERRORS[code].message
        self.status = ERRORS[code].status
        self.retry_after_s = retry_after_s


def error_response(
    code: str, message: str = "", status: int = 0, headers: dict[str, str] | None = None
) -> Response[Any]:
    """Return the answer for a code."""
    entry = ERRORS[code]
    status = status or entry.status
    body = ErrorAnswer(ErrorBody(code, message or entry.message, status))
    return Response(body, status_code=status, headers=headers or {}, media_type=MediaType.JSON)


def answer_api_error(_: Request[Any, Any, Any], error: ApiError) -> Response[Any]:
    """Answer our own refusals."""
    headers = {"Retry-After": str(error.retry_after_s)} if error.retry_after_s else {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return error_response(error.code, error.message, headers=headers)


def answer_http_exception(_: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Answer what the framework refuses: routes, methods, bodies. Its texts stay inside; a field's name goes out."""
    if error.status_code == 404:
        return error_response("NOT_FOUND")
    if error.status_code >= 500:
        _log.error("http_fault", status=error.status_code, error=type(error).__name__)
        return error_response("INTERNAL")
    message = {405: "This method is not allowed here.", 413: "The body is too large."}.get(error.status_code, "")
    return error_response("BAD_REQUEST", message or _validation_message(error), status=error.status_code)


def answer_outage(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer while PostgreSQL or Valkey is away: retryable, and logged without what the driver says outside."""
    _log.warning("http_outage", path=request.url.path, error=type(error).__name__)
    return error_response("UNAVAILABLE", headers={"Retry-After": "2"})


def answer_bad_body(_: Request[Any, Any, Any], __: Exception) -> Response[Any]:
    """Answer a body that cannot even be read."""
    return error_response("BAD_REQUEST")


def answer_bug(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer what should not happen: logged with its traceback here, a bare code outside."""
    _log.error("http_bug", path=request.url.path, exc_info=error)
    return error_response("INTERNAL")


def _validation_message(error: HTTPException) -> str:
    extra = error.extra
    if isinstance(extra, list):
        texts = [
            f"{item.get('key', '')}: {item.get('message', '')}".strip(": ") for item in extra if isinstance(item, dict)
        ]
        return "; ".join(texts)[:300]
    return ""
