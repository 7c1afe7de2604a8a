"""When a player means to do something: fixed beforehand, whatever the server does.

A player who waits for a late answer before he plans his next turn hides the delay of all turns that he would have had
meanwhile (coordinated omission). Here the times stand apart from the answers: a turn that begins late because the one before
was answered late is measured from when it was due.
"""

from __future__ import annotations

import random


class Schedule:
    """Turns of one player. Units: seconds of the clock that `begin_s` is of; the mean distance is interval_s.

    jitter: the share by which a distance may differ from the mean.
    """

    def __init__(self, interval_s: float, rng: random.Random, begin_s: float, jitter: float = 0.5) -> None:
        self._interval_s = interval_s
        self._rng = rng
        self._jitter = jitter
        self._next_s = begin_s + rng.random() * interval_s  # so that a crowd which enters at once does not act at once

    def next(self) -> float:
        """Return when the next turn is due; past times are turns that are owed."""
        due_s = self._next_s
        self._next_s = due_s + self._interval_s * self._rng.uniform(1 - self._jitter, 1 + self._jitter)
        return due_s
