"""The betting desk of a table: orders to bet and to take back, in batches, against the round's book and the wallets.

What if this incarnation dies while a wallet is asked: the round is durable, the successor voids it with everything that
the wallets have reserved for it, and the fence keeps out what arrives later. What if an answer is lost: the bet is
UNKNOWN; the same order sent again asks the wallet again (same id, same answer), else the plan voids it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
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
from actors.domain.ids import Origin, id_ms, id_origin, is_well_formed
from actors.domain.money.orders import Done, Fate, ReadReservation, Reserve, Void
from actors.domain.refusals import Refusal
from actors.domain.round_book import RoundBook
from actors.ports import Clock, Failure, Post, StaleEpoch
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
    """What one batch has to ask the wallets, and whose answers it gives afterwards."""

    __slots__ = ("answers", "asked", "orders", "strays")

    def __init__(self) -> None:
        self.orders: dict[int, list[Reserve | Void]] = {}
        self.asked: dict[int, list[tuple[RoundBook, _Order, Bet]]] = {}
        self.answers: list[tuple[int, _Order]] = []
        #: Bets for rounds that this incarnation does not know: only their wallets can tell what became of them.
        self.strays: dict[int, list[tuple[int, PlaceBet]]] = {}

    def ask(self, shard: int, order: Reserve | Void, book: RoundBook, parent: _Order, bet: Bet) -> None:
        """Add one wallet order; parent is the bet or undo whose answer depends on it."""
        self.orders.setdefault(shard, []).append(order)
        self.asked.setdefault(shard, []).append((book, parent, bet))


class BetDesk:
    """Handles PlaceBet and UndoBet. Everything before the first await runs in the order of arrival."""

    def __init__(
        self, stage: Stage, post: Post, clock: Clock, key: bytes, fatal: Callable[[BaseException], None]
    ) -> None:
        self._stage = stage
        self._post = post
        self._clock = clock
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
        now_ms = self._clock.now_ms()
        bad_id = check_id(order.bet_id, now_ms)
        book = self._stage.find_book(order.round_id)
        if bad_id is not None and bad_id.code == Refusal.ID_CLASS_FORBIDDEN:
            return bad_id
        known = book.bets.get((order.seat.player_id, order.bet_id)) if book else None
        if book is None or (book.is_restored and known is None):
            work.strays.setdefault(order.seat.shard, []).append((index, order))
            return None
        if known is not None:
            return self._place_again(index, order, work, book, known)
        refused = bad_id or self._check_open(book, order.received_ms, now_ms)
        if refused is not None:
            return refused
        if len(book.bets) >= self._stage.config.max_round_bets or self.away.is_away(order.seat.shard):
            return Refused(Refusal.BUSY)
        self._stage.followers.seat(order.seat)
        bet = book.add(order, self._stage.last_stakes.get(order.seat.player_id))
        if bet.answer is not None:
            return bet.answer
        self._reserve(work, book, bet)
        work.answers.append((index, bet))
        return None

    def _place_again(self, index: int, order: PlaceBet, work: Work, book: RoundBook, bet: Bet) -> TableAnswer | None:
        if not bet.repeats(order):
            return Refused(Refusal.ID_REUSED)
        now_ms = self._clock.now_ms()
        taking = book.is_taking(order.received_ms, now_ms, self._stage.config.grace_ms)
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
        if not book.is_taking(received_ms, now_ms, self._stage.config.grace_ms):
            return Refused(Refusal.BETTING_CLOSED)
        return None

    def _reserve(self, work: Work, book: RoundBook, bet: Bet) -> None:
        order, config = bet.order, self._stage.config
        seat = order.seat
        reserve = Reserve(
            order.bet_id,
            seat.player_id,
            config.ccy,
            bet.stake_minor,
            book.round_id,
            config.table_id,
            self._stage.epoch,
        )
        work.ask(seat.shard, reserve, book, bet, bet)

    def undo(self, index: int, order: UndoBet, work: Work) -> TableAnswer | None:
        """Return the answer, or None and leave it to `carry_out`.

        Refusals in order: ID_CLASS_FORBIDDEN, WRONG_ROUND, ID_REUSED (or the answer given before), ID_IN_FUTURE,
        ID_TOO_OLD, DRAINING, BETTING_CLOSED, BUSY (the player's shard is away), BET_NOT_FOUND.
        """
        now_ms = self._clock.now_ms()
        bad_id = check_id(order.command_id, now_ms)
        book = self._stage.find_book(order.round_id)
        if bad_id is not None and bad_id.code == Refusal.ID_CLASS_FORBIDDEN:
            return bad_id
        if book is None:
            return Refused(Refusal.WRONG_ROUND)
        undo = book.undos.get((order.seat.player_id, order.command_id))
        if undo is None:
            refused = bad_id or self._check_open(book, order.received_ms, now_ms)
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
        if len(work.orders) == 1:
            await self._ask(work, next(iter(work.orders)))
        elif work.orders:
            await asyncio.gather(*(self._ask(work, shard) for shard in work.orders))
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
            # Asked by another batch: the same order arrived twice.
            while (answer := _answer_of(order)) is None:
                await self._wait(order)
            answers[index] = answer

    async def _ask(self, work: Work, shard: int) -> None:
        """Take in what one shard says when it says so: a slow one must not make the others' bets late."""
        replies = await self._post.ask_all(f"wallet/{shard}", work.orders[shard], ASK_S)
        self.away.note(shard, replies)
        self._take_in(work.asked[shard], replies)

    def _take_in(self, asked: list[tuple[RoundBook, _Order, Bet]], replies: Sequence[Any]) -> None:
        """Look again: the rounds may have been decided or voided while the wallet was asked (the book knows)."""
        undone: dict[Undo, list[tuple[Bet, Any]]] = {}
        for (book, parent, bet), reply in zip(asked, replies, strict=True):
            if isinstance(parent, Bet):
                self._apply_reserve(book, parent, reply)
                self._wake(parent)
            else:
                undone.setdefault(parent, []).append((bet, reply))
                if isinstance(reply, Done):
                    book.apply_voided(bet)
        for undo, results in undone.items():
            self._apply_undo(undo, results)
            self._wake(undo)
        current = self._stage.book
        if current is not None and current.changed and not current.fixed:
            self._stage.stakes_changed()

    def _apply_reserve(self, book: RoundBook, bet: Bet, reply: object) -> None:
        if isinstance(reply, Done):
            book.apply_reserved(bet, reply)
        elif isinstance(reply, Refused):
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

    async def _wait(self, order: _Order) -> None:
        future = self._waiting.get(order)
        if future is None:
            future = self._waiting[order] = asyncio.get_running_loop().create_future()
        await asyncio.shield(future)

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


def _answer_of(order: _Order) -> BetPlaced | BetsTakenBack | Refused | None:
    """Return what to tell the player now; None: a wallet is still being asked."""
    if order.answer is None and isinstance(order, Undo) and not order.asking:
        return Refused(Refusal.OUTCOME_UNKNOWN)
    return order.answer
