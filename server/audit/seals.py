"""Verifying signed records, with code of its own: `actors/domain/evidence.py` makes them, docs/audit.md describes them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

CHECKPOINT: Final = "croupier/checkpoint/1"
RECEIPT: Final = "croupier/receipt/1"
KEY: Final = "croupier/key/1"
RETIREMENT: Final = "croupier/retirement/1"

Keys = Mapping[str, VerifyKey]


class SealBroken(Exception):
    """The record is not what a key of ours signed; the text says why."""


def read_record(text: str) -> dict[str, Any]:
    """Return a record from its text. Raises SealBroken for anything but a JSON object of texts and whole numbers."""
    try:
        record = json.loads(text, parse_float=_refuse, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise SealBroken("it cannot be read") from None
    if not isinstance(record, dict):
        raise SealBroken("it is no record")
    return record


def _refuse(text: str) -> Any:
    raise ValueError(text)


def canonical(record: Mapping[str, Any]) -> str:
    """Return the text that is signed: keys sorted, no blanks, ASCII."""
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def check_seal(record: Mapping[str, Any], what: str, keys: Keys) -> None:
    """Return where the record is of this kind and signed by one of these keys. Raises SealBroken."""
    if record.get("what") != what:
        raise SealBroken(f"it is not a {what}")
    key = keys.get(str(record.get("key")))
    if key is None:
        raise SealBroken(f"it is signed with the unknown key {record.get('key')}")
    content = canonical({name: value for name, value in record.items() if name != "sig"})
    try:
        key.verify(content.encode(), bytes.fromhex(str(record.get("sig"))))
    except (CryptoError, ValueError, TypeError):
        raise SealBroken("its signature does not hold") from None


def load_keys(file: Path) -> dict[str, VerifyKey]:
    """Return the public keys of a key list by id. Raises SealBroken naming the line; OSError where it cannot be read.

    Each key must be signed by itself or by one before it: who trusts the first, or any other, trusts those it introduced.
    """
    keys: dict[str, VerifyKey] = {}
    for number, line in enumerate(file.read_text(encoding="ascii", errors="replace").splitlines(), 1):
        try:
            record = read_record(line)
            public = bytes.fromhex(str(record.get("public")))
            key_id = hashlib.sha256(public).hexdigest()[:16]
            if record.get("id") != key_id:
                raise SealBroken("the id is not the key's")
            check_seal(record, KEY, {**keys, key_id: VerifyKey(public)})
        except (SealBroken, ValueError, CryptoError, TypeError) as broken:
            raise SealBroken(f"line {number} of {file.name}: {broken}") from None
        keys[key_id] = VerifyKey(public)
    return keys
