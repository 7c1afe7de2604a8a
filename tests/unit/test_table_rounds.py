"""Rounds of an RNG table from opening to the books, on fakes and virtual time."""

from __future__ import annotations

import asyncio

import pytest

from actors.domain import round_book
from actors.domain.commands import BetPlaced
from actors.domain.events import BetsClosed, MyBetsSettled, RoundDecided, RoundOpened, RoundSettled, StakesShown
from actors.domain.money.orders import Done
from actors.domain.refusals import Refusal
from actors.domain.rounds import RoundState
from tests.fakes.table_world import RNG, Casino
from tests.simulation.loop import run_virtual
from tests.unit.test_table_bets import code

STRAIGHT_17, RED, BLACK = 17, 151, 152


def test_round_with_two_winners_pays_and_tells_in_order() -> None:
    async def run() -> None:
        casino = Casino()
        casino.entropy.numbers.append(17)
        await casino.start()
        first = await casino.bet(1, {STRAIGHT_17: 100, RED: 200})
        second = await casino.bet(2, {BLACK: 300})
        assert isinstance(first, BetPlaced)
        assert isinstance(second, BetPlaced)
        assert (first.cash_minor, first.escrow_minor) == (99_700, 300)
        await casino.until("idle")
        assert [type(event) for event in casino.events()] == [
            RoundOpened,
            StakesShown,
            BetsClosed,
            RoundDecided,
            RoundSettled,
        ]
        (settled,) = casino.events(RoundSettled)
        assert [(win.name, win.payout_minor) for win in settled.winners] == [("p1", 3_600), ("p2", 600)]
        (mine,) = casino.post.personal(1)
        assert isinstance(mine, MyBetsSettled)
        assert (mine.number, mine.stake_minor, mine.payout_minor, mine.cash_minor) == (17, 300, 3_600, 103_300)
        assert casino.rounds.states() == ["SETTLED"]
        casino.check_money()

    run_virtual(run())


def test_number_is_durable_with_its_plan_before_it_is_told() -> None:
    async def run() -> None:
        casino = Casino()
        seen: list[RoundState] = []
        tell = casino.post.tell

        def watching(address: str, messages: list) -> bool:  # type: ignore[type-arg]
            for message in messages:
                for event in getattr(message, "events", ()):
                    if isinstance(event, RoundDecided):
                        row = casino.rounds.rows[event.round_id]
                        assert row.number == event.number
                        assert row.plan is not None
                        seen.append(row.state)
            return tell(address, messages)

        casino.post.tell = watching  # type: ignore[method-assign,assignment]
        await casino.start()
        await casino.bet(1, {RED: 200})
        await casino.until("idle")
        assert seen == [RoundState.DECIDED]

    run_virtual(run())


def test_rounds_go_on_while_somebody_is_there_and_rest_when_nobody_is() -> None:
    async def run() -> None:
        casino = Casino()
        await casino.start(players=0)
        await asyncio.sleep(30)
        assert casino.rounds.rows == {}
        await casino.follow(players=1)
        await casino.until("betting")
        await casino.until("idle")
        await casino.until("betting")
        await asyncio.sleep(60)  # the lease has ended
        rounds = len(casino.rounds.rows)
        await asyncio.sleep(60)
        assert len(casino.rounds.rows) == rounds
        assert casino.table.stage.phase == "idle"
        assert set(casino.rounds.states()) == {"SETTLED"}

    run_virtual(run())


def test_windows_and_pauses_are_as_configured() -> None:
    async def run() -> None:
        casino = Casino()
        await casino.start()
        await casino.until("idle")
        await casino.until("betting")
        first, second = casino.events(RoundOpened)
        assert first.closes_ms - first.opens_ms == RNG.betting_ms
        (settled,) = casino.events(RoundSettled)
        assert second.opens_ms - settled.next_opens_ms < 20
        assert 0 <= settled.next_opens_ms - first.closes_ms - RNG.pause_ms - RNG.grace_ms < 20
        assert (first.round_no, second.round_no) == (1, 2)

    run_virtual(run())


def test_versions_are_dense_for_every_follower() -> None:
    async def run() -> None:
        casino = Casino()
        await casino.start()
        await casino.follow("gateway/1")
        for _ in range(2):
            await casino.until("betting")
            await casino.bet(1, {RED: 100})
            await casino.until("idle")
        for gateway in ("gateway/0", "gateway/1"):
            news = [m for to, m in casino.post.told if to == gateway and hasattr(m, "first_version")]
            version = news[0].first_version
            for batch in news:
                assert batch.first_version == version
                assert batch.epoch == 1
                version += len(batch.events)

    run_virtual(run())


def test_changes_of_stakes_are_gathered_for_a_fifth_of_a_second() -> None:
    async def run() -> None:
        casino = Casino()
        await casino.start()
        for player in range(1, 11):
            await casino.bet(player, {RED: 100})
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.25)
        (shown,) = casino.events(StakesShown)
        assert sorted(s.name for s in shown.seats) == sorted(f"p{n}" for n in range(1, 11))

    run_virtual(run())


def test_changes_of_stakes_are_gathered_for_longer_where_very_many_look() -> None:
    async def run() -> None:
        casino = Casino()
        await casino.start()
        await casino.follow("gateway/1", players=2_000)
        await casino.bet(1, {RED: 100})
        await asyncio.sleep(0.7)
        assert casino.events(StakesShown) == []
        await asyncio.sleep(0.2)
        assert len(casino.events(StakesShown)) == 1

    run_virtual(run())


def test_only_the_first_sixty_who_bet_are_shown_and_all_are_settled() -> None:
    async def run() -> None:
        casino = Casino()
        await casino.start()
        for player in range(1, 76):
            await casino.bet(player, {RED: 100})
        await asyncio.sleep(0.25)
        assert len((await casino.state()).seats) == 60
        assert sum(len(shown.seats) for shown in casino.events(StakesShown)) == 60
        await casino.until("idle")
        assert len(casino.events(StakesShown)) == 1
        casino.check_money()

    run_virtual(run())


def test_large_round_is_planned_in_parts_between_which_others_are_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(round_book, "PLAN_PART", 2)

    async def run() -> None:
        casino = Casino()
        await casino.start()
        for player_id in range(1, 8):
            await casino.bet(player_id, {STRAIGHT_17: 100})
        left = await casino.bet(1, {RED: 100})
        casino.wallet(1).delay_s = 1.0
        going = [asyncio.ensure_future(casino.undo(1, left.bet.bet_id))]
        going.append(asyncio.ensure_future(casino.bet(9, {STRAIGHT_17: 100})))
        await asyncio.sleep(0.01)
        book, outcome = casino.table.stage.book, casino.table.stage.game.seen((17,))
        assert book is not None
        assert outcome is not None
        planning = asyncio.ensure_future(casino.table._keeper.plan(book, outcome))
        served = 0
        while not planning.done():
            await asyncio.sleep(0)
            served += 1
            assert code(await casino.bet(3, {RED: 100})) == Refusal.BETTING_CLOSED
            for bet in book.bets.values():  # as if its wallet had answered just now
                book.apply_reserved(bet, Done(1, 0, 0))
                book.apply_voided(bet)
        assert served >= 3
        plan = planning.result()
        assert [(entry.player_id, entry.payout_minor) for entry in plan.settle] == [(n, 3_600) for n in range(1, 8)]
        assert sorted(entry.player_id for entry in plan.void) == [1, 9]
        await casino.table.stop()
        await asyncio.gather(*going)

    run_virtual(run())
