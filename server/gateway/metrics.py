"""What a gateway counts. Plain numbers on the hot path; Prometheus reads them when it asks."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

_COUNTERS = {
    "connections_total": "Connections accepted.",
    "refused_total": "Connections turned away because there were too many.",
    "frames_in_total": "Requests received.",
    "frames_out_total": "Frames sent.",
    "bytes_in_total": "Bytes received from clients, WebSocket framing included.",
    "bytes_out_total": "Bytes sent to clients, WebSocket framing included.",
    "writes_total": "Writes to sockets.",
    "replaced_total": "Frames that were replaced by a later one of their topic while a client read too slowly.",
    "slow_cuts_total": "Connections cut because they read too slowly.",
    "answers_dropped_total": "Answers that came after their connection had ended.",
    "resyncs_total": "Times a table's members needed fresh snapshots: a gap or a new epoch.",
    "recovered_total": "Sessions that went on with a new connection, and missed nothing.",
    "unrecovered_total": "Sessions that a client wanted to go on with and could not: it began anew.",
    "faults_total": "Faults of ours caught in an outermost loop.",
}


RTT_BOUNDS_MS: Final = (10, 25, 50, 100, 200, 400, 800, 1_600)


class GatewayMetrics(Collector):
    """Counters of one gateway. Register it where the host's metrics are: `registry.register(gateway.metrics)`."""

    def __init__(self, gateway: str) -> None:
        self.gateway = gateway
        self.connections_total = 0
        self.refused_total = 0
        self.frames_in_total = 0
        self.frames_out_total = 0
        self.bytes_in_total = 0
        self.bytes_out_total = 0
        self.writes_total = 0
        self.replaced_total = 0
        self.slow_cuts_total = 0
        self.answers_dropped_total = 0
        self.resyncs_total = 0
        self.recovered_total = 0
        self.unrecovered_total = 0
        self.faults_total = 0
        self.errors: Counter[str] = Counter()
        self.closes: Counter[int] = Counter()
        self.rtt = [0] * (len(RTT_BOUNDS_MS) + 1)  # by the bound that it does not pass
        self.rtt_sum_ms = 0
        self.gauges: dict[str, Callable[[], int]] = {}

    def note_rtt(self, rtt_ms: int) -> None:
        """Count a round trip that a client has measured; -1: he has not."""
        if 0 <= rtt_ms < 60_000:
            self.rtt[bisect_left(RTT_BOUNDS_MS, rtt_ms)] += 1
            self.rtt_sum_ms += rtt_ms

    def values(self) -> dict[str, int]:
        """Return all plain counters and gauges by name, for tests and status pages."""
        return {name: getattr(self, name) for name in _COUNTERS} | {name: read() for name, read in self.gauges.items()}

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics as Prometheus wants them, labelled with the gateway's address."""
        labels = ["gateway"]
        for name, text in _COUNTERS.items():
            family = CounterMetricFamily(f"croupier_gateway_{name}", text, labels=labels)
            family.add_metric([self.gateway], getattr(self, name))
            yield family
        for name, read in self.gauges.items():
            gauge = GaugeMetricFamily(f"croupier_gateway_{name}", f"Now: {name}.", labels=labels)
            gauge.add_metric([self.gateway], read())
            yield gauge
        errors = CounterMetricFamily("croupier_gateway_errors_total", "Errors sent.", labels=["gateway", "code"])
        for code, count in self.errors.items():
            errors.add_metric([self.gateway, code], count)
        yield errors
        closes = CounterMetricFamily("croupier_gateway_closes_total", "Closes by us.", labels=["gateway", "code"])
        for close, count in self.closes.items():
            closes.add_metric([self.gateway, str(close)], count)
        yield closes
        yield self._round_trips()

    def _round_trips(self) -> Metric:
        rtt = HistogramMetricFamily(
            "croupier_gateway_rtt_seconds", "Round trips that clients measured.", labels=["gateway"]
        )
        bounds = [*(str(bound / 1000) for bound in RTT_BOUNDS_MS), "+Inf"]
        buckets = list(zip(bounds, accumulate(self.rtt), strict=True))
        rtt.add_metric([self.gateway], buckets, self.rtt_sum_ms / 1000)
        return rtt
