"""Writes `tests/golden/fairness.json`: what every verifier must make of the same seeds. `python -m server.fairness.vectors`"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import msgspec

from actors.domain.games.blackjack import Blackjack
from actors.domain.games.cards import Shoe
from actors.domain.games.draws import SeededDraws, chain, commitment
from actors.domain.round_record import WHAT, RoundRecord, genesis
from server.evidence import EvidenceSigner
from server.fairness.samples import GAMES, sample
from server.fairness.verify import verify

FILE: Final = Path(__file__).resolve().parents[2] / "tests" / "golden" / "fairness.json"
#: Which samples of each game stand in the file: some that are true, and every kind of what was tampered with.
SHOWN: Final = (*range(3), *range(9, 100, 10))
#: So many seeds of each game are checked by one digest of what they lead to.
COUNT: Final = 300


def vectors() -> dict[str, Any]:
    """Return everything in the file."""
    seeds = [hashlib.sha256(f"vectors/{n}".encode()).hexdigest() for n in range(8)]
    versions = sorted(
        {GAMES[game](index)["rules_version"] for game in GAMES for index in (0, 1)} - {Blackjack.rules_version}
    )
    return {
        "chains": [
            {"root": seed, "elements": chain(seed, length)} for seed, length in zip(seeds, (1, 2, 5), strict=False)
        ],
        "commitments": [{"seed": seed, "commitment": commitment(seed)} for seed in seeds],
        "draws": [_draws(seed, client, n) for n, (seed, client) in enumerate(zip(seeds, _CLIENTS, strict=True))],
        "shoes": [_shoe(seed, decks, n) for n, seed in enumerate(seeds[:4]) for decks in (6, 8)],
        "records": [_judged(sample(game, index)) for game in GAMES for index in SHOWN],
        "signed": [_signed(sample("baccarat", 0)), _signed({**sample("roulette", 1), "state": "voided"})],
        "outcomes": [_outcomes(version) for version in versions],
    }


_CLIENTS: Final = ("a", "salt", "0" * 64, "Zürich", "with space", "7", "x:y", "長い")
_BOUNDS: Final = (37, 2, 52, 416, 1, 2**32, 2**32 - 1, 3_000_000_000, 2**31 + 1)


def _draws(seed: str, client: str, nonce: int) -> dict[str, Any]:
    draws = SeededDraws(seed, client, nonce)
    below = [[n, draws.below(n)] for n in _BOUNDS * 3]
    return {"seed": seed, "client": client, "nonce": nonce, "digest": draws.digest().hex(), "below": below}


def _shoe(seed: str, decks: int, nonce: int) -> dict[str, Any]:
    shoe = Shoe(SeededDraws(seed, "salt", nonce), decks)
    cards = [shoe.deal() for _ in range(40)]
    return {"seed": seed, "client": "salt", "nonce": nonce, "decks": decks, "cards": cards}


def _judged(record: dict[str, Any]) -> dict[str, Any]:
    return {"record": record, "verdict": msgspec.to_builtins(verify(record))}


def _signed(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record with the signature of a key that is no secret, and that key."""
    signer = EvidenceSigner(bytes(32))
    is_voided = record["state"] == "voided"
    table_id, round_no, version = record["table_id"], record["round_no"], record["rules_version"]
    signed = RoundRecord(
        what=WHAT,
        table_id=table_id,
        seq=round_no,
        round_id=bytes(range(16)),
        round_no=round_no,
        game=record["game"],
        rules_version=version,
        state=record["state"],
        commitment=record["commitment"],
        seed="" if is_voided else record["seed"],
        salt=record["salt"],
        number=0 if is_voided else record["number"],
        detail=() if is_voided else tuple(record["detail"]),
        plan=bytes(32),
        steps=b"",
        finished_ms=1,
        before=genesis(table_id),
        key=signer.key_id,
    )
    body = signed.body()
    proof = {"record": body.hex(), "signature": signer.sign(body).hex(), "key": signer.key_id}
    return {"public": signer.public.hex(), "record": {**record, "round_id": bytes(range(16)).hex(), **proof}}


def _outcomes(version: str) -> dict[str, Any]:
    """Return SHA-256 over `found` of COUNT seeds: numbers with commas, one round a line.

    Seed and client of round n are SHA-256 of "VERSION/seed/n" and "VERSION/client/n". Blackjack has shoes instead.
    """
    lines = []
    for n in range(COUNT):
        seed, client = (hashlib.sha256(f"{version}/{what}/{n}".encode()).hexdigest() for what in ("seed", "client"))
        names = {"rules_version": version, "seed": seed, "commitment": commitment(seed), "salt": client}
        found = verify({**names, "round_no": n, "number": 0, "detail": []}).found
        lines.append(",".join(map(str, found)) + "\n")
    return {"rules_version": version, "count": COUNT, "sha256": hashlib.sha256("".join(lines).encode()).hexdigest()}


def text() -> str:
    """Return the file's content."""
    parts = [f"{json.dumps(name)}: {_lines(value)}" for name, value in vectors().items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _lines(value: Any) -> str:
    if isinstance(value, list):
        return "[\n" + ",\n".join(json.dumps(item, separators=(",", ":")) for item in value) + "\n]"
    return json.dumps(value)


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
