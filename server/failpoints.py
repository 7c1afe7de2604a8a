"""Cuts on purpose: a wallet host ends itself with -9 at a named point of its shard. For fault tests; off by default.

`WALLET_FAILPOINT=wallet/0:K5:3` names host, point and the how manyth pass. A cut fires once: it leaves a file in
`failpoints/` of the state folder, so that the host started anew lives. Removing the file arms the cut again, at once
and without a restart; making it disarms the cut.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

#: Of a batch: received; applied, not sent; sent, not started; running; durable, answer not read; answer read, nobody
#: answered; half the answers out; done. Of a recovery: claimed; read; proven, not serving. Source: ledger design 2.
POINTS: Final = ("K1", "K2", "K3", "K4", "K5", "K6", "K7", "K8", "R1", "R2", "R3")
#: These lie within a commit; it is slowed down to find them, so only while one of them is armed.
_IN_COMMIT: Final = frozenset(("K3", "K4", "K5"))
_FORM: Final = re.compile(rf"(wallet/\d+):({'|'.join(POINTS)})(?::([1-9]\d{{0,8}}))?")


class Cut(msgspec.Struct, frozen=True):
    """End this host at this point of its shard, when it passes there the nth time."""

    host: str
    point: str
    nth: int = 1


def parse_cuts(text: str) -> tuple[Cut, ...]:
    """Return the cuts named, blanks between them. Raises ValueError saying which one is wrong and how to write it."""
    found = []
    for part in text.split():
        match = _FORM.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is no cut; write HOST:POINT or HOST:POINT:NTH as in wallet/0:K5:3 ({POINTS})")
        found.append(Cut(match[1], match[2], int(match[3] or 1)))
    return tuple(found)


def mark_of(state: Path, host: str, point: str) -> Path:
    """Return the file that says the cut has fired."""
    return state / "failpoints" / f"{host.replace('/', '-')}.{point}"


class Failpoints:
    """The cuts of one host. Call it with the name of each point that is passed. end: does not return."""

    def __init__(
        self,
        cuts: Sequence[Cut],
        state: Path,
        end: Callable[[], None] = lambda: os.kill(os.getpid(), signal.SIGKILL),
    ) -> None:
        self._cuts = {cut.point: cut for cut in cuts}
        self._marks = {cut.point: mark_of(state, cut.host, cut.point) for cut in cuts}
        self._passes: dict[str, int] = {}
        self._end = end

    def __call__(self, point: str) -> None:
        """Pass a point; ends this process if it is cut here."""
        if not self._is_armed(point):
            self._passes.pop(point, None)
            return
        self._passes[point] = self._passes.get(point, 0) + 1
        if self._passes[point] >= self._cuts[point].nth and self._leave_mark(point):
            self._end()

    def for_commit(self) -> Callable[[str], None] | None:
        """Return itself while a point within a commit is armed."""
        return self if any(self._is_armed(point) for point in _IN_COMMIT) else None

    def _is_armed(self, point: str) -> bool:
        return point in self._cuts and not self._marks[point].exists()

    def _leave_mark(self, point: str) -> bool:
        """Say that the cut fires; False where another incarnation was first."""
        mark = self._marks[point]
        mark.parent.mkdir(parents=True, exist_ok=True)
        try:
            mark.touch(exist_ok=False)
        except FileExistsError:
            return False
        return True
