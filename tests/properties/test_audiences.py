"""What is hidden stays hidden, and nobody's stream has a hole: every message of a live table's runs, for every audience."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.domain.audiences import BEHIND_THE_TABLE, Audience, audience_of
from actors.domain.commands import Follow, TableState, TakeSeat
from actors.domain.events import Concealed, NumberEntered, RoundDecided, TableEvent, TableMissed, TableNews
from protocol import messages as wire
from server.gateway.translate import table_push
from tests.fakes.table_world import LIVE, Casino, seat
from tests.properties.test_table_laws import Watcher, picture
from tests.simulation.loop import run_virtual

steps = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(("open", "close", "void", "bet", "wait", "restart", "look"))),
        st.tuples(st.sampled_from(("number", "confirm")), st.integers(0, 36), st.sampled_from(("manual", "sensor"))),
        st.tuples(st.just("number"), st.integers(0, 36), st.just("sensor")),
    ),
    max_size=30,
)
#: Rounds come about more often when some steps follow each other.
ROUND = (
    ("open",),
    ("bet",),
    ("close",),
    ("number", 7, "sensor"),
    ("number", 8, "manual"),
    ("look",),
    ("confirm", 8, "manual"),
)


class Run:
    """A live table with a follower of each audience on one gateway, and all that they were told."""

    def __init__(self) -> None:
        self.casino = Casino(LIVE)
        self.heard: dict[Audience, list[TableNews]] = {audience: [] for audience in Audience}
        self.looked: dict[Audience, list[Any]] = {audience: [] for audience in Audience}
        self._read = 0

    async def follow(self) -> None:
        for audience in Audience:
            await self.casino.say(Follow("gateway/0", 0, 0, 1, audience))

    async def step(self, step: tuple[Any, ...]) -> None:
        casino = self.casino
        match step:
            case ("open" | "close" | "void" as verb,):
                await casino.deal(verb)
            case ("number" | "confirm" as verb, number, source):
                await casino.deal(verb, number=number, source=source)
            case ("bet",):
                await casino.bet(1, {151: 100})
            case ("wait",):
                await asyncio.sleep(0.5)
            case ("restart",):
                await casino.restart()
                await casino.deal("sit")
                await self.follow()
            case ("look",):
                await self.look()
        await asyncio.sleep(0.01)
        await self.follow()
        self.gather()

    async def look(self) -> None:
        """Everybody takes a snapshot, and asks what he missed since the beginning of this epoch."""
        for audience in Audience:
            for epoch, version in ((0, 0), (self.casino.table.stage.epoch, 0)):
                asked = TakeSeat(seat(1), epoch, version, -1, audience)
                self.looked[audience] += await self.casino.say(asked)

    def gather(self) -> None:
        for _, message in self.casino.post.told[self._read :]:
            if isinstance(message, TableNews):
                self.heard[Audience(message.audience)].append(message)
        self._read = len(self.casino.post.told)

    def told(self, audience: Audience) -> list[tuple[int, int, TableEvent]]:
        """Return (epoch, version, event) in order."""
        return [
            (news.epoch, version, event)
            for news in self.heard[audience]
            for version, event in enumerate(news.events, news.first_version)
        ]


async def played(script: list[tuple[Any, ...]]) -> Run:
    run = Run()
    await run.casino.start()
    await run.casino.deal("sit")
    await run.follow()
    for step in script:
        await run.step(step)
    await run.look()
    await asyncio.sleep(5)
    run.gather()
    assert run.casino.fatal == []
    return run


def sees_more(message: Any) -> bool:
    """Tell whether this says anything that is only for those behind the table."""
    match message:
        case TableState():
            return message.entered >= 0 or message.source != ""
        case TableMissed():
            return any(map(sees_more, message.events))
        case NumberEntered() | wire.NumberEntered():
            return True
        case _:
            return False


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps, st.booleans())
def test_what_is_hidden_reaches_no_wrong_audience_and_no_stream_has_a_hole(
    script: list[tuple[Any, ...]], whole: bool
) -> None:
    async def main() -> None:
        run = await played([*(ROUND if whole else ()), *script])
        entered = {
            (epoch, version) for epoch, version, event in run.told(Audience.PIT) if isinstance(event, NumberEntered)
        }
        for audience in Audience:
            told = run.told(audience)
            _check_versions(run, told)
            behind = audience in BEHIND_THE_TABLE
            pushes = [(place[:2], table_push(place[2])) for place in told]
            said = [*(event for _, _, event in told), *(push for _, push in pushes), *run.looked[audience]]
            assert behind or not any(map(sees_more, said))
            skipped = {place for place, push in pushes if isinstance(push, wire.Skipped)}
            assert skipped == (set() if behind else entered)
        _check_numbers(run)

    run_virtual(main())


def _check_versions(run: Run, told: list[tuple[int, int, TableEvent]]) -> None:
    """Dense within each epoch, from wherever the audience began to follow, up to where the table stands."""
    for (epoch, version, _), (next_epoch, next_version, _) in pairwise(told):
        assert next_version == version + 1 or next_epoch > epoch
    assert not told or told[-1][:2] == (run.casino.table.stage.epoch, run.casino.table.stage.version)


def _check_numbers(run: Run) -> None:
    """The bytes for players have no entered number that was not drawn: not even in a field that nobody reads."""
    drawn = {event.number for _, _, event in run.told(Audience.OWNER) if isinstance(event, RoundDecided)}
    for news in run.heard[Audience.OWNER]:
        for event in news.events:
            fields = msgspec.to_builtins(event, builtin_types=(bytes,))
            assert not isinstance(event, Concealed) or fields == [9]
            assert not isinstance(event, RoundDecided) or event.number in drawn


async def _dealer_follows() -> None:
    run = await played([*ROUND[:5]])
    (fresh,) = await run.casino.say(TakeSeat(seat(1), 0, 0, -1, Audience.DEALER))
    first = run.told(Audience.DEALER)
    assert isinstance(fresh, TableState)
    assert (fresh.entered, fresh.source) == (8, "manual")
    entered = [event for _, _, event in first if isinstance(event, NumberEntered)]
    assert [(event.number, event.source) for event in entered] == [(7, "sensor"), (8, "manual")]
    (state,) = await run.casino.say(TakeSeat(seat(1)))
    assert picture(fresh) == picture(state)
    assert Watcher(fresh).picture == Watcher(state).picture


def test_dealer_and_pit_see_what_is_entered() -> None:
    run_virtual(_dealer_follows())


def test_who_may_play_sees_what_players_see_whatever_else_he_is() -> None:
    assert audience_of(("player", "dealer", "staff")) is Audience.OWNER
    assert audience_of(("device",)) is Audience.DEALER
    assert audience_of(("staff",)) is Audience.PIT
    assert audience_of(()) is Audience.WATCHER
