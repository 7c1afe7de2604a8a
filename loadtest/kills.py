"""Kill hosts of a platform with -9 at random times, in a thread of its own."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from typing import Final, NamedTuple

from loadtest.platform import Platform

HOSTS: Final = ("tables/rng", "wallet/0", "wallet/1", "gateway/0")
#: A host that is still away is looked for again after so long.
_AGAIN_S: Final = 0.5


class Kill(NamedTuple):
    """at_s: by the wall clock. pid 0: there was none to kill."""

    at_s: float
    host: str
    pid: int


class Killer(threading.Thread):
    """Kills so many hosts within the given time, evenly spread, each moment and each host drawn from the seed."""

    def __init__(self, platform: Platform, kills: int, begin_s: float, seconds: float, seed: int) -> None:
        super().__init__(daemon=True, name="killer")
        rng = random.Random(seed)
        slot_s = seconds / max(1, kills)
        self._plan = [(begin_s + slot_s * (number + rng.random() * 0.8), rng.choice(HOSTS)) for number in range(kills)]
        self._platform = platform
        self._ended = threading.Event()
        self.done: list[Kill] = []

    def run(self) -> None:
        """Follow the plan, counted from now."""
        began_s = time.monotonic()
        for due_s, host in self._plan:
            if self._ended.wait(max(0.0, began_s + due_s - time.monotonic())):
                return
            self.done.append(self._kill(host))

    def stop(self) -> None:
        """Kill no more."""
        self._ended.set()
        self.join(10)

    def _kill(self, host: str) -> Kill:
        pid = 0
        while not pid and not self._ended.is_set():
            try:
                pid = self._platform.host_pid(host)
                os.kill(pid, signal.SIGKILL)
            except (LookupError, ProcessLookupError):
                pid = 0
                self._ended.wait(_AGAIN_S)
        host = self._platform.home_of(host)
        print(f"{host} killed" if pid else f"{host} was away", flush=True)
        return Kill(time.time(), host, pid)
