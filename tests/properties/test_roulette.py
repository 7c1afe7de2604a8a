"""Laws of the game that hold for any stakes and any number."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from actors.domain.commands import CallStake, ChipStake, Refused
from actors.domain.games.game import BetLimits
from actors.domain.games.roulette import CALLS, LAYOUT, POCKETS, payout
from actors.domain.games.roulette_bets import check_bet, expand

positions = st.integers(0, 156)
stakes = st.integers(1, 2**53 - 1)
chips = st.builds(ChipStake, positions, stakes)
calls = st.builds(CallStake, st.sampled_from(sorted(CALLS)), stakes)


@given(positions, stakes)
def test_any_stake_on_any_position_returns_36_of_37_over_the_wheel(position: int, stake: int) -> None:
    assert sum(payout(position, stake, drawn) for drawn in range(POCKETS)) == 36 * stake


@given(positions, stakes, st.integers(0, 36))
def test_payout_is_nothing_or_the_stake_with_its_winnings(position: int, stake: int, drawn: int) -> None:
    place = LAYOUT[position]
    paid = payout(position, stake, drawn)
    assert paid == (stake + stake * place.pays if drawn in place.numbers else 0)


@given(st.lists(chips, max_size=20), st.lists(calls, max_size=5))
def test_expanding_keeps_the_money(placed: list[ChipStake], called: list[CallStake]) -> None:
    units = {"voisins": 9, "tiers": 6, "orphelins": 5}
    staked = sum(chip.stake_minor for chip in placed) + sum(units[c.name] * c.unit_minor for c in called)
    assert sum(expand(placed, called).values()) == staked


small = st.builds(ChipStake, st.integers(0, 160), st.integers(-10, 400))


@given(st.lists(st.lists(small, max_size=6), max_size=12))
def test_accepted_bets_never_pass_any_limit(orders: list[list[ChipStake]]) -> None:
    limits = BetLimits(10, 2_000, dict.fromkeys((1, 2, 3, 4, 6, 12, 18), 500), max_chips=5)
    held: dict[int, int] = {}
    for order in orders:
        before = dict(held)
        accepted = check_bet(limits, order, [], held, sum(held.values()))
        assert held == before
        if not isinstance(accepted, Refused):
            assert min(accepted.values()) >= 10
            for position, stake in accepted.items():
                held[position] = held.get(position, 0) + stake
    assert sum(held.values()) <= 2_000
    assert max(held.values(), default=0) <= 500
