"""The evidence key: what signs checkpoints and receipts, and the list of public keys by which anybody verifies them.

`evidence-keys.jsonl` in the state folder has one line for each key there ever was, oldest first; each is signed by the
key before it, the first by itself. Give auditors a copy, by another way than the evidence. Format: docs/audit.md.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, Final

from nacl.signing import SigningKey

from actors.domain.evidence import KEY, canonical, seal
from server.config import Config, ConfigError
from server.secrets import Secrets, new_key, replace_key

KEYS_FILE: Final = "evidence-keys.jsonl"


class EvidenceSigner:
    """An Ed25519 key pair from its 32-byte seed. See `Signer`."""

    def __init__(self, seed: bytes) -> None:
        self._key = SigningKey(seed)
        self.verify_key = self._key.verify_key
        self.public = bytes(self.verify_key)
        self.key_id = hashlib.sha256(self.public).hexdigest()[:16]

    def sign(self, content: bytes) -> bytes:
        """Return the 64 bytes of the signature."""
        return bytes(self._key.sign(content).signature)


def keys_file(config: Config) -> Path:
    """Return where the public keys are listed."""
    return config.state / KEYS_FILE


def publish_key(config: Config, secrets: Secrets, now_ms: int) -> None:
    """List the present key among the public ones, if it is not there. Safe to repeat."""
    _introduce(keys_file(config), EvidenceSigner(secrets.evidence), EvidenceSigner(secrets.evidence), now_ms)


def rotate_key(config: Config, secrets: Secrets, now_ms: int) -> str:
    """Make a new key, listed with the old one's signature, and return its id. Hosts use it from their next start.

    Raises ConfigError where the environment gives the key: then it is not ours to replace.
    """
    if config.evidence_key:
        raise ConfigError("CROUPIER_EVIDENCE_KEY gives the key: change it there, and start again")
    publish_key(config, secrets, now_ms)
    seed = new_key()
    new = EvidenceSigner(seed)
    _introduce(keys_file(config), new, EvidenceSigner(secrets.evidence), now_ms)
    # Listed before it is used: a crash in between leaves a listed key that signs nothing.
    replace_key(config, "evidence", seed)
    return new.key_id


def _introduce(file: Path, key: EvidenceSigner, by: EvidenceSigner, now_ms: int) -> None:
    lines = file.read_text().splitlines() if file.exists() else []
    known = [json.loads(line)["id"] for line in lines]
    if key.key_id in known:
        return
    record: dict[str, Any] = {"what": KEY, "id": key.key_id, "public": key.public.hex(), "time_ms": now_ms}
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    with fresh.open("w") as output:
        output.write("".join(f"{line}\n" for line in [*lines, canonical(seal(record, by))]))
        output.flush()
        os.fsync(output.fileno())
    fresh.chmod(0o644)
    fresh.replace(file)
