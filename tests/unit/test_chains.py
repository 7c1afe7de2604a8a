"""Chains over a store in memory, and what only a bent store shows."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from actors.domain.games.draws import chain
from server.config import Config, ConfigError
from server.fairness.chains import LENGTH, STRIDE, ChainStore, HashChains, Strand
from server.vault.keys import VaultKeys
from tests.fakes.chains import FakeChains
from tests.fakes.chains_contract import TABLE, ChainsContract


class TestFakeChains(ChainsContract):
    @pytest.fixture
    def store(self) -> ChainStore:
        return FakeChains()


async def _begun(store: FakeChains, keys: VaultKeys) -> HashChains:
    made = ChainsContract.process(store, keys)
    await made.for_round(TABLE, 1)
    return made


def test_strand_has_the_elements_of_the_chain_wherever_it_is_asked() -> None:
    whole, strand = chain("ab" * 32, 3 * STRIDE), Strand("ab" * 32, 3 * STRIDE)
    assert strand.terminal == whole[0]
    asked = [1, STRIDE, STRIDE + 1, 3 * STRIDE, 2, 2 * STRIDE]
    assert [strand.element(index) for index in asked] == [whole[index] for index in asked]


def test_length_of_chains_is_a_whole_number_of_strides() -> None:
    assert LENGTH % STRIDE == 0


async def test_root_is_nowhere_in_the_store(tmp_path: Path) -> None:
    store = FakeChains()
    made = await _begun(store, VaultKeys(Config(state=tmp_path)))
    last = await made.for_round(TABLE, 8)
    row = store.rows[TABLE, 1]
    assert bytes.fromhex(last.seed) not in row.root
    assert last.seed not in repr(row)


async def test_root_moved_to_another_table_does_not_open(tmp_path: Path) -> None:
    store, keys = FakeChains(), VaultKeys(Config(state=tmp_path))
    await _begun(store, keys)
    store.rows["roulette-2", 1] = msgspec.structs.replace(store.rows[TABLE, 1], table_id="roulette-2")
    with pytest.raises(ConfigError, match="does not open"):
        await ChainsContract.process(store, keys).for_round("roulette-2", 1)


async def test_chain_whose_published_end_was_changed_is_not_played(tmp_path: Path) -> None:
    store, keys = FakeChains(), VaultKeys(Config(state=tmp_path))
    await _begun(store, keys)
    store.rows[TABLE, 1] = msgspec.structs.replace(store.rows[TABLE, 1], terminal="0" * 64)
    with pytest.raises(ValueError, match="published"):
        await ChainsContract.process(store, keys).for_round(TABLE, 1)


async def test_process_that_died_between_chain_and_salt_leaves_a_chain_that_is_salted_later(tmp_path: Path) -> None:
    store, keys = FakeChains(), VaultKeys(Config(state=tmp_path))
    made = await _begun(store, keys)
    await made.for_round(TABLE, 5)  # publishes the next one, without a salt
    terminal = store.rows[TABLE, 2].terminal
    begun = await ChainsContract.process(store, keys).for_round(TABLE, 9)
    assert (begun.commitment, bool(begun.salt)) == (terminal, True)


async def test_chain_begun_by_another_at_a_later_round_refuses_the_earlier_one(tmp_path: Path) -> None:
    store, keys = FakeChains(), VaultKeys(Config(state=tmp_path))
    other = FakeChains()
    await ChainsContract.process(other, keys).for_round(TABLE, 7)
    store.before_publish = lambda: store.rows.update(other.rows)
    with pytest.raises(KeyError, match="before its chains"):
        await ChainsContract.process(store, keys).for_round(TABLE, 6)
