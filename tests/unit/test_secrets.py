"""Key material is made once, kept from others, and may come from outside."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from server.config import Config, ConfigError
from server.secrets import kept_key, load_secrets


def test_keys_are_made_once_and_differ_from_each_other(tmp_path: Path) -> None:
    first = load_secrets(Config(state=tmp_path))
    second = load_secrets(Config(state=tmp_path))
    assert msgspec.structs.replace(second, link=first.link) == first
    assert len({first.ids, first.token, first.refresh}) == 3
    assert {len(first.ids), len(first.token), len(first.refresh)} == {32}


def test_key_of_the_links_is_fresh_at_every_start_and_kept_nowhere(tmp_path: Path) -> None:
    first, second = (load_secrets(Config(state=tmp_path)) for _ in range(2))
    assert first.link != second.link
    assert {len(first.link), len(second.link)} == {32}
    assert "link" not in {file.name for file in (tmp_path / "keys").iterdir()}


def test_key_files_are_for_the_owner_only(tmp_path: Path) -> None:
    load_secrets(Config(state=tmp_path))
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "keys").iterdir()} == {0o600}


def test_loosened_permissions_are_tightened_again(tmp_path: Path) -> None:
    load_secrets(Config(state=tmp_path))
    (tmp_path / "keys" / "ids").chmod(0o644)
    load_secrets(Config(state=tmp_path))
    assert stat.S_IMODE((tmp_path / "keys" / "ids").stat().st_mode) == 0o600


def test_given_key_wins_over_the_kept_one(tmp_path: Path) -> None:
    kept = load_secrets(Config(state=tmp_path))
    given = load_secrets(Config(state=tmp_path, ids_key="ab" * 32))
    assert given.ids == bytes.fromhex("ab" * 32) != kept.ids


def test_given_key_of_wrong_length_is_an_error_naming_the_variable(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="CROUPIER_TOKEN_KEY"):
        load_secrets(Config(state=tmp_path, token_key="abcd"))


def test_damaged_key_file_is_an_error_and_not_replaced(tmp_path: Path) -> None:
    load_secrets(Config(state=tmp_path))
    (tmp_path / "keys" / "ids").write_text("damaged")
    with pytest.raises(ConfigError, match="ids"):
        load_secrets(Config(state=tmp_path))
    assert (tmp_path / "keys" / "ids").read_text() == "damaged"


def test_printing_shows_no_key(tmp_path: Path) -> None:
    secrets = load_secrets(Config(state=tmp_path))
    assert secrets.ids.hex() not in f"{secrets!r} {secrets}"


def test_processes_that_make_a_key_at_once_have_the_same_one(tmp_path: Path) -> None:
    # Each found no file; the later one replaced the earlier one's key, under which something was sealed by then.
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: kept_key(tmp_path / "kek_1"), range(64)))
    assert len(set(keys)) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["kek_1"]
