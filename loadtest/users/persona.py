"""What all kinds of players have in common: a desk to speak through, a memory, and orders that are sent until answered.

Personas know neither Locust nor gevent: `Desk` is all they see of the world, and its calls may block as they like.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final, Protocol

from clients.python.state import PlayerState
from clients.python.table_view import TableView
from loadtest.memory import Accepted, Memory
from loadtest.users.machine import LoadMachine
from protocol import connection as machine
from protocol.errors import Code
from protocol.messages import (
    Acted,
    Balance,
    BetsAccepted,
    BetsUndone,
    ClientMessage,
    Error,
    GetBalance,
    JoinTable,
    Money,
    ServerMessage,
    SpinResult,
)

#: An order without a final answer is a failure after so long: hosts that were killed are back long before.
PATIENCE_S: Final = 60.0
STAKE_MINOR: Final = 100
#: How long before the end of betting a rush of bets is sent at most.
RUSH_S: Final = 0.4

#: How the machine begins to say that a server was silent for too long: an outage, and normal where hosts are killed.
_SILENCE: Final = ("no Welcome came", "nothing was heard")
#: Money that never agrees in so many looks is wrong; in fewer a push may still have been on its way.
_COMPARED_MIN: Final = 3

#: Refusals that the rules make normal for a player who acts at any moment, has other players beside him, and loses.
NORMAL: Final = frozenset(
    (
        *(Code.BETTING_CLOSED, Code.WRONG_ROUND, Code.WRONG_PHASE, Code.NOTHING_TO_REPEAT, Code.NOTHING_TO_DOUBLE),
        *(Code.BET_NOT_FOUND, Code.SEAT_TAKEN, Code.ACTION_INVALID, Code.NOT_YOUR_TURN, Code.TOO_LATE, Code.TOO_SOON),
        *(Code.INSUFFICIENT_FUNDS, Code.TABLE_LIMIT_EXCEEDED, Code.STAKE_ABOVE_MAXIMUM, Code.TOO_MANY_CHIPS),
        *(Code.ALREADY_VOIDED, Code.STALE_TABLE_EPOCH, Code.NOT_JOINED),
    )
)


class NoAnswer(Exception):
    """None came in time, or the link has stopped for good."""


class Desk(Protocol):
    """What a persona does through a connection. Times by one monotonic clock, in seconds."""

    state: PlayerState
    machine: LoadMachine

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...

    def ask(self, body: ClientMessage, timeout_s: float) -> ServerMessage:
        """Return the answer, through lost connections too. Raises NoAnswer."""
        ...

    def report(self, kind: str, since_s: float, failure: str = "") -> None:
        """Count a request of this kind that was due at since_s and is through now."""
        ...

    def refused(self, name: str) -> None:
        """Count a refusal that is no failure."""
        ...

    def server_now_ms(self) -> int: ...

    def new_id(self) -> bytes: ...

    def cut(self, away_s: float = 0.0) -> None:
        """Lose the connection, and stay away for so long."""
        ...


class Persona(ABC):
    """One player through all his visits. breaches: every law that was broken before his eyes."""

    kind = "persona"
    interval_s = 3.0
    jitter = 0.5
    tables: Sequence[str] = ()

    def __init__(self, name: str, desk: Desk, rng: random.Random) -> None:
        self.memory = Memory(name)
        self.desk = desk
        self.rng = rng
        self.table_id = rng.choice(self.tables) if self.tables else ""
        self.breaches: list[str] = []
        self.began: Money | None = None
        self.whole = True  # every personal push has come
        self.agreed = False
        self.compared = 0
        self.broken: list[str] = []
        self.lost = self.resumed = 0

    # ---------------------------------------------------------------- what happens to him

    def hear(self, event: machine.Event, news: tuple[str, ServerMessage] | None) -> None:
        """Remember an event of the machine, and the news in it."""
        match event:
            case machine.Welcomed(welcome=welcome):
                if self.began is None:
                    self.began = welcome.money
                elif not welcome.recovered:
                    self.whole = False
            case machine.Refreshed(lost=lost):
                self.lost += lost
            case machine.Resumed():
                self.resumed += 1
            case machine.Broken(detail=detail):
                self.broken.append(detail)
            case _:
                pass
        if news is not None:
            self.memory.on_push(*news)

    def breach(self, words: str) -> None:
        """Note a broken law."""
        self.breaches.append(f"{self.memory.name} ({self.kind}): {words}")

    # ---------------------------------------------------------------- what he does

    def enter(self) -> None:
        """Sit down, or do what comes before the first turn."""
        if self.table_id:
            self.request(JoinTable(self.table_id), self.desk.now())

    @abstractmethod
    def turn(self, due_s: float, *, rush: bool = False) -> None:
        """Do one thing that was due at due_s."""

    def rest(self, due_s: float) -> None:
        """Stake nothing any more; see that the money agrees with what was told."""
        if self.agreed:
            return
        self.request(GetBalance(), due_s)
        self.compared += self.can_compare()
        self.agreed = self.can_compare() and self.agrees()

    def view(self) -> TableView | None:
        """Return the table I sit at, as I know it."""
        return self.desk.state.tables.get(self.table_id)

    def request(self, body: ClientMessage, due_s: float, normal: frozenset[Code] = NORMAL) -> ServerMessage | None:
        """Ask until the answer is final; None: refused, or a failure. Reported once, from when it was due."""
        kind, began_s = type(body).__name__, self.desk.now()
        while True:
            try:
                answer = self.desk.ask(body, PATIENCE_S)
            except NoAnswer as error:
                self.memory.unsure = True
                self.desk.report(kind, due_s, str(error))
                return None
            except BaseException:  # sent away in the middle
                self.memory.unsure = True
                raise
            if not isinstance(answer, Error):
                self.desk.report(kind, due_s)
                self._note(answer)
                return answer
            if not answer.retryable or self.desk.now() - began_s > PATIENCE_S:
                known = answer.code in normal
                self.desk.report(kind, due_s, "" if known else f"{answer.name} {answer.detail}".strip())
                self.desk.refused(answer.name)
                return None
            self.desk.refused(answer.name)
            self.desk.sleep(max(0.1, answer.retry_after_ms / 1000))

    def _note(self, answer: ServerMessage) -> None:
        memory = self.memory
        match answer:
            case BetsAccepted(bet=bet):
                self._accepted(bet.bet_id, answer.round_id, answer.table_id, bet.stake_minor)
            case Acted(stake_minor=stake_minor) if stake_minor:
                self._accepted(answer.command_id, answer.round_id, answer.table_id, stake_minor)
            case BetsUndone(bet_ids=bet_ids):
                memory.undone |= set(bet_ids)
            case SpinResult():
                memory.spun[answer.spin_id] = answer.payout_minor - answer.stake_minor
            case Balance():
                pass
            case _:
                pass

    def _accepted(self, bet_id: bytes, round_id: bytes, table_id: str, stake_minor: int) -> None:
        known = self.memory.accepted.get(bet_id)
        if known is not None and known.stake_minor != stake_minor:
            self.breach(f"bet {bet_id.hex()} was accepted for {known.stake_minor} and for {stake_minor}")
        self.memory.accepted[bet_id] = Accepted(bet_id, round_id, table_id, 0, stake_minor, 0.0, self.desk.now())

    def last_moment(self, view: TableView) -> float:
        """Wait until betting is about to close, and return when that was."""
        left_s = (view.closes_ms - self.desk.server_now_ms()) / 1000 - self.rng.random() * RUSH_S
        due_s = self.desk.now() + max(0.0, left_s)
        self.desk.sleep(max(0.0, left_s))
        return due_s

    # ---------------------------------------------------------------- his law

    def can_compare(self) -> bool:
        """Tell whether I was told everything: every push has come, and every stake has its end."""
        return self.began is not None and self.whole and not self.memory.unsure and not self.memory.untold()

    def agrees(self) -> bool:
        """Tell whether my money is what I was told, bonuses since my first Welcome included, and none of it is at stake."""
        if self.began is None:
            return False
        began_minor = self.began.available_minor + self.began.reserved_minor
        bonus = sum(one.amount_minor for one in self.memory.bonus.values() if one.money.seq > self.began.seq)
        money = self.desk.state.purse.money
        return (money.available_minor, money.reserved_minor) == (self.memory.expected_minor(began_minor) + bonus, 0)

    def findings(self, *, killed: bool) -> list[str]:
        """Return every law that was broken. killed: hosts were; then what was missed may show in a snapshot instead."""
        memory, found = self.memory, list(self.breaches)
        who = f"{memory.name} ({self.kind})"
        found += [f"{who}: bet {bet_id.hex()} was told with two payouts" for bet_id in memory.told_otherwise]
        both = set(memory.settled) & (memory.voided | memory.undone)
        found += [f"{who}: bet {bet_id.hex()} was settled and given back" for bet_id in both]
        found += [f"{who}: {words}" for words in self.broken if not (killed and words.startswith(_SILENCE))]
        found += [f"{who}: tick {tick} was paid twice" for tick in memory.paid_twice]
        if self.desk.machine.gaps or self.desk.machine.duplicates:
            found.append(f"{who}: {self.desk.machine.gaps} gaps, {self.desk.machine.duplicates} duplicates")
        if self.lost and not killed:
            found.append(f"{who}: {self.lost} times begun at a snapshot, nothing was killed")
        if self.compared >= _COMPARED_MIN and self.can_compare() and not self.agreed:
            money = self.desk.state.purse.money
            found.append(f"{who}: has {money.available_minor} + {money.reserved_minor}, was told otherwise")
        return found
