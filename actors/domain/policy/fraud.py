"""Antifraud signals of players, from what the books and the rounds say. Pure, integers only.

| signal | what | points |
| --- | --- | --- |
| velocity | a minute with five times the player's own usual stakes, by number or amount | 10, +5 per time, to 40 |
| opposite_bets | red and black, player and banker or the like for about the same, most of the stake | 15 a round, to 60 |
| coverage | roulette: nine tenths of the numbers covered in another way | 10 a round, to 40 |

Only roulette and baccarat have such bets. Rounds count for the last 20 the player was in; a fast minute counts for an
hour. The score is their sum, at most 100.
A score accuses nobody: it tells staff where to look first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from actors.domain.games.baccarat import BACCARAT, BACCARAT_NO_COMMISSION, BANKER, PLAYER
from actors.domain.games.roulette import LAYOUT, POCKETS
from actors.domain.games.roulette_game import ROULETTE

ROUNDS_KEPT: Final = 20
#: How much of a player's history counts: past this many active minutes, half of it fades.
MINUTES_KEPT: Final = 60
#: A player is compared with himself only after this many active minutes.
MINUTES_NEEDED: Final = 5
PEAK_LASTS_MINUTES: Final = 60
FAST_TIMES: Final = 5

_COVERED_NUMBERS: Final = -(-POCKETS * 9 // 10)  # 34 of 37: nine tenths, rounded up
_PAIRS: Final = tuple(
    tuple(place.position for kind in pair for place in LAYOUT if place.kind == kind)
    for pair in (("red", "black"), ("odd", "even"), ("low", "high"))
)

_BACCARAT: Final = (BACCARAT.name, BACCARAT_NO_COMMISSION.name)

OPPOSITE: Final = 1
COVERAGE: Final = 2


class Profile(msgspec.Struct, frozen=True, array_like=True):
    """What is remembered of one player. Stored as msgpack; fields are only ever added at the end.

    minute: minutes since 1970 of the bucket being filled; bets, stake_minor: what was staked in it.
    past_*: sums over former active minutes. peak_*: the fastest recent minute, in tenths of the usual.
    rounds: the last rounds with their flags, oldest first.
    """

    minute: int = 0
    bets: int = 0
    stake_minor: int = 0
    past_minutes: int = 0
    past_bets: int = 0
    past_stake_minor: int = 0
    peak_minute: int = 0
    peak_tenths: int = 0
    rounds: list[tuple[bytes, int]] = []


def apply_stakes(profile: Profile, booked_s: int, bets: int, stake_minor: int) -> Profile:
    """Return the profile after so many stakes of one minute, of stake_minor together: as after one at a time.

    An older time than the current minute's counts for the current.
    """
    minute = max(profile.minute, booked_s // 60)
    if minute > profile.minute:
        profile = _next_minute(profile, minute)
    bets, staked = profile.bets + bets, profile.stake_minor + stake_minor
    tenths = _times_usual_tenths(profile, bets, staked)  # within a minute it only grows: the last is the highest
    is_peak = tenths >= profile.peak_tenths or minute - profile.peak_minute >= PEAK_LASTS_MINUTES
    peak = (minute, tenths) if is_peak else (profile.peak_minute, profile.peak_tenths)
    past = (profile.past_minutes, profile.past_bets, profile.past_stake_minor)
    return Profile(minute, bets, staked, *past, *peak, profile.rounds)


def apply_round(profile: Profile, round_id: bytes, flags: int) -> Profile:
    """Return the profile after a round in which the player's bets had these flags. It counts once."""
    if any(known == round_id for known, _ in profile.rounds):
        return profile
    return msgspec.structs.replace(profile, rounds=[*profile.rounds, (round_id, flags)][-ROUNDS_KEPT:])


def round_flags(chips: Mapping[int, int], game: str = ROULETTE.name) -> int:
    """Return OPPOSITE, COVERAGE or 0 for one round's stakes by position."""
    if game != ROULETTE.name:
        return OPPOSITE if game in _BACCARAT and _is_opposite(chips, PLAYER, BANKER) else 0
    if any(one in chips and other in chips and _is_opposite(chips, one, other) for one, other in _PAIRS):
        return OPPOSITE
    places = [LAYOUT[position].numbers for position, stake in chips.items() if stake > 0]
    if sum(map(len, places)) < _COVERED_NUMBERS:
        return 0
    return COVERAGE if len(set().union(*places)) >= _COVERED_NUMBERS else 0


def score(profile: Profile) -> tuple[int, list[dict[str, Any]]]:
    """Return the score, 0 .. 100, and its reasons: `{"rule", "points", ...}` each, largest first."""
    flagged = [flags for _, flags in profile.rounds if flags]
    times = profile.peak_tenths // 10
    is_recent = profile.minute - profile.peak_minute < PEAK_LASTS_MINUTES
    fast = times if is_recent and times >= FAST_TIMES else 0
    if not flagged and not fast:
        return 0, []
    opposite = sum(1 for flags in flagged if flags & OPPOSITE)
    coverage = sum(1 for flags in flagged if flags & COVERAGE)
    seen = len(profile.rounds)
    reasons: list[dict[str, Any]] = [
        {"rule": "opposite_bets", "points": min(60, 15 * opposite), "rounds": opposite, "of_rounds": seen},
        {"rule": "coverage", "points": min(40, 10 * coverage), "rounds": coverage, "of_rounds": seen},
        {"rule": "velocity", "points": min(40, 10 + 5 * (fast - FAST_TIMES)) if fast else 0, "times_usual": fast},
    ]
    counted = sorted((reason for reason in reasons if reason["points"]), key=lambda reason: -reason["points"])
    return min(100, sum(reason["points"] for reason in counted)), counted


def _is_opposite(chips: Mapping[int, int], one: int, other: int) -> bool:
    low, high = sorted((chips.get(one, 0), chips.get(other, 0)))
    about_equal = low > 0 and low * 10 >= high * 8
    return about_equal and (low + high) * 2 >= sum(chips.values())


def _next_minute(profile: Profile, minute: int) -> Profile:
    """Move the full bucket into the past, fading a past that has grown long."""
    past = (profile.past_minutes, profile.past_bets, profile.past_stake_minor)
    if profile.bets:
        past = (past[0] + 1, past[1] + profile.bets, past[2] + profile.stake_minor)
    if past[0] > MINUTES_KEPT:
        past = (past[0] // 2, past[1] // 2, past[2] // 2)
    return msgspec.structs.replace(
        profile,
        minute=minute,
        bets=0,
        stake_minor=0,
        past_minutes=past[0],
        past_bets=past[1],
        past_stake_minor=past[2],
    )


def _times_usual_tenths(profile: Profile, bets: int, stake_minor: int) -> int:
    if profile.past_minutes < MINUTES_NEEDED:
        return 0
    by_number = bets * profile.past_minutes * 10 // max(1, profile.past_bets)
    by_amount = stake_minor * profile.past_minutes * 10 // max(1, profile.past_stake_minor)
    return max(by_number, by_amount)
