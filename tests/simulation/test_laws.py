"""The judges of a simulation, on a run that was tampered with: each law must notice what breaks it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from copy import copy
from typing import Any

import msgspec
import pytest

from actors.domain.money.accounts import Kind, house_account
from actors.domain.money.entries import EntryCode, Row
from actors.domain.money.orders import Done, Fenced, ReadMoney, Reserve
from tests.simulation import laws
from tests.simulation.casino import Casino
from tests.simulation.loop import run_virtual
from tests.simulation.replies import check_replies
from tests.simulation.witness import Exchange


@pytest.fixture
def casino() -> Iterator[Casino]:
    """A platform at rest after three seconds of play, from the first seed in which everything happened."""
    logging.disable(logging.CRITICAL)
    yield next(played for played in map(_played, range(7, 100)) if _has_everything(played))
    logging.disable(logging.NOTSET)


def _played(seed: int) -> Casino:
    async def main() -> Casino:
        casino = Casino(seed, players=4, trace=False)
        await casino.play(3.0)
        return casino

    result: Casino = run_virtual(main())
    return result


def _has_everything(casino: Casino) -> bool:
    codes = {row.code for row in casino.books[1].rows if not row.status}
    return (
        all(any(map(is_one, casino.world.history)) for is_one in (_is_done, _is_read, _is_fenced))
        and {EntryCode.RESERVE, EntryCode.DEPOSIT} <= codes
        and 1 in casino.books[0].jackpots
        and len(casino.books[0].rows) > 50
        and bool(casino.supervision.scores and casino.supervision.grants)
    )


def _broken(casino: Casino) -> str:
    broken = laws.check_all(casino.books, casino.rounds, casino.supervision, casino.bots)
    return "\n".join(broken + check_replies(casino.books, casino.world.history))


def _answered(casino: Casino, of: Callable[[Exchange], bool]) -> Exchange:
    return next(one for one in casino.world.history if of(one))


def _bend_answer(casino: Casino, of: Callable[[Exchange], bool], **changes: Any) -> None:
    one = _answered(casino, of)
    one.answer = msgspec.structs.replace(one.answer, **changes)


def _bend_row(casino: Casino, code: EntryCode, **changes: Any) -> None:
    rows = casino.books[1].rows
    at = next(at for at, row in enumerate(rows) if row.code is code and not row.status)
    rows[at] = msgspec.structs.replace(rows[at], **changes)


def _is_done(one: Exchange) -> bool:
    return isinstance(one.answer, Done) and isinstance(one.message, Reserve)


def _is_read(one: Exchange) -> bool:
    return isinstance(one.answer, Done) and isinstance(one.message, ReadMoney)


def _is_fenced(one: Exchange) -> bool:
    return isinstance(one.answer, Fenced) and bool(one.answer.open)


def test_untouched_run_breaks_nothing(casino: Casino) -> None:
    assert _broken(casino) == ""


@pytest.mark.parametrize("change", [{"cash_minor": 1}, {"escrow_minor": 7}, {"moved_minor": 2}, {"bonus_minor": 3}])
def test_answer_with_another_amount_than_its_row_is_found(casino: Casino, change: dict[str, int]) -> None:
    _bend_answer(casino, _is_done, **change)
    assert "its row says" in _broken(casino)


def test_answer_before_its_row_was_durable_is_found(casino: Casino) -> None:
    one = _answered(casino, _is_done)
    one.answered_seq = one.answer.seq - 1
    assert "rows were durable" in _broken(casino)


def test_accepted_order_without_a_row_is_found(casino: Casino) -> None:
    one = copy(_answered(casino, _is_done))
    one.message = msgspec.structs.replace(one.message, cmd_id=one.message.cmd_id[:-1] + b"\xff")
    casino.world.history.append(one)
    assert "nothing is booked under its id" in _broken(casino)


def test_balance_that_never_was_is_found(casino: Casino) -> None:
    _bend_answer(casino, _is_read, cash_minor=123_456_789)
    assert "it was" in _broken(casino)


def test_fence_that_leaves_out_what_was_open_is_found(casino: Casino) -> None:
    _bend_answer(casino, _is_fenced, open=[])
    assert "these were never what was open" in _broken(casino)


def test_order_booked_before_it_was_sent_is_found(casino: Casino) -> None:
    done = _answered(casino, _is_done)
    first = _answered(
        casino, lambda one: getattr(one.message, "cmd_id", b"") == done.message.cmd_id
    )  # maybe unanswered
    first.sent_seq = done.answer.seq
    assert "was booked before" in _broken(casino)


def test_refusal_that_the_journal_does_not_give_rise_to_is_found(casino: Casino) -> None:
    _bend_row(casino, EntryCode.RESERVE, status=400, legs=())
    assert "replayed it is" in _broken(casino)


def test_row_out_of_order_is_found(casino: Casino) -> None:
    rows = casino.books[0].rows
    rows[40], rows[41] = rows[41], rows[40]
    assert "seq is not dense" in _broken(casino)


def test_money_that_came_from_nowhere_is_found(casino: Casino) -> None:
    def more(row: Row) -> Row:
        (account, amount, balance), *rest = row.legs
        return msgspec.structs.replace(row, legs=((account, amount + 1, balance + 1), *rest))

    casino.books[1].rows[:] = [
        more(row) if row.code is EntryCode.DEPOSIT and row.legs else row for row in casino.books[1].rows
    ]
    assert "the trial balance" in _broken(casino)


def test_transfer_that_did_not_arrive_is_found(casino: Casino) -> None:
    casino.books[0].balances[house_account(1, Kind.INTER_SHARD, 2)] = 55
    assert "is under way at rest" in _broken(casino)


def test_row_that_a_follower_counted_twice_is_found(casino: Casino) -> None:
    player, row = next(iter(casino.supervision.scores.items()))
    profile = msgspec.structs.replace(row.profile, bets=row.profile.bets + 1)
    casino.supervision.scores[player] = msgspec.structs.replace(row, profile=profile)
    assert "antifraud has counted" in _broken(casino)


def test_jackpot_that_got_a_unit_too_much_is_found(casino: Casino) -> None:
    turnover = house_account(1, Kind.TURNOVER, 1)
    casino.books[0].balances[turnover] = casino.books[0].balances.get(turnover, 0) + 100
    assert "jackpot 1 got" in _broken(casino)


def test_tick_paid_twice_is_found(casino: Casino) -> None:
    casino.supervision.grants.popitem()
    assert "bonus ticks were paid" in _broken(casino)
