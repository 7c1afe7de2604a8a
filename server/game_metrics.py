"""What the guard of the games found, for Prometheus, by table and game."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from actors.supervisors.game_guard import GameGuard

_LABELS = ["table", "game"]


class GameMetrics(Collector):
    """The gauges of a guard. A table has samples from its first full block on."""

    def __init__(self, guard: GameGuard) -> None:
        self._guard = guard

    def collect(self) -> Iterator[Metric]:
        """Yield one family for each gauge."""
        level = GaugeMetricFamily("croupier_game_level", "0 good, 1 watch, 2 alarm, 3 suspend.", labels=_LABELS)
        p = GaugeMetricFamily("croupier_game_p", "Least P-value of the last full block.", labels=_LABELS)
        rtp = GaugeMetricFamily("croupier_game_rtp", "Paid over staked, widest window.", labels=_LABELS)
        off = GaugeMetricFamily("croupier_game_suspended", "1: the table opens no rounds.", labels=_LABELS)
        for name, table in self._guard.tables.items():
            off.add_metric([name, table.game], float(bool(table.suspended)))
            finding = table.finding
            if finding is not None:
                level.add_metric([name, table.game], finding.level)
                p.add_metric([name, table.game], finding.p)
                rtp.add_metric([name, table.game], finding.rtp)
        yield from (level, p, rtp, off)
