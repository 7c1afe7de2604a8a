"""What the hosts at the edge are made of: gateways and the HTTP API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from actors.session import Identity

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from server.gateway.gateway import Gateway
    from server.hosts import Site
    from server.logins import EndedLogins


def _redis(site: Site) -> Redis:
    """Return a client of Valkey that is closed with the host."""
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    # After a restart of Valkey each pooled connection finds out only when it is used; a fresh one then serves.
    redis = Redis.from_url(site.config.redis_url, retry=Retry(NoBackoff(), 1))
    site.stack.push_async_callback(redis.aclose)
    return redis


def _ended_logins(site: Site, redis: Redis, on_ended: Callable[[str], None]) -> EndedLogins:
    """Return the logins that are over, which are read as long as the host lives."""
    from server.logins import EndedLogins, stop_reading
    from server.tokens import SKEW_S

    ended = EndedLogins(redis, keep_s=site.config.access_token_s + SKEW_S, on_ended=on_ended)
    site.stack.push_async_callback(stop_reading, asyncio.ensure_future(ended.run()))
    return ended


async def build_gateway(site: Site) -> None:
    """The WebSocket listener and the sessions of its connections."""
    gateway = await open_gateway(site, site.spec.process, site.spec.number)
    site.drain = lambda: gateway.drain(site.config.move_s)
    site.left = lambda: f"{gateway.connections} of its connections to move"


async def open_gateway(site: Site, address: str, number: int = 0) -> Gateway:
    """Let a gateway listen and be reached; it is stopped with the host."""
    from server.gateway.gateway import Gateway
    from server.gateway.limits import GatewaySettings
    from server.tokens import LoginEnded, Tokens

    await site.follow_placement(await site.pool())
    config = site.config
    tokens = Tokens(site.spec.secrets.token, lifetime_s=config.access_token_s, now_ms=site.clock.now_ms)
    ended = _ended_logins(site, _redis(site), lambda login: gateway.end_login(login))

    def verify(token: str) -> Identity:
        identity = tokens.verify(token)
        if ended.is_ended(identity.login):
            raise LoginEnded
        return identity

    gateway = Gateway(
        address,
        config.bind,
        config.ws_port + number,
        site.post,
        site.clock,
        verify_token=verify,
        tables=lambda: site.directory.tables(),
        settings=GatewaySettings(
            rate_per_s=config.rate_per_s,
            rate_burst=4 * config.rate_per_s,
            share_port=True,
            origins=site.origins(),
            per_address=config.per_address,
            sessions_per_player=config.sessions_per_player,
            idle_s=config.idle_s,
            session_s=config.session_s,
        ),
        gateways=lambda: site.spec.gateways,
        certificate=await site.certificate(),
    )
    # A gateway's state is its connections: a bug in one batch is logged and counted, and cuts nobody off.
    site.host.on_bug_of("gateway", lambda _address, _error: None)
    await site.add(address, gateway)
    return gateway


async def build_api(site: Site) -> None:
    """The HTTP API."""
    from server.actor_refs import RayHosts
    from server.api.app import create_app
    from server.api.build import build_deps
    from server.api.serve import ApiServer

    pool = await site.pool()
    await site.follow_placement(pool)
    redis = _redis(site)
    hosts = RayHosts(site.spec.all_processes)
    deps = build_deps(
        site.config,
        site.spec.secrets,
        pool,
        site.books(pool),
        redis,
        site.post,
        site.clock,
        ended=_ended_logins(site, redis, lambda login: None),
        origins=site.origins(),
        host_status=hosts.ready,
        host_metrics=hosts.expositions,
    )
    server = ApiServer(
        create_app(deps),
        site.config.bind,
        site.config.http_port,
        await site.certificate(),
        share_port=True,
        proxies=site.config.proxies,
    )
    await server.start()
    site.stack.push_async_callback(server.stop)
