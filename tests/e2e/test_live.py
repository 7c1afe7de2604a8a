"""A live table: a dealer and two players in Chromium, the wheel's sensor as a scripted device."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from clients.python import Refused
from loadtest.platform import Platform
from protocol.errors import Code
from tests.e2e.browser import CALM, PICTURE, by
from tests.e2e.device import Scripted
from tests.e2e.people import CONNECTED, FIRST_DOZEN, ON_RED, WELCOME_MINOR, Person, check_settled

pytestmark = pytest.mark.timeout(180)

TABLE = "live-1"
#: What the wheel shows, round by round: zero, both colours, every dozen, a number twice, and what the players bet on.
NUMBERS = (0, 17, 17, 36, 1, 8, 29, 12, 23, 34)


class LiveTable(NamedTuple):
    """Who is there."""

    dealer: Person
    players: tuple[Person, Person]
    device: Scripted
    relief: Scripted


def accounts(casino: Platform) -> dict[str, str]:
    """Make the dealers and the device from the command line, and read their passwords off it."""
    made = casino.cli("demo-accounts")
    assert made.returncode == 0, made.stderr
    pairs = [line.split() for line in made.stdout.splitlines()]
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


@pytest.fixture(scope="module")
def live(arrive: Callable[..., Person], casino: Platform) -> Iterator[LiveTable]:
    """A live table with everybody at it."""
    passwords = accounts(casino)
    dealer = arrive("dealer", CALM)
    dealer.page.goto("/dealer")
    dealer.fill_door("login", "dealer", passwords["dealer"])
    dealer.page.see(CONNECTED)
    dealer.page.click(by(f"dealer-sit-{TABLE}"))
    dealer.page.see(by("dealer-phase"))
    players = arrive("dina", PICTURE, CALM), arrive("emil", CALM)
    for player in players:
        player.register()
        player.sit_down(TABLE)
    device = Scripted(casino.http, "device", passwords["device"])
    relief = Scripted(casino.http, "dealer2", passwords["dealer2"])
    yield LiveTable(dealer, players, device, relief)
    device.close()
    relief.close()


def open_betting(live: LiveTable) -> None:
    """The dealer opens; both players see it."""
    live.dealer.page.click(by("dealer-open"))
    for player in live.players:
        player.page.see(by("phase", phase="betting"))


def bet(live: LiveTable, straight: int) -> tuple[dict[int, int], dict[int, int]]:
    """One player bets on a number and red, the other on the first dozen; return their chips."""
    first, second = live.players
    first.click_chips(100, straight)
    first.click_chips(500, ON_RED)
    second.click_chips(1000, FIRST_DOZEN)
    chips: tuple[dict[int, int], dict[int, int]] = ({straight: 100, ON_RED: 500}, {FIRST_DOZEN: 1000})
    for player, laid in zip(live.players, chips, strict=True):
        player.see_stake(laid)
    return chips


def test_ten_live_rounds_end_as_sensed_and_confirmed_on_every_screen(
    live: LiveTable, shoot: Callable[[Person, str], None]
) -> None:
    balances = [WELCOME_MINOR, WELCOME_MINOR]
    dealer = live.dealer.page
    for turn, number in enumerate(NUMBERS):
        open_betting(live)
        chips = bet(live, straight=17)
        dealer.see(f"{by('dealer-players')}:text-is('2')")
        dealer.see(f"{by('dealer-stake')}:text-is('16.00')")
        dealer.click(by("dealer-close"))
        live.device.sense(TABLE, number)
        dealer.see(f"{by('dealer-entered', source='sensor')}:text-is('{number}')")
        if turn == 1:
            shoot(live.dealer, "dealer")
        dealer.click(by("dealer-confirm"))
        for index, player in enumerate(live.players):
            player.page.see(by("result-number", number=number))
            item = player.await_round(turn)
            assert item["number"] == number
            balances[index] = check_settled(player, item, chips[index], balances[index])
        dealer.see(by("dealer-phase", phase="idle"))
    shoot(live.players[0], "live")


def test_number_confirmed_otherwise_than_sensed_is_refused(live: LiveTable) -> None:
    before = [player.balance() for player in live.players]
    rounds = [len(player.rounds()) for player in live.players]
    dealer = live.dealer.page
    open_betting(live)
    chips = bet(live, straight=5)
    dealer.click(by("dealer-close"))
    live.device.sense(TABLE, 5)
    dealer.see(by("dealer-phase", phase="number"))

    live.relief.sit(TABLE)  # another dealer takes over and confirms what the wheel does not show
    dealer.see(by("dealer-replaced"))
    with pytest.raises(Refused) as refused:
        live.relief.confirm(TABLE, 6)
    assert refused.value.code == Code.NUMBER_MISMATCH
    assert dealer.count(f"{by('dealer-confirm')}:enabled") == 0
    assert [len(player.rounds()) for player in live.players] == rounds

    dealer.click(by(f"dealer-sit-{TABLE}"))
    dealer.see(by("dealer-replaced"), state="detached")
    dealer.click(by("dealer-confirm"))
    for player, count, laid, had in zip(live.players, rounds, chips, before, strict=True):
        item = player.await_round(count)
        assert item["number"] == 5
        check_settled(player, item, laid, had)
    dealer.see(by("dealer-phase", phase="idle"))


def test_voided_round_gives_every_stake_back(live: LiveTable) -> None:
    before = [player.balance() for player in live.players]
    dealer = live.dealer.page
    open_betting(live)
    bet(live, straight=5)
    dealer.click(by("dealer-close"))
    dealer.see(by("dealer-phase", phase="closed"))
    dealer.click(by("dealer-void"))
    dealer.fill(by("dealer-void-reason"), "Ball left the wheel")
    dealer.click(by("dealer-void-submit"))
    for player, had in zip(live.players, before, strict=True):
        player.page.see(by("round-void"))
        player.see_balance(had)
        assert player.books() == (had, 0)
        newest = player.rounds()[0]
        assert (newest["voided"], newest["net_minor"]) == (True, 0)
    dealer.see(by("dealer-phase", phase="idle"))
