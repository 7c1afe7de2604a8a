"""Rounds and seeds of instant games in PostgreSQL: the adapter of `SpinStore`. Fenced as `rounds.py` is, by the game's table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from actors.domain.games.game import Outcome
from actors.domain.spins import REVEALED_MAX, PlayerSeeds, Revealed, SeedPair, SpinRecord, SpinState
from actors.ports import StaleEpoch
from server.storage.outages import outages
from server.vault.seeds import SeedSealer

#: A statement that takes longer is given up; it may still be carried out.
STATEMENT_S: Final = 5.0

_CLAIM: Final = "update casino.game_table set epoch = epoch + 1, owner = $2 where table_id = $1 returning epoch"
_HOLD: Final = "select 1 from casino.game_table where table_id = $1 and epoch = $2 for share"

_COLUMNS: Final = (
    "player_id, spin_id, shard_id, ccy, epoch, pair_id, nonce, commitment, client_seed, stake_minor, payout_minor, number,"
    " detail, rules_version, proof, recorded_ms, state, code"
)
_UNRESOLVED: Final = f"select {_COLUMNS} from casino.spin where game = $1 and state = 0 order by recorded_ms, pair_id"
_FIND: Final = f"select {_COLUMNS} from casino.spin where game = $1 and player_id = $2 and spin_id = $3"

# fresh: spins that nobody has recorded. moved: pairs whose next number is the spin's; that number is used up.
_RECORD: Final = f"""
with fence as ({_HOLD}),
asked as (
  select * from unnest($3::bigint[], $4::uuid[], $5::smallint[], $6::smallint[], $7::bigint[], $8::bigint[], $9::text[],
                       $10::text[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bytea[], $15::text[], $16::bytea[],
                       $17::bigint[])
    a(player_id, spin_id, shard_id, ccy, pair_id, nonce, commitment, client_seed, stake_minor, payout_minor, number, detail,
      rules_version, proof, recorded_ms)),
stored as (select s.* from casino.spin s join asked a using (player_id, spin_id) where s.game = $1),
fresh as (select a.* from asked a, fence where not exists (select from stored s where s.player_id = a.player_id)),
moved as (
  update casino.seed_pair p set nonce = p.nonce + 1, last_ms = f.recorded_ms
    from fresh f where p.pair_id = f.pair_id and p.nonce = f.nonce and p.state = 1 and p.player_id = f.player_id
  returning p.pair_id),
added as (
  insert into casino.spin
    (game, player_id, spin_id, shard_id, ccy, epoch, pair_id, nonce, commitment, client_seed, stake_minor, payout_minor,
     number, detail, rules_version, proof, recorded_ms)
  select $1, f.player_id, f.spin_id, f.shard_id, f.ccy, $2, f.pair_id, f.nonce, f.commitment, f.client_seed, f.stake_minor,
         f.payout_minor, f.number, f.detail, f.rules_version, f.proof, f.recorded_ms
    from fresh f join moved using (pair_id)
  returning {_COLUMNS})
select (select count(*) from fence) as held, {_COLUMNS} from added
union all select (select count(*) from fence), {_COLUMNS} from stored
union all select (select count(*) from fence), {", ".join(["null"] * 18)} where not exists (select from fence)"""

_CLOSE: Final = f"""
with fence as ({_HOLD}),
closed as (
  update casino.spin s set state = c.state, code = c.code
    from unnest($3::bigint[], $4::uuid[], $5::smallint[], $6::smallint[]) c(player_id, spin_id, state, code), fence
   where s.game = $1 and s.player_id = c.player_id and s.spin_id = c.spin_id and s.state = 0)
select count(*) from fence"""

_PAIRS: Final = """
select pair_id, state, sealed, kek_ver, commitment, client_seed, nonce, last_ms, began_ms, ended_by from casino.seed_pair
 where game = $1 and player_id = $2 and state < 2
union all (
select pair_id, state, sealed, kek_ver, commitment, client_seed, nonce, last_ms, began_ms, ended_by from casino.seed_pair
 where game = $1 and player_id = $2 and state = 2 order by pair_id desc limit $3)"""
_ADD_PAIR: Final = """
insert into casino.seed_pair (game, player_id, state, sealed, kek_ver, commitment, client_seed, began_ms)
values ($1, $2, $3, $4, $5, $6, $7, $8)"""
_HAS_PAIRS: Final = "select exists (select from casino.seed_pair where game = $1 and player_id = $2)"
_IS_ROTATED: Final = "select exists (select from casino.seed_pair where game = $1 and player_id = $2 and ended_by = $3)"
_END_PAIR: Final = """
update casino.seed_pair set state = 2, ended_by = $3 where game = $1 and player_id = $2 and state = 1 returning last_ms"""
_BEGIN_PAIR: Final = """
update casino.seed_pair set state = 1, client_seed = $3, began_ms = $4, last_ms = $5
 where game = $1 and player_id = $2 and state = 0"""


class PostgresSpins:
    """The spin store. `record` and `close` are one statement each, whatever the size of the group."""

    def __init__(self, pool: asyncpg.Pool, sealer: SeedSealer) -> None:
        self._pool = pool
        self._sealer = sealer

    async def claim(self, game: str, owner: str) -> int:
        """See `SpinStore.claim`."""
        with outages():
            epoch = await self._pool.fetchval(_CLAIM, game, owner, timeout=STATEMENT_S)
        if epoch is None:
            raise KeyError(f"there is no game {game!r}")
        return int(epoch)

    async def unresolved(self, game: str) -> list[SpinRecord]:
        """See `SpinStore.unresolved`."""
        with outages():
            return [_record_of(row) for row in await self._pool.fetch(_UNRESOLVED, game, timeout=STATEMENT_S)]

    async def find(self, game: str, player_id: int, spin_id: bytes) -> SpinRecord | None:
        """See `SpinStore.find`."""
        with outages():
            row = await self._pool.fetchrow(_FIND, game, player_id, UUID(bytes=spin_id), timeout=STATEMENT_S)
        return None if row is None else _record_of(row)

    async def record(self, game: str, epoch: int, spins: Sequence[SpinRecord]) -> list[SpinRecord | None]:
        """See `SpinStore.record`."""
        columns = [
            [s.player_id for s in spins],
            [UUID(bytes=s.spin_id) for s in spins],
            [s.shard for s in spins],
            [s.ccy for s in spins],
            [s.pair_id for s in spins],
            [s.nonce for s in spins],
            [s.commitment for s in spins],
            [s.client_seed for s in spins],
            [s.stake_minor for s in spins],
            [s.payout_minor for s in spins],
            [s.outcome.number for s in spins],
            [msgspec.msgpack.encode(s.outcome.detail) for s in spins],
            [s.rules_version for s in spins],
            [s.proof for s in spins],
            [s.recorded_ms for s in spins],
        ]
        with outages():
            rows = await self._pool.fetch(_RECORD, game, epoch, *columns, timeout=STATEMENT_S)
        if any(not row["held"] for row in rows):
            raise _stale(game, epoch)
        found = {row["player_id"]: _record_of(row) for row in rows}
        return [found.get(spin.player_id) for spin in spins]

    async def close(self, game: str, epoch: int, spins: Sequence[SpinRecord]) -> None:
        """See `SpinStore.close`."""
        columns = [
            [s.player_id for s in spins],
            [UUID(bytes=s.spin_id) for s in spins],
            [int(s.state) for s in spins],
            [s.code for s in spins],
        ]
        with outages():
            if not await self._pool.fetchval(_CLOSE, game, epoch, *columns, timeout=STATEMENT_S):
                raise _stale(game, epoch)

    # ------------------------------------------------------------ seeds

    async def seeds(self, game: str, player_id: int) -> PlayerSeeds | None:
        """See `SpinStore.seeds`."""
        with outages():
            return await self._seeds(self._pool, game, player_id)

    async def make_seeds(self, game: str, epoch: int, player_id: int, new: PlayerSeeds) -> PlayerSeeds:
        """See `SpinStore.make_seeds`."""
        with outages():
            async with self._pool.acquire() as connection, connection.transaction():
                await _hold(connection, game, epoch)
                if not await connection.fetchval(_HAS_PAIRS, game, player_id):
                    await self._add(connection, game, player_id, 1, new.active)
                    await self._add(connection, game, player_id, 0, new.following)
                return _there(await self._seeds(connection, game, player_id), player_id)

    async def rotate(
        self, game: str, epoch: int, player_id: int, command_id: bytes, client_seed: str, new: SeedPair, at_ms: int
    ) -> PlayerSeeds:
        """See `SpinStore.rotate`."""
        order = UUID(bytes=command_id)
        with outages():
            async with self._pool.acquire() as connection, connection.transaction():
                await _hold(connection, game, epoch)
                if not await connection.fetchval(_IS_ROTATED, game, player_id, order):
                    last_ms = await connection.fetchval(_END_PAIR, game, player_id, order)
                    if last_ms is None:
                        raise KeyError(f"player {player_id} has no seeds")
                    await connection.execute(_BEGIN_PAIR, game, player_id, client_seed, at_ms, last_ms)
                    await self._add(connection, game, player_id, 0, new)
                return _there(await self._seeds(connection, game, player_id), player_id)

    async def _add(self, connection: Any, game: str, player_id: int, state: int, pair: SeedPair) -> None:
        version, sealed = self._sealer.seal(game, player_id, pair.commitment, pair.server_seed)
        place = (game, player_id, state, sealed, version, pair.commitment, pair.client_seed, pair.began_ms)
        await connection.execute(_ADD_PAIR, *place)

    async def _seeds(self, connection: Any, game: str, player_id: int) -> PlayerSeeds | None:
        rows = await connection.fetch(_PAIRS, game, player_id, REVEALED_MAX, timeout=STATEMENT_S)
        if not rows:
            return None
        pairs = [(row["state"], self._pair_of(game, player_id, row), row["ended_by"]) for row in rows]
        (active,) = (pair for state, pair, _ in pairs if state == 1)
        (following,) = (pair for state, pair, _ in pairs if state == 0)
        used = [(pair, order) for state, pair, order in pairs if state == 2]
        revealed = tuple(Revealed(pair.server_seed, pair.commitment, pair.client_seed, pair.nonce) for pair, _ in used)
        return PlayerSeeds(active, following, revealed, used[0][1].bytes if used else b"")

    def _pair_of(self, game: str, player_id: int, row: Any) -> SeedPair:
        seed = self._sealer.open(game, player_id, row["commitment"], row["kek_ver"], row["sealed"])
        times = (row["nonce"], row["last_ms"], row["began_ms"])
        return SeedPair(row["pair_id"], seed, row["commitment"], row["client_seed"], *times)


async def _hold(connection: Any, game: str, epoch: int) -> None:
    if await connection.fetchval(_HOLD, game, epoch) is None:
        raise _stale(game, epoch)


def _there(seeds: PlayerSeeds | None, player_id: int) -> PlayerSeeds:
    if seeds is None:
        raise KeyError(f"player {player_id} has no seeds")
    return seeds


def _stale(game: str, epoch: int) -> StaleEpoch:
    return StaleEpoch(f"{game}: epoch {epoch} is not the game's any more")


def _record_of(row: Any) -> SpinRecord:
    detail = msgspec.msgpack.decode(row["detail"], type=tuple[int, ...])
    return SpinRecord(
        player_id=row["player_id"],
        spin_id=row["spin_id"].bytes,
        shard=row["shard_id"],
        ccy=row["ccy"],
        epoch=row["epoch"],
        pair_id=row["pair_id"],
        nonce=row["nonce"],
        commitment=row["commitment"],
        client_seed=row["client_seed"],
        stake_minor=row["stake_minor"],
        payout_minor=row["payout_minor"],
        outcome=Outcome(row["number"], detail),
        rules_version=row["rules_version"],
        proof=row["proof"],
        recorded_ms=row["recorded_ms"],
        state=SpinState(row["state"]),
        code=row["code"],
    )
