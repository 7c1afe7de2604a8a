"""How the books stand, for Prometheus. A shard whose books are away has no samples: alerts ask for absence too."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from actors.supervisors.keeping import BooksKeeper

_LOOKS = {
    "trial": ("trial_breaches", "Ledgers of a currency whose balances do not sum to zero; 0 in order."),
    "reserved": ("reserved_breaches", "Accounts that differ from the sum of their open reservations; 0 in order."),
    "open_stakes": ("open_stakes", "Stakes in play."),
    "old_stakes": ("old_stakes", "Stakes in play for more than 15 minutes."),
    "in_transit_minor": ("in_transit_minor", "Money on its way to other shards, minus money on its way here."),
    "days_left": ("journal_days_left", "Days to come for which the journal has room."),
    "oldest_snapshot_s": ("oldest_snapshot_seconds", "Age of the transaction that keeps old versions of rows longest."),
}


class BooksMetrics(Collector):
    """The gauges of a books keeper, with the label `shard`."""

    def __init__(self, keeper: BooksKeeper) -> None:
        self._keeper = keeper

    def collect(self) -> Iterator[Metric]:
        """Yield one family for each gauge."""
        for field, (name, text) in _LOOKS.items():
            family = GaugeMetricFamily(f"croupier_books_{name}", text, labels=["shard"])
            for shard, look in self._keeper.looks.items():
                family.add_metric([str(shard)], getattr(look, field))
            yield family
        snapshots = GaugeMetricFamily(
            "croupier_books_snapshot_breaches", "Accounts that fail the proof.", labels=["shard"]
        )
        days = GaugeMetricFamily("croupier_books_snapshot_day", "Day of the last proved snapshot.", labels=["shard"])
        for shard, day in self._keeper.proved_day.items():
            snapshots.add_metric([str(shard)], self._keeper.breaches[shard])
            days.add_metric([str(shard)], day)
        yield snapshots
        yield days
        waiting = GaugeMetricFamily("croupier_rounds_waiting", "Rounds decided for over 5 s and not settled.")
        waiting.add_metric([], self._keeper.waiting_rounds)
        yield waiting
