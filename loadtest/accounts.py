"""Accounts of made-up players, made beforehand: a swarm that registers while it plays measures how passwords are hashed."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple

from clients.python.trust import trust
from loadtest.limits import LOADTEST_PASSWORD

_AT_ONCE: Final = 8
_TIMEOUT_S: Final = 30.0
_TRIES: Final = 30


class Account(NamedTuple):
    """A player and his access token."""

    name: str
    token: str


def call(http: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """GET, or POST JSON, for a JSON object. Raises OSError (`HTTPError` and `URLError` are)."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(http.rstrip("/") + path, data, {"Content-Type": "application/json"})
    context = trust() if http.startswith("https:") else None
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S, context=context) as answer:
        found: dict[str, Any] = json.loads(answer.read())
        return found


def ws_url(http: str) -> str:
    """Return where to open a WebSocket. Raises OSError."""
    return str(call(http, "/api/config")["ws_url"])


def enter(http: str, name: str, *, known: bool = False) -> Account:
    """Register, or log in where the name is known. A service that is away for a while is asked again. Raises OSError."""
    body = {"name": name, "password": LOADTEST_PASSWORD}
    path = "/api/login" if known else "/api/register"
    for left in reversed(range(_TRIES)):
        try:
            return Account(name, str(call(http, path, body)["access_token"]))
        except urllib.error.HTTPError as error:
            if error.code == 409:
                path = "/api/login"
            elif error.code < 500 and error.code != 429:
                raise
        except OSError:
            if not left:
                raise
        time.sleep(1.0)
    raise OSError(f"{name} could not enter at {http}")


def make(http: str, tag: str, count: int) -> list[Account]:
    """Return so many new accounts."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda number: enter(http, f"{tag}{number:05d}"), range(count)))


def save(accounts: list[Account], into: Path) -> None:
    """Write them down, one a line."""
    into.write_text("".join(f"{name} {token}\n" for name, token in accounts))


def load(file: Path) -> list[Account]:
    """Read them again."""
    return [Account(*line.split(" ", 1)) for line in file.read_text().splitlines()]
