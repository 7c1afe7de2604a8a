"""Wagers in real books: the guard counts each once and suspends a slot that pays wrong; a void one is told to its player."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import msgspec
import pytest

from actors.domain.commands import Refused, Seat
from actors.domain.policy.game_watch import Watch
from actors.domain.refusals import Refusal
from actors.domain.spins import SpinOrder
from actors.supervisors.game_guard import FOLLOWER, GameGuard, Saved
from actors.supervisors.journal import CheckpointMoved, Page
from server.clock import SystemClock
from server.config import Config
from server.entropy import LibsodiumEntropy
from server.storage.game_watch import PostgresGameWatch, PostgresWagers
from server.storage.player_rounds import PostgresPlayerRounds
from server.storage.spins import PostgresSpins
from server.vault.keys import VaultKeys
from server.vault.seeds import SeedSealer
from tests.integration.local_casino import LocalCasino
from tests.integration.test_audit_spins import Slot


@pytest.fixture
async def slot(fresh_postgres_dsn: str, tmp_path: Path) -> AsyncIterator[Slot]:
    """Three rounds that were booked, and one that is void."""
    async with asyncpg.create_pool(fresh_postgres_dsn, min_size=1, max_size=4) as pool:
        casino = LocalCasino(fresh_postgres_dsn, pool, SystemClock())
        await casino.start()
        sealer = SeedSealer(VaultKeys(Config(state=tmp_path)), LibsodiumEntropy())
        slot = Slot(fresh_postgres_dsn, casino, PostgresSpins(pool, sealer))
        await slot.play()
        yield slot
        await slot.table.stop()
        await casino.stop()


def _guard(slot: Slot) -> GameGuard:
    def fatal(error: BaseException) -> None:
        raise error

    pool, books = slot.casino.pool, slot.casino.books
    return GameGuard(PostgresGameWatch(pool), PostgresWagers(pool, books), fatal=fatal)


async def _counted(slot: Slot) -> tuple[int, int]:
    """Return how many wagers were looked at, and how many rounds are in the counts."""
    [row] = await slot.casino.pool.fetch("select round_no, watch from casino.game_watch where table_id = 'slot'")
    watch = msgspec.msgpack.decode(row["watch"], type=Watch)
    return row["round_no"], sum(block.rounds for block in watch.blocks)


async def test_round_that_the_books_refused_is_told_to_its_player_as_void(slot: Slot, tmp_path: Path) -> None:
    """He could not pay: nothing was staked, nothing came of it, and the number of his seed is used up."""
    sealer = SeedSealer(VaultKeys(Config(state=tmp_path)), LibsodiumEntropy())
    rounds = PostgresPlayerRounds(slot.casino.pool, slot.casino.books, sealer)
    (void, *settled), _ = await rounds.listed(1, 7, 2**63 - 1, 10)
    assert [one["status"] for one in settled] == ["complete"] * 3
    assert (void["status"], void["state"], void["void_reason"]) == ("void", "voided", "insufficient_funds")
    assert (void["number"], void["detail"], void["stake_minor"], void["payout_minor"]) == (None, [], 0, 0)
    assert (void["nonce"], void["bets"][0]["stake_minor"], void["bets"][0]["state"]) == (3, 5_000, "voided")
    assert await rounds.one(1, 7, bytes.fromhex(void["round_id"])) == void


async def test_wagers_count_once_through_a_restart_of_the_guard(slot: Slot) -> None:
    await _guard(slot).work()
    guard = _guard(slot)
    await guard.work()
    assert await _counted(slot) == (3, 3)
    assert guard.counters()["watched_rounds_total"] == 0
    assert guard.tables["slot"].suspended == ""


async def test_wrong_payout_suspends_the_slot_until_staff_lift_it(slot: Slot) -> None:
    """The record is bent before the guard sees it: the books paid something else than these stops."""
    store = PostgresGameWatch(slot.casino.pool)
    await slot.bend("update casino.spin set number = number + 5 where nonce = 1")
    await _guard(slot).work()
    [(game, reason)] = (await store.suspended()).items()
    assert (game, reason) == ("slot", "a payout that does not follow from its outcome")
    slot.table.suspend(reason)
    order = SpinOrder(Seat(7, "anna", 1, "gateway/0"), slot.casino.new_id(), 20)
    [refused] = await slot.table.handle_batch("gateway/0", [order])
    assert isinstance(refused, Refused)
    assert refused.code in (Refusal.SUSPENDED, Refusal.DRAINING)
    assert await store.resume("slot", "the record was mended", "nora")
    await _guard(slot).work()
    assert await store.suspended() == {}
    log = await slot.casino.pool.fetch("select action, table_id from casino.table_log order by entry_id")
    assert [tuple(row) for row in log] == [("suspend", "slot"), ("resume", "slot")]


async def test_page_that_was_counted_elsewhere_or_of_an_older_generation_stores_nothing(slot: Slot) -> None:
    wagers = PostgresWagers(slot.casino.pool, slot.casino.books)
    await PostgresGameWatch(slot.casino.pool).watched_tables()
    page = Page(1, 0, 3, [])
    for late in (Saved("slot", 7, 9, 0, Watch(), None, "why"), Saved("slot", 0, 3, 1, Watch(), None, "why")):
        with pytest.raises(CheckpointMoved):
            await wagers.save_wagers(FOLLOWER, page, [late])
    assert await wagers.checkpoints(FOLLOWER) == {}
    await wagers.save_wagers(FOLLOWER, page, [Saved("slot", 0, 3, 0, Watch(), None, "")])
    with pytest.raises(CheckpointMoved):
        await wagers.save_wagers(FOLLOWER, page, [Saved("slot", 3, 6, 0, Watch(), None, "why")])
    assert await wagers.checkpoints(FOLLOWER) == {1: 3}
    assert await _counted(slot) == (3, 0)
    assert await PostgresGameWatch(slot.casino.pool).suspended() == {}
