"""Orders of a crowd wait a few milliseconds for others; those of a few people, or of many who all wait for answers, never."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from actors.domain.money.orders import ReadMoney
from server.gateway.orders import CROWD_LOOK_S, GATHER_S, Crowd, OrderDesk
from tests.fakes.gateway import HandPost

STEP_S = CROWD_LOOK_S / 2


class LoopFake:
    """A clock that the test moves, and calls that wait for it."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.calls: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now_s

    def call_soon(self, call: Callable[[], None]) -> None:
        self.call_later(0.0, call)

    def call_later(self, delay_s: float, call: Callable[[], None]) -> None:
        self.calls.append((self.now_s + delay_s, call))

    def run_for(self, seconds: float) -> None:
        self.now_s += seconds
        due = [call for at_s, call in self.calls if at_s <= self.now_s]
        self.calls = [(at_s, call) for at_s, call in self.calls if at_s > self.now_s]
        for call in due:
            call()


class ClientFake:
    def __init__(self) -> None:
        self.crashed: list[Exception] = []

    def crash(self, error: Exception) -> None:
        self.crashed.append(error)


class Desk:
    """A desk with fakes all round it."""

    def __init__(self, people: int) -> None:
        self.loop = LoopFake()
        self.post = HandPost()
        self.people = people
        self.answers: list[tuple[int, Any]] = []
        loop: Any = self.loop
        self.desk = OrderDesk(self.post, loop, 1.0, lambda: self.people)

    def order(self, ref: int = 0, address: str = "table/a", client: Any = None) -> None:
        who: Any = client or ClientFake()
        self.desk.order(address, ReadMoney(1, 978), who, ref, self._deliver)

    def answer_all(self) -> None:
        asks, self.post.asks = self.post.asks, []
        for ask in asks:
            ask.reply(*["done"] * len(ask.messages))

    def _deliver(self, _client: Any, ref: int, _name: str, answer: Any) -> None:
        self.answers.append((ref, answer))

    def order_often(self, steps: int, each: int) -> None:
        """Send `each` orders in every step, each answered within it."""
        for _ in range(steps):
            for _ in range(each):
                self.order()
            self.loop.run_for(0.0)
            self.loop.run_for(STEP_S)
            self.answer_all()


def test_what_one_tick_brings_to_one_address_is_one_list_and_everybody_gets_their_answer() -> None:
    desk = Desk(people=10)
    desk.order(1)
    desk.order(2, "table/b")
    desk.order(3)
    assert desk.post.asks == []
    desk.loop.run_for(0.0)
    assert [(ask.address, len(ask.messages)) for ask in desk.post.asks] == [("table/a", 2), ("table/b", 1)]
    desk.answer_all()
    assert desk.answers == [(1, "done"), (3, "done"), (2, "done")]


def test_order_of_a_crowd_waits_for_others_but_not_for_long() -> None:
    desk = Desk(people=1_000)
    desk.order_often(steps=4, each=20)
    desk.order(1)
    desk.loop.run_for(GATHER_S / 2)
    desk.order(2)
    assert desk.post.asks == []
    desk.loop.run_for(GATHER_S / 2)
    assert [len(ask.messages) for ask in desk.post.asks] == [2]


def test_crowd_that_has_gone_holds_up_nobody() -> None:
    desk = Desk(people=1_000)
    desk.order_often(steps=4, each=20)
    desk.loop.run_for(10.0)
    desk.order(1)  # the last that is held: nobody has looked since
    desk.loop.run_for(GATHER_S)
    desk.answer_all()
    desk.order(2)
    desk.loop.run_for(0.0)
    assert len(desk.post.asks) == 1


def test_few_who_order_as_fast_as_they_can_never_wait() -> None:
    desk = Desk(people=16)
    for _ in range(20):
        for _ in range(16):
            desk.order()
        desk.loop.run_for(0.0)
        assert len(desk.post.asks) == 1, "an order was held though everybody waits"
        desk.loop.run_for(0.0026)
        desk.answer_all()


@pytest.mark.parametrize(
    ("per_step", "under_way", "people", "is_here"),
    [
        (20, 0, 1_000, True),
        (4, 0, 1_000, False),  # 800 a second
        (20, 480, 1_000, False),  # half of all wait already
        (20, 400, 1_000, True),
        (20, 0, 100, True),
        (20, 0, 99, False),
        (20, 0, 0, False),
    ],
)
def test_crowd_is_many_orders_of_many_people_most_of_whom_wait_for_nothing(
    per_step: int, under_way: int, people: int, is_here: bool
) -> None:
    crowd = Crowd(lambda: people, 0.0)
    crowd.under_way = under_way
    for step in range(1, 6):
        crowd.sent(per_step, step * STEP_S)
        crowd.under_way -= per_step
    assert crowd.is_here is is_here


def test_trouble_of_one_client_costs_no_other_its_answer_and_leaves_nothing_under_way() -> None:
    desk = Desk(people=10)
    unlucky: Any = ClientFake()

    def stumble(*_: Any) -> None:
        raise ZeroDivisionError

    desk.desk.order("table/a", ReadMoney(1, 978), unlucky, 1, stumble)
    desk.order(2)
    desk.loop.run_for(0.0)
    desk.answer_all()
    assert [type(error) for error in unlucky.crashed] == [ZeroDivisionError]
    assert desk.answers == [(2, "done")]
    assert desk.desk._crowd.under_way == 0
