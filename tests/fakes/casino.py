"""A scripted gateway with one roulette table, for clients: pure, one object for any number of connections.

It keeps the two promises that clients build on: the same bet_id always has the same answer, and a table's pushes are
dense behind the snapshot. Tests change it between messages and read what it was asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from protocol.codec import Fault, decode_client_frame, encode_server_frame
from protocol.envelope import Kind
from protocol.errors import REGISTRY, Code
from protocol.messages import (
    Balance,
    Bet,
    BetsAccepted,
    BetsClosed,
    BetsSettled,
    BetsUndone,
    ClientMessage,
    DoubleBets,
    Error,
    GetBalance,
    Hello,
    JoinTable,
    LeaveTable,
    LeftTable,
    Limits,
    ListTables,
    Money,
    Ping,
    PlaceBets,
    Pong,
    RepeatBets,
    RoundOpened,
    RoundResult,
    RoundSettled,
    SeatBets,
    ServerMessage,
    SettledBet,
    TableBets,
    TableInfo,
    Tables,
    TableSnapshot,
    UndoBets,
    Welcome,
)

TABLE = "roulette-1"
STREAM = 3
NOW_MS = 1_759_878_905_000
LIMITS = Limits(100, 1_000_000, {1: 50_000})
INFO = TableInfo(TABLE, "roulette", "rng", "One", "PLAY", 100, 1_000_000, 1, "idle")

Reply = Callable[[bytes], None]


class ScriptedCasino:
    """See the module. silent: kinds of request that get no answer. refuse: codes to answer with instead, each once."""

    def __init__(self) -> None:
        self.asked: list[ClientMessage] = []
        self.bets: dict[bytes, BetsAccepted] = {}
        self.silent: set[type] = set()
        self.refuse: list[Code] = []
        self.sockets: list[Reply] = []
        self.seated: list[Reply] = []
        self.money = Money(100_000, 0, 1)
        self.net_minor = 0
        self.version = 0
        self.round_no = 0
        self.round_id = b""
        self.phase = "idle"
        self.number = -1
        self.history: list[int] = []
        self.personal: dict[Reply, int] = {}
        self.can_repeat = False

    # ---- sockets

    def opened(self, reply: Reply) -> None:
        """A client's socket stands."""
        self.sockets.append(reply)
        self.personal[reply] = 0

    def closed(self, reply: Reply) -> None:
        """A client's socket is gone."""
        self.sockets.remove(reply)
        if reply in self.seated:
            self.seated.remove(reply)

    def received(self, reply: Reply, data: bytes) -> None:
        """Answer one frame."""
        frame = decode_client_frame(data)
        assert not isinstance(frame, Fault), frame
        self.asked.append(frame.body)
        if type(frame.body) in self.silent:
            return
        code = self.refuse.pop(0) if self.refuse and not isinstance(frame.body, (Hello, JoinTable, Ping)) else None
        body = _error(code) if code else self._answer(reply, frame.body)
        kind = Kind.ERROR if isinstance(body, Error) else Kind.REPLY
        reply(encode_server_frame(kind, frame.ref, 0, body))

    def asked_for(self, kind: type) -> list[Any]:
        """Return the requests of this kind, oldest first."""
        return [body for body in self.asked if isinstance(body, kind)]

    # ---- the table

    def open_round(self) -> None:
        """Take bets."""
        self.round_no += 1
        self.round_id = self.round_no.to_bytes(16, "big")
        self.phase, self.number = "betting", -1
        self.bets = {}
        self.push(RoundOpened(self.round_id, self.round_no, NOW_MS, NOW_MS + 20_000, NOW_MS))

    def settle_round(self, number: int) -> None:
        """Close, decide and settle; every bet gets its stake back twice."""
        self.push(BetsClosed(self.round_id))
        self.number, self.phase = number, "result"
        self.history.insert(0, number)
        self.push(RoundResult(self.round_id, number))
        settled = [SettledBet(a.bet.bet_id, a.bet.stake_minor, 2 * a.bet.stake_minor) for a in self.bets.values()]
        stake = sum(bet.stake_minor for bet in settled)
        self.net_minor += stake
        self.money = Money(self.money.available_minor + 2 * stake, 0, self.money.seq + 1)
        if settled:
            self.can_repeat = True
            body = BetsSettled(TABLE, self.round_id, number, settled, stake, 2 * stake, self.money, self.net_minor)
            self.push_personal(body)
        self.push(RoundSettled(self.round_id, [], NOW_MS))
        self.phase, self.round_id, self.number, self.bets = "idle", b"", -1, {}

    def push(self, body: ServerMessage, *, lose: bool = False) -> None:
        """Push to everybody at the table; lose: the frame is lost, its number is not."""
        self.version += 1
        if not lose:
            for reply in self.seated:
                reply(encode_server_frame(Kind.PUSH, STREAM, self.version, body))

    def push_personal(self, body: ServerMessage) -> None:
        """Push to every connection's personal stream."""
        for reply in self.sockets:
            self.personal[reply] += 1
            reply(encode_server_frame(Kind.PUSH, 0, self.personal[reply], body))

    def snapshot(self) -> TableSnapshot:
        """Return all there is to know."""
        betting = self.phase == "betting"
        bets = [accepted.bet for accepted in self.bets.values()]
        return TableSnapshot(
            stream=STREAM,
            epoch=1,
            version=self.version,
            info_table_id=TABLE,
            title="One",
            kind="rng",
            currency="PLAY",
            limits=LIMITS,
            phase=self.phase,
            round_id=self.round_id,
            round_no=self.round_no if self.round_id else 0,
            opens_ms=NOW_MS if betting else 0,
            closes_ms=NOW_MS + 20_000 if betting else 0,
            server_ms=NOW_MS,
            number=self.number,
            history=list(self.history),
            seats=self._seats(),
            my_bets=bets,
            can_repeat=self.can_repeat,
            money=self.money,
            net_minor=self.net_minor,
            rules_version="r",
        )

    def _seats(self) -> list[SeatBets]:
        chips = [chip for accepted in self.bets.values() for chip in accepted.bet.chips]
        return [SeatBets("Ana", sum(chip.stake_minor for chip in chips), chips)] if chips else []

    # ---- answers

    def _answer(self, reply: Reply, body: ClientMessage) -> ServerMessage:
        match body:
            case Hello():
                return Welcome(7, "Ana", ["player"], "s", NOW_MS, 10, "PLAY", 2, True, self.money, 0, [INFO])
            case Ping():
                return Pong(body.client_ms, NOW_MS)
            case GetBalance():
                return Balance(self.money, self.net_minor)
            case ListTables():
                return Tables([INFO])
            case JoinTable():
                return self._join(reply, body)
            case LeaveTable():
                self.seated.remove(reply)
                return LeftTable(body.table_id)
            case PlaceBets() | RepeatBets() | DoubleBets():
                return self._place(body)
            case UndoBets():
                return self._undo(body)
            case _:
                return _error(Code.FORBIDDEN)

    def _join(self, reply: Reply, body: JoinTable) -> ServerMessage:
        if body.table_id != TABLE:
            return _error(Code.UNKNOWN_TABLE)
        if reply not in self.seated:
            self.seated.append(reply)
        return self.snapshot()

    def _place(self, body: PlaceBets | RepeatBets | DoubleBets) -> ServerMessage:
        if body.bet_id in self.bets:
            return self.bets[body.bet_id]
        if self.phase != "betting" or body.round_id != self.round_id:
            return _error(Code.BETTING_CLOSED)
        chips = body.chips if isinstance(body, PlaceBets) else []
        stake = sum(chip.stake_minor for chip in chips)
        if stake > self.money.available_minor:
            return _error(Code.INSUFFICIENT_FUNDS)
        self.money = Money(self.money.available_minor - stake, self.money.reserved_minor + stake, self.money.seq + 1)
        bet = Bet(body.bet_id, chips, stake)
        accepted = self.bets[body.bet_id] = BetsAccepted(TABLE, self.round_id, bet, NOW_MS, self.money)
        self.push(TableBets(self.round_id, self._seats()))
        return accepted

    def _undo(self, body: UndoBets) -> ServerMessage:
        bet_ids = body.bet_ids or list(self.bets)
        back = sum(self.bets.pop(bet_id).bet.stake_minor for bet_id in bet_ids)
        self.money = Money(self.money.available_minor + back, self.money.reserved_minor - back, self.money.seq + 1)
        self.push(TableBets(self.round_id, self._seats() or [SeatBets("Ana", 0, [])]))
        return BetsUndone(TABLE, self.round_id, bet_ids, back, self.money)


def _error(code: Code) -> Error:
    return Error(code, code.name, REGISTRY[code].retryable)
