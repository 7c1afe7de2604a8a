"""Crash against its published numbers: where flights bust, what targets return, what may be staked."""

from __future__ import annotations

import hashlib
import hmac
import json
from fractions import Fraction
from math import sqrt
from typing import ClassVar

import pytest

from actors.domain.commands import CallStake, ChipStake, Refused
from actors.domain.games.crash import (
    CRASH,
    MAX_BUST,
    PUBLISHED,
    TARGET_MAX,
    TARGET_MIN,
    bust_of,
    chance,
    target_return,
)
from actors.domain.games.crash_play import MAX_WIN_MINOR
from actors.domain.games.draws import SeededDraws, chain
from actors.domain.games.game import BetLimits, Outcome, PlayGame
from actors.domain.refusals import Refusal
from server.rtp import Module
from server.rtp import crash as exact_crash
from tests.fakes.game_contract import GameContract
from tests.fakes.table_world import ScriptedEntropy

#: Claimed hash of a block; the vectors hold for this text.
SALT = "0000000000000000004d6ec16dafe9d8370958664c1dc422f452892264c59526"
LIMITS = BetLimits(min_stake_minor=100, max_table_minor=50_000, max_by_size={1: 20_000}, max_chips=10)
SPAN = 2**52


def _bust(seed: str) -> int:
    return bust_of(SeededDraws(seed, SALT, 1).digest())


def _float_bust(seed: str) -> float:
    """Return the multiplier as the trade computes it, in floating point."""
    digest = hmac.new(SALT.encode(), seed.encode(), hashlib.sha256).hexdigest()
    return max(1.0, int(99 / (1 - int(digest[:13], 16) / SPAN)) / 100)


def _digest(r: int) -> bytes:
    return bytes.fromhex(f"{r:013x}".ljust(64, "0"))


class TestCrash(GameContract):
    """Crash is played in flights."""

    game: ClassVar[PlayGame] = CRASH
    exact: ClassVar[Module] = exact_crash


def test_published_vector_busts_at_105_59() -> None:
    assert _bust("0" * 64) == 10_559


@pytest.mark.parametrize("seed", chain("7" * 64, 20))
def test_vectors_of_a_chain_are_those_of_the_floating_form(seed: str) -> None:
    assert _bust(seed) == round(_float_bust(seed) * 100)


def test_digest_of_draws_does_not_depend_on_what_was_drawn() -> None:
    draws = SeededDraws("0" * 64, SALT, 5)
    before = draws.digest()
    draws.below(37)
    assert draws.digest() == before == hmac.digest(SALT.encode(), b"0" * 64, "sha256")


@pytest.mark.parametrize(("r", "bust"), [(0, 100), (SPAN - 1, MAX_BUST), (SPAN - 99 * SPAN // 200, 200)])
def test_ends_of_the_range_bust_at_the_ends(r: int, bust: int) -> None:
    assert bust_of(_digest(r)) == bust


@pytest.mark.parametrize("target", [101, 102, 150, 199, 200, 333, 1_000, 10_000, 12_345, 999_999, 1_000_000, MAX_BUST])
def test_chance_counts_exactly_the_numbers_that_reach_a_target(target: int) -> None:
    # Busts ascend with r, so the count is right if the first number that reaches it is.
    first = SPAN - int(chance(target) * SPAN)
    assert bust_of(_digest(first)) >= target > bust_of(_digest(first - 1))


def test_instant_bust_is_two_in_101() -> None:
    assert float(1 - chance(101)) == pytest.approx(2 / 101, abs=1e-15)
    assert round(float(1 - chance(101)), 6) == 0.019802


@pytest.mark.parametrize("target", [101, 150, 200, 1_000, 10_000])
def test_return_of_a_target_is_99_percent_to_14_digits(target: int) -> None:
    short = Fraction(99, 100) - target_return(target).rtp
    assert 0 <= short < Fraction(target, 100 * SPAN)
    assert short < Fraction(3, 10**14)


def test_return_of_any_target_is_99_percent_less_the_grain() -> None:
    returns = [target_return(target).rtp for target in range(TARGET_MIN, TARGET_MAX + 1, 997)]
    assert all(0 <= Fraction(99, 100) - rtp < Fraction(1, 10**11) for rtp in returns)


@pytest.mark.parametrize(("target", "sigma"), [(150, 0.711), (200, 1.000), (1_000, 2.987), (10_000, 9.900)])
def test_sigma_is_as_published(target: int, sigma: float) -> None:
    assert round(sqrt(target_return(target).variance), 3) == sigma


def test_returns_are_the_rows_of_the_rules() -> None:
    rules = CRASH.export_rules()
    assert [row["rtp"] for row in rules["paytable"]] == [str(row.rtp) for row in CRASH.returns()]
    assert [row["target"] for row in rules["paytable"]] == list(PUBLISHED)


def test_rows_of_the_table_have_the_published_figures() -> None:
    rows = {row.bet: row for row in exact_crash.rows()}
    published = {"1.50x": 0.711, "2.00x": 1.000, "10.00x": 2.987, "100.00x": 9.900}
    for name, sigma in published.items():
        row = rows[f"Cash-out at {name}"]
        assert round(sqrt(row.variance), 3) == sigma
        assert float(row.rtp) == pytest.approx(0.99, abs=3e-14)


def test_cash_out_by_hand_returns_what_the_rules_page_says() -> None:
    # He is out at m only where the bust is above m: 0.99 m / (m + 0.01), less the grain.
    returns = {m: Fraction(m, 100) * chance(m + 1) for m in (100, 200, 1_000)}
    assert {m: round(float(rtp), 4) for m, rtp in returns.items()} == {100: 0.9802, 200: 0.9851, 1_000: 0.9890}
    assert all(0 <= Fraction(99 * m, 100 * (m + 1)) - rtp < Fraction(1, 10**14) for m, rtp in returns.items())


def test_rules_are_json_and_their_hash_is_over_all_but_the_head() -> None:
    rules = json.loads(json.dumps(CRASH.export_rules()))
    body = {key: rules[key] for key in rules if key not in ("game", "rules_version", "rules_hash", "rtp", "text")}
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    assert rules["rules_hash"] == hashlib.sha256(canonical).hexdigest()
    assert rules["rules_version"] == f"crash-99-1:{rules['rules_hash'][:12]}"


@pytest.mark.parametrize(
    ("chips", "calls", "refusal"),
    [
        ([ChipStake(100, 100)], [], Refusal.UNKNOWN_POSITION),
        ([ChipStake(-1, 100)], [], Refusal.UNKNOWN_POSITION),
        ([ChipStake(1_000_001, 100)], [], Refusal.UNKNOWN_POSITION),
        ([ChipStake(True, 100)], [], Refusal.UNKNOWN_POSITION),
        ([ChipStake(0, 100)], [CallStake("tiers", 100)], Refusal.UNKNOWN_CALL),
        ([ChipStake(0, 0)], [], Refusal.STAKE_INVALID),
        ([ChipStake(200, 2**53)], [], Refusal.STAKE_INVALID),
        ([], [], Refusal.TOO_MANY_CHIPS),
        ([ChipStake(200, 100)] * 11, [], Refusal.TOO_MANY_CHIPS),
    ],
)
def test_bet_that_no_table_takes_is_refused(chips: list[ChipStake], calls: list[CallStake], refusal: Refusal) -> None:
    assert CRASH.check_shape(chips, calls, 10) == Refused(refusal)


@pytest.mark.parametrize("position", [0, 101, 1_000_000])
def test_manual_and_both_ends_of_the_targets_are_positions(position: int) -> None:
    assert CRASH.check_shape([ChipStake(position, 100)], [], 10) is None


def test_equal_targets_add_up() -> None:
    assert CRASH.expand([ChipStake(0, 5), ChipStake(200, 7), ChipStake(0, 2)], []) == {0: 7, 200: 7}


@pytest.mark.parametrize(
    ("stakes", "held", "refusal"),
    [
        ({0: 99}, {}, Refusal.STAKE_BELOW_MINIMUM),
        ({0: 20_001}, {}, Refusal.STAKE_ABOVE_MAXIMUM),
        ({0: 10_001}, {0: 10_000}, Refusal.STAKE_ABOVE_MAXIMUM),
        ({300: 20_000, 400: 20_000, 500: 10_001}, {}, Refusal.TABLE_LIMIT_EXCEEDED),
        ({300: 20_000}, {0: 20_000, 200: 20_000}, Refusal.TABLE_LIMIT_EXCEEDED),
    ],
)
def test_stake_against_the_tables_limits_is_refused(
    stakes: dict[int, int], held: dict[int, int], refusal: Refusal
) -> None:
    assert CRASH.check_limits(LIMITS, stakes, held, sum(held.values())) == Refused(refusal)


def test_stake_that_could_win_nothing_below_the_most_that_is_paid_is_refused() -> None:
    high = BetLimits(1, 2**52, {1: 2**52})
    most = MAX_WIN_MINOR * 100 // TARGET_MIN
    assert CRASH.check_limits(high, {0: most}, {}, 0) is None
    assert CRASH.check_limits(high, {0: most + 1}, {}, 0) == Refused(Refusal.STAKE_ABOVE_MAXIMUM)


def test_flight_without_a_seed_cannot_start() -> None:
    with pytest.raises(TypeError, match="seed"):
        CRASH.start(ScriptedEntropy(), [], 0)


@pytest.mark.parametrize(("position", "name"), [(0, "Cash-out by hand"), (105, "Cash-out at 1.05x")])
def test_positions_have_names(position: int, name: str) -> None:
    assert CRASH.name_of(position) == name


def test_nobody_takes_a_seat_and_no_dealer_sees_a_flight() -> None:
    assert CRASH.seat_of(200) is None
    assert CRASH.seen([200]) is None
    with pytest.raises(TypeError, match="flight"):
        CRASH.draw(SeededDraws("0" * 64, SALT, 1))


@pytest.mark.parametrize(("bust", "paid"), [(199, 0), (200, 202), (201, 202)])
def test_target_is_paid_when_the_bust_is_at_it_or_above(bust: int, paid: int) -> None:
    assert CRASH.payout(200, 101, Outcome(bust)) == paid
