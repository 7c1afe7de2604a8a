"""What every HTTP answer says to browsers, and which requests of theirs are refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

from litestar import Request
from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

from server.api.errors import ApiError
from server.config import Config
from server.origins import Origins

_SAFE: Final = ("GET", "HEAD", "OPTIONS")
_YEAR_S: Final = 365 * 86_400

#: Our own scripts, styles, fonts and pictures, nothing inline and nothing evaluated; and the gateways' sockets.
_PAGE: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'{sockets}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
#: For whatever is no page: should a browser ever show it as one, it can do nothing.
_DATA: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), midi=()",
}


def socket_urls(config: Config, scheme: str, host: str, gateways: Iterable[int]) -> list[str]:
    """Return where these gateways are for a client that reached the HTTP API by this scheme and host."""
    host = f"[{host}]" if ":" in host else host
    kind = "wss" if scheme == "https" else "ws"
    return [f"{kind}://{host}:{config.ws_port + n}/" for n in gateways]


def refuse_strangers(origins: Origins) -> Callable[[Request[Any, Any, Any]], Awaitable[None]]:
    """Return what looks at each request first. Raises ApiError, before anything is read or changed."""

    async def look(request: Request[Any, Any, Any]) -> None:
        told = [] if request.method in _SAFE else request.headers.getall("origin", [])
        reason = origins.refusal(request.headers.get("host", ""), told)
        if reason:
            raise ApiError(f"{reason.upper()}_REFUSED")

    return look


def put_headers(config: Config) -> Callable[[Message, Scope], Awaitable[None]]:
    """Return what puts the headers on every answer, those to errors included."""

    async def finish(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        headers = MutableScopeHeaders(message)
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
        # Answers of the API are about one person at one moment; files of the web client say otherwise themselves.
        headers.setdefault("Cache-Control", "no-store")
        headers.setdefault("Content-Security-Policy", _policy(config, scope, headers.get("content-type", "")))
        if (
            scope["scheme"] == "https" and config.tls != "dev"
        ):  # a name such as localhost is not ours to bind for a year
            headers.setdefault("Strict-Transport-Security", f"max-age={_YEAR_S}")

    return finish


def _policy(config: Config, scope: Scope, content_type: str) -> str:
    if not content_type.startswith("text/html"):
        return _DATA
    request: Request[Any, Any, Any] = Request(scope)
    urls = socket_urls(config, scope["scheme"], request.url.hostname or config.bind, range(config.gateways))
    return _PAGE.format(sockets="".join(f" {url}" for url in urls))
