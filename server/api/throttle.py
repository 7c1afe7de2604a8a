"""Login throttling over all API processes: failed attempts in Valkey by name and address, by name, and by address.

    counted by        without delay   then a delay of 1, 2, 4 ... s, at most   holds up
    name + address    10              15 min                                   everybody
    name              50              1 min                                    addresses unknown to the account
    address           200             1 min                                    names unknown to the address

An address from which the owner logged in within 30 days is *known* to his account: there only the first line counts, so
no stranger, however many addresses he has, keeps an owner out. One who has one address comes to the account's 50
only after days. Every attempt is counted before the password is looked at, so parallel guesses do not slip through; a
success takes its count back. An attempt that comes too early is not counted: waiting always helps. An hour after the last
attempt all is forgotten.

Valkey down: nobody logs in (503). A login could not be kept without it, and any answer would tell whether the guess was right.
"""

from __future__ import annotations

import hashlib
from typing import Final, NamedTuple, cast

from redis.asyncio import Redis


class Line(NamedTuple):
    """free: attempts without delay. delay_ms_max: the longest delay after that."""

    free: int
    delay_ms_max: int


PER_NAME_AND_ADDRESS: Final = Line(10, 900_000)
PER_NAME: Final = Line(50, 60_000)
PER_ADDRESS: Final = Line(200, 60_000)
_LINES: Final = (PER_NAME_AND_ADDRESS, PER_NAME, PER_ADDRESS)
#: Longer than any delay, or a delay would end early.
FORGOTTEN_MS: Final = 3_600_000
KNOWN_S: Final = 30 * 86_400

# KEYS: name and address, name, address, known. ARGV: FORGOTTEN_MS, then free and the longest delay of each line.
# Answers the milliseconds to wait; 0: the attempt is counted and may go on.
_ATTEMPT: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last = redis.call('EXISTS', KEYS[4]) == 1 and 1 or 3
local wait = 0
for i = 1, last do
  wait = math.max(wait, tonumber(redis.call('HGET', KEYS[i], 'ends') or '0') - now)
end
if wait > 0 then return wait end
for i = 1, last do
  local over = redis.call('HINCRBY', KEYS[i], 'n', 1) - tonumber(ARGV[2 * i])
  if over >= 0 then
    local delay = math.min(tonumber(ARGV[2 * i + 1]), 1000 * 2 ^ math.min(over, 30))
    redis.call('HSET', KEYS[i], 'ends', string.format('%.0f', now + delay))
  end
  redis.call('PEXPIRE', KEYS[i], ARGV[1])
end
return 0
"""

# KEYS as above. ARGV: KNOWN_S. Never below zero, never a counter without an end.
_SUCCESS: Final = """
redis.call('DEL', KEYS[1])
for i = 2, 3 do
  if tonumber(redis.call('HGET', KEYS[i], 'n') or '0') > 0 then
    redis.call('HINCRBY', KEYS[i], 'n', -1)
    redis.call('HDEL', KEYS[i], 'ends')
  end
end
redis.call('SET', KEYS[4], 1, 'EX', ARGV[1])
return 1
"""


class Throttle:
    """Counts failed logins. Raises redis.RedisError when Valkey does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._attempt = redis.register_script(_ATTEMPT)
        self._success = redis.register_script(_SUCCESS)

    async def attempt(self, name_key: str, address: str) -> int:
        """Count one attempt; return 0 when it may go on, else the seconds after which one may."""
        arguments = [FORGOTTEN_MS, *(number for line in _LINES for number in line)]
        wait_ms = cast("int", await self._attempt(keys=_keys(name_key, address), args=arguments))
        return -(-wait_ms // 1000)

    async def success(self, name_key: str, address: str) -> None:
        """Take the attempt back: the password was right, and the address is known to the account from now on."""
        await self._success(keys=_keys(name_key, address), args=[KNOWN_S])


def _keys(name_key: str, address: str) -> list[str]:
    pair, name = _digest(f"{name_key}|{address}"), _digest(name_key)
    return [f"login:{pair}", f"login-to:{name}", f"login-from:{address}", f"login-known:{pair}"]


def _digest(text: str) -> str:
    # A fixed length, whatever somebody sends as a name; and Valkey does not list who plays here.
    return hashlib.sha256(text.encode()).hexdigest()
