"""Configuration: the only reader of the environment. Everything else is handed a `Config`."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from server.failpoints import Cut, parse_cuts
from server.origins import parse_origin

#: Ids may be 30 days old, and a partition has 30: the one in use and the one before are never taken off.
JOURNAL_DAYS_MIN = 62

#: What batches between hosts may travel over; docs/adr/0006-stream-links.md.
LINKS = ("stream", "ray")

#: Where the processes of gateway, tables and wallets would be more than the processors; docs/adr/0014-layout.md.
TOGETHER_CPUS = 2
LAYOUTS = ("together", "apart")


class ConfigError(Exception):
    """A setting is wrong; the text says which one and what it should be."""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """All settings, with the values `make run` uses on a fresh machine. Each is set by the variable beside it."""

    state: Path = Path(".state")  # CROUPIER_STATE: data of the embedded services, keys, logs
    bind: str = "127.0.0.1"  # CROUPIER_BIND: address the HTTP API and the gateways listen on
    http_port: int = 8080  # CROUPIER_HTTP_PORT
    ws_port: int = 8090  # CROUPIER_WS_PORT: first gateway; further gateways take the next ports
    dashboard_port: int = 8265  # CROUPIER_DASHBOARD_PORT: Ray's dashboard; 0 = none
    database_url: str = ""  # DATABASE_URL: empty = embedded PostgreSQL in the state folder
    # CROUPIER_SHARD_URLS: PostgreSQL of each wallet shard in order, blanks between; - = DATABASE_URL; empty = all there
    shard_urls: tuple[str, ...] = ()
    redis_url: str = ""  # REDIS_URL: empty = embedded Valkey in the state folder
    ray_address: str = ""  # RAY_ADDRESS: empty = start Ray here
    shards: int = 2  # CROUPIER_SHARDS: wallet shards, fixed when the books are made
    gateways: int = 1  # CROUPIER_GATEWAYS
    # CROUPIER_LAYOUT: together = gateway, tables and wallets in one process; apart = each in one of its own; unset = by
    # the machine, see _laid_out
    layout: str = "apart"
    standbys: int = 1  # CROUPIER_STANDBYS: second processes that stand by, of each wallet, tables and hall host, 0 or 1
    drain_s: int = 30  # CROUPIER_DRAIN_S: how long at most a host that restarts waits for what is at stake
    move_s: int = 10  # CROUPIER_MOVE_S: a gateway that restarts moves its clients within so many seconds
    rate_per_s: int = 50  # CROUPIER_RATE_PER_S: requests of one connection, four times that at once; 0 = no limit
    per_address: int = 2_000  # CROUPIER_CONNECTIONS_PER_ADDRESS: of one gateway; 0 = any number, as behind a balancer
    sessions_per_player: int = 1  # CROUPIER_SESSIONS_PER_PLAYER: the newest win; 1 = over all gateways, more = on each
    idle_s: int = 0  # CROUPIER_SESSION_IDLE_S: a session ends that has asked nothing but pings for so long; 0 = never
    session_s: int = 0  # CROUPIER_SESSION_S: how old a login may become; 0 = as old as it likes
    betting_ms: int = 0  # CROUPIER_BETTING_MS: overrides the betting window of every RNG table; 0 = the table's own
    pause_ms: int = -1  # CROUPIER_PAUSE_MS: overrides the pause between rounds of RNG tables; -1 = the table's own
    # CROUPIER_INSTANT_CYCLE_MS: least time from one round of an instant game to the next of a player; -1 = the game's own
    instant_cycle_ms: int = -1
    bonus_period_s: int = 300  # CROUPIER_BONUS_PERIOD_S: a bonus tick every so many seconds
    bonus_minor: int = 500  # CROUPIER_BONUS_MINOR: play money per tick
    welcome_minor: int = 1_000_00  # CROUPIER_WELCOME_MINOR: play money for a new player
    access_token_s: int = 900  # CROUPIER_ACCESS_TOKEN_S
    refresh_token_s: int = 30 * 86_400  # CROUPIER_REFRESH_TOKEN_S
    link: str = "stream"  # CROUPIER_LINK: what batches between hosts travel over: stream, or ray (actor calls)
    cpus: int = 2  # CROUPIER_RAY_CPUS: what the local Ray is told it has
    log_level: str = "info"  # CROUPIER_LOG_LEVEL
    tls: str = (
        ""  # CROUPIER_TLS: dev = a certificate for this machine, made in the state folder; empty = as the next two
    )
    tls_cert: Path | None = None  # CROUPIER_TLS_CERT: certificate and chain, PEM; with the next one TLS is on
    tls_key: Path | None = None  # CROUPIER_TLS_KEY: its key, PEM
    origins: tuple[str, ...] = ()  # CROUPIER_ORIGINS: where players' pages come from besides our own address
    proxies: tuple[str, ...] = ()  # CROUPIER_PROXIES: addresses or networks of proxies whose X-Forwarded-* count
    ids_key: str = ""  # CROUPIER_IDS_KEY: 64 hexadecimal digits; empty = kept in the state folder, as the next two
    token_key: str = ""  # CROUPIER_TOKEN_KEY
    refresh_key: str = ""  # CROUPIER_REFRESH_KEY
    evidence_key: str = ""  # CROUPIER_EVIDENCE_KEY: as those before
    # CROUPIER_CHECKPOINTS: second place of signed checkpoints; None = in the state folder
    checkpoints: Path | None = None
    checkpoint_s: int = 10  # CROUPIER_CHECKPOINT_S: one at most every so many seconds
    # CROUPIER_JOURNAL_DAYS: days of ids that `croupier retain` leaves in the journal; 0 = for ever
    journal_days: int = 0
    # WALLET_FAILPOINT: for tests; where wallet hosts end themselves, such as wallet/0:K5:3 (server/failpoints.py)
    failpoints: tuple[Cut, ...] = ()
    keks: str = ""  # CROUPIER_KEKS: versions of the key-encryption key, `1=HEX 2=HEX`; empty = kept in the state folder
    pii_index_key: str = ""  # CROUPIER_PII_INDEX_KEY: 64 hexadecimal digits; empty = kept in the state folder
    # CROUPIER_FAIRNESS_SALT: of chains that begin from now on, 16 - 128 letters and digits; empty = the house's entropy
    fairness_salt: str = ""
    explicit: frozenset[str] = frozenset()  # fields that the environment has set

    @property
    def has_tls(self) -> bool:
        """Whether the gateways and the HTTP API speak TLS."""
        return bool(self.tls) or self.tls_cert is not None

    @property
    def checkpoint_folder(self) -> Path:
        """Where signed checkpoints are kept besides the database."""
        return self.checkpoints or self.state / "checkpoints"

    @property
    def is_together(self) -> bool:
        """Whether gateway, tables and wallets live in one process."""
        return self.layout == "together"

    def shard_url(self, shard: int) -> str:
        """Return the PostgreSQL in which this shard keeps its books; database_url must be filled in by now."""
        return (self.shard_urls[shard] if shard < len(self.shard_urls) else "") or self.database_url

    def books(self) -> dict[str, tuple[int, ...]]:
        """Return the shards by the PostgreSQL that keeps their books, in order of the first shard."""
        found: dict[str, tuple[int, ...]] = {}
        for shard in range(self.shards):
            found[self.shard_url(shard)] = (*found.get(self.shard_url(shard), ()), shard)
        return found


VARIABLES: dict[str, str] = {
    "state": "CROUPIER_STATE",
    "bind": "CROUPIER_BIND",
    "http_port": "CROUPIER_HTTP_PORT",
    "ws_port": "CROUPIER_WS_PORT",
    "dashboard_port": "CROUPIER_DASHBOARD_PORT",
    "database_url": "DATABASE_URL",
    "shard_urls": "CROUPIER_SHARD_URLS",
    "redis_url": "REDIS_URL",
    "ray_address": "RAY_ADDRESS",
    "shards": "CROUPIER_SHARDS",
    "gateways": "CROUPIER_GATEWAYS",
    "layout": "CROUPIER_LAYOUT",
    "standbys": "CROUPIER_STANDBYS",
    "drain_s": "CROUPIER_DRAIN_S",
    "move_s": "CROUPIER_MOVE_S",
    "rate_per_s": "CROUPIER_RATE_PER_S",
    "per_address": "CROUPIER_CONNECTIONS_PER_ADDRESS",
    "sessions_per_player": "CROUPIER_SESSIONS_PER_PLAYER",
    "idle_s": "CROUPIER_SESSION_IDLE_S",
    "session_s": "CROUPIER_SESSION_S",
    "betting_ms": "CROUPIER_BETTING_MS",
    "pause_ms": "CROUPIER_PAUSE_MS",
    "instant_cycle_ms": "CROUPIER_INSTANT_CYCLE_MS",
    "bonus_period_s": "CROUPIER_BONUS_PERIOD_S",
    "bonus_minor": "CROUPIER_BONUS_MINOR",
    "welcome_minor": "CROUPIER_WELCOME_MINOR",
    "access_token_s": "CROUPIER_ACCESS_TOKEN_S",
    "refresh_token_s": "CROUPIER_REFRESH_TOKEN_S",
    "link": "CROUPIER_LINK",
    "cpus": "CROUPIER_RAY_CPUS",
    "log_level": "CROUPIER_LOG_LEVEL",
    "tls": "CROUPIER_TLS",
    "tls_cert": "CROUPIER_TLS_CERT",
    "tls_key": "CROUPIER_TLS_KEY",
    "origins": "CROUPIER_ORIGINS",
    "proxies": "CROUPIER_PROXIES",
    "ids_key": "CROUPIER_IDS_KEY",
    "token_key": "CROUPIER_TOKEN_KEY",
    "refresh_key": "CROUPIER_REFRESH_KEY",
    "evidence_key": "CROUPIER_EVIDENCE_KEY",
    "checkpoints": "CROUPIER_CHECKPOINTS",
    "checkpoint_s": "CROUPIER_CHECKPOINT_S",
    "keks": "CROUPIER_KEKS",
    "pii_index_key": "CROUPIER_PII_INDEX_KEY",
    "journal_days": "CROUPIER_JOURNAL_DAYS",
    "fairness_salt": "CROUPIER_FAIRNESS_SALT",
    "failpoints": "WALLET_FAILPOINT",
}

_RANGES: dict[str, tuple[int, int]] = {
    "http_port": (1, 65_535),
    "ws_port": (1, 65_535),
    "dashboard_port": (0, 65_535),
    "shards": (1, 1024),
    "gateways": (1, 64),
    "standbys": (0, 1),
    "drain_s": (0, 3_600),
    "move_s": (0, 3_600),
    "rate_per_s": (0, 1_000_000),
    "per_address": (0, 1_000_000),
    "sessions_per_player": (1, 16),
    "idle_s": (0, 7 * 86_400),
    "session_s": (0, 366 * 86_400),
    "betting_ms": (0, 3_600_000),
    "pause_ms": (-1, 3_600_000),
    "instant_cycle_ms": (-1, 3_600_000),
    "bonus_period_s": (1, 86_400),
    "bonus_minor": (0, 1_000_000_00),
    "welcome_minor": (0, 10**12),
    "access_token_s": (5, 86_400),
    "refresh_token_s": (60, 366 * 86_400),
    "cpus": (1, 1024),
    "checkpoint_s": (1, 3600),
    "journal_days": (0, 36_500),
}

_SCHEMES: dict[str, tuple[str, ...]] = {
    "database_url": ("postgresql", "postgres"),
    "redis_url": ("redis", "rediss", "unix"),
}
_CHOICES: dict[str, tuple[str, ...]] = {
    "log_level": ("debug", "info", "warning", "error"),
    "link": LINKS,
    "layout": LAYOUTS,
    "tls": ("dev",),
}


def load_config(environ: Mapping[str, str] | None = None) -> Config:
    """Return the settings of this environment. Raises ConfigError naming the variable that is wrong."""
    source = os.environ if environ is None else environ
    given = {
        field: _parse(field, variable, text)
        for field, variable in VARIABLES.items()
        if (text := source.get(variable, "").strip())
    }
    config = Config(**given, explicit=frozenset(given))  # type: ignore[arg-type]
    config = _laid_out(config)
    if config.shard_urls and len(config.shard_urls) != config.shards:
        counts = f"{len(config.shard_urls)} addresses, CROUPIER_SHARDS is {config.shards}"
        raise ConfigError(f"CROUPIER_SHARD_URLS must have one address for each shard: it has {counts}")
    if 0 < config.journal_days < JOURNAL_DAYS_MIN:
        raise ConfigError(f"CROUPIER_JOURNAL_DAYS must be 0 or at least {JOURNAL_DAYS_MIN}, not {config.journal_days}")
    if (config.tls_cert is None) is not (config.tls_key is None):
        raise ConfigError("CROUPIER_TLS_CERT and CROUPIER_TLS_KEY belong together; one of them is missing")
    if config.tls and config.tls_cert:
        raise ConfigError("CROUPIER_TLS=dev makes a certificate of its own; unset it, or CROUPIER_TLS_CERT and _KEY")
    for cut in config.failpoints:
        if int(cut.host.partition("/")[2]) >= config.shards:
            raise ConfigError(f"WALLET_FAILPOINT names {cut.host}, CROUPIER_SHARDS is {config.shards}")
    return config


def _laid_out(config: Config) -> Config:
    """Return the settings with a layout: unset, it is by the machine. Raises ConfigError for one that cannot be.

    Shards on servers of their own stay apart: a hall comes up only when all of them are there.
    """
    one_process = config.gateways == 1 and not config.ray_address
    if config.is_together and not one_process:
        raise ConfigError("CROUPIER_LAYOUT=together has one gateway on one machine: unset it, or set it to apart")
    is_small = len(os.sched_getaffinity(0)) <= TOGETHER_CPUS
    if "layout" not in config.explicit and one_process and not config.shard_urls and is_small:
        return msgspec.structs.replace(config, layout="together")
    return config


def misspelt_variables(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return variables that look like a setting of ours and are none, with the setting probably meant."""
    source = os.environ if environ is None else environ
    known = VARIABLES.values()
    strange = [name for name in source if name.startswith("CROUPIER_") and name not in known]
    meant = {name: difflib.get_close_matches(name, known, n=1, cutoff=0.85) for name in strange}
    return {name: matches[0] for name, matches in meant.items() if matches}


def _parse(field: str, variable: str, text: str) -> object:
    if field in _RANGES:
        return _parse_int(field, variable, text)
    if field in ("state", "checkpoints"):
        return Path(text).expanduser()
    if field in ("tls_cert", "tls_key"):
        return Path(text).expanduser().absolute()
    if field == "proxies":
        return _parse_networks(variable, text)
    if field == "origins":
        return _parse_origins(variable, text)
    if field == "shard_urls":
        return tuple("" if url == "-" else _checked_url("database_url", variable, url) for url in text.split())
    if field == "failpoints":
        return _parse_cuts(variable, text)
    if field == "fairness_salt" and not (16 <= len(text) <= 128 and text.isascii() and text.isalnum()):
        raise ConfigError(f"{variable} must be 16 to 128 letters and digits, such as the hash of a public event")
    if field in _SCHEMES:
        return _checked_url(field, variable, text)
    if field in _CHOICES and text not in _CHOICES[field]:
        raise ConfigError(f"{variable} must be one of {', '.join(_CHOICES[field])}, not {text!r}")
    return text


def _checked_url(field: str, variable: str, text: str) -> str:
    if urlsplit(text).scheme not in _SCHEMES[field]:
        raise ConfigError(f"{variable} must begin with {_SCHEMES[field][0]}://")
    return text


def _parse_networks(variable: str, text: str) -> tuple[str, ...]:
    try:
        return tuple(str(ip_network(one)) for one in text.split())
    except ValueError as error:
        raise ConfigError(f"{variable}: {error}") from None


def _parse_origins(variable: str, text: str) -> tuple[str, ...]:
    try:
        return tuple(map(parse_origin, text.split()))
    except ValueError as error:
        raise ConfigError(f"{variable}: {error}") from None


def _parse_cuts(variable: str, text: str) -> tuple[Cut, ...]:
    try:
        return parse_cuts(text)
    except ValueError as error:
        raise ConfigError(f"{variable}: {error}") from None


def _parse_int(field: str, variable: str, text: str) -> int:
    low, high = _RANGES[field]
    try:
        value = int(text)
    except ValueError:
        raise ConfigError(f"{variable} must be a whole number, not {text!r}") from None
    if not low <= value <= high:
        raise ConfigError(f"{variable} must be from {low} to {high}, not {value}")
    return value
