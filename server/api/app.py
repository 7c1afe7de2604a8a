"""The HTTP API as one ASGI application."""

from __future__ import annotations

import asyncpg
from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.datastructures import MutableScopeHeaders, State
from litestar.exceptions import HTTPException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.types import Message, Scope
from redis.exceptions import RedisError

from actors.ports import StoreUnavailable
from server.api.accounts import Accounts
from server.api.deps import ApiDeps
from server.api.errors import (
    ApiError,
    answer_api_error,
    answer_bad_body,
    answer_bug,
    answer_http_exception,
    answer_outage,
)
from server.api.gateways import OpenGateways
from server.api.routes_accounts import account_routes
from server.api.routes_service import service_routes
from server.api.web import web_file, web_page

#: No request body of ours is larger.
MAX_BODY_BYTES = 16 * 1024

# wasm-unsafe-eval: libsodium's WebAssembly. ws: and wss: any host, because gateways listen on ports of their own.
# style 'unsafe-inline': style attributes set by React. blob: workers and textures of PixiJS.
_CSP = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws: wss: data: blob:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}


def create_app(deps: ApiDeps) -> Litestar:
    """Return the application: API under /api, the web client at /, and /health, /ready, /metrics."""
    return Litestar(
        route_handlers=[account_routes(), service_routes(), web_page, web_file],
        state=State(
            {
                "deps": deps,
                "accounts": Accounts(deps),
                "gateways": OpenGateways(deps.config.gateways, deps.host_status),
            }
        ),
        exception_handlers={
            ApiError: answer_api_error,
            HTTPException: answer_http_exception,
            RedisError: answer_outage,
            OSError: answer_outage,
            StoreUnavailable: answer_outage,  # the PostgreSQL of one shard
            asyncpg.PostgresConnectionError: answer_outage,
            asyncpg.OperatorInterventionError: answer_outage,  # it starts, stops, or ended our session
            asyncpg.InterfaceError: answer_outage,
            TimeoutError: answer_outage,
            # What msgspec lets through for a body that is not UTF-8, or nests without end.
            UnicodeDecodeError: answer_bad_body,
            RecursionError: answer_bad_body,
            Exception: answer_bug,
        },
        before_send=[_finish],
        request_max_body_size=MAX_BODY_BYTES,
        compression_config=CompressionConfig(backend="gzip", minimum_size=1024),
        openapi_config=OpenAPIConfig(
            title="Croupier HTTP API",
            version="1",
            path="/api/schema",
            render_plugins=[JsonRenderPlugin(path=["/", "/openapi.json"])],
        ),
        logging_config=None,
        debug=False,
    )


async def _finish(message: Message, scope: Scope) -> None:
    """Put the headers on every answer, those to errors included."""
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders(message)
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
        # Answers of the API are about one person at one moment; files of the web client say otherwise themselves.
        headers.setdefault("Cache-Control", "no-store")


__all__ = ["MAX_BODY_BYTES", "create_app"]
