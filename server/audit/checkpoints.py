"""The signed checkpoints of a shard: those in the database against those of the second place, each against the one before.

A checkpoint that is sound becomes an anchor: the journal must pass through it (`chain.py`). One place may lack what the
other has; whatever one place alone could hide is told by the other. Memory: one line of each place.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import asyncpg

from server.audit.seals import CHECKPOINT, Keys, SealBroken, canonical, check_seal, read_record

LAW: Final = "checkpoints"
SAYS: Final = "checkpoints are ours, in order and in both places, and the journal passes through each with its balances"
_LINES: Final = "select n, seq, line from wallet.checkpoint where shard_id = $1 order by n"

#: Takes the row that a breach is about, and what is wrong.
Report = Callable[[int, str], None]
Trial = dict[tuple[int, int], int]


class Anchor(NamedTuple):
    """What a sound checkpoint says. head: the hash of row seq. trial: total by (currency, kind), without zeros."""

    n: int
    epoch: int
    seq: int
    head: bytes
    trial: Trial


class Line(NamedTuple):
    """A line as found. number, seq: what it says of itself, or the database of it; 0: nothing."""

    number: int
    seq: int
    text: str


class SecondPlace:
    """The files of the second place as long as they are now.

    A checkpoint is in the database before it is here. So whoever looks here first, and takes his picture of the database
    after that, has everything there that he finds here, however long he reads while the notary goes on writing.
    """

    def __init__(self, folder: Path) -> None:
        self._sizes = {file: file.stat().st_size for file in folder.glob("shard-*.jsonl")}
        self._folder = folder

    def lines(self, shard: int) -> Iterator[Line]:
        """Yield a file's whole lines; what stands after the last line's end was not written to the end when we looked."""
        file = self._folder / f"shard-{shard}.jsonl"
        left = self._sizes.get(file, 0)
        if not left:
            return
        with file.open("rb") as lines:
            for raw in lines:
                left -= len(raw)
                if left < 0:
                    return
                if raw.endswith(b"\n"):
                    yield _line(raw[:-1].decode("ascii", errors="replace"))


async def anchors(
    connection: asyncpg.Connection, shard: int, second: SecondPlace | None, keys: Keys, report: Report
) -> AsyncIterator[Anchor]:
    """Yield the sound checkpoints in order; report all that is wrong. second None: there is no second place to look at."""
    follows = _Sequence(shard, keys)
    async for here, there in _pairs(connection, shard, second, report):
        lines = [line for line in (there, here) if line is not None]
        complaints = []
        for line in lines:
            complaint, anchor = follows.check(line)
            if anchor is not None:
                follows.take(line, anchor)
                yield anchor
                break
            complaints.append(complaint)
        if complaints:
            report(lines[-1].seq, f"checkpoint {lines[-1].number}: {complaints[0]}")
        if len(complaints) == len(lines):
            follows.lose(lines[-1])


class _Sequence:
    """What the next checkpoint of a shard must follow. After a gap or a broken one the link is not asked for."""

    def __init__(self, shard: int, keys: Keys) -> None:
        self._shard = shard
        self._keys = keys
        self._n = self._seq = self._epoch = 0
        self._link: str | None = hashlib.sha256(f"croupier/checkpoints/{shard}".encode()).hexdigest()

    def check(self, line: Line) -> tuple[str, Anchor | None]:
        """Return what is wrong, or the anchor."""
        try:
            record = read_record(line.text)
            check_seal(record, CHECKPOINT, self._keys)
            if canonical(record) != line.text:
                raise SealBroken("it is not written canonically")
            return self._check_order(record)
        except SealBroken as broken:
            return str(broken), None
        except (KeyError, ValueError, TypeError):
            return "it lacks what a checkpoint says", None

    def _check_order(self, record: dict[str, Any]) -> tuple[str, Anchor | None]:
        trial = {(ccy, kind): total for ccy, kind, total in record["trial"]}
        anchor = Anchor(record["n"], record["epoch"], record["seq"], bytes.fromhex(record["head"]), trial)
        if record["shard"] != self._shard:
            return f"it is of shard {record['shard']}", None
        if anchor.n != self._n + 1:
            return f"it follows checkpoint {self._n}: those between are gone", None
        if self._link is not None and record["before"] != self._link:
            return "it does not follow the one before", None
        if anchor.seq <= self._seq or anchor.epoch < self._epoch:
            return f"it goes back to row {anchor.seq}, epoch {anchor.epoch}", None
        if any(
            sum(t for (c, k), t in trial.items() if (c, k >= 900) == of) for of in {(c, k >= 900) for c, k in trial}
        ):
            return "its balances do not sum to zero", None
        return "", anchor

    def take(self, line: Line, anchor: Anchor) -> None:
        """The next one follows this."""
        self._n, self._seq, self._epoch = anchor.n, anchor.seq, anchor.epoch
        self._link = hashlib.sha256(line.text.encode()).hexdigest()

    def lose(self, line: Line) -> None:
        """No sound line stands here; the next is judged by itself."""
        self._n, self._link = max(self._n + 1, line.number), None


async def _pairs(
    connection: asyncpg.Connection, shard: int, second: SecondPlace | None, report: Report
) -> AsyncIterator[tuple[Line | None, Line | None]]:
    """Yield (in the database, in the second place) by number; report where one is missing, or they differ."""
    rows = connection.cursor(_LINES, shard, prefetch=500).__aiter__()
    row = await _next(rows)
    for found in () if second is None else second.lines(shard):
        line = found if found.number else Line(row.number if row else 0, row.seq if row else 0, found.text)
        while row is not None and 0 < row.number < line.number:
            report(row.seq, f"checkpoint {row.number} is missing in the second place")
            yield row, None
            row = await _next(rows)
        if row is None or row.number != line.number:
            report(line.seq, f"checkpoint {line.number} is missing in the database")
            yield None, line
            continue
        if row.text != line.text:
            report(row.seq, f"checkpoint {row.number} differs between the database and the second place")
        yield row, Line(row.number, row.seq, line.text)
        row = await _next(rows)
    after = await _next(rows) if row is not None else None
    # A crash between the two writes leaves the second place one line short; the notary copies it.
    is_short = second is not None and after is not None
    while row is not None:
        if is_short:
            report(row.seq, f"checkpoint {row.number} is missing in the second place")
        yield row, None
        row, after = after, (await _next(rows) if after is not None else None)


async def _next(rows: Any) -> Line | None:
    row = await anext(rows, None)
    return None if row is None else Line(row["n"], row["seq"], row["line"])


def _line(text: str) -> Line:
    try:
        record = read_record(text)
    except SealBroken:
        return Line(0, 0, text)
    n, seq = record.get("n"), record.get("seq")
    return Line(n if isinstance(n, int) else 0, seq if isinstance(seq, int) else 0, text)
