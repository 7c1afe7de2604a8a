"""The HTTP API from Python, with nothing but the standard library. Each call runs in a thread."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from typing import Any

import msgspec

from clients.python.errors import HttpError
from clients.python.trust import trust


class Login(msgspec.Struct, frozen=True):
    """A logged-in player. access_expires_s: from when it was issued. A refresh token serves once."""

    player_id: int
    name: str
    roles: tuple[str, ...]
    access_token: str
    access_expires_s: int
    refresh_token: str


class HttpApi:
    """The calls of the HTTP API. Each raises HttpError; status 0 means that nothing was reached.

    ca_file: certificates to trust instead of the system's, for https:.
    """

    def __init__(self, base_url: str, timeout_s: float = 30.0, *, ca_file: str = "") -> None:
        self.base_url = base_url.rstrip("/")
        self._timeout_s = timeout_s
        self._trust = trust(ca_file) if self.base_url.startswith("https:") else None

    async def register(self, name: str, password: str) -> Login:
        """Make a player and log him in."""
        return _login(await self.post("/api/register", {"name": name, "password": password}))

    async def login(self, name: str, password: str) -> Login:
        """Log in."""
        return _login(await self.post("/api/login", {"name": name, "password": password}))

    async def refresh(self, refresh_token: str) -> Login:
        """Exchange a refresh token for new tokens; the old one is spent."""
        return _login(await self.post("/api/refresh", {"refresh_token": refresh_token}))

    async def logout(self, refresh_token: str) -> None:
        """End the login that the token belongs to."""
        await self.post("/api/logout", {"refresh_token": refresh_token})

    async def me(self, access_token: str) -> dict[str, Any]:
        """Return who I am and what I have."""
        return await self.get("/api/me", access_token)

    async def history(self, access_token: str, before: int | None = None) -> dict[str, Any]:
        """Return a page of my history, newest first; before: `next_before` of the former page."""
        return await self.get("/api/history" + (f"?before={before}" if before is not None else ""), access_token)

    async def ws_url(self) -> str:
        """Return where to open the WebSocket."""
        return str((await self.get("/api/config"))["ws_url"])

    async def get(self, path: str, access_token: str = "") -> dict[str, Any]:
        """GET a JSON object."""
        return await asyncio.to_thread(self._call, "GET", path, None, access_token)

    async def post(self, path: str, body: dict[str, Any], access_token: str = "") -> dict[str, Any]:
        """POST a JSON object for a JSON object; an empty answer is {}."""
        return await asyncio.to_thread(self._call, "POST", path, body, access_token)

    def _call(self, method: str, path: str, body: dict[str, Any] | None, access_token: str) -> dict[str, Any]:
        headers = {"Accept": "application/json"}
        if access_token:
            headers["Authorization"] = f"Bearer {access_token}"
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        request = urllib.request.Request(self.base_url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=self._timeout_s, context=self._trust) as answer:
                return _object(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                raise _http_error(error.code, error.read()) from None
        except (urllib.error.URLError, OSError) as error:
            raise HttpError(0, "UNREACHABLE", str(error)) from error


def _object(data: bytes) -> dict[str, Any]:
    value = json.loads(data) if data else {}
    return value if isinstance(value, dict) else {"value": value}


def _http_error(status: int, data: bytes) -> HttpError:
    try:
        error = _object(data).get("error", {})
    except ValueError:
        error = {}
    if not isinstance(error, dict):
        error = {}
    return HttpError(status, str(error.get("code", "HTTP")), str(error.get("message", "")))


def _login(answer: dict[str, Any]) -> Login:
    player = answer["player"]
    return Login(
        player_id=player["player_id"],
        name=player["name"],
        roles=tuple(player["roles"]),
        access_token=answer["access_token"],
        access_expires_s=answer["access_expires_s"],
        refresh_token=answer["refresh_token"],
    )
