"""The betting desk of a table: orders to bet and to take back, in batches, against the round's book and the wallets.

What if this incarnation dies while a wallet is asked: the round is durable, the successor voids it with everything that
the wallets have reserved for it, and the fence keeps out what arrives later. What if an answer is lost: the bet is
UNKNOWN; the same order sent again asks the wallet again (same id, same answer), else the plan voids it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from actors.domain.bets import Bet, BetStatus, Undo
from actors.domain.commands import (
    BetPlaced,
    BetsTakenBack,
    ChipStake,
    PlaceBet,
    PlacedBet,
    Refused,
    TableAnswer,
    UndoBet,
)
from actors.domain.games.game import TableGame
from actors.domain.ids import ID_BYTES, Origin, id_ms, id_origin, is_well_formed
from actors.domain.money.orders import Done, Fate, ReadReservation, Reserve, Void
from actors.domain.refusals import Refusal
from actors.domain.round_book import RoundBook
from actors.ports import Failure, Post, StaleEpoch
from actors.table_shards import AwayShards
from actors.table_stage import Stage
from actors.table_wallets import void_order

#: How long a wallet may take to answer for a bet.
ASK_S: Final = 3.0
#: As many chips as any table takes in one order.
MAX_STRAY_CHIPS: Final = 1_000
#: Clocks of clients may be wrong by so much.
ID_AHEAD_MS: Final = 5 * 60_000
ID_AGE_MS: Final = 24 * 3_600_000

#: A wallet that says so has done nothing now. A former life of it, asked before the link broke, may have.
NOT_NOW: Final = frozenset((Refusal.BUSY, Refusal.DRAINING))

_Order = Bet | Undo
_Asked = list[tuple[RoundBook, _Order, Bet]]
_Asks = tuple[list[Reserve | Void], _Asked]

#: The version and origin of an id that a client made.
_CLIENT_BYTE: Final = 0x70 | Origin.CLIENT


def check_id(id_: bytes, now_ms: int) -> Refused | None:
    """Refuse an id no client may use, in this order: ID_CLASS_FORBIDDEN, ID_IN_FUTURE, ID_TOO_OLD."""
    if not is_well_formed(id_) or id_origin(id_) != Origin.CLIENT:
        return Refused(Refusal.ID_CLASS_FORBIDDEN)
    ahead_ms = id_ms(id_) - now_ms
    if ahead_ms > ID_AHEAD_MS:
        return Refused(Refusal.ID_IN_FUTURE)
    if ahead_ms < -ID_AGE_MS:
        return Refused(Refusal.ID_TOO_OLD)
    return None


class Work:
    """What one batch has to ask the wallets, and whose answers it gives afterwards. now_ms: when the batch came."""

    __slots__ = ("answers", "asks", "first_id", "last_id", "now_ms", "strays")

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms
        #: Ids of clients that are neither too old nor of the future lie between these two.
        self.first_id = max(0, now_ms - ID_AGE_MS).to_bytes(6, "big")
        self.last_id = (now_ms + ID_AHEAD_MS + 1).to_bytes(6, "big")
        #: By shard: orders to its wallet, and of each the round, the bet or undo whose answer depends on it, and the bet.
        self.asks: dict[int, _Asks] = {}
        self.answers: list[tuple[int, _Order]] = []
        #: Bets for rounds that this incarnation does not know: only their wallets can tell what became of them.
        self.strays: dict[int, list[tuple[int, PlaceBet]]] = {}

    def ask(self, shard: int, order: Reserve | Void, book: RoundBook, parent: _Order, bet: Bet) -> None:
        """Add one wallet order; parent is the bet or undo whose answer depends on it."""
        asks = self.asks.get(shard)
        if asks is None:
            asks = self.asks[shard] = ([], [])
        asks[0].append(order)
        asks[1].append((book, parent, bet))

    def is_sound(self, id_: bytes) -> bool:
        """Tell whether `check_id` would take this id, in one look."""
        is_one = len(id_) == ID_BYTES and id_[6] == _CLIENT_BYTE and id_[8] >> 6 == 2
        return is_one and self.first_id <= id_ < self.last_id


class BetDesk:
    """Handles PlaceBet and UndoBet. Everything before the first await runs in the order of arrival.

    A bet costs what Python makes of each line here: no task, future or coroutine of its own (docs/performance.md).
    """

    def __init__(self, stage: Stage, post: Post, key: bytes, fatal: Callable[[BaseException], None]) -> None:
        config = stage.config
        self._ccy, self._table_id, self._grace_ms = config.ccy, config.table_id, config.grace_ms
        self._max_round_bets = config.max_round_bets
        self._stage = stage
        self._post = post
        self._key = key
        self._fatal = fatal
        self._waiting: dict[_Order, asyncio.Future[None]] = {}
        self.away = AwayShards(post, stage.config.ccy)
        self.draining = False

    # ------------------------------------------------------------ before the wallets

    def place(self, index: int, order: PlaceBet, work: Work) -> TableAnswer | None:
        """Return the answer, or None and leave it to `carry_out`.

        Refusals in order: ID_CLASS_FORBIDDEN, WRONG_ROUND (unless the wallet knows the bet), ID_REUSED (or the answer
        given before), ID_IN_FUTURE, ID_TOO_OLD, DRAINING, BETTING_CLOSED, BUSY (too many bets in this round, or the
        player's shard is away), then `RoundBook.add`'s.
        """
        stage, seat, bet_id = self._stage, order.seat, order.bet_id
        bad_id = None if work.is_sound(bet_id) else check_id(bet_id, work.now_ms)
        book = stage.book
        if book is None or book.round_id != order.round_id:
            book = stage.find_book(order.round_id)
        if bad_id is not None and bad_id.code == Refusal.ID_CLASS_FORBIDDEN:
            return bad_id
        known = book.bets.get((seat.player_id, bet_id)) if book is not None else None
        if book is None or (book.is_restored and known is None):
            work.strays.setdefault(seat.shard, []).append((index, order))
            return None
        if known is not None:
            return self._place_again(index, order, work, book, known)
        refused = bad_id or self._check_open(book, order.received_ms, work.now_ms)
        if refused is not None:
            return refused
        if len(book.bets) >= self._max_round_bets or self.away.is_away(seat.shard):
            return Refused(Refusal.BUSY)
        stage.followers.seat(seat)
        bet = book.add(order, stage.last_stakes)
        if bet.answer is not None:
            return bet.answer
        self._reserve(work, book, bet)
        work.answers.append((index, bet))
        return None

    def _place_again(self, index: int, order: PlaceBet, work: Work, book: RoundBook, bet: Bet) -> TableAnswer | None:
        if not bet.repeats(order):
            return Refused(Refusal.ID_REUSED)
        taking = book.is_taking(order.received_ms, work.now_ms, self._grace_ms)
        if bet.status is BetStatus.UNKNOWN and taking and not self.away.is_away(order.seat.shard):
            book.ask_again(bet)
            self._reserve(work, book, bet)
        if bet.answer is not None:
            return bet.answer
        work.answers.append((index, bet))
        return None

    def _check_open(self, book: RoundBook, received_ms: int, now_ms: int) -> Refused | None:
        if self.draining:
            return Refused(Refusal.DRAINING)
        if not book.is_taking(received_ms, now_ms, self._grace_ms):
            return Refused(Refusal.BETTING_CLOSED)
        return None

    def _reserve(self, work: Work, book: RoundBook, bet: Bet) -> None:
        order, epoch = bet.order, self._stage.epoch
        seat = order.seat
        work.ask(
            seat.shard,
            Reserve(order.bet_id, seat.player_id, self._ccy, bet.stake_minor, book.round_id, self._table_id, epoch),
            book,
            bet,
            bet,
        )

    def undo(self, index: int, order: UndoBet, work: Work) -> TableAnswer | None:
        """Return the answer, or None and leave it to `carry_out`.

        Refusals in order: ID_CLASS_FORBIDDEN, WRONG_ROUND, ID_REUSED (or the answer given before), ID_IN_FUTURE,
        ID_TOO_OLD, DRAINING, BETTING_CLOSED, BUSY (the player's shard is away), BET_NOT_FOUND.
        """
        bad_id = check_id(order.command_id, work.now_ms)
        book = self._stage.find_book(order.round_id)
        if bad_id is not None and bad_id.code == Refusal.ID_CLASS_FORBIDDEN:
            return bad_id
        if book is None:
            return Refused(Refusal.WRONG_ROUND)
        undo = book.undos.get((order.seat.player_id, order.command_id))
        if undo is None:
            refused = bad_id or self._check_open(book, order.received_ms, work.now_ms)
            if refused is not None:
                return refused
            if self.away.is_away(order.seat.shard):
                return Refused(Refusal.BUSY)
            self._stage.followers.seat(order.seat)
            begun = book.start_undo(order)
            if isinstance(begun, Refused):
                return begun
            undo = begun
            self._void(work, book, undo)
        elif undo.order.bet_ids != order.bet_ids:
            return Refused(Refusal.ID_REUSED)
        elif undo.answer is not None:
            return undo.answer
        elif not undo.asking and not self.away.is_away(order.seat.shard):
            undo.asking = True
            self._void(work, book, undo)
        work.answers.append((index, undo))
        return None

    def _void(self, work: Work, book: RoundBook, undo: Undo) -> None:
        for bet in undo.bets:
            seat = bet.order.seat
            order = void_order(self._key, bet.order.bet_id, seat.player_id, book.ccy, book.round_id)
            work.ask(seat.shard, order, book, undo, bet)

    # ------------------------------------------------------------ with the wallets

    async def carry_out(self, work: Work, answers: list[Any]) -> None:
        """Ask every wallet of the batch once, take in what they say, and fill in the answers."""
        if work.asks:
            await self._ask(work.asks)
        for shard, strays in work.strays.items():
            questions = [ReadReservation(stray.bet_id) for _, stray in strays]
            if self.away.is_away(shard):
                replies: Sequence[Any] = [Failure.BUSY] * len(strays)
            else:
                replies = await self._post.ask_all(f"wallet/{shard}", questions, ASK_S)
                self.away.note(shard, replies)
            for (index, stray), reply in zip(strays, replies, strict=True):
                answers[index] = _answer_stray(self._stage.game, stray, reply)
        for index, order in work.answers:
            answers[index] = order.answer or await self._answer_of(order)

    def _ask(self, asks: dict[int, _Asks]) -> asyncio.Future[None]:
        """Take in what each shard says when it says so: a slow one must not make the others' bets late.

        Returns the future of the last one's answer. One future for all, and no task: batches are many.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        left = set(asks)

        def take(shard: int, replies: Sequence[Any]) -> None:
            left.discard(shard)
            try:
                self.away.note(shard, replies)
                self._take_in(asks[shard][1], replies)
            except Exception as error:  # whoever carried the answer must not be hurt: it is the batch that fails
                if not done.done():
                    done.set_exception(error)
            if not left and not done.done():
                done.set_result(None)

        for shard, (orders, _) in asks.items():
            self._post.ask(f"wallet/{shard}", orders, partial(take, shard), ASK_S)
        return done

    def _take_in(self, asked: _Asked, replies: Sequence[Any]) -> None:
        """Look again: the rounds may have been decided or voided while the wallet was asked (the book knows)."""
        undone: dict[Undo, list[tuple[Bet, Any]]] = {}
        waiting = self._waiting
        for (book, parent, bet), reply in zip(asked, replies, strict=True):
            if parent is bet:
                if type(reply) is Done:
                    book.apply_reserved(bet, reply)
                else:
                    self._apply_no(book, bet, reply)
                if waiting:
                    self._wake(bet)
            elif isinstance(parent, Undo):
                undone.setdefault(parent, []).append((bet, reply))
                if isinstance(reply, Done):
                    book.apply_voided(bet)
        for undo, results in undone.items():
            self._apply_undo(undo, results)
            self._wake(undo)
        current = self._stage.book
        if current is not None and current.changed and not current.fixed:
            self._stage.stakes_changed()

    def _apply_no(self, book: RoundBook, bet: Bet, reply: object) -> None:
        if isinstance(reply, Refused):
            if reply.code in NOT_NOW:
                book.apply_unknown(bet)
            elif reply.code == Refusal.STALE_TABLE_EPOCH:
                book.forget(bet, Refused(Refusal.BUSY))
                self._fatal(StaleEpoch(f"{self._stage.config.table_id}: a wallet knows a newer epoch"))
            else:
                book.apply_refused(bet, reply)
        elif reply is Failure.BUSY:
            book.forget(bet, Refused(Refusal.BUSY))
        else:
            book.apply_unknown(bet)

    def _apply_undo(self, undo: Undo, results: list[tuple[Bet, Any]]) -> None:
        undo.asking = False
        done = [(bet, reply) for bet, reply in results if isinstance(reply, Done)]
        if len(done) < len(results):
            return
        latest = max((reply for _, reply in done), key=lambda reply: reply.seq)
        undo.answer = BetsTakenBack(
            undo.order.round_id,
            [bet.order.bet_id for bet, _ in done],
            sum(bet.stake_minor for bet, _ in done),
            latest.seq,
            latest.cash_minor,
            latest.escrow_minor,
        )

    async def _answer_of(self, order: _Order) -> TableAnswer:
        """Return what to tell the player, waiting where another batch asks for it: the same order arrived twice."""
        while order.answer is None:
            if isinstance(order, Undo) and not order.asking:
                return Refused(Refusal.OUTCOME_UNKNOWN)
            future = self._waiting.get(order)
            if future is None:
                future = self._waiting[order] = asyncio.get_running_loop().create_future()
            await asyncio.shield(future)
        return order.answer

    def _wake(self, order: _Order) -> None:
        future = self._waiting.pop(order, None)
        if future is not None:
            future.set_result(None)


def _answer_stray(game: TableGame, order: PlaceBet, reply: object) -> TableAnswer:
    """Answer a bet for a former round by what its wallet says: sent again, it has the outcome it had.

    No reservation: it never will be one, since this table's epoch has fenced all rounds but its own. What a repeated or
    doubled bet consisted of is no longer known; its answer then has no chips.
    """
    if not isinstance(reply, Fate):
        return Refused(Refusal.OUTCOME_UNKNOWN)
    if reply.state == "none":
        return Refused(Refusal.WRONG_ROUND)
    is_sound = game.check_shape(order.chips, order.calls, MAX_STRAY_CHIPS) is None
    stakes = game.expand(order.chips, order.calls) if is_sound else {}
    is_same = order.mode != "chips" or sum(stakes.values()) == reply.amount_minor
    if reply.state == "tombstone":
        return Refused(Refusal.ALREADY_VOIDED)
    if reply.player_id != order.seat.player_id or reply.round_id != order.round_id or not is_same:
        return Refused(Refusal.ID_REUSED)
    if reply.state == "voided":
        return Refused(Refusal.ALREADY_VOIDED)
    chips = [ChipStake(position, stake) for position, stake in stakes.items()]
    bet = PlacedBet(order.bet_id, chips, reply.amount_minor)
    return BetPlaced(order.round_id, bet, order.received_ms, reply.seq, reply.cash_minor, reply.escrow_minor)
