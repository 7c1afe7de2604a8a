"""What every store of chains must do, and what `HashChains` makes of any."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from actors.domain.games.draws import commitment
from server.config import Config
from server.entropy import LibsodiumEntropy
from server.fairness.chains import ChainStore, HashChains
from server.vault.keys import VaultKeys

TABLE = "roulette-1"


class ChainsContract:
    """Subclasses give a fixture `store`."""

    @pytest.fixture
    def keys(self, tmp_path: Path) -> VaultKeys:
        return VaultKeys(Config(state=tmp_path))

    @pytest.fixture
    def chains(self, store: ChainStore, keys: VaultKeys) -> HashChains:
        return self.process(store, keys)

    @staticmethod
    def process(store: ChainStore, keys: VaultKeys, setting: str = "") -> HashChains:
        return HashChains(store, keys, LibsodiumEntropy(), setting=setting, length=8)

    async def test_every_commitment_is_the_seed_of_the_round_before_and_the_first_is_published(
        self, chains: HashChains, store: ChainStore
    ) -> None:
        seeds = [await chains.for_round(TABLE, number) for number in range(1, 9)]
        row = await store.of_round(TABLE, 1)
        assert row is not None
        assert [seed.commitment for seed in seeds] == [row.terminal, *(seed.seed for seed in seeds[:-1])]
        assert [commitment(seed.seed) for seed in seeds] == [seed.commitment for seed in seeds]
        assert {seed.salt for seed in seeds} == {row.salt}

    async def test_round_asked_for_again_by_another_process_has_the_same_seed(
        self, chains: HashChains, store: ChainStore, keys: VaultKeys
    ) -> None:
        numbers = [5, 1, 20, 8, 9, 5]
        first = [await chains.for_round(TABLE, number) for number in sorted(numbers)]
        later = self.process(store, keys, setting="ab" * 32)
        again = {number: await later.for_round(TABLE, number) for number in numbers}
        assert first == [again[number] for number in sorted(numbers)]

    async def test_two_processes_that_begin_a_table_at_once_have_the_same_seeds(
        self, store: ChainStore, keys: VaultKeys
    ) -> None:
        doubles = [self.process(store, keys) for _ in range(4)]
        seeds = await asyncio.gather(*(double.for_round(TABLE, 1) for double in doubles))
        assert len(set(seeds)) == 1

    async def test_table_that_played_before_it_had_chains_begins_one_at_its_next_round(
        self, chains: HashChains, store: ChainStore
    ) -> None:
        await chains.for_round(TABLE, 1_001)
        row = await store.of_round(TABLE, 1_001)
        assert row is not None
        assert row.first_round_no == 1_001
        with pytest.raises(KeyError, match="before its chains"):
            await chains.for_round(TABLE, 1_000)

    async def test_next_chain_is_published_before_the_last_round_and_salted_only_when_it_begins(
        self, chains: HashChains, store: ChainStore
    ) -> None:
        for number in range(1, 5):
            await chains.for_round(TABLE, number)
        assert await store.of_round(TABLE, 9) is None
        await chains.for_round(TABLE, 5)
        ahead = await store.of_round(TABLE, 9)
        assert ahead is not None
        assert (ahead.n, ahead.first_round_no, ahead.salt) == (2, 9, "")
        begun = await chains.for_round(TABLE, 9)
        assert begun.commitment == ahead.terminal
        assert begun.salt

    async def test_chain_after_the_last_one_is_published_on_demand_once(
        self, chains: HashChains, store: ChainStore
    ) -> None:
        assert await chains.publish_ahead(TABLE) is None
        await chains.for_round(TABLE, 1)
        first, second = [await chains.publish_ahead(TABLE) for _ in range(2)]
        assert first == second == await store.of_round(TABLE, 9)

    async def test_rounds_passed_over_lie_in_chains_that_never_were_and_later_ones_fit_on(
        self, chains: HashChains, store: ChainStore
    ) -> None:
        await chains.for_round(TABLE, 1)
        await chains.for_round(TABLE, 30)
        row = await store.of_round(TABLE, 30)
        assert row is not None
        assert (row.n, row.first_round_no) == (2, 25)

    async def test_salt_of_the_setting_is_taken_by_a_chain_without_one_and_stays(
        self, store: ChainStore, keys: VaultKeys
    ) -> None:
        given = self.process(store, keys, setting="00" * 16)
        assert (await given.for_round(TABLE, 1)).salt == "00" * 16
        other = self.process(store, keys, setting="11" * 16)
        assert (await other.for_round(TABLE, 2)).salt == "00" * 16
        assert (await other.for_round("roulette-2", 2)).salt == "11" * 16
        row = await store.of_round(TABLE, 1)
        assert row is not None
        assert row.salt_source == "setting"
        assert row.salted_ms >= row.published_ms > 0

    async def test_chains_of_two_tables_share_nothing(self, chains: HashChains) -> None:
        one, other = await chains.for_round(TABLE, 1), await chains.for_round("roulette-2", 1)
        assert one.seed != other.seed
        assert one.salt != other.salt

    async def test_seeds_are_the_same_after_the_keys_were_rotated(
        self, chains: HashChains, store: ChainStore, keys: VaultKeys
    ) -> None:
        before = await chains.for_round(TABLE, 3)
        await chains.for_round("roulette-2", 1)
        keys.add()
        assert await chains.rotate() == 2
        assert await chains.rotate() == 0
        row = await store.of_round(TABLE, 3)
        assert row is not None
        assert row.kek_ver == keys.newest()
        assert await self.process(store, keys).for_round(TABLE, 3) == before
