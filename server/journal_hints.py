"""A wallet's word to the journal's followers that there is more to read."""

from __future__ import annotations

import asyncio
from typing import Final

from actors.domain.events import JournalGrew
from actors.ports import Post

JOURNAL_HINT_S: Final = 0.1


class JournalHints:
    """Tells the journal's followers that it has grown, at most ten times a second: they read it themselves."""

    def __init__(self, post: Post, shard: int) -> None:
        self._post = post
        self._shard = shard
        self._seq = self._told = 0
        self._timer: asyncio.TimerHandle | None = None

    def note(self, seq: int) -> None:
        """Take the last durable seq of the shard."""
        self._seq = seq
        if self._timer is None:
            self._tell()

    def _tell(self) -> None:
        self._told = self._seq
        self._post.tell("supervisor/journal", [JournalGrew(self._shard, self._seq)])
        self._timer = asyncio.get_running_loop().call_later(JOURNAL_HINT_S, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        if self._told != self._seq:
            self._tell()
