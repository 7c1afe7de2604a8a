"""Books with every order in them, on two real wallet shards, and a hand that can bend any row."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from actors.domain.ids import Origin, relayed_id
from actors.domain.money.accounts import Kind
from actors.domain.money.orders import (
    Adjust,
    CancelWithdrawal,
    CompleteWithdrawal,
    ConvertBonus,
    DefineJackpot,
    Deposit,
    Done,
    Exchange,
    FenceTable,
    ForfeitBonus,
    Funding,
    GrantBonus,
    JackpotTerms,
    MoveJackpot,
    OpenAccount,
    PayJackpot,
    RequestWithdrawal,
    Reserve,
    Settle,
    TransferIn,
    TransferOut,
    Void,
    Wager,
)
from actors.domain.rounds import SettleEntry
from actors.ports import Clock
from server.clock import SystemClock
from tests.integration.local_casino import TABLE, LocalCasino

PLAY, EUR = 1, 2
ANNA, BERT, CARL, DORA = 2, 4, 6, 3  # Dora is on shard 1, the others on shard 0
JACKPOT = 9


class FullBooks:
    """seqs: the row of each named order, of its own shard."""

    def __init__(self, casino: LocalCasino, sql: asyncpg.Connection) -> None:
        self.casino = casino
        self.sql = sql
        self.seqs: dict[str, int] = {}
        self.ids: dict[str, bytes] = {}
        self.round_id = b""
        self.settled: list[SettleEntry] = []

    async def do(self, name: str, order: Any, shard: int = 0) -> bytes:
        """Carry out an order under a name; return its id."""
        (answer,) = await self.casino.order(shard, order)
        assert isinstance(answer, Done) or isinstance(order, FenceTable), (name, answer)
        self.seqs[name] = answer.seq
        self.ids[name] = order.cmd_id
        return bytes(order.cmd_id)

    def id(self, origin: Origin = Origin.CLIENT) -> bytes:
        return self.casino.new_id(origin)

    async def stake(self, name: str, player: int, amount: int, **fields: Any) -> Reserve:
        order = Reserve(self.id(), player, PLAY, amount, self.round_id, TABLE, 1, **fields)
        await self.do(name, order)
        return order

    async def settle(self, name: str, bet: Reserve, payout: int, jackpot: int = 0) -> None:
        order = Settle(self.id(Origin.SETTLE), bet.cmd_id, bet.player_id, payout, self.round_id, jackpot)
        await self.do(name, order)
        self.settled.append(SettleEntry(0, bet.cmd_id, bet.player_id, PLAY, bet.amount_minor, payout))

    async def void(self, name: str, bet: Reserve) -> None:
        await self.do(name, Void(self.id(Origin.VOID), bet.cmd_id, bet.player_id, PLAY, self.round_id))

    async def bend(self, statement: str) -> None:
        """Do what only somebody with all rights over the database can."""
        async with self.sql.transaction():
            await self.sql.execute("set local session_replication_role = replica")
            await self.sql.execute(statement)

    async def fill(self) -> None:
        """Give every order once at least, in one round that is settled."""
        self.round_id = await self.casino.open_round()
        await self._accounts()
        await self._cashier()
        await self._bonuses()
        await self._jackpot()
        await self.casino.decide(self.round_id, 17, self.settled)
        await self.casino.finish(self.round_id)

    async def _accounts(self) -> None:
        for player, shard in ((ANNA, 0), (BERT, 0), (CARL, 0), (DORA, 1)):
            for ccy in (PLAY, EUR):
                await self.do(f"open {player}", OpenAccount(self.id(Origin.CASHIER), player, ccy), shard)
                deposit = Deposit(self.id(Origin.CASHIER), player, ccy, 10_000, "psp-1")
                await self.do(f"deposit {player}", deposit, shard)
        await self.do("fence", FenceTable(self.id(Origin.TABLE), TABLE, 1))
        await self.do("fence of nothing", FenceTable(self.id(Origin.TABLE), "other", 0))

    async def _cashier(self) -> None:
        paid = await self.do("request", RequestWithdrawal(self.id(Origin.CASHIER), ANNA, EUR, 300))
        kept = await self.do("request kept", RequestWithdrawal(self.id(Origin.CASHIER), ANNA, EUR, 200))
        await self.do("request open", RequestWithdrawal(self.id(Origin.CASHIER), ANNA, EUR, 100))
        await self.do("paid out", CompleteWithdrawal(self.id(Origin.CASHIER), paid, ANNA, "psp-2"))
        await self.do("cancelled", CancelWithdrawal(self.id(Origin.CASHIER), kept, ANNA, EUR, "changed his mind"))
        await self.do("cancelled again", CancelWithdrawal(self.id(Origin.CASHIER), kept, ANNA, EUR, "changed his mind"))
        await self.do("exchange", Exchange(self.id(Origin.CASHIER), ANNA, EUR, 1000, PLAY, 3000))
        await self.do("adjust up", Adjust(self.id(Origin.STAFF), BERT, PLAY, 70, "a lost ticket", 11, 12))
        await self.do("adjust down", Adjust(self.id(Origin.STAFF), BERT, PLAY, -20, "found again", 11, 12))

    async def _bonuses(self) -> None:
        def grant(player: int, amount: int, wagering: int = 0) -> GrantBonus:
            return GrantBonus(self.id(Origin.BONUS), player, PLAY, amount, 1, wagering)

        await self.do("tick", grant(ANNA, 5))
        await self.do("grant", grant(BERT, 1000, 2500))
        first: Any = {"funding": Funding.BONUS_FIRST}
        won, gone = await self.stake("stake", BERT, 300, **first), await self.stake("stake back", BERT, 200, **first)
        mixed = await self.stake("stake mixed", BERT, 501, funding=Funding.PROPORTIONAL)
        await self.settle("won", won, 700)
        await self.void("given back", gone)
        await self.settle("mixed", mixed, 333)
        last = await self.stake("stake last", BERT, 2000)
        await self.settle("completed", last, 100)
        await self.do("grant 2", grant(BERT, 400, 10_000))
        late = await self.stake("stake late", BERT, 100, **first)
        lost = await self.stake("stake lost", BERT, 150, **first)
        await self.do("forfeited", ForfeitBonus(self.id(Origin.STAFF), BERT, PLAY, "asked for it"))
        await self.settle("settled after", late, 250)
        await self.void("voided after", lost)
        await self.do("grant 3", grant(CARL, 400, 10_000))
        kept = await self.stake("stake kept", CARL, 120, **first)
        await self.do("converted", ConvertBonus(self.id(Origin.STAFF), CARL, PLAY, "a good guest"))
        await self.settle("settled as cash", kept, 240)
        await self.do("tombstone", Void(self.id(Origin.VOID), self.id(), CARL, PLAY, self.round_id))

    async def _jackpot(self) -> None:
        terms = JackpotTerms(PLAY, 3, 700, 100)
        for shard in (0, 1):
            await self.do(f"define {shard}", DefineJackpot(self.id(Origin.JACKPOT), JACKPOT, terms), shard)
        for name, source, target, amount in (
            ("seed", Kind.JACKPOT_SEED, Kind.JACKPOT_POOL, 50),
            ("next seed", Kind.JACKPOT_SEED, Kind.JACKPOT_RESERVE, 40),
        ):
            await self.do(name, MoveJackpot(self.id(Origin.JACKPOT), JACKPOT, PLAY, source, target, amount))
        for n, (stake, payout) in enumerate(((777, 0), (5000, 4321), (8765, 9000), (13, 13))):
            await self.do(f"wager {n}", self.wager(CARL, stake, payout))
        bet = await self.stake("stake to jackpot", ANNA, 1234)
        await self.settle("settled to jackpot", bet, 2000, JACKPOT)
        await self.do("wager on 1", self.wager(DORA, 4000, 3000), 1)
        await self.transfer("first", 1, 0, 10)
        await self.transfer("second", 0, 1, 4)
        out = TransferOut(self.id(Origin.JACKPOT), PLAY, Kind.JACKPOT_POOL, JACKPOT, 1, 0)
        await self.do("under way", out, 1)
        over = MoveJackpot(self.id(Origin.JACKPOT), JACKPOT, PLAY, Kind.JACKPOT_OVERFLOW, Kind.JACKPOT_POOL, 6)
        await self.do("overflow moved", over)
        await self.do("jackpot paid", PayJackpot(self.id(Origin.JACKPOT), ANNA, PLAY, JACKPOT, 1, 90))

    def wager(self, player: int, stake: int, payout: int) -> Wager:
        return Wager(self.id(), player, PLAY, stake, payout, self.round_id, TABLE, 1, b"sealed", JACKPOT)

    async def transfer(self, name: str, source: int, target: int, amount: int) -> None:
        """Move pool money between shards, as the relay does."""
        out = TransferOut(self.id(Origin.JACKPOT), PLAY, Kind.JACKPOT_POOL, JACKPOT, amount, target)
        await self.do(f"{name} out", out, source)
        come = TransferIn(relayed_id(out.cmd_id, source), out.cmd_id, PLAY, Kind.JACKPOT_POOL, JACKPOT, amount, source)
        await self.do(f"{name} in", come, target)


@asynccontextmanager
async def full_books(dsn: str, clock: Clock | None = None) -> AsyncIterator[FullBooks]:
    """Give filled books with their shards still at work."""
    sql = await asyncpg.connect(dsn)
    async with asyncpg.create_pool(dsn, min_size=1, max_size=3) as pool:
        casino = LocalCasino(dsn, pool, clock or SystemClock())
        await casino.start()
        books = FullBooks(casino, sql)
        await books.fill()
        yield books
        await casino.stop()
        assert casino.errors == []
    await sql.close()
