"""A table of any game: rounds by the server's clock (kind "rng") or by a dealer (kind "live"), one at a time.

Survives a crash: rounds, outcomes and plans (round store), stakes (wallets), a round that is played on, step by step, and
a live table's shoe, card by card. Dies with it: who follows, stakes to repeat, a number entered but not confirmed. Messages
may be repeated safely: bets, undos and acts by their ids, dealer orders by round and command id or by their number, the rest
changes nothing. Full: a round takes `max_round_bets`, then answers BUSY.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from actors.domain.commands import (
    Act,
    DealerOrder,
    DescribeTable,
    Follow,
    Noted,
    PlaceBet,
    Refused,
    TableAnswer,
    TakeSeat,
    UndoBet,
    Unfollow,
)
from actors.domain.events import TableMissed
from actors.domain.games.catalogue import PLAY_GAMES, SHOE_GAMES
from actors.domain.games.game import Outcome
from actors.domain.refusals import Refusal
from actors.domain.round_book import RoundBook
from actors.domain.rounds import Plan
from actors.incarnation import Incarnation
from actors.ports import Clock, Entropy, Post, RoundStore, SeedStore, UnfinishedRound
from actors.table_bets import BetDesk, Work
from actors.table_cards import CardDesk
from actors.table_config import TableConfig
from actors.table_followers import Followers
from actors.table_live import LiveDesk
from actors.table_play import PlayDesk
from actors.table_recovery import Recovery
from actors.table_rounds import RESTARTED, UNCONFIRMED, DrawsOf, RoundKeeper, seeded
from actors.table_stage import Stage
from actors.table_wallets import WalletDriver

log = logging.getLogger(__name__)

#: A round that is not settled after so long is settled beside the next ones; of those there are at most so many.
SETTLE_PATIENCE_S: Final = 6.0
LATE_ROUNDS_MAX: Final = 200
#: Why a suspended table says that it is paused. The reason itself is for staff.
SUSPENDED: Final = "suspended"


class Table(Incarnation):
    """One table actor. While it takes over, it answers BUSY to bets and shows phase "paused"."""

    def __init__(
        self,
        config: TableConfig,
        rounds: RoundStore,
        seeds: SeedStore,
        post: Post,
        clock: Clock,
        entropy: Entropy,
        *,
        key: bytes,
        shards: Sequence[int],
        owner: str,
        fatal: Callable[[BaseException], None],
        draws_of: DrawsOf = seeded,
    ) -> None:
        super().__init__(config.table_id, fatal)
        self.config = config
        self._followers = Followers(config.table_id, post, clock)
        self.stage = Stage(config, self._followers, clock)
        self.driver = WalletDriver(post, key)
        self._keeper = RoundKeeper(self.stage, rounds, seeds, self.driver, clock, entropy, draws_of=draws_of)
        self._recovery = Recovery(self.stage, self._keeper, rounds, post, clock, key=key, shards=shards, owner=owner)
        self._bets = BetDesk(self.stage, post, key, fatal)
        game = PLAY_GAMES.get(config.game)
        self._plays = PlayDesk(game, self.stage, self._keeper, rounds, post, clock) if game else None
        shoe_game = SHOE_GAMES.get(config.game) if config.is_live else None
        self._cards = CardDesk(shoe_game, self.stage, self._keeper, rounds) if shoe_game else None
        self._live = LiveDesk(self.stage, self._keeper, clock, self._spawn, self._cards)
        self._late: set[asyncio.Task[None]] = set()
        self._wanted = asyncio.Event()
        self._in_round = False

    def __repr__(self) -> str:
        return f"Table({self.config.table_id}, epoch={self.stage.epoch}, {self.stage.phase})"

    # ------------------------------------------------------------ life

    async def drain(self) -> None:
        """Open no more rounds; return when the one in play is settled. It takes bets as announced.

        A round without a bet is not waited for: the next incarnation voids it. Cancelled: the table opens no more all
        the same. Safe to repeat.
        """
        self._is_leaving = self._live.is_leaving = True
        await self._nothing_at_stake()
        self._bets.draining = True
        if self.stage.phase == "idle":
            self.stage.paused(True, "restart")

    @property
    def suspended(self) -> str:
        """Tell why no round is opened for now; "" where they are."""
        return self._live.suspended

    def suspend(self, reason: str) -> None:
        """Open no more rounds for this reason; "": open them again. The round in play goes on. Safe to repeat."""
        if reason == self._live.suspended:
            return
        self._live.suspended = reason
        if reason and self.stage.phase == "idle":
            self.stage.paused(True, SUSPENDED)
        elif not reason and self.stage.phase == "paused" and self._is_ready() and not self._is_leaving:
            self.stage.paused(False, "")
        self._wanted.set()

    @property
    def has_stakes(self) -> bool:
        """Tell whether players have, or may in a moment have, something at stake here."""
        book = self.stage.book
        if book is None:
            return self._in_round or self._live.is_opening or bool(self._late)
        return bool(book.bets or book.is_restored or self._late)

    async def stop(self) -> None:
        """End this incarnation where it is. A round in play is finished or voided by the next one."""
        self._bets.draining = True
        self._bets.away.stop()
        self.stage.stop()
        await super().stop()

    async def _run(self) -> None:
        await self._recovery.run()
        if self._cards is not None:
            await self._cards.take_over()
        row = self._recovery.playing
        if row is None:
            self.stage.paused(bool(self._live.suspended), SUSPENDED if self._live.suspended else "")
        else:
            await self._take_over(row)
        self._ready.set()
        if row is not None:
            await self._go_on()
        while not self.config.is_live:
            await self._until_wanted()
            await self._play()

    async def _until_wanted(self) -> None:
        """Wait until a gateway with players follows: rounds that nobody sees are not played. For ever, while leaving.

        And while suspended: then followers are told that the table rests.
        """
        while self._is_leaving or self._live.suspended or not self._followers.players():
            if self._live.suspended and self.stage.phase == "idle":
                self.stage.paused(True, SUSPENDED)
            self._wanted.clear()
            await self._wanted.wait()

    async def _play(self) -> None:
        """One round of an RNG table, from opening to the pause after it."""
        keeper = self._keeper
        self._in_round = True
        book = await keeper.open(self.config.betting_ms)
        await keeper.sleep_until(book.closes_ms + 1)
        await keeper.close(book)
        await keeper.drain(book)
        if self._plays is not None:
            await self._end(book, *await self._plays.run(book))
            return
        outcome = self.stage.game.draw(keeper.draws(book.round_no))
        plan = await keeper.decide(book, outcome, await keeper.plan(book, outcome))
        await self._end(book, outcome, plan)

    async def _take_over(self, row: UnfinishedRound) -> None:
        """Know what a predecessor began before orders are taken: his players may ask again for what he recorded."""
        assert self._plays is not None, "only such a game leaves a round to be played on"
        await self._plays.take_over(row)

    async def _go_on(self) -> None:
        """Play to its end what was taken over."""
        assert self._plays is not None, "only such a game leaves a round to be played on"
        self._in_round = True
        await self._end(*await self._plays.go_on())

    async def _end(self, book: RoundBook, outcome: Outcome, plan: Plan) -> None:
        """Settle a decided round, tell it, and pause."""
        reason = RESTARTED if book.is_restored else UNCONFIRMED
        await self._patiently(self._keeper.carry_out(book.round_id, outcome.number, plan, reason))
        next_ms = self._keeper.announce(book, plan)
        self._in_round = False
        await self._keeper.sleep_until(next_ms)

    async def _patiently(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it; when it takes long, let it go on beside the rounds to come.

        The plan is durable, so a shard that is away holds up its own players' results and nobody else's play. Where a
        wallet refuses to settle, books and plan disagree: then the table stands still.
        """
        stuck = self.driver.stuck
        while len(self._late) >= LATE_ROUNDS_MAX:
            await asyncio.wait(self._late, return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.ensure_future(work)
        self._tasks.add(task)  # so that `stop` ends it, whatever happens here
        task.add_done_callback(self._tasks.discard)
        await asyncio.wait({task}, timeout=SETTLE_PATIENCE_S)
        if task.done() or self.driver.stuck > stuck:
            await task
            return
        log.warning("a round is settled late table=%s", self.config.table_id)
        late = self._spawn(_until_done(task))
        self._late.add(late)
        late.add_done_callback(self._late.discard)

    # ------------------------------------------------------------ messages

    async def handle_batch(self, sender: str, messages: Sequence[Any]) -> Sequence[TableAnswer | TableMissed]:
        """Answer every message, by index. Everything before the first await happens in the order of the messages."""
        if self.stage.epoch == 0:
            return [_STARTING] * len(messages)
        answers: list[Any] = [None] * len(messages)
        is_ready, place = self._is_ready(), self._bets.place
        work = Work(self.stage.clock.now_ms())
        awaited: list[int] = []
        for index, message in enumerate(messages):
            if type(message) is PlaceBet:
                answers[index] = place(index, message, work) if is_ready else _NOT_READY
                continue
            answer = answers[index] = self._handle(index, message, work, is_ready)
            if isinstance(answer, asyncio.Future):
                awaited.append(index)
        await self._bets.carry_out(work, answers)
        for index in awaited:  # shared: the same order may have come twice
            answers[index] = await asyncio.shield(answers[index])
        return answers

    def _is_ready(self) -> bool:
        return self._ready.is_set()

    def _handle(self, index: int, message: Any, work: Work, is_ready: bool) -> Any:
        """Answer what is no bet, or return the answer's future, or None and leave it to `carry_out`."""
        if not isinstance(message, UndoBet | DealerOrder | Act):
            return self._look(message)
        if not is_ready:
            return _NOT_READY
        if isinstance(message, UndoBet):
            return self._bets.undo(index, message, work)
        if isinstance(message, DealerOrder):
            return self._live.handle(message)
        return self._plays.act(message) if self._plays else Refused(Refusal.WRONG_PHASE, "nothing is played here")

    def _look(self, message: Follow | Unfollow | TakeSeat | DescribeTable) -> TableAnswer | TableMissed:
        """Answer what needs no wallet and no store."""
        match message:
            case Follow():
                self._followers.follow(message)
                if message.players:
                    self._wanted.set()
                return self.stage.following()
            case Unfollow():
                self._followers.unfollow(message)
                return Noted()
            case TakeSeat():
                self._followers.seat(message.seat)
                return self.stage.seated(message)
            case DescribeTable():
                return self.stage.line()


async def _until_done(task: asyncio.Task[None]) -> None:
    await task


_STARTING: Final = Refused(Refusal.BUSY, "the table is starting")
_NOT_READY: Final = Refused(Refusal.BUSY, "the table is taking over")
