"""The relay over shards in memory with the real rules of money: nothing lost, nothing twice, wherever it is ended."""

from __future__ import annotations

import asyncio

import pytest

from actors.domain.ids import Origin, id_ms, id_origin
from actors.domain.money.accounts import Kind, house_account
from actors.domain.money.orders import TransferIn
from actors.domain.policy.transits import Transit, transfer_in_order
from actors.domain.refusals import Refusal
from actors.ports import StoreUnavailable
from actors.supervisors.journal import CheckpointMoved
from actors.supervisors.relay import Relay
from tests.fakes.api import ManualClock
from tests.fakes.shards import PLAY, FakeShards
from tests.fakes.transits import FakeTransits
from tests.simulation.loop import run_virtual

POT = Kind.POT_CLEARING
_WRITES = ("save_transits", "close_transits")


class Scene:
    """Shards and a store that outlive relays; and the relay of the moment."""

    def __init__(self, shards: int = 3) -> None:
        self.clock = ManualClock()
        self.store = FakeTransits(shards)
        self.shards = FakeShards(self.clock, self.store)
        self.relay = self.another()

    def another(self) -> Relay:
        """Return a relay that knows nothing but what is stored."""
        return Relay(self.store, self.shards, self.clock, fatal=_fatal)

    def pot(self, shard: int) -> int:
        """Return what lies on a shard's pot clearing."""
        return self.shards.states[shard].balances.get(house_account(PLAY, POT), 0)


def _fatal(error: BaseException) -> None:
    raise error


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_transfer_arrives_at_the_peer_and_clearing_is_empty(scene: Scene) -> None:
    scene.shards.send(0, 1, 500)
    assert scene.shards.in_transit == 500
    await scene.relay.work()
    assert (scene.pot(0), scene.pot(1), scene.shards.in_transit) == (-500, 500, 0)


async def test_part_and_kind_of_the_account_travel_along(scene: Scene) -> None:
    scene.shards.send(0, 1, 500)
    await scene.relay.work()
    ((_, order),) = scene.shards.asked
    assert isinstance(order, TransferIn)
    assert (order.kind, order.part, order.peer, order.amount_minor) == (POT, 0, 0, 500)


async def test_refused_transfer_out_sends_nothing(scene: Scene) -> None:
    with pytest.raises(AssertionError, match="400"):
        scene.shards.send(0, 1, 500, Kind.JACKPOT_POOL, 7)
    await scene.relay.work()
    assert (scene.shards.asked, scene.store.transits) == ([], {})


async def test_transfers_between_all_shards_net_to_zero(scene: Scene) -> None:
    for sender, peer, amount in [(0, 1, 5), (1, 0, 7), (1, 2, 11), (2, 0, 13), (0, 1, 17)]:
        scene.shards.send(sender, peer, amount)
    await scene.relay.work()
    assert [scene.pot(shard) for shard in range(3)] == [-5 + 7 + 13 - 17, 5 - 7 - 11 + 17, 11 - 13]
    assert scene.shards.in_transit == 0


async def test_same_transfer_id_from_two_shards_arrives_twice(scene: Scene) -> None:
    id_ = scene.shards.send(0, 2, 5)
    scene.shards._ids -= 1
    assert scene.shards.send(1, 2, 7) == id_
    await scene.relay.work()
    assert scene.pot(2) == 12


async def test_peer_that_is_away_holds_up_no_other_and_gets_its_own_later(scene: Scene) -> None:
    scene.shards.send(0, 1, 5)
    scene.shards.send(0, 2, 7)
    scene.shards.away.add(1)
    await scene.relay.work()
    assert (scene.pot(1), scene.pot(2), scene.shards.in_transit) == (0, 7, 5)
    scene.shards.away.clear()
    await scene.relay.work()
    assert (scene.pot(1), scene.shards.in_transit) == (5, 0)


async def test_journal_that_cannot_be_read_holds_up_no_other(scene: Scene) -> None:
    scene.shards.send(0, 2, 5)
    scene.shards.send(1, 2, 7)
    scene.store.down.add(0)
    with pytest.raises(StoreUnavailable):
        await scene.relay.work()
    assert scene.pot(2) == 7


async def test_busy_peer_is_asked_again(scene: Scene) -> None:
    scene.shards.send(0, 1, 5)
    scene.shards.busy.add(1)
    await scene.relay.work()
    scene.shards.busy.clear()
    await scene.relay.work()
    assert (scene.pot(1), scene.store.transits[0, 1][1]) != (0, None)


async def test_lost_answer_is_asked_for_again_and_booked_once(scene: Scene) -> None:
    scene.shards.send(0, 1, 5)
    scene.shards.lost = 1
    await scene.relay.work()
    assert scene.relay.counters()["transits_open"] == 1
    await scene.relay.work()
    assert (scene.pot(1), len(scene.shards.asked), scene.relay.counters()["transits_open"]) == (5, 2, 0)


async def test_refused_transfer_is_stuck_visible_and_holds_up_no_other(scene: Scene) -> None:
    scene.shards.states[1].currencies = frozenset((2,))
    scene.shards.send(0, 1, 5)
    scene.shards.send(0, 2, 7)
    scene.clock.ms += 4_000
    await scene.relay.work()
    _, end = scene.store.transits[0, 1]
    assert end is not None
    assert end.code == Refusal.CURRENCY_MISMATCH
    counters = scene.relay.counters()
    assert [counters[name] for name in ("transits_open", "transits_stuck", "transit_age_ms")] == [0, 1, 4_000]
    assert (scene.pot(2), scene.shards.in_transit) == (7, 5)


async def test_stuck_transfer_is_not_asked_again(scene: Scene) -> None:
    scene.shards.states[1].currencies = frozenset((2,))
    scene.shards.send(0, 1, 5)
    await scene.relay.work()
    await scene.relay.work()
    assert len(scene.shards.asked) == 1


async def test_double_of_the_relay_changes_nothing(scene: Scene) -> None:
    double = scene.another()
    await double.work()
    scene.shards.send(0, 1, 5)
    await scene.relay.work()
    with pytest.raises(CheckpointMoved):
        await double.work()
    double.doubt()
    scene.shards.send(0, 1, 7)
    await asyncio.gather(double.work(), scene.relay.work(), return_exceptions=True)
    assert (scene.pot(1), scene.shards.in_transit) == (12, 0)


async def test_late_copy_of_an_order_changes_nothing(scene: Scene) -> None:
    scene.shards.send(0, 1, 5)
    await scene.relay.work()
    ((shard, order),) = scene.shards.asked
    scene.clock.ms += 3_600_000
    scene.shards.book(shard, order)
    assert (scene.pot(1), scene.shards.in_transit) == (5, 0)


@pytest.mark.parametrize("cut", [f"{when} {what}" for when in ("before", "after") for what in _WRITES])
async def test_cut_while_writing_carries_each_transfer_once(scene: Scene, cut: str) -> None:
    for amount in (5, 7):
        scene.shards.send(0, 1, amount)
    scene.store.cuts.add(cut)
    with pytest.raises(StoreUnavailable):
        await scene.relay.work()
    scene.relay.doubt()
    await scene.relay.work()
    assert (scene.pot(1), scene.shards.in_transit) == (12, 0)


def test_relay_ended_at_each_of_its_awaits_carries_each_transfer_once() -> None:
    turns = 0
    ended_early = True
    while ended_early:
        turns += 1
        ended_early = run_virtual(_ended_after(turns))
    assert turns > 10


async def _ended_after(turns: int) -> bool:
    """End a relay after so many turns of the loop, let another finish; tell whether the first was ended at work."""
    scene = Scene()
    for sender, peer, amount in [(0, 1, 5), (1, 0, 7), (0, 2, 11)]:
        scene.shards.send(sender, peer, amount)
    task = asyncio.create_task(scene.relay.work())
    for _ in range(turns):
        await asyncio.sleep(0)
    was_at_work = task.cancel()
    await asyncio.wait((task,))
    await scene.another().work()
    assert [scene.pot(shard) for shard in range(3)] == [-5 + 7 - 11, 5 - 7, 11]
    assert (scene.shards.in_transit, scene.relay.counters()["transits_open"]) == (0, 0)
    return was_at_work


def test_order_for_the_peer_is_the_same_after_any_restart() -> None:
    transit = Transit(0, 9, FakeShards(ManualClock(), FakeTransits()).id(Origin.STAFF), 1, 1, 400, 3, 5, 0)
    order = transfer_in_order(transit)
    assert order == transfer_in_order(transit)
    assert (id_ms(order.cmd_id), id_origin(order.cmd_id)) == (id_ms(transit.transfer_id), Origin.RELAY)
