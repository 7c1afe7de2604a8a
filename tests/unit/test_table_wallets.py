"""The orders that end a reservation: the same after any restart, and never somebody else's; and how they are driven."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from actors.domain.ids import Deriver, Origin, derive_id, id_suffix, make_id
from actors.domain.money.orders import Done, Reserve, Settle, Void
from actors.domain.rounds import SettleEntry, VoidEntry
from actors.table_wallets import AHEAD, CHUNK, Entry, WalletDriver, orders_of, void_order
from tests.fakes.post import LOSE_REPLY, FakePost
from tests.simulation.loop import run_virtual

KEY, OTHER_KEY = bytes(32), bytes(range(32))
BET = make_id(1_790_000_000_000, Origin.CLIENT, bytes(9))
ROUND, OTHER_ROUND = b"r" * 16, b"s" * 16
PLAYER = 8


def settle_id(key: bytes, player: int, round_id: bytes) -> bytes:
    (order,) = orders_of(Deriver(key), round_id, [SettleEntry(0, BET, player, 1, 100, 0)])
    assert isinstance(order, Settle)
    return order.cmd_id


def test_same_void_is_the_same_order_whoever_gives_it() -> None:
    (order,) = orders_of(Deriver(KEY), ROUND, [VoidEntry(0, BET, 7, 1, 100)])
    assert order == void_order(KEY, BET, 7, 1, ROUND)


def test_derived_ids_never_change() -> None:
    # Plans of rounds that were decided before an upgrade are carried out after it, partly for the second time.
    assert settle_id(KEY, 7, ROUND).hex() == "01a0c4506c007190bb3a03f9fd29f5aa"
    assert settle_id(OTHER_KEY, 70_001, OTHER_ROUND).hex() == "01a0c4506c00712192125e5be9a8a623"
    assert void_order(KEY, BET, 7, 1, ROUND).cmd_id.hex() == "01a0c4506c007240bf73201b69976ff5"
    assert void_order(OTHER_KEY, BET, 70_001, 1, OTHER_ROUND).cmd_id.hex() == "01a0c4506c00722bb20ece64b9879c7b"


@pytest.mark.parametrize("key", [b"", b"k", bytes(range(32)), bytes(range(64))], ids=len)
def test_deriver_gives_the_ids_of_derive_id(key: bytes) -> None:
    ids = Deriver(key)
    for n in range(50):
        parent, verb = make_id(1_790_000_000_000 + n, Origin.CLIENT, bytes(range(n, n + 9))), "v" * (5 * n)
        assert ids.derive(parent, Origin.SETTLE, id_suffix(verb, n)) == derive_id(key, parent, Origin.SETTLE, verb, n)


def test_derived_ids_differ_by_round_player_verb_and_key() -> None:
    # One bet_id sent to two tables, or another player's bet_id, must not use up the rightful reservation's id.
    ids = {settle_id(key, p, r) for p in (7, 8) for key in (KEY, OTHER_KEY) for r in (ROUND, OTHER_ROUND)}
    ids |= {
        void_order(key, BET, p, 1, r).cmd_id for p in (7, 8) for key in (KEY, OTHER_KEY) for r in (ROUND, OTHER_ROUND)
    }
    assert len(ids) == 16
    assert derive_id(KEY, BET, Origin.SETTLE, "settle") not in ids


def test_orders_of_a_mixed_plan_stand_in_its_order() -> None:
    first, second = (make_id(1_790_000_000_000 + n, Origin.CLIENT, bytes(9)) for n in (1, 2))
    entries: list[Entry] = [
        SettleEntry(0, first, 7, 1, 100, 360),
        VoidEntry(0, second, 7, 1, 100),
        SettleEntry(0, first, 8, 1, 50, 0),
    ]
    orders = orders_of(Deriver(KEY), ROUND, entries)
    assert [(type(o), o.reservation_id, o.player_id) for o in orders] == [
        (Settle, first, 7),
        (Void, second, 7),
        (Settle, first, 8),
    ]
    assert orders[1] == void_order(KEY, second, 7, 1, ROUND)


# ---------------------------------------------------------------- driving


class Driving:
    """A plan of several chunks for one shard, whose stakes lie in the wallet."""

    def __init__(self, chunks: int) -> None:
        self.post = FakePost()
        self.wallet = self.post.wallets[0]
        self.driver = WalletDriver(self.post, KEY)
        self.ids = [make_id(1_790_000_000_000 + n, Origin.CLIENT, bytes(9)) for n in range(chunks * CHUNK)]
        self.entries = [SettleEntry(0, id_, PLAYER, 1, 1, 0) for id_ in self.ids]
        for id_ in self.ids:
            self.wallet.carry_out(Reserve(id_, PLAYER, 1, 1, ROUND, "t", 1))
        self.done: list[bytes] = []
        self.most_under_way = 0

    def on_done(self, acknowledged: Any) -> None:
        assert all(isinstance(done, Done) for _, done in acknowledged)
        self.most_under_way = max(self.most_under_way, len(self.wallet.batches) - len(self.done) // CHUNK)
        self.done += [entry.reservation_id for entry, _ in acknowledged]

    async def run(self) -> None:
        await self.driver.drive(ROUND, self.entries, self.on_done)
        assert sorted(self.done) == self.ids  # each once
        assert self.wallet.states(PLAYER) == ["settled"] * len(self.ids)


def test_chunks_go_out_before_the_first_is_answered_but_not_all_at_once() -> None:
    async def main() -> None:
        driving = Driving(AHEAD + 2)
        driving.wallet.delay_s = 0.05
        await driving.run()
        assert driving.most_under_way == AHEAD

    run_virtual(main())


def test_chunk_whose_answer_is_lost_is_told_once() -> None:
    # The second of three under way is carried out and not answered: it is asked again after those that followed it.
    async def main() -> None:
        driving = Driving(AHEAD)
        driving.wallet.faults.extend((None, LOSE_REPLY))
        await driving.run()
        assert driving.done[CHUNK : 2 * CHUNK] == driving.ids[2 * CHUNK :]
        assert len(driving.wallet.batches) == AHEAD + 1

    run_virtual(main())


def test_shard_that_is_away_is_not_asked_for_every_chunk_in_turn() -> None:
    # Each ask of a dead shard costs its deadline: a long plan must not wait for as many as it has chunks.
    async def main() -> None:
        driving = Driving(3 * AHEAD)
        driving.wallet.down = True
        task = asyncio.ensure_future(driving.run())
        await asyncio.sleep(5.05)
        assert len(driving.wallet.batches) == AHEAD
        driving.wallet.down = False
        await task

    run_virtual(main())
