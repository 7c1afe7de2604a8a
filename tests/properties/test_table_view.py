"""The law of a client's table, against the real table actor: snapshot + events = a fresh snapshot, at every moment."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.session import Identity, Session
from clients.python.table_view import TableView
from protocol.messages import ServerMessage
from server.gateway import translate
from tests.fakes.card_table import CARDS, CardCasino
from tests.fakes.table_world import LIVE, RNG, Casino, seat
from tests.simulation.loop import run_virtual

ME = 1
SESSION = Session(
    Identity(
        player_id=ME,
        name="p1",
        roles=("player",),
        shard=1,
        ccy=1,
        currency="PLAY",
        exponent=2,
        play_money=True,
        expires_ms=0,
    ),
    "s",
    "gateway/0",
)

PLAYERS = st.integers(1, 3)
STAKES = st.dictionaries(st.sampled_from((0, 17, 40, 120, 151)), st.integers(100, 400), min_size=1, max_size=3)
BETS = st.tuples(st.just("bet"), PLAYERS, STAKES)
STEPS = st.one_of(
    BETS,
    BETS,
    st.tuples(st.sampled_from(("repeat", "double", "undo", "undo one")), PLAYERS, st.none()),
    st.tuples(st.just("wait"), st.integers(1, 6_000), st.none()),
)
DEALER_STEPS = st.tuples(
    st.sampled_from(("sit", "open", "close", "number", "confirm", "void")), st.sampled_from((900, 901)), st.none()
)


class Watcher:
    """A client's view, fed with what a gateway would send it."""

    def __init__(self, casino: Casino) -> None:
        self.casino = casino
        self.events = len(casino.events())
        self.personal = len(casino.post.personal(ME))
        self.view = self.fresh()

    def fresh(self) -> TableView:
        return TableView(translate.snapshot(3, "t", self.casino.table.stage.state_for(seat(ME)), SESSION))

    def hear(self, *messages: ServerMessage) -> None:
        for message in messages:
            self.view.apply(message)

    def check(self) -> None:
        """Fold what was told since, and compare."""
        fresh = self.fresh()
        events, personal = self.casino.events(), self.casino.post.personal(ME)
        self.hear(*(translate.personal_push(event, SESSION) for event in personal[self.personal :]))
        self.hear(*(translate.table_push(event) for event in events[self.events :]))
        self.events, self.personal = len(events), len(personal)
        assert vars(self.view) == vars(fresh)


async def play(casino: Casino, watcher: Watcher, step: tuple[str, int, dict[int, int] | None]) -> None:
    """Do one thing at the table."""
    verb, who, stakes = step
    if verb == "wait":
        await asyncio.sleep(who / 1000)
        await casino.follow()
        return
    if verb in ("bet", "repeat", "double"):
        answer = await casino.bet(who, stakes, mode="chips" if verb == "bet" else verb)
    elif verb in ("undo", "undo one"):
        book = casino.table.stage.book
        mine = book.placed_bets(who) if book else []
        answer = await casino.undo(who, *([mine[0].bet_id] if mine and verb == "undo one" else []))
    else:
        answer = await casino.deal(verb, who, number=17)
    if who == ME:
        watcher.hear(translate.reply("t", answer))


def follow_steps(config: object, steps: list[tuple[str, int, dict[int, int] | None]]) -> None:
    async def run() -> None:
        casino = Casino(config)  # type: ignore[arg-type]
        await casino.start()
        watcher = Watcher(casino)
        for step in steps:
            await play(casino, watcher, step)
            watcher.check()
        for _ in range(6):  # to the end of the round, never without the gateway's lease
            await play(casino, watcher, ("wait", 3_000, None))
            watcher.check()
        await casino.table.stop()

    run_virtual(run())


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_view_of_an_rng_table_equals_a_fresh_snapshot(steps: list[tuple[str, int, dict[int, int] | None]]) -> None:
    follow_steps(RNG, steps)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS | DEALER_STEPS | DEALER_STEPS, max_size=30))
def test_view_of_a_live_table_equals_a_fresh_snapshot(steps: list[tuple[str, int, dict[int, int] | None]]) -> None:
    follow_steps(LIVE, steps)


def test_view_of_a_round_with_everything_equals_a_fresh_snapshot() -> None:
    bet = ("bet", ME, {17: 200, 151: 100})
    steps = [bet, ("double", ME, None), ("bet", 2, {0: 100}), ("undo one", ME, None), ("wait", 9_000, None)]
    follow_steps(RNG, [*steps, ("repeat", ME, None), bet, ("undo", ME, None), ("wait", 9_000, None)])


CARD_STEPS = st.tuples(
    st.sampled_from(
        ("open", "close", "card", "card", "card", "back", "confirm", "void", "new", "burned", "cut", "restart")
    ),
    st.sampled_from((0, 4, 5, 12, 25, 51)),
    st.none(),
)


async def deal(casino: CardCasino, watcher: Watcher, verb: str, value: int) -> None:
    """Say one thing about cards or shoe, whether it may be or not."""
    if verb in ("new", "burned", "cut"):
        to_burn = casino.shoe.to_burn
        number = {"new": value, "burned": to_burn, "cut": -1}[verb]
        await casino.happen("shoe", number, event=verb, cut=14, reason="chance" * (value == 51))
    elif verb in ("card", "back"):
        last = casino.shoe.cards[-1:] or [value]
        await casino.happen(verb, value if verb == "card" else last[0])
    elif verb == "restart":
        await casino.restart()
        await casino.deal("sit")
        watcher.view = watcher.fresh()
    else:
        await casino.deal(verb, number=casino.table.stage.entered)


@settings(max_examples=40, deadline=None)
@given(st.lists(BETS | CARD_STEPS | CARD_STEPS | CARD_STEPS, max_size=40))
def test_view_of_cards_equals_a_fresh_snapshot_and_the_shoe_its_events(steps: list[tuple[str, int, Any]]) -> None:
    async def run() -> None:
        casino = CardCasino(CARDS)
        await casino.start()
        await casino.deal("sit")
        await casino.load()
        watcher = Watcher(casino)
        for verb, who, stakes in steps:
            if verb == "bet":
                await play(casino, watcher, ("bet", who, {position % 5: stake for position, stake in stakes.items()}))
            else:
                await deal(casino, watcher, verb, who)
            watcher.check()
            casino.check_shoe()
        await casino.table.stop()
        assert casino.fatal == []

    run_virtual(run())
