"""What a table shows: phase, round, history, stakes; and the events by which that changes.

| phase | event | next |
| --- | --- | --- |
| idle, paused, result | RoundOpened | betting |
| betting | BetsClosed | closed |
| closed, playing | PlayShown (a play, or a dealer's cards) | playing |
| betting, closed, playing | RoundDecided | result |
| result | RoundSettled | idle |
| betting, closed, playing | RoundVoided | idle |
| idle | TablePaused(true) | paused |
| paused | TablePaused(false) | idle |

*Snapshot + events = fresh snapshot*: every visible change is made here, together with its event and version.
RoundDecided puts the number at the head of the history; RoundOpened, RoundSettled and RoundVoided clear the stakes;
StakesShown puts each name's stakes in place of what stood for it; who has none left is not shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Final

from actors.domain.audiences import BEHIND_THE_TABLE, Audience, seen_by
from actors.domain.bets import PlayerBets
from actors.domain.commands import (
    DealerView,
    Following,
    Seat,
    SeatStakes,
    ShoeView,
    TableLine,
    TableState,
    TakeSeat,
)
from actors.domain.events import (
    BetsClosed,
    MyDealerView,
    NumberEntered,
    PersonalEvent,
    PlayShown,
    RoundDecided,
    RoundOpened,
    RoundSettled,
    RoundVoided,
    StakesShown,
    TableEvent,
    TableMissed,
    TablePaused,
    Win,
)
from actors.domain.games.catalogue import table_game
from actors.domain.games.game import Outcome
from actors.domain.plays import PlayView
from actors.domain.round_book import RoundBook
from actors.ports import Clock
from actors.table_config import TableConfig
from actors.table_followers import Followers
from actors.table_window import Window

HISTORY: Final = 50
#: So many of them stand on the lobby's line.
LOBBY_LAST: Final = 12
#: Changes of stakes are gathered for so long before they are told.
GATHER_S: Final = 0.2
#: Of what has gathered no more frames than this are sent a second, whatever it takes: a thousand players who look see the
#: chips of others change every 0.4 s. Each frame costs a gateway and a player's device about as much as a bet's answer.
STAKES_FRAMES_PER_S: Final = 2_500
#: Whose chips everybody sees: the first so many who bet in a round. A full stadium would fill every frame and no layout.
SHOWN_SEATS: Final = 60
#: Former rounds whose orders are still recognised.
FORMER_ROUNDS: Final = 12


class Stage:
    """The visible state of one table. `epoch` is the incarnation's; `version` grows by one with each event."""

    def __init__(self, config: TableConfig, followers: Followers, clock: Clock) -> None:
        self.config = config
        self.game = table_game(config.game)
        self.followers = followers
        self.clock = clock
        self.epoch = 0
        self.version = 0
        self.phase = "paused"
        self.book: RoundBook | None = None
        self.former: dict[bytes, RoundBook] = {}
        self.number = -1
        self.detail: tuple[int, ...] = ()
        self.commitment = ""
        self.view: PlayView | None = None
        self.history: list[int] = []
        self.last_stakes: dict[int, dict[int, int]] = {}
        self.dealer = ""
        self.dealer_seat: Seat | None = None
        self.device_seats: dict[int, Seat] = {}
        self.entered = -1
        self.source = ""
        self.shoe: ShoeView | None = None
        self._shown: dict[str, SeatStakes] = {}
        self._window = Window(clock)
        self._dealer_told = ""
        self._gathering: asyncio.TimerHandle | None = None

    # ------------------------------------------------------------ changes, each with its event

    def taken_over(self, epoch: int, history: list[int]) -> None:
        """A new incarnation: the new epoch makes every follower take a fresh snapshot."""
        self.epoch = epoch
        self.history = history

    def correct_history(self, history: list[int]) -> None:
        """The predecessor decided one more round while it was being replaced.

        No event tells that: a version is left out, and the gap makes followers take a fresh snapshot.
        """
        if history != self.history:
            self.history = history
            self.version += 1
            self._window.restart(self.version)

    def opened(self, book: RoundBook, commitment: str = "") -> None:
        """A round is durable and takes bets."""
        self._leave_round()
        self.followers.begin_round()
        self.book = book
        self.commitment = commitment
        self.phase = "betting"
        now_ms = self.clock.now_ms()
        self._tell(RoundOpened(book.round_id, book.round_no, book.opens_ms, book.closes_ms, now_ms, commitment))

    def resumed(self, book: RoundBook, commitment: str) -> None:
        """A round of a predecessor is played on. A version is left out: followers take a fresh snapshot."""
        self.book = book
        self.commitment = commitment
        self.phase = "playing"
        self._shown = {player.seat.name: player.on_layout() for player in book.take_changes()[:SHOWN_SEATS]}
        self.version += 1
        self._window.restart(self.version)

    def played(self, view: PlayView) -> None:
        """What is played now, durably. The same again: nothing new."""
        if view == self.view:
            return
        self.show_stakes()
        self.phase = "playing"
        self.view = view
        self._tell(PlayShown(self._round().round_id, self.clock.now_ms(), view))

    def closed(self) -> None:
        """No more bets; those on their way still count."""
        self.phase = "closed"
        book = self._round()
        self._tell(BetsClosed(book.round_id, book.shut_ms))

    def number_entered(self, number: int, source: str) -> None:
        """The wheel shows this number, not confirmed; only who stands behind the table sees it. Again: nothing new."""
        if (number, source) != (self.entered, self.source):
            self.entered, self.source = number, source
            self._tell(NumberEntered(self._round().round_id, number, source))
        self.dealer_changed()

    def decided(self, round_id: bytes, outcome: Outcome, seed: str = "") -> None:
        """Outcome and plan are durable. Bets confirmed at the last moment are shown before the number."""
        self.show_stakes()
        self.phase = "result"
        self.number = outcome.number
        self.detail = outcome.detail
        self.history = [outcome.number, *self.history[: HISTORY - 1]]
        self._tell(RoundDecided(round_id, outcome.number, outcome.detail, seed))

    def settled(self, round_id: bytes, winners: list[Win], next_opens_ms: int) -> None:
        """Every reservation of the round is settled."""
        self._leave_round()
        self._tell(RoundSettled(round_id, winners, next_opens_ms))
        self._tell_dealer_change()

    def voided(self, round_id: bytes, reason: str) -> None:
        """The round does not count, durably."""
        self._leave_round()
        self._tell(RoundVoided(round_id, reason))
        self._tell_dealer_change()

    def paused(self, paused: bool, reason: str) -> None:
        """Between rounds only: there will be none for now, or there will be again."""
        self.phase = "paused" if paused else "idle"
        self._dealer_told = self.dealer
        self._tell(TablePaused(paused, reason, self.dealer))

    def sat(self, seat: Seat) -> None:
        """Somebody deals from now on; who dealt before is told. In a round, the table hears it when that has ended."""
        former = self.dealer_seat
        self.dealer = seat.name
        self.dealer_seat = seat
        if self.phase == "idle":
            self._tell_dealer_change()
        self.dealer_changed()
        if former is not None and former.player_id != seat.player_id:
            self._show_dealers_picture([former])

    def stakes_changed(self) -> None:
        """Somebody's accepted stakes changed: tell it soon, together with what else changes until then."""
        if self._gathering is None:
            gather_s = max(GATHER_S, self.followers.players() / STAKES_FRAMES_PER_S)
            self._gathering = asyncio.get_running_loop().call_later(gather_s, self.show_stakes)

    def show_stakes(self) -> None:
        """Tell what has gathered."""
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        if self.book is None or not self.book.changed:
            return
        seats = [seat for player in self.book.take_changes() if (seat := self._show(player)) is not None]
        if seats:
            self._tell(StakesShown(self.book.round_id, seats))
        self.dealer_changed()

    def _show(self, player: PlayerBets) -> SeatStakes | None:
        """Put his stakes in place of what stood for them and return them; None: nobody is told (the layout is full)."""
        shown, name = self._shown, player.seat.name
        if name not in shown and (len(shown) >= SHOWN_SEATS or player.shown_minor <= 0):
            return None
        shown.pop(name, None)
        seat = player.on_layout()
        if seat.stake_minor > 0:
            shown[name] = seat
        return seat

    def _leave_round(self) -> None:
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        if self.book is not None:
            self.former[self.book.round_id] = self.book
            if len(self.former) > FORMER_ROUNDS:
                del self.former[next(iter(self.former))]
        self.book = None
        self.phase = "idle"
        self.number = self.entered = -1
        self.source = self.commitment = ""
        self.detail = ()
        self.view = None
        self._shown = {}

    def _tell_dealer_change(self) -> None:
        if self._dealer_told != self.dealer:
            self.paused(False, "dealer")

    def _tell(self, *events: TableEvent) -> None:
        first = self.version + 1
        self.version += len(events)
        self._window.add(first, events)
        self.followers.publish(self.epoch, first, list(events))
        if self.config.is_live and not isinstance(events[0], StakesShown):
            self.dealer_changed()

    def tell_results(self, told: Sequence[tuple[int, PersonalEvent]]) -> None:
        """Tell players what became of their bets, now and again if they come back."""
        self._window.note(told)
        self.followers.personal(told)

    def _round(self) -> RoundBook:
        assert self.book is not None, "there is a round in this phase"
        return self.book

    def stop(self) -> None:
        """Forget the timer."""
        if self._gathering is not None:
            self._gathering.cancel()

    # ------------------------------------------------------------ looking

    def find_book(self, round_id: bytes) -> RoundBook | None:
        """Return the bets of the current or a former round."""
        book = self.book
        if book is not None and book.round_id == round_id:
            return book
        return self.former.get(round_id)

    def following(self) -> Following:
        """Answer a `Follow`."""
        return Following(self.epoch, self.version)

    def seated(self, asked: TakeSeat) -> TableState | TableMissed:
        """Answer a `TakeSeat`."""
        missed = self._window.behind(asked.version, asked.upto) if asked.epoch == self.epoch else None
        if missed is None:
            return self.state_for(asked.seat, asked.audience)
        player_id, book = asked.seat.player_id, self.book
        return TableMissed(
            self.epoch,
            self.version,
            self.clock.now_ms(),
            seen_by(asked.audience, missed),
            book.placed_bets(player_id) if book else [],
            player_id in self.last_stakes,
            self._window.results_since(player_id, asked.version),
        )

    def state_for(self, seat: Seat, audience: int = Audience.OWNER) -> TableState:
        """Return everything he may see as one of this audience; stakes as of the last version that was told."""
        config, book, is_behind = self.config, self.book, audience in BEHIND_THE_TABLE
        return TableState(
            epoch=self.epoch,
            version=self.version,
            title=config.title,
            kind=config.kind,
            ccy=config.ccy,
            min_stake_minor=config.min_stake_minor,
            max_table_minor=config.max_table_minor,
            max_by_size=config.max_by_size,
            phase=self.phase,
            round_id=book.round_id if book else b"",
            round_no=book.round_no if book else 0,
            opens_ms=book.opens_ms if book else 0,
            closes_ms=book.closes_ms if book else 0,
            server_ms=self.clock.now_ms(),
            number=self.number,
            history=list(self.history),
            seats=list(self._shown.values()),
            my_bets=book.placed_bets(seat.player_id) if book else [],
            can_repeat=seat.player_id in self.last_stakes,
            rules_version=self.game.rules_version,
            dealer=self._dealer_told,
            entered=self.entered if is_behind else -1,
            source=self.source if is_behind else "",
            game=config.game,
            detail=self.detail,
            commitment=self.commitment,
            view=self.view,
        )

    def line(self) -> TableLine:
        """Return the lobby's line."""
        config = self.config
        return TableLine(
            config.table_id,
            config.game,
            config.kind,
            config.title,
            config.ccy,
            config.min_stake_minor,
            config.max_table_minor,
            self.followers.players(),
            self.phase,
            self.history[:LOBBY_LAST],
        )

    def dealer_view(self) -> DealerView:
        """Return the dealer's picture; phase "number": entered, not confirmed."""
        book = self.book
        bets, players, stake_minor = book.totals() if book else (0, 0, 0)
        entered = self.phase in ("closed", "playing") and self.entered >= 0
        return DealerView(
            self.config.table_id,
            "number" if entered else self.phase,
            book.round_id if book else b"",
            book.round_no if book else 0,
            book.closes_ms if book else 0,
            self.clock.now_ms(),
            self.number if self.number >= 0 else self.entered,
            self.source,
            bets,
            players,
            stake_minor,
            self.dealer,
            self.shoe,
        )

    def dealer_changed(self) -> None:
        """Push the dealer's picture to the dealer and to the devices."""
        seats = {seat.player_id: seat for seat in self.device_seats.values()}
        if self.dealer_seat is not None:
            seats[self.dealer_seat.player_id] = self.dealer_seat
        self._show_dealers_picture(seats.values())

    def _show_dealers_picture(self, seats: Collection[Seat]) -> None:
        if not seats:
            return
        view = MyDealerView(self.dealer_view())
        for seat in seats:
            self.followers.seat(seat)
        self.followers.personal([(seat.player_id, view) for seat in seats])
