"""Checks the record of a round against its seed, by the games' own code. Two verifiers of other languages do the same:
`clients/web/src/verify/` and `docs/verify/verify.mjs`; all three are held to `tests/golden/fairness.json`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from actors.domain.games.draws import SeededDraws, commitment
from actors.domain.games.game import Outcome
from server.fairness.outcomes import GAMES

_HEX64: Final = re.compile(r"[0-9a-f]{64}")
#: A chain has 65,536 rounds; longer ones are not looked at.
CHAIN_MAX: Final = 1 << 20
#: Whole numbers in records are exact in every client.
_SAFE: Final = 1 << 53
_DETAIL_MAX: Final = 1_000


class Verdict(msgspec.Struct, frozen=True):
    """problems, in the order in which they are looked for: malformed, game, commitment, chain, outcome, payout.

    found: what the seed makes of the round: number and detail; of blackjack the cards in the order dealt.
    """

    ok: bool
    problems: tuple[str, ...]
    found: tuple[int, ...]


class Round(msgspec.Struct, frozen=True):
    """A record, read. client: the salt, or the player's own seed. nonce: the round's number, or the bet's."""

    family: str
    seed: str
    commitment: str
    client: str
    nonce: int
    is_voided: bool
    outcome: Outcome
    stake_minor: int | None
    payout_minor: int | None
    chain: tuple[int, str] | None


class _Malformed(Exception):
    """The record is not one."""


def verify(record: object) -> Verdict:
    """Judge one record: an object as the API gives it, or of the same shape. Source: docs/fairness.md."""
    try:
        return _judge(_read(record))
    except _Malformed:
        return Verdict(False, ("malformed",), ())


def _judge(round_: Round) -> Verdict:
    problems: list[str] = []
    found: tuple[int, ...] = ()
    game = GAMES.get(round_.family)
    if game is None:
        problems.append("game")
    if commitment(round_.seed) != round_.commitment:
        problems.append("commitment")
    if not _follows_chain(round_):
        problems.append("chain")
    if game is not None and not round_.is_voided:
        draws = SeededDraws(round_.seed, round_.client, round_.nonce)
        played = game(draws, round_.outcome, round_.stake_minor, round_.payout_minor)
        found = played.found
        problems += ["outcome"] * (not played.is_same) + ["payout"] * (not played.is_paid)
    return Verdict(not problems, tuple(problems), found)


def _follows_chain(round_: Round) -> bool:
    """Tell whether hashing the seed once for each round since the chain's first leads to what was published."""
    if round_.chain is None:
        return True
    first, terminal = round_.chain
    index = round_.nonce - first + 1
    if not 1 <= index <= CHAIN_MAX:
        return False
    seed = round_.seed
    for _ in range(index):
        seed = commitment(seed)
    return seed == terminal


def _read(record: object) -> Round:
    fields = _fields(record)
    is_voided = fields.get("state") == "voided"
    chain = None if fields.get("chain") is None else _fields(fields["chain"])
    detail = [] if is_voided else _or(fields.get("detail"), [])
    if not isinstance(detail, list | tuple) or len(detail) > _DETAIL_MAX:
        raise _Malformed
    return Round(
        _text(fields.get("rules_version")).split(":")[0],
        _hex(fields.get("seed")),
        _hex(fields.get("commitment")),
        _text(_or(fields.get("salt"), fields.get("client_seed"))),
        _whole(_or(fields.get("round_no"), fields.get("nonce"))),
        is_voided,
        Outcome(0 if is_voided else _whole(fields.get("number")), _wholes(detail)),
        _optional(fields.get("stake_minor")),
        _optional(fields.get("payout_minor")),
        None if chain is None else (_whole(chain.get("first_round_no")), _hex(chain.get("terminal"))),
    )


def _or(value: Any, other: Any) -> Any:
    return other if value is None else value


def _fields(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _Malformed
    return value


def _hex(value: object) -> str:
    if not isinstance(value, str) or not _HEX64.fullmatch(value):
        raise _Malformed
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 256:
        raise _Malformed
    return value


def _whole(value: object) -> int:
    if type(value) is not int or not 0 <= value < _SAFE:
        raise _Malformed
    return value


def _wholes(values: Sequence[object]) -> tuple[int, ...]:
    return tuple(map(_whole, values))


def _optional(value: object) -> int | None:
    return None if value is None else _whole(value)
