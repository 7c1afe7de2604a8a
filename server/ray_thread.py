"""A thread of its own for blocking calls of Ray."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class RayThread:
    """The one thread that speaks to Ray.

    Ray's processes are tied by the kernel to the thread that started them, so it must live as long as they; and its
    calls block, while our loop has to hear signals. A daemon, so that a hanging call cannot keep us from ending.
    """

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._jobs: list[tuple[Callable[[], Any], Future[Any]]] = []
        threading.Thread(target=self._run, name="ray", daemon=True).start()

    def call(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Run the work there, after what was asked before."""
        done: Future[T] = Future()
        with self._wake:
            self._jobs.append((work, done))
            self._wake.notify()
        return asyncio.wrap_future(done)

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._jobs)
                work, done = self._jobs.pop(0)
            if not done.set_running_or_notify_cancel():
                continue
            try:
                done.set_result(work())
            except BaseException as error:  # outermost loop of this thread: the caller gets it
                done.set_exception(error)
