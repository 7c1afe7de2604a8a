"""`croupier replay`: a round from the durable record, and whether rules, plan and books agree."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import asyncpg
import pytest

from actors.domain.ids import Origin
from actors.domain.money.orders import Deposit, OpenAccount, Reserve, Settle, Void
from actors.domain.rounds import SettleEntry
from server.clock import SystemClock
from server.replay import Replay, ReplayError, replay, replay_json, replay_text
from tests.integration.local_casino import TABLE, LocalCasino

ANNA, BERT = 2, 3  # shard 0, shard 1
STRAIGHT_17, RED, BLACK = 17, 151, 152


class Round:
    """A round in which Anna wins on 17 (black), Bert loses on red, takes one bet back, and asks for too much."""

    def __init__(self, casino: LocalCasino, dsn: str) -> None:
        self.casino, self.dsn = casino, dsn
        self.id = b""

    async def play(self, *, payout: int = 3800, paid: int = 3800) -> None:
        """payout: of Anna's bet in the plan. paid: by the books; below 0: not settled."""
        casino = self.casino
        for player in (ANNA, BERT):
            opened = OpenAccount(casino.new_id(Origin.CASHIER), player, 1)
            await casino.order(player % 2, opened, Deposit(casino.new_id(Origin.CASHIER), player, 1, 10_000))
        self.id = await casino.open_round()
        won, lost, gone = (casino.new_id() for _ in range(3))
        await casino.order(0, self.reserve(won, ANNA, 200))
        await casino.order(1, self.reserve(lost, BERT, 300), self.reserve(gone, BERT, 50))
        await casino.order(1, self.reserve(casino.new_id(), BERT, 10**9))
        await casino.order(1, Void(casino.new_id(Origin.VOID), gone, BERT, 1, self.id))
        bets = [
            SettleEntry(0, won, ANNA, 1, 200, payout, [(STRAIGHT_17, 100), (BLACK, 100)]),
            SettleEntry(1, lost, BERT, 1, 300, 0, [(RED, 300)]),
        ]
        await casino.decide(self.id, 17, bets)
        if paid >= 0:
            await casino.order(0, Settle(casino.new_id(Origin.SETTLE), won, ANNA, paid, self.id))
        await casino.order(1, Settle(casino.new_id(Origin.SETTLE), lost, BERT, 0, self.id))

    def reserve(self, id_: bytes, player: int, amount: int) -> Reserve:
        return Reserve(id_, player, 1, amount, self.id, TABLE, self.casino.epoch)

    async def replay(self, *words: str) -> Replay:
        return await replay(self.dsn, [self.dsn], words or (self.id.hex(),))


@pytest.fixture
async def round_(fresh_postgres_dsn: str) -> AsyncIterator[Round]:
    async with asyncpg.create_pool(fresh_postgres_dsn, min_size=1, max_size=3) as pool:
        casino = LocalCasino(fresh_postgres_dsn, pool, SystemClock())
        await casino.start()
        yield Round(casino, fresh_postgres_dsn)
        await casino.stop()
        assert casino.errors == []


async def test_settled_round_is_told_with_everything_that_is_kept(round_: Round) -> None:
    await round_.play()
    await round_.casino.finish(round_.id)
    found = await round_.replay()
    assert (found.replay, found.state, found.number, found.agrees) == (True, "SETTLED", 17, True)
    assert [(b.player, b.planned_minor, b.by_rules_minor, b.paid_minor) for b in found.bets] == [
        (ANNA, 3800, 3800, 3800),
        (BERT, 0, 0, 0),
    ]
    told = [(e.shard, e.order, e.refused) for e in found.entries]
    assert sorted(told) == [
        (0, "RESERVE", ""),
        (0, "SETTLE", ""),
        (1, "RESERVE", ""),
        (1, "RESERVE", ""),
        (1, "RESERVE", "INSUFFICIENT_FUNDS"),
        (1, "SETTLE", ""),
        (1, "VOID", ""),
    ]


async def test_round_is_found_by_table_and_number(round_: Round) -> None:
    await round_.play()
    assert (await round_.replay(TABLE, "1")).round_id == round_.id.hex()


async def test_replay_is_marked_and_told_to_people_and_programs(round_: Round) -> None:
    await round_.play()
    await round_.casino.finish(round_.id)
    found = await round_.replay()
    text = replay_text(found)
    assert text.startswith("REPLAY of round 1 of roulette-1")
    assert "Straight 17 100, Black 100" in text
    assert text.endswith("rules, plan and books agree (2 bets, 7 entries)")
    content = json.loads(replay_json(found))
    assert (content["replay"], content["agrees"], len(content["entries"])) == (True, True, 7)


async def test_plan_that_pays_otherwise_than_the_rules_is_told(round_: Round) -> None:
    await round_.play(payout=3900, paid=3900)
    found = await round_.replay()
    assert [text.split(": ")[1] for text in found.disagreements] == ["the rules pay 3800, the plan 3900"]
    assert "1 DISAGREEMENTS" in replay_text(found)


async def test_books_that_paid_otherwise_than_planned_are_told(round_: Round) -> None:
    await round_.play(paid=3799)
    (text,) = (await round_.replay()).disagreements
    assert text.endswith("3799 was paid, the plan has 3800")


async def test_bet_that_was_never_settled_is_told_once_the_round_is_finished(round_: Round) -> None:
    await round_.play(paid=-1)
    assert (await round_.replay()).disagreements == []
    await round_.casino.finish(round_.id)
    (text,) = (await round_.replay()).disagreements
    assert text.endswith("never settled, though the round is")


async def test_voided_round_says_why(round_: Round) -> None:
    round_.id = await round_.casino.open_round()
    await round_.casino.void(round_.id, "ball off the wheel")
    await round_.casino.finish(round_.id)
    found = await round_.replay()
    assert (found.state, found.number, found.bets) == ("VOIDED", None, [])
    assert "voided: ball off the wheel" in replay_text(found)


@pytest.mark.parametrize(
    "words",
    [("nothing",), ("00" * 16,), (TABLE, "99"), (TABLE, "x"), (TABLE, "9" * 30), (TABLE, "1", "2"), ("a\0b", "1")],
)
async def test_round_that_is_not_there_is_an_error(round_: Round, words: tuple[str, ...]) -> None:
    with pytest.raises(ReplayError):
        await round_.replay(*words)


async def test_database_without_a_casino_has_no_rounds(empty_postgres_dsn: str) -> None:
    with pytest.raises(ReplayError):
        await replay(empty_postgres_dsn, [empty_postgres_dsn], ["00" * 16])
