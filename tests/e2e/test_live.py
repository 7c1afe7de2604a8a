"""A live table: a dealer and two players in Chromium, the wheel's sensor as a scripted device."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from clients.python import Refused
from loadtest.platform import Platform
from protocol.errors import Code
from tests.e2e.browser import CALM, PICTURE, Page, by
from tests.e2e.device import Scripted
from tests.e2e.people import CONNECTED, FIRST_DOZEN, ON_RED, WELCOME_MINOR, Person, check_settled

pytestmark = pytest.mark.timeout(180)

TABLE = "live-1"
CARDS = "live-2"
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


# ---------------------------------------------------------------- baccarat from a shoe

ON_PLAYER, ON_TIE = 0, 2
#: Player's nine against five, dealt by hand: a king was read for the last card first. And six cards that tie at one.
BY_HAND = "4s 5h 5s Kd"
SIX_CARDS = (4, 5, 12, 12 + 13, 5 + 13, 4 + 13)


def load_shoe(dealer: Page) -> None:
    """Put a shoe on the table and burn."""
    dealer.click(by("dealer-new-shoe"))
    dealer.fill(by("shoe-first"), "5c")
    dealer.fill(by("shoe-cut"), "20")
    dealer.click(by("shoe-submit"))
    dealer.see(by("dealer-shoe", state="burning"))
    dealer.click(by("dealer-burned"))
    dealer.see(by("dealer-shoe", state="between", left=410))


def key_card(dealer: Page, card: str, left: int) -> None:
    """Type a card and wait until the table has it. The desk takes no suit before the answer to its own last order."""
    dealer.see(f"{by('dealer-rank-0')}:enabled")
    dealer.press(*card.lower())
    dealer.see(by("dealer-shoe", left=left))


def test_coup_from_a_real_shoe_is_seen_card_by_card_and_settled(
    live: LiveTable, casino: Platform, shoot: Callable[[Person, str], None]
) -> None:
    dealer, player = live.dealer.page, live.players[0]
    had, rounds = player.balance(), len(player.rounds())
    dealer.click(by(f"dealer-sit-{CARDS}"))
    dealer.see(by("dealer-shoe", state="loaded"))
    assert dealer.count(f"{by('dealer-open')}:enabled") == 0
    load_shoe(dealer)
    player.page.goto("/")
    player.sit_down(CARDS)

    dealer.press("o")
    player.page.see(by("phase", phase="betting"))
    player.click_chips(500, ON_PLAYER)
    player.click_chips(100, ON_TIE)
    player.see_stake({ON_PLAYER: 500, ON_TIE: 100})
    dealer.press("c")
    dealer.see(by("dealer-phase", phase="closed"))
    for dealt, card in enumerate(BY_HAND.split()[:3], 1):
        key_card(dealer, card, 410 - dealt)
        player.page.see(by("deal", dealt=dealt))
    shoot(live.dealer, "dealer-cards")
    shoot(player, "live-baccarat")
    key_card(dealer, "Kh", 406)
    dealer.see(f"{by('dealer-back')}:enabled")  # the table's news of the card may come before the answer to it
    dealer.press("Backspace")
    dealer.see(by("dealer-shoe", left=407))  # until then the desk takes no suit: the table may refuse to take it back
    player.page.see(by("deal", dealt=3))
    key_card(dealer, BY_HAND.split()[3], 406)
    dealer.see(by("dealer-phase", phase="number"))
    dealer.click(by("dealer-confirm"))
    player.page.see(by("result"))
    item = player.await_round(rounds)
    assert (item["stake_minor"], item["payout_minor"]) == (600, 1_000)
    player.see_balance(had + 400)

    live.relief.sit(CARDS)  # the next dealer deals by the SDK: the cut card comes, and one more coup follows
    live.relief.open(CARDS)
    player.page.see(by("phase", phase="betting"))
    player.click_chips(100, ON_TIE)
    player.see_stake({ON_TIE: 100})
    number = live.relief.deal_coup(CARDS, SIX_CARDS, cut_before=2)
    assert player.await_round(rounds + 1)["payout_minor"] == 900
    dealer.see(by("dealer-replaced"))
    record = casino.get(f"/api/fairness/rounds/{CARDS}/2", "")
    assert (record["number"], record["detail"]) == (number, list(SIX_CARDS))
    told = casino.cli("replay", CARDS, "1")
    assert told.returncode == 0, told.stdout
    assert "player 4s 5s, banker 5h Kd" in told.stdout
    dealer.click(by(f"dealer-sit-{CARDS}"))
    dealer.see(by("dealer-shoe", state="between", left=400))
    dealer.see(f"{by('dealer-shoe-text')}:has-text('the last coup')")
