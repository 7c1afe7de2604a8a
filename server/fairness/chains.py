"""The seeds of tables without a dealer: hash chains, published before they are salted, for ever the same.

| step | durable in `casino.chain` | after a crash |
| --- | --- | --- |
| make | a root from the house's entropy, sealed; element 0 in the clear: published | nothing, or the whole row |
| salt | one text, chosen when the chain's first round is asked for, after the row's commit | none, or for ever this one |
| play | nothing: round first_round_no + i has element i + 1, whoever asks, however often | the same seeds |

Of two that make a chain at once one wins, and both read the winner's. A table's rounds before its first chain had no
seeds. The next chain is published when PUBLISH_AHEAD rounds are left. Roots are kept when their chains are over: recall.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from actors.domain.games.draws import chain, commitment
from actors.ports import Entropy, RoundSeed
from server.fairness.sealing import ROOT_BYTES, open_root, seal_root
from server.vault.keys import VaultKeys

LENGTH: Final = 65_536
PUBLISH_AHEAD: Final = 4_096
#: Elements between two that are kept in memory; those between are made anew when the table comes to them.
STRIDE: Final = 256
ROTATE_AT_ONCE: Final = 200


class ChainRow(msgspec.Struct, frozen=True):
    """One chain as stored. n: from 1, of its table. root: sealed. salt: empty until it is chosen.

    salt_source: "setting" or "entropy", empty without a salt. Times: ms since 1970; 0: not yet.
    """

    table_id: str
    n: int
    first_round_no: int
    length: int
    terminal: str
    kek_ver: int
    root: bytes
    salt: str = ""
    salt_source: str = ""
    published_ms: int = 0
    salted_ms: int = 0

    @property
    def end(self) -> int:
        """The number of the first round after it."""
        return self.first_round_no + self.length


class ChainStore(Protocol):
    """Where chains are durable. Every call may raise StoreUnavailable and be repeated. Adapter: `storage/chains.py`."""

    async def of_round(self, table_id: str, round_no: int) -> ChainRow | None:
        """Return the chain that has this round."""
        ...

    async def last(self, table_id: str) -> ChainRow | None:
        """Return the table's newest chain."""
        ...

    async def publish(self, row: ChainRow) -> None:
        """Make a chain durable; where there is one of its number, or for its rounds, nothing happens."""
        ...

    async def give_salt(self, table_id: str, n: int, salt: str, source: str) -> None:
        """Give a salt to a published chain; where it has one, nothing happens."""
        ...

    async def not_under(self, kek_ver: int, limit: int) -> Sequence[ChainRow]:
        """Return some chains whose roots an older version seals."""
        ...

    async def reseal(self, row: ChainRow, kek_ver: int, root: bytes) -> None:
        """Put another sealing in the place of the row's, unless something else is there by now."""
        ...


class Strand:
    """A chain whose root is known: its elements, at the cost of STRIDE hashes now and then."""

    def __init__(self, root: str, length: int) -> None:
        """Shape: length is a multiple of STRIDE, or below it."""
        self._step = min(STRIDE, length)
        marks = [root]
        for _ in range(length // self._step):
            marks.append(chain(marks[-1], self._step)[0])
        self._marks = marks[::-1]
        self._part: list[str] = []
        self._part_no = -1

    @property
    def terminal(self) -> str:
        """Element 0."""
        return self._marks[0]

    def element(self, index: int) -> str:
        """Return an element, 1 .. length."""
        part_no = (index - 1) // self._step
        if part_no != self._part_no:
            self._part, self._part_no = chain(self._marks[part_no + 1], self._step), part_no
        return self._part[index - part_no * self._step]


class HashChains:
    """See `SeedStore`. setting: the salt for chains that have none when they begin; empty: the house's entropy."""

    def __init__(
        self, store: ChainStore, keys: VaultKeys, entropy: Entropy, *, setting: str = "", length: int = LENGTH
    ) -> None:
        self._store = store
        self._keys = keys
        self._entropy = entropy
        self._setting = setting
        self._length = length
        self._open: dict[str, tuple[ChainRow, Strand]] = {}
        self._has_next: set[tuple[str, int]] = set()
        self._strands: dict[str, Strand] = {}  # of chains that were made here and have not begun, by their terminal

    async def for_round(self, table_id: str, round_no: int) -> RoundSeed:
        """See `SeedStore.for_round`. Raises KeyError for a round before the table's first chain, ConfigError for lost keys."""
        row, strand = await self._chain(table_id, round_no)
        if row.end - round_no <= min(PUBLISH_AHEAD, row.length // 2):
            await self._prepare(row)
        seed = strand.element(round_no - row.first_round_no + 1)
        return RoundSeed(seed, row.salt, commitment(seed))

    async def publish_ahead(self, table_id: str) -> ChainRow | None:
        """Publish the chain after the table's newest, unless that one has not begun; None: there is none at all."""
        last = await self._store.last(table_id)
        if last is None or not last.salt:
            return last
        await self._store.publish(await self._made(table_id, last.n + 1, last.end))
        return await self._store.last(table_id)

    async def rotate(self) -> int:
        """Seal every root by the newest key-encryption key; return how many were not. Stopped anywhere, run it again."""
        newest, done = self._keys.newest(), 0
        while rows := await self._store.not_under(newest, ROTATE_AT_ONCE):
            for row in rows:
                root = open_root(self._keys, row.kek_ver, row.table_id, row.n, row.root)
                sealed = seal_root(self._keys, newest, row.table_id, row.n, root, self._entropy)
                await self._store.reseal(row, newest, sealed)
                done += 1
        return done

    async def _chain(self, table_id: str, round_no: int) -> tuple[ChainRow, Strand]:
        known = self._open.get(table_id)
        if known is not None and known[0].first_round_no <= round_no < known[0].end:
            return known
        row = await self._store.of_round(table_id, round_no) or await self._begin(table_id, round_no)
        if not row.salt:
            row = await self._salted(row)
        root = open_root(self._keys, row.kek_ver, row.table_id, row.n, row.root)
        # 65,536 hashes: a few hundredths of a second in which other tables are to go on.
        made = self._strands.pop(row.terminal, None)
        strand = await asyncio.to_thread(Strand, root.hex(), row.length) if made is None else made
        if strand.terminal != row.terminal:
            raise ValueError(f"chain {row.n} of {table_id} does not end in what was published")
        self._open[table_id] = (row, strand)
        return row, strand

    async def _begin(self, table_id: str, round_no: int) -> ChainRow:
        """Publish a chain that has this round, and return the one that has it now: ours, or another's."""
        last = await self._store.last(table_id)
        if last is not None and round_no < last.first_round_no:
            raise KeyError(f"round {round_no} of {table_id} was before its chains")
        first = round_no if last is None else round_no - (round_no - last.end) % self._length
        await self._store.publish(await self._made(table_id, 1 if last is None else last.n + 1, first))
        row = await self._store.of_round(table_id, round_no)
        if row is None:
            raise KeyError(f"round {round_no} of {table_id} was before its chains")
        return row

    async def _made(self, table_id: str, n: int, first: int) -> ChainRow:
        root, kek_ver = self._entropy.token(ROOT_BYTES), self._keys.newest()
        strand = await asyncio.to_thread(Strand, root.hex(), self._length)
        self._strands[strand.terminal] = strand
        sealed = seal_root(self._keys, kek_ver, table_id, n, root, self._entropy)
        return ChainRow(table_id, n, first, self._length, strand.terminal, kek_ver, sealed)

    async def _salted(self, row: ChainRow) -> ChainRow:
        # Only here, with the row committed: whoever makes a chain cannot know its salt, if the salt is not the house's.
        salt, source = (self._setting, "setting") if self._setting else (self._entropy.token(32).hex(), "entropy")
        await self._store.give_salt(row.table_id, row.n, salt, source)
        found = await self._store.of_round(row.table_id, row.first_round_no)
        if found is None or not found.salt:
            raise ValueError(f"chain {row.n} of {row.table_id} has no salt")
        return found

    async def _prepare(self, row: ChainRow) -> None:
        if (row.table_id, row.n) in self._has_next:
            return
        if await self._store.of_round(row.table_id, row.end) is None:
            await self._store.publish(await self._made(row.table_id, row.n + 1, row.end))
        self._has_next.add((row.table_id, row.n))
