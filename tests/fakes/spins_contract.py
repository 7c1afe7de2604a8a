"""What every `SpinStore` promises, tried on the one that a subclass makes."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from actors.domain.games.draws import commitment
from actors.domain.games.game import Outcome
from actors.domain.ids import Origin, make_id
from actors.domain.spins import PlayerSeeds, SeedPair, SpinRecord, SpinState
from actors.ports import SpinStore, StaleEpoch

GAME = "slot"
PLAYER = 7
NOW = 1_790_000_000_000


def pair(n: int, client_seed: str = "") -> SeedPair:
    """Return a pair that nobody has stored."""
    seed = f"{n:064x}"
    return SeedPair(0, seed, commitment(seed), client_seed)


def spin_id(n: int) -> bytes:
    """Return an id as a client may make it."""
    return make_id(NOW, Origin.CLIENT, n.to_bytes(9, "big"))


def record(n: int, active: SeedPair, epoch: int, **changes: object) -> SpinRecord:
    """Return a round by the next number of a pair."""
    made = SpinRecord(
        player_id=PLAYER,
        spin_id=spin_id(n),
        shard=1,
        ccy=1,
        epoch=epoch,
        pair_id=active.pair_id,
        nonce=active.nonce,
        commitment=active.commitment,
        client_seed=active.client_seed,
        stake_minor=200,
        payout_minor=60,
        outcome=Outcome(30, (1, 2, 300, 4, 5)),
        rules_version="slot-1:x",
        proof=b"p" * 64,
        recorded_ms=NOW + n,
    )
    return msgspec.structs.replace(made, **changes)


class SpinStoreContract:
    """Subclass it and give the fixture `spins`."""

    async def _begin(self, spins: SpinStore, player_id: int = PLAYER) -> tuple[int, PlayerSeeds]:
        epoch = await spins.claim(GAME, "test")
        new = PlayerSeeds(pair(1 + 10 * player_id, "mine"), pair(2 + 10 * player_id))
        return epoch, await spins.make_seeds(GAME, epoch, player_id, new)

    async def test_claim_of_a_game_that_is_not_there_is_an_error(self, spins: SpinStore) -> None:
        with pytest.raises(KeyError):
            await spins.claim("ghost", "test")

    async def test_player_without_seeds_has_none(self, spins: SpinStore) -> None:
        assert await spins.seeds(GAME, PLAYER) is None

    async def test_first_seeds_are_kept_and_come_back(self, spins: SpinStore) -> None:
        epoch, seeds = await self._begin(spins)
        assert (seeds.active.server_seed, seeds.active.client_seed) == (f"{71:064x}", "mine")
        assert (seeds.following.commitment, seeds.revealed) == (pair(72).commitment, ())
        assert await spins.make_seeds(GAME, epoch, PLAYER, PlayerSeeds(pair(3), pair(4))) == seeds
        assert await spins.seeds(GAME, PLAYER) == seeds

    async def test_record_uses_up_the_number_and_comes_back_the_same(self, spins: SpinStore) -> None:
        epoch, seeds = await self._begin(spins)
        first = record(1, seeds.active, epoch)
        assert await spins.record(GAME, epoch, [first]) == [first]
        assert await spins.record(GAME, epoch, [first]) == [first]
        after = await spins.seeds(GAME, PLAYER)
        assert after is not None
        assert (after.active.nonce, after.active.last_ms) == (1, NOW + 1)
        assert await spins.find(GAME, PLAYER, first.spin_id) == first
        assert await spins.unresolved(GAME) == [first]

    async def test_spin_id_that_was_recorded_keeps_its_number(self, spins: SpinStore) -> None:
        epoch, seeds = await self._begin(spins)
        first = record(1, seeds.active, epoch)
        await spins.record(GAME, epoch, [first])
        again = record(1, msgspec.structs.replace(seeds.active, nonce=1), epoch, stake_minor=400)
        assert await spins.record(GAME, epoch, [again]) == [first]
        after = await spins.seeds(GAME, PLAYER)
        assert after is not None
        assert after.active.nonce == 1

    async def test_number_that_is_not_the_next_one_is_not_recorded(self, spins: SpinStore) -> None:
        epoch, seeds = await self._begin(spins)
        skipping = record(1, msgspec.structs.replace(seeds.active, nonce=1), epoch)
        assert await spins.record(GAME, epoch, [skipping]) == [None]
        assert await spins.find(GAME, PLAYER, skipping.spin_id) is None

    async def test_group_is_recorded_at_once(self, spins: SpinStore) -> None:
        epoch, seeds = await self._begin(spins)
        other = PlayerSeeds(pair(91, "theirs"), pair(92))
        others = await spins.make_seeds(GAME, epoch, 9, other)
        group = [record(1, seeds.active, epoch), record(1, others.active, epoch, player_id=9)]
        assert await spins.record(GAME, epoch, group) == group

    async def test_closed_round_stays_as_it_is(self, spins: SpinStore) -> None:
        epoch, seeds = await self._begin(spins)
        first = record(1, seeds.active, epoch)
        await spins.record(GAME, epoch, [first])
        void = msgspec.structs.replace(first, state=SpinState.VOID, code=400)
        await spins.close(GAME, epoch, [void])
        await spins.close(GAME, epoch, [msgspec.structs.replace(first, state=SpinState.SETTLED)])
        assert await spins.find(GAME, PLAYER, first.spin_id) == void
        assert await spins.unresolved(GAME) == []

    async def test_rotation_reveals_the_pair_and_takes_the_next(self, spins: SpinStore) -> None:
        epoch, seeds = await self._begin(spins)
        await spins.record(GAME, epoch, [record(1, seeds.active, epoch)])
        after = await spins.rotate(GAME, epoch, PLAYER, spin_id(50), "chosen", pair(3), NOW + 9)
        assert (after.active.server_seed, after.active.client_seed) == (seeds.following.server_seed, "chosen")
        assert (after.active.nonce, after.active.last_ms, after.active.began_ms) == (0, NOW + 1, NOW + 9)
        assert after.following.commitment == pair(3).commitment
        (revealed,) = after.revealed
        assert (revealed.server_seed, revealed.client_seed, revealed.rounds) == (f"{71:064x}", "mine", 1)
        assert after.rotated_by == spin_id(50)

    async def test_rotation_that_comes_twice_happens_once(self, spins: SpinStore) -> None:
        epoch, _ = await self._begin(spins)
        once = await spins.rotate(GAME, epoch, PLAYER, spin_id(50), "chosen", pair(3), NOW)
        assert await spins.rotate(GAME, epoch, PLAYER, spin_id(50), "chosen", pair(4), NOW) == once

    async def test_old_pair_takes_no_more_rounds(self, spins: SpinStore) -> None:
        epoch, seeds = await self._begin(spins)
        await spins.rotate(GAME, epoch, PLAYER, spin_id(50), "chosen", pair(3), NOW)
        assert await spins.record(GAME, epoch, [record(1, seeds.active, epoch)]) == [None]

    @pytest.mark.parametrize("writer", ["make_seeds", "record", "close", "rotate"])
    async def test_older_epoch_writes_nothing(self, spins: SpinStore, writer: str) -> None:
        epoch, seeds = await self._begin(spins)
        await spins.claim(GAME, "successor")
        late = record(1, seeds.active, epoch)
        calls: dict[str, Callable[[], object]] = {
            "make_seeds": lambda: spins.make_seeds(GAME, epoch, 8, PlayerSeeds(pair(3), pair(4))),
            "record": lambda: spins.record(GAME, epoch, [late]),
            "close": lambda: spins.close(GAME, epoch, [late]),
            "rotate": lambda: spins.rotate(GAME, epoch, PLAYER, spin_id(50), "chosen", pair(3), NOW),
        }
        with pytest.raises(StaleEpoch):
            await calls[writer]()  # type: ignore[misc]
        assert await spins.seeds(GAME, PLAYER) == seeds
        assert await spins.find(GAME, PLAYER, late.spin_id) is None
