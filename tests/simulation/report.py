"""What a campaign of many seeds has produced, and what it must have produced to have tested what it claims."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from actors.domain.money.entries import EntryCode
from tests.simulation.world import FAILPOINTS

_WALLET_REFUSALS: Final = (
    *("INSUFFICIENT_FUNDS", "ID_REUSED", "ID_TOO_OLD", "ID_IN_FUTURE", "ID_CLASS_FORBIDDEN", "UNKNOWN_ACCOUNT"),
    *("CURRENCY_MISMATCH", "AMOUNT_INVALID", "RESERVATION_UNKNOWN", "RESERVATION_CLOSED", "ALREADY_VOIDED"),
    *("STALE_TABLE_EPOCH", "FOUR_EYES_REQUIRED", "BONUS_ACTIVE", "NO_BONUS", "UNKNOWN_JACKPOT", "JACKPOT_EXISTS"),
    *("ACCOUNT_FORBIDDEN", "BAD_TEXT"),
)
_CLIENT_REFUSALS: Final = (
    *("INSUFFICIENT_FUNDS", "ID_REUSED", "BETTING_CLOSED", "UNKNOWN_POSITION", "STAKE_INVALID", "NOT_THE_DEALER"),
    *("NUMBER_MISMATCH", "NUMBER_INVALID", "WRONG_ROUND", "WRONG_PHASE", "ACTION_INVALID", "TOO_LATE"),
)
_HOSTS: Final = ("wallet", "tables", "gateway", "hall", "supervisor", "api")

#: A campaign of many seeds in which one of these never happened has tested less than it claims.
MUST_HAPPEN: Final = (
    *("request lost", "request doubled", "request reordered", "answer lost", "slow link", "connection cut"),
    *("commit lost before", "commit lost after", "commit carried out late", "commit not done", "zombie"),
    *(f"crash {host} at {point}" for host in ("wallet", "hall") for point in FAILPOINTS),
    *(f"crash {host} at an await" for host in _HOSTS),
    *(f"crash {host} at any time" for host in _HOSTS),
    *(
        "crash wallet by itself",
        "crash hall by itself",
        "crash zombie wallet",
        "crash zombie tables",
        "crash zombie hall",
    ),
    "handed over as objects",
    *("same bet again", "same id, other bet", "dealer order again", "accepted", "bonus ticks"),
    *("void before its stake", "staff order doubled", "staff order again later", "id for something else"),
    *("id from the past", "id from the future"),
    *("rounds rng SETTLED", "rounds rng VOIDED", "rounds live SETTLED", "rounds live VOIDED"),
    *(
        "rounds crash SETTLED",
        "rounds crash VOIDED",
        "flight cash_out",
        "flight reach",
        "flight bust",
        "flight interrupted",
    ),
    "same cash-out again",
    "bet at the last moment",
    "all in before the grace",
    "grace waited out",
    *(f"booked {code.name}" for code in EntryCode),
    *(f"wallet refused {name}" for name in _WALLET_REFUSALS),
    *(f"refused {name}" for name in _CLIENT_REFUSALS),
)


def absent(counts: Counter[str]) -> list[str]:
    """Return the classes that never happened."""
    return [name for name in MUST_HAPPEN if not counts[name]]


def replay_command(seed: int, seconds: float, players: int) -> str:
    """Return the one command that runs a seed again and tells what happens in it."""
    changed = [f"--seconds {seconds:g}"] if seconds != 10 else []
    changed += [f"--players {players}"] if players != 6 else []
    return " ".join([".venv/bin/python -m tests.simulation.run --seeds 1", f"--first {seed} --trace", *changed])


def progress(done: int, seeds: int, failed: int, took_s: float) -> str:
    """Return one line that says how far it is and how long it may take."""
    left_s = took_s / done * (seeds - done)
    return f"{done}/{seeds} seeds, {failed} failed, {done / took_s:.1f} a second, {left_s:.0f} s left"


def summary(seeds: int, failed: Sequence[int], counts: Counter[str], took_s: float, missing: Sequence[str]) -> str:
    """Return what was run, what it produced by class, and which classes are missing."""
    lines = [f"\n{seeds} seeds in {took_s:.0f} s, {len(failed)} failed"]
    lines += [f"  {name:36} {count:>9,}{_share(name, counts)}" for name, count in sorted(counts.items()) if count]
    if failed:
        lines.append(f"failed seeds: {', '.join(map(str, failed[:20]))}")
    if missing:
        lines.append(f"never happened: {', '.join(missing)}")
    return "\n".join(lines)


#: Classes that mean more as a share of another.
_SHARES: Final = {
    **dict.fromkeys(("request lost", "request doubled", "request reordered", "answer lost"), "requests"),
    **dict.fromkeys(("same bet again", "same id, other bet"), "orders"),
    **dict.fromkeys(("staff order doubled", "staff order again later", "id for something else"), "orders of staff"),
    **dict.fromkeys(("void before its stake", "id from the past", "id from the future"), "orders of staff"),
}


def _share(name: str, counts: Counter[str]) -> str:
    whole = counts[_SHARES[name]] if name in _SHARES else 0
    return f"  {100 * counts[name] / whole:.1f} % of {_SHARES[name]}" if whole else ""
