"""The curve that was chosen by `--shape`, as Locust wants it: `locust -f loadtest/locustfile.py,loadtest/shapes/traffic.py`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

from locust import LoadTestShape

from loadtest.shapes.curves import DRAIN_S, SHAPES, players_at

#: Everybody comes or goes within so many seconds, if the curve says so.
_COME_WITHIN_S: Final = 10.0

#: Every process has written down what its players were told after so long.
_WRITING_S: Final = 120.0


class Traffic(LoadTestShape):
    """Follows the curve, then lets what is staked come to its end, then stops."""

    def tick(self) -> tuple[int, float] | None:
        """See `LoadTestShape`."""
        runner: Any = self.runner
        given = runner.environment.parsed_options
        since_s: float = time.perf_counter() - self.start_time
        over_s = since_s - given.seconds - DRAIN_S
        if over_s > _WRITING_S or (over_s > 0 and self._written(given)):
            return None
        players = players_at(SHAPES[given.shape], since_s, given.seconds, given.players)
        return players, max(1.0, given.players / _COME_WITHIN_S)

    @staticmethod
    def _written(given: Any) -> bool:
        return not given.book or len(list(Path(given.book).glob("worker-*.msgpack"))) >= given.share
