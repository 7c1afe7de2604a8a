"""What turns a swarm or a soak into pass or fail: limits, shapes, trends."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from loadtest.limits import KindFigures, Limits, judge, judge_generator
from loadtest.memory import Accepted, Memory
from loadtest.plots import page, plot, verdict
from loadtest.sampling import Sample
from loadtest.shapes.curves import DRAIN_S, SHAPES, gathered, is_rush, players_at, storms_s
from loadtest.soak import findings_of, judged
from loadtest.trend import judge as judge_trend
from loadtest.trend import longest_life, second_half, theil_sen
from loadtest.users import tally
from loadtest.users.tally import Report, Told
from loadtest.verdict import judge_run


def figures(failed: int = 0, p50: float = 10.0, p99: float = 100.0, count: int = 2_000) -> list[KindFigures]:
    return [
        KindFigures("PlaceBets", count, failed, p50, p99, 200.0, ["RuntimeError('INTERNAL') (1)"] if failed else [])
    ]


# ---- limits


def test_run_without_failures_passes() -> None:
    assert judge(figures(), Limits()) == []


def test_run_without_requests_fails() -> None:
    assert judge([], Limits()) == ["nothing was asked"]


def test_single_failure_fails_the_run_and_is_named() -> None:
    assert judge(figures(failed=1), Limits()) == [
        "1 of 2000 requests failed",
        "PlaceBets: RuntimeError('INTERNAL') (1)",
    ]


def test_share_of_failures_may_be_allowed() -> None:
    assert judge(figures(failed=1), Limits(failed_share=0.01)) == []


def test_p99_beyond_its_bound_fails() -> None:
    assert judge(figures(p99=501), Limits(p99_ms=500)) == ["PlaceBets: p99 501 ms, allowed 500"]


def test_bound_of_one_kind_goes_before_that_of_all() -> None:
    assert judge(figures(p99=501), Limits(p99_ms=500, by_kind={"PlaceBets": 600})) == []


def test_how_long_an_abuser_waits_is_not_judged() -> None:
    assert judge([KindFigures("abuse: flood", 1, 0, 9_000, 9_000, 9_000)], Limits(p99_ms=500)) == []


def test_ratio_of_percentiles_beyond_its_bound_fails() -> None:
    assert judge(figures(p50=10, p99=100), Limits(p99_over_p50=9.0)) == [
        "PlaceBets: p99 is 10.0 times p50, allowed 9.0"
    ]


def test_ratio_of_few_requests_says_nothing() -> None:
    assert judge(figures(count=10), Limits(p99_over_p50=1.0)) == []


def test_generator_that_was_late_fails_the_run() -> None:
    assert len(judge_generator([1.0] * 90 + [900.0] * 10, Limits(late_p99_ms=500))) == 1


# ---- shapes


@pytest.mark.parametrize("name", SHAPES)
def test_shape_never_asks_for_more_players_than_there_are(name: str) -> None:
    counts = [players_at(SHAPES[name], second, 100.0, 200) for second in range(int(100 + DRAIN_S))]
    assert (min(counts) >= 1, max(counts)) == (True, 200)


def test_ramp_grows_and_then_stays() -> None:
    counts = [players_at(SHAPES["ramp"], second, 100.0, 200) for second in range(100)]
    assert counts == sorted(counts)
    assert counts[30:] == [200] * 70


def test_evening_ends_with_few() -> None:
    assert players_at(SHAPES["evening"], 120.0, 100.0, 200) == 50


def test_flash_crowd_rushes_while_all_are_there() -> None:
    rushing = [second for second in range(100) if is_rush(SHAPES["flash"], second, 100.0)]
    assert max(players_at(SHAPES["flash"], second, 100.0, 200) for second in rushing) == 200
    assert 60 not in rushing


def test_storms_come_when_everybody_is_there() -> None:
    storms = storms_s(SHAPES["storm"], 100.0)
    assert storms
    assert all(players_at(SHAPES["storm"], at_s, 100.0, 200) == 200 for at_s in storms)


# ---- trends


def noisy(
    slope_per_hour: float, level: float = 100.0, noise: float = 2.0, count: int = 200
) -> list[tuple[float, float]]:
    rng = random.Random(3)
    return [(9.0 * n, level + slope_per_hour * 9.0 * n / 3600 + rng.gauss(0, noise)) for n in range(count)]


def test_slope_of_a_line_is_its_slope() -> None:
    trend = theil_sen([(float(x), 5 + 2 * x) for x in range(20)])
    assert trend.per_hour == pytest.approx(7_200)


def test_single_outliers_do_not_move_the_slope() -> None:
    series = noisy(0.0)
    series[150] = (series[150][0], 10_000.0)
    assert abs(theil_sen(series).per_hour) < 5


def test_noise_alone_is_flat() -> None:
    assert judge_trend("x", noisy(0.0), 0.05).flat is True


def test_leak_beyond_what_is_allowed_is_not_flat() -> None:
    assert judge_trend("x", noisy(30.0), 0.05).flat is False


def test_rise_within_what_is_allowed_is_flat() -> None:
    assert judge_trend("x", noisy(30.0), 0.05, least=20.0).flat is True


def test_what_fills_up_once_is_flat_in_a_short_look_only() -> None:
    short, long = noisy(100.0, noise=0.1, count=40), noisy(100.0, noise=0.1, count=400)
    assert [judge_trend("x", series, 0.0, least=12.0).flat for series in (short, long)] == [True, False]


def test_too_few_samples_say_nothing() -> None:
    assert judge_trend("x", noisy(900.0, count=5), 0.05).flat is None


def test_warm_up_is_not_judged() -> None:
    assert second_half([(1.0, 9.0), (5.0, 1.0), (9.0, 2.0)], 0.0, 10.0) == [(5.0, 1.0), (9.0, 2.0)]


def test_of_a_host_that_was_killed_the_longest_life_counts() -> None:
    lives = [(1, float(x), 1.0) for x in range(10)] + [(2, float(x), 2.0) for x in range(10, 50)]
    assert longest_life(lives, 5.0) == [(float(x), 2.0) for x in range(15, 50)]


def soak(slope_mib: float) -> list[str]:
    """Return the findings of a soak whose wallet was killed after a third, and grows by so much an hour."""
    samples = [
        Sample(10.0 * n, "wallet/0", 1 if n < 120 else 2, "rss_mib", 100 + slope_mib * (n % 120) * 10 / 3600)
        for n in range(360)
    ]
    return findings_of(judged(samples, {"p99_ms": [(10.0 * n, 50.0) for n in range(360)]}, 3_600.0))


def test_soak_with_flat_memory_passes() -> None:
    assert soak(0.0) == []


def test_soak_with_a_leak_names_the_host() -> None:
    assert soak(120.0)[0].startswith("wallet/0 rss_mib rises by 120.00 an hour")


# ---- the book of a run


def report(findings: list[str]) -> Report:
    told = Told("me", "casual", {b"a": (100, "roulette-1")}, {b"a": 300}, [], [], 50, 2)
    return Report([told], findings, {"BETTING_CLOSED": 2}, {1: 2}, {5: [1.0]}, [0.5], {"players": 1}, {})


def test_told_is_the_same_memory_after_the_book() -> None:
    memory = Memory("me")
    memory.accepted[b"a"] = Accepted(b"a", b"", "roulette-1", 0, 100, 0.0, 0.0)
    memory.settled[b"a"] = 300
    memory.spun[b"s"] = 50
    assert report([]).told[0].memory().expected_minor(1_000) == memory.expected_minor(1_000) == 1_250


def test_broken_law_of_any_process_fails_the_run(tmp_path: Path) -> None:
    tally.save(report([]), tmp_path / "worker-1.msgpack")
    tally.save(report(["a law"]), tmp_path / "worker-2.msgpack")
    (tmp_path / "figures.json").write_text('[{"kind":"Spin","count":1,"failed":0,"p50_ms":1,"p99_ms":1,"max_ms":1}]')
    outcome = judge_run(tmp_path, Limits(), processes=2)
    assert outcome.findings == ["a law"]
    assert outcome.counted("refusals") == {"BETTING_CLOSED": 4}


def test_process_that_left_no_report_fails_the_run(tmp_path: Path) -> None:
    tally.save(report([]), tmp_path / "worker-1.msgpack")
    (tmp_path / "figures.json").write_text('[{"kind":"Spin","count":1,"failed":0,"p50_ms":1,"p99_ms":1,"max_ms":1}]')
    assert judge_run(tmp_path, Limits(), processes=2).findings == ["1 of 2 processes left a report"]


def test_run_without_a_book_fails(tmp_path: Path) -> None:
    assert judge_run(tmp_path, Limits()).findings == ["the swarm left no book"]


def test_page_brings_everything_with_it() -> None:
    text = page(
        "t", [plot("<p99>", {"a": [(0.0, 1.0), (60.0, 2.0)]}, [(30.0, "wallet/0 killed")], "ms"), verdict(["x < y"])]
    )
    assert "src=" not in text
    assert "href=" not in text
    assert "&lt;p99&gt;" in text
    assert "x &lt; y" in text


def test_players_who_still_come_are_no_leak() -> None:
    assert [gathered(SHAPES[name]) for name in ("ramp", "storm", "flash", "evening")] == [0.2, 0.2, 0.7, 0.95]
    coming = [Sample(float(at_s), "hall/0", 1, "descriptors", 80 + min(at_s, 720) / 5) for at_s in range(0, 3_600, 15)]
    assert findings_of(judged(coming[:100], {}, 1_500.0))[0].startswith("hall/0 descriptors rises")
    assert findings_of(judged(coming, {}, 3_600.0, 720.0)) == []


def test_waits_of_an_abuser_are_no_latency() -> None:
    counted = tally.Tally()
    counted.request("PlaceBets", 5.0)
    counted.request("abuse: flood", 1_002.0)
    report = counted.report(killed=False)
    assert [value for values in report.windows_ms.values() for value in values] == [5.0]
    assert report.figures["requests"] == 2
