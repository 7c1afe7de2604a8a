"""What every `LedgerStore` must do with orders of every kind. The fixture `stores` as in `ledger_contract`."""

from __future__ import annotations

import msgspec
import pytest

from actors.domain.ids import linked_id
from actors.domain.money.accounts import Kind
from actors.domain.money.apply import apply
from actors.domain.money.batch import Batch
from actors.domain.money.entries import ReservationState, Row
from actors.domain.money.orders import Funding, JackpotTerms, WalletOrder
from actors.domain.money.recovery import recover
from actors.ports import BooksDiverged
from tests.fakes.ledger_contract import MakeStore, Owner
from tests.fakes.money import EUR, JACKPOT, NOW_MS, PLAY, Orders, settle
from tests.fakes.money_books import BONUS, CASH, PENDING, POOL, TURNOVER, WANTED, every_kind, own

CEILING = JACKPOT + 2
LONG_TEXT = 'Überweisung "龜", 100 % \\ \0 \U0001f3b0'


def _everything(orders: Orders) -> list[WalletOrder]:
    """One order of each kind, a row of ten legs, a split stake in play, a withdrawal that was cancelled first."""
    preparing, kinds = every_kind(orders)
    bet = orders.reserve(4100, epoch=2, funding=Funding.CASH_ONLY)
    more: list[WalletOrder] = [
        orders.define(1, 10, 50, jackpot=CEILING),
        bet,
        settle(bet, 100, jackpot=CEILING),
        orders.bonus(70, 9, wagering=700),
        orders.reserve(50, 9, epoch=2, funding=Funding.BONUS_FIRST),
        orders.cancel(orders.withdraw(1)),
        msgspec.structs.replace(orders.deposit(1), psp_ref=LONG_TEXT),
        orders.withdraw(10**9),
        orders.exchange(10**9, 1),
    ]
    return [orders.open(), orders.deposit(10_000), *preparing, *kinds.values(), *more]


def _as_read(row: Row) -> Row:
    return msgspec.structs.replace(row, born=None, closed=None, accounts=(), fence=None, jackpot=None)


class LedgerOrdersContract:
    """now_ms: a time for which the store's journal has room."""

    now_ms = NOW_MS

    async def _owner(self, stores: MakeStore) -> Owner:
        """Claim, with 10.00 in cash, 2.00 of a bonus, a jackpot of 5.00 and an account in euro."""
        owner = await Owner.claim(stores(), self.now_ms)
        o = owner.orders
        await owner.commit(
            o.open(), o.deposit(1000), o.bonus(200, wagering=900), o.define(), o.move(500), o.open(ccy=EUR)
        )
        return owner

    async def _refused(self, owner: Owner, *orders: WalletOrder) -> None:
        """The commit is divergence, and leaves nothing behind."""
        ids = [order.cmd_id for order in orders]
        before = await owner.store.load(0)
        with pytest.raises(BooksDiverged):
            await owner.commit(*orders)
        after = await owner.store.load(0)
        assert (after.head, after.balances, after.jackpots) == (owner.head, before.balances, before.jackpots)
        assert (await owner.store.find([*ids, *map(linked_id, ids)], [])).rows == []

    async def test_orders_of_every_kind_in_one_commit_are_loaded_as_memory_had_them(self, stores: MakeStore) -> None:
        owner = await Owner.claim(stores(), self.now_ms)
        commit = await owner.commit(*_everything(owner.orders))
        loaded = await owner.store.load(self.now_ms - 120_000)
        rebuilt = recover(0, loaded, self.now_ms)
        for part in ("balances", "reservations", "open_by_table", "bonus_in_play", "fences", "jackpots", "outcomes"):
            assert getattr(rebuilt, part) == getattr(owner.state, part), part
        assert loaded.tail == [_as_read(row) for row in commit.rows]
        assert sorted(loaded.recent, key=lambda row: row.seq) == loaded.tail
        assert {len(row.legs) for row in loaded.tail} == {0, 2, 3, 4, 10}

    async def test_texts_come_back_as_they_were(self, stores: MakeStore) -> None:
        """The chain covers their bytes."""
        owner = await self._owner(stores)
        order = msgspec.structs.replace(owner.orders.deposit(1), psp_ref=LONG_TEXT)
        await owner.commit(order)
        (row,) = (await owner.store.find([order.cmd_id], [])).rows
        assert msgspec.json.decode(row.meta) == {"psp_ref": LONG_TEXT}

    async def test_both_rows_of_an_exchange_are_found_under_their_ids(self, stores: MakeStore) -> None:
        owner = await self._owner(stores)
        order = owner.orders.exchange(100, 90)
        await owner.commit(order)
        found = (await owner.store.find([order.cmd_id, linked_id(order.cmd_id)], [])).rows
        assert {(row.cmd_id, row.ccy, row.ref) for row in found} == {
            (order.cmd_id, PLAY, linked_id(order.cmd_id)),
            (linked_id(order.cmd_id), EUR, order.cmd_id),
        }

    async def test_reservations_keep_kind_split_and_state(self, stores: MakeStore) -> None:
        owner = await self._owner(stores)
        o = owner.orders
        stake, open_, paid, kept, gone = o.reserve(1100), o.withdraw(40), o.withdraw(30), o.withdraw(20), o.withdraw(10)
        await owner.commit(open_, paid, kept, stake, o.complete(paid), o.cancel(kept), o.cancel(gone))
        ids = [order.cmd_id for order in (stake, open_, paid, kept, gone)]
        found = {r.reservation_id: r for r in (await owner.store.find([], ids)).reservations}
        assert [found[id_] for id_ in ids] == [owner.state.reservations[id_] for id_ in ids]
        assert [found[id_].state for id_ in ids] == [
            *(ReservationState.OPEN, ReservationState.OPEN),
            *(ReservationState.SETTLED, ReservationState.VOIDED, ReservationState.TOMBSTONE),
        ]
        assert found[stake.cmd_id].bonus_minor == 190

    async def test_terms_of_a_jackpot_are_exact_up_to_their_limits(self, stores: MakeStore) -> None:
        owner = await self._owner(stores)
        most = owner.orders.define(10**9, 10**9, 2**62 - 1, ccy=EUR, jackpot=65536)
        await owner.commit(most)
        assert (await owner.store.load(0)).jackpots[65536] == JackpotTerms(EUR, 10**9, 10**9, 2**62 - 1)

    # ------------------------------------------------------------ memory and books disagree

    @pytest.mark.parametrize("account", [CASH, BONUS, WANTED, POOL])
    async def test_balance_of_any_kind_that_differs_is_divergence(self, stores: MakeStore, account: int) -> None:
        owner = await self._owner(stores)
        bet = owner.orders.reserve(1100)
        await owner.commit(bet)
        owner.state.balances[account] += 1
        await self._refused(owner, settle(bet, 2200, jackpot=JACKPOT))

    async def test_account_that_only_memory_has_is_divergence(self, stores: MakeStore) -> None:
        owner = await self._owner(stores)
        owner.state.balances[TURNOVER] = 0
        await self._refused(owner, owner.orders.wager(100, 0, jackpot=JACKPOT))

    async def test_account_that_memory_has_forgotten_is_divergence(self, stores: MakeStore) -> None:
        owner = await self._owner(stores)
        await owner.commit(owner.orders.wager(100, 0, jackpot=JACKPOT))
        del owner.state.balances[TURNOVER]
        await self._refused(owner, owner.orders.wager(100, 0, jackpot=JACKPOT))

    async def test_exchange_whose_second_row_diverges_leaves_no_first_row(self, stores: MakeStore) -> None:
        owner = await self._owner(stores)
        owner.state.balances[own(Kind.CASH, ccy=EUR)] += 1
        await self._refused(owner, owner.orders.exchange(100, 90))

    async def test_withdrawal_that_ends_twice_is_divergence(self, stores: MakeStore) -> None:
        owner = await self._owner(stores)
        ended, other = owner.orders.withdraw(300), owner.orders.withdraw(300)
        await owner.commit(ended, other)
        held = owner.state.reservations[ended.cmd_id]
        await owner.commit(owner.orders.cancel(ended))
        owner.state.reservations[ended.cmd_id] = held  # the other one's money is pending still
        assert owner.state.balances[PENDING] == 300
        await self._refused(owner, owner.orders.complete(ended))

    async def test_withdrawal_that_its_tombstone_should_have_refused_is_divergence(self, stores: MakeStore) -> None:
        owner = await self._owner(stores)
        late = owner.orders.withdraw(300)
        await owner.commit(owner.orders.cancel(late))
        del owner.state.reservations[late.cmd_id]
        await self._refused(owner, late)

    async def test_jackpot_defined_twice_is_divergence(self, stores: MakeStore) -> None:
        owner = await self._owner(stores)
        owner.state.jackpots.clear()
        await self._refused(owner, owner.orders.define(1, 7))

    @pytest.mark.parametrize("leg", [0, 4, 9])
    async def test_long_row_that_does_not_sum_to_zero_is_divergence(self, stores: MakeStore, leg: int) -> None:
        owner = await self._owner(stores)
        o = owner.orders
        bet = o.reserve(1000, funding=Funding.CASH_ONLY)
        await owner.commit(o.define(1, 10, 20, jackpot=CEILING), bet)
        (row,) = apply(owner.state, settle(bet, 5, jackpot=CEILING), self.now_ms)[1]
        assert len(row.legs) == 10
        account, amount, balance = row.legs[leg]
        legs = (*row.legs[:leg], (account, amount + 1, balance + 1), *row.legs[leg + 1 :])
        batch = Batch(0, owner.head.head, owner.store.encode)
        batch.add(msgspec.structs.replace(row, legs=legs))
        with pytest.raises(BooksDiverged):
            await owner.store.commit(batch.seal(owner.head.epoch, owner.head.seq))
        assert await owner.store.head() == owner.head
