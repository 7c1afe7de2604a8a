"""Signed records and the list of public keys: what verifies, and everything that must not."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from actors.domain.evidence import RECEIPT, canonical, seal
from server.audit.seals import CHECKPOINT, SealBroken, check_seal, load_keys, read_record
from server.config import Config, ConfigError
from server.evidence import EvidenceSigner, keys_file, publish_key, rotate_key
from server.secrets import load_secrets

SIGNER = EvidenceSigner(bytes(range(32)))
KEYS = {SIGNER.key_id: SIGNER.verify_key}


def test_canonical_text_is_what_the_document_says() -> None:
    assert canonical({"b": [1, -2], "a": "ü\n", "c": 2**63}) == '{"a":"\\u00fc\\n","b":[1,-2],"c":9223372036854775808}'


def test_sealed_record_verifies_and_is_the_same_each_time() -> None:
    record = seal({"what": RECEIPT, "seq": 1}, SIGNER)
    check_seal(record, RECEIPT, KEYS)
    assert record == seal({"what": RECEIPT, "seq": 1}, SIGNER)


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 2},
        {"seq": "1"},
        {"more": 0},
        {"what": CHECKPOINT},
        {"key": "0" * 16},
        {"key": None},
        {"sig": "00" * 64},
        {"sig": "00"},
        {"sig": "no hex"},
        {"sig": None},
        {"sig": 5},
    ],
)
def test_changed_record_does_not_verify(change: dict[str, Any]) -> None:
    record = seal({"what": RECEIPT, "seq": 1}, SIGNER) | change
    with pytest.raises(SealBroken):
        check_seal(record, RECEIPT, KEYS)


def test_record_of_another_kind_does_not_pass_for_this_one() -> None:
    with pytest.raises(SealBroken):
        check_seal(seal({"what": RECEIPT}, SIGNER), CHECKPOINT, KEYS)


@pytest.mark.parametrize("text", ["", "{", "[]", "1", '{"a":1.5}', '{"a":NaN}', "[" * 5000])
def test_text_that_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(SealBroken):
        read_record(text)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(state=tmp_path)


def test_published_key_is_listed_once_and_readable_for_all(config: Config) -> None:
    secrets = load_secrets(config)
    for now_ms in (1, 2):
        publish_key(config, secrets, now_ms)
    assert list(load_keys(keys_file(config))) == [EvidenceSigner(secrets.evidence).key_id]
    assert stat.S_IMODE(keys_file(config).stat().st_mode) == 0o644


def test_rotated_key_is_introduced_by_the_old_one_and_used_afterwards(config: Config) -> None:
    old = EvidenceSigner(load_secrets(config).evidence)
    new_id = rotate_key(config, load_secrets(config), 1)
    assert EvidenceSigner(load_secrets(config).evidence).key_id == new_id
    assert list(load_keys(keys_file(config))) == [old.key_id, new_id]
    lines = [json.loads(line) for line in keys_file(config).read_text().splitlines()]
    assert [line["key"] for line in lines] == [old.key_id, old.key_id]
    check_seal(seal({"what": RECEIPT}, old), RECEIPT, load_keys(keys_file(config)))


def test_key_of_the_environment_is_not_ours_to_rotate(config: Config) -> None:
    given = Config(state=config.state, evidence_key="ab" * 32)
    with pytest.raises(ConfigError, match="CROUPIER_EVIDENCE_KEY"):
        rotate_key(given, load_secrets(given), 1)


@pytest.mark.parametrize("change", ['"id":"0', '"public":"00', '"sig":"00', "{"])
def test_list_with_a_bent_line_is_refused(config: Config, change: str) -> None:
    publish_key(config, load_secrets(config), 1)
    text = keys_file(config).read_text()
    field = change[: change.rindex('"') + 1] if '"' in change else "{"
    keys_file(config).write_text(text.replace(field, change + field[-1:], 1))
    with pytest.raises(SealBroken, match="line 1"):
        load_keys(keys_file(config))


def test_key_introduced_by_a_stranger_is_refused(config: Config) -> None:
    publish_key(config, load_secrets(config), 1)
    stranger = EvidenceSigner(bytes(32))
    record = {"what": "croupier/key/1", "id": SIGNER.key_id, "public": SIGNER.public.hex(), "time_ms": 1}
    with keys_file(config).open("a") as file:
        file.write(canonical(seal(record, stranger)) + "\n")
    with pytest.raises(SealBroken, match="line 2"):
        load_keys(keys_file(config))
