"""An instant game: one order is a whole round. No table round, no seats, one row in the books.

order -> seeds and number -> outcome -> record (durable) -> wager (durable) -> answer

Survives a crash: seeds, numbers used, records (spin store), wagers (wallets). Dies with it: who waits for an answer; he
sends his order again. Messages may be repeated safely: spins by spin_id, rotations by command_id, the rest changes nothing.
Full: one thing at a time for each player; what waits for it is bounded by his session.

Why a seed that is revealed tells nothing that could still be played: of one player everything runs under one lock, and a
round holds it from its number to its answer from the books; what a crash left open is settled or void before the
successor takes its first order.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, TypeVar

import msgspec

from actors.domain.commands import DescribeTable, Refused, TableLine
from actors.domain.games.draws import SeededDraws, commitment
from actors.domain.games.game import InstantGame
from actors.domain.ids import Origin, derive_id, make_id
from actors.domain.money.orders import Fenced, FenceTable
from actors.domain.refusals import Refusal
from actors.domain.spins import (
    SEED_BYTES,
    PlayerSeeds,
    ReadSeeds,
    RotateSeeds,
    SeedPair,
    SeedsView,
    SpinDone,
    SpinOrder,
    SpinRecord,
    proof_of,
)
from actors.incarnation import Incarnation
from actors.instant_wagers import ASK_S, FIRST_WAIT_S, LAST_WAIT_S, Wagers
from actors.ports import Clock, Entropy, Post, SpinStore, StaleEpoch
from actors.table_config import TableConfig

log = logging.getLogger(__name__)

#: Players whose seeds are kept in memory; the others' are read again.
PLAYERS_MAX: Final = 20_000
#: Seeds that were not played by may be rotated once in so long: each rotation is a row for ever.
ROTATE_MS: Final = 1_000
#: Bytes of the player's seed that we choose until he chooses one.
_CLIENT_SEED_BYTES: Final = 8

_BUSY: Final = Refused(Refusal.BUSY, "the game is taking over")
_DRAINING: Final = Refused(Refusal.DRAINING)
_SUSPENDED: Final = Refused(Refusal.SUSPENDED)


T = TypeVar("T")


class _Player:
    """What is known of one player. seeds None: not read, or he has none."""

    __slots__ = ("lock", "seeds")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.seeds: PlayerSeeds | None = None


class InstantTable(Incarnation):
    """One instant game as an actor, at "instant/GAME" and, for its line in the lobby, at "table/GAME"."""

    def __init__(
        self,
        config: TableConfig,
        game: InstantGame,
        store: SpinStore,
        post: Post,
        clock: Clock,
        entropy: Entropy,
        *,
        key: bytes,
        shards: Sequence[int],
        owner: str,
        fatal: Callable[[BaseException], None],
    ) -> None:
        super().__init__(config.table_id, fatal)
        self.config = config
        self._game = game
        self._store = store
        self._post = post
        self._clock = clock
        self._entropy = entropy
        self._key = key
        self._shards = shards
        self._owner = owner
        self._wagers = Wagers(config.table_id, store, post, self._spawn)
        self._players: OrderedDict[int, _Player] = OrderedDict()
        self._spinning: dict[tuple[int, bytes], asyncio.Future[SpinDone | Refused]] = {}
        #: Why no order is taken for now; "" where they are.
        self.suspended = ""

    def __repr__(self) -> str:
        return f"InstantTable({self.config.table_id}, epoch={self._wagers.epoch}, {len(self._spinning)} under way)"

    # ------------------------------------------------------------ life

    async def drain(self) -> None:
        """Take no more orders; return when those under way are answered. Safe to repeat."""
        self._is_leaving = True
        await self._nothing_at_stake()

    def suspend(self, reason: str) -> None:
        """Take no more orders for this reason; "": take them again. What is under way ends. Safe to repeat."""
        self.suspended = reason

    @property
    def has_stakes(self) -> bool:
        """Tell whether rounds are under way."""
        return bool(self._spinning)

    async def stop(self) -> None:
        """End this incarnation where it is. What is recorded and open is resolved by the next one."""
        self._is_leaving = True
        await super().stop()

    async def _run(self) -> None:
        """Claim, fence every shard, resolve what a crash left open; then serve."""
        name, wagers = self.config.table_id, self._wagers
        wagers.epoch = await wagers.durably(lambda: self._store.claim(name, self._owner))
        parent = make_id(self._clock.now_ms(), Origin.TABLE, bytes(9))
        await asyncio.gather(*(self._fence(shard, parent) for shard in self._shards))
        left = await wagers.durably(lambda: self._store.unresolved(name))
        if left:
            log.info("resolving rounds of an older epoch game=%s count=%d", name, len(left))
        await asyncio.gather(*(wagers.carry_out(record) for record in left))
        self._ready.set()

    async def _fence(self, shard: int, parent: bytes) -> None:
        name, epoch = self.config.table_id, self._wagers.epoch
        cmd_id = derive_id(self._key, parent, Origin.TABLE, f"fence|{name}|{shard}", epoch)
        wait_s = FIRST_WAIT_S
        while True:
            (reply,) = await self._post.ask_all(f"wallet/{shard}", [FenceTable(cmd_id, name, epoch)], ASK_S)
            if isinstance(reply, Fenced):
                return
            if isinstance(reply, Refused) and reply.code == Refusal.STALE_TABLE_EPOCH:
                raise StaleEpoch(f"{name}: shard {shard} has a newer fence than {epoch}")
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, LAST_WAIT_S)

    # ------------------------------------------------------------ messages

    async def handle_batch(self, sender: str, messages: Sequence[Any]) -> Sequence[Any]:
        """Answer each message. Orders of one player run one after the other, in the order they came."""
        return await asyncio.gather(*(self._answer(message) for message in messages))

    async def _answer(self, message: Any) -> SpinDone | SeedsView | TableLine | Refused:
        if isinstance(message, DescribeTable):
            return self._line()
        if not isinstance(message, (SpinOrder, ReadSeeds, RotateSeeds)):
            return Refused(Refusal.UNKNOWN_TABLE, "nobody can join this game")
        if not self._ready.is_set():
            return _BUSY
        match message:
            case SpinOrder():
                return await self._spin_once(message)
            case ReadSeeds():
                return await self._apart(self._read_seeds(message))
            case RotateSeeds():
                return await self._apart(self._rotate(message))

    async def _apart(self, work: Coroutine[Any, Any, T]) -> T:
        """Let work go on when whoever waits for it gives up; what goes wrong in it ends this incarnation."""
        result: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        async def run() -> None:
            result.set_result(await work)

        task = self._spawn(run())
        task.add_done_callback(lambda _: result.cancel())  # nothing happens where there is a result
        return await asyncio.shield(result)

    def _line(self) -> TableLine:
        config = self.config
        phase = "idle" if self._ready.is_set() and not self._is_leaving and not self.suspended else "paused"
        limits = (config.min_stake_minor, config.max_table_minor)
        return TableLine(config.table_id, config.game, config.kind, config.title, config.ccy, *limits, 0, phase)

    def _player(self, player_id: int) -> _Player:
        player = self._players.get(player_id)
        if player is None:
            while len(self._players) >= PLAYERS_MAX and not self._oldest().lock.locked():
                self._players.popitem(last=False)
            player = self._players[player_id] = _Player()
        self._players.move_to_end(player_id)
        return player

    def _oldest(self) -> _Player:
        return next(iter(self._players.values()))

    async def _known_seeds(self, player_id: int, player: _Player) -> PlayerSeeds | None:
        if player.seeds is None:
            name = self.config.table_id
            player.seeds = await self._wagers.durably(lambda: self._store.seeds(name, player_id))
        return player.seeds

    # ------------------------------------------------------------ spins

    async def _spin_once(self, order: SpinOrder) -> SpinDone | Refused:
        """The same order may come many times at once: it is played once, and all get the answer."""
        key = (order.seat.player_id, order.spin_id)
        running = self._spinning.get(key)
        if running is None:
            if self._is_leaving:
                return _DRAINING
            running = asyncio.ensure_future(self._apart(self._spin(order)))
            self._spinning[key] = running
            running.add_done_callback(lambda _: self._spinning.pop(key))
        return await asyncio.shield(running)

    async def _spin(self, order: SpinOrder) -> SpinDone | Refused:
        player = self._player(order.seat.player_id)
        async with player.lock:
            seeds = await self._known_seeds(order.seat.player_id, player)
            refused = self._check(order, seeds)
            if refused is not None:  # it may be an order that was carried out before, sent again
                stored = await self._found(order)
                return refused if stored is None else await self._finish(order, stored)
            assert seeds is not None, "checked"
            drawn = self._draw(order, seeds.active)
            stored = await self._wagers.record(drawn)
            if stored is None:
                raise StaleEpoch(f"{self.config.table_id}: a number of pair {drawn.pair_id} is used up by another")
            if stored.is_same_draw(drawn):
                used = msgspec.structs.replace(seeds.active, nonce=drawn.nonce + 1, last_ms=drawn.recorded_ms)
                player.seeds = msgspec.structs.replace(seeds, active=used)
            return await self._finish(order, stored)

    def _check(self, order: SpinOrder, seeds: PlayerSeeds | None) -> Refused | None:
        if self.suspended:
            return _SUSPENDED
        config = self.config
        refused = self._game.check_stake(order.stake_minor)
        if refused is not None:
            return refused
        if order.stake_minor < config.min_stake_minor:
            return Refused(Refusal.STAKE_BELOW_MINIMUM)
        if order.stake_minor > config.max_table_minor:
            return Refused(Refusal.STAKE_ABOVE_MAXIMUM)
        if seeds is None:
            return Refused(Refusal.SEEDS_UNSEEN)
        cycle_ms = self._game.min_cycle_ms if config.min_cycle_ms < 0 else config.min_cycle_ms
        is_soon = 0 <= self._clock.now_ms() - seeds.active.last_ms < cycle_ms
        return Refused(Refusal.TOO_SOON) if is_soon else None

    async def _found(self, order: SpinOrder) -> SpinRecord | None:
        name, player_id = self.config.table_id, order.seat.player_id
        return await self._wagers.durably(lambda: self._store.find(name, player_id, order.spin_id))

    def _draw(self, order: SpinOrder, pair: SeedPair) -> SpinRecord:
        """Return the round that this order is by the player's next number. Whoever draws it again draws the same."""
        draws = SeededDraws(pair.server_seed, pair.client_seed, pair.nonce)
        spin = self._game.spin(draws, order.stake_minor)
        rules = self._game.rules_version
        return SpinRecord(
            player_id=order.seat.player_id,
            spin_id=order.spin_id,
            shard=order.seat.shard,
            ccy=self.config.ccy,
            epoch=self._wagers.epoch,
            pair_id=pair.pair_id,
            nonce=pair.nonce,
            commitment=pair.commitment,
            client_seed=pair.client_seed,
            stake_minor=order.stake_minor,
            payout_minor=spin.payout_minor,
            outcome=spin.outcome,
            rules_version=rules,
            proof=proof_of(pair.commitment, pair.client_seed, pair.nonce, spin.outcome, rules),
            recorded_ms=self._clock.now_ms(),
        )

    async def _finish(self, order: SpinOrder, record: SpinRecord) -> SpinDone | Refused:
        """Return the answer of a durable round, which is always the same."""
        if not record.repeats(order):
            return Refused(Refusal.ID_REUSED)
        reply = await self._wagers.carry_out(record)
        if isinstance(reply, Refused):
            return reply
        return SpinDone(
            record.spin_id,
            record.stake_minor,
            record.payout_minor,
            record.outcome.number,
            record.outcome.detail,
            record.commitment,
            record.client_seed,
            record.nonce,
            record.rules_version,
            reply.seq,
            reply.cash_minor,
            reply.escrow_minor,
        )

    # ------------------------------------------------------------ seeds

    async def _read_seeds(self, order: ReadSeeds) -> SeedsView | Refused:
        player = self._player(order.player_id)
        async with player.lock:
            seeds = await self._known_seeds(order.player_id, player)
            if seeds is None:
                name, epoch = self.config.table_id, self._wagers.epoch
                client_seed = self._entropy.token(_CLIENT_SEED_BYTES).hex()
                first = self._new_pair(client_seed=client_seed, began_ms=self._clock.now_ms())
                new = PlayerSeeds(first, self._new_pair())
                seeds = await self._wagers.durably(lambda: self._store.make_seeds(name, epoch, order.player_id, new))
                player.seeds = seeds
            return seeds.view()

    async def _rotate(self, order: RotateSeeds) -> SeedsView | Refused:
        player = self._player(order.player_id)
        async with player.lock:
            seeds = await self._known_seeds(order.player_id, player)
            if seeds is None:
                return Refused(Refusal.SEEDS_UNSEEN)
            if order.command_id == seeds.rotated_by:
                is_same = order.client_seed == seeds.active.client_seed
                return seeds.view() if is_same else Refused(Refusal.ID_REUSED)
            now_ms = self._clock.now_ms()
            is_unused = seeds.active.nonce == 0 and seeds.rotated_by
            if is_unused and 0 <= now_ms - seeds.active.began_ms < ROTATE_MS:
                return Refused(Refusal.TOO_SOON)
            name, epoch, new = self.config.table_id, self._wagers.epoch, self._new_pair()
            player.seeds = await self._wagers.durably(
                lambda: self._store.rotate(
                    name, epoch, order.player_id, order.command_id, order.client_seed, new, now_ms
                )
            )
            return player.seeds.view()

    def _new_pair(self, client_seed: str = "", began_ms: int = 0) -> SeedPair:
        """Return a seed that nobody has seen. The store gives it its number."""
        seed = self._entropy.token(SEED_BYTES).hex()
        return SeedPair(0, seed, commitment(seed), client_seed, began_ms=began_ms)
