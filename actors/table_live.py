"""The dealer's side of a live table. Where cards are dealt, they take the place of the number (`table_cards.py`).

| phase | verb | next | who |
| --- | --- | --- | --- |
| any | sit | same | any dealer; the newer one deals |
| idle | open | betting | the dealer |
| betting | close (or the window ends) | closed | the dealer |
| closed, number | number | number | the dealer, a device |
| closed, playing, number | card, back | playing, or number when all cards are out | the dealer, a device (card) |
| any | shoe | same | the dealer |
| number | confirm, the same number | result, then idle | the dealer |
| betting, closed, playing, number | void | idle | the dealer |

A verb that has been carried out already, for the same round (or with the same command id), is answered with the view
as it is. A dealer who vanishes leaves the round as it is; whoever sits down next goes on with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from actors.domain.commands import DealerOrder, DealerView, Refused, TableAnswer
from actors.domain.games.game import Outcome
from actors.domain.ids import Origin, id_origin, is_well_formed
from actors.domain.refusals import Refusal
from actors.domain.round_book import RoundBook
from actors.domain.rounds import Plan, VoidEntry
from actors.ports import Clock
from actors.table_cards import CardDesk
from actors.table_rounds import RoundKeeper
from actors.table_stage import Stage

#: A dealer's order is answered OUTCOME_UNKNOWN if storage needs longer; it is carried out all the same.
ANSWER_S: Final = 3.0
WINDOW_MAX_S: Final = 600
DEVICES_MAX: Final = 8

_Spawn = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]


class LiveDesk:
    """Handles DealerOrders, one at a time: while one is being stored, another is answered BUSY."""

    def __init__(
        self, stage: Stage, keeper: RoundKeeper, clock: Clock, spawn: _Spawn, cards: CardDesk | None = None
    ) -> None:
        self._stage = stage
        self._keeper = keeper
        self._clock = clock
        self._spawn = spawn
        self._cards = cards
        self._doing: tuple[str, bytes, asyncio.Future[DealerView]] | None = None
        self._opened_by: dict[bytes, bytes] = {}  # command id -> round id, of the last opening
        self._ended: tuple[str, bytes, int] = ("", b"", -1)
        #: The table is about to restart: no round is opened any more.
        self.is_leaving = False
        #: Why no round may be opened for now; "" where it may.
        self.suspended = ""

    @property
    def is_opening(self) -> bool:
        """Tell whether a round is being stored that nobody can see yet."""
        return self._doing is not None and self._doing[0] == "open"

    def handle(self, order: DealerOrder) -> TableAnswer | asyncio.Future[TableAnswer]:
        """Return the answer or its future.

        Refusals in order: WRONG_PHASE (not a live table), NOT_THE_DEALER, those of the verb. For verbs on a round:
        WRONG_ROUND, WRONG_PHASE, NUMBER_INVALID, NUMBER_MISMATCH. BUSY while another order is being stored. To open:
        ID_CLASS_FORBIDDEN, WRONG_PHASE, SUSPENDED, DRAINING, SHOE_NOT_READY. For cards and shoe: `CardDesk.check`.
        """
        if not self._stage.config.is_live:
            return Refused(Refusal.WRONG_PHASE, "nobody deals at this table")
        if order.verb == "sit" and not order.device:
            self._stage.sat(order.seat)
            return self._stage.dealer_view()
        refused = self._check_sender(order)
        if refused is not None:
            return refused
        if order.verb == "number":
            return self._enter(order)
        if order.verb == "open":
            return self._open(order)
        if order.verb in ("card", "back", "shoe"):
            return self._deal(order)
        return self._end_step(order)

    def _check_sender(self, order: DealerOrder) -> Refused | None:
        stage = self._stage
        if order.device:
            if order.verb not in ("number", "card"):
                return Refused(Refusal.NOT_THE_DEALER, "a device only enters numbers and cards")
            stage.device_seats.pop(order.seat.player_id, None)
            stage.device_seats[order.seat.player_id] = order.seat
            if len(stage.device_seats) > DEVICES_MAX:
                del stage.device_seats[next(iter(stage.device_seats))]
        elif stage.dealer_seat is None or stage.dealer_seat.player_id != order.seat.player_id:
            return Refused(Refusal.NOT_THE_DEALER)
        else:
            stage.dealer_seat = order.seat
        return None

    def _enter(self, order: DealerOrder) -> DealerView | Refused:
        stage, book = self._stage, self._stage.book
        if book is None or book.round_id != order.round_id:
            return Refused(Refusal.WRONG_ROUND)
        if stage.phase != "closed" or (self._doing is not None and self._doing[0] != "close"):
            return Refused(Refusal.WRONG_PHASE)
        if self._cards is not None or stage.game.seen((order.number,)) is None:
            return Refused(Refusal.NUMBER_INVALID)
        stage.number_entered(order.number, order.source)
        return stage.dealer_view()

    def _open(self, order: DealerOrder) -> TableAnswer | asyncio.Future[TableAnswer]:
        if not is_well_formed(order.command_id) or id_origin(order.command_id) != Origin.CLIENT:
            return Refused(Refusal.ID_CLASS_FORBIDDEN)
        if order.command_id in self._opened_by:
            return self._stage.dealer_view()
        busy = self._join("open", order.command_id)
        if busy is not None:
            return busy
        if self._stage.phase not in ("idle", "paused") or self._stage.book is not None:
            return Refused(Refusal.WRONG_PHASE)
        if self.is_leaving:
            return Refused(Refusal.DRAINING)
        if self.suspended:
            return Refused(Refusal.SUSPENDED)
        no_shoe = self._cards.check_open() if self._cards else None
        if no_shoe is not None:
            return no_shoe
        window_ms = 1000 * min(max(order.window_s, 0), WINDOW_MAX_S)
        return self._do("open", order.command_id, self._carry_open(order.command_id, window_ms))

    def _deal(self, order: DealerOrder) -> TableAnswer | asyncio.Future[TableAnswer]:
        """card, back, shoe."""
        cards, book = self._cards, self._stage.book
        if cards is None:
            return Refused(Refusal.WRONG_PHASE, "no cards are dealt here")
        about = b"%d|%d|%d|" % (order.seq, order.number, order.cut) + order.event.encode() + order.round_id
        busy = self._join(order.verb, about)
        if busy is not None:
            return busy
        event = cards.check(order, book)
        if event is None:
            return self._stage.dealer_view()
        if isinstance(event, Refused):
            return event
        return self._do(order.verb, about, cards.carry_out(event, book))

    def _end_step(self, order: DealerOrder) -> TableAnswer | asyncio.Future[TableAnswer]:
        """close, confirm, void."""
        stage, book = self._stage, self._stage.book
        if self._is_done(order):
            return stage.dealer_view()
        busy = self._join(order.verb, order.round_id)
        if busy is not None:
            return busy
        if book is None or book.round_id != order.round_id:
            return Refused(Refusal.WRONG_ROUND)
        work = self._step_of(order, book)
        if isinstance(work, Refused):
            return work
        return self._do(order.verb, order.round_id, work)

    def _step_of(self, order: DealerOrder, book: RoundBook) -> Coroutine[Any, Any, None] | Refused:
        stage = self._stage
        if order.verb == "close" and stage.phase == "betting":
            return self._carry_close(book)
        if order.verb == "void" and stage.phase in ("betting", "closed", "playing"):
            return self._carry_void(book, order.reason[:64] or "dealer")
        if order.verb == "confirm" and stage.phase in ("closed", "playing") and stage.entered >= 0:
            if order.number != stage.entered:
                return Refused(Refusal.NUMBER_MISMATCH)
            outcome = self._cards.outcome() if self._cards else stage.game.seen((order.number,))
            assert outcome is not None, "it was entered"
            return self._carry_confirm(book, outcome)
        return Refused(Refusal.WRONG_PHASE)

    def _is_done(self, order: DealerOrder) -> bool:
        """Tell whether this very order was carried out before."""
        stage, book = self._stage, self._stage.book
        if order.verb == "confirm":
            return self._ended == ("confirm", order.round_id, order.number)
        if order.verb == "void":
            return self._ended[:2] == ("void", order.round_id)
        is_current = book is not None and book.round_id == order.round_id
        return order.verb == "close" and is_current and stage.phase in ("closed", "result") and self._doing is None

    # ------------------------------------------------------------ one at a time

    def _join(self, verb: str, about: bytes) -> asyncio.Future[TableAnswer] | Refused | None:
        if self._doing is None:
            return None
        doing_verb, doing_about, view = self._doing
        if (doing_verb, doing_about) != (verb, about):
            return Refused(Refusal.BUSY, f"{doing_verb} is being stored")
        return asyncio.ensure_future(self._answer(view))

    def _do(self, verb: str, about: bytes, work: Coroutine[Any, Any, None]) -> asyncio.Future[TableAnswer]:
        view: asyncio.Future[DealerView] = asyncio.get_running_loop().create_future()
        self._doing = (verb, about, view)
        self._spawn(self._alone(work, view))
        return asyncio.ensure_future(self._answer(view))

    async def _alone(self, work: Coroutine[Any, Any, None], view: asyncio.Future[DealerView]) -> None:
        """Do it, and note what the dealer sees at that moment (what follows from it may change that at once)."""
        try:
            await work
        finally:
            self._doing = None
        view.set_result(self._stage.dealer_view())

    async def _answer(self, view: asyncio.Future[DealerView]) -> TableAnswer:
        done, _ = await asyncio.wait({view}, timeout=ANSWER_S)
        if not done:
            return Refused(Refusal.OUTCOME_UNKNOWN, "storage is slow; send it again")
        return view.result()

    # ------------------------------------------------------------ the steps

    async def _carry_open(self, command_id: bytes, window_ms: int) -> None:
        book = await self._keeper.open(window_ms)
        self._opened_by = {command_id: book.round_id}
        if book.closes_ms:
            self._spawn(self._close_in_time(book))

    async def _close_in_time(self, book: RoundBook) -> None:
        """Close at the announced time, unless the dealer has closed or voided before."""
        await self._keeper.sleep_until(book.closes_ms + 1)
        while self._doing is not None and self._doing[0] == "shoe":  # that changes nothing for the bets
            await asyncio.wait({self._doing[2]})
        if self._stage.book is book and self._stage.phase == "betting" and self._doing is None:
            self._do("close", book.round_id, self._carry_close(book))

    async def _carry_close(self, book: RoundBook) -> None:
        now_ms = self._clock.now_ms()
        book.shut_ms = min(book.closes_ms, now_ms) if book.closes_ms else now_ms
        await self._keeper.close(book)

    async def _carry_confirm(self, book: RoundBook, outcome: Outcome) -> None:
        await self._keeper.drain(book)
        end = self._cards.end(self._stage.dealer) if self._cards else None
        plan = await self._keeper.decide(book, outcome, await self._keeper.plan(book, outcome), end)
        if self._cards is not None:
            self._cards.was_ended(end)
        self._ended = ("confirm", book.round_id, outcome.number)
        self._spawn(self._settle(book, outcome.number, plan))

    async def _settle(self, book: RoundBook, number: int, plan: Plan) -> None:
        await self._keeper.settle(book, number, plan)

    async def _carry_void(self, book: RoundBook, reason: str) -> None:
        end = self._cards.end(self._stage.dealer) if self._cards else None
        entries = await self._keeper.start_void(book, reason, end)
        if self._cards is not None:
            self._cards.was_ended(end)
        self._ended = ("void", book.round_id, -1)
        self._spawn(self._give_back(book, entries, reason))

    async def _give_back(self, book: RoundBook, entries: list[VoidEntry], reason: str) -> None:
        await self._keeper.give_back(book.round_id, entries, reason)
        await self._keeper.finish(book.round_id)
