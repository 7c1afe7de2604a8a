"""Who tries everything that is not allowed: each attempt must be refused in its own way, and nobody else may notice.

Orders that the rules forbid go through the usual link; bytes that no client sends go over sockets of their own (`Assault`), so
that the abuser's session is not touched.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Final, Protocol

from clients.python.table_view import TableView
from loadtest.limits import ABUSE
from loadtest.stress.malformed import KINDS
from loadtest.users.persona import PATIENCE_S, STAKE_MINOR, Desk, NoAnswer, Persona
from protocol.errors import Close, Code
from protocol.messages import (
    BetsAccepted,
    Chip,
    ClientMessage,
    DealerSit,
    Error,
    JoinTable,
    PlaceBets,
    UndoBets,
)

#: Pings at once: beyond what a connection may ask at once.
FLOOD: Final = 300
#: What may be said first: there is no round at all (its id is empty), or another one.
_BETTING: Final = (Code.BETTING_CLOSED, Code.WRONG_ROUND, Code.BAD_FIELD, Code.RATE_LIMITED)
_WRONG_CLASS: Final = 0x40


class Assault(Protocol):
    """Sockets for those who do not speak the protocol."""

    def throw(self, data: bytes) -> int:
        """Open a connection, send these bytes in place of Hello; return the close code, 0: none came, -1: no connection."""
        ...

    def flood(self, count: int) -> tuple[int, int, int]:
        """Log in as somebody else and send so many pings at once; return (answered, refused for their number, close code).

        Close code -1: no connection.
        """
        ...


class Abuser(Persona):
    """His law: whatever he tries is refused, and his money is moved by his honest orders alone. tried: by what."""

    kind = "abuser"
    interval_s = 2.0
    tables = ("roulette-2",)

    def __init__(self, name: str, desk: Desk, rng: random.Random, assault: Assault) -> None:
        super().__init__(name, desk, rng)
        self.assault = assault
        self.tried: Counter[str] = Counter()

    def turn(self, due_s: float, *, rush: bool = False) -> None:
        """See `Persona`. One attempt of any kind."""
        view = self.view()
        dice = self.rng.random()
        if view is None:
            self.enter()
        elif dice < 0.25:
            self.malformed(due_s)
        elif dice < 0.4:
            self.flood(due_s)
        elif dice < 0.65 and view.phase == "betting" and view.round_id:
            self.replay(view, due_s)
        else:
            self.forbidden(view, due_s)

    def malformed(self, due_s: float) -> None:
        """Send bytes that are no frames."""
        name = self.rng.choice(list(KINDS))
        data, expected = KINDS[name]
        code = self.assault.throw(data)
        if code == -1:
            return  # the gateway is away; nothing was tried
        self._judge("malformed", due_s, code in (expected, Close.GOING_AWAY), f"{name} was closed with {code}")

    def flood(self, due_s: float) -> None:
        """Ask more at once than anybody may."""
        answered, refused, code = self.assault.flood(FLOOD)
        if code == -1:
            return
        held = refused > 0 or code == Close.FLOOD
        self._judge("flood", due_s, held, f"{answered} of {FLOOD} answered, {refused} refused, closed with {code}")

    def replay(self, view: TableView, due_s: float) -> None:
        """Send an order again: the same must have the same answer, another under its id none."""
        order = PlaceBets(self.table_id, view.round_id, self.desk.new_id(), [Chip(1, STAKE_MINOR)])
        first = self.request(order, due_s)
        if not isinstance(first, BetsAccepted):
            return
        again = self._try(order)
        if isinstance(again, BetsAccepted):
            self._judge("replay", due_s, again.bet == first.bet, f"{again.bet} for {first.bet}")
        changed = PlaceBets(self.table_id, order.round_id, order.bet_id, [Chip(2, STAKE_MINOR)])
        # ALREADY_VOIDED: the table died in between and gave the stake back; of the former order it knows the amount only.
        self._expect("replay changed", changed, due_s, Code.ID_REUSED, Code.ALREADY_VOIDED, *_BETTING)

    def forbidden(self, view: TableView, due_s: float) -> None:
        """Send an order that the rules refuse."""
        name, body, *codes = self.rng.choice(self._orders(view))
        self._expect(name, body, due_s, *codes)

    def _orders(self, view: TableView) -> list[tuple[str, ClientMessage, *tuple[Code, ...]]]:
        def bet(chip: Chip, bet_id: bytes = b"", table_id: str = "") -> PlaceBets:
            return PlaceBets(table_id or self.table_id, view.round_id, bet_id or self.desk.new_id(), [chip])

        own = self.desk.new_id()
        strange_id = own[:6] + bytes((_WRONG_CLASS,)) + own[7:]
        too_much = view.limits.max_table_minor + 1
        limits = (Code.STAKE_ABOVE_MAXIMUM, Code.TABLE_LIMIT_EXCEEDED)
        return [
            ("over the limit", bet(Chip(1, too_much)), *limits, *_BETTING),
            ("beyond all numbers", bet(Chip(1, 2**63 - 1)), *limits, Code.STAKE_INVALID, *_BETTING),
            ("less than nothing", bet(Chip(1, -STAKE_MINOR)), Code.STAKE_INVALID, Code.STAKE_BELOW_MINIMUM, *_BETTING),
            ("off the layout", bet(Chip(9_999, STAKE_MINOR)), Code.UNKNOWN_POSITION, *_BETTING),
            ("a forged id", bet(Chip(1, STAKE_MINOR), strange_id), Code.ID_CLASS_FORBIDDEN, *_BETTING),
            ("no table", JoinTable("nowhere"), Code.UNKNOWN_TABLE, Code.RATE_LIMITED),
            ("another's bet", UndoBets(self.table_id, view.round_id, own, [own]), Code.BET_NOT_FOUND, *_BETTING),
            ("the dealer's chair", DealerSit("live-1"), Code.FORBIDDEN, Code.RATE_LIMITED),
        ]

    def _expect(self, name: str, body: ClientMessage, due_s: float, *codes: Code) -> None:
        answer = self._try(body)
        if answer is None or (isinstance(answer, Error) and answer.retryable):
            return  # what it is for was away: nothing was decided
        self._judge(name, due_s, isinstance(answer, Error) and answer.code in codes, f"was answered {answer}")
        if isinstance(answer, BetsAccepted):
            self._note(answer)

    def _try(self, body: ClientMessage) -> object:
        try:
            return self.desk.ask(body, PATIENCE_S)
        except NoAnswer:
            return None

    def _judge(self, name: str, due_s: float, refused: bool, words: str) -> None:
        self.tried[name] += 1
        self.desk.report(f"{ABUSE}{name}", due_s, "" if refused else words)
        if not refused:
            self.breach(f"{name} {words}")
