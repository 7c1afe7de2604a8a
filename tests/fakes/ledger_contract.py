"""What every `LedgerStore` must do. A subclass gives the fixture `stores`, which makes stores on the same books."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from actors.domain.ids import Origin
from actors.domain.money.accounts import Kind, account_id
from actors.domain.money.apply import apply
from actors.domain.money.batch import Batch, Commit
from actors.domain.money.entries import ReservationState
from actors.domain.money.orders import WalletOrder
from actors.domain.money.recovery import BooksDisagree, ShardHead, recover
from actors.domain.money.state import ShardState
from actors.ports import BooksDiverged, LedgerStore, ShardFenced
from tests.fakes.money import NOW_MS, PLAY, PLAYER, Orders, StillClock, settle, void

CASH = account_id(PLAYER, PLAY, Kind.CASH)

MakeStore = Callable[[], LedgerStore]


class Owner:
    """An incarnation without a driver: applies orders, and seals them into commits."""

    def __init__(self, store: LedgerStore, head: ShardHead, state: ShardState, now_ms: int) -> None:
        self.store = store
        self.head = head
        self.state = state
        self.orders = Orders(StillClock(now_ms))

    @classmethod
    async def claim(cls, store: LedgerStore, now_ms: int = NOW_MS) -> Owner:
        first_day, end_day = await store.prepare_days()
        head = await store.claim("test")
        state = recover(0, await store.load(now_ms - 120_000), now_ms)
        state.first_day, state.end_day = first_day, end_day
        return cls(store, head, state, now_ms)

    def seal(self, *orders: WalletOrder) -> Commit:
        batch = Batch(0, self.head.head, self.store.encode)
        for order in orders:
            _, rows = apply(self.state, order, self.orders.clock.ms)
            assert rows
            for row in rows:
                batch.add(row)
        return batch.seal(self.head.epoch, self.head.seq)

    async def commit(self, *orders: WalletOrder) -> Commit:
        commit = self.seal(*orders)
        await self.store.commit(commit)
        self.head = ShardHead(commit.epoch, commit.last_seq, commit.new_head)
        return commit


class LedgerStoreContract:
    """now_ms: a time for which the store's journal has room."""

    now_ms = NOW_MS

    async def _owner(self, stores: MakeStore, *, funded: bool = True) -> Owner:
        owner = await Owner.claim(stores(), self.now_ms)
        if funded:
            await owner.commit(owner.orders.open(), owner.orders.deposit(1000))
        return owner

    async def test_claim_raises_the_epoch_by_one(self, stores: MakeStore) -> None:
        first = await stores().claim("a")
        second = await stores().claim("b")
        assert (second.epoch, second.seq, second.head) == (first.epoch + 1, first.seq, first.head)

    async def test_commit_moves_the_head_to_what_was_sealed(self, stores: MakeStore) -> None:
        owner = await self._owner(stores)
        assert await owner.store.head() == owner.head
        assert await owner.store.confirm() == owner.head
        assert owner.head.seq == 2

    async def test_commit_prepared_ahead_books_the_same(self, stores: MakeStore) -> None:
        owner = await self._owner(stores)
        commit = owner.seal(owner.orders.deposit(5), owner.orders.reserve(7))
        owner.store.prepare(commit)
        await owner.store.commit(commit)
        loaded = await owner.store.load(0)
        assert loaded.tail_hashes[-2:] == commit.hashes
        assert {account: loaded.balances[account] for account in commit.balances} == {
            account: change.new for account, change in commit.balances.items()
        }

    async def test_empty_commit_only_proves_the_fence(self, stores: MakeStore) -> None:
        owner = await self._owner(stores)
        await owner.commit()
        assert (await owner.store.head()).seq == 2
        await stores().claim("other")
        with pytest.raises(ShardFenced):
            await owner.commit()

    async def test_commit_of_an_older_epoch_is_fenced(self, stores: MakeStore) -> None:
        zombie = await self._owner(stores)
        heir = await self._owner(stores, funded=False)
        with pytest.raises(ShardFenced):
            await zombie.commit(zombie.orders.deposit(5))
        assert await heir.store.head() == heir.head

    async def test_same_commit_again_is_fenced_and_books_nothing(self, stores: MakeStore) -> None:
        owner = await self._owner(stores)
        commit = await owner.commit(owner.orders.deposit(5))
        with pytest.raises(ShardFenced):
            await owner.store.commit(commit)
        assert (await owner.store.load(0)).balances[CASH] == 1005

    async def test_commit_on_another_chain_head_is_fenced(self, stores: MakeStore) -> None:
        owner = await self._owner(stores)
        owner.head = ShardHead(owner.head.epoch, owner.head.seq, bytes(32))
        with pytest.raises(ShardFenced):
            await owner.commit(owner.orders.deposit(5))

    async def test_balance_that_differs_from_memory_is_divergence_and_rolls_back(self, stores: MakeStore) -> None:
        owner = await self._owner(stores)
        owner.state.balances[CASH] += 1
        with pytest.raises(BooksDiverged):
            await owner.commit(owner.orders.bonus(3), owner.orders.deposit(5))
        assert await owner.store.head() == owner.head
        assert (await owner.store.load(0)).balances[CASH] == 1000

    async def test_id_booked_before_is_divergence(self, stores: MakeStore) -> None:
        owner = await self._owner(stores)
        order = owner.orders.deposit(5)
        await owner.commit(order)
        owner.state.outcomes.clear()
        with pytest.raises(BooksDiverged):
            await owner.commit(order)

    async def test_reservation_closed_twice_is_divergence(self, stores: MakeStore) -> None:
        owner = await self._owner(stores)
        stake = owner.orders.reserve(300)
        await owner.commit(stake)
        held = owner.state.reservations[stake.cmd_id]
        await owner.commit(void(stake))
        owner.state.reservations[stake.cmd_id] = held
        owner.state.balances[account_id(PLAYER, PLAY, Kind.ESCROW)] = 300
        with pytest.raises(BooksDiverged):
            await owner.commit(settle(stake, 0))

    async def test_closing_what_is_not_open_is_divergence_though_every_balance_agrees(self, stores: MakeStore) -> None:
        owner = await self._owner(stores)
        gone, other = owner.orders.reserve(300), owner.orders.reserve(300)
        await owner.commit(gone, other)
        held = owner.state.reservations[gone.cmd_id]
        await owner.commit(void(gone))
        owner.state.reservations[gone.cmd_id] = held  # the other one's stake is in escrow still
        with pytest.raises(BooksDiverged, match="not open"):
            await owner.commit(settle(gone, 0))

    async def test_everything_in_one_commit_is_loaded_as_memory_had_it(self, stores: MakeStore) -> None:
        owner = await self._owner(stores)
        orders = owner.orders
        open_, settled, voided, unknown = (orders.reserve(n) for n in (300, 100, 50, 20))
        await owner.commit(
            open_,
            settled,
            voided,
            settle(settled, 250),
            void(voided),
            void(unknown),
            orders.fence(3),
            orders.reserve(10**6, epoch=3),
            orders.bonus(5),
            orders.fence(4, "roulette-2"),
        )
        loaded = await owner.store.load(self.now_ms - 120_000)
        rebuilt = recover(0, loaded, self.now_ms)
        assert loaded.head == owner.head
        assert rebuilt.balances == owner.state.balances
        assert rebuilt.reservations == owner.state.reservations
        assert rebuilt.open_by_table == owner.state.open_by_table
        assert rebuilt.fences == {"roulette-1": 3, "roulette-2": 4}
        assert rebuilt.outcomes == owner.state.outcomes
        assert loaded.currencies >= {1, 2}

    async def test_load_leaves_out_what_is_older_than_the_floor(self, stores: MakeStore) -> None:
        owner = await self._owner(stores)
        kept, closed = owner.orders.reserve(1), owner.orders.reserve(2)
        await owner.commit(kept, closed, void(closed))
        loaded = await owner.store.load(self.now_ms + 1)
        assert loaded.recent == []
        assert [r.reservation_id for r in loaded.reservations] == [kept.cmd_id]

    async def test_find_returns_what_was_booked_and_nothing_else(self, stores: MakeStore) -> None:
        owner = await self._owner(stores)
        stake, refused, unknown = (owner.orders.reserve(n) for n in (300, 10**6, 1))
        commit = await owner.commit(stake, refused)
        found = await owner.store.find([stake.cmd_id, refused.cmd_id, unknown.cmd_id], [stake.cmd_id, unknown.cmd_id])
        by_id = {row.cmd_id: row for row in found.rows}
        assert set(by_id) == {stake.cmd_id, refused.cmd_id}
        for row in commit.rows:
            plain = msgspec.structs.replace(row, born=None, closed=None, accounts=(), fence=None)
            assert by_id[row.cmd_id] == plain
        assert [(r.reservation_id, r.state) for r in found.reservations] == [(stake.cmd_id, ReservationState.OPEN)]

    async def test_find_of_nothing_is_empty(self, stores: MakeStore) -> None:
        owner = await self._owner(stores)
        found = await owner.store.find([], [])
        assert (found.rows, found.reservations) == ([], [])

    async def test_more_rows_than_the_tail_still_chain(self, stores: MakeStore) -> None:
        owner = await self._owner(stores)
        for _ in range(3):
            await owner.commit(*[owner.orders.deposit(1) for _ in range(500)])
        loaded = await owner.store.load(self.now_ms + 1)
        assert [row.seq for row in loaded.tail] == list(range(503, 1503))
        recover(0, loaded, self.now_ms)
        with pytest.raises(BooksDisagree):
            recover(0, msgspec.structs.replace(loaded, before=bytes(32)), self.now_ms)

    async def test_amounts_up_to_the_limit_are_exact(self, stores: MakeStore) -> None:
        owner = await self._owner(stores)
        stake = owner.orders.reserve(2**62 - 1)
        await owner.commit(owner.orders.deposit(2**62 - 1 - 1000), stake, settle(stake, 0))
        loaded = await owner.store.load(0)
        assert loaded.balances[CASH] == 0
        assert loaded.balances[account_id(0, PLAY, Kind.GGR)] == 2**62 - 1
        recover(0, loaded, self.now_ms)

    async def test_journal_has_room_for_today(self, stores: MakeStore) -> None:
        first, end = await stores().prepare_days()
        assert first <= self.now_ms // 86_400_000 < end

    async def test_id_of_class_cashier_at_the_edge_of_a_day_is_filed(self, stores: MakeStore) -> None:
        owner = await self._owner(stores)
        midnight = self.now_ms // 86_400_000 * 86_400_000
        for at_ms in (midnight - 1, midnight):
            id_ = owner.orders.id(Origin.CASHIER, at_ms)
            await owner.commit(msgspec.structs.replace(owner.orders.deposit(1), cmd_id=id_))
            assert [row.cmd_id for row in (await owner.store.find([id_], [])).rows] == [id_]

    async def test_close_twice_is_harmless(self, stores: MakeStore) -> None:
        store = stores()
        await store.claim("a")
        await store.close()
        await store.close()
