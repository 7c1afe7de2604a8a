"""Personal data: sealed to their place, found without being read, erased by forgetting a key, wrapped anew piece by piece."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from cryptography.exceptions import InvalidTag

from server.config import Config, ConfigError
from server.entropy import LibsodiumEntropy
from server.vault.email import clean_email, email_key
from server.vault.keys import VaultKeys
from server.vault.vault import Lost, Vault
from tests.fakes.vault import Died, FakeVault

ANNA, BERT = 7, 8
EMAIL = "anna@example.org"


class Scene:
    """A vault over a store that can be bent."""

    def __init__(self, state: Path) -> None:
        self.store = FakeVault()
        self.state = state
        self.keys = VaultKeys(Config(state=state))
        self.vault = Vault(self.store, self.keys, LibsodiumEntropy())

    def again(self) -> Vault:
        """Return a vault of another process."""
        return Vault(self.store, VaultKeys(Config(state=self.state)), LibsodiumEntropy())

    async def write(self, player: int = ANNA, email: str = EMAIL) -> None:
        await self.vault.write(player, "email", email, email_key(email))


@pytest.fixture
async def scene(tmp_path: Path) -> Scene:
    made = Scene(tmp_path)
    await made.write()
    await made.write(BERT, "bert@example.org")
    return made


async def test_value_is_read_back_by_any_process_and_is_not_in_the_store(scene: Scene) -> None:
    assert await scene.again().read(ANNA, "email") == EMAIL
    assert await scene.vault.read(ANNA, "phone") is None
    assert b"anna" not in b"".join(value.ct for value in scene.store.values.values())


async def test_ciphertext_moved_to_another_player_does_not_open(scene: Scene) -> None:
    scene.store.values[BERT, "email"] = scene.store.values[ANNA, "email"]
    with pytest.raises(InvalidTag):
        await scene.vault.read(BERT, "email")


async def test_ciphertext_moved_with_its_key_to_another_player_does_not_open(scene: Scene) -> None:
    scene.store.values[BERT, "email"] = scene.store.values[ANNA, "email"]
    scene.store.keys[BERT] = scene.store.keys[ANNA]
    with pytest.raises(InvalidTag):
        await scene.vault.read(BERT, "email")


async def test_ciphertext_moved_to_another_column_does_not_open(scene: Scene) -> None:
    scene.store.values[ANNA, "phone"] = scene.store.values[ANNA, "email"]
    with pytest.raises(InvalidTag):
        await scene.vault.read(ANNA, "phone")


@pytest.mark.parametrize("field", ["nonce", "ct"])
async def test_changed_byte_does_not_open(scene: Scene, field: str) -> None:
    held = scene.store.values[ANNA, "email"]
    bent = bytes((getattr(held, field)[0] ^ 1,)) + getattr(held, field)[1:]
    scene.store.values[ANNA, "email"] = msgspec.structs.replace(held, **{field: bent})
    with pytest.raises(InvalidTag):
        await scene.vault.read(ANNA, "email")


async def test_value_of_a_former_key_does_not_open_under_the_next(scene: Scene) -> None:
    old = scene.store.values[ANNA, "email"]
    await scene.write(ANNA, "new@example.org")
    now = scene.store.values[ANNA, "email"]
    scene.store.values[ANNA, "email"] = msgspec.structs.replace(old, dek_ver=now.dek_ver)
    with pytest.raises(InvalidTag):
        await scene.vault.read(ANNA, "email")


async def test_every_write_takes_a_new_key_and_keeps_the_other_values(scene: Scene) -> None:
    before = scene.store.keys[ANNA]
    await scene.vault.write(ANNA, "phone", "+1 555 0100")
    assert scene.store.keys[ANNA].dek_ver == before.dek_ver + 1
    assert [await scene.vault.read(ANNA, column) for column in ("email", "phone")] == [EMAIL, "+1 555 0100"]


async def test_erased_player_reads_as_erased_and_is_not_found_though_his_values_still_lie_there(scene: Scene) -> None:
    backup = scene.store.values[ANNA, "email"]
    await scene.vault.erase(ANNA)
    await scene.vault.erase(ANNA)
    assert await scene.vault.read(ANNA, "email") is Lost.ERASED
    assert await scene.vault.find("email", email_key(EMAIL)) is None
    await scene.write(ANNA, "back@example.org")
    scene.store.values[ANNA, "email"] = backup
    assert await scene.vault.read(ANNA, "email") is Lost.ERASED
    assert await scene.vault.read(BERT, "email") == "bert@example.org"


async def test_value_is_found_in_any_case_and_belongs_to_the_first_who_has_it(scene: Scene) -> None:
    await scene.write(BERT, "Anna@Example.ORG")
    assert await scene.vault.find("email", email_key("ANNA@example.org")) == ANNA
    await scene.vault.write(ANNA, "email", None)
    assert await scene.vault.read(ANNA, "email") is None
    assert await scene.vault.find("email", email_key(EMAIL)) is None


async def test_rotation_wraps_every_key_anew_and_changes_no_value(scene: Scene) -> None:
    values = dict(scene.store.values)
    scene.keys.add()
    assert await scene.vault.rotate() == 2
    assert await scene.vault.keys_by_version() == {2: 2}
    assert scene.store.values == values
    assert await scene.again().read(ANNA, "email") == EMAIL


@pytest.mark.parametrize("after", [0, 1])
async def test_rotation_stopped_at_any_key_opens_everything_and_goes_on(scene: Scene, after: int) -> None:
    scene.keys.add()
    scene.store.stop_after = after
    with pytest.raises(Died):
        await scene.vault.rotate()
    assert [await scene.again().read(player, "email") for player in (ANNA, BERT)] == [EMAIL, "bert@example.org"]
    scene.store.stop_after = -1
    assert await scene.again().rotate() == 2 - after
    assert await scene.vault.keys_by_version() == {2: 2}


async def test_key_under_a_lost_version_is_said_to_be_missing(scene: Scene) -> None:
    (scene.state / "keys" / "kek_1").unlink()
    with pytest.raises(ConfigError, match="key-encryption key 1 is missing"):
        await scene.again().read(ANNA, "email")


async def test_key_wrapped_by_another_key_of_the_same_version_does_not_open(scene: Scene) -> None:
    (scene.state / "keys" / "kek_1").write_text("ab" * 32)
    with pytest.raises(InvalidTag):
        await scene.again().read(ANNA, "email")


def test_given_keys_are_used_and_none_is_made(tmp_path: Path) -> None:
    keys = VaultKeys(Config(state=tmp_path, keks=f"1={'11' * 32} 3={'33' * 32}", pii_index_key="44" * 32))
    assert (keys.newest(), keys.kek(1), keys.index) == (3, bytes([0x11] * 32), bytes([0x44] * 32))
    assert keys.are_given
    with pytest.raises(ConfigError, match="CROUPIER_KEKS"):
        keys.add()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["1", "x=" + "11" * 32, "0=" + "11" * 32, "1=11"])
def test_malformed_keys_are_a_clear_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="CROUPIER_KEKS"):
        VaultKeys(Config(state=tmp_path, keks=text)).newest()


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        (" anna@example.org ", "anna@example.org"),
        ("Ann.O'Hara+bets@mail.example.co", "Ann.O'Hara+bets@mail.example.co"),
        ("ünïcode@exämple.org", "ünïcode@exämple.org"),
        *[(bad, None) for bad in ("", "anna", "@example.org", "anna@", "anna@localhost", "a b@example.org")],
        *[(bad, None) for bad in (".a@example.org", "a..b@example.org", "a@-x.org", "a@b@example.org", "a\0@b.org")],
        ("a" * 65 + "@example.org", None),
        ("a@" + "b" * 250 + ".org", None),
    ],
)
def test_address_is_cleaned_or_refused(text: str, cleaned: str | None) -> None:
    assert clean_email(text) == cleaned


def test_addresses_that_differ_in_case_alone_are_the_same() -> None:
    assert email_key("STRASSE@x.org") == email_key("straße@x.org")
