"""How a gateway's clients leave it before it ends: told when to come back, batch by batch, the idle ones first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from actors.ports import Entropy
from protocol import messages as wire
from protocol.errors import Close
from server.gateway.client import Client

#: A stable word of the protocol: another process takes this connection's place.
RESTART: Final = "restart"
STEP_S: Final = 0.1
#: Where another process is there already, a client comes back at a moment of its own within this time.
SOON_MS: Final = 500
#: When the whole casino stops, clients look for it again from, and within, so much later.
LATER_MS: Final = (1_000, 5_000)
#: Who still waits for an answer is moved last, and after so long whatever he waits for: he asks again elsewhere.
PENDING_S: Final = 5.0


def say_goodbye(client: Client, after_ms: int) -> None:
    """Tell a client when to come back, and close its connection. After it nothing can be said to it."""
    client.push_personal(wire.Reconnect(after_ms, RESTART))
    client.connection.close(Close.GOING_AWAY, RESTART)


async def move_clients(clients: Callable[[], Sequence[Client]], spread_s: float, entropy: Entropy) -> None:
    """Say goodbye to everybody, evenly over spread_s and in a random order; return when the last one was told.

    clients: those that are connected now. No new ones come meanwhile. Cancelled: those left stay. Repeating: harmless.
    """
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    total = len(clients())
    while waiting := _in_random_order(clients(), entropy):
        passed_s = loop.time() - began_s
        due = total if passed_s >= spread_s else int(total * passed_s / spread_s)
        ready = waiting if passed_s >= spread_s + PENDING_S else [client for client in waiting if not is_busy(client)]
        for client in ready[: max(0, due - (total - len(waiting)))]:
            say_goodbye(client, entropy.below(SOON_MS))
        await asyncio.sleep(STEP_S)


def is_busy(client: Client) -> bool:
    """Tell whether a client waits for an answer, or has yet to be welcomed or turned away."""
    return client.session is None or client.session.pending > 0


def later_ms(entropy: Entropy) -> int:
    """Return when a client may look for a casino that stops now."""
    first, last = LATER_MS
    return first + entropy.below(last - first)


def _in_random_order(clients: Sequence[Client], entropy: Entropy) -> list[Client]:
    """Return the open ones, shuffled: the order of arrival is that of the last storm."""
    left = [client for client in clients if client.is_open]
    for last in range(len(left) - 1, 0, -1):
        other = entropy.below(last + 1)
        left[last], left[other] = left[other], left[last]
    return left
