"""The benchmarks' own arithmetic: a wrong median or a hidden latency would be believed."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import time
from pathlib import Path
from typing import cast

import pytest

from actors.domain.round_book import MAX_ATTEMPTS
from loadtest.bench.__main__ import FIGURES, parser
from loadtest.bench.bets import summarise
from loadtest.bench.pgbench import database_url, tps_of
from loadtest.bench.targets import TARGETS, Target, lines, measured, ratio, verdicts
from loadtest.bets import BETS_EACH_MAX, OpenLoop, Player, Run, is_about_rounds, ref_of
from loadtest.cpu import CpuWatch
from loadtest.wire import LoadConnection
from protocol.codec import encode_server_frame
from protocol.envelope import Kind
from protocol.messages import Pong, RoundOpened, TableBets

PAGE = Path(__file__).parents[2] / "docs" / "bench.md"


class Sent:
    """A connection that keeps what is sent."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def send(self, payload: bytes) -> None:
        self.frames.append(payload)


def of_bets(per_s: float, tpcb: float, bet: float) -> dict[str, object]:
    one = {"per_s": per_s, "p50_ms": 1.0, "p99_ms": 2.0, "p999_ms": 3.0}
    small, half = {**one, "per_s": 10.0}, {**one, "p99_ms": 9.0}
    return {"c1": small, "c1000": one, "half_rate": half, "pgbench_tpcb": tpcb, "pgbench_bet": bet}


def test_ratio_is_the_median_of_ratios_and_not_the_ratio_of_medians() -> None:
    assert ratio([(10.0, 1.0), (20.0, 10.0), (30.0, 5.0)]) == 6.0


def test_ratio_of_bets_is_taken_at_the_most_connections_within_each_round() -> None:
    rounds = [of_bets(100.0, 50.0, 100.0), of_bets(300.0, 50.0, 100.0), of_bets(200.0, 200.0, 400.0)]
    found = summarise(rounds)
    assert (found["ratio_pgbench_tpcb"], found["ratio_pgbench_bet"]) == (2.0, 1.0)
    assert found["c1000"]["per_s"] == 200.0
    assert found["half_rate"]["p99_ms"] == 9.0


def test_bound_itself_is_met_on_both_sides() -> None:
    assert Target("a.b", 3.0, at_least=True).met(3.0)
    assert Target("a.b", 3.0, at_least=False).met(3.0)


def test_value_beyond_the_bound_is_missed_on_both_sides() -> None:
    assert not Target("a.b", 3.0, at_least=True).met(2.99)
    assert not Target("a.b", 3.0, at_least=False).met(3.01)


def test_key_that_was_not_measured_is_said_to_be_so() -> None:
    judged = verdicts({"settle": {}}, ["settle"])
    assert judged["settle.ms"]["verdict"] == "not measured"
    assert list(lines(judged))[-1] == "0 met, 0 missed, 1 not measured"


def test_verdicts_are_of_the_figures_that_were_asked_for() -> None:
    report = {"resume": {"s": 2.0}, "settle": {"ms": 900.0}}
    judged = verdicts(report, ["resume", "settle"])
    assert {key: one["verdict"] for key, one in judged.items()} == {"settle.ms": "missed", "resume.s": "met"}


def test_measured_finds_a_key_by_its_parts() -> None:
    assert measured({"bets": {"c1": {"p50_ms": 1.5}}}, "bets.c1.p50_ms") == 1.5


def test_every_key_with_a_target_is_documented() -> None:
    documented = set(re.findall(r"`([a-z_0-9.]+)`", PAGE.read_text(encoding="utf-8")))
    assert {target.key for target in TARGETS} - documented == set()


def test_figures_can_be_chosen_by_name() -> None:
    assert parser().parse_args(["--only", "bets,settle"]).only == ("bets", "settle")


def test_unknown_figure_is_refused() -> None:
    with pytest.raises((SystemExit, argparse.ArgumentError)):
        parser().parse_args(["--only", "bests"])
    assert "settle" in FIGURES


def test_pgbench_that_failed_transactions_has_no_figure() -> None:
    good = "number of failed transactions: 0 (0.000%)\ntps = 4321.5 (without initial connection time)\n"
    assert tps_of(good) == 4321.5
    with pytest.raises(ValueError, match="no figure"):
        tps_of(good.replace(": 0 ", ": 7 "))


def test_scratch_database_is_on_the_same_server() -> None:
    url = database_url("postgresql://me:secret@127.0.0.1:5433/casino?sslmode=disable", "bench")
    assert url == "postgresql://me:secret@127.0.0.1:5433/bench?sslmode=disable"


def test_open_loop_sends_at_once_what_a_stall_has_kept_back() -> None:
    loop = OpenLoop(rate=10.0, total=100)
    assert list(loop.due(0.0)) == [0]
    assert list(loop.due(0.05)) == []
    assert list(loop.due(1.0)) == list(range(1, 11))


def test_open_loop_never_sends_more_than_its_total() -> None:
    loop = OpenLoop(rate=10.0, total=5)
    assert list(loop.due(100.0)) == [0, 1, 2, 3, 4]


def test_latency_of_an_open_loop_is_from_the_intended_time() -> None:
    loop = OpenLoop(rate=10.0, total=3)
    loop.due(5.0)  # a generator that stood still sends all of them five seconds late
    for number in range(3):
        loop.answered(number, 5.0)
    figures = loop.figures(0)
    assert (figures["max_ms"], figures["p50_ms"]) == (5000.0, 4900.0)
    assert figures["unanswered"] == 0


def test_bet_without_an_answer_is_counted_and_no_answer_counts_twice() -> None:
    loop = OpenLoop(rate=10.0, total=2)
    loop.due(1.0)
    loop.answered(0, 1.0)
    loop.answered(0, 9.0)
    figures = loop.figures(0)
    assert (figures["unanswered"], figures["bets"], figures["max_ms"]) == (1, 1, 1000.0)


@pytest.mark.parametrize("ref", [1, 127, 128, 255, 256, 65_535, 65_536, 2**32 - 1])
def test_ref_is_read_from_any_frame(ref: int) -> None:
    assert ref_of(encode_server_frame(Kind.REPLY, ref, 0, Pong(1, 2))) == ref


def test_cpu_of_our_own_work_is_the_load_generators() -> None:
    watch = CpuWatch(os.getpid())
    watch.begin()
    until = time.process_time() + 0.03
    while time.process_time() < until:
        pass
    spent = watch.end()
    assert spent["load generator"] >= 30
    assert next(iter(spent)) == "of"


def test_closed_loop_ends_before_a_table_refuses_its_player() -> None:
    async def play() -> tuple[int, bool]:
        run = Run("t", 1)
        player = Player(run, "token")
        player.connection = cast(LoadConnection, Sent())
        player.set_round(bytes(16))
        for _ in range(MAX_ATTEMPTS + 5):
            player.bet()
        return len(cast(Sent, player.connection).frames), run.used_up.is_set()

    sent, ended = asyncio.run(play())
    assert sent == BETS_EACH_MAX < MAX_ATTEMPTS
    assert ended


@pytest.mark.parametrize("seq", [1, 200, 70_000])
def test_generator_takes_apart_no_more_pushes_than_it_must(seq: int) -> None:
    opened = RoundOpened(bytes(16), 1, 2, 3, 4)
    shown = TableBets(bytes(16), [])
    assert is_about_rounds(encode_server_frame(Kind.PUSH, 7, seq, opened))
    assert not is_about_rounds(encode_server_frame(Kind.PUSH, 7, seq, shown))
