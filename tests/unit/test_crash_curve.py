"""The curve of crash at every millisecond, against e^x by other means."""

from __future__ import annotations

import json
import math
from decimal import Decimal, localcontext
from pathlib import Path

import pytest

from actors.domain.games.crash_curve import CEILING, CEILING_MS, multiplier_at, reached_ms

GOLDEN = Path(__file__).parent.parent / "golden" / "crash_curve.json"


def _decimal_curve() -> list[Decimal]:
    """Return 100 * e^(6/100000 * t) for every t of a flight, to more than thirty digits."""
    with localcontext() as context:
        context.prec = 45
        step = (Decimal(6) / Decimal(100_000)).exp()
        values = [Decimal(100)]
        for _ in range(CEILING_MS):
            values.append(values[-1] * step)
    return values


CURVE = _decimal_curve()


def test_curve_at_every_millisecond_is_the_exponential_rounded_down() -> None:
    exact = [int(value) for value in CURVE[:-1]]
    assert [multiplier_at(t) for t in range(CEILING_MS)] == exact


def test_no_millisecond_brings_the_exponential_near_a_whole_number() -> None:
    # What the proof in crash_curve.py stands on: errors below this cannot change the floor.
    nearest = min(abs(value - value.to_integral_value()) for value in CURVE[1:])
    assert nearest > Decimal(2) ** -23


def test_floating_point_agrees_at_every_millisecond() -> None:
    floats = [math.floor(100 * math.exp(6e-5 * t)) for t in range(CEILING_MS)]
    assert floats == [multiplier_at(t) for t in range(CEILING_MS)]


@pytest.mark.parametrize(("multiplier", "seconds"), [(200, 11.552), (1_000, 38.376)])
def test_published_times_are_reached(multiplier: int, seconds: float) -> None:
    # domain.md 7.4 rounds to milliseconds; the first whole millisecond that shows it is the next one.
    assert reached_ms(multiplier) == round(seconds * 1_000) + 1
    assert math.log(multiplier / 100) / 6e-5 == pytest.approx(seconds * 1_000, abs=0.5)


@pytest.mark.parametrize("multiplier", [100, 101, 102, 199, 200, 5_000, 999_999, CEILING])
def test_reached_is_the_first_millisecond_that_shows_it(multiplier: int) -> None:
    first = reached_ms(multiplier)
    assert multiplier_at(first) >= multiplier
    assert multiplier == 100 or multiplier_at(first - 1) < multiplier


def test_ceiling_is_reached_when_said() -> None:
    assert CURVE[CEILING_MS - 1] < CEILING <= CURVE[CEILING_MS]
    assert reached_ms(CEILING) == CEILING_MS


def test_shared_vectors_are_the_curve() -> None:
    pairs = json.loads(GOLDEN.read_text(encoding="utf-8"))["pairs"]
    assert len(pairs) == 320
    assert pairs == [[t, multiplier_at(t)] for t, _ in pairs]
