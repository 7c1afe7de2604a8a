"""The HTTP API on real services: PostgreSQL, Valkey, and the hosts behind the post."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import asyncpg
from redis.asyncio import Redis

from actors.ports import Clock, Post
from server.api.deps import ApiDeps, HostMetrics, HostStatus
from server.api.refresh import RefreshTokens
from server.api.throttle import Throttle
from server.config import Config
from server.entropy import LibsodiumEntropy
from server.evidence import EvidenceSigner
from server.logins import EndedLogins
from server.origins import Origins
from server.passwords import Passwords
from server.secrets import Secrets
from server.storage.chains import PostgresChains
from server.storage.player_rounds import PostgresPlayerRounds
from server.storage.players import PostgresPlayers
from server.storage.recall import PostgresRecall
from server.storage.receipts import PostgresReceipts
from server.storage.reports import PostgresReports
from server.storage.shards import Books
from server.storage.vault import PostgresVault
from server.tokens import Tokens
from server.vault.keys import VaultKeys
from server.vault.seeds import SeedSealer
from server.vault.vault import Vault

#: Where `make web` puts the client.
WEB_FOLDER: Final = Path(__file__).resolve().parents[2] / "clients" / "web" / "dist"


def build_deps(
    config: Config,
    secrets: Secrets,
    pool: asyncpg.Pool,
    books: Books,
    redis: Redis,
    post: Post,
    clock: Clock,
    *,
    ended: EndedLogins,
    origins: Origins,
    host_status: HostStatus,
    host_metrics: HostMetrics,
) -> ApiDeps:
    """Return what `create_app` needs. The caller owns pool, books and redis, and closes `deps.passwords` at the end."""
    return ApiDeps(
        config=config,
        players=PostgresPlayers(pool),
        reports=PostgresReports(pool, books),
        receipts=PostgresReceipts(books, EvidenceSigner(secrets.evidence)),
        chains=PostgresChains(pool),
        recall=PostgresRecall(pool),
        player_rounds=PostgresPlayerRounds(pool, books, SeedSealer(VaultKeys(config), LibsodiumEntropy())),
        passwords=Passwords(),
        tokens=Tokens(secrets.token, lifetime_s=config.access_token_s, now_ms=clock.now_ms),
        post=post,
        clock=clock,
        logins=RefreshTokens(redis, ended, lifetime_s=config.refresh_token_s),
        is_ended=ended.is_ended,
        throttle=Throttle(redis),
        key=secrets.ids,
        vault=Vault(PostgresVault(pool), VaultKeys(config), LibsodiumEntropy()),
        origins=origins,
        host_status=host_status,
        host_metrics=host_metrics,
        web=WEB_FOLDER,
    )
