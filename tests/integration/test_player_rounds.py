"""A player's own rounds from real books: his bets and money and nobody else's, page by page, whatever became of the round."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from actors.domain.games.game import Step
from actors.domain.ids import Origin
from actors.domain.money.orders import Deposit, OpenAccount, Reserve, Settle, Void
from actors.domain.rounds import PlayRecord, SettleEntry
from server.clock import SystemClock
from server.config import Config
from server.entropy import LibsodiumEntropy
from server.storage.player_rounds import PostgresPlayerRounds
from server.vault.keys import VaultKeys
from server.vault.seeds import SeedSealer
from tests.integration.local_casino import TABLE, LocalCasino

ANNA, BERT = 2, 3  # shard 0, shard 1
STRAIGHT_17, RED = 17, 151
END = 2**63 - 1


class Scene:
    """A casino with two players, and their recall."""

    def __init__(self, casino: LocalCasino, state: Path) -> None:
        self.casino = casino
        sealer = SeedSealer(VaultKeys(Config(state=state)), LibsodiumEntropy())
        self.rounds = PostgresPlayerRounds(casino.pool, casino.books, sealer)

    async def open(self) -> None:
        """Give both players money."""
        for player in (ANNA, BERT):
            opened = OpenAccount(self.casino.new_id(Origin.CASHIER), player, 1)
            await self.order(player, opened, Deposit(self.casino.new_id(Origin.CASHIER), player, 1, 10_000))

    async def order(self, player: int, *orders: Any) -> None:
        await self.casino.order(player % 2, *orders)

    async def bet(self, round_id: bytes, player: int, amount: int) -> bytes:
        """Stake; return the bet's id."""
        id_ = self.casino.new_id()
        await self.order(player, Reserve(id_, player, 1, amount, round_id, TABLE, self.casino.epoch))
        return id_

    async def settle(self, round_id: bytes, number: int, *bets: SettleEntry) -> None:
        """Decide and settle the round."""
        await self.casino.decide(round_id, number, bets)
        for bet in bets:
            settle = Settle(
                self.casino.new_id(Origin.SETTLE), bet.reservation_id, bet.player_id, bet.payout_minor, round_id
            )
            await self.order(bet.player_id, settle)
        await self.casino.finish(round_id)

    async def of(self, player: int, before: int = END, limit: int = 20) -> tuple[list[dict[str, Any]], int | None]:
        """Return a page of a player's rounds."""
        found, next_before = await self.rounds.listed(player % 2, player, before, limit)
        return list(found), next_before


@pytest.fixture
async def scene(fresh_postgres_dsn: str, tmp_path: Path) -> AsyncIterator[Scene]:
    async with asyncpg.create_pool(fresh_postgres_dsn, min_size=1, max_size=3) as pool:
        casino = LocalCasino(fresh_postgres_dsn, pool, SystemClock())
        await casino.start()
        made = Scene(casino, tmp_path)
        await made.open()
        yield made
        await casino.stop()
        assert casino.errors == []


async def test_settled_round_is_told_with_own_bets_and_money_and_nobody_elses(scene: Scene) -> None:
    round_id = await scene.casino.open_round()
    won, more = await scene.bet(round_id, ANNA, 100), await scene.bet(round_id, ANNA, 50)
    lost = await scene.bet(round_id, BERT, 300)
    entries = [
        SettleEntry(0, won, ANNA, 1, 100, 3600, [(STRAIGHT_17, 100)]),
        SettleEntry(0, more, ANNA, 1, 50, 0, [(RED, 50)]),
        SettleEntry(1, lost, BERT, 1, 300, 0, [(RED, 300)]),
    ]
    await scene.settle(round_id, 17, *entries)
    ((told,), next_before) = await scene.of(ANNA)
    assert next_before is None
    assert (told["round_id"], told["game"], told["number"], told["status"], told["replay"]) == (
        *(round_id.hex(), "roulette", 17, "complete", True),
    )
    assert [(bet["bet_id"], bet["stake_minor"], bet["payout_minor"], bet["chips"]) for bet in told["bets"]] == [
        (won.hex(), 100, 3600, [(STRAIGHT_17, 100)]),
        (more.hex(), 50, 0, [(RED, 50)]),
    ]
    assert (told["stake_minor"], told["payout_minor"], told["returned_minor"]) == (150, 3600, 0)
    assert (told["cash_before_minor"], told["cash_after_minor"]) == (10_000, 13_450)
    assert lost.hex() not in repr(told)
    assert await scene.rounds.one(0, ANNA, round_id) == told


async def test_round_without_a_bet_of_ones_own_is_none(scene: Scene) -> None:
    round_id = await scene.casino.open_round()
    bet = await scene.bet(round_id, BERT, 300)
    await scene.settle(round_id, 17, SettleEntry(1, bet, BERT, 1, 300, 0))
    assert await scene.of(ANNA) == ([], None)
    assert await scene.rounds.one(0, ANNA, round_id) is None
    assert await scene.rounds.one(0, ANNA, bytes(16)) is None


async def test_round_in_play_and_round_that_was_voided_say_so(scene: Scene) -> None:
    voided = await scene.casino.open_round()
    bet = await scene.bet(voided, ANNA, 40)
    await scene.casino.void(voided, "test")
    await scene.order(ANNA, Void(scene.casino.new_id(Origin.VOID), bet, ANNA, 1, voided))
    await scene.casino.finish(voided)
    running = await scene.casino.open_round()
    await scene.bet(running, ANNA, 60)
    (open_one, void_one), _ = await scene.of(ANNA)
    assert (open_one["status"], open_one["bets"][0]["state"], open_one["cash_after_minor"]) == (
        "in progress",
        "in play",
        None,
    )
    assert (open_one["number"], open_one["stake_minor"]) == (None, 60)
    assert (void_one["status"], void_one["void_reason"], void_one["returned_minor"]) == ("void", "test", 40)
    assert (void_one["stake_minor"], void_one["cash_after_minor"]) == (0, 10_000)


async def test_pages_have_every_round_once_however_many_bets_it_had(scene: Scene) -> None:
    ids = []
    for n in range(5):
        round_id = await scene.casino.open_round()
        bets = [await scene.bet(round_id, ANNA, 10) for _ in range(1 + 5 * (n % 2))]
        await scene.settle(round_id, 17, *(SettleEntry(0, bet, ANNA, 1, 10, 0) for bet in bets))
        ids.append(round_id.hex())
    found, before = [], END
    for _ in range(3):
        page, following = await scene.of(ANNA, before, 2)
        found += [one["round_id"] for one in page]
        before = following or before
    assert found == ids[::-1]
    assert await scene.of(ANNA, 1) == ([], None)


async def test_decisions_are_ones_own_and_those_of_the_clock_which_are_marked(scene: Scene) -> None:
    casino = scene.casino
    round_id = await casino.open_round()
    own, other = await scene.bet(round_id, ANNA, 100), await scene.bet(round_id, BERT, 100)
    await casino.rounds.close(TABLE, casino.epoch, round_id)
    await casino.rounds.start_play(TABLE, casino.epoch, round_id, PlayRecord(1, [], []))
    steps = [Step(5, ANNA, own, own, "hit"), Step(6, BERT, other, other, "hit"), Step(7, 0, b"", own, "stand")]
    steps += [Step(8, 0, b"", other, "stand"), Step(9, 0, b"", b"", "reach", 7)]
    await casino.rounds.add_steps(TABLE, casino.epoch, round_id, 1, steps)
    told = await scene.rounds.one(0, ANNA, round_id)
    assert told is not None
    assert [(step["at_ms"], step["action"], step["by_rule"]) for step in told["decisions"]] == [
        (5, "hit", False),
        (7, "stand", True),
        (9, "reach", True),
    ]
    staff = await scene.rounds.staff_view(round_id)
    assert staff is not None
    assert [step["player_id"] for step in staff["decisions"]] == [ANNA, BERT, 0, 0, 0]


async def test_staff_see_all_bets_of_a_decided_round(scene: Scene) -> None:
    round_id = await scene.casino.open_round()
    bets = [await scene.bet(round_id, player, 100) for player in (ANNA, BERT)]
    entries = [SettleEntry(p % 2, bet, p, 1, 100, 0, [(RED, 100)]) for p, bet in zip((ANNA, BERT), bets, strict=True)]
    await scene.settle(round_id, 17, *entries)
    told = await scene.rounds.staff_view(round_id)
    assert told is not None
    assert [(bet["player_id"], bet["stake_minor"]) for bet in told["bets"]] == [(ANNA, 100), (BERT, 100)]
    assert await scene.rounds.staff_view(bytes(16)) is None
