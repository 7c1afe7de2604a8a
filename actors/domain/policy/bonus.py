"""Bonus ticks: every so many seconds, whoever has staked since the last one gets a little play money. Pure.

Tick n is due at n periods since 1970 and pays for the period before it. What is stored is the due time, which goes on
rising when the period is changed; n is its name for people.
"""

from __future__ import annotations

from actors.domain.ids import Origin, derive_id, make_id
from actors.domain.money.orders import GrantBonus


def due_after_ms(booked_ms: int, period_s: int) -> int:
    """Return the due time of the tick that rewards a stake booked then: the end of its period.

    It follows from the stake alone, so that it does not matter when, or how often, somebody learns of the stake.
    """
    period_ms = period_s * 1000
    return (booked_ms // period_ms + 1) * period_ms


def last_due_before_ms(now_ms: int, period_s: int) -> int:
    """Return the newest due time that is not after now."""
    period_ms = period_s * 1000
    return now_ms // period_ms * period_ms


def tick_number(due_ms: int, period_s: int) -> int:
    """Return n of the tick that is due then."""
    return due_ms // (period_s * 1000)


def grant_order(key: bytes, due_ms: int, tick: int, player_id: int, ccy: int, amount_minor: int) -> GrantBonus:
    """Return the order that pays one grant: the same bytes after any restart.

    The id's time is the tick's due time; due time, tick and player are all that it follows from.
    """
    parent = make_id(due_ms, Origin.BONUS, tick.to_bytes(9, "big"))
    cmd_id = derive_id(key, parent, Origin.BONUS, "grant", player_id)
    return GrantBonus(cmd_id, player_id, ccy, amount_minor, tick)
