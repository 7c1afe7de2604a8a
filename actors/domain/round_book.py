"""The bets of one round: who has what on the layout, what is on its way to or from the wallet, and the plan at the end.

| status | event | next | counts for limits | in the plan |
| --- | --- | --- | --- | --- |
| PENDING | wallet says done | ACCEPTED | yes | void |
| PENDING | wallet refuses | REFUSED | yes -> no | void -> no |
| PENDING | wallet's queue is full, never sent before | forgotten | yes -> no | void -> no |
| PENDING | no answer in time, or "not now" | UNKNOWN | yes | void |
| UNKNOWN | sent again by the player | PENDING | yes | void |
| ACCEPTED | taken back by the player | LEAVING | yes | settle -> void |
| LEAVING | wallet says done | GONE | yes -> no | void -> no |
| PENDING, UNKNOWN | plan is made, round is voided | LATE | | void |

Nothing here waits, stores or sends: `actors/table_bets.py` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from actors.domain.bets import ACCEPTED, PENDING, Bet, BetStatus, PlayerBets, Undo, add_stakes, take_stakes
from actors.domain.commands import (
    BetPlaced,
    ChipStake,
    PlaceBet,
    PlacedBet,
    Refused,
    Seat,
    UndoBet,
)
from actors.domain.games.game import BetLimits, Outcome, PlayBet, TableGame
from actors.domain.money.orders import Done
from actors.domain.refusals import Refusal
from actors.domain.rounds import PLAN_VERSION, Plan, SettleEntry, VoidEntry

#: Orders of one player that a round remembers, refused ones included; more are refused.
MAX_ATTEMPTS: Final = 1_000
#: Bets that are planned in one go, and whole players: some 5 ms in which nobody else is served.
PLAN_PART: Final = 3_000


class RoundBook:
    """All bets of one round. fixed: the plan is made or the round is void. is_full: all that counts has arrived.

    closes_ms: as announced; 0: until the dealer closes it. shut_ms: by which orders are judged; a dealer may move it.
    """

    def __init__(
        self,
        round_id: bytes,
        round_no: int,
        opens_ms: int,
        closes_ms: int,
        *,
        game: TableGame,
        ccy: int,
        limits: BetLimits,
        max_bets: int,
    ) -> None:
        self.round_id = round_id
        self.round_no = round_no
        self.opens_ms = opens_ms
        self.closes_ms = self.shut_ms = closes_ms
        self.game = game
        self.ccy = ccy
        self.limits = limits
        self.max_bets = max_bets
        self.fixed = self.is_full = False
        self.is_restored = False  # of a predecessor: its orders are not known, only what was accepted
        self.pending = 0
        self.players: dict[int, PlayerBets] = {}
        self.bets: dict[tuple[int, bytes], Bet] = {}
        self.undos: dict[tuple[int, bytes], Undo] = {}
        self.changed: set[int] = set()
        self.seats: dict[int, int] = {}  # seat -> the player who has it in this round
        self._seatless: set[int] = set()  # positions that are known to take none

    def is_taking(self, received_ms: int, now_ms: int, grace_ms: int) -> bool:
        """Tell whether an order received then may still count: in time at the gateway, and here within the grace, at most."""
        if self.fixed or self.is_full:
            return False
        shut_ms = self.shut_ms
        return shut_ms == 0 or (received_ms <= shut_ms and now_ms <= shut_ms + grace_ms)

    # ------------------------------------------------------------ placing

    def add(self, order: PlaceBet, last_stakes: Mapping[int, dict[int, int]]) -> Bet:
        """Return the new bet: PENDING and counted for the limits, or REFUSED with its answer. last_stakes: by player, to repeat.

        Refusals in order: TOO_MANY_CHIPS (bets in this round), NOTHING_TO_REPEAT, NOTHING_TO_DOUBLE, `check_bet`'s.
        """
        player_id = order.seat.player_id
        player = self._player(order.seat)
        player.attempts += 1
        stakes = self._stakes_of(player, order, last_stakes)
        if isinstance(stakes, Refused):
            return self._add_refused(player, order, stakes)
        held = player.held
        refused = self.game.check_limits(self.limits, stakes, held, player.held_minor)
        if refused is not None:
            return self._add_refused(player, order, refused)
        seats = () if stakes.keys() <= self._seatless else self._seats_of(stakes)
        if seats and not set(map(self.seats.get, seats)) <= {None, player_id}:
            return self._add_refused(player, order, Refused(Refusal.SEAT_TAKEN))
        # From here it is taken.
        stake_minor = sum(stakes.values())
        bet = self.bets[player_id, order.bet_id] = Bet(order, stakes, stake_minor)
        player.bets.append(bet)
        player.live += 1
        for position, stake in stakes.items():
            held[position] = held.get(position, 0) + stake
        player.held_minor += stake_minor
        for seat in seats:
            self.seats[seat] = player_id
        self.pending += 1
        return bet

    def _add_refused(self, player: PlayerBets, order: PlaceBet, refused: Refused) -> Bet:
        bet = Bet(order, {}, 0, BetStatus.REFUSED, refused)
        if player.attempts <= MAX_ATTEMPTS:
            self.bets[order.seat.player_id, order.bet_id] = bet
        return bet

    def _stakes_of(
        self, player: PlayerBets, order: PlaceBet, last_stakes: Mapping[int, dict[int, int]]
    ) -> dict[int, int] | Refused:
        if player.live >= self.max_bets or player.attempts > MAX_ATTEMPTS:
            return Refused(Refusal.TOO_MANY_CHIPS)
        if order.mode == "chips":
            game, chips, calls = self.game, order.chips, order.calls
            return game.check_shape(chips, calls, self.limits.max_chips) or game.expand(chips, calls)
        if order.mode == "repeat":
            stakes, missing = dict(last_stakes.get(order.seat.player_id, ())), Refusal.NOTHING_TO_REPEAT
        else:
            stakes, missing = self.accepted_stakes(order.seat.player_id), Refusal.NOTHING_TO_DOUBLE
        return stakes or Refused(missing)

    def _seats_of(self, positions: Iterable[int]) -> set[int]:
        """Return the seats that these positions take."""
        seats = set()
        for position in positions:
            seat = self.game.seat_of(position)
            if seat is None:
                self._seatless.add(position)
            else:
                seats.add(seat)
        return seats

    def _player(self, seat: Seat) -> PlayerBets:
        player = self.players.get(seat.player_id)
        if player is None:
            player = self.players[seat.player_id] = PlayerBets(seat)
        player.seat = seat
        return player

    def ask_again(self, bet: Bet) -> None:
        """UNKNOWN -> PENDING: the player sent it once more, so the wallet is asked once more."""
        bet.status = BetStatus.PENDING
        bet.answer = None
        self.pending += 1

    def apply_reserved(self, bet: Bet, done: Done) -> None:
        """PENDING -> ACCEPTED. A bet that is LATE stays so: the plan voids it."""
        if bet.status is not PENDING:
            return
        self.pending -= 1
        bet.status = ACCEPTED
        order = bet.order
        bet.answer = BetPlaced(
            self.round_id, bet.placed(), order.received_ms, done.seq, done.cash_minor, done.escrow_minor
        )
        player_id = order.seat.player_id
        player = self.players[player_id]
        shown = player.shown
        for position, stake in bet.stakes.items():
            shown[position] = shown.get(position, 0) + stake
        player.shown_minor += bet.stake_minor
        self.changed.add(player_id)

    def apply_refused(self, bet: Bet, refused: Refused) -> None:
        """PENDING -> REFUSED: the answer for good. A bet that is LATE stays so: its void will move nothing."""
        if bet.status is BetStatus.PENDING:
            self._release(bet)
            bet.status = BetStatus.REFUSED
            bet.answer = refused

    def apply_unknown(self, bet: Bet) -> None:
        """PENDING -> UNKNOWN: it may be reserved. Sent again it is asked again, else the plan voids it."""
        if bet.status is BetStatus.PENDING:
            self.pending -= 1
            bet.status = BetStatus.UNKNOWN
            bet.was_unknown = True
            bet.answer = Refused(Refusal.OUTCOME_UNKNOWN)

    def forget(self, bet: Bet, refused: Refused) -> None:
        """PENDING -> as if never sent: certainly nothing was done, and the same id may be tried again.

        Where an earlier attempt had no answer that is not certain: UNKNOWN.
        """
        if bet.was_unknown:
            self.apply_unknown(bet)
        elif bet.status is BetStatus.PENDING:
            self._release(bet)
            del self.bets[bet.order.seat.player_id, bet.order.bet_id]
            bet.status = BetStatus.REFUSED
            bet.answer = refused

    def _release(self, bet: Bet) -> None:
        self.pending -= 1
        self._unhold(bet)

    def _unhold(self, bet: Bet) -> None:
        player = self.players[bet.order.seat.player_id]
        player.bets.remove(bet)
        player.live -= 1
        take_stakes(player.held, bet.stakes)
        player.held_minor -= bet.stake_minor
        for seat in self._seats_of(bet.stakes) - self._seats_of(player.held):
            del self.seats[seat]

    # ------------------------------------------------------------ taking back

    def start_undo(self, order: UndoBet) -> Undo | Refused:
        """Return the accepted bets that now are LEAVING. Refuses BET_NOT_FOUND where one is missing, or all are."""
        player_id = order.seat.player_id
        player = self.players.get(player_id)
        if order.bet_ids:
            found = [self.bets.get((player_id, bet_id)) for bet_id in dict.fromkeys(order.bet_ids)]
        else:
            found = [bet for bet in player.bets if bet.status is BetStatus.ACCEPTED] if player else []
        bets = [bet for bet in found if bet is not None and bet.status is BetStatus.ACCEPTED]
        if not bets or len(bets) != len(found):
            return Refused(Refusal.BET_NOT_FOUND)
        # From here it succeeds.
        for bet in bets:
            bet.status = BetStatus.LEAVING
        undo = self.undos[player_id, order.command_id] = Undo(order, bets)
        return undo

    def apply_voided(self, bet: Bet) -> None:
        """LEAVING -> GONE: the wallet has returned the stake."""
        if bet.status is not BetStatus.LEAVING:
            return
        bet.status = BetStatus.GONE
        if self.fixed:
            return
        self._unhold(bet)
        player_id = bet.order.seat.player_id
        player = self.players[player_id]
        take_stakes(player.shown, bet.stakes)
        player.shown_minor -= bet.stake_minor
        self.changed.add(player_id)

    # ------------------------------------------------------------ the end

    def decide_plan(self, outcome: Outcome) -> Iterator[Plan]:
        """Take nothing more and plan this outcome: accepted bets settle, all else that may be held is void.

        Yields the same plan again and again as it grows, by PLAN_PART bets or more; after the last time it is whole.
        """
        self.fix()
        payout, ccy = self.game.payout, self.ccy
        settle: list[SettleEntry] = []
        void: list[VoidEntry] = []
        plan = Plan(PLAN_VERSION, settle, void)
        part = PLAN_PART
        paid: dict[
            tuple[int, int], int
        ] = {}  # by position and stake: chips have few sizes, so most bets repeat another
        for player_id, player in self.players.items():
            shard = player.seat.shard
            for bet in player.bets:
                if bet.status is not ACCEPTED:
                    void.append(self._void_entry(bet))
                    continue
                won, chips = 0, list(bet.stakes.items())
                for chip in chips:
                    pays = paid.get(chip)
                    if pays is None:
                        pays = paid[chip] = payout(*chip, outcome)
                    won += pays
                settle.append(SettleEntry(shard, bet.order.bet_id, player_id, ccy, bet.stake_minor, won, chips))
            if len(settle) >= part:
                part = len(settle) + PLAN_PART
                yield plan
        yield plan

    def begin_play(self) -> tuple[list[PlayBet], list[VoidEntry]]:
        """Return the accepted bets, in the order they were accepted by player, and what is void; take nothing more."""
        bets = [bet for player in self.players.values() for bet in player.bets]
        accepted = [self._play_bet(bet) for bet in bets if bet.status is BetStatus.ACCEPTED]
        void = [self._void_entry(bet) for bet in bets if bet.status is not BetStatus.ACCEPTED]
        self.fix()
        return accepted, void

    def _play_bet(self, bet: Bet) -> PlayBet:
        seat, chips = bet.order.seat, tuple(bet.stakes.items())
        return PlayBet(seat.shard, bet.order.bet_id, seat.player_id, seat.name, bet.stake_minor, chips)

    @classmethod
    def restore(
        cls, round_id: bytes, round_no: int, began_ms: int, *, game: TableGame, ccy: int, bets: Sequence[PlayBet]
    ) -> RoundBook:
        """Return the book of a round that is being played, as a successor knows it: accepted bets, no orders."""
        limits = BetLimits(0, 0, {})
        book = cls(round_id, round_no, 0, began_ms, game=game, ccy=ccy, limits=limits, max_bets=0)
        book.is_restored = book.fixed = True
        for one in bets:
            chips = [ChipStake(*chip) for chip in one.chips]
            seat = Seat(one.player_id, one.name, one.shard, "")
            order = PlaceBet(seat, round_id, one.reservation_id, 0, "chips", chips, [])
            stakes = dict(one.chips)
            bet = Bet(order, stakes, sum(stakes.values()), ACCEPTED)
            player = book._player(seat)
            player.bets.append(bet)
            add_stakes(player.shown, bet.stakes)
            player.shown_minor += bet.stake_minor
            book.changed.add(one.player_id)
        return book

    def decide_void(self) -> list[VoidEntry]:
        """Return all that is or may be held, to be voided, and take nothing more."""
        void = [self._void_entry(bet) for player in self.players.values() for bet in player.bets]
        self.fix()
        return void

    def _void_entry(self, bet: Bet) -> VoidEntry:
        seat = bet.order.seat
        return VoidEntry(seat.shard, bet.order.bet_id, seat.player_id, self.ccy, bet.stake_minor)

    def fix(self) -> None:
        """Take nothing more: what no wallet has confirmed by now will be void. Safe to repeat."""
        self.fixed = True
        for bet in self.bets.values():
            if bet.status is not ACCEPTED and bet.status in (BetStatus.PENDING, BetStatus.UNKNOWN):
                bet.status = BetStatus.LATE
                bet.answer = Refused(Refusal.BETTING_CLOSED)
        self.pending = 0

    # ------------------------------------------------------------ looking

    def accepted_stakes(self, player_id: int) -> dict[int, int]:
        """Return stake by position of the player's accepted bets."""
        player = self.players.get(player_id)
        if player is None:
            return {}
        stakes = dict(player.shown)
        for bet in player.bets:
            if bet.status is not ACCEPTED and bet.status in (BetStatus.LEAVING, BetStatus.GONE):
                take_stakes(stakes, bet.stakes)  # it was on its way back when the layout was fixed, and is still shown
        return stakes

    def placed_bets(self, player_id: int) -> list[PlacedBet]:
        """Return the player's accepted bets, oldest first."""
        player = self.players.get(player_id)
        shown = (BetStatus.ACCEPTED, BetStatus.LEAVING)
        return [bet.placed() for bet in player.bets if bet.status in shown] if player else []

    def take_changes(self) -> list[PlayerBets]:
        """Return the players whose accepted stakes changed since the last call."""
        changed, self.changed = self.changed, set()
        return [self.players[player_id] for player_id in sorted(changed)]

    def totals(self) -> tuple[int, int, int]:
        """Return how many accepted bets, players who have some, and minor units there are on the layout."""
        shown = [player for player in self.players.values() if player.shown_minor]
        bets = sum(len(player.bets) for player in shown)
        return bets, len(shown), sum(player.shown_minor for player in shown)
