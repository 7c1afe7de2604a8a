"""Orders of every kind in any order, with repeats and restarts, against `money_model.Model`, in two currencies.

After every step: players have what the model says, the jackpot has exactly its share of the turnover, what a bonus
wants and has had is what was staked, and nothing of a bonus is ever in a withdrawal before its stakes were made.
"""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from actors.domain.commands import Refused
from actors.domain.money.accounts import FIRST_UNIT_KIND, Kind, account_ccy, account_id, account_kind, house_account
from actors.domain.money.orders import Funding, RequestWithdrawal, Reserve, WalletOrder
from tests.fakes.money import EUR, JACKPOT, PLAY, Orders, StillClock, settle, void
from tests.properties.money_model import Model, Purse
from tests.properties.money_shard import Shard

PLAYERS = st.sampled_from((1, 1, 1, 2))
CCYS = st.sampled_from((PLAY, PLAY, PLAY, EUR))
AMOUNTS = st.one_of(st.sampled_from((1, 30, 100, 400)), st.integers(1, 400))
FUNDING = st.sampled_from(list(Funding))
JACKPOTS = st.sampled_from((0, JACKPOT))
KINDS = (Kind.CASH, Kind.BONUS, Kind.ESCROW, Kind.WITHDRAWAL, Kind.WAGERING_OPEN, Kind.WAGERING_DONE)


class OrdersMachine(RuleBasedStateMachine):
    """Orders go through the core, are committed to `FakeBooks`, and memory is rebuilt from them at will."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = StillClock()
        self.orders = Orders(self.clock)
        self.shard = Shard(0, self.clock)
        self.model = Model()
        self.stakes: list[Reserve] = []
        self.withdrawals: list[RequestWithdrawal] = []
        self.done: list[tuple[WalletOrder, Any]] = []

    def do(self, order: WalletOrder) -> None:
        carried_out = self.model.do(order)
        answer = self.shard.do(order)
        assert (not isinstance(answer, Refused)) == carried_out, (order, answer)
        self.done.append((order, answer))

    # ------------------------------------------------------------ orders

    @initialize(num=st.integers(1, 30), ceiling=st.sampled_from((0, 20)))
    def begin(self, num: int, ceiling: int) -> None:
        """Accounts with some cash, a bonus, and a jackpot."""
        for key in ((1, PLAY), (1, EUR), (2, PLAY)):
            self.model.purses[key] = Purse()
            self.shard.do(self.orders.open(*key))
            self.do(self.orders.deposit(500, *key))
        self.do(self.orders.bonus(300, 1, wagering=2500))
        self.shard.do(self.orders.define(num, 100, ceiling))
        self.model.rate, self.model.ceiling = (num, 100), ceiling

    @rule(player=PLAYERS, ccy=CCYS, amount=AMOUNTS)
    def deposit(self, player: int, ccy: int, amount: int) -> None:
        self.do(self.orders.deposit(amount, player, ccy))

    @rule(player=PLAYERS, ccy=CCYS, amount=st.integers(-300, 300).filter(bool))
    def adjust(self, player: int, ccy: int, amount: int) -> None:
        self.do(self.orders.adjust(amount, player, ccy))

    @rule(player=PLAYERS, amount=AMOUNTS, to_amount=AMOUNTS)
    def exchange(self, player: int, amount: int, to_amount: int) -> None:
        self.do(self.orders.exchange(amount, to_amount, player))

    @rule(player=PLAYERS, ccy=CCYS, amount=AMOUNTS, cancelled_before=st.booleans())
    def withdraw(self, player: int, ccy: int, amount: int, cancelled_before: bool) -> None:
        order = self.orders.withdraw(amount, player, ccy)
        self.withdrawals.append(order)
        if cancelled_before:
            self.do(self.orders.cancel(order))
        self.do(order)

    @precondition(lambda self: self.withdrawals)
    @rule(data=st.data(), complete=st.booleans())
    def end_withdrawal(self, data: st.DataObject, complete: bool) -> None:
        order = data.draw(st.sampled_from(self.withdrawals))
        self.do(self.orders.complete(order) if complete else self.orders.cancel(order))

    @rule(
        player=PLAYERS, ccy=CCYS, amount=AMOUNTS, funding=FUNDING, voided_before=st.sampled_from((False, False, True))
    )
    def reserve(self, player: int, ccy: int, amount: int, funding: Funding, voided_before: bool) -> None:
        order = self.orders.reserve(amount, player, ccy=ccy, funding=funding)
        self.stakes.append(order)
        if voided_before:
            self.do(void(order, len(self.done)))
        self.do(order)

    @precondition(lambda self: self.stakes)
    @rule(data=st.data(), payout=st.integers(0, 1500), jackpot=JACKPOTS)
    def settle(self, data: st.DataObject, payout: int, jackpot: int) -> None:
        stake = data.draw(st.sampled_from(self.stakes))
        order = settle(stake, payout, len(self.done), jackpot)
        self.do(order)

    @precondition(lambda self: self.stakes)
    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        self.do(void(data.draw(st.sampled_from(self.stakes)), len(self.done)))

    @rule(player=PLAYERS, ccy=CCYS, stake=AMOUNTS, payout=st.integers(0, 900), funding=FUNDING, jackpot=JACKPOTS)
    def wager(self, player: int, ccy: int, stake: int, payout: int, funding: Funding, jackpot: int) -> None:
        self.do(self.orders.wager(stake, payout, player, ccy=ccy, jackpot=jackpot, funding=funding))

    @rule(payout=st.sampled_from((0, 0, 77, 901)))
    def play_the_whole_bonus(self, payout: int) -> None:
        """Where it is lost, there is room for another while stakes are still wanted."""
        stake = max(1, self.model.purses[1, PLAY].bonus)
        self.do(self.orders.wager(stake, payout, 1, funding=Funding.BONUS_FIRST))

    @rule(player=PLAYERS, ccy=CCYS, amount=AMOUNTS, wagering=st.sampled_from((0, 1, 300, 3000, 3000)))
    def grant(self, player: int, ccy: int, amount: int, wagering: int) -> None:
        self.do(self.orders.bonus(amount, player, ccy=ccy, wagering=wagering))

    @rule(player=PLAYERS, ccy=CCYS, convert=st.booleans())
    def end_bonus(self, player: int, ccy: int, convert: bool) -> None:
        self.do((self.orders.convert if convert else self.orders.forfeit)(player, ccy))

    @rule(
        amount=st.integers(1, 60),
        way=st.sampled_from(
            (
                (Kind.JACKPOT_SEED, Kind.JACKPOT_POOL),
                (Kind.JACKPOT_SEED, Kind.JACKPOT_RESERVE),
                (Kind.JACKPOT_RESERVE, Kind.JACKPOT_POOL),
                (Kind.JACKPOT_OVERFLOW, Kind.JACKPOT_RESERVE),
            )
        ),
    )
    def move_jackpot(self, amount: int, way: tuple[Kind, Kind]) -> None:
        self.do(self.orders.move(amount, *way))

    @rule(player=PLAYERS, amount=st.integers(1, 60))
    def pay_jackpot(self, player: int, amount: int) -> None:
        self.do(self.orders.pay(amount, player))

    # ------------------------------------------------------------ repeats, time, restarts

    @precondition(lambda self: self.done)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        order, answer = data.draw(st.sampled_from(self.done))
        position = self.shard.state.seq
        assert self.shard.do(order) == answer
        assert self.shard.state.seq == position

    @rule(seconds=st.sampled_from((1, 300)))
    def wait(self, seconds: int) -> None:
        self.clock.ms += seconds * 1000

    @rule()
    def restart(self) -> None:
        before = self.shard.state
        self.shard.restart()
        rebuilt = self.shard.state
        assert rebuilt.balances == before.balances
        assert (rebuilt.bonus_in_play, rebuilt.jackpots) == (before.bonus_in_play, before.jackpots)

    # ------------------------------------------------------------ laws

    @invariant()
    def players_have_what_the_model_says(self) -> None:
        for key, purse in self.model.purses.items():
            own = account_id(*key, 0)
            wanted = (
                *(purse.cash, purse.bonus, self.model.in_play(key), self.model.in_play(key, "pending")),
                *(purse.wanted, purse.had),
            )
            assert tuple(self.shard.state.balances.get(own + kind, 0) for kind in KINDS) == wanted

    @invariant()
    def bonus_in_play_is_what_open_stakes_took(self) -> None:
        wanted: dict[int, int] = {}
        for key, _, part, state in self.model.held.values():
            if part and state == "open":
                wanted[account_id(*key, 0)] = wanted.get(account_id(*key, 0), 0) + part
        assert self.shard.state.bonus_in_play == wanted

    @invariant()
    def jackpot_has_its_share_exactly(self) -> None:
        model, balances = self.model, self.shard.state.balances
        pots = (Kind.JACKPOT_POOL, Kind.JACKPOT_OVERFLOW, Kind.JACKPOT_RESERVE, Kind.TURNOVER)
        found = tuple(balances.get(house_account(PLAY, kind, JACKPOT), 0) for kind in pots)
        assert found == (model.pool, model.overflow, model.reserve, model.turnover)
        assert sum(found[:3]) + model.paid - model.seeded == model.owed()

    @invariant()
    def money_and_units_add_up_to_nothing(self) -> None:
        totals: dict[tuple[int, bool], int] = {}
        for account, balance in self.shard.state.balances.items():
            key = (account_ccy(account), account_kind(account) < FIRST_UNIT_KIND)
            totals[key] = totals.get(key, 0) + balance
        assert not any(totals.values())


OrdersMachine.TestCase.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
TestOrders = OrdersMachine.TestCase
