"""Routes of the service itself: configuration for clients, game rules, liveness, readiness, metrics, staff lists."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import asyncpg
from litestar import HttpMethod, MediaType, Request, Response, Router, get, route
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, Parameter
from redis.exceptions import RedisError

from actors.domain.games.catalogue import GAMES
from actors.session import Identity
from protocol.envelope import PROTOCOL_VERSION
from server.api.deps import ApiDeps
from server.api.errors import error_response
from server.api.exposition import join_expositions
from server.api.identity import provide_staff
from server.api.models import PLAY_CODE, PLAY_EXPONENT, PLAY_LABEL, ClientConfig, FraudList, JackpotList, RoundList
from server.api.security import socket_urls

#: Readiness answers within this time, whatever hangs.
_READY_TIMEOUT_S = 2.0
_LIST_ROWS = 200


@get("/api/config", tags=["service"])
async def client_config(state: State, request: Request[Any, Any, Any]) -> ClientConfig:
    """Tell a client where to connect: of the gateways that take clients, each in turn; `ws_urls` has all of them."""
    deps = _deps(state)
    gateways = await state.gateways.numbers()
    urls = socket_urls(deps.config, request.url.scheme, request.url.hostname or deps.config.bind, gateways)
    state.turn = (getattr(state, "turn", -1) + 1) % len(urls)
    return ClientConfig(
        ws_url=urls[state.turn],
        protocol_version=PROTOCOL_VERSION,
        currency=PLAY_CODE,
        exponent=PLAY_EXPONENT,
        play_money=True,
        label=PLAY_LABEL,
        server_ms=deps.clock.now_ms(),
        ws_urls=urls,
    )


@get("/api/games", tags=["games"])
async def list_games() -> list[dict[str, str]]:
    """List the games of this house: name and rules in force."""
    return [{"game": name, "rules_version": game.rules_version} for name, game in GAMES.items()]


@get("/api/games/{name:str}", tags=["games"])
async def game_rules(name: FromPath[str], state: State) -> Any:
    """Give the rules of a game: text, paytable, exact returns, tables' limits. No token is needed to read them."""
    game = GAMES.get(name)
    if game is None:
        return error_response("NOT_FOUND")
    return {**game.export_rules(), "tables": await _deps(state).reports.tables(name)}


@get("/api/jackpots", tags=["games"])
async def jackpots(state: State) -> JackpotList:
    """List the jackpots with what a hit now would pay: read from the books at every call."""
    return JackpotList(list(await _deps(state).reports.jackpots()))


@route("/health", http_method=(HttpMethod.GET, HttpMethod.HEAD), tags=["service"])
async def health() -> dict[str, str]:
    """Say that this process runs. Asks nobody."""
    return {"status": "ok"}


@get("/ready", tags=["service"])
async def ready(state: State) -> Response[Any]:
    """Say whether a player could play now: PostgreSQL, Valkey and every host answer, of the gateways one.

    Else 503, naming what does not.
    """
    deps = _deps(state)
    names = ("postgres", "valkey", "hosts")
    checks = (_postgres(deps), _valkey(deps), _hosts(deps))
    results = dict(zip(names, await asyncio.gather(*checks), strict=True))
    if all(results.values()):
        return Response({"status": "ready", **results})
    missing = ", ".join(name for name, good in results.items() if not good)
    return error_response("UNAVAILABLE", f"Not ready: {missing}.")


@get("/metrics", media_type=MediaType.TEXT, include_in_schema=False)
async def metrics(state: State) -> Response[str]:
    """Give the metrics of every host in Prometheus' text format, each with a `host` label."""
    text = join_expositions(await _deps(state).host_metrics())
    return Response(text, media_type="text/plain; version=0.0.4")


@get("/api/staff/fraud", tags=["staff"])
async def staff_fraud(state: State, staff: NamedDependency[Identity]) -> FraudList:
    """List the highest antifraud scores with their reasons. Needs the role staff."""
    return FraudList(list(await _deps(state).reports.fraud(_LIST_ROWS)))


@get("/api/staff/rounds", tags=["staff"])
async def staff_rounds(
    state: State,
    staff: NamedDependency[Identity],
    table: Annotated[str, Parameter(max_length=64)] = "",
    limit: Annotated[int, Parameter(ge=1, le=_LIST_ROWS)] = 50,
) -> RoundList:
    """List the newest rounds of one table, or of all. Needs the role staff."""
    return RoundList(list(await _deps(state).reports.rounds(table, limit)))


def service_routes() -> Router:
    """Return the routes of the service, from the root."""
    return Router(
        "/",
        route_handlers=[
            client_config,
            list_games,
            game_rules,
            jackpots,
            health,
            ready,
            metrics,
            staff_fraud,
            staff_rounds,
        ],
        dependencies={"staff": Provide(provide_staff, sync_to_thread=False)},
    )


def _deps(state: State) -> ApiDeps:
    deps: ApiDeps = state.deps
    return deps


async def _postgres(deps: ApiDeps) -> bool:
    try:
        await asyncio.wait_for(deps.players.ping(), _READY_TIMEOUT_S)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    return True


async def _valkey(deps: ApiDeps) -> bool:
    try:
        await asyncio.wait_for(deps.logins.ping(), _READY_TIMEOUT_S)
    except (OSError, TimeoutError, RedisError):
        return False
    return True


async def _hosts(deps: ApiDeps) -> bool:
    try:
        hosts = await asyncio.wait_for(deps.host_status(), _READY_TIMEOUT_S)
    except TimeoutError:
        return False
    gateways = [is_well for host, is_well in hosts.items() if host.startswith("gateway/")]
    others = [is_well for host, is_well in hosts.items() if not host.startswith("gateway/")]
    return all(others) and (any(gateways) or not gateways)
