"""Key material: made once, kept in `state/keys` for the owner's eyes only, or given by the environment.

Losing `ids` would let a restarted table pay a round under other ids than before its crash, and losing
`postgres_password` shuts the cluster: back these files up together with the data.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

import msgspec
import nacl.utils

from server.config import Config, ConfigError

KEY_BYTES = 32


class Secrets(msgspec.Struct, frozen=True, kw_only=True):
    """What nobody outside the hosts may know. Each key is 32 bytes."""

    ids: bytes  # HMAC key of derived ids (settlements, voids, bonus ticks)
    token: bytes  # Ed25519 seed that signs access tokens
    refresh: bytes  # HMAC key under which refresh tokens are stored
    evidence: bytes = b""  # Ed25519 seed that signs checkpoints and receipts
    link: bytes  # what the streams between hosts are authenticated and encrypted by; fresh at every start, kept nowhere
    postgres_password: str
    valkey_password: str

    def __repr__(self) -> str:
        return "Secrets(...)"


def load_secrets(config: Config) -> Secrets:
    """Return the keys of this state folder, making those that are missing. Raises ConfigError naming a broken one."""
    folder = config.state / "keys"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return Secrets(
        ids=_given("CROUPIER_IDS_KEY", config.ids_key) or kept_key(folder / "ids"),
        token=_given("CROUPIER_TOKEN_KEY", config.token_key) or kept_key(folder / "token"),
        refresh=_given("CROUPIER_REFRESH_KEY", config.refresh_key) or kept_key(folder / "refresh"),
        evidence=_given("CROUPIER_EVIDENCE_KEY", config.evidence_key) or kept_key(folder / "evidence"),
        link=nacl.utils.random(KEY_BYTES),
        postgres_password=kept_key(folder / "postgres_password").hex(),
        valkey_password=kept_key(folder / "valkey_password").hex(),
    )


def new_key() -> bytes:
    """Return fresh key material."""
    return bytes(nacl.utils.random(KEY_BYTES))


def replace_key(config: Config, name: str, key: bytes) -> None:
    """Put another key in the place of this one, for the next start. The old one is gone."""
    file = config.state / "keys" / name
    _written_aside(file, key).replace(file)
    _sync_folder(file.parent)


def _given(variable: str, text: str) -> bytes | None:
    return parse_key(text, variable) if text else None


def kept_key(file: Path) -> bytes:
    """Return the key in the file, making it if there is none.

    Written aside, so it is whole or absent, and linked: of two processes that make it at once both have the first one's.
    """
    if not file.exists():
        fresh = _written_aside(file, nacl.utils.random(KEY_BYTES))
        with suppress(FileExistsError):
            os.link(fresh, file)
        fresh.unlink()
        _sync_folder(file.parent)
    file.chmod(0o600)
    return parse_key(file.read_text().strip(), str(file))


def _written_aside(file: Path, key: bytes) -> Path:
    fresh = file.with_name(f".{file.name}.{os.getpid()}.{threading.get_ident()}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
        output.write(key.hex() + "\n")
        output.flush()
        os.fsync(output.fileno())
    return fresh


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def parse_key(text: str, where: str) -> bytes:
    """Return the key that these 64 hexadecimal digits are. Raises ConfigError naming where they stand."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigError(f"{where} must be {2 * KEY_BYTES} hexadecimal digits")
    return key
