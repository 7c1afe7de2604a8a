"""An instant game: one answer for each order, numbers without a hole, and a crash at every await."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from actors.domain.commands import DescribeTable, Follow, Refused, Seat, TableLine
from actors.domain.games.draws import SeededDraws, commitment
from actors.domain.games.slot import SLOT
from actors.domain.ids import Origin, make_id
from actors.domain.money.orders import FenceTable, Wager
from actors.domain.refusals import Refusal
from actors.domain.spins import ReadSeeds, RotateSeeds, SeedsView, SpinDone, SpinOrder, SpinState, round_of
from actors.instant import InstantTable
from actors.ports import StaleEpoch
from actors.table_config import TableConfig
from tests.fakes.post import LOSE_REPLY, LOSE_REQUEST, QUEUE_FULL, FakePost
from tests.fakes.spins import FakeSpins
from tests.fakes.table_world import KEY, START_MS, LoopClock, ScriptedEntropy
from tests.simulation.loop import run_virtual

CONFIG = TableConfig(
    table_id="slot",
    kind="instant",
    title="Slot",
    game="slot",
    min_stake_minor=20,
    max_table_minor=5_000,
    min_cycle_ms=0,
)
PLAYER = 7


class Place:
    """A slot on fakes and virtual time; `restart` is a successor, `double` one beside it."""

    def __init__(self, **config: Any) -> None:
        self.config = msgspec.structs.replace(CONFIG, **config)
        self.spins = FakeSpins("slot")
        self.post = FakePost()
        self.clock = LoopClock()
        self.entropy = ScriptedEntropy()
        self.fatal: list[BaseException] = []
        self.table = self.double()

    def double(self) -> InstantTable:
        return InstantTable(
            self.config,
            SLOT,
            self.spins,
            self.post,
            self.clock,
            self.entropy,
            key=KEY,
            shards=(0, 1),
            owner="test",
            fatal=self.fatal.append,
        )

    async def restart(self) -> None:
        await self.table.stop()
        self.table = self.double()
        await self.table.start()

    def order(self, n: int = 1, stake_minor: int = 200, player_id: int = PLAYER) -> SpinOrder:
        seat = Seat(player_id, "anna", player_id % 2, "gateway/0")
        return SpinOrder(seat, make_id(START_MS, Origin.CLIENT, n.to_bytes(9, "big")), stake_minor)

    async def say(self, *messages: Any) -> list[Any]:
        return list(await self.table.handle_batch("gateway/0", messages))

    async def spin(self, n: int = 1, stake_minor: int = 200, player_id: int = PLAYER) -> Any:
        return (await self.say(self.order(n, stake_minor, player_id)))[0]

    async def seeds(self, player_id: int = PLAYER) -> SeedsView:
        (view,) = await self.say(ReadSeeds(player_id))
        assert isinstance(view, SeedsView)
        return view

    async def rotate(self, n: int = 50, client_seed: str = "chosen") -> Any:
        command_id = make_id(START_MS, Origin.CLIENT, n.to_bytes(9, "big"))
        return (await self.say(RotateSeeds(PLAYER, command_id, client_seed)))[0]

    def wallet(self, player_id: int = PLAYER) -> Any:
        return self.post.wallets[player_id % 2]

    def wagers(self) -> list[Wager]:
        """Return every wager that any wallet was asked for, repetitions included."""
        batches = [batch for wallet in self.post.wallets.values() for batch in wallet.batches]
        return [order for batch in batches for order in batch if isinstance(order, Wager)]

    def check_money(self) -> None:
        """Fail unless each player has exactly what his settled rounds, and no others, have made of it."""
        for wallet in self.post.wallets.values():
            for player_id, cash in wallet.cash.items():
                rows = [row for row in self.spins.rows.values() if row.player_id == player_id]
                done = [row for row in rows if row.state is SpinState.SETTLED]
                assert cash == wallet.start_cash + sum(row.payout_minor - row.stake_minor for row in done)


def scene(**config: Any) -> Callable[[Callable[[Place], Awaitable[None]]], Callable[[], None]]:
    """Run the test on virtual time with a slot whose player has seeds; at its end all is settled, and money is right."""

    def wrap(test: Callable[[Place], Awaitable[None]]) -> Callable[[], None]:
        def run() -> None:
            async def main() -> None:
                place = Place(**config)
                await place.table.start()
                await place.seeds()
                await test(place)
                await asyncio.sleep(30)
                assert place.fatal == []
                assert SpinState.RECORDED.name not in place.spins.states()
                place.check_money()
                await place.table.stop()

            run_virtual(main())

        run.__name__ = test.__name__
        run.__doc__ = test.__doc__
        return run

    return wrap


def refusal(answer: Any) -> Refusal:
    assert isinstance(answer, Refused), answer
    return Refusal(answer.code)


# ---------------------------------------------------------------- one round


@scene()
async def test_spin_is_answered_with_its_row_and_its_number(place: Place) -> None:
    seeds = await place.seeds()
    answer = await place.spin()
    assert isinstance(answer, SpinDone)
    assert (answer.commitment, answer.client_seed, answer.nonce) == (seeds.commitment, seeds.client_seed, 0)
    assert answer.cash_minor == 100_000 - 200 + answer.payout_minor
    assert (await place.seeds()).nonce == 1


@scene()
async def test_outcome_is_what_the_revealed_seed_draws(place: Place) -> None:
    answers = [await place.spin(n) for n in range(1, 4)]
    (revealed,) = (await place.rotate()).revealed
    assert commitment(revealed.server_seed) == revealed.commitment == answers[0].commitment
    for answer in answers:
        drawn = SLOT.spin(SeededDraws(revealed.server_seed, revealed.client_seed, answer.nonce), 200)
        assert (drawn.outcome.detail, drawn.payout_minor) == (answer.detail, answer.payout_minor)


@scene()
async def test_wager_carries_the_round_and_the_commitment(place: Place) -> None:
    answer = await place.spin()
    (wager,) = place.wagers()
    assert wager.commitment[:32].hex() == answer.commitment
    assert wager.round_id == round_of("slot", PLAYER, wager.cmd_id)
    assert (wager.stake_minor, wager.payout_minor, wager.table_epoch) == (200, answer.payout_minor, 1)


@scene()
async def test_record_is_durable_before_the_wallet_is_asked(place: Place) -> None:
    place.spins.down = True
    spinning = asyncio.ensure_future(place.spin())
    await asyncio.sleep(5)
    assert place.wagers() == []
    place.spins.down = False
    assert isinstance(await spinning, SpinDone)


@scene()
async def test_players_who_spin_at_once_are_recorded_in_one_statement(place: Place) -> None:
    await place.say(*(ReadSeeds(player_id) for player_id in range(1, 51)))
    place.spins.calls.clear()
    answers = await place.say(*(place.order(player_id, 200, player_id) for player_id in range(1, 51)))
    assert all(isinstance(answer, SpinDone) for answer in answers)
    assert place.spins.calls.count("record") <= 2


# ---------------------------------------------------------------- refusals


@scene()
async def test_stake_that_is_no_bet_uses_up_no_number(place: Place) -> None:
    answers = [await place.spin(1, stake) for stake in (0, 21, 5_020)]
    assert [refusal(answer) for answer in answers] == [
        Refusal.STAKE_INVALID,
        Refusal.STAKE_INVALID,
        Refusal.STAKE_ABOVE_MAXIMUM,
    ]
    assert (await place.seeds()).nonce == 0


@scene(min_stake_minor=100, max_table_minor=400)
async def test_limits_of_the_table_hold_within_those_of_the_game(place: Place) -> None:
    assert refusal(await place.spin(1, 80)) == Refusal.STAKE_BELOW_MINIMUM
    assert refusal(await place.spin(1, 420)) == Refusal.STAKE_ABOVE_MAXIMUM


@scene()
async def test_player_who_never_saw_a_commitment_cannot_spin(place: Place) -> None:
    assert refusal(await place.spin(1, 200, 8)) == Refusal.SEEDS_UNSEEN


@scene(min_cycle_ms=-1)
async def test_next_spin_within_the_cycle_is_too_soon(place: Place) -> None:
    assert isinstance(await place.spin(1), SpinDone)
    await asyncio.sleep(2.4)
    assert refusal(await place.spin(2)) == Refusal.TOO_SOON
    await asyncio.sleep(0.2)
    assert isinstance(await place.spin(2), SpinDone)


@scene(min_cycle_ms=-1)
async def test_cycle_outlives_a_restart_and_a_rotation(place: Place) -> None:
    assert isinstance(await place.spin(1), SpinDone)
    await place.rotate()
    await place.restart()
    assert refusal(await place.spin(2)) == Refusal.TOO_SOON


@scene(min_cycle_ms=-1)
async def test_spin_that_is_sent_again_is_never_too_soon(place: Place) -> None:
    first = await place.spin(1)
    assert await place.spin(1) == first


@scene()
async def test_spin_that_the_books_refuse_uses_up_its_number(place: Place) -> None:
    place.wallet().start_cash = 100
    assert refusal(await place.spin(1)) == Refusal.INSUFFICIENT_FUNDS
    place.wallet().cash[PLAYER] = 100_000
    place.wallet().start_cash = 100_000
    assert refusal(await place.spin(1)) == Refusal.INSUFFICIENT_FUNDS
    assert (await place.spin(2)).nonce == 1
    assert place.spins.states() == ["VOID", "SETTLED"]


@scene()
async def test_same_id_with_another_stake_is_refused(place: Place) -> None:
    first = await place.spin(1, 200)
    assert refusal(await place.spin(1, 400)) == Refusal.ID_REUSED
    assert await place.spin(1, 200) == first


@scene()
async def test_same_id_of_two_players_is_two_rounds(place: Place) -> None:
    await place.seeds(8)
    answers = await place.say(place.order(1), place.order(1, 200, 8))
    assert all(isinstance(answer, SpinDone) for answer in answers)


@scene()
async def test_what_belongs_to_tables_is_refused(place: Place) -> None:
    line, joined = await place.say(DescribeTable(), Follow("gateway/0", 0, 0, 1))
    assert isinstance(line, TableLine)
    assert (line.kind, line.phase) == ("instant", "idle")
    assert refusal(joined) == Refusal.UNKNOWN_TABLE


# ---------------------------------------------------------------- the same order, many times


@scene()
async def test_copies_at_once_are_played_once(place: Place) -> None:
    answers = await place.say(*[place.order(1)] * 20)
    assert all(answer == answers[0] for answer in answers)
    assert len(place.wagers()) == 1


@scene()
async def test_order_after_a_restart_has_the_answer_it_had(place: Place) -> None:
    first = await place.spin(1)
    await place.restart()
    assert await place.spin(1) == first
    assert (await place.seeds()).nonce == 1


@scene()
async def test_orders_of_one_player_take_numbers_in_their_order(place: Place) -> None:
    answers = await place.say(*(place.order(n) for n in range(1, 11)))
    assert [answer.nonce for answer in answers] == list(range(10))


# ---------------------------------------------------------------- a crash, or a loss, at each await


@pytest.mark.parametrize("cut", ["before", "after"])
def test_store_that_fails_around_the_record_gives_one_round(cut: Any) -> None:
    @scene()
    async def test(place: Place) -> None:
        place.spins.cuts.append(("record", cut))
        answer = await place.spin(1)
        assert isinstance(answer, SpinDone)
        assert (answer.nonce, (await place.seeds()).nonce) == (0, 1)

    test()


@pytest.mark.parametrize("fault", [LOSE_REQUEST, LOSE_REPLY, QUEUE_FULL, Refusal.BUSY, Refusal.DRAINING])
def test_wallet_that_does_not_answer_is_asked_again(fault: Any) -> None:
    @scene()
    async def test(place: Place) -> None:
        place.wallet().faults.append(fault)
        answer = await place.spin(1)
        assert isinstance(answer, SpinDone)
        assert place.wallet().money(PLAYER) == 100_000 - 200 + answer.payout_minor

    test()


@scene()
async def test_crash_before_the_record_leaves_nothing(place: Place) -> None:
    place.spins.down = True
    asyncio.ensure_future(place.spin(1)).add_done_callback(lambda done: done.cancelled() or done.exception())
    await asyncio.sleep(1)
    place.spins.down = False
    await place.restart()
    assert (await place.seeds()).nonce == 0
    assert isinstance(await place.spin(1), SpinDone)


async def _crash_in_the_wager(place: Place, fault: str) -> None:
    place.wallet().faults.append(fault)
    asyncio.ensure_future(place.spin(1)).add_done_callback(lambda done: done.cancelled() or done.exception())
    await asyncio.sleep(1)
    await place.restart()


@scene()
async def test_crash_between_record_and_wager_voids_the_round_for_ever(place: Place) -> None:
    await _crash_in_the_wager(place, LOSE_REQUEST)
    assert place.spins.states() == ["VOID"]
    assert refusal(await place.spin(1)) == Refusal.ALREADY_VOIDED
    assert place.wallet().money(PLAYER) == 100_000
    assert (await place.spin(2)).nonce == 1


@scene()
async def test_crash_between_wager_and_answer_keeps_the_round(place: Place) -> None:
    await _crash_in_the_wager(place, LOSE_REPLY)
    assert place.spins.states() == ["SETTLED"]
    answer = await place.spin(1)
    assert isinstance(answer, SpinDone)
    assert place.wallet().money(PLAYER) == 100_000 - 200 + answer.payout_minor


@scene()
async def test_crash_before_the_record_is_closed_keeps_the_round(place: Place) -> None:
    place.spins.cuts.append(("close", "before"))
    answer = await place.spin(1)
    await place.restart()
    assert await place.spin(1) == answer


@scene()
async def test_wager_of_a_dead_incarnation_that_arrives_late_is_refused(place: Place) -> None:
    """The old one asked, the network held it back, the successor fenced: it must not take the stake any more."""
    await _crash_in_the_wager(place, LOSE_REQUEST)
    (late, *_) = place.wagers()
    assert refusal(place.wallet().carry_out(late)) == Refusal.STALE_TABLE_EPOCH


@scene()
async def test_seed_is_not_told_while_a_round_by_it_is_open(place: Place) -> None:
    """Else a player whose answer was lost could look whether he won before he sends the order again."""
    place.wallet().faults.append(LOSE_REQUEST)
    spinning = asyncio.ensure_future(place.spin(1))
    await asyncio.sleep(2)
    rotating = asyncio.ensure_future(place.rotate())
    await asyncio.sleep(1)
    assert not rotating.done()
    answer, view = await spinning, await rotating
    assert isinstance(answer, SpinDone)
    assert [revealed.rounds for revealed in view.revealed] == [1]


def test_double_that_was_fenced_off_plays_nothing_and_ends() -> None:
    async def main() -> None:
        place = Place()
        await place.table.start()
        await place.seeds()
        old, place.table = place.table, place.double()
        await place.table.start()
        spinning = asyncio.ensure_future(old.handle_batch("gateway/0", [place.order(1)]))
        await asyncio.sleep(1)
        assert [type(error) for error in place.fatal] == [StaleEpoch]
        await old.stop()
        await asyncio.gather(spinning, return_exceptions=True)
        assert place.wagers() == []
        assert isinstance(await place.spin(1), SpinDone)
        await place.table.stop()

    run_virtual(main())


# ---------------------------------------------------------------- taking over, leaving


@scene()
async def test_game_that_takes_over_refuses_for_now(place: Place) -> None:
    await place.table.stop()
    place.wallet().faults.append(LOSE_REQUEST)
    place.table = place.double()
    await place.table.start()
    line, answer = await place.say(DescribeTable(), place.order(1))
    assert (line.phase, refusal(answer)) == ("paused", Refusal.BUSY)
    await asyncio.sleep(10)
    assert isinstance(await place.spin(1), SpinDone)
    fences = [order for batch in place.wallet().batches for order in batch if isinstance(order, FenceTable)]
    assert len({order.cmd_id for order in fences if order.epoch == 2}) == 1


@scene()
async def test_game_that_leaves_ends_what_is_under_way_and_takes_no_more(place: Place) -> None:
    place.wallet().delay_s = 2.0
    spinning = asyncio.ensure_future(place.spin(1))
    await asyncio.sleep(0.5)
    draining = asyncio.ensure_future(place.table.drain())
    await asyncio.sleep(0.5)
    assert refusal(await place.spin(2)) == Refusal.DRAINING
    await draining
    assert isinstance(await spinning, SpinDone)


@scene()
async def test_suspended_game_takes_no_new_order_and_still_answers_one_that_was_played(place: Place) -> None:
    order = place.order(1)
    (played,) = await place.say(order)
    place.table.suspend("the return looks wrong")
    again, line = await place.say(order, DescribeTable())
    assert (again, line.phase) == (played, "paused")
    await asyncio.sleep(10)
    assert refusal(await place.spin(2)) == Refusal.SUSPENDED
    place.table.suspend("")
    assert isinstance(await place.spin(3), SpinDone)


# ---------------------------------------------------------------- seeds


@scene()
async def test_seeds_tell_commitments_and_no_seed(place: Place) -> None:
    view = await place.seeds()
    pairs = place.spins.pairs["slot", PLAYER]
    assert view.commitment == commitment(pairs.active.server_seed)
    assert view.next_commitment == commitment(pairs.following.server_seed)
    assert pairs.active.server_seed not in repr(view) + repr(pairs.active)


@scene()
async def test_rotation_takes_the_seed_that_was_committed_to(place: Place) -> None:
    before = await place.seeds()
    after = await place.rotate()
    assert (after.commitment, after.client_seed, after.nonce) == (before.next_commitment, "chosen", 0)
    assert after.next_commitment not in (before.commitment, before.next_commitment)
    assert [revealed.commitment for revealed in after.revealed] == [before.commitment]


@scene()
async def test_rotation_that_comes_twice_happens_once(place: Place) -> None:
    first = await place.rotate()
    assert await place.rotate() == first
    await place.restart()
    assert await place.rotate() == first
    assert refusal(await place.rotate(50, "another")) == Refusal.ID_REUSED


@scene()
async def test_rotation_at_once_after_another_is_too_soon(place: Place) -> None:
    await place.rotate(50)
    assert refusal(await place.rotate(51)) == Refusal.TOO_SOON


@pytest.mark.parametrize("cut", ["before", "after"])
def test_store_that_fails_around_a_rotation_rotates_once(cut: Any) -> None:
    @scene()
    async def test(place: Place) -> None:
        before = await place.seeds()
        place.spins.cuts.append(("rotate", cut))
        after = await place.rotate()
        assert (after.commitment, len(after.revealed)) == (before.next_commitment, 1)

    test()


@pytest.mark.parametrize("cut", ["before", "after"])
def test_store_that_fails_around_the_first_seeds_makes_them_once(cut: Any) -> None:
    @scene()
    async def test(place: Place) -> None:
        place.spins.cuts.append(("make_seeds", cut))
        view = await place.seeds(8)
        assert await place.seeds(8) == view

    test()
