"""Refresh tokens: opaque, rotating, kept hashed in Valkey, revocable.

A login starts a *family*, whose name begins with the milliseconds of its time. Each refresh replaces the family's secret;
whoever shows an older secret holds a copy (or lost our answer): the family ends, and both holders must log in again. What
Valkey loses, people log in for. The login ends with its family: its access tokens and connections too (`server/logins.py`).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from typing import Any, Final, cast

import msgspec
from redis.asyncio import Redis

from server.logins import EndedLogins

_FAMILY_BYTES: Final = 16
_SECRET_BYTES: Final = 32
_TIME_BYTES: Final = 6
_REUSED: Final = -1

# One script, so that of two refreshes with the same token exactly one wins.
# Answers {player_id} after the change, {-1} for a reused secret (the family is gone now), {-2} for no such family.
_ROTATE: Final = """
local family = redis.call('HMGET', KEYS[1], 'secret', 'player')
if not family[1] then return {-2} end
if family[1] ~= ARGV[1] then redis.call('DEL', KEYS[1]) return {-1} end
redis.call('HSET', KEYS[1], 'secret', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return {tonumber(family[2])}
"""


class Rotated(msgspec.Struct, frozen=True):
    """A refresh that succeeded: whose it is, and the token that serves next."""

    player_id: int
    token: str


class RefreshTokens:
    """The families of all players. Raises redis.RedisError when Valkey does not answer."""

    def __init__(self, redis: Redis, ended: EndedLogins, *, lifetime_s: int) -> None:
        """ended: where it is said that a login is over, so that its access tokens and sockets end with it."""
        self._redis = redis
        self._ended = ended
        self._lifetime_s = lifetime_s
        self._rotate = redis.register_script(_ROTATE)

    async def start(self, player_id: int) -> str:
        """Begin a family; return its first token."""
        now = (time.time_ns() // 1_000_000).to_bytes(_TIME_BYTES, "big")
        family, secret = now + secrets.token_bytes(_FAMILY_BYTES - _TIME_BYTES), secrets.token_bytes(_SECRET_BYTES)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(_key(family), mapping={"secret": _digest(secret), "player": str(player_id)})
            pipe.expire(_key(family), self._lifetime_s)
            await pipe.execute()
        return _encode(family, secret)

    async def rotate(self, token: str) -> Rotated | None:
        """Exchange a token for the next one; None when it is unknown, expired, revoked or was used before."""
        parts = _decode(token)
        if parts is None:
            return None
        family, secret = parts
        fresh = secrets.token_bytes(_SECRET_BYTES)
        arguments: list[str | int] = [_digest(secret), _digest(fresh), self._lifetime_s]
        answer = cast("list[Any]", await self._rotate(keys=[_key(family)], args=arguments))
        if int(answer[0]) == _REUSED:
            await self._ended.end(_login_id(family))
        return Rotated(int(answer[0]), _encode(family, fresh)) if int(answer[0]) > 0 else None

    async def revoke(self, token: str) -> None:
        """End the family of this token, whichever of its secrets it carries. Unknown ones are ended already."""
        parts = _decode(token)
        if parts is not None:
            await self._ended.end(_login_id(parts[0]))  # first: who is cut off here may not come back with this token
            await self._redis.delete(_key(parts[0]))

    async def ping(self) -> None:
        """Return when Valkey answers."""
        await self._redis.ping()


def login_of(token: str) -> tuple[str, int]:
    """Return the login that a refresh token belongs to, which says nothing of the token, and when it began, in ms."""
    parts = _decode(token)
    if parts is None:
        return "", 0
    began_ms = int.from_bytes(parts[0][:_TIME_BYTES], "big")
    return _login_id(parts[0]), began_ms if began_ms <= time.time_ns() // 1_000_000 else 0


def _login_id(family: bytes) -> str:
    return hashlib.sha256(b"login" + family).hexdigest()[:24]


def _key(family: bytes) -> str:
    # The family is hashed too: a reader of Valkey learns no part of a token.
    return "refresh:" + hashlib.sha256(family).hexdigest()


def _digest(secret: bytes) -> str:
    # The secret has 256 random bits, so a plain hash cannot be searched back.
    return hashlib.sha256(secret).hexdigest()


def _encode(family: bytes, secret: bytes) -> str:
    return base64.urlsafe_b64encode(family + secret).decode("ascii")


def _decode(token: str) -> tuple[bytes, bytes] | None:
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except ValueError:
        return None
    if len(raw) != _FAMILY_BYTES + _SECRET_BYTES:
        return None
    return raw[:_FAMILY_BYTES], raw[_FAMILY_BYTES:]
