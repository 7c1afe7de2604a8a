"""What `croupier up` tells the person before it: progress on standard error, addresses on standard output."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from server.embedded.run_file import RunFile


@dataclass
class Step:
    """One thing that takes a while; the detail is told when it is done."""

    detail: str = ""


class Progress:
    """Lines for steps as they end, and a spinner for those under way where there is a terminal."""

    def __init__(self) -> None:
        self._error = Console(stderr=True, highlight=False)
        self._output = Console(highlight=False, soft_wrap=True)
        self._status = self._error.status("starting") if self._error.is_terminal else None
        self._under_way: list[str] = []
        if self._status is not None:
            self._status.start()

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Tell that this is under way, and with its time when it is done. Steps may overlap."""
        step = Step()
        began_s = time.monotonic()
        self._under_way.append(name)
        self._show()
        try:
            yield step
            self._line("ok", "green", f"{name}  {time.monotonic() - began_s:.1f} s  {step.detail}".rstrip())
        finally:
            self._under_way.remove(name)
            self._show()

    def note(self, text: str) -> None:
        """Tell something worth knowing."""
        self._line("--", "yellow", text)

    def ready(self, run: RunFile) -> None:
        """Say where everything answers. The first line is for programs too; its form never changes."""
        self._quiet()
        lines = [f"croupier: ready {run.http}"]
        lines += [f"  WebSocket      {address}" for address in run.websockets]
        lines += [f"  Ray dashboard  {run.dashboard}"] if run.dashboard else []
        lines += [f"  metrics        {run.metrics}"]
        for line in lines:
            self._output.print(Text(line))
        self._output.file.flush()
        self._error.print(Text("Ctrl-C stops everything.", style="dim"))

    def stopping(self) -> None:
        """Say that the end has begun."""
        self._quiet()
        self._error.print(Text("stopping ..."))

    def stopped(self) -> None:
        """Say that nothing is left."""
        self._error.print(Text("stopped"))

    def _line(self, word: str, colour: str, text: str) -> None:
        self._error.print(Text.assemble((f"  {word}  ", colour), text), soft_wrap=True)

    def _show(self) -> None:
        if self._status is not None:
            self._status.update(", ".join(self._under_way) or "starting")

    def _quiet(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None
