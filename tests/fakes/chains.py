"""The store of chains in memory. before_publish: called before a chain is stored, as if another came first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from server.fairness.chains import ChainRow


class FakeChains:
    """Behaves as `PostgresChains`."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, int], ChainRow] = {}
        self.before_publish: Callable[[], None] = lambda: None

    async def of_round(self, table_id: str, round_no: int) -> ChainRow | None:
        """Return the chain that has this round."""
        found = [r for r in self.rows.values() if r.table_id == table_id and r.first_round_no <= round_no < r.end]
        return found[0] if found else None

    async def last(self, table_id: str) -> ChainRow | None:
        """Return the newest chain."""
        found = [row for row in self.rows.values() if row.table_id == table_id]
        return max(found, key=lambda row: row.n) if found else None

    async def publish(self, row: ChainRow) -> None:
        """Store a chain unless number or rounds are taken."""
        self.before_publish()
        taken = {(r.table_id, r.first_round_no) for r in self.rows.values()}
        if (row.table_id, row.n) not in self.rows and (row.table_id, row.first_round_no) not in taken:
            self.rows[row.table_id, row.n] = msgspec.structs.replace(row, published_ms=1)

    async def give_salt(self, table_id: str, n: int, salt: str, source: str) -> None:
        """Give a salt once."""
        row = self.rows[table_id, n]
        if not row.salt:
            self.rows[table_id, n] = msgspec.structs.replace(row, salt=salt, salt_source=source, salted_ms=2)

    async def not_under(self, kek_ver: int, limit: int) -> Sequence[ChainRow]:
        """Return chains that another version seals."""
        return [row for _, row in sorted(self.rows.items()) if row.kek_ver < kek_ver][:limit]

    async def reseal(self, row: ChainRow, kek_ver: int, root: bytes) -> None:
        """Replace the sealing."""
        if self.rows[row.table_id, row.n].root == row.root:
            self.rows[row.table_id, row.n] = msgspec.structs.replace(row, kek_ver=kek_ver, root=root)
