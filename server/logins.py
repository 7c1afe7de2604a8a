"""Which logins are over though access tokens of theirs are not: a stream in Valkey that every process reads.

A stream and no messages: who starts later, or was cut off from Valkey for a while, reads what he has missed. Kept for as long as
an access token lives. While Valkey is away nobody can log out, and who asks to is told so.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

_STREAM: Final = "logins:ended"
#: A socket of an ended login lives on for at most this long, and a round trip.
POLL_S: Final = 0.5
_PAGE: Final = 1_000

_log = structlog.get_logger("logins")


class EndedLogins:
    """See the module. on_ended: told of each, once. is_ended: what is known now."""

    def __init__(self, redis: Redis, *, keep_s: int, on_ended: Callable[[str], None] = lambda login: None) -> None:
        """keep_s: how long an access token lives, and a little more."""
        self._redis = redis
        self._keep_ms = keep_s * 1000
        self._on_ended = on_ended
        self._ended: dict[str, int] = {}  # login -> when it may be forgotten, ms
        self._last = f"{_now_ms() - self._keep_ms}-0"
        self._away = False

    def is_ended(self, login: str) -> bool:
        """Tell whether this login is over. "" is none."""
        return login in self._ended

    async def end(self, login: str) -> None:
        """Say that a login is over. Raises redis.RedisError when Valkey does not answer."""
        oldest = f"{_now_ms() - self._keep_ms}-0"
        await self._redis.xadd(_STREAM, {"login": login}, minid=oldest, approximate=True)
        self._take(login)

    async def read(self) -> None:
        """Take what was said since the last time. Raises redis.RedisError."""
        while True:
            found: Any = await self._redis.xread({_STREAM: self._last}, count=_PAGE)
            entries = found[0][1] if found else []
            for id_, fields in entries:
                self._last = id_.decode() if isinstance(id_, bytes) else id_
                login = fields.get(b"login", fields.get("login", b""))
                self._take(login.decode() if isinstance(login, bytes) else login)
            if len(entries) < _PAGE:
                break
        now_ms = _now_ms()
        for login in [login for login, until_ms in self._ended.items() if until_ms < now_ms]:
            del self._ended[login]

    async def run(self) -> None:
        """Read for ever. Valkey away: nothing new is learnt; said once."""
        while True:
            try:
                await self.read()
                self._away = False
            except (RedisError, OSError, TimeoutError) as error:
                if not self._away:
                    _log.warning("ended logins cannot be read", error=repr(error))
                self._away = True
            await asyncio.sleep(POLL_S)

    def _take(self, login: str) -> None:
        if login and login not in self._ended:
            self._ended[login] = _now_ms() + self._keep_ms
            self._on_ended(login)


async def stop_reading(task: asyncio.Task[None]) -> None:
    """End `run`."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
