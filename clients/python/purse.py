"""The player's money as the messages tell it: of two, the one with the higher journal sequence is true."""

from __future__ import annotations

from protocol.messages import (
    Balance,
    BetsAccepted,
    BetsSettled,
    BetsUndone,
    BetsVoided,
    BonusGranted,
    Money,
    ServerMessage,
    SpinResult,
    TableResumed,
    TableSnapshot,
    Welcome,
)

_NET_CARRIERS = (Balance, BetsSettled, SpinResult, TableResumed, TableSnapshot, Welcome)
_CARRIERS = (*_NET_CARRIERS, BetsAccepted, BetsUndone, BetsVoided, BonusGranted)


class Purse:
    """What I have. Minor units; net_minor: wins minus stakes of the rounds settled since the session began."""

    __slots__ = ("money", "net_minor")

    def __init__(self) -> None:
        self.money = Money(0, 0, -1)
        self.net_minor = 0

    def apply(self, message: ServerMessage) -> None:
        """Take what the message says of my money, if it is not older than what is known."""
        if not isinstance(message, _CARRIERS) or message.money.seq < self.money.seq:
            return
        self.money = message.money
        if isinstance(message, _NET_CARRIERS):
            self.net_minor = message.net_minor
