"""The law of the last bets: a table that stops waiting because all is said to be in has missed none that came in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actors.domain.refusals import Refusal
from actors.domain.round_book import RoundBook
from actors.table import Table

if TYPE_CHECKING:
    from tests.simulation.world import World


def watch(table: Table, world: World) -> None:
    """Note as a bug what a gateway received in time, what came within the grace, and what was refused all the same."""
    desk: Any = table._bets
    followers: Any = table._followers
    check_open, until_all_in = desk._check_open, followers.until_all_in
    grace_ms = table.config.grace_ms

    def checked(book: RoundBook, received_ms: int, now_ms: int) -> Any:
        refused = check_open(book, received_ms, now_ms)
        is_in_time = 0 < received_ms <= book.shut_ms and now_ms <= book.shut_ms + grace_ms
        if book.is_full and is_in_time and refused is not None and refused.code == Refusal.BETTING_CLOSED:
            late_ms = now_ms - book.shut_ms
            world.bugs.append(f"{table!r}: a bet that came in time arrived {late_ms} ms later and found all in")
        return refused

    async def waited(round_id: bytes, until_ms: int) -> None:
        await until_all_in(round_id, until_ms)
        world.counts["all in before the grace" if world.now_ms() < until_ms else "grace waited out"] += 1

    desk._check_open = checked
    followers.until_all_in = waited
