"""What supervisors count, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from actors.supervisors.follower import Supervisor

_HELP = {
    "outages_total": "Times the store was away or its checkpoint had moved.",
    "rows_total": "Journal rows followed.",
    "gaps_total": "Times rows were missing in a journal: it is damaged, or the server read is behind.",
    "lag_rows": "Journal rows not yet followed when last looked.",
    "lag_ms": "For how long there have been journal rows not yet followed.",
    "paid_total": "Bonus grants paid.",
    "refused_total": "Bonus grants that the wallet refused.",
    "arrived_total": "Transfers between shards that have arrived.",
    "transits_open": "Transfers on their way between shards.",
    "transits_stuck": "Transfers that the peer has refused; they wait for staff.",
    "hits_total": "Jackpot hits carried to their end.",
    "jackpots_unfinished": "Jackpots that are being set up, or have a hit that is not done.",
    "jackpot_steps_stuck": "Orders of jackpots that a wallet has refused; they wait for staff.",
    "recorded_total": "Rounds of which a record was signed.",
    "signed_total": "Checkpoints signed.",
    "breaches": "Shards that are not signed any more, because books and evidence contradict each other.",
    "watched_rounds_total": "Rounds that the guard of the games has counted.",
    "unrecorded_total": "Wagers of instant games that have no record of their round.",
    "tables_suspended": "Tables that open no rounds, by the guard or by staff.",
    "transit_age_ms": "How long ago the oldest transfer left that has not arrived.",
}


class SupervisorMetrics(Collector):
    """The counters of all supervisors of a host, with the label `supervisor`."""

    def __init__(self, members: Sequence[Supervisor]) -> None:
        self._members = members

    def collect(self) -> Iterator[Metric]:
        """Yield one family for each name."""
        families: dict[str, Metric] = {}
        for member in self._members:
            for name, value in member.counters().items():
                family = families.get(name) or families.setdefault(name, _family(name))
                family.add_sample(f"croupier_supervisor_{name}", {"supervisor": member.name}, value)
        yield from families.values()


def _family(name: str) -> Metric:
    full = f"croupier_supervisor_{name}"
    text = _HELP.get(name, name)
    return CounterMetricFamily(full, text) if name.endswith("_total") else GaugeMetricFamily(full, text)
