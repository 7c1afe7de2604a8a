"""Two shards and a relay that loses, doubles and reorders: money in transit is on clearing, and in the end all of it arrives."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from actors.domain.commands import Refused
from actors.domain.money.accounts import Kind, account_kind, floor_of
from actors.domain.money.orders import TransferIn
from tests.fakes.money import JACKPOT, Orders, StillClock, receive
from tests.properties.money_shard import Shard

SHARDS = (0, 1)
POT = (Kind.POT_CLEARING, 0)
PURPOSES = ((Kind.JACKPOT_POOL, JACKPOT), (Kind.JACKPOT_OVERFLOW, JACKPOT), POT)
SEEDED = 1000


class TransfersMachine(RuleBasedStateMachine):
    """Both shards choose the same ids, as two shards may. under_way: what has left and has not arrived."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = StillClock()
        self.shards = [Shard(number, self.clock) for number in SHARDS]
        self.orders = [Orders(self.clock) for _ in SHARDS]
        self.sent: list[tuple[int, TransferIn]] = []  # whither, and what
        self.under_way: dict[tuple[int, bytes], int] = {}

    @initialize()
    def fill(self) -> None:
        for shard, orders in zip(self.shards, self.orders, strict=True):
            shard.do(orders.define(1, 2, 60))
            shard.do(orders.move(SEEDED))

    @rule(source=st.sampled_from(SHARDS), amount=st.integers(1, 700), purpose=st.sampled_from(PURPOSES))
    def send(self, source: int, amount: int, purpose: tuple[Kind, int]) -> None:
        shard, target = self.shards[source], 1 - source
        before = shard.balance(*purpose)
        order = self.orders[source].send(amount, target, *purpose)
        has_left = not isinstance(shard.do(order), Refused)
        assert has_left == (before >= amount or purpose == POT)
        if has_left:
            self.sent.append((target, receive(order, source)))
            self.under_way[target, order.cmd_id] = amount

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), times=st.integers(0, 3))
    def relay(self, data: st.DataObject, times: int) -> None:
        """Any one of all that ever left: late, early, again, or not at all."""
        target, order = data.draw(st.sampled_from(self.sent))
        answers = [self.shards[target].do(order) for _ in range(times)]
        assert all(answer == answers[0] and not isinstance(answer, Refused) for answer in answers)
        if times:
            self.under_way.pop((target, order.transfer_id), None)

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), change=st.sampled_from(("amount_minor", "part", "cmd_id")))
    def relay_something_else(self, data: st.DataObject, change: str) -> None:
        """A transfer that was changed on its way, or given a second id, is refused where it has arrived before."""
        target, order = data.draw(st.sampled_from(self.sent))
        self.shards[target].do(order)
        self.under_way.pop((target, order.transfer_id), None)
        seq = self.shards[target].state.seq
        values = {
            "amount_minor": order.amount_minor + 1,
            "part": order.part + 1,
            "cmd_id": receive(self.orders[0].send(1), 1).cmd_id,
        }
        fields = {name: getattr(order, name) for name in order.__struct_fields__} | {change: values[change]}
        assert isinstance(self.shards[target].do(TransferIn(**fields)), Refused)
        assert self.shards[target].state.seq == seq

    @rule(shard=st.sampled_from(SHARDS))
    def restart(self, shard: int) -> None:
        self.shards[shard].restart()

    @rule(seconds=st.sampled_from((1, 300)))
    def wait(self, seconds: int) -> None:
        self.clock.ms += seconds * 1000

    # ------------------------------------------------------------ laws

    @invariant()
    def clearing_nets_to_what_is_under_way(self) -> None:
        net = sum(self.shards[here].clearing(1 - here) for here in SHARDS)
        assert net == sum(self.under_way.values())

    @invariant()
    def each_shard_is_balanced_and_above_its_floors(self) -> None:
        for shard in self.shards:
            assert sum(shard.state.balances.values()) == 0
            assert all(balance >= floor_of(account_kind(a)) for a, balance in shard.state.balances.items())

    def teardown(self) -> None:
        """The relay gets through at last: nothing is on clearing, nothing was made or lost on the way."""
        for target, order in reversed(self.sent):
            self.shards[target].do(order)
        assert self.shards[0].clearing(1) + self.shards[1].clearing(0) == 0
        assert sum(shard.balance(*POT) for shard in self.shards) == 0
        seeds = -sum(shard.balance(Kind.JACKPOT_SEED, JACKPOT) for shard in self.shards)
        pots = (Kind.JACKPOT_POOL, Kind.JACKPOT_OVERFLOW)
        assert sum(shard.balance(kind, JACKPOT) for shard in self.shards for kind in pots) == seeds
        for shard in self.shards:
            arrived = [row.ref for row in shard.books.rows if row.ref and not row.status]
            assert len(arrived) == len(set(arrived))


TransfersMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestTransfers = TransfersMachine.TestCase
