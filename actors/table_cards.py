"""The shoe of a live table and the coup that is dealt from it: one event at a time, stored before anyone hears of it.

What if this incarnation dies: before an event is stored nobody has heard of it, and the dealer, who is not answered, says it
again to the successor; after that the successor knows it. The round itself is voided by the take-over, as at any live table;
its cards stay out of the shoe. Twice: an event has a number, and the same one again is answered with the view as it is. Late:
another event under a number that is used is refused. With a double: the store's epoch lets only the newest one write.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Final

import msgspec

from actors.domain.commands import DealerOrder, Refused, ShoeView
from actors.domain.games.baccarat_shoe import ShoeFault
from actors.domain.games.cards import card_name
from actors.domain.games.game import Outcome
from actors.domain.games.shoe_events import (
    Dealing,
    Happening,
    ShoeEvent,
    ShoeGame,
    apply,
    begin,
    check_open,
    ended,
    restore,
)
from actors.domain.refusals import Refusal
from actors.domain.round_book import RoundBook
from actors.ports import RoundStore
from actors.table_rounds import RESTARTED, RoundKeeper
from actors.table_stage import Stage

#: What a dealer says about the shoe itself.
_SHOE: Final = {"new": Happening.NEW, "burned": Happening.BURNED, "cut": Happening.CUT}
_CARDS: Final = {"card": Happening.CARD, "back": Happening.BACK}
#: Events that are recognised when they are said again.
REMEMBERED: Final = 32

_REFUSED: Final = {
    ShoeFault.NO_CARD: Refusal.CARD_IMPOSSIBLE,
    ShoeFault.IMPOSSIBLE_CARD: Refusal.CARD_IMPOSSIBLE,
}


class CardDesk:
    """What is known of the shoe, and the events that change it."""

    def __init__(self, game: ShoeGame, stage: Stage, keeper: RoundKeeper, rounds: RoundStore) -> None:
        self._game = game
        self._stage = stage
        self._keeper = keeper
        self._rounds = rounds
        self._last: list[ShoeEvent] = []
        self.dealing: Dealing = begin(game.decks)

    async def take_over(self) -> None:
        """Know what a predecessor stored. No round is in play: a coup that he left is ended."""
        table_id = self._stage.config.table_id
        events = await self._keeper.durably(lambda: self._rounds.shoe_events(table_id))
        self.dealing = restore(self._game.decks, events)
        self._last = events[-REMEMBERED:]
        end = ended(self.dealing, reason=RESTARTED)
        if end is not None:
            await self._store(end)
        self._show()

    # ------------------------------------------------------------ orders

    def check_open(self) -> Refused | None:
        """Refuse to open a round: SHOE_NOT_READY."""
        why = check_open(self.dealing)
        return Refused(Refusal.SHOE_NOT_READY, why) if why else None

    def check(self, order: DealerOrder, book: RoundBook | None) -> ShoeEvent | Refused | None:
        """Return the event to carry out; None: this very order was carried out before.

        Refusals in order: STEP_OUT_OF_ORDER, WRONG_ROUND (cards), WRONG_PHASE, CARD_NOT_DUE, CARD_IMPOSSIBLE or
        SHOE_NOT_READY.
        """
        event = self._event(order)
        if order.seq != self.dealing.seq + 1:
            known = any(event.says(last) for last in self._last)
            return None if known else Refused(Refusal.STEP_OUT_OF_ORDER, f"the next is {self.dealing.seq + 1}")
        if order.verb != "shoe":
            if book is None or book.round_id != order.round_id:
                return Refused(Refusal.WRONG_ROUND)
            if self._stage.phase not in ("closed", "playing"):
                return Refused(Refusal.WRONG_PHASE)
        elif event.happening is Happening.NEW and book is not None:
            return Refused(Refusal.WRONG_PHASE, "a shoe is changed between rounds")
        if event.happening is Happening.CARD:
            due = self._game.due(self.dealing.cards)
            if due < 0 or order.hand not in (-1, due):
                return Refused(Refusal.CARD_NOT_DUE, "none is due" if due < 0 else f"hand {due} is due")
        after = apply(self.dealing, event)
        return self._refusal(after, event) if isinstance(after, ShoeFault) else event

    def carry_out(self, event: ShoeEvent, book: RoundBook | None) -> Coroutine[Any, Any, None]:
        """Store what was checked, then tell it. Nobody sees a card before the bets are final."""
        if event.happening in (Happening.CARD, Happening.BACK):
            assert book is not None, "it was checked"
            return self._carry_card(event, book)
        return self._carry_shoe(event)

    def _event(self, order: DealerOrder) -> ShoeEvent:
        happening = _CARDS[order.verb] if order.verb in _CARDS else _SHOE[order.event]
        number = self.dealing.shoe.number
        value = -1 if happening is Happening.CUT else order.number
        source = order.source if happening is Happening.CARD else ""
        cut = order.cut if happening is Happening.NEW else 0
        round_id = order.round_id if order.verb in _CARDS else b""
        return ShoeEvent(order.seq, number, happening, value, round_id, cut, source, order.seat.name, order.reason[:64])

    def _refusal(self, fault: ShoeFault, event: ShoeEvent) -> Refused:
        code = _REFUSED.get(fault, Refusal.SHOE_NOT_READY)
        if fault is ShoeFault.IMPOSSIBLE_CARD:
            return Refused(code, f"all {self._game.decks} {card_name(event.value)} of this shoe were seen: a mis-scan")
        if fault is ShoeFault.WRONG_BURN:
            return Refused(code, f"{self.dealing.shoe.to_burn} cards are to be burned")
        if event.happening is Happening.NEW and fault is ShoeFault.WRONG_STATE:
            return Refused(code, "the shoe is not over: say why it is changed")
        return Refused(code, fault.name.lower())

    # ------------------------------------------------------------ steps

    async def _carry_card(self, event: ShoeEvent, book: RoundBook) -> None:
        if not self.dealing.cards:
            await self._keeper.drain(book)
            book.fix()
        await self._store(event)
        self.tell()

    async def _carry_shoe(self, event: ShoeEvent) -> None:
        await self._store(event)
        self._show()
        self._stage.dealer_changed()

    async def _store(self, event: ShoeEvent) -> None:
        config, epoch = self._stage.config, self._stage.epoch
        after = apply(self.dealing, event)
        assert not isinstance(after, ShoeFault), "it was checked"
        event = msgspec.structs.replace(event, shoe=after.shoe.number)  # a new one has the next number
        await self._keeper.durably(lambda: self._rounds.add_shoe_event(config.table_id, epoch, event))
        self._take(event, after)

    def _take(self, event: ShoeEvent, after: Dealing) -> None:
        self.dealing = after
        self._last = [*self._last, event][-REMEMBERED:]

    def end(self, who: str) -> ShoeEvent | None:
        """Return the event that ends the coup, to be stored with its round; None: no card is out."""
        return ended(self.dealing, who)

    def was_ended(self, event: ShoeEvent | None) -> None:
        """It is stored: the coup is over."""
        if event is not None:
            after = apply(self.dealing, event)
            assert not isinstance(after, ShoeFault), "the coup was in play"
            self._take(event, after)
        self._show()

    def outcome(self) -> Outcome | None:
        """Return what the cards of the coup come to; None while some are due."""
        return self._game.seen(self.dealing.cards)

    # ------------------------------------------------------------ telling

    def tell(self) -> None:
        """Tell everybody the cards, and those behind the table what they come to, to be confirmed."""
        self._show()
        shoe, stage, outcome = self.dealing.shoe, self._stage, self.outcome()
        stage.played(self._game.coup(self.dealing.cards, shoe.number, shoe.left))
        if outcome is not None or stage.entered >= 0:
            stage.number_entered(-1 if outcome is None else outcome.number, "cards" if outcome else "")

    def _show(self) -> None:
        shoe, dealing = self.dealing.shoe, self.dealing
        self._stage.shoe = ShoeView(
            dealing.seq,
            shoe.number,
            shoe.state.name.lower(),
            shoe.left,
            shoe.to_burn,
            dealing.cut,
            shoe.rounds,
            shoe.rounds_left,
            list(dealing.cards),
            self._game.due(dealing.cards),
        )
