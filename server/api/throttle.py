"""Login throttling: counters in Valkey per name and address, and per address.

Every attempt is counted before the password is looked at, so parallel guesses do not slip through; a success takes its
count back. Valkey down: fails closed, because a login needs Valkey for its refresh token anyway.
"""

from __future__ import annotations

import hashlib
from typing import Final, cast

from redis.asyncio import Redis

WINDOW_S: Final = 300
ATTEMPTS_PER_NAME: Final = 10
ATTEMPTS_PER_ADDRESS: Final = 200

# INCR both, start their windows, and answer {count of name, count of address, seconds until the name's window ends}.
_COUNT: Final = """
local answer = {}
for i = 1, 2 do
  answer[i] = redis.call('INCR', KEYS[i])
  if answer[i] == 1 then redis.call('EXPIRE', KEYS[i], ARGV[1]) end
end
answer[3] = redis.call('TTL', KEYS[answer[1] > tonumber(ARGV[2]) and 1 or 2])
return answer
"""

# Never below zero, never a counter without an end.
_FORGIVE: Final = """
redis.call('DEL', KEYS[1])
if tonumber(redis.call('GET', KEYS[2]) or '0') > 0 then redis.call('DECR', KEYS[2]) end
return 1
"""


class Throttle:
    """Counts failed logins. Raises redis.RedisError when Valkey does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._count = redis.register_script(_COUNT)
        self._forgive = redis.register_script(_FORGIVE)

    async def attempt(self, name_key: str, address: str) -> int:
        """Count one attempt; return 0 when it may go on, else the seconds to wait."""
        keys = _keys(name_key, address)
        by_name, by_address, ttl_s = cast("list[int]", await self._count(keys=keys, args=[WINDOW_S, ATTEMPTS_PER_NAME]))
        if by_name > ATTEMPTS_PER_NAME or by_address > ATTEMPTS_PER_ADDRESS:
            return max(1, ttl_s)
        return 0

    async def success(self, name_key: str, address: str) -> None:
        """Take the attempt back: the password was right."""
        await self._forgive(keys=_keys(name_key, address), args=[])


def _keys(name_key: str, address: str) -> list[str]:
    pair = hashlib.sha256(f"{name_key}|{address}".encode()).hexdigest()
    return [f"login:{pair}", f"login-from:{address}"]
