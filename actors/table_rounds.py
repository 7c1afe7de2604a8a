"""A table's rounds, step by step: store first, then tell. RNG and live tables and recovery share these steps.

What if this incarnation dies between two steps: every step is a row in the round store, and the successor goes on from
it (`table_recovery.py`). Twice: every step may be repeated unchanged. With a double: the store's epoch lets only the
newest incarnation write, and the wallets' ids are derived, so two drivers of one plan pay once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, TypeVar

from actors.domain.games.draws import SeededDraws
from actors.domain.games.game import Draws, Outcome
from actors.domain.games.shoe_events import ShoeEvent
from actors.domain.ids import Origin, make_id
from actors.domain.round_book import RoundBook
from actors.domain.rounds import Plan, VoidEntry
from actors.ports import Clock, Entropy, NewRound, RoundSeed, RoundStore, SeedStore, StoreUnavailable
from actors.table_results import Results, winners
from actors.table_stage import Stage
from actors.table_wallets import Acknowledged, WalletDriver

log = logging.getLogger(__name__)

T = TypeVar("T")

#: How a round's numbers follow from its seed and its number.
DrawsOf = Callable[[RoundSeed, int], Draws]

FIRST_WAIT_S: Final = 0.1
LAST_WAIT_S: Final = 2.0
#: What players are told about a bet that its wallet confirmed too late.
UNCONFIRMED: Final = "unconfirmed"
#: What players are told about bets that their table's restart voided.
RESTARTED: Final = "table_restarted"
#: How often a closing round looks whether the wallets have answered for all its bets.
DRAIN_STEP_S: Final = 0.005
#: Places of players whose last stakes are remembered for "repeat".
REPEATS_MAX: Final = 50_000


def seeded(seed: RoundSeed, round_no: int) -> Draws:
    """Return the verifiable stream of this round."""
    return SeededDraws(seed.seed, seed.salt, round_no)


class RoundKeeper:
    """Moves the table's rounds through their states. The caller's task may be cancelled at any await."""

    def __init__(
        self,
        stage: Stage,
        rounds: RoundStore,
        seeds: SeedStore,
        driver: WalletDriver,
        clock: Clock,
        entropy: Entropy,
        *,
        draws_of: DrawsOf = seeded,
    ) -> None:
        self._stage = stage
        self._rounds = rounds
        self._driver = driver
        self._clock = clock
        self._entropy = entropy
        self._seeds = seeds
        self._draws_of = draws_of
        self._seed: RoundSeed | None = None  # of the round that is open or played
        self.round_no = 0

    async def durably(self, step: Callable[[], Awaitable[T]]) -> T:
        """Return what the step returns, trying it again while storage is away; between rounds the table pauses visibly.

        Raises StaleEpoch, RoundConflict: this incarnation must end.
        """
        wait_s = FIRST_WAIT_S
        while True:
            try:
                return await step()
            except StoreUnavailable as error:
                log.warning("round store away table=%s error=%s", self._stage.config.table_id, error)
                if self._stage.phase == "idle":
                    self._stage.paused(True, "storage")
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, LAST_WAIT_S)

    async def sleep_until(self, when_ms: int) -> None:
        """Wait until the server's clock shows this time."""
        while True:
            left_ms = when_ms - self._clock.now_ms()
            if left_ms <= 0:
                return
            await asyncio.sleep(left_ms / 1000)

    # ------------------------------------------------------------ the steps of a round

    async def open(self, window_ms: int) -> RoundBook:
        """Make a round durable and open it for bets. window_ms 0: until it is closed by hand."""
        stage, config = self._stage, self._stage.config
        round_id = make_id(self._clock.now_ms(), Origin.TABLE, self._entropy.token(9))
        round_no = self.round_no + 1
        commitment = "" if config.is_live else await self.take_seed(round_no)
        times = (0, 0)

        async def store() -> None:
            nonlocal times
            opens_ms = self._clock.now_ms()
            times = (opens_ms, opens_ms + window_ms if window_ms else 0)
            await self._rounds.open(
                NewRound(
                    round_id,
                    config.table_id,
                    stage.epoch,
                    round_no,
                    *times,
                    stage.dealer,
                    stage.game.rules_version,
                    commitment,
                )
            )

        await self.durably(store)
        self.round_no = round_no
        book = RoundBook(
            round_id,
            round_no,
            *times,
            game=stage.game,
            ccy=config.ccy,
            limits=config.bet_limits(),
            max_bets=config.max_bets,
        )
        stage.opened(book, commitment)
        return book

    async def take_seed(self, round_no: int) -> str:
        """Take the seed by which this round is decided, and return the commitment to it."""
        self._seed = await self.durably(lambda: self._seeds.for_round(self._stage.config.table_id, round_no))
        return self._seed.commitment

    def draws(self, round_no: int) -> Draws:
        """Return the stream of the round whose seed was taken, from its beginning."""
        assert self._seed is not None, "the round has a seed"
        return self._draws_of(self._seed, round_no)

    async def close(self, book: RoundBook) -> None:
        """Say that no more bets are taken, and make it durable. Bets received in time may still come in."""
        config, epoch = self._stage.config, self._stage.epoch
        self._stage.closed()
        await self.durably(lambda: self._rounds.close(config.table_id, epoch, book.round_id))

    async def drain(self, book: RoundBook) -> None:
        """Wait until all bets are in, at most the grace, then until the wallets have answered for each, at most drain_ms."""
        config = self._stage.config
        await self._stage.followers.until_all_in(book.round_id, book.shut_ms + config.grace_ms + 1)
        book.is_full = True
        deadline_ms = self._clock.now_ms() + config.drain_ms
        while book.pending:
            if self._clock.now_ms() >= deadline_ms:
                log.warning("undecided bets table=%s pending=%d", config.table_id, book.pending)
                return
            await asyncio.sleep(DRAIN_STEP_S)

    async def plan(self, book: RoundBook, outcome: Outcome) -> Plan:
        """Return the plan for this outcome, and let others run meanwhile: a round may have many thousands of bets."""
        parts = book.decide_plan(outcome)
        plan = next(parts)
        for _ in parts:
            await asyncio.sleep(0)
        return plan

    async def decide(self, book: RoundBook, outcome: Outcome, plan: Plan, ended: ShoeEvent | None = None) -> Plan:
        """Make outcome, plan, seed and the end of a coup durable, and only then tell the outcome and the seed."""
        config, epoch = self._stage.config, self._stage.epoch
        seed = "" if config.is_live or self._seed is None else self._seed.seed
        whole = (config.table_id, epoch, book.round_id, outcome, plan, seed, ended)
        await self.durably(lambda: self._rounds.decide(*whole))
        self._seed = None
        self._stage.decided(book.round_id, outcome, seed)
        return plan

    async def settle(self, book: RoundBook, number: int, plan: Plan) -> int:
        """Drive the plan to its end, tell each player, then the table. Returns when the next round opens (ms)."""
        await self.carry_out(book.round_id, number, plan)
        return self.announce(book, plan)

    def announce(self, book: RoundBook, plan: Plan) -> int:
        """Tell the table that the round is over. Returns when the next one opens (ms)."""
        self._remember_stakes(book)
        names = {player_id: player.seat.name for player_id, player in book.players.items()}
        config = self._stage.config
        least_ms = self._stage.game.min_cycle_ms if config.min_cycle_ms < 0 else config.min_cycle_ms
        cycle_ms = book.opens_ms + least_ms
        next_ms = 0 if config.is_live else max(self._clock.now_ms() + config.pause_ms, cycle_ms)
        self._stage.settled(book.round_id, winners(plan, names), next_ms)
        return next_ms

    async def carry_out(self, round_id: bytes, number: int, plan: Plan, reason: str = UNCONFIRMED) -> None:
        """Have every entry of a durable plan acknowledged, telling the players; then store SETTLED.

        reason: what players are told about what the plan voids.
        """
        config, epoch = self._stage.config, self._stage.epoch
        results = Results(config.table_id, round_id, number, plan.settle, plan.void, reason)
        await self._driver.drive(round_id, (*plan.settle, *plan.void), self._teller(results))
        await self.durably(lambda: self._rounds.finish(config.table_id, epoch, round_id))

    async def start_void(self, book: RoundBook, reason: str, ended: ShoeEvent | None = None) -> list[VoidEntry]:
        """Make it durable that the round does not count, tell it, and return what is to be given back."""
        config, epoch = self._stage.config, self._stage.epoch
        entries = book.decide_void()
        await self.durably(lambda: self._rounds.start_void(config.table_id, epoch, book.round_id, reason, ended))
        self._stage.voided(book.round_id, reason)
        return entries

    async def give_back(self, round_id: bytes, entries: Iterable[VoidEntry], reason: str) -> None:
        """Have these reservations voided, telling the players."""
        entries = list(entries)
        results = Results(self._stage.config.table_id, round_id, -1, (), entries, reason)
        await self._driver.drive(round_id, entries, self._teller(results))

    async def finish(self, round_id: bytes) -> None:
        """Store that a voiding round is voided."""
        config, epoch = self._stage.config, self._stage.epoch
        await self.durably(lambda: self._rounds.finish(config.table_id, epoch, round_id))

    def _teller(self, results: Results) -> Callable[[Acknowledged], None]:
        return lambda acknowledged: self._stage.tell_results(results.acknowledge(acknowledged))

    def _remember_stakes(self, book: RoundBook) -> None:
        last = self._stage.last_stakes
        for player_id in book.players:
            stakes = book.accepted_stakes(player_id)
            if stakes:
                last.pop(player_id, None)
                last[player_id] = stakes
        while len(last) > REPEATS_MAX:
            del last[next(iter(last))]
