"""One `croupier up` per state folder.

The lock is the kernel's (flock), so that it goes with its holder however that ends: there is no stale lock to heal. The
file's content only says whom to blame.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import msgspec

from server.embedded.processes import EmbeddedError, ProcessMark, is_running, mark


class LockHeld(EmbeddedError):
    """Somebody else works on this state folder."""


class StateLock:
    """The lock of a state folder, held until `release` or the end of this process."""

    def __init__(self, state: Path) -> None:
        self._file = state / "lock"
        self._descriptor = -1

    def acquire(self, purpose: str = "up") -> None:
        """Take the lock. Raises LockHeld naming the holder and what to do."""
        descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise LockHeld(self._blame()) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, msgspec.json.encode(mark(purpose, os.getpid())))
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back. Safe to repeat."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def holder(self) -> ProcessMark | None:
        """Return who wrote the file last, if that process still runs."""
        try:
            found = msgspec.json.decode(self._file.read_bytes(), type=ProcessMark)
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        return found if is_running(found) else None

    def _blame(self) -> str:
        holder = self.holder()
        who = f"`croupier {holder.name}`, process {holder.pid}," if holder else "another process"
        return (
            f"{who} already works on the state folder {self._file.parent}. "
            "End it with `croupier stop`, or set CROUPIER_STATE to another folder."
        )
