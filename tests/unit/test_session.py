"""The session actor alone: who may do what, which money is true, what counts for the net position."""

from __future__ import annotations

import pytest

from actors.domain import commands, events, spins
from actors.domain.money import orders
from actors.session import MAX_PENDING, MAX_TABLES, Denial, Session
from protocol.errors import Code
from tests.fakes.gateway import ROUND, client_id, identity


def session(*roles: str) -> Session:
    return Session(identity(roles=roles or ("player",)), "s", "gateway/0")


def settled(
    *bets: tuple[int, int, int], table_id: str = "r1", round_id: bytes = ROUND, seq: int = 5
) -> events.MyBetsSettled:
    outcomes = [events.BetOutcome(client_id(n), stake, payout) for n, stake, payout in bets]
    return events.MyBetsSettled(table_id, round_id, 17, outcomes, 0, 0, seq, 1_000, 0)


def test_money_of_a_later_journal_row_replaces_the_earlier() -> None:
    it = session()
    it.apply_answer(orders.Done(4, 900, 100))
    it.apply_answer(commands.BetPlaced(ROUND, commands.PlacedBet(client_id(), [], 50), 0, 5, 850, 150))
    assert it.purse == (5, 850, 150)


def test_money_of_an_earlier_journal_row_is_passed_over() -> None:
    it = session()
    it.apply_answer(orders.Done(5, 850, 150))
    it.apply_answer(orders.Done(4, 900, 100))
    assert it.purse == (5, 850, 150)


def test_refusal_leaves_money_alone() -> None:
    it = session()
    it.apply_answer(commands.Refused(400))
    assert it.purse.seq == -1


def test_net_position_is_payouts_minus_stakes() -> None:
    it = session()
    it.apply_event(settled((1, 100, 0), (2, 100, 3_600)))
    assert it.net_minor == 3_400


def test_settlement_told_twice_counts_once_and_is_not_pushed_again() -> None:
    it = session()
    assert it.apply_event(settled((1, 100, 0))) == 1
    assert it.apply_event(settled((1, 100, 0))) is None
    assert it.net_minor == -100


def test_settlement_told_again_with_one_more_bet_counts_only_that() -> None:
    it = session()
    it.apply_event(settled((1, 100, 0)))
    it.apply_event(settled((1, 100, 0), (2, 50, 0)))
    assert it.net_minor == -150


def test_settlements_of_two_tables_do_not_hide_each_other() -> None:
    it = session()
    it.apply_event(settled((1, 100, 0)))
    it.apply_event(settled((1, 100, 0), table_id="r2"))
    assert it.net_minor == -200


def test_personal_stream_is_dense_from_one() -> None:
    it = session()
    bonus = events.MyBonus(500, 3, 9, 1_500, 0)
    assert [it.apply_event(bonus), it.next_personal_seq(), it.apply_event(bonus)] == [1, 2, 3]


def test_order_without_the_role_of_player_is_forbidden() -> None:
    it = session("dealer")
    it.tables.add("r1")
    assert it.check_play("r1") is Denial.FORBIDDEN


def test_order_at_a_table_not_joined_is_refused() -> None:
    assert session().check_play("r1") is Denial.NOT_JOINED


def test_order_at_a_joined_table_passes() -> None:
    it = session()
    it.tables.add("r1")
    assert it.check_play("r1") is None


def test_order_above_the_pending_limit_is_busy() -> None:
    it = session()
    it.tables.add("r1")
    it.pending = MAX_PENDING
    assert it.check_play("r1") is Denial.BUSY


def test_table_above_the_limit_is_busy_but_a_joined_one_may_be_joined_again() -> None:
    it = session()
    it.tables.update(f"r{n}" for n in range(MAX_TABLES))
    assert it.check_join("another") is Denial.BUSY
    assert it.check_join("r0") is None


@pytest.mark.parametrize("verb", ["sit", "open", "close", "number", "confirm", "void"])
def test_dealer_may_use_every_verb_and_player_none(verb: str) -> None:
    assert session("dealer").check_deal(verb) is None
    assert session("player").check_deal(verb) is Denial.FORBIDDEN


@pytest.mark.parametrize(("verb", "denial"), [("sit", None), ("number", None), ("confirm", Denial.FORBIDDEN)])
def test_device_may_only_sit_and_tell_numbers(verb: str, denial: Denial | None) -> None:
    assert session("device").check_deal(verb) is denial


def test_every_denial_has_its_code() -> None:
    assert [Code(denial).name for denial in Denial] == [denial.name for denial in Denial]


def spun(stake: int, payout: int, seq: int) -> spins.SpinDone:
    return spins.SpinDone(client_id(9), stake, payout, 0, (), "", "", 0, "", seq, 1_000 - stake + payout, 0)


def test_spin_counts_once_however_often_it_is_told() -> None:
    it = session()
    it.apply_answer(orders.Done(4, 1_000, 0))
    it.apply_spin("slot", spun(100, 30, 5))
    it.apply_spin("slot", spun(100, 30, 5))
    assert (it.net_minor, it.purse.seq) == (-70, 5)


def test_spin_of_before_the_count_began_is_not_counted_when_a_reloaded_page_asks_for_it_again() -> None:
    # Found in the browser: the page was reloaded while reels turned and asked again; the new session's balance had the
    # spin already, the page carried it over, and the net position showed it twice.
    it = session()
    it.apply_answer(orders.Done(5, 930, 0))
    it.apply_spin("slot", spun(100, 30, 5))
    assert it.net_minor == 0


def test_spin_that_an_older_connection_did_not_hear_of_counts_where_its_session_goes_on() -> None:
    older, it = session(), session()
    older.apply_answer(orders.Done(4, 1_000, 0))
    it.apply_answer(orders.Done(5, 930, 0))
    it.go_on_from(older, recovered=False)
    it.apply_spin("slot", spun(100, 30, 5))
    assert it.net_minor == -70
