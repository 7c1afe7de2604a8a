"""A round that is played between its last bet and its result: crash, blackjack. One play at a time.

Store first, then tell: a step is a row in the round store before anyone hears of it. What if this incarnation dies: the
successor has how the play began and every step, and goes on (`go_on`); a stake put down for a step that did not become
durable is voided by the take-over. Twice: an order is known by its id and answered as before. Late: an order is judged by
when its gateway received it. A wallet that does not answer in time: the stake is voided with the plan, nothing counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from actors.domain.commands import Act, Acted, Refused, Seat
from actors.domain.games.game import Outcome, Play, PlayBet, PlayGame, Step
from actors.domain.money.orders import Done, Reserve
from actors.domain.refusals import Refusal
from actors.domain.round_book import RoundBook
from actors.domain.rounds import PLAN_VERSION, Plan, PlayRecord, SettleEntry, VoidEntry
from actors.ports import Clock, Failure, Post, RoundStore, UnfinishedRound
from actors.table_bets import ASK_S, NOT_NOW, check_id
from actors.table_rounds import RoundKeeper
from actors.table_stage import Stage

#: Orders that wait for the play; those after them are answered BUSY.
ORDERS_MAX: Final = 20_000
#: What is played is told at most so often; in between, changes gather.
SHOW_EVERY_MS: Final = 100
#: Rounds whose orders are still recognised.
FORMER: Final = 4

_Order = tuple[Act, "asyncio.Future[Acted | Refused]"]


class _Playing:
    """The play under way. stored: steps that are durable. answers: by player and order, for as long as they are asked."""

    def __init__(self, book: RoundBook, record: PlayRecord, play: Play) -> None:
        self.book = book
        self.play = play
        self.stored = 0
        self.void = list(record.void)
        self.answers: dict[tuple[int, bytes], _Order] = {}
        self.waiting: list[_Order] = []


class PlayDesk:
    """Runs plays and takes the orders in them."""

    def __init__(
        self, game: PlayGame, stage: Stage, keeper: RoundKeeper, rounds: RoundStore, post: Post, clock: Clock
    ) -> None:
        self._game = game
        self._stage = stage
        self._keeper = keeper
        self._rounds = rounds
        self._post = post
        self._clock = clock
        self._now: _Playing | None = None
        self._known: dict[bytes, _Playing] = {}
        self._came = asyncio.Event()
        self._told_ms = 0

    # ------------------------------------------------------------ orders

    def act(self, order: Act) -> Acted | Refused | asyncio.Future[Acted | Refused]:
        """Return the answer or its future.

        Refusals in order: ID_CLASS_FORBIDDEN, WRONG_ROUND, ID_REUSED (or the answer given before), WRONG_PHASE,
        ID_IN_FUTURE, ID_TOO_OLD, BUSY, then those of the play.
        """
        bad_id = check_id(order.command_id, self._clock.now_ms())
        if bad_id is not None and bad_id.code == Refusal.ID_CLASS_FORBIDDEN:
            return bad_id
        playing = self._known.get(order.round_id)
        if playing is None:
            return Refused(
                Refusal.WRONG_ROUND if self._stage.find_book(order.round_id) is None else Refusal.WRONG_PHASE
            )
        key = (order.seat.player_id, order.command_id)
        known = playing.answers.get(key)
        if known is not None:
            return known[1] if _is_same(known[0], order) else Refused(Refusal.ID_REUSED)
        if playing is not self._now:
            return Refused(Refusal.TOO_LATE)
        if bad_id is not None or len(playing.waiting) >= ORDERS_MAX:
            return bad_id or Refused(Refusal.BUSY)
        self._stage.followers.seat(order.seat)
        future: asyncio.Future[Acted | Refused] = asyncio.get_running_loop().create_future()
        playing.answers[key] = (order, future)
        playing.waiting.append((order, future))
        self._came.set()
        return future

    # ------------------------------------------------------------ plays

    async def run(self, book: RoundBook) -> tuple[Outcome, Plan]:
        """Play a round whose bets are all in, to its durable outcome and plan."""
        bets, void = book.begin_play()
        record = PlayRecord(self._clock.now_ms(), bets, void)
        config, epoch = self._stage.config, self._stage.epoch
        await self._keeper.durably(lambda: self._rounds.start_play(config.table_id, epoch, book.round_id, record))
        playing = _Playing(book, record, self._start(book, record))
        self._know(playing)
        return await self._play(playing)

    async def take_over(self, row: UnfinishedRound) -> None:
        """Know what a predecessor began, before anybody can ask about it; `go_on` plays on."""
        assert row.play is not None, "a round that is being played has its record"
        config, record = self._stage.config, row.play
        book = RoundBook.restore(
            row.round_id, row.round_no, record.began_ms, game=self._game, ccy=config.ccy, bets=record.bets
        )
        commitment = await self._keeper.take_seed(row.round_no)
        playing = _Playing(book, record, self._start(book, record))
        for step in row.steps:
            playing.play.apply(step)
            _remember(playing, step)
        playing.stored = len(row.steps)
        self._stage.resumed(book, commitment)
        self._know(playing)

    async def go_on(self) -> tuple[RoundBook, Outcome, Plan]:
        """Play to its end what was taken over."""
        playing = self._now
        assert playing is not None, "something was taken over"
        await self._add(playing, playing.play.resumed(self._clock.now_ms()))
        return playing.book, *await self._play(playing)

    def _start(self, book: RoundBook, record: PlayRecord) -> Play:
        return self._game.start(self._keeper.draws(book.round_no), record.bets, record.began_ms)

    def _know(self, playing: _Playing) -> None:
        self._now = self._known[playing.book.round_id] = playing
        while len(self._known) > FORMER:
            del self._known[next(iter(self._known))]

    async def _play(self, playing: _Playing) -> tuple[Outcome, Plan]:
        self._told_ms = 0
        play = playing.play
        while (due_ms := play.due_ms()) >= 0:
            self._show(play)
            await self._until(due_ms)
            # Before each step of the clock whoever came is heard: what waited while a step was stored came in time.
            while steps := await self._take_and_look(playing):
                await self._add(playing, steps)
        self._stage.played(play.view())
        self._now = None
        await self._take(playing)  # what came too late: the play says so
        outcome, plan = play.outcome(), _plan_of(playing, self._stage.config.ccy)
        await self._keeper.decide(playing.book, outcome, plan)
        return outcome, plan

    async def _take_and_look(self, playing: _Playing) -> list[Step]:
        """Take all orders that have come, and return what the clock does next; nothing comes in between."""
        while playing.waiting:
            await self._take(playing)
        return playing.play.due(self._clock.now_ms())

    def _show(self, play: Play) -> None:
        now_ms = self._clock.now_ms()
        if now_ms - self._told_ms >= SHOW_EVERY_MS:
            self._told_ms = now_ms
            self._stage.played(play.view())

    async def _until(self, due_ms: int) -> None:
        """Wait until the clock has something to do, or an order has come, or there is something to show."""
        now_ms = self._clock.now_ms()
        wait_ms = min(due_ms, max(self._told_ms + SHOW_EVERY_MS, now_ms + 1)) if self._is_behind() else due_ms
        if not self._came.is_set():
            waiter = asyncio.ensure_future(self._came.wait())
            try:
                await asyncio.wait({waiter}, timeout=max(0, wait_ms - now_ms) / 1000)
            finally:
                waiter.cancel()
        self._came.clear()

    def _is_behind(self) -> bool:
        return self._now is not None and self._now.play.view() != self._stage.view

    # ------------------------------------------------------------ steps

    async def _add(self, playing: _Playing, steps: Sequence[Step]) -> None:
        """Take in steps that are allowed, and make them durable."""
        if not steps:
            return
        for step in steps:
            playing.play.apply(step)
        await self._store(playing, steps)

    async def _store(self, playing: _Playing, steps: Sequence[Step]) -> None:
        config, epoch, first = self._stage.config, self._stage.epoch, playing.stored
        await self._keeper.durably(
            lambda: self._rounds.add_steps(config.table_id, epoch, playing.book.round_id, first, steps)
        )
        playing.stored += len(steps)

    async def _take(self, playing: _Playing) -> None:
        """Take what has come, in the order in which it came."""
        orders, playing.waiting = playing.waiting, []
        done: list[tuple[Step, asyncio.Future[Acted | Refused]]] = []
        staking: list[tuple[_Order, Step, int]] = []
        for order, future in orders:
            step = _step_of(order, self._clock.now_ms())
            verdict = playing.play.check(step)
            if isinstance(verdict, Refused):
                future.set_result(verdict)
            elif verdict:
                staking.append(((order, future), step, verdict))
            else:
                playing.play.apply(step)
                done.append((step, future))
        if done:
            await self._store(playing, [step for step, _ in done])
        for step, future in done:
            future.set_result(Acted(playing.book.round_id, step.command_id, playing.play.told(step), 0, 0, 0, 0))
        if staking:
            await self._stake(playing, staking)

    async def _stake(self, playing: _Playing, staking: list[tuple[_Order, Step, int]]) -> None:
        """Reserve what these steps put down; then look again, for the play may have gone on."""
        replies = await asyncio.gather(*(self._reserve(playing, order, stake) for (order, _), _, stake in staking))
        done: list[tuple[Step, Done, asyncio.Future[Acted | Refused]]] = []
        for ((order, future), step, stake), reply in zip(staking, replies, strict=True):
            if not isinstance(reply, Done):
                future.set_result(self._not_staked(playing, order, stake, reply))
                continue
            verdict = playing.play.check(step)
            if verdict != stake:
                playing.void.append(_void_entry(order, stake, playing.book.ccy))
                future.set_result(verdict if isinstance(verdict, Refused) else Refused(Refusal.ACTION_INVALID))
                continue
            step = _with_stake(step, order, stake)
            playing.play.apply(step)
            done.append((step, reply, future))
        if done:
            await self._store(playing, [step for step, _, _ in done])
        for step, reply, future in done:
            assert step.added is not None
            money = (reply.seq, reply.cash_minor, reply.escrow_minor)
            told = playing.play.told(step)
            future.set_result(Acted(playing.book.round_id, step.command_id, told, step.added.stake_minor, *money))

    async def _reserve(self, playing: _Playing, order: Act, stake: int) -> Any:
        seat, config = order.seat, self._stage.config
        reserve = Reserve(
            order.command_id,
            seat.player_id,
            config.ccy,
            stake,
            playing.book.round_id,
            config.table_id,
            self._stage.epoch,
        )
        (reply,) = await self._post.ask_all(f"wallet/{seat.shard}", [reserve], ASK_S)
        return reply

    def _not_staked(self, playing: _Playing, order: Act, stake: int, reply: object) -> Refused:
        if isinstance(reply, Refused) and reply.code not in NOT_NOW:
            return reply
        if reply is Failure.BUSY:  # certainly not sent: the same order may be tried again
            del playing.answers[order.seat.player_id, order.command_id]
            return Refused(Refusal.BUSY)
        playing.void.append(_void_entry(order, stake, playing.book.ccy))
        return Refused(Refusal.ALREADY_VOIDED, "the wallet did not answer in time; the stake goes back")


def _step_of(order: Act, now_ms: int) -> Step:
    at_ms = min(order.received_ms, now_ms)
    return Step(at_ms, order.seat.player_id, order.command_id, order.bet_id, order.action, order.value)


def _with_stake(step: Step, order: Act, stake: int) -> Step:
    seat = order.seat
    added = PlayBet(seat.shard, order.command_id, seat.player_id, seat.name, stake, ())
    return Step(step.at_ms, step.player_id, step.command_id, step.reservation_id, step.action, step.value, added)


def _void_entry(order: Act, stake: int, ccy: int) -> VoidEntry:
    return VoidEntry(order.seat.shard, order.command_id, order.seat.player_id, ccy, stake)


def _is_same(known: Act, order: Act) -> bool:
    return (known.bet_id, known.action, known.value) == (order.bet_id, order.action, order.value)


def _remember(playing: _Playing, step: Step) -> None:
    """Know a predecessor's order again. What his money was then is not known; the client has it from elsewhere."""
    if not step.player_id:
        return
    seat = Seat(step.player_id, "", 0, "")
    order = Act(seat, playing.book.round_id, step.command_id, step.reservation_id, step.action, step.value, step.at_ms)
    future: asyncio.Future[Acted | Refused] = asyncio.get_running_loop().create_future()
    stake = step.added.stake_minor if step.added else 0
    future.set_result(Acted(playing.book.round_id, step.command_id, playing.play.told(step), stake, 0, 0, 0))
    playing.answers[step.player_id, step.command_id] = (order, future)


def _plan_of(playing: _Playing, ccy: int) -> Plan:
    """Return the plan of a play that is over: every bet of it settled or void, added ones too."""
    settle: list[SettleEntry] = []
    void = list(playing.void)
    for bet, payout in playing.play.payouts():
        if payout < 0:
            void.append(VoidEntry(bet.shard, bet.reservation_id, bet.player_id, ccy, bet.stake_minor))
        else:
            chips = list(bet.chips)
            settle.append(
                SettleEntry(bet.shard, bet.reservation_id, bet.player_id, ccy, bet.stake_minor, payout, chips)
            )
    return Plan(PLAN_VERSION, settle, void)
