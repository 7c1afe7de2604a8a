"""Whether the house has signed what a record says: the record's bytes against its signature, and against its words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from nacl.exceptions import CryptoError

from actors.domain.round_record import WHAT, RoundRecord
from server.audit.seals import Keys


def is_signed(record: Mapping[str, Any], keys: Keys) -> bool:
    """Tell whether one of these keys signed what the record says of its round. Raises nothing."""
    try:
        body, signature = bytes.fromhex(record["record"]), bytes.fromhex(record["signature"])
        signed = msgspec.msgpack.decode(body, type=RoundRecord)
        keys[signed.key].verify(body, signature)
    except (KeyError, TypeError, ValueError, CryptoError, msgspec.MsgspecError):
        return False
    return signed.what == WHAT and _says(signed) == _claims(record)


def _says(signed: RoundRecord) -> list[Any]:
    head = [signed.table_id, signed.round_id.hex(), signed.round_no, signed.rules_version, signed.state]
    return [*head, signed.commitment, signed.seed, signed.salt, signed.number, list(signed.detail)]


def _claims(record: Mapping[str, Any]) -> list[Any]:
    is_voided = record.get("state") == "voided"
    head = [record.get(name) for name in ("table_id", "round_id", "round_no", "rules_version", "state", "commitment")]
    fate = (
        ["", record.get("salt"), 0, []]
        if is_voided
        else [record.get(name) for name in ("seed", "salt", "number", "detail")]
    )
    return [*head, *fate]
