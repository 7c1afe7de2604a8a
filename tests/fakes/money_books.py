"""Books without a store: a shard's memory, the rows that it gave, and one order of each kind that it would carry out."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from actors.domain.commands import Refused
from actors.domain.money.accounts import Kind, account_id, house_account
from actors.domain.money.apply import apply
from actors.domain.money.entries import Row
from actors.domain.money.orders import WalletOrder
from actors.domain.money.state import ShardState
from actors.domain.refusals import Refusal
from tests.fakes.money import EUR, JACKPOT, NOW_MS, PLAY, PLAYER, Orders, empty_state, receive, settle, void


def own(kind: Kind, player: int = PLAYER, ccy: int = PLAY) -> int:
    """Return the number of a player's account."""
    return account_id(player, ccy, kind)


def house(kind: Kind, part: int = 0, ccy: int = PLAY) -> int:
    """Return the number of an account of the house."""
    return house_account(ccy, kind, part)


CASH, BONUS, ESCROW, PENDING = own(Kind.CASH), own(Kind.BONUS), own(Kind.ESCROW), own(Kind.WITHDRAWAL)
WANTED, HAD = own(Kind.WAGERING_OPEN), own(Kind.WAGERING_DONE)
PSP, GGR, COST, UNITS = house(Kind.PSP_CLEARING), house(Kind.GGR), house(Kind.BONUS_COST), house(Kind.UNITS)
POOL, OVERFLOW = house(Kind.JACKPOT_POOL, JACKPOT), house(Kind.JACKPOT_OVERFLOW, JACKPOT)
RESERVE, SEED = house(Kind.JACKPOT_RESERVE, JACKPOT), house(Kind.JACKPOT_SEED, JACKPOT)
TURNOVER = house(Kind.TURNOVER, JACKPOT)


class Books:
    """A state and the rows that it gave."""

    def __init__(self, *, cash: int = 1000) -> None:
        """A player with 10.00 in cash."""
        self.state = empty_state()
        self.orders = Orders()
        self.rows: list[Row] = []
        self.did(self.orders.open(), self.orders.deposit(cash))

    def do(self, order: WalletOrder, now_ms: int = NOW_MS) -> Any:
        answer, rows = apply(self.state, order, now_ms)
        self.rows += rows
        return answer

    def did(self, *orders: WalletOrder) -> None:
        """Carry out orders that must not be refused."""
        for order in orders:
            answer = self.do(order)
            assert not isinstance(answer, Refused), (order, answer)

    def balance(self, account: int) -> int:
        return self.state.balances.get(account, 0)

    @property
    def legs(self) -> dict[int, int]:
        """What the last row moved, by account."""
        return {account: amount for account, amount, _ in self.rows[-1].legs}

    def refusals(self, *orders: WalletOrder) -> list[str]:
        """Return the names of the refusals of these orders, none of which may change anything but the journal."""
        names = []
        for order in orders:
            before = picture(self.state)
            names.append(Refusal(code(self.do(order))).name)
            assert picture(self.state) == before, order
        return names


def code(answer: Any) -> int:
    """Return the code of an answer that must be a refusal."""
    assert isinstance(answer, Refused), answer
    return answer.code


def picture(state: ShardState) -> Any:
    """Return everything a refusal must leave alone; only the journal's position and the id's outcome may change."""
    return copy.deepcopy(
        (
            (state.balances, state.reservations, state.open_by_table),
            (state.fences, state.jackpots, state.bonus_in_play),
        )
    )


def documented(order: type[msgspec.Struct]) -> list[str]:
    """Return the names of the refusals that an order's docstring promises, in its order."""
    text = (order.__doc__ or "").split("Refusals in order:")[1]
    return re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", re.sub(r"\([^)]*\)", "", text.split(". ")[0]))


def everything_in_place() -> tuple[Books, dict[str, WalletOrder]]:
    """Return books in which each of the orders, one of each kind, can be carried out. By name of the kind."""
    books = Books(cash=10_000)
    preparing, orders = every_kind(books.orders)
    books.did(*preparing)
    return books, orders


def every_kind(orders: Orders) -> tuple[list[WalletOrder], dict[str, WalletOrder]]:
    """Return orders to begin with, where the player has 100.00, and after them one of each kind by its name."""
    staked, dropped, leaving, staying = (
        orders.reserve(300),
        orders.reserve(20),
        orders.withdraw(100),
        orders.withdraw(50),
    )
    opened: list[WalletOrder] = [orders.open(ccy=EUR), orders.open(8), orders.open(9)]
    granted: list[WalletOrder] = [orders.bonus(70, 8, wagering=700), orders.bonus(70, 9, wagering=700)]
    jackpot: list[WalletOrder] = [orders.define(jackpot=JACKPOT + 1), orders.move(500, jackpot=4)]
    return [*opened, *granted, *jackpot, staked, dropped, leaving, staying], by_kind(
        [
            orders.open(10),
            orders.deposit(5),
            orders.withdraw(6),
            orders.complete(leaving),
            orders.cancel(staying),
            orders.exchange(100, 90),
            orders.adjust(-7),
            orders.reserve(8),
            settle(staked, 600),
            void(dropped),
            orders.wager(10, 25, jackpot=4),
            orders.fence(2),
            orders.bonus(200, wagering=4000),
            orders.convert(8),
            orders.forfeit(9),
            orders.define(),
            orders.move(30, jackpot=4),
            orders.pay(40, jackpot=4),
            orders.send(60, part=4),
            receive(orders.send(11, 0, part=4), 1),
        ]
    )


def by_kind(orders: Iterable[WalletOrder]) -> dict[str, WalletOrder]:
    """Return orders by the name of their kind."""
    return {type(order).__name__: order for order in orders}
