"""Signed records as text: checkpoints of the books, receipts of rows, keys. docs/audit.md describes them for verifiers.

A record is a JSON object of texts, whole numbers and lists, written canonically: keys sorted, no blanks, ASCII. Its
signature is over the canonical text of everything but `sig`. `what` names kind and version, so that a record of one
kind can never pass for another. Stored data: fields and kinds never change meaning.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final, Protocol

CHECKPOINT: Final = "croupier/checkpoint/1"
RECEIPT: Final = "croupier/receipt/1"
KEY: Final = "croupier/key/1"
RETIREMENT: Final = "croupier/retirement/1"

Trial = list[list[int]]


class Signer(Protocol):
    """Holds a private Ed25519 key. key_id: the first 16 hexadecimal digits of the public key's SHA-256."""

    @property
    def key_id(self) -> str:
        """Return which key this is."""
        ...

    def sign(self, content: bytes) -> bytes:
        """Return the 64 bytes of the signature."""
        ...


def canonical(record: dict[str, Any]) -> str:
    """Return the one text that stands for this record."""
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def seal(record: dict[str, Any], signer: Signer) -> dict[str, Any]:
    """Return the record with the key's id and the signature in hexadecimal."""
    keyed = {**record, "key": signer.key_id}
    return {**keyed, "sig": signer.sign(canonical(keyed).encode()).hex()}


def checkpoint_genesis(shard: int) -> str:
    """Return what the first checkpoint of a shard names as the one before it."""
    return hashlib.sha256(b"croupier/checkpoints/%d" % shard).hexdigest()


def checkpoint_link(line: str) -> str:
    """Return what the next checkpoint names: the SHA-256 of this one's line, without the line's end."""
    return hashlib.sha256(line.encode()).hexdigest()


def trial_is_zero(trial: Trial) -> bool:
    """Tell whether a trial balance, `[[currency, kind of account, total], ...]`, sums to zero: money and units apart."""
    sums: dict[tuple[int, bool], int] = {}
    for ccy, kind, total in trial:
        sums[ccy, kind < 900] = sums.get((ccy, kind < 900), 0) + total
    return not any(sums.values())
