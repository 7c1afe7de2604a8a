"""The Python SDK: `CroupierClient` and what it returns and raises."""

from __future__ import annotations

from clients.python.client import CroupierClient
from clients.python.errors import ConnectionClosed, CroupierError, HttpError, OutcomeUnknown, Refused
from clients.python.http import HttpApi, Login
from clients.python.table_view import TableView

__all__ = [
    "ConnectionClosed",
    "CroupierClient",
    "CroupierError",
    "HttpApi",
    "HttpError",
    "Login",
    "OutcomeUnknown",
    "Refused",
    "TableView",
]
