"""What the books should be under orders of every kind: written from the contract, without rows, legs or account numbers.

A refusal's code is not foretold here (the unit tests have each, in order): only whether an order is carried out.
"""

from __future__ import annotations

from typing import Any

from actors.domain.money.orders import (
    Adjust,
    CancelWithdrawal,
    CompleteWithdrawal,
    ConvertBonus,
    Deposit,
    Exchange,
    ForfeitBonus,
    Funding,
    GrantBonus,
    MoveJackpot,
    PayJackpot,
    RequestWithdrawal,
    Reserve,
    Settle,
    Void,
    Wager,
)


class Purse:
    """One player's money in one currency. wanted, had: stakes that his bonus still wants, and has had."""

    def __init__(self) -> None:
        self.cash = self.bonus = self.wanted = self.had = 0

    def take(self, amount: int, funding: Funding) -> int | None:
        """Take a stake and return its bonus part; None: there is not enough."""
        if funding is Funding.CASH_ONLY:
            part = 0
        elif funding is Funding.BONUS_FIRST:
            part = min(self.bonus, amount)
        elif funding is Funding.PROPORTIONAL:
            part = amount * self.bonus // (self.cash + self.bonus) if self.cash + self.bonus else 0
        else:
            part = max(0, amount - self.cash)
        if part > self.bonus or amount - part > self.cash:
            return None
        self.bonus -= part
        self.cash -= amount - part
        return part

    def count(self, stake: int) -> None:
        """A stake was played to its end."""
        if self.wanted:
            counted = min(stake, self.wanted)
            self.wanted -= counted
            self.had += counted
            if not self.wanted:
                self.cash, self.bonus = self.cash + self.bonus, 0

    def give(self, amount: int, part: int) -> int:
        """Give money, part of it to the bonus as it now stands; return what goes to the cost of bonuses instead."""
        self.cash += amount - part
        if self.wanted:
            self.bonus += part
        elif self.had:
            self.cash += part
        else:
            return part
        return 0


class Model:
    """The whole house. money_in: what came from outside, less what went out; everything else must still be there."""

    def __init__(self) -> None:
        self.purses: dict[tuple[int, int], Purse] = {}
        self.held: dict[bytes, tuple[tuple[int, int], int, int, str]] = {}  # purse, amount, bonus part, state
        self.turnover = self.seeded = self.pool = self.overflow = self.reserve = self.paid = 0
        self.rate = (0, 1)
        self.ceiling = 0

    def in_play(self, purse: tuple[int, int], kind: str = "open") -> int:
        return sum(amount for who, amount, _, state in self.held.values() if who == purse and state == kind)

    def has_bonus(self, purse: tuple[int, int]) -> bool:
        staked = any(part for who, _, part, state in self.held.values() if who == purse and state == "open")
        return self.purses[purse].bonus > 0 or staked

    def owed(self) -> int:
        """What the jackpot has had of its turnover, by the rule."""
        return self.turnover * self.rate[0] // self.rate[1]

    def _feed(self, stake: int) -> None:
        before = self.owed()
        self.turnover += stake
        share = self.owed() - before
        to_pool = min(share, max(0, self.ceiling - self.pool)) if self.ceiling else share
        self.pool += to_pool
        self.overflow += share - to_pool

    def do(self, order: Any) -> bool:
        """Carry an order out; False: it must be refused."""
        return bool(getattr(self, f"_{type(order).__name__}")(order))

    def _Deposit(self, order: Deposit | Adjust) -> bool:
        purse = self.purses.get((order.player_id, order.ccy))
        if purse is None or purse.cash + order.amount_minor < 0:
            return False
        purse.cash += order.amount_minor
        return True

    _Adjust = _Deposit

    def _Exchange(self, order: Exchange) -> bool:
        source, target = (self.purses.get((order.player_id, ccy)) for ccy in (order.ccy, order.to_ccy))
        if source is None or target is None or source.cash < order.amount_minor:
            return False
        source.cash -= order.amount_minor
        target.cash += order.to_amount_minor
        return True

    def _RequestWithdrawal(self, order: RequestWithdrawal) -> bool:
        key = (order.player_id, order.ccy)
        purse = self.purses.get(key)
        if purse is None or order.cmd_id in self.held or purse.cash < order.amount_minor:
            return False
        purse.cash -= order.amount_minor
        self.held[order.cmd_id] = (key, order.amount_minor, 0, "pending")
        return True

    def _CompleteWithdrawal(self, order: CompleteWithdrawal) -> bool:
        return self._end_withdrawal(order, "paid out")

    def _CancelWithdrawal(self, order: CancelWithdrawal) -> bool:
        if order.reservation_id not in self.held:
            self.held[order.reservation_id] = ((order.player_id, order.ccy), 0, 0, "cancelled")
            return True
        return self._end_withdrawal(order, "cancelled")

    def _end_withdrawal(self, order: CompleteWithdrawal | CancelWithdrawal, end: str) -> bool:
        key, amount, _, state = self.held.get(order.reservation_id, ((0, 0), 0, 0, "unknown"))
        if state == "cancelled" == end:
            return True
        if state != "pending":
            return False
        self.held[order.reservation_id] = (key, amount, 0, end)
        self.purses[key].cash += amount if end == "cancelled" else 0
        return True

    def _Reserve(self, order: Reserve) -> bool:
        key = (order.player_id, order.ccy)
        purse = self.purses.get(key)
        if purse is None or order.cmd_id in self.held:
            return False
        part = purse.take(order.amount_minor, order.funding)
        if part is None:
            return False
        self.held[order.cmd_id] = (key, order.amount_minor, part, "open")
        return True

    def _Settle(self, order: Settle) -> bool:
        key, stake, part, state = self.held.get(order.reservation_id, ((0, 0), 0, 0, "unknown"))
        if state != "open" or (order.jackpot and not self._is_fed_from(key[1])):
            return False
        self.held[order.reservation_id] = (key, stake, part, "settled")
        self._play(self.purses[key], stake, part, order.payout_minor, order.jackpot)
        return True

    def _Void(self, order: Void) -> bool:
        key, stake, part, state = self.held.get(order.reservation_id, ((0, 0), 0, 0, "unknown"))
        if state == "unknown":
            self.held[order.reservation_id] = ((order.player_id, order.ccy), 0, 0, "voided")
        elif state == "open":
            self.held[order.reservation_id] = (key, stake, part, "voided")
            self.purses[key].give(stake, part)
        return state in ("unknown", "open", "voided")

    def _Wager(self, order: Wager) -> bool:
        key = (order.player_id, order.ccy)
        purse = self.purses.get(key)
        if purse is None or (order.jackpot and not self._is_fed_from(order.ccy)):
            return False
        part = purse.take(order.stake_minor, order.funding)
        if part is None:
            return False
        self._play(purse, order.stake_minor, part, order.payout_minor, order.jackpot)
        return True

    def _is_fed_from(self, ccy: int) -> bool:
        return self.rate[0] > 0 and ccy == 1

    def _play(self, purse: Purse, stake: int, part: int, payout: int, jackpot: int) -> None:
        purse.count(stake)
        purse.give(payout, payout * part // stake)
        if jackpot:
            self._feed(stake)

    def _GrantBonus(self, order: GrantBonus) -> bool:
        key = (order.player_id, order.ccy)
        purse = self.purses.get(key)
        if purse is None:
            return False
        if not order.wagering_minor:
            purse.cash += order.amount_minor
            return True
        if self.has_bonus(key):
            return False
        purse.bonus, purse.wanted, purse.had = order.amount_minor, order.wagering_minor, 0
        return True

    def _ConvertBonus(self, order: ConvertBonus) -> bool:
        purse = self._in_force(order)
        if purse is not None:
            purse.cash, purse.bonus = purse.cash + purse.bonus, 0
            purse.had, purse.wanted = purse.had + purse.wanted, 0
        return purse is not None

    def _ForfeitBonus(self, order: ForfeitBonus) -> bool:
        purse = self._in_force(order)
        if purse is not None:
            purse.bonus = purse.had = purse.wanted = 0
        return purse is not None

    def _in_force(self, order: ConvertBonus | ForfeitBonus) -> Purse | None:
        key = (order.player_id, order.ccy)
        purse = self.purses.get(key)
        return purse if purse is not None and purse.wanted and self.has_bonus(key) else None

    def _MoveJackpot(self, order: MoveJackpot) -> bool:
        pots = {400: "pool", 410: "reserve", 430: "overflow"}
        source, target, amount = pots.get(order.source), pots[order.target], order.amount_minor
        if not self.rate[0] or (source is not None and getattr(self, source) < amount):
            return False
        if source is None:
            self.seeded += amount
        else:
            setattr(self, source, getattr(self, source) - amount)
        setattr(self, target, getattr(self, target) + amount)
        return True

    def _PayJackpot(self, order: PayJackpot) -> bool:
        purse = self.purses.get((order.player_id, order.ccy))
        if purse is None or not self._is_fed_from(order.ccy) or self.pool < order.amount_minor:
            return False
        self.pool -= order.amount_minor
        self.paid += order.amount_minor
        purse.cash += order.amount_minor
        return True
