"""Checkpoints in PostgreSQL, beside the books they are about, and in files of a second place."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import asyncpg

from actors.ports import StoreUnavailable
from actors.supervisors.journal import CheckpointMoved
from actors.supervisors.notary import Standing
from server.storage.shards import Books

STATEMENT_S: Final = 10.0
#: No checkpoint is longer, so that the last line is found by reading so much of a file's end.
LINE_BYTES_MAX: Final = 64 * 1024

# One statement is one instant. The trial is summed only where there is something to sign.
_LOOK: Final = """
select s.epoch, s.last_seq, encode(s.head_hash, 'hex') as head, coalesce(c.n, 0) as n, coalesce(c.line, '') as line,
       (select encode(hash, 'hex') from wallet.journal where shard_id = $1 and seq = s.last_seq) as last_hash,
       (select encode(hash, 'hex') from wallet.journal where shard_id = $1 and seq = c.seq) as signed_hash,
       case when s.last_seq > coalesce(c.seq, 0) then (
         select json_agg(json_build_array(t.ccy, t.kind, t.total) order by t.ccy, t.kind)
           from (select ccy, kind, sum(balance) as total from wallet.account where shard_id = $1
                  group by ccy, kind having sum(balance) <> 0) t) end::text as trial
  from wallet.shard s
  left join lateral (select n, seq, line from wallet.checkpoint where shard_id = $1 order by n desc limit 1) c on true
 where s.shard_id = $1"""
_ADD: Final = "insert into wallet.checkpoint (shard_id, n, seq, line) values ($1, $2, $3, $4) returning n"
_LINES: Final = "select line from wallet.checkpoint where shard_id = $1 and n > $2 order by n limit $3"


class PostgresCheckpoints:
    """See `CheckpointStore`."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def shards(self) -> Sequence[int]:
        """See `CheckpointStore.shards`."""
        return self._books.shards

    async def look(self, shard: int) -> Standing:
        """See `CheckpointStore.look`."""
        rows = await self._fetch(shard, _LOOK, shard)
        if not rows:
            raise StoreUnavailable(f"shard {shard} has no books yet")
        row = rows[0]
        trial = json.loads(row["trial"] or "[]")
        hashes = (row["last_hash"] or "", row["n"], row["line"], row["signed_hash"] or "")
        return Standing(shard, row["epoch"], row["last_seq"], row["head"], *hashes, trial)

    async def add(self, shard: int, n: int, seq: int, line: str) -> None:
        """See `CheckpointStore.add`."""
        try:
            await self._fetch(shard, _ADD, shard, n, seq, line)
        except asyncpg.UniqueViolationError:
            raise CheckpointMoved(f"checkpoint {n} of shard {shard} exists") from None

    async def lines(self, shard: int, after_n: int, limit: int) -> Sequence[str]:
        """See `CheckpointStore.lines`."""
        return [row["line"] for row in await self._fetch(shard, _LINES, shard, after_n, limit)]

    async def _fetch(self, shard: int, statement: str, *arguments: Any) -> list[Any]:
        return await self._books.fetch(shard, statement, *arguments, timeout_s=STATEMENT_S)


def checkpoint_file(folder: Path, shard: int) -> Path:
    """Return the file with a shard's checkpoints, one a line."""
    return folder / f"shard-{shard}.jsonl"


class CheckpointFiles:
    """A folder as the second place: one file a shard, append-only, each line on disk before it counts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def last(self, shard: int) -> str:
        """See `SecondPlace.last`."""
        return await asyncio.to_thread(self._last, shard)

    async def append(self, shard: int, after: str, lines: Sequence[str]) -> None:
        """See `SecondPlace.append`."""
        await asyncio.to_thread(self._append, shard, after, lines)

    def _last(self, shard: int) -> str:
        with self._locked(shard) as file:
            return _last_line(file)

    def _append(self, shard: int, after: str, lines: Sequence[str]) -> None:
        with self._locked(shard) as file:
            if _last_line(file) != after:
                raise CheckpointMoved(f"the file of shard {shard} ends with another checkpoint")
            file.seek(0, os.SEEK_END)
            file.write("".join(f"{line}\n" for line in lines).encode())
            file.flush()
            os.fsync(file.fileno())

    @contextmanager
    def _locked(self, shard: int) -> Iterator[BinaryIO]:
        """Open the file for us alone. Raises StoreUnavailable where the place is not to be had."""
        try:
            self._folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            is_new = not checkpoint_file(self._folder, shard).exists()
            with checkpoint_file(self._folder, shard).open("a+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if is_new:
                    _sync_folder(self._folder)
                yield file
        except OSError as error:
            raise StoreUnavailable(f"checkpoints cannot be kept in {self._folder}: {error}") from error


def _last_line(file: BinaryIO) -> str:
    """Return the last whole line, and cut off what a crash left unfinished: it never counted."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 2 * LINE_BYTES_MAX))
    tail = file.read()
    end = tail.rfind(b"\n") + 1
    if end < len(tail):
        file.truncate(size - len(tail) + end)
    return tail[:end].rstrip(b"\n").rpartition(b"\n")[2].decode(errors="replace")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
