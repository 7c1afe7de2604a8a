"""The wallet shard's driver over the model of its store: what leaves when, and what ends an incarnation."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from actors.domain.commands import Refused
from actors.domain.money.accounts import Kind, account_id
from actors.domain.money.batch import MAX_ROWS
from actors.domain.money.orders import Deposit, Done, Fenced, ReadMoney, WalletMessage
from actors.domain.money.recovery import BooksDisagree
from actors.domain.refusals import Refusal
from actors.ports import BooksDiverged, CommitNotDone, ShardFenced, StoreUnavailable
from actors.wallet import MAX_QUEUED_ROWS, WalletShard
from actors.wallet_pending import WalletEnded
from tests.fakes.ledger import FakeBooks, FakeLedger
from tests.fakes.money import NOW_MS, PLAY, PLAYER, Orders, StillClock, settle, void
from tests.simulation.loop import run_virtual

DAY_MS = 86_400_000


class Gate:
    """Stands in a commit's way until it is opened; `raises` are raised first, one per commit."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.raises: list[BaseException] = []
        self.passed = 0

    async def __call__(self) -> None:
        self.passed += 1
        if self.raises:
            raise self.raises.pop(0)
        await self.open.wait()


class World:
    """Books, and the incarnations of a shard that were started on them."""

    def __init__(self) -> None:
        self.clock = StillClock()
        self.orders = Orders(self.clock)
        self.books = FakeBooks()
        self.before, self.after, self.reading = Gate(), Gate(), Gate()
        self.ends: list[BaseException] = []
        self.durable: list[int] = []
        self.stores: list[FakeLedger] = []

    def shard(self, **options: Any) -> WalletShard:
        store = FakeLedger(self.books, before=self.before, after=self.after, reading=self.reading)
        self.stores.append(store)
        return WalletShard(
            0,
            store,
            self.clock,
            owner="test",
            on_durable=self.durable.append,
            fatal=self.ends.append,
            **options,
        )

    async def started(self) -> WalletShard:
        """Return a shard whose player has 10.00."""
        shard = self.shard()
        await shard.start()
        await shard.handle_batch("t", [self.orders.open(), self.orders.deposit(1000)])
        return shard


async def turns(n: int = 20) -> None:
    for _ in range(n):
        await asyncio.sleep(0)


def virtually(test: Callable[[World], Awaitable[None]]) -> Callable[[], None]:
    """Run a test on virtual time with a world of its own."""

    async def run() -> None:
        await test(World())

    def test_function() -> None:
        run_virtual(run())

    test_function.__name__ = getattr(test, "__name__", "")
    test_function.__doc__ = test.__doc__
    return test_function


# ---------------------------------------------------------------- the reply barrier


@virtually
async def test_answer_waits_for_its_commit(world: World) -> None:
    shard = await world.started()
    world.before.open.clear()
    asked = asyncio.ensure_future(shard.handle_batch("t", [world.orders.reserve(300)]))
    await turns()
    assert not asked.done()
    assert world.books.head.seq == 2
    world.before.open.set()
    assert await asked == [Done(3, 700, 300, 300)]
    assert world.books.head.seq == 3
    await shard.stop()


@virtually
async def test_repeated_and_refused_orders_wait_for_what_they_depend_on(world: World) -> None:
    """The refusal depends on the reservation before it, which may yet be lost."""
    shard = await world.started()
    stake, beyond = world.orders.reserve(1000), world.orders.reserve(1)
    world.before.open.clear()
    first = asyncio.ensure_future(shard.handle_batch("t", [stake]))
    await turns()
    again = asyncio.ensure_future(shard.handle_batch("u", [stake]))
    refusal = asyncio.ensure_future(shard.handle_batch("v", [beyond]))
    await turns()
    assert not again.done()
    assert not refusal.done()
    world.before.open.set()
    assert await again == await first
    assert [answer.code for answer in await refusal if isinstance(answer, Refused)] == [Refusal.INSUFFICIENT_FUNDS]
    await shard.stop()


@virtually
async def test_repeat_of_a_durable_order_needs_no_commit(world: World) -> None:
    shard = await world.started()
    stake = world.orders.reserve(300)
    first = await shard.handle_batch("t", [stake])
    commits = world.before.passed
    assert await shard.handle_batch("t", [stake]) == first
    assert world.before.passed == commits
    await shard.stop()


@virtually
async def test_read_shows_what_is_durable_only(world: World) -> None:
    shard = await world.started()
    world.before.open.clear()
    asked = [asyncio.ensure_future(shard.handle_batch("t", [world.orders.reserve(n)])) for n in (100, 200)]
    await turns()
    asked.append(asyncio.ensure_future(shard.handle_batch("t", [world.orders.reserve(400)])))
    reading = asyncio.ensure_future(shard.handle_batch("t", [ReadMoney(PLAYER, PLAY)]))
    await turns()
    world.before.open.set()
    assert await reading == [Done(2, 1000, 0)]
    await asyncio.gather(*asked)
    assert await shard.handle_batch("t", [ReadMoney(PLAYER, PLAY)]) == [Done(5, 300, 700)]
    await shard.stop()


@virtually
async def test_read_of_unknown_player_is_refused(world: World) -> None:
    shard = await world.started()
    (answer,) = await shard.handle_batch("t", [ReadMoney(99, PLAY)])
    assert isinstance(answer, Refused)
    assert answer.code == Refusal.UNKNOWN_ACCOUNT
    await shard.stop()


@virtually
async def test_repeated_fence_is_answered_only_by_an_owner(world: World) -> None:
    """Its list is of now, so a zombie must not give it even though nothing new is booked."""
    zombie, fence = await world.started(), world.orders.fence(2)
    (first,) = await zombie.handle_batch("t", [fence])
    assert isinstance(first, Fenced)
    heir = world.shard()
    await heir.start()
    with pytest.raises(WalletEnded):
        await zombie.handle_batch("t", [fence])
    assert await heir.handle_batch("t", [fence]) == [first]
    await heir.stop()


# ---------------------------------------------------------------- group commit


@virtually
async def test_what_gathers_during_a_commit_is_the_next_one(world: World) -> None:
    shard = await world.started()
    commits = world.before.passed
    world.before.open.clear()
    asked = []
    for _ in range(5):
        asked.append(asyncio.ensure_future(shard.handle_batch("t", [world.orders.reserve(1)])))
        await turns()
    world.before.open.set()
    await asyncio.gather(*asked)
    assert world.before.passed - commits == 2
    assert world.durable[-2:] == [3, 7]
    await shard.stop()


@virtually
async def test_a_large_call_is_split_into_commits_of_a_thousand(world: World) -> None:
    shard = await world.started()
    commits = world.before.passed
    answers = await shard.handle_batch("t", [world.orders.deposit(1) for _ in range(2500)])
    assert answers[-1] == Done(2502, 3500, 0, 1)
    assert world.before.passed - commits == 3
    await shard.stop()


@virtually
async def test_full_commit_is_prepared_while_the_one_before_is_under_way(world: World) -> None:
    shard = await world.started()
    store = world.stores[-1]
    world.before.open.clear()
    first = asyncio.ensure_future(shard.handle_batch("t", [world.orders.deposit(1)]))
    await turns()
    many = [world.orders.deposit(1) for _ in range(MAX_ROWS)]
    later = [asyncio.ensure_future(shard.handle_batch("t", some)) for some in (many, [world.orders.deposit(1)])]
    await turns()
    prepared = list(store.prepared)
    world.before.open.set()
    await asyncio.gather(first, *later)
    assert prepared == [store.commits[-2].new_head]
    assert [len(commit.rows) for commit in store.commits[-3:]] == [1, MAX_ROWS, 1]
    await shard.stop()


@virtually
async def test_full_queue_is_busy_before_anything_is_recorded(world: World) -> None:
    shard = await world.started()
    world.before.open.clear()
    asked = [asyncio.ensure_future(shard.handle_batch("t", [world.orders.deposit(1)]))]
    await turns()
    many = [world.orders.deposit(1) for _ in range(MAX_QUEUED_ROWS)]
    asked.append(asyncio.ensure_future(shard.handle_batch("t", many)))
    late = world.orders.deposit(7)
    refused = asyncio.ensure_future(shard.handle_batch("t", [late]))
    await turns()
    assert shard.queued_rows == MAX_QUEUED_ROWS
    world.before.open.set()
    (answer,) = await refused
    assert isinstance(answer, Refused)
    assert answer.code == Refusal.BUSY
    await asyncio.gather(*asked)
    (done,) = await shard.handle_batch("t", [late])
    assert isinstance(done, Done)
    assert done.moved_minor == 7
    await shard.stop()


# ---------------------------------------------------------------- what a commit may say


@virtually
async def test_lost_reply_of_a_durable_commit_is_found_out(world: World) -> None:
    shard = await world.started()
    world.after.raises = [StoreUnavailable("cut")]
    assert await shard.handle_batch("t", [world.orders.reserve(300)]) == [Done(3, 700, 300, 300)]
    assert world.ends == []
    await shard.stop()


@virtually
async def test_lost_request_is_sent_again(world: World) -> None:
    shard = await world.started()
    world.before.raises = [StoreUnavailable("cut"), StoreUnavailable("cut")]
    assert await shard.handle_batch("t", [world.orders.reserve(300)]) == [Done(3, 700, 300, 300)]
    assert world.books.head.seq == 3
    await shard.stop()


@virtually
async def test_own_lost_commit_that_looks_fenced_is_answered(world: World) -> None:
    """The first send was still running when the head was read; the second then finds the row changed, by ourselves."""
    shard = await world.started()
    world.after.raises = [ShardFenced("changed")]
    assert await shard.handle_batch("t", [world.orders.reserve(300)]) == [Done(3, 700, 300, 300)]
    assert world.ends == []
    await shard.stop()


@virtually
async def test_store_that_comes_back_is_waited_for(world: World) -> None:
    shard = await world.started()
    world.before.raises = [StoreUnavailable("down")]
    world.reading.raises = [StoreUnavailable("down") for _ in range(200)]
    assert await shard.handle_batch("t", [world.orders.reserve(300)]) == [Done(3, 700, 300, 300)]
    await shard.stop()


@virtually
async def test_store_that_stays_away_ends_the_shard(world: World) -> None:
    shard = await world.started()
    world.before.raises = [StoreUnavailable("down")]
    world.reading.raises = [StoreUnavailable("down") for _ in range(5000)]
    with pytest.raises(WalletEnded):
        await shard.handle_batch("t", [world.orders.reserve(300)])
    assert isinstance(world.ends[0], StoreUnavailable)


@virtually
async def test_commit_that_never_arrives_ends_the_shard(world: World) -> None:
    """The head can be read, so it is known each time that nothing was written; even so not for ever."""
    shard = await world.started()
    world.before.raises = [StoreUnavailable("cut")] * 5000
    with pytest.raises(WalletEnded):
        await shard.handle_batch("t", [world.orders.reserve(300)])
    assert isinstance(world.ends[0], StoreUnavailable)
    assert world.books.head.seq == 2


@virtually
async def test_rolled_back_commit_is_sent_again_a_few_times(world: World) -> None:
    shard = await world.started()
    world.before.raises = [CommitNotDone("deadlock")] * 3
    assert await shard.handle_batch("t", [world.orders.reserve(300)]) == [Done(3, 700, 300, 300)]
    world.before.raises = [CommitNotDone("disk full")] * 50
    with pytest.raises(WalletEnded):
        await shard.handle_batch("t", [world.orders.reserve(300)])
    assert isinstance(world.ends[0], CommitNotDone)


@virtually
async def test_divergence_ends_the_shard_and_nothing_more_is_answered(world: World) -> None:
    shard = await world.started()
    world.books.balances[account_id(PLAYER, PLAY, Kind.CASH)] += 1
    with pytest.raises(WalletEnded):
        await shard.handle_batch("t", [world.orders.reserve(300)])
    assert isinstance(world.ends[0], BooksDiverged)
    for message in (world.orders.deposit(1), ReadMoney(PLAYER, PLAY)):
        with pytest.raises(WalletEnded):
            await shard.handle_batch("t", [message])


@virtually
async def test_lost_commit_takes_with_it_what_was_applied_after(world: World) -> None:
    """Nobody may hear of a bet that stood on a deposit which never became durable."""
    shard = await world.started()
    world.before.open.clear()
    first = asyncio.ensure_future(shard.handle_batch("t", [world.orders.deposit(5000)]))
    await turns()
    second = asyncio.ensure_future(shard.handle_batch("t", [world.orders.reserve(4000)]))
    await turns()
    world.books.claim("somebody else")
    world.before.open.set()
    for asked in (first, second):
        with pytest.raises(WalletEnded):
            await asked
    assert world.books.head.seq == 2


# ---------------------------------------------------------------- incarnations


@virtually
async def test_zombie_cannot_commit(world: World) -> None:
    zombie = await world.started()
    heir = world.shard()
    await heir.start()
    with pytest.raises(WalletEnded):
        await zombie.handle_batch("t", [world.orders.reserve(300)])
    assert isinstance(world.ends[0], ShardFenced)
    assert await heir.handle_batch("t", [ReadMoney(PLAYER, PLAY)]) == [Done(2, 1000, 0)]
    await heir.stop()


@virtually
async def test_idle_zombie_ends_within_a_heartbeat(world: World) -> None:
    zombie = await world.started()
    world.books.claim("somebody else")
    await asyncio.sleep(1.5)
    assert isinstance(world.ends[0], ShardFenced)
    with pytest.raises(WalletEnded):
        await zombie.handle_batch("t", [ReadMoney(PLAYER, PLAY)])


@virtually
async def test_reads_stop_when_nothing_proves_that_the_shard_is_ours(world: World) -> None:
    shard = await world.started()
    world.reading.open.clear()
    await asyncio.sleep(5)
    (answer,) = await shard.handle_batch("t", [ReadMoney(PLAYER, PLAY)])
    assert isinstance(answer, Refused)
    assert answer.code == Refusal.BUSY
    world.reading.open.set()
    await asyncio.sleep(1.5)
    assert await shard.handle_batch("t", [ReadMoney(PLAYER, PLAY)]) == [Done(2, 1000, 0)]
    await shard.stop()


@virtually
async def test_restarted_shard_gives_the_recorded_answers(world: World) -> None:
    shard, orders = await world.started(), world.orders
    kept, lost = orders.reserve(300), orders.reserve(10)
    messages: list[WalletMessage] = [
        kept,
        lost,
        settle(lost, 0),
        orders.reserve(10**6),
        void(orders.reserve(5)),
        orders.bonus(3),
    ]
    before = await shard.handle_batch("t", messages)
    await shard.stop()
    heir = world.shard()
    await heir.start()
    assert await heir.handle_batch("t", messages) == before
    assert await heir.handle_batch("t", [settle(kept, 600)]) == [Done(9, 1293, 0, 600)]
    await heir.stop()


@virtually
async def test_fence_and_open_reservations_survive_a_restart(world: World) -> None:
    shard, stake = await world.started(), world.orders.reserve(300)
    await shard.handle_batch("t", [stake, world.orders.fence(4)])
    await shard.stop()
    world.clock.ms += 10 * DAY_MS
    heir = world.shard()
    await heir.start()
    stale, fenced = await heir.handle_batch("t", [world.orders.reserve(1, epoch=3), world.orders.fence(4)])
    assert isinstance(stale, Refused)
    assert stale.code == Refusal.STALE_TABLE_EPOCH
    assert isinstance(fenced, Fenced)
    assert [r.reservation_id for r in fenced.open] == [stake.cmd_id]
    await heir.stop()


def _bend_balance(books: FakeBooks) -> None:
    books.balances[account_id(PLAYER, PLAY, Kind.CASH)] += 1


def _bend_escrow(books: FakeBooks) -> None:
    books.reservations.clear()


def _bend_row(books: FakeBooks) -> None:
    books.rows[1] = msgspec.structs.replace(books.rows[1], booked_ms=NOW_MS + 1)


def _lose_row(books: FakeBooks) -> None:
    del books.rows[1], books.hashes[1]


def _bend_head(books: FakeBooks) -> None:
    books.head = type(books.head)(books.head.epoch, books.head.seq, bytes(32))


@pytest.mark.parametrize("bend", [_bend_balance, _bend_escrow, _bend_row, _lose_row, _bend_head])
def test_books_that_disagree_are_not_served(bend: Callable[[FakeBooks], None]) -> None:
    async def run() -> None:
        world = World()
        shard = await world.started()
        await shard.handle_batch("t", [world.orders.reserve(300)])
        await shard.stop()
        bend(world.books)
        heir = world.shard()
        with pytest.raises(BooksDisagree):
            await heir.start()
        (answer,) = await heir.handle_batch("t", [world.orders.deposit(1)])
        assert isinstance(answer, Refused)

    run_virtual(run())


@virtually
async def test_claim_between_claim_and_load_is_noticed(world: World) -> None:
    def rival(point: str) -> None:
        if point == "R1":
            world.books.claim("rival")

    with pytest.raises(ShardFenced):
        await world.shard(failpoint=rival).start()


# ---------------------------------------------------------------- ids older than memory


@virtually
async def test_old_id_is_looked_up_and_gets_its_recorded_answer(world: World) -> None:
    shard, stake = await world.started(), world.orders.reserve(300)
    first = await shard.handle_batch("t", [stake, settle(stake, 0)])
    world.clock.ms += 3_600_000
    await shard.handle_batch("t", [world.orders.deposit(50)])
    assert await shard.handle_batch("t", [stake, settle(stake, 0)]) == first
    (other,) = await shard.handle_batch("t", [settle(stake, 900, 1)])
    assert isinstance(other, Refused)
    assert other.code == Refusal.RESERVATION_CLOSED
    await shard.stop()


@virtually
async def test_old_tombstone_still_refuses_its_reservation(world: World) -> None:
    shard, stake = await world.started(), world.orders.reserve(300)
    await shard.handle_batch("t", [void(stake)])
    world.clock.ms += 3_600_000
    (answer,) = await shard.handle_batch("t", [stake])
    assert isinstance(answer, Refused)
    assert answer.code == Refusal.ALREADY_VOIDED
    await shard.stop()


@virtually
async def test_old_id_sent_twice_at_once_is_booked_once(world: World) -> None:
    """Both looks find nothing; the second must find the first's booking in memory, however long its own look took."""
    shard = await world.started()
    old = world.orders.reserve(300, at_ms=NOW_MS - DAY_MS)
    world.reading.open.clear()
    asked = [asyncio.ensure_future(shard.handle_batch("t", [old])) for _ in range(2)]
    await turns()
    world.reading.open.set()
    first, second = await asyncio.gather(*asked)
    assert first == second == [Done(3, 700, 300, 300)]
    await shard.stop()


@virtually
async def test_ids_that_age_while_others_are_looked_up_are_looked_up_too(world: World) -> None:
    shard, stake = await world.started(), world.orders.reserve(300)
    (first,) = await shard.handle_batch("t", [stake])
    old = Deposit(world.orders.id(at_ms=NOW_MS - DAY_MS), PLAYER, PLAY, 1)
    world.reading.open.clear()
    asked = asyncio.ensure_future(shard.handle_batch("t", [old, stake]))
    await turns()
    world.clock.ms += 200_000
    world.reading.open.set()
    assert (await asked)[1] == first
    assert world.ends == []
    await shard.stop()


@virtually
async def test_failed_look_is_busy_and_does_nothing(world: World) -> None:
    shard, old = await world.started(), world.orders.reserve(300, at_ms=NOW_MS - DAY_MS)
    world.reading.raises = [StoreUnavailable("down")]
    (answer,) = await shard.handle_batch("t", [old])
    assert isinstance(answer, Refused)
    assert answer.code == Refusal.BUSY
    assert await shard.handle_batch("t", [old]) == [Done(3, 700, 300, 300)]
    await shard.stop()


# ---------------------------------------------------------------- life


@virtually
async def test_stop_answers_what_was_taken_and_refuses_what_is_new(world: World) -> None:
    shard = await world.started()
    world.before.open.clear()
    asked = asyncio.ensure_future(shard.handle_batch("t", [world.orders.reserve(300)]))
    await turns()
    stopping = asyncio.ensure_future(shard.stop())
    await turns()
    (late,) = await shard.handle_batch("t", [world.orders.reserve(1)])
    assert isinstance(late, Refused)
    assert late.code == Refusal.DRAINING
    world.before.open.set()
    await stopping
    assert await asked == [Done(3, 700, 300, 300)]
    await shard.stop()


@virtually
async def test_caller_who_gave_up_does_not_stop_the_others(world: World) -> None:
    shard = await world.started()
    world.before.open.clear()
    gone = asyncio.ensure_future(shard.handle_batch("t", [world.orders.reserve(100)]))
    kept = asyncio.ensure_future(shard.handle_batch("t", [world.orders.reserve(200)]))
    await turns()
    gone.cancel()
    world.before.open.set()
    assert await kept == [Done(4, 700, 300, 200)]
    await shard.stop()


@virtually
async def test_failpoints_are_passed_in_order(world: World) -> None:
    points: list[str] = []
    shard = world.shard(failpoint=points.append)
    await shard.start()
    await shard.handle_batch("t", [world.orders.open()])
    await shard.stop()
    assert points == ["R1", "R2", "R3", "K1", "K2", "K6", "K7", "K8"]


@virtually
async def test_bug_in_the_rules_ends_the_shard(world: World) -> None:
    shard = await world.started()
    shard._state.balances[account_id(PLAYER, PLAY, Kind.CASH)] = "seven"  # type: ignore[assignment]
    with pytest.raises(TypeError):
        await shard.handle_batch("t", [world.orders.deposit(1)])
    assert isinstance(world.ends[0], TypeError)
    with pytest.raises(WalletEnded):
        await shard.handle_batch("t", [ReadMoney(PLAYER, PLAY)])
