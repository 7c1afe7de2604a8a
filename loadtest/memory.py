"""What a player was told of his money: his side of the law that every accepted stake has one end, as told."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from protocol.messages import BetsSettled, BetsVoided, BonusGranted, ServerMessage


class Accepted(NamedTuple):
    """A bet that the server called accepted. Times by `time.monotonic`; sent_s: of the attempt that was answered."""

    bet_id: bytes
    round_id: bytes
    table_id: str
    shard: int
    stake_minor: int
    sent_s: float
    answered_s: float


class Memory:
    """settled: payout by bet; voided, undone: bets; spun: what each round of an instant game won or lost; told: how
    often each bet's end was announced; bonus: what each tick paid; paid_twice: ticks that were told again;
    told_otherwise: bets that were told again with another payout.

    heard: pushes by kind. orders, answers: orders to bet that were begun, and those with a final answer.
    unsure: an order was given up before its answer, so that money may have moved that nobody was told of.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.accepted: dict[bytes, Accepted] = {}
        self.settled: dict[bytes, int] = {}
        self.voided: set[bytes] = set()
        self.undone: set[bytes] = set()
        self.spun: dict[bytes, int] = {}
        self.bonus: dict[int, BonusGranted] = {}
        self.paid_twice: list[int] = []
        self.told_otherwise: list[bytes] = []
        self.told: Counter[bytes] = Counter()
        self.heard: Counter[str] = Counter()
        self.orders = self.answers = 0
        self.unsure = False

    def on_push(self, _table_id: str, message: ServerMessage) -> None:
        """Remember what happened to my bets."""
        self.heard[type(message).__name__] += 1
        match message:
            case BetsSettled():
                for bet in message.bets:
                    if self.settled.setdefault(bet.bet_id, bet.payout_minor) != bet.payout_minor:
                        self.told_otherwise.append(bet.bet_id)
                self.told.update(bet.bet_id for bet in message.bets)
            case BetsVoided():
                self.voided |= set(message.bet_ids)
                self.told.update(message.bet_ids)
            case BonusGranted():
                if message.tick in self.bonus:
                    self.paid_twice.append(message.tick)
                self.bonus[message.tick] = message
            case _:
                pass

    def untold(self) -> set[bytes]:
        """Return the accepted bets whose end nobody has told me."""
        return set(self.accepted) - set(self.settled) - self.voided - self.undone

    def told_again(self) -> int:
        """Return how many ends were announced more than once: one that may have been missed is told again."""
        return sum(times > 1 for times in self.told.values())

    def expected_minor(self, welcome_minor: int) -> int:
        """Return what I should have by all that I was told, bonuses aside."""
        paid = sum(self.settled.get(bet_id, 0) - self.accepted[bet_id].stake_minor for bet_id in self._counting())
        return welcome_minor + paid + sum(self.spun.values())

    def _counting(self) -> set[bytes]:
        return set(self.accepted) - self.voided - self.undone
