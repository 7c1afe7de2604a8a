"""The HTTP API as one ASGI application."""

from __future__ import annotations

import asyncpg
from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
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
from server.api.routes_fairness import fairness_routes
from server.api.routes_rounds import round_routes
from server.api.routes_service import service_routes
from server.api.security import put_headers, refuse_strangers
from server.api.web import web_file, web_page

#: No request body of ours is larger.
MAX_BODY_BYTES = 16 * 1024


def create_app(deps: ApiDeps) -> Litestar:
    """Return the application: API under /api, the web client at /, and /health, /ready, /metrics."""
    return Litestar(
        route_handlers=[account_routes(), service_routes(), fairness_routes(), round_routes(), web_page, web_file],
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
        before_request=refuse_strangers(deps.origins),
        before_send=[put_headers(deps.config)],
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


__all__ = ["MAX_BODY_BYTES", "create_app"]
