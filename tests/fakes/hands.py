"""A blackjack table on fakes and virtual time, with players who play by one fixed strategy and never give up an order."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from actors.domain.commands import Act, Acted, Refused
from actors.domain.plays import HandsView, HandView, PlayView
from actors.domain.rounds import FINAL
from actors.table_config import TableConfig
from actors.table_play import SHOW_EVERY_MS
from actors.table_rounds import seeded
from tests.fakes.seeds import KeyedSeeds
from tests.fakes.table_world import RNG, Casino, seat

CONFIG = TableConfig(
    table_id="t",
    kind="rng",
    title="Test",
    game="blackjack",
    betting_ms=RNG.betting_ms,
    pause_ms=RNG.pause_ms,
    min_cycle_ms=0,
    max_by_size={0: 100_000, 1: 20_000, 2: 20_000, 3: 100_000},
)

#: "before": the call did nothing; "after": it did, and nobody heard.
Moment = Literal["before", "after"]


class Hands(Casino):
    """deal: which cards. die: (call of the round store, how many of it came before, before or after it is done)."""

    def __init__(self, deal: int, die: tuple[str, int, Moment] | None = None) -> None:
        super().__init__(CONFIG)
        self.seeds = KeyedSeeds(deal.to_bytes(32, "big"))
        self.table = self.build_seeded()
        self.deaths = 0
        self.acts: list[str] = []
        self._died = asyncio.Event()
        if die is not None:
            self._watch(*die)

    def build_seeded(self) -> Any:
        """Return another incarnation that deals from the seeds."""
        self.draws_of = seeded
        return self.build()

    def _watch(self, call: str, number: int, moment: Moment) -> None:
        """Let the incarnation hang for ever at this call: its successor finds what was stored."""
        real, left = getattr(self.rounds, call), number

        async def watched(*arguments: Any) -> Any:
            nonlocal left
            left -= 1
            if left != -1:
                return await real(*arguments)
            if moment == "after":
                await real(*arguments)
            self._died.set()
            return await asyncio.Event().wait()

        setattr(self.rounds, call, watched)

    async def revive(self) -> None:
        """Where the incarnation has died, let another take over."""
        if self._died.is_set():
            self._died.clear()
            self.deaths += 1
            await self.restart(players=2)

    async def play(self) -> None:
        """Play the first round, by the strategy, to its end."""
        row = next(iter(self.rounds.rows.values()))
        while row.state not in FINAL:
            await self.revive()
            view = self.table.stage.view
            if self.table.stage.phase == "playing" and isinstance(view, HandsView):
                for hand in asked(view):
                    await self._act(hand, decide(view, hand))
            await asyncio.sleep(0.05)
            await self.follow(players=2)

    def ended(self) -> tuple[tuple[int, ...], list[int]]:
        """Return the cards of the first round, and what players 1 and 2 have."""
        outcome = next(iter(self.rounds.rows.values())).outcome
        assert outcome is not None, "the first round is decided"
        return outcome.detail, [self.wallet(player).money(player) for player in (1, 2)]

    async def first_hand(self, player: int, stakes: dict[int, int] | None = None) -> HandView:
        """Bet, on seat 0 alone if nothing else is said, and return the first hand when it is dealt."""
        await self.bet(player, stakes or {0: 1_000})
        await self.until("playing")
        view = self.table.stage.view
        assert isinstance(view, HandsView)
        return view.hands[0]

    @staticmethod
    def first_hand_of(view: PlayView) -> HandView:
        """Return the first hand that is shown."""
        assert isinstance(view, HandsView)
        return view.hands[0]

    def act_order(self, hand: HandView, action: str, command_id: bytes = b"") -> Act:
        """Return an order to do something with this hand."""
        book = self.table.stage.book
        assert book is not None, "there is a round"
        who = seat(int(hand.name[1:]))
        id_ = command_id or self.new_id()
        return Act(who, book.round_id, id_, hand.bet_id, action, hand.hand, self.clock.now_ms())

    async def _act(self, hand: HandView, action: str) -> None:
        """Send one order until it is answered, over as many incarnations as it takes."""
        order = self.act_order(hand, action)
        while True:
            saying = asyncio.ensure_future(self.say(order))
            died = asyncio.ensure_future(self._died.wait())
            await asyncio.wait({saying, died}, return_when=asyncio.FIRST_COMPLETED)
            died.cancel()
            if saying.done():
                answer = saying.result()[0]
                assert isinstance(answer, Acted | Refused)
                self.acts.append(action if isinstance(answer, Acted) else f"{action} refused")
                await asyncio.sleep(2 * SHOW_EVERY_MS / 1000)  # what came of it is shown a little later
                return
            saying.cancel()
            await self.revive()


def asked(view: HandsView) -> list[HandView]:
    """Return the hands that may decide something now."""
    if view.insurance:
        return [hand for hand in view.hands if hand.state == "acting"]
    return [view.hands[view.acting]] if view.acting >= 0 else []


def decide(view: HandsView, hand: HandView) -> str:
    """Return what the strategy does: it splits and doubles whatever it may, and insures every second seat."""
    if view.insurance:
        return "insure" if hand.seat % 2 == 0 else "no_insurance"
    for action in ("split", "double"):
        if action in view.actions and (action == "split" or 9 <= hand.total <= 11):
            return action
    return "hit" if hand.total < 16 else "stand"
