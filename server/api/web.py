"""The built web client: its files, and its page for every address that is a view of it."""

from __future__ import annotations

import mimetypes
from pathlib import Path, PurePosixPath
from typing import Any, Final

from litestar import HttpMethod, MediaType, Request, Response, route
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response import File

from server.api.errors import error_response

_MISSING: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Croupier</title>
<h1>The web client is not built</h1>
<p>The server runs, but <code>clients/web/dist</code> has no <code>index.html</code>. Run
<code>make web</code>, then reload.</p>
<p>The HTTP API is described at <a href="/api/schema">/api/schema</a>.</p></html>"""

#: Views of the single-page client besides "/". Other unknown addresses are honestly not found; a person who went there
#: still gets the page, which leads on to the lobby.
_VIEWS: Final = ("table", "play", "dealer", "history", "lobby", "login", "register", "rules", "staff", "verify")

_METHODS: Final = (HttpMethod.GET, HttpMethod.HEAD)

#: Vite names its assets by content, so they may be kept for ever; the page itself must be asked for again.
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_ASK_AGAIN: Final = "no-cache"


@route("/", http_method=_METHODS, include_in_schema=False)
async def web_page(state: State) -> Response[Any]:
    """Give the page of the web client."""
    return _page(state.deps.web)


@route("/{path:path}", http_method=_METHODS, include_in_schema=False)
async def web_file(state: State, path: FromPath[str], request: Request[Any, Any, Any]) -> Response[Any]:
    """Give a file of the web client, or its page for one of its views or to a browser that has lost its way."""
    root: Path = state.deps.web
    parts = PurePosixPath(path.strip("/")).parts
    found = _file(root, parts)
    if found is not None:
        return _send(found, _FOR_EVER if parts[0] == "assets" else _ASK_AGAIN)
    if parts and parts[0] in _VIEWS:
        return _page(root)
    is_lost = request.headers.get("Sec-Fetch-Mode") == "navigate" and parts[:1] != ("api",)
    return _page(root, 404) if is_lost else error_response("NOT_FOUND")


def _page(root: Path, status_code: int = 200) -> Response[Any]:
    index = root / "index.html"
    if not index.is_file():
        return Response(_MISSING, status_code=503, media_type=MediaType.HTML)
    return _send(index, _ASK_AGAIN, status_code)


def _file(root: Path, parts: tuple[str, ...]) -> Path | None:
    """Return the file at this path inside root; None when there is none, or the path tries to leave root."""
    if not parts or any(part in ("..", ".") or "\x00" in part or "\\" in part for part in parts):
        return None
    base = root.resolve()
    candidate = base.joinpath(*parts).resolve()
    return candidate if candidate.is_relative_to(base) and candidate.is_file() else None


def _send(path: Path, cache: str, status_code: int = 200) -> File:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    headers = {"Cache-Control": cache}
    return File(path, content_disposition_type="inline", media_type=kind, headers=headers, status_code=status_code)
