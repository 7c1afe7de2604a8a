"""A wallet shard's memory: balances, reservations, fences and the outcomes of recent ids."""

from __future__ import annotations

from typing import Any, Final

from actors.domain.commands import Refused
from actors.domain.ids import id_ms
from actors.domain.money.accounts import ESCROW, account_id
from actors.domain.money.entries import OPEN, Reservation
from actors.domain.money.orders import Done, Fenced, JackpotTerms

#: How long an outcome stays in memory after its id's time, and after its booking.
WINDOW_MS: Final = 120_000
#: Ids may be this far ahead of the shard's clock.
FUTURE_MS: Final = 300_000
#: Ids that a player or a service made are refused when older. Ids derived from a reservation are not.
MAX_AGE_MS: Final = 30 * 86_400_000
DAY_MS: Final = 86_400_000

#: What is remembered of an order: the hash of its request, and its answer. `Fenced` is remembered without its list.
Outcome = tuple[bytes, Done | Fenced | Refused]


class ShardState:
    """Everything `apply` decides by. Changed by nothing else, once loaded.

    Every booked order and every reservation whose id's time is at or after floor_ms is in memory, and so is what was
    booked or closed here within the window, and every open reservation. Anything else may be in the store only:
    `lookups.missing` names what must be fetched before `apply`. bonus_in_play: what open stakes have taken from
    bonuses, by the player's account number of kind 0.
    """

    __slots__ = (
        "_closed_by_second",
        "_outcomes_by_second",
        "balances",
        "bonus_in_play",
        "currencies",
        "end_day",
        "epoch",
        "fences",
        "first_day",
        "floor_ms",
        "jackpots",
        "open_by_table",
        "outcomes",
        "reservations",
        "seq",
        "shard_id",
    )

    def __init__(self, shard_id: int, epoch: int, seq: int, currencies: frozenset[int], floor_ms: int) -> None:
        self.shard_id = shard_id
        self.epoch = epoch
        self.seq = seq
        self.currencies = currencies
        self.floor_ms = floor_ms
        self.first_day = 0  # the journal has room for ids of the days first_day .. end_day - 1
        self.end_day = 0
        self.balances: dict[int, int] = {}
        self.reservations: dict[bytes, Reservation] = {}
        self.open_by_table: dict[str, dict[bytes, Reservation]] = {}
        self.fences: dict[str, int] = {}
        self.jackpots: dict[int, JackpotTerms] = {}
        self.bonus_in_play: dict[int, int] = {}
        self.outcomes: dict[bytes, Outcome] = {}
        self._outcomes_by_second: dict[int, list[bytes]] = {}
        self._closed_by_second: dict[int, list[bytes]] = {}

    def remember_outcome(self, cmd_id: bytes, outcome: Outcome, now_ms: int) -> None:
        """Keep an order's outcome until its window has passed."""
        if cmd_id not in self.outcomes:
            self.outcomes[cmd_id] = outcome
            _note(self._outcomes_by_second, cmd_id, now_ms)

    def remember_reservation(self, reservation: Reservation, now_ms: int) -> None:
        """Keep a reservation as it now is: an open one until it is closed, another until its window has passed."""
        id_ = reservation.reservation_id
        former = self.reservations.get(id_)
        was_open = former is not None and former.state is OPEN
        self.reservations[id_] = reservation
        if reservation.state is OPEN:
            if reservation.kind is ESCROW:
                self.open_by_table.setdefault(reservation.table_id, {})[id_] = reservation
            if reservation.bonus_minor:
                self._put_bonus_in_play(reservation, reservation.bonus_minor)
            return
        of_table = self.open_by_table.get(reservation.table_id)
        if of_table is not None and of_table.pop(id_, None) is not None and not of_table:
            del self.open_by_table[reservation.table_id]
        if reservation.bonus_minor and was_open:
            self._put_bonus_in_play(reservation, -reservation.bonus_minor)
        _note(self._closed_by_second, id_, now_ms)

    def _put_bonus_in_play(self, reservation: Reservation, amount_minor: int) -> None:
        own = account_id(reservation.player_id, reservation.ccy, 0)
        total = self.bonus_in_play.get(own, 0) + amount_minor
        if total:
            self.bonus_in_play[own] = total
        else:
            del self.bonus_in_play[own]

    def advance(self, now_ms: int) -> None:
        """Forget what the window has passed. The floor never falls, even when the clock does."""
        floor_ms = now_ms - WINDOW_MS
        if floor_ms // 1000 > self.floor_ms // 1000:
            _forget(self.outcomes, self._outcomes_by_second, floor_ms // 1000)
            _forget(self.reservations, self._closed_by_second, floor_ms // 1000)
        self.floor_ms = max(self.floor_ms, floor_ms)


def _note(by_second: dict[int, list[bytes]], id_: bytes, now_ms: int) -> None:
    """Note that this is to be kept for a window from its own time or from now, whichever is later."""
    ms = id_ms(id_)
    second = (ms if ms > now_ms else now_ms) // 1000
    of_second = by_second.get(second)
    if of_second is None:
        by_second[second] = [id_]
    else:
        of_second.append(id_)


def _forget(kept: dict[bytes, Any], by_second: dict[int, list[bytes]], floor_s: int) -> None:
    for second in [s for s in by_second if s < floor_s]:
        for id_ in by_second.pop(second):
            kept.pop(id_, None)
