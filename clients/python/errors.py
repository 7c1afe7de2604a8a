"""What can go wrong for a user of the SDK."""

from __future__ import annotations

from protocol.errors import CLOSE_MEANINGS, Close, Code
from protocol.messages import Error


class CroupierError(Exception):
    """The base of all others."""


class Refused(CroupierError):
    """The server said no, and the money has not moved. code: from the registry; compare with `protocol.errors.Code`."""

    def __init__(self, error: Error) -> None:
        super().__init__(f"{error.name} ({error.code})" + (f": {error.detail}" if error.detail else ""))
        self.error = error
        self.code = error.code
        self.name = error.name
        self.retryable = error.retryable

    def is_(self, code: Code) -> bool:
        """Tell whether this refusal has the code."""
        return self.code == code


class OutcomeUnknown(CroupierError):
    """No answer came in time: the order may or may not have been carried out. Send it again with the same id."""


class ConnectionClosed(CroupierError):
    """The client has stopped and will not connect again. code: the WebSocket close code, 0 if closed by ourselves."""

    def __init__(self, code: int, reason: str) -> None:
        known = CLOSE_MEANINGS[Close(code)] if code in set(Close) else ""
        super().__init__(f"{code} {known or reason}".strip())
        self.code = code


class HttpError(CroupierError):
    """The HTTP API refused. code: a stable word such as "BAD_CREDENTIALS"; status: of HTTP, 0 if it was not reached."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
