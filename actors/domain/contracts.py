"""What may be said to which kind of actor, and what it may answer: the runtime's courier encodes by this."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from actors.domain import commands, events, spins
from actors.domain.money import orders


class Contract(NamedTuple):
    """inbox and answers: the (union of) struct types that an address of this kind takes and gives."""

    inbox: Any
    answers: Any


#: By the part of an address before "/".
CONTRACTS: Final[dict[str, Contract]] = {
    "wallet": Contract(orders.WalletMessage, orders.WalletAnswer),
    "table": Contract(commands.TableMessage, commands.TableAnswer | events.TableMissed),
    "instant": Contract(spins.InstantMessage, spins.InstantAnswer),
    "gateway": Contract(events.GatewayMessage, commands.Noted),
    "supervisor": Contract(events.SupervisorMessage, commands.Noted | events.JackpotTaken | commands.Refused),
}
