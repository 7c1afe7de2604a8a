"""The books of one wallet shard in PostgreSQL: `LedgerStore` by two direct connections, one writing, one reading.

No pooler in between: a commit must be one statement on one session, `synchronous_commit` on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NoReturn

import asyncpg

from actors.domain.ids import id_ms
from actors.domain.money.accounts import Kind
from actors.domain.money.batch import Commit
from actors.domain.money.chain import genesis
from actors.domain.money.entries import EntryCode, Reservation, ReservationState, Row
from actors.domain.money.lookups import Found
from actors.domain.money.orders import JackpotTerms
from actors.domain.money.recovery import TAIL_ROWS, Loaded, ShardHead
from actors.domain.money.state import DAY_MS
from actors.ports import BooksDiverged, CommitNotDone, ShardFenced, StoreUnavailable
from server.storage.commit_records import COMMIT_SQL, DOMAINS, OIDS_SQL, Oids, commit_arguments, journal_line
from server.storage.migrate import DAYS_AHEAD

CONNECT_TIMEOUT_S: Final = 5.0
#: A statement that takes longer counts as lost.
STATEMENT_TIMEOUT_S: Final = 30.0
#: How long a claim waits for the old owner before it ends his backend, and after that.
PATIENCE: Final = ("2s", "10s")

_ROW: Final = """seq, epoch, cmd_id, req_hash, code, status, ccy, player_id, ref, round_id,
 (extract(epoch from booked_at) * 1000)::bigint as booked_ms, cash, escrow, bonus, acct, amt, bal, meta, hash"""
_RESERVATION: Final = (
    "reservation_id, player_id, ccy, cash + bonus, round_id, table_id, table_epoch, state, bonus, kind"
)
_HEAD: Final = "select epoch, last_seq, head_hash from wallet.shard where shard_id = $1"

_NOT_DONE: Final = frozenset(("40001", "40P01", "25006", "55P03", "57014"))
_DIVERGED: Final = frozenset(("WD001", "WD002"))


class PostgresLedger:
    """`LedgerStore` for one shard. Nothing is kept here that a new connection could not find again."""

    def __init__(
        self, dsn: str, shard_id: int, *, failpoint: Callable[[], Callable[[str], None] | None] = lambda: None
    ) -> None:
        """failpoint: gives for each commit whom to tell of its K3 (sent), K4 (running), K5 (durable, answer not read)."""
        self._dsn = dsn
        self._shard_id = shard_id
        self._failpoint = failpoint
        self._writer: asyncpg.Connection | None = None
        self._reader: asyncpg.Connection | None = None
        self._reading = asyncio.Lock()
        self._oids = Oids(0, 0, 0, 0)
        self._prepared: dict[bytes, list[Any]] = {}  # by the new head: arguments of commits whose turn comes
        self._not_replicated = False

    def __repr__(self) -> str:
        return f"PostgresLedger(shard {self._shard_id})"

    async def claim(self, owner: str) -> ShardHead:
        with self._writing():
            connection = await self._write_connection()
            for patience in PATIENCE:
                await connection.execute(f"set lock_timeout = '{patience}'")
                try:
                    row = await connection.fetchrow("select * from wallet.claim($1, $2)", self._shard_id, owner)
                    break
                except asyncpg.LockNotAvailableError:
                    await connection.execute("select wallet.evict($1)", self._shard_id)
            else:
                raise StoreUnavailable(f"shard {self._shard_id} is locked")
            await connection.execute("set lock_timeout = 0")
        if row is None:
            raise KeyError(f"there is no wallet shard {self._shard_id}; it must be made by `migrate`")
        return ShardHead(*row)

    async def load(self, floor_ms: int) -> Loaded:
        with self._writing():
            connection = await self._write_connection()
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                return await self._load(connection, max(floor_ms, 0))

    async def _load(self, connection: asyncpg.Connection, floor_ms: int) -> Loaded:
        shard, floor_id = self._shard_id, floor_ms.to_bytes(6, "big") + bytes(10)
        head = await self._head(connection)
        currencies = await connection.fetch("select ccy from wallet.currency")
        accounts = await connection.fetch("select account_id, balance from wallet.account where shard_id = $1", shard)
        reservations = await connection.fetch(
            f"select {_RESERVATION} from wallet.reservation where shard_id = $1 and state = 0 union all "
            f"select {_RESERVATION} from wallet.reservation where shard_id = $1 and reservation_id >= $2 and state > 0",
            shard,
            floor_id,
        )
        fences = await connection.fetch("select table_id, epoch from wallet.table_fence where shard_id = $1", shard)
        recent = await connection.fetch(
            f"select {_ROW} from wallet.journal where id_day >= $1 and shard_id = $2 and cmd_id >= $3",
            floor_ms // DAY_MS,
            shard,
            floor_id,
        )
        tail = await connection.fetch(
            f"select {_ROW} from wallet.journal where shard_id = $1 and seq >= $2 order by seq",
            shard,
            head.seq - TAIL_ROWS,
        )
        jackpots = await connection.fetch(
            "select jackpot, ccy, rate_num, rate_den, ceiling from wallet.jackpot where shard_id = $1", shard
        )
        before = genesis(shard)
        if head.seq > TAIL_ROWS and tail:
            before, tail = tail[0]["hash"], tail[1:]
        return Loaded(
            head,
            floor_ms,
            frozenset(row["ccy"] for row in currencies),
            dict(map(tuple, accounts)),
            [_reservation(row) for row in reservations],
            dict(map(tuple, fences)),
            [_row(row) for row in recent],
            [_row(row) for row in tail],
            [row["hash"] for row in tail],
            before,
            {number: JackpotTerms(*terms) for number, *terms in jackpots},
        )

    def encode(self, row: Row, hash_: bytes) -> bytes:
        return journal_line(row, hash_)

    def prepare(self, commit: Commit) -> None:
        self._prepared[commit.new_head] = commit_arguments(commit, self._oids)

    async def commit(self, commit: Commit) -> None:
        prepared = self._prepared.pop(commit.new_head, None)
        with self._writing():
            connection = await self._write_connection()
            arguments = commit_arguments(commit, self._oids) if prepared is None else prepared
            asked = connection.fetchval(COMMIT_SQL, *arguments)
            failpoint = self._failpoint()
            await (asked if failpoint is None else self._cut(asked, commit, failpoint))
        if self._not_replicated:
            raise BooksDiverged("the commit is durable here, but perhaps not on the standby")

    async def head(self) -> ShardHead:
        with self._writing():
            connection = await self._write_connection()
            return await self._head(connection)

    async def confirm(self) -> ShardHead:
        found: ShardHead = await self._read(self._head)
        return found

    async def find(self, cmd_ids: Sequence[bytes], reservation_ids: Sequence[bytes]) -> Found:
        async def ask(connection: asyncpg.Connection) -> Found:
            rows = await connection.fetch(
                f"select {_ROW} from wallet.journal where id_day = any($1) and shard_id = $2 and cmd_id = any($3)",
                sorted({id_ms(id_) // DAY_MS for id_ in cmd_ids}),
                self._shard_id,
                cmd_ids,
            )
            reservations = await connection.fetch(
                f"select {_RESERVATION} from wallet.reservation where shard_id = $1 and reservation_id = any($2)",
                self._shard_id,
                reservation_ids,
            )
            return Found([_row(row) for row in rows], [_reservation(row) for row in reservations])

        found: Found = await self._read(ask)
        return found

    async def prepare_days(self) -> tuple[int, int]:
        days = await self._read(
            lambda connection: connection.fetchrow("select * from wallet.make_partitions($1)", DAYS_AHEAD)
        )
        return days["first_day"], days["end_day"]

    async def close(self) -> None:
        for connection in (self._writer, self._reader):
            if connection is not None and not connection.is_closed():
                try:
                    await connection.close(timeout=CONNECT_TIMEOUT_S)
                except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    connection.terminate()
        self._writer = self._reader = None

    # ------------------------------------------------------------ connections

    async def _head(self, connection: asyncpg.Connection) -> ShardHead:
        row = await connection.fetchrow(_HEAD, self._shard_id)
        if row is None:
            raise KeyError(f"there is no wallet shard {self._shard_id}")
        return ShardHead(*row)

    async def _write_connection(self) -> asyncpg.Connection:
        if self._writer is None or self._writer.is_closed():
            connection = await self._connect()
            connection.add_log_listener(self._hear)
            try:
                await self._learn_records(connection)
            except BaseException:
                connection.terminate()
                raise
            self._writer = connection
        return self._writer

    async def _learn_records(self, connection: asyncpg.Connection) -> None:
        """Let records be sent as ready bytes, and know the numbers of their types in this database."""
        for domain in DOMAINS:
            await connection.set_builtin_type_codec(domain, schema="wallet", codec_name="bytea", format="binary")
        row = await connection.fetchrow(OIDS_SQL)
        assert row is not None
        self._oids = Oids(*row)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Translate, and after an outage connect anew: what is left of the session cannot be trusted."""
        try:
            with _translated():
                yield
        except StoreUnavailable:
            _let_go(self._writer)
            self._writer = None
            raise

    async def _read(self, ask: Callable[[asyncpg.Connection], Awaitable[Any]]) -> Any:
        async with self._reading:
            try:
                with _translated():
                    if self._reader is None or self._reader.is_closed():
                        self._reader = await self._connect()
                    return await ask(self._reader)
            except StoreUnavailable:
                _let_go(self._reader)
                self._reader = None
                raise

    async def _connect(self) -> asyncpg.Connection:
        connection = await asyncpg.connect(
            self._dsn,
            timeout=CONNECT_TIMEOUT_S,
            command_timeout=STATEMENT_TIMEOUT_S,
            server_settings={
                "application_name": f"croupier wallet/{self._shard_id}",
                "synchronous_commit": "on",
                "jit": "off",
            },
        )
        await connection.set_type_codec("uuid", schema="pg_catalog", encoder=bytes, decoder=bytes, format="binary")
        return connection

    def _hear(self, _connection: Any, message: Any) -> None:
        """Notice PostgreSQL's warning that it gave up waiting for the standby: durable here, perhaps not there."""
        if getattr(message, "sqlstate", "") == "01000" and "synchronous replication" in str(message):
            self._not_replicated = True

    async def _cut(self, asked: Awaitable[Any], commit: Commit, failpoint: Callable[[str], None]) -> None:
        """Carry out a commit with the points where a test may kill this process."""
        task = asyncio.ensure_future(asked)
        await asyncio.sleep(0)
        failpoint("K3")
        await asyncio.sleep(0.001)
        failpoint("K4")
        while not task.done() and (await self.confirm()).seq != commit.last_seq:
            pass  # each look is a round trip
        failpoint("K5")
        await task


def _let_go(connection: asyncpg.Connection | None) -> None:
    if connection is not None:
        connection.terminate()


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what asyncpg raises into what `LedgerStore` promises. The caller lets go of an unavailable connection."""
    try:
        yield
    except asyncpg.PostgresError as error:
        _raise_for(error)
    except (OSError, TimeoutError, asyncpg.ConnectionDoesNotExistError) as error:
        raise StoreUnavailable(repr(error)) from error
    except asyncpg.InterfaceError as error:
        if isinstance(error, ValueError):  # an argument that cannot be encoded: a bug
            raise
        raise StoreUnavailable(repr(error)) from error
    except asyncpg.InternalClientError as error:
        # A session that the server ended while it was idle answers so until the end of the stream has been read.
        raise StoreUnavailable(repr(error)) from error


def _raise_for(error: asyncpg.PostgresError) -> NoReturn:
    state = getattr(error, "sqlstate", None) or ""
    if state == "WF001":
        raise ShardFenced("the shard's row is not as expected") from error
    if state in _DIVERGED or state.startswith(("22", "23")):
        raise BooksDiverged(str(error)) from error
    if state in _NOT_DONE or (state.startswith("53") and state != "53300"):
        raise CommitNotDone(repr(error)) from error
    if state.startswith(("08", "57", "58")) or state == "53300" or isinstance(error, asyncpg.PostgresConnectionError):
        raise StoreUnavailable(repr(error)) from error
    raise error


def _reservation(row: Any) -> Reservation:
    id_, player_id, ccy, amount, round_id, table_id, table_epoch, state, bonus, kind = row
    return Reservation(
        id_,
        player_id,
        ccy,
        amount,
        round_id or b"",
        table_id,
        table_epoch,
        ReservationState(state),
        bonus,
        Kind(kind),
    )


def _row(row: Any) -> Row:
    """Return a row as it was booked; what it changed besides balances is not read back."""
    seq, epoch, cmd_id, req_hash, code, status, ccy, player_id, ref, round_id, booked_ms, *rest = row
    cash, escrow, bonus, accounts, amounts, balances, meta, _ = rest
    return Row(
        seq,
        epoch,
        cmd_id,
        req_hash,
        EntryCode(code),
        status,
        ccy,
        player_id,
        ref or b"",
        round_id or b"",
        booked_ms,
        cash,
        escrow,
        bonus,
        tuple(zip(accounts, amounts, balances, strict=True)),
        meta or "",
    )
