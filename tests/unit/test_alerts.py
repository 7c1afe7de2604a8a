"""The alert rules watch gauges that exist, and name pages that exist."""

from __future__ import annotations

import re

from server.game_metrics import GameMetrics
from server.supervisor_metrics import _HELP
from tests.architecture.tree import ROOT

RULES = "".join(file.read_text(encoding="utf-8") for file in sorted((ROOT / "ops" / "alerts").glob("*.yml")))


def test_alerts_on_supervisors_watch_what_supervisors_count() -> None:
    watched = set(re.findall(r"croupier_supervisor_(\w+)", RULES))
    assert watched <= _HELP.keys()
    assert watched >= {"transits_stuck", "jackpot_steps_stuck", "gaps_total", "lag_ms", "breaches"}


def test_alerts_name_pages_that_exist() -> None:
    pages = set(re.findall(r"(?:runbook|What to do): (\S+\.md)", RULES))
    assert pages
    assert [page for page in pages if not (ROOT / page).is_file()] == []


def test_alerts_on_games_watch_what_the_guard_tells() -> None:
    class Guard:
        tables: dict[str, object] = {}

    told = {family.name for family in GameMetrics(Guard()).collect()}  # type: ignore[arg-type]
    watched = set(re.findall(r"croupier_game_\w+", RULES))
    assert watched <= told
    assert watched >= {"croupier_game_level", "croupier_game_suspended"}
