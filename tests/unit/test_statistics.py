"""Tails of distributions against published critical values."""

from __future__ import annotations

import math

import pytest

from actors.domain.statistics import chi_square, chi_square_tail, gamma_tail, normal_two_sided


@pytest.mark.parametrize(
    ("chi2", "df", "p"),
    [
        (58.619, 36, 0.01),
        (77.386, 51, 0.01),
        (371.9, 311, 0.01),
        (3.841, 1, 0.05),
        (16.919, 9, 0.05),
        (18.467, 4, 0.001),
    ],
)
def test_chi_square_tail_gives_the_published_levels(chi2: float, df: int, p: float) -> None:
    assert chi_square_tail(chi2, df) == pytest.approx(p, rel=0.02)


def test_chi_square_tail_of_two_degrees_is_exponential() -> None:
    for chi2 in (0.0, 0.1, 1.0, 10.0, 100.0, 1_000.0):
        assert chi_square_tail(chi2, 2) == pytest.approx(math.exp(-chi2 / 2), rel=1e-9)


@pytest.mark.parametrize("a", [0.5, 3.0, 100.0, 4_096.0, 16_384.0])
def test_gamma_tail_falls_and_is_near_a_half_at_its_mean(a: float) -> None:
    tails = [gamma_tail(a, a * (0.5 + step / 100)) for step in range(100)]
    assert tails == sorted(tails, reverse=True)
    assert gamma_tail(a, a) == pytest.approx(0.5, abs=0.2)


def test_normal_two_sided_gives_the_published_levels() -> None:
    assert normal_two_sided(3) == pytest.approx(0.0026998, rel=1e-4)
    assert normal_two_sided(-4) == pytest.approx(6.3342e-5, rel=1e-4)


def test_chi_square_of_what_was_expected_is_zero() -> None:
    chi2, df = chi_square([10, 20, 70], [0.1, 0.2, 0.7])
    assert df == 2
    assert chi2 == pytest.approx(0)
    assert chi_square([0, 0], [0.5, 0.5]) == (0, 1)


def test_chi_square_of_what_cannot_be_is_infinite() -> None:
    chi2, df = chi_square([99, 1], [1.0, 0.0])
    assert chi2 == math.inf
    assert chi_square_tail(chi2, df) == 0
