"""One table on fakes and virtual time: what the table's tests drive and look at."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

import msgspec

from actors.domain.commands import (
    CallStake,
    ChipStake,
    DealerOrder,
    Follow,
    PlaceBet,
    Seat,
    TableState,
    TakeSeat,
    UndoBet,
)
from actors.domain.ids import Origin, make_id
from actors.table import Table
from actors.table_config import TableConfig
from actors.table_rounds import DrawsOf
from tests.fakes.post import FakePost, FakeWallet
from tests.fakes.rounds import FakeRounds
from tests.fakes.seeds import KeyedSeeds

START_MS = 1_790_000_000_000
KEY = bytes(range(32))
RNG = TableConfig(table_id="t", kind="rng", title="Test", betting_ms=5_000, pause_ms=2_000, min_cycle_ms=0)
LIVE = TableConfig(table_id="t", kind="live", title="Live")


class LoopClock:
    """The `Clock` port on the running loop's time, which may be virtual."""

    def now_ms(self) -> int:
        """Return milliseconds since 1970."""
        return START_MS + int(asyncio.get_running_loop().time() * 1000)


class ScriptedEntropy:
    """The `Entropy` port with chosen numbers (then 0) and counting tokens."""

    def __init__(self) -> None:
        self.numbers: deque[int] = deque()
        self.tokens = 0

    def below(self, n: int) -> int:
        """Return the next number."""
        return self.numbers.popleft() if self.numbers else 0

    def token(self, size: int) -> bytes:
        """Return so many bytes that differ each time."""
        self.tokens += 1
        return self.tokens.to_bytes(size, "big")


def seat(player_id: int, gateway: str = "gateway/0") -> Seat:
    """Return a player's seat: odd players live on shard 1, even ones on shard 0."""
    return Seat(player_id, f"p{player_id}", player_id % 2, gateway)


class Casino:
    """A table with its world. A new incarnation on the same world: `restart`."""

    def __init__(self, config: TableConfig = RNG) -> None:
        self.config = config
        self.rounds = FakeRounds(config.table_id)
        self.post = FakePost()
        self.clock = LoopClock()
        self.entropy = ScriptedEntropy()
        self.fatal: list[BaseException] = []
        self.seeds = KeyedSeeds(KEY)
        self.draws_of: DrawsOf = lambda seed, round_no: self.entropy
        self.table = self.build()
        self._ids = 0

    def build(self) -> Table:
        """Return another incarnation of the table, not started."""
        return Table(
            self.config,
            self.rounds,
            self.seeds,
            self.post,
            self.clock,
            self.entropy,
            key=KEY,
            shards=(0, 1),
            owner="test",
            fatal=self.fatal.append,
            draws_of=self.draws_of,
        )

    async def start(self, *, players: int = 1) -> None:
        """Start the table and follow it."""
        await self.table.start()
        await self.follow(players=players)
        await settle()

    async def restart(self, *, players: int = 1) -> None:
        """End this incarnation where it is and start another."""
        await self.table.stop()
        self.table = self.build()
        await self.start(players=players)

    def wallet(self, player_id: int) -> FakeWallet:
        """Return the wallet that holds this player's money."""
        return self.post.wallets[player_id % 2]

    def new_id(self) -> bytes:
        """Return an id as a client makes it."""
        self._ids += 1
        return make_id(self.clock.now_ms(), Origin.CLIENT, self._ids.to_bytes(9, "big"))

    # ------------------------------------------------------------ saying

    async def say(self, *messages: Any) -> list[Any]:
        """Hand the table a batch and return the answers."""
        return list(await self.table.handle_batch("gateway/0", messages))

    async def follow(self, gateway: str = "gateway/0", players: int = 1) -> Any:
        """Take or renew a gateway's lease."""
        return (await self.say(Follow(gateway, 0, 0, players)))[0]

    async def state(self, player_id: int = 1) -> TableState:
        """Return a fresh snapshot."""
        (answer,) = await self.say(TakeSeat(seat(player_id)))
        assert isinstance(answer, TableState), answer
        return answer

    def order(self, player_id: int, stakes: dict[int, int] | None = None, **changes: Any) -> PlaceBet:
        """Return an order to bet in the current round."""
        book = self.table.stage.book
        order = PlaceBet(
            seat(player_id),
            book.round_id if book else b"\0" * 16,
            self.new_id(),
            self.clock.now_ms(),
            "chips",
            [ChipStake(position, stake) for position, stake in (stakes or {}).items()],
            [],
        )
        return msgspec.structs.replace(order, **changes)

    async def bet(self, player_id: int, stakes: dict[int, int] | None = None, **changes: Any) -> Any:
        """Place one bet and return the answer."""
        return (await self.say(self.order(player_id, stakes, **changes)))[0]

    async def call(self, player_id: int, name: str, unit: int) -> Any:
        """Place an announced bet."""
        return await self.bet(player_id, calls=[CallStake(name, unit)])

    def undo_order(self, player_id: int, *bet_ids: bytes, **changes: Any) -> UndoBet:
        """Return an order to take bets of the current round back."""
        book = self.table.stage.book
        round_id = book.round_id if book else b"\0" * 16
        order = UndoBet(seat(player_id), round_id, self.new_id(), self.clock.now_ms(), list(bet_ids))
        return msgspec.structs.replace(order, **changes)

    async def undo(self, player_id: int, *bet_ids: bytes, **changes: Any) -> Any:
        """Take bets back and return the answer."""
        return (await self.say(self.undo_order(player_id, *bet_ids, **changes)))[0]

    def deal_order(self, verb: str, dealer: int = 900, **changes: Any) -> DealerOrder:
        """Return what a dealer says about the current round."""
        book = self.table.stage.book
        round_id = book.round_id if book else b""
        command_id = self.new_id() if verb == "open" else b""
        return msgspec.structs.replace(DealerOrder(seat(dealer), verb, round_id, command_id), **changes)

    async def deal(self, verb: str, dealer: int = 900, **changes: Any) -> Any:
        """Do what a dealer does and return the answer."""
        return (await self.say(self.deal_order(verb, dealer, **changes)))[0]

    # ------------------------------------------------------------ waiting and looking

    async def until(self, *phases: str, limit_s: float = 60.0) -> None:
        """Wait until the table shows one of these phases, keeping the lease."""
        async with asyncio.timeout(limit_s):
            step = 0
            while True:
                if self.table.stage.phase in phases:
                    return
                await asyncio.sleep(0.01)
                step += 1
                if step % 100 == 0:
                    await self.follow()

    def events(self, kind: type | None = None) -> list[Any]:
        """Return the table events told to gateway/0, of one kind if given."""
        return [e for e in self.post.events() if kind is None or isinstance(e, kind)]

    def check_money(self) -> None:
        """Fail unless nothing is in play any more and every reservation has ended once."""
        for wallet in self.post.wallets.values():
            assert {held.state for held in wallet.held.values()} <= {"settled", "voided"}
            assert set(wallet.escrow.values()) <= {0}


async def told(casino: Casino, player_id: int, limit_s: float = 60.0) -> list[Any]:
    """Wait until the player has heard something personal; return all of it."""
    async with asyncio.timeout(limit_s):
        while not casino.post.personal(player_id):
            await asyncio.sleep(0.01)
    return list(casino.post.personal(player_id))


async def settle() -> None:
    """Let everything run that needs no time."""
    await asyncio.sleep(0.001)
