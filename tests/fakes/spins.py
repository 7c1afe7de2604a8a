"""A spin store in memory: the same contract as the PostgreSQL adapter (`spins_contract.py`), outages to order."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import msgspec

from actors.domain.spins import REVEALED_MAX, PlayerSeeds, Revealed, SeedPair, SpinRecord, SpinState
from actors.ports import StaleEpoch, StoreUnavailable
from tests.fakes.rounds import Cut


class _Pairs(msgspec.Struct):
    """Of one player at one game. used: out of use, the latest first."""

    active: SeedPair
    following: SeedPair
    used: list[SeedPair]
    commands: list[bytes]


class FakeSpins:
    """`SpinStore` in dicts. `cuts`: what happens to the next calls of a name; `down`: every call fails."""

    def __init__(self, *games: str) -> None:
        self.epochs = dict.fromkeys(games, 0)
        self.rows: dict[tuple[str, int, bytes], SpinRecord] = {}
        self.pairs: dict[tuple[str, int], _Pairs] = {}
        self.down = False
        self.cuts: deque[tuple[str, Cut]] = deque()
        self.calls: list[str] = []
        self._pair_ids = 0

    async def claim(self, game: str, owner: str) -> int:
        """See `SpinStore`."""
        self._enter("claim")
        if game not in self.epochs:
            raise KeyError(game)
        self.epochs[game] += 1
        self._leave("claim")
        return self.epochs[game]

    async def unresolved(self, game: str) -> list[SpinRecord]:
        """See `SpinStore`."""
        self._enter("unresolved")
        return [row for key, row in self.rows.items() if key[0] == game and row.state is SpinState.RECORDED]

    async def seeds(self, game: str, player_id: int) -> PlayerSeeds | None:
        """See `SpinStore`."""
        self._enter("seeds")
        pairs = self.pairs.get((game, player_id))
        return _told(pairs) if pairs is not None else None

    async def make_seeds(self, game: str, epoch: int, player_id: int, new: PlayerSeeds) -> PlayerSeeds:
        """See `SpinStore`."""
        self._enter("make_seeds")
        self._fence(game, epoch)
        pairs = self.pairs.get((game, player_id))
        if pairs is None:
            pairs = _Pairs(self._numbered(new.active), self._numbered(new.following), [], [])
            self.pairs[game, player_id] = pairs
        self._leave("make_seeds")
        return _told(pairs)

    async def rotate(
        self, game: str, epoch: int, player_id: int, command_id: bytes, client_seed: str, new: SeedPair, at_ms: int
    ) -> PlayerSeeds:
        """See `SpinStore`."""
        self._enter("rotate")
        self._fence(game, epoch)
        pairs = self.pairs[game, player_id]
        if command_id not in pairs.commands:
            pairs.used.insert(0, pairs.active)
            last_ms = pairs.active.last_ms
            pairs.active = msgspec.structs.replace(
                pairs.following, client_seed=client_seed, began_ms=at_ms, last_ms=last_ms
            )
            pairs.following = self._numbered(new)
            pairs.commands.append(command_id)
        self._leave("rotate")
        return _told(pairs)

    async def record(self, game: str, epoch: int, spins: Sequence[SpinRecord]) -> list[SpinRecord | None]:
        """See `SpinStore`."""
        self._enter("record")
        self._fence(game, epoch)
        found = [self._record(game, spin) for spin in spins]
        self._leave("record")
        return found

    async def find(self, game: str, player_id: int, spin_id: bytes) -> SpinRecord | None:
        """See `SpinStore`."""
        self._enter("find")
        return self.rows.get((game, player_id, spin_id))

    async def close(self, game: str, epoch: int, spins: Sequence[SpinRecord]) -> None:
        """See `SpinStore`."""
        self._enter("close")
        self._fence(game, epoch)
        for spin in spins:
            key = (game, spin.player_id, spin.spin_id)
            if self.rows[key].state is SpinState.RECORDED:
                self.rows[key] = msgspec.structs.replace(self.rows[key], state=spin.state, code=spin.code)
        self._leave("close")

    def states(self) -> list[str]:
        """Return the states of all rounds, in the order they were recorded."""
        return [row.state.name for row in self.rows.values()]

    def _record(self, game: str, spin: SpinRecord) -> SpinRecord | None:
        key = (game, spin.player_id, spin.spin_id)
        if key in self.rows:
            return self.rows[key]
        pairs = self.pairs[game, spin.player_id]
        if (pairs.active.pair_id, pairs.active.nonce) != (spin.pair_id, spin.nonce):
            return None
        pairs.active = msgspec.structs.replace(pairs.active, nonce=spin.nonce + 1, last_ms=spin.recorded_ms)
        self.rows[key] = spin
        return spin

    def _numbered(self, pair: SeedPair) -> SeedPair:
        self._pair_ids += 1
        return msgspec.structs.replace(pair, pair_id=self._pair_ids)

    def _fence(self, game: str, epoch: int) -> None:
        if self.epochs.get(game) != epoch:
            raise StaleEpoch(f"{epoch} is not {self.epochs.get(game)}")

    def _enter(self, call: str) -> None:
        self.calls.append(call)
        if self.down or self._is_cut(call, "before"):
            raise StoreUnavailable(call)

    def _leave(self, call: str) -> None:
        if self._is_cut(call, "after"):
            raise StoreUnavailable(call)

    def _is_cut(self, call: str, cut: Cut) -> bool:
        if self.cuts and self.cuts[0] == (call, cut):
            self.cuts.popleft()
            return True
        return False


def _told(pairs: _Pairs) -> PlayerSeeds:
    revealed = tuple(
        Revealed(pair.server_seed, pair.commitment, pair.client_seed, pair.nonce) for pair in pairs.used[:REVEALED_MAX]
    )
    return PlayerSeeds(pairs.active, pairs.following, revealed, pairs.commands[-1] if pairs.commands else b"")
