"""NIST SP 800-22 against its own worked examples, and against a million bits of e (its appendix B)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from tests.inspection.sp800_22 import Bits, bits_of, counting, inspect, patterns, structure, walks


def b(text: str) -> Bits:
    return np.array([int(bit) for bit in text if bit in "01"], dtype=np.uint8)


#: 100 binary digits of pi, the examples' second input.
PI = b("1100100100001111110110101010001000100001011010001100001000110100110001001100011001100010100010111000")
LONGEST = b(
    "11001100000101010110110001001100111000000000001001001101010100010001001111010110100000001101011111001100111001101101"
    "100010110010"
)
#: What the standard printed before these shares were corrected; its worked examples still use them.
ONES_AS_PRINTED = (0.367879, 0.183940, 0.137955, 0.099634, 0.069935, 0.140657)
DEVIATIONS_AS_PRINTED = (0.01047, 0.03125, 0.125, 0.5, 0.25, 0.0625, 0.020833)

EXAMPLES: list[tuple[str, float, float]] = [
    ("2.1.4 frequency", counting.frequency(b("1011010101"))[""], 0.527089),
    ("2.1.8 frequency", counting.frequency(PI)[""], 0.109599),
    ("2.2.4 block frequency", counting.block_frequency(b("0110011010"), 3)[""], 0.801252),
    ("2.2.8 block frequency", counting.block_frequency(PI, 10)[""], 0.706438),
    ("2.3.4 runs", counting.runs(b("1001101011"))[""], 0.147232),
    ("2.3.8 runs", counting.runs(PI)[""], 0.500798),
    ("2.4.8 longest run", counting.longest_run(LONGEST)[""], 0.180598),
    ("2.5.4 rank", structure.rank(b("01011001001010101101"), 3)[""], 0.741948),
    ("2.6.4 spectral, as the reference code counts", structure.spectral(b("1001010011"))[""], 0.468160),
    ("2.6.8 spectral, as the reference code counts", structure.spectral(PI)[""], 0.646355),
    ("2.7.4 template", patterns.templates(b("10100100101110010110"), 3, 2)["001"], 0.344154),
    ("2.9.4 Maurer's statistic", patterns.maurer(b("01011010011101010111"), 2, 4), 1.1949875),
    ("2.11.4 serial 1", patterns.serial(b("0011011101"), 3)["1"], 0.808792),
    ("2.11.4 serial 2", patterns.serial(b("0011011101"), 3)["2"], 0.670320),
    ("2.12.4 approximate entropy", patterns.approximate_entropy(b("0100110101"), 3)[""], 0.261961),
    ("2.12.8 approximate entropy", patterns.approximate_entropy(PI, 2)[""], 0.235301),
    ("2.13.4 cumulative sums", counting.cumulative_sums(b("1011010111"))["forward"], 0.411659),
    ("2.13.8 cumulative sums", counting.cumulative_sums(PI)["forward"], 0.219194),
    ("2.13.8 cumulative sums, reverse", counting.cumulative_sums(PI)["reverse"], 0.114866),
    ("2.14.4 excursions", walks.excursions(b("0110110101"), 0)["+1"], 0.502529),
    ("2.15.4 excursions variant", walks.excursions_variant(b("0110110101"), 0)["+1"], 0.683091),
]

#: A million bits of e (appendix B), and what the chapters print for the same bits.
E_BITS = {
    "frequency": 0.953749,
    "block frequency": 0.211072,
    "runs": 0.561917,
    "longest run": 0.718945,
    "rank": 0.306156,
    "spectral": 0.847187,
    "template: 000000001": 0.078790,
    "universal": 0.282568,
    "serial: 1": 0.766182,
    "serial: 2": 0.462921,
    "approximate entropy": 0.700073,
    "cumulative sums: forward": 0.669887,
    "cumulative sums: reverse": 0.724266,
    "excursions: -4": 0.573306,
    "excursions: -1": 0.007779,
    "excursions: +1": 0.786868,
    "excursions: +4": 0.778186,
    "excursions variant: -9": 0.858946,
    "excursions variant: -1": 0.826009,
    "excursions variant: +1": 0.137861,
}


def digits_of_e(count: int) -> Bits:
    """Return the binary digits of e, the two before the point included: sum of 1/k!, by halves."""

    def halves(first: int, last: int) -> tuple[int, int]:
        if last - first == 1:
            return 1, last
        middle = (first + last) // 2
        (p, q), (r, s) = halves(first, middle), halves(middle, last)
        return p * s + r, q * s

    terms = 100_000  # 1 / terms! is far below 2 ** -count
    above, below = halves(0, terms)
    whole = ((above + below) << count) // below
    return bits_of((whole >> 2).to_bytes(count // 8, "big"))


@pytest.fixture(scope="module")
def e() -> Bits:
    return digits_of_e(1_000_000)


@pytest.fixture(scope="module")
def e_values(e: Bits) -> Mapping[str, float]:
    return inspect(e)


@pytest.mark.parametrize(("found", "printed"), [pytest.param(*row[1:], id=row[0]) for row in EXAMPLES])
def test_worked_example_is_reproduced(found: float, printed: float) -> None:
    assert found == pytest.approx(printed, abs=5e-5)


@pytest.mark.parametrize("name", E_BITS)
def test_million_bits_of_e_give_what_the_standard_prints(name: str, e_values: Mapping[str, float]) -> None:
    assert e_values[name] == pytest.approx(E_BITS[name], abs=1.5e-5)


def test_million_bits_of_e_give_what_is_printed_of_shares_that_were_corrected_since(e: Bits) -> None:
    assert patterns.overlapping(e, shares=ONES_AS_PRINTED)[""] == pytest.approx(0.110434, abs=1e-5)
    assert structure.linear_complexity(e, shares=DEVIATIONS_AS_PRINTED)[""] == pytest.approx(0.826335, abs=1e-5)
    assert structure.linear_complexity(e, 1_000, DEVIATIONS_AS_PRINTED)[""] == pytest.approx(0.845406, abs=1e-5)


def test_shift_register_of_the_example_has_four_places() -> None:
    assert structure.register_lengths(b("1101011110001").reshape(1, -1)).tolist() == [4]


def test_there_are_148_templates_of_nine_bits_and_188_p_values_in_all(e_values: Mapping[str, float]) -> None:
    assert len(patterns.aperiodic(9)) == 148
    assert len(e_values) == 188


def test_stuck_bits_fail() -> None:
    found = inspect(np.ones(400_000, dtype=np.uint8))
    named = ("frequency", "block frequency", "runs", "longest run", "rank", "spectral", "universal", "serial: 1")
    assert [name for name in named if found[name] > 1e-6] == []
    assert found["template: 000000001"] < 1e-6


def test_bits_of_a_short_shift_register_fail() -> None:
    """A register of 31 places is fair to the counts; its complexity is not that of chance."""
    bits = [1] * 31
    for _ in range(50_000):
        bits.append(bits[-28] ^ bits[-31])
    stream = np.array(bits, dtype=np.uint8)
    assert structure.linear_complexity(stream)[""] < 1e-6
    assert structure.rank(stream)[""] < 1e-6
