"""A table as a client knows it: a snapshot, changed by events. Law: snapshot + events = a fresh snapshot.

| event | phase becomes | also |
| --- | --- | --- |
| RoundOpened | betting | a new round: an empty layout, no bets of mine |
| TableBets | | replaces what is shown for these players |
| BetsClosed | closed | |
| NumberEntered | | a number is entered (dealers and staff) |
| FlightShown, HandsShown, CoupShown | playing | what is played is replaced |
| RoundResult | result | the number goes to the front of the history |
| RoundSettled | idle | an empty layout; if I had bets, they can be repeated |
| RoundVoided | idle | an empty layout |
| TablePaused | paused or idle | who deals |
| BetsAccepted, BetsUndone, BetsVoided (mine) | | my bets of this round |
"""

from __future__ import annotations

from typing import Final

from protocol.messages import (
    Bet,
    BetsAccepted,
    BetsClosed,
    BetsSettled,
    BetsUndone,
    BetsVoided,
    Coup,
    CoupShown,
    Flight,
    FlightShown,
    Hands,
    HandsShown,
    NumberEntered,
    RoundOpened,
    RoundResult,
    RoundSettled,
    RoundVoided,
    SeatBets,
    ServerMessage,
    TableBets,
    TablePaused,
    TableResumed,
    TableSnapshot,
)

HISTORY_MAX: Final = 50

#: Fields that events change and two views may be compared by.
_COMPARED: Final = (
    *("table_id", "title", "kind", "currency", "limits", "phase", "round_id", "round_no", "opens_ms", "closes_ms"),
    *("number", "history", "seats", "my_bets", "can_repeat", "rules_version", "dealer", "entered", "source"),
    *("game", "detail", "commitment", "flight", "hands", "coup"),
)


class TableView:
    """See the module. seats: by name. my_bets: by bet_id, oldest first. Events of other rounds change nothing."""

    def __init__(self, snapshot: TableSnapshot) -> None:
        self.table_id = snapshot.info_table_id
        self.title = snapshot.title
        self.kind = snapshot.kind
        self.currency = snapshot.currency
        self.limits = snapshot.limits
        self.phase = snapshot.phase
        self.round_id = snapshot.round_id
        self.round_no = snapshot.round_no
        self.opens_ms = snapshot.opens_ms
        self.closes_ms = snapshot.closes_ms
        self.number = snapshot.number
        self.history = list(snapshot.history)
        self.seats: dict[str, SeatBets] = {seat.name: seat for seat in snapshot.seats if seat.chips}
        self.my_bets: dict[bytes, Bet] = {bet.bet_id: bet for bet in snapshot.my_bets}
        self.can_repeat = snapshot.can_repeat
        self.rules_version = snapshot.rules_version
        self.dealer = snapshot.dealer
        self.entered = snapshot.entered
        self.source = snapshot.source
        self.game = snapshot.game
        self.detail = list(snapshot.detail)
        self.commitment = snapshot.commitment
        self.flight: Flight | None = snapshot.flight[0] if snapshot.flight else None
        self.hands: Hands | None = snapshot.hands[0] if snapshot.hands else None
        self.coup: Coup | None = snapshot.coup[0] if snapshot.coup else None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TableView):
            return NotImplemented
        return all(getattr(self, field) == getattr(other, field) for field in _COMPARED)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<TableView {self.table_id} {self.phase} round {self.round_no}>"

    @property
    def my_stake_minor(self) -> int:
        """What I have on the layout. Minor units."""
        return sum(bet.stake_minor for bet in self.my_bets.values())

    def apply(self, event: ServerMessage) -> None:
        """Fold one event into the view: a push of the table's stream, or an answer or push about my own bets."""
        match event:
            case RoundOpened():
                self._open(event)
            case TableBets():
                self._show(event)
            case BetsClosed():
                self._to_phase(event.round_id, "closed")
            case NumberEntered():
                if event.round_id == self.round_id:
                    self.entered, self.source = event.number, event.source
            case RoundResult():
                if self._to_phase(event.round_id, "result"):
                    self.number = event.number
                    self.detail = list(event.detail)
                    self.history = [event.number, *self.history][:HISTORY_MAX]
            case FlightShown():
                if self._to_phase(event.round_id, "playing"):
                    self.flight = event.flight
            case HandsShown():
                if self._to_phase(event.round_id, "playing"):
                    self.hands = event.hands
            case CoupShown():
                if self._to_phase(event.round_id, "playing"):
                    self.coup = event.coup
            case RoundSettled() | RoundVoided():
                self._end(event)
            case TablePaused():
                self._pause(event)
            case BetsAccepted() | BetsUndone() | BetsVoided():
                self._change_mine(event)
            case BetsSettled() if event.table_id == self.table_id:
                self.can_repeat = True
            case _:
                pass

    def resume(self, resumed: TableResumed) -> None:
        """Everything that was missed has been applied: this is what I have here now."""
        self.my_bets = {bet.bet_id: bet for bet in resumed.my_bets}
        self.can_repeat = resumed.can_repeat

    def _open(self, event: RoundOpened) -> None:
        self._clear()
        self.phase = "betting"
        self.round_id, self.round_no = event.round_id, event.round_no
        self.opens_ms, self.closes_ms = event.opens_ms, event.closes_ms
        self.commitment = event.commitment

    def _show(self, event: TableBets) -> None:
        if event.round_id != self.round_id:
            return
        for seat in event.seats:
            if seat.chips:
                self.seats[seat.name] = seat
            else:
                self.seats.pop(seat.name, None)

    def _to_phase(self, round_id: bytes, phase: str) -> bool:
        if round_id != self.round_id:
            return False
        self.phase = phase
        return True

    def _end(self, event: RoundSettled | RoundVoided) -> None:
        if event.round_id != self.round_id:
            return
        if isinstance(event, RoundSettled) and self.my_bets:
            self.can_repeat = True
        self._clear()
        self.phase = "idle"

    def _pause(self, event: TablePaused) -> None:
        if event.paused:
            self._clear()
        self.phase = "paused" if event.paused else "idle"
        self.dealer = event.dealer

    def _change_mine(self, event: BetsAccepted | BetsUndone | BetsVoided) -> None:
        if event.round_id != self.round_id or event.table_id != self.table_id:
            return
        if isinstance(event, BetsAccepted):
            self.my_bets.setdefault(event.bet.bet_id, event.bet)
            return
        for bet_id in event.bet_ids:
            self.my_bets.pop(bet_id, None)

    def _clear(self) -> None:
        self.round_id = b""
        self.round_no = 0
        self.opens_ms = self.closes_ms = 0
        self.number = self.entered = -1
        self.source = ""
        self.seats = {}
        self.my_bets = {}
        self.detail = []
        self.commitment = ""
        self.flight = self.hands = self.coup = None
