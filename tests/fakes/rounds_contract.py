"""What every `RoundStore` must do. A subclass gives the fixture `store`, in which the table "t" exists."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from actors.domain.games.game import Outcome, PlayBet, Step
from actors.domain.games.shoe_events import Happening, ShoeEvent
from actors.domain.ids import Origin, make_id
from actors.domain.rounds import Plan, PlayRecord, RoundState, SettleEntry, VoidEntry
from actors.ports import NewRound, RoundConflict, RoundStore, StaleEpoch

NOW_MS = 1_790_000_000_000


def round_id(n: int) -> bytes:
    return make_id(NOW_MS + n, Origin.TABLE, n.to_bytes(9, "big"))


def a_plan(payout: int = 3_600) -> Plan:
    bets = [
        SettleEntry(0, round_id(100), 7, 1, 100, payout, [(17, 100)]),
        SettleEntry(1, round_id(101), 8, 1, 2**52, 0, [(151, 2**52 - 1), (0, 1)]),
    ]
    return Plan(1, bets, [VoidEntry(1, round_id(102), 9, 1, 500)])


A_BET = PlayBet(0, bytes(range(16)), 1, "p1", 100, ((0, 100),))
A_PLAY = PlayRecord(NOW_MS, [A_BET], [])
A_STEP = Step(NOW_MS + 1, 1, bytes(16), A_BET.reservation_id, "cash_out")
A_SHOE = (
    ShoeEvent(1, 1, Happening.NEW, 4, cut=14, who="Ada"),
    ShoeEvent(2, 1, Happening.BURNED, 5, who="Ada"),
    ShoeEvent(3, 1, Happening.CARD, 12, round_id(1), source="manual", who="Ada"),
)
THE_END = ShoeEvent(4, 1, Happening.END, round_id=round_id(1), who="Ada")
ANOTHER_STEP = Step(NOW_MS + 2, 1, bytes(16), A_BET.reservation_id, "double", 1, A_BET)


class RoundStoreContract:
    async def _open(self, store: RoundStore, epoch: int, n: int = 1) -> bytes:
        await store.open(NewRound(round_id(n), "t", epoch, n, NOW_MS, NOW_MS + 5_000, "", "v1"))
        return round_id(n)

    async def _states(self, store: RoundStore) -> list[RoundState]:
        return [row.state for row in await store.unfinished("t")]

    async def test_claim_counts_the_epoch_up(self, store: RoundStore) -> None:
        first = await store.claim_table("t", "one")
        assert await store.claim_table("t", "two") == first + 1

    async def test_claim_of_an_unknown_table_is_a_key_error(self, store: RoundStore) -> None:
        with pytest.raises(KeyError):
            await store.claim_table("nowhere", "one")

    async def test_open_round_is_unfinished_with_its_number(self, store: RoundStore) -> None:
        epoch = await store.claim_table("t", "one")
        await self._open(store, epoch, 3)
        (row,) = await store.unfinished("t")
        assert (row.round_id, row.round_no, row.table_epoch) == (round_id(3), 3, epoch)
        assert (row.state, row.number, row.plan) == (RoundState.OPEN, -1, None)
        assert await store.last_round_no("t") == 3

    async def test_open_again_is_harmless(self, store: RoundStore) -> None:
        epoch = await store.claim_table("t", "one")
        await self._open(store, epoch)
        await self._open(store, epoch)
        assert await self._states(store) == [RoundState.OPEN]

    async def test_open_with_a_taken_number_is_a_conflict(self, store: RoundStore) -> None:
        epoch = await store.claim_table("t", "one")
        await self._open(store, epoch)
        with pytest.raises(RoundConflict):
            await store.open(NewRound(round_id(2), "t", epoch, 1, NOW_MS, 0, "", "v1"))

    async def test_open_of_a_closed_round_is_a_conflict(self, store: RoundStore) -> None:
        epoch = await store.claim_table("t", "one")
        await store.close("t", epoch, await self._open(store, epoch))
        with pytest.raises(RoundConflict):
            await self._open(store, epoch)

    async def test_decided_round_keeps_number_and_plan(self, store: RoundStore) -> None:
        epoch = await store.claim_table("t", "one")
        id_ = await self._open(store, epoch)
        await store.close("t", epoch, id_)
        await store.decide("t", epoch, id_, Outcome(0), a_plan())
        (row,) = await store.unfinished("t")
        assert (row.state, row.number, row.plan) == (RoundState.DECIDED, 0, a_plan())
        assert await store.recent_numbers("t", 5) == [0]

    async def test_decide_again_the_same_is_harmless(self, store: RoundStore) -> None:
        epoch = await store.claim_table("t", "one")
        id_ = await self._open(store, epoch)
        await store.decide("t", epoch, id_, Outcome(17), a_plan())
        await store.decide("t", epoch, id_, Outcome(17), a_plan())
        await store.finish("t", epoch, id_)
        await store.decide("t", epoch, id_, Outcome(17), a_plan())
        assert await self._states(store) == []

    @pytest.mark.parametrize(("number", "payout"), [(18, 3_600), (17, 3_601)])
    async def test_decide_otherwise_is_a_conflict(self, store: RoundStore, number: int, payout: int) -> None:
        epoch = await store.claim_table("t", "one")
        id_ = await self._open(store, epoch)
        await store.decide("t", epoch, id_, Outcome(17), a_plan())
        with pytest.raises(RoundConflict):
            await store.decide("t", epoch, id_, Outcome(number), a_plan(payout))

    async def test_voiding_round_cannot_be_decided(self, store: RoundStore) -> None:
        epoch = await store.claim_table("t", "one")
        id_ = await self._open(store, epoch)
        assert await store.start_void("t", epoch, id_, "test")
        with pytest.raises(RoundConflict):
            await store.decide("t", epoch, id_, Outcome(17), a_plan())
        assert await self._states(store) == [RoundState.VOIDING]
        assert await store.recent_numbers("t", 5) == []

    async def test_decided_round_cannot_be_voided(self, store: RoundStore) -> None:
        epoch = await store.claim_table("t", "one")
        id_ = await self._open(store, epoch)
        await store.decide("t", epoch, id_, Outcome(17), a_plan())
        assert not await store.start_void("t", epoch, id_, "test")
        assert await self._states(store) == [RoundState.DECIDED]

    async def test_void_and_finish_again_are_harmless(self, store: RoundStore) -> None:
        epoch = await store.claim_table("t", "one")
        id_ = await self._open(store, epoch)
        for _ in range(2):
            assert await store.start_void("t", epoch, id_, "test")
        for _ in range(2):
            await store.finish("t", epoch, id_)
        assert await store.start_void("t", epoch, id_, "test")
        assert await self._states(store) == []

    async def test_open_round_cannot_be_finished(self, store: RoundStore) -> None:
        epoch = await store.claim_table("t", "one")
        with pytest.raises(RoundConflict):
            await store.finish("t", epoch, await self._open(store, epoch))

    @pytest.mark.parametrize("writer", ["open", "close", "start_play", "add_steps", "decide", "start_void", "finish"])
    async def test_older_epoch_writes_nothing(self, store: RoundStore, writer: str) -> None:
        old = await store.claim_table("t", "one")
        id_ = await self._open(store, old)
        await store.claim_table("t", "two")
        more: dict[str, tuple[Any, ...]] = {
            "decide": (Outcome(5), a_plan()),
            "start_play": (A_PLAY,),
            "add_steps": (0, [A_STEP]),
            "start_void": ("test",),
        }
        call = (
            self._open(store, old, 2)
            if writer == "open"
            else getattr(store, writer)("t", old, id_, *more.get(writer, ()))
        )
        with pytest.raises(StaleEpoch):
            await call
        assert await self._states(store) == [RoundState.OPEN]

    async def test_new_epoch_may_void_an_old_round(self, store: RoundStore) -> None:
        id_ = await self._open(store, await store.claim_table("t", "one"))
        epoch = await store.claim_table("t", "two")
        assert await store.start_void("t", epoch, id_, "test")
        await store.finish("t", epoch, id_)
        assert await self._states(store) == []

    async def test_recent_numbers_come_newest_first_and_limited(self, store: RoundStore) -> None:
        epoch = await store.claim_table("t", "one")
        for n in (1, 2, 3):
            await store.decide("t", epoch, await self._open(store, epoch, n), Outcome(10 + n), a_plan())
        assert await store.recent_numbers("t", 2) == [13, 12]

    async def _play(self, store: RoundStore, epoch: int) -> bytes:
        id_ = await self._open(store, epoch)
        await store.close("t", epoch, id_)
        await store.start_play("t", epoch, id_, A_PLAY)
        return id_

    async def test_played_round_keeps_its_beginning_and_its_steps_in_order(self, store: RoundStore) -> None:
        epoch = await store.claim_table("t", "one")
        id_ = await self._play(store, epoch)
        await store.add_steps("t", epoch, id_, 0, [A_STEP, ANOTHER_STEP])
        await store.add_steps("t", epoch, id_, 2, [A_STEP])
        (row,) = await store.unfinished("t")
        assert (row.state, row.play, row.rules_version) == (RoundState.PLAYING, A_PLAY, "v1")
        assert row.steps == [A_STEP, ANOTHER_STEP, A_STEP]

    async def test_beginning_and_steps_again_are_harmless(self, store: RoundStore) -> None:
        epoch = await store.claim_table("t", "one")
        id_ = await self._play(store, epoch)
        for _ in range(2):
            await store.start_play("t", epoch, id_, A_PLAY)
            await store.add_steps("t", epoch, id_, 0, [A_STEP])
        await store.add_steps("t", epoch, id_, 1, [ANOTHER_STEP])
        await store.add_steps("t", epoch, id_, 0, [A_STEP])  # carried out late, after what came next
        (row,) = await store.unfinished("t")
        assert row.steps == [A_STEP, ANOTHER_STEP]

    async def test_another_step_under_the_same_number_is_a_conflict(self, store: RoundStore) -> None:
        epoch = await store.claim_table("t", "one")
        id_ = await self._play(store, epoch)
        await store.add_steps("t", epoch, id_, 0, [A_STEP])
        with pytest.raises(RoundConflict):
            await store.add_steps("t", epoch, id_, 0, [ANOTHER_STEP])

    async def test_open_round_cannot_be_played_nor_take_steps(self, store: RoundStore) -> None:
        epoch = await store.claim_table("t", "one")
        id_ = await self._open(store, epoch)
        with pytest.raises(RoundConflict):
            await store.start_play("t", epoch, id_, A_PLAY)
        with pytest.raises(RoundConflict):
            await store.add_steps("t", epoch, id_, 0, [A_STEP])

    async def test_played_round_is_decided_with_cards_and_takes_no_more_steps(self, store: RoundStore) -> None:
        epoch = await store.claim_table("t", "one")
        id_ = await self._play(store, epoch)
        for _ in range(2):
            await store.decide("t", epoch, id_, Outcome(2**40, (1, 51)), a_plan(), "ab" * 32)
        with pytest.raises(RoundConflict):
            await store.add_steps("t", epoch, id_, 0, [A_STEP])
        assert await store.recent_numbers("t", 1) == [2**40]

    async def test_played_round_may_be_voided(self, store: RoundStore) -> None:
        epoch = await store.claim_table("t", "one")
        id_ = await self._play(store, epoch)
        assert await store.start_void("t", epoch, id_, "test")
        assert await self._states(store) == [RoundState.VOIDING]

    async def test_unknown_round_is_a_conflict(self, store: RoundStore) -> None:
        epoch = await store.claim_table("t", "one")
        with pytest.raises(RoundConflict):
            await store.decide("t", epoch, round_id(9), Outcome(5), a_plan())

    async def test_shoe_of_a_table_that_never_had_one_has_no_events(self, store: RoundStore) -> None:
        await store.claim_table("t", "one")
        assert await store.shoe_events("t") == []

    async def test_shoe_events_come_back_in_order_and_twice_is_once(self, store: RoundStore) -> None:
        epoch = await store.claim_table("t", "one")
        for event in (*A_SHOE, *A_SHOE):
            await store.add_shoe_event("t", epoch, event)
        assert await store.shoe_events("t") == list(A_SHOE)

    async def test_only_the_last_shoe_is_told(self, store: RoundStore) -> None:
        epoch = await store.claim_table("t", "one")
        new = ShoeEvent(4, 2, Happening.NEW, 9, cut=20, who="Ada", reason="torn")
        for event in (*A_SHOE, new):
            await store.add_shoe_event("t", epoch, event)
        assert await store.shoe_events("t") == [new]

    @pytest.mark.parametrize("changes", [{"value": 13}, {"seq": 5}, {"source": "sensor"}])
    async def test_other_or_later_shoe_event_is_a_conflict(self, store: RoundStore, changes: dict[str, Any]) -> None:
        epoch = await store.claim_table("t", "one")
        for event in A_SHOE:
            await store.add_shoe_event("t", epoch, event)
        with pytest.raises(RoundConflict):
            await store.add_shoe_event("t", epoch, msgspec.structs.replace(A_SHOE[2], **changes))
        assert await store.shoe_events("t") == list(A_SHOE)

    async def test_shoe_event_of_an_older_epoch_is_stale(self, store: RoundStore) -> None:
        epoch = await store.claim_table("t", "one")
        await store.claim_table("t", "two")
        with pytest.raises(StaleEpoch):
            await store.add_shoe_event("t", epoch, A_SHOE[0])
        assert await store.shoe_events("t") == []

    async def test_coup_ends_with_its_rounds_outcome_once(self, store: RoundStore) -> None:
        epoch = await store.claim_table("t", "one")
        id_ = await self._open(store, epoch)
        for event in A_SHOE:
            await store.add_shoe_event("t", epoch, event)
        for _ in range(2):
            await store.decide("t", epoch, id_, Outcome(17), a_plan(), "", THE_END)
        assert (await store.shoe_events("t"))[3:] == [THE_END]
        assert not await store.start_void("t", epoch, id_, "late", THE_END)
        assert len(await store.shoe_events("t")) == 4

    async def test_coup_ends_with_its_rounds_voiding_once(self, store: RoundStore) -> None:
        epoch = await store.claim_table("t", "one")
        id_ = await self._open(store, epoch)
        for event in A_SHOE:
            await store.add_shoe_event("t", epoch, event)
        for _ in range(2):
            assert await store.start_void("t", epoch, id_, "torn", THE_END)
        assert (await store.shoe_events("t"))[3:] == [THE_END]
