"""Every answer that anybody was given, held against the journal replayed in the order of (shard, seq).

The replay gives each booked order again to fresh memory, in the journal's order and at its booking's time: what comes
out must be the journal's row, so no row rests on anything that did not become durable. Then each answer must be the one
that its row gives, or one of the few that leave no row; and nobody may hear of a row that is not durable yet, or find
his order booked before he sent it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from actors.domain.commands import Refused
from actors.domain.ids import id_ms
from actors.domain.money.accounts import Kind, account_id
from actors.domain.money.apply import apply, request_hash
from actors.domain.money.checks import check_form, refused
from actors.domain.money.entries import ReservationState, Row
from actors.domain.money.orders import Done, Fate, Fenced, FenceTable, ReadMoney, ReadReservation
from actors.domain.money.state import FUTURE_MS, ShardState
from actors.domain.refusals import Refusal
from actors.ports import Failure
from actors.wallet import LEASE_S
from tests.fakes.ledger import CURRENCIES, FakeBooks
from tests.simulation.witness import Exchange, shown
from tests.simulation.world import EPOCH_MS

#: These say that nothing was decided, and may be said at any time.
_AGAIN: Final = frozenset((Refusal.BUSY, Refusal.DRAINING, Refusal.OUTCOME_UNKNOWN))
_OUT_OF_TIME: Final = frozenset((Refusal.ID_TOO_OLD, Refusal.ID_IN_FUTURE))
_OLD_MS: Final = 29 * 86_400_000


class Replay:
    """A shard's journal, carried out again: its balances and reservations at every position."""

    def __init__(self, books: FakeBooks, asked: Sequence[Exchange]) -> None:
        self.books = books
        self.state = ShardState(books.shard_id, 0, 0, CURRENCIES, 0)
        self.state.first_day, self.state.end_day = books.days
        self.broken: list[str] = []
        self.answers: dict[bytes, tuple[bytes, Any]] = {}
        self._balances: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        self._reservations: defaultdict[bytes, list[tuple[int, ReservationState]]] = defaultdict(list)
        self._open: dict[str, list[tuple[int, frozenset[bytes]]]] = defaultdict(list)
        orders: dict[tuple[bytes, bytes], Any] = {}
        for one in asked:
            if not isinstance(one.message, ReadMoney | ReadReservation):
                orders.setdefault((one.message.cmd_id, request_hash(one.message)), one.message)
        self._run(orders)

    def _run(self, orders: Mapping[tuple[bytes, bytes], Any]) -> None:
        rows, at = self.books.rows, 0
        while at < len(rows):
            row = rows[at]
            order = orders.get((row.cmd_id, row.req_hash))
            if order is None:
                self._break(f"row {row.seq} ({row.code.name}) was never ordered")
                return
            self.state.epoch = row.epoch
            answer, made = apply(self.state, order, row.booked_ms)
            for stored, again in zip(rows[at : at + len(made)], made, strict=False):
                if stored != again:
                    self._break(f"row {row.seq}: the journal has {shown(stored)}, replayed it is {shown(again)}")
                    return
                self._note(stored)
            if not made or len(rows) < at + len(made):
                self._break(f"row {row.seq}: replayed, {shown(order)} books {len(made)} rows: {shown(answer)}")
                return
            self.answers[row.cmd_id] = row.req_hash, answer
            at += len(made)

    def _note(self, row: Row) -> None:
        for account, _, balance in row.legs:
            self._balances[account].append((row.seq, balance))
        if row.born is not None:
            self._reservations[row.born.reservation_id].append((row.seq, row.born.state))
        if row.closed is not None:
            self._reservations[row.closed[0]].append((row.seq, row.closed[1]))
        for changed in (row.born, self.state.reservations.get(row.closed[0]) if row.closed else None):
            if changed is not None and changed.table_id:
                now = frozenset(self.state.open_by_table.get(changed.table_id, ()))
                self._open[changed.table_id].append((row.seq, now))

    def _break(self, what: str) -> None:
        self.broken.append(f"shard {self.books.shard_id}: {what}")

    def balance(self, account: int, seq: int) -> int:
        """Return what an account had after row seq."""
        return int(_at(self._balances.get(account, []), seq, 0))

    def reservation(self, id_: bytes, seq: int) -> str:
        """Return the state of a reservation after row seq, as `Fate` names it."""
        state = _at(self._reservations.get(id_, []), seq, None)
        return "none" if state is None else str(state.name.lower())

    def was_open(self, table_id: str, ids: frozenset[bytes], first: int, last: int) -> bool:
        """Tell whether exactly these reservations of a table were open at some position first .. last."""
        history = self._open.get(table_id, [])
        start = max(bisect_right(history, first, key=lambda pair: pair[0]) - 1, 0)
        seen = [now for seq, now in history[start:] if seq <= last]
        return ids in seen or (not ids and (not history or history[0][0] > first))


def _at(history: Sequence[tuple[float, Any]], seq: float, before: Any) -> Any:
    at = bisect_right(history, seq, key=lambda pair: pair[0])
    return history[at - 1][1] if at else before


def check_replies(books: Mapping[int, FakeBooks], history: Sequence[Exchange]) -> list[str]:
    """Return every answer that the journals do not explain, as sentences."""
    broken: list[str] = []
    for shard, of_shard in books.items():
        asked = [one for one in history if one.shard == shard]
        replay = Replay(of_shard, asked)
        broken += replay.broken
        if not replay.broken:
            for one in asked:
                wrong = _wrong(one, replay)
                if wrong:
                    broken.append(f"shard {shard}, {one.asker}: {shown(one.answer)} to {shown(one.message)}: {wrong}")
            broken += _order_laws(replay, asked)
    return broken


def _wrong(one: Exchange, replay: Replay) -> str:
    """Say why the journal does not explain this answer; empty: it does."""
    answer, message = one.answer, one.message
    if answer is None or isinstance(answer, Failure) or (isinstance(answer, Refused) and answer.code in _AGAIN):
        return ""
    seq = getattr(answer, "seq", 0)
    if seq > one.answered_seq:
        return f"only {one.answered_seq} rows were durable"
    if isinstance(message, ReadMoney):
        return _wrong_money(message, answer, replay)
    if isinstance(message, ReadReservation):
        return _wrong_fate(one, message, answer, replay)
    form = check_form(replay.state, message)
    if form is not None:
        return "" if answer == refused(form) else f"its form is {form.name}"
    booked = replay.answers.get(message.cmd_id)
    if isinstance(answer, Refused) and answer.code in _OUT_OF_TIME and _may_be_out_of_time(message.cmd_id, answer, one):
        return ""
    if booked is None:
        return "nothing is booked under its id"
    if booked[0] != request_hash(message):
        return "" if answer == refused(Refusal.ID_REUSED) else "its id is another order's"
    if isinstance(answer, Fenced) and isinstance(message, FenceTable):
        return _wrong_fence(one, message, answer, booked[1], replay)
    return "" if answer == booked[1] else f"its row says {shown(booked[1])}"


def _may_be_out_of_time(id_: bytes, answer: Refused, one: Exchange) -> bool:
    """Ids are judged by the wallet's clock, at some moment between the question and the answer."""
    age_ms = EPOCH_MS + one.sent_s * 1000 - id_ms(id_)
    return age_ms > _OLD_MS if answer.code == Refusal.ID_TOO_OLD else -age_ms > FUTURE_MS - 10_000


def _wrong_money(question: ReadMoney, answer: Any, replay: Replay) -> str:
    own = account_id(question.player_id, question.ccy, 0)
    if isinstance(answer, Refused):
        return "" if answer.code == Refusal.UNKNOWN_ACCOUNT else "no such answer to a question"
    kinds = (Kind.CASH, Kind.ESCROW, Kind.BONUS)
    cash, escrow, bonus = (replay.balance(own + kind, answer.seq) for kind in kinds)
    return "" if answer == Done(answer.seq, cash, escrow, 0, bonus) else f"it was {cash}, {escrow}, {bonus}"


def _wrong_fate(one: Exchange, question: ReadReservation, answer: Any, replay: Replay) -> str:
    if not isinstance(answer, Fate):
        return "no such answer to a question"
    if answer.seq < one.sent_seq:
        return f"{one.sent_seq} rows were durable before the question"
    state = replay.reservation(question.reservation_id, answer.seq)
    if state != answer.state:
        return f"it was {state}"
    held = replay.state.reservations.get(question.reservation_id)
    if held is None or state == "none":
        return ""
    own = account_id(held.player_id, held.ccy, 0)
    cash, escrow = (replay.balance(own + kind, answer.seq) for kind in (Kind.CASH, Kind.ESCROW))
    return "" if (answer.cash_minor, answer.escrow_minor) == (cash, escrow) else f"he had {cash}, {escrow}"


def _wrong_fence(one: Exchange, order: FenceTable, answer: Fenced, booked: Any, replay: Replay) -> str:
    if not isinstance(booked, Fenced) or booked.seq != answer.seq:
        return f"its row says {shown(booked)}"
    ids = frozenset(open_.reservation_id for open_ in answer.open)
    first = max(one.sent_seq, answer.seq)
    if not replay.was_open(order.table_id, ids, first, one.answered_seq):
        return f"these were never what was open from row {first} to {one.answered_seq}"
    return ""


def _order_laws(replay: Replay, asked: Sequence[Exchange]) -> list[str]:
    """What was answered before another order was first sent has the lower seq; reads are at most a lease old."""
    broken: list[str] = []
    shard, by_id = replay.books.shard_id, replay.books.by_id
    sent: dict[bytes, Exchange] = {}
    answered: list[tuple[int, int]] = []  # moment, and the highest seq that anybody had been told by then
    told = sorted((one for one in asked if _tells_row(one)), key=lambda one: one.answered)
    for one in told:
        answered.append((one.answered, max(one.answer.seq, answered[-1][1] if answered else 0)))
    for one in asked:
        if not isinstance(one.message, ReadMoney | ReadReservation):
            sent.setdefault(one.message.cmd_id, one)
    for id_, one in sent.items():
        row = by_id.get(id_)
        before = _at(answered, one.sent, 0)
        if row is not None and row.seq <= max(before, one.sent_seq):
            broken.append(f"shard {shard}: row {row.seq} was booked before {shown(one.message)} was sent")
    return broken + _stale_reads(shard, asked, told)


def _tells_row(one: Exchange) -> bool:
    return isinstance(one.answer, Done | Fenced) and not isinstance(one.message, ReadMoney | ReadReservation)


def _stale_reads(shard: int, asked: Sequence[Exchange], told: Sequence[Exchange]) -> list[str]:
    broken: list[str] = []
    heard: list[tuple[float, int]] = []
    for one in told:
        heard.append((one.answered_s, max(one.answer.seq, heard[-1][1] if heard else 0)))
    for one in asked:
        if isinstance(one.message, ReadMoney) and isinstance(one.answer, Done):
            least = _at(heard, one.sent_s - LEASE_S, 0)
            if one.answer.seq < least:
                broken.append(f"shard {shard}: {shown(one.answer)} to {one.asker} was older than a lease: {least}")
    return broken
