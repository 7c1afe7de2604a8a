"""Blackjack by keys, with a reload in mid-hand: the page and the books agree."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.browser import CALM, PICTURE, by
from tests.e2e.people import Person

pytestmark = pytest.mark.timeout(180)

MINE = by("question", mine="true")


@pytest.fixture(scope="module")
def gera(arrive: Callable[..., Person]) -> Person:
    """Somebody at the blackjack table."""
    gera = arrive("gera", CALM, PICTURE)
    gera.register()
    gera.page.click(by("table-card-blackjack-1"))
    gera.page.see(by("felt"))
    return gera


def test_blackjack_hands_survive_a_reload_and_are_paid_as_the_books_say_with_all_that_was_put_down_later(
    gera: Person, shoot: Callable[[Person, str], None]
) -> None:
    gera.await_question({20: 500, 21: 100, 40: 1_000})
    available, reserved = gera.books()
    assert (available, reserved) == (gera.balance(), 1_600)
    before = gera.page.text(by("question")), gera.page.number(MINE, "data-hand")
    shoot(gera, "blackjack")

    gera.page.do("reload")

    gera.page.see(MINE)
    assert (gera.page.text(by("question")), gera.page.number(MINE, "data-hand")) == before
    gera.page.see(by("position", position=40, stake=1_000))
    rounds = len(gera.rounds())
    gera.play_boldly()
    gera.page.see(by("result"), timeout_s=20)
    shoot(gera, "blackjack-result")
    finished = gera.await_round(rounds)
    added = finished["stake_minor"] - 1_600
    assert added > 0
    paid = gera.page.number(by("my-result"), "data-payout")
    assert paid == finished["payout_minor"] + finished["returned_minor"]
    gera.see_balance(available - added + paid)
    assert gera.books() == (available - added + paid, 0)

    gera.page.goto(f"/history/{finished['round_id']}")
    gera.page.see(by("replay", game="blackjack", number=finished["number"]))
    gera.page.see(by("replay-net", net=finished["net_minor"]))
    gera.page.see(by("replay-dealer"))
    shoot(gera, "replay")
