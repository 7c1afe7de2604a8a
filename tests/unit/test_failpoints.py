"""Cuts are written as HOST:POINT:NTH, fire once whatever incarnation passes, and are armed by removing a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.config import ConfigError, load_config
from server.failpoints import Cut, Failpoints, mark_of, parse_cuts


class Ended(Exception):
    """Stands for kill -9."""


def end() -> None:
    raise Ended


def failpoints(state: Path, text: str) -> Failpoints:
    return Failpoints(parse_cuts(text), state, end)


def test_cut_is_host_point_and_pass_one_without_a_number() -> None:
    assert parse_cuts("wallet/0:K5:3  wallet/12:R1") == (Cut("wallet/0", "K5", 3), Cut("wallet/12", "R1", 1))


@pytest.mark.parametrize("text", ["K5", "wallet/0", "wallet/0:K9", "wallet/0:K5:0", "tables/rng:K1", "wallet/0:K5:3:4"])
def test_unknown_cut_is_a_configuration_error_naming_variable_and_form(text: str) -> None:
    with pytest.raises(ConfigError, match=r"WALLET_FAILPOINT.*wallet/0:K5:3"):
        load_config({"WALLET_FAILPOINT": text})


def test_cut_of_a_shard_that_does_not_exist_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match=r"WALLET_FAILPOINT.*wallet/7"):
        load_config({"WALLET_FAILPOINT": "wallet/7:K1", "CROUPIER_SHARDS": "2"})


def test_cut_fires_at_its_pass_and_leaves_a_mark(tmp_path: Path) -> None:
    points = failpoints(tmp_path, "wallet/0:K5:3")
    for point in ("K5", "K4", "K5"):
        points(point)
    with pytest.raises(Ended):
        points("K5")
    assert mark_of(tmp_path, "wallet/0", "K5").exists()


def test_next_incarnation_passes_a_cut_that_has_fired(tmp_path: Path) -> None:
    with pytest.raises(Ended):
        failpoints(tmp_path, "wallet/0:R1")("R1")
    failpoints(tmp_path, "wallet/0:R1")("R1")


def test_removing_the_mark_arms_the_cut_again_and_counts_from_one(tmp_path: Path) -> None:
    mark = mark_of(tmp_path, "wallet/0", "K1")
    mark.parent.mkdir()
    mark.touch()
    points = failpoints(tmp_path, "wallet/0:K1:2")
    points("K1")
    points("K1")
    mark.unlink()
    points("K1")
    with pytest.raises(Ended):
        points("K1")


def test_cut_that_another_incarnation_has_just_fired_does_not_fire(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = failpoints(tmp_path, "wallet/0:K1")
    monkeypatch.setattr(points, "_is_armed", lambda _point: True)
    mark_of(tmp_path, "wallet/0", "K1").parent.mkdir()
    mark_of(tmp_path, "wallet/0", "K1").touch()
    points("K1")


def test_commit_is_watched_only_while_a_point_within_it_is_armed(tmp_path: Path) -> None:
    assert failpoints(tmp_path, "wallet/0:K1").for_commit() is None
    points = failpoints(tmp_path, "wallet/0:K4")
    assert points.for_commit() is points
    mark_of(tmp_path, "wallet/0", "K4").parent.mkdir()
    mark_of(tmp_path, "wallet/0", "K4").touch()
    assert points.for_commit() is None
