"""Configuration: the only reader of the environment. Everything else is handed a `Config`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec


class ConfigError(Exception):
    """A setting is wrong; the text says which one and what it should be."""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """All settings, with the values that `make run` uses on a fresh machine. Each is set by the variable named beside it."""

    state: Path = Path(".state")  # CROUPIER_STATE: data of the embedded services, keys, logs
    bind: str = "127.0.0.1"  # CROUPIER_BIND: address the HTTP API and the gateways listen on
    http_port: int = 8080  # CROUPIER_HTTP_PORT
    ws_port: int = 8090  # CROUPIER_WS_PORT: first gateway; further gateways take the next ports
    dashboard_port: int = 8265  # CROUPIER_DASHBOARD_PORT: Ray's dashboard
    database_url: str = ""  # DATABASE_URL: empty = embedded PostgreSQL in the state folder
    redis_url: str = ""  # REDIS_URL: empty = embedded Valkey in the state folder
    ray_address: str = ""  # RAY_ADDRESS: empty = start Ray here
    shards: int = 2  # CROUPIER_SHARDS: wallet shards, fixed when the books are made
    gateways: int = 1  # CROUPIER_GATEWAYS
    betting_ms: int = 0  # CROUPIER_BETTING_MS: overrides the betting window of every RNG table; 0 = the table's own
    pause_ms: int = -1  # CROUPIER_PAUSE_MS: overrides the pause between rounds of RNG tables; -1 = the table's own
    bonus_period_s: int = 300  # CROUPIER_BONUS_PERIOD_S: a bonus tick every so many seconds
    bonus_minor: int = 500  # CROUPIER_BONUS_MINOR: play money per tick
    welcome_minor: int = 1_000_00  # CROUPIER_WELCOME_MINOR: play money for a new player
    access_token_s: int = 900  # CROUPIER_ACCESS_TOKEN_S
    refresh_token_s: int = 30 * 86_400  # CROUPIER_REFRESH_TOKEN_S
    cpus: int = 2  # CROUPIER_RAY_CPUS: what the local Ray is told it has
    log_level: str = "info"  # CROUPIER_LOG_LEVEL
    ids_key: str = ""  # CROUPIER_IDS_KEY: 64 hexadecimal digits; empty = kept in the state folder, as the next two
    token_key: str = ""  # CROUPIER_TOKEN_KEY
    refresh_key: str = ""  # CROUPIER_REFRESH_KEY


_VARIABLES: dict[str, str] = {
    "state": "CROUPIER_STATE",
    "bind": "CROUPIER_BIND",
    "http_port": "CROUPIER_HTTP_PORT",
    "ws_port": "CROUPIER_WS_PORT",
    "dashboard_port": "CROUPIER_DASHBOARD_PORT",
    "database_url": "DATABASE_URL",
    "redis_url": "REDIS_URL",
    "ray_address": "RAY_ADDRESS",
    "shards": "CROUPIER_SHARDS",
    "gateways": "CROUPIER_GATEWAYS",
    "betting_ms": "CROUPIER_BETTING_MS",
    "pause_ms": "CROUPIER_PAUSE_MS",
    "bonus_period_s": "CROUPIER_BONUS_PERIOD_S",
    "bonus_minor": "CROUPIER_BONUS_MINOR",
    "welcome_minor": "CROUPIER_WELCOME_MINOR",
    "access_token_s": "CROUPIER_ACCESS_TOKEN_S",
    "refresh_token_s": "CROUPIER_REFRESH_TOKEN_S",
    "cpus": "CROUPIER_RAY_CPUS",
    "log_level": "CROUPIER_LOG_LEVEL",
    "ids_key": "CROUPIER_IDS_KEY",
    "token_key": "CROUPIER_TOKEN_KEY",
    "refresh_key": "CROUPIER_REFRESH_KEY",
}


def load_config(environ: Mapping[str, str] | None = None) -> Config:
    """Return the settings of this environment. Raises ConfigError naming the variable that is wrong."""
    source = os.environ if environ is None else environ
    given: dict[str, object] = {}
    for field, variable in _VARIABLES.items():
        text = source.get(variable, "").strip()
        if not text:
            continue
        default = getattr(Config(), field)
        if isinstance(default, int):
            try:
                given[field] = int(text)
            except ValueError:
                raise ConfigError(f"{variable} must be a whole number, not {text!r}") from None
        elif isinstance(default, Path):
            given[field] = Path(text)
        else:
            given[field] = text
    return Config(**given)  # type: ignore[arg-type]
