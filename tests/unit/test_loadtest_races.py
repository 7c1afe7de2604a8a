"""The judge of racing duplicates: it must see every way in which one order could have had two outcomes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from loadtest.duplicates import Told, differences, told_bets
from loadtest.races import Outcome, Race, Racer, broken_laws, outcome_of
from protocol.errors import Code
from protocol.messages import Bet, BetsAccepted, Chip, Error, Money, PlaceBets
from tests.fakes.gateway import ROUND, client_id

ORDER = PlaceBets("roulette-1", ROUND, client_id(), [Chip(17, 100)])
OTHER = PlaceBets("roulette-1", ROUND, client_id(), [Chip(17, 200)])
TAKEN = Outcome(0, (client_id(),), 100)
REUSED = Outcome(Code.ID_REUSED)
POOR = Outcome(Code.INSUFFICIENT_FUNDS)


def race(kind: str, *heard: tuple[Outcome, ...], affordable: int = 1) -> Race:
    return Race(kind, "ana", (ORDER, OTHER)[: len(heard)], heard, affordable)


def row(**changes: Any) -> dict[str, Any]:
    return {"reservation_id": UUID(bytes=client_id()), "state": 1, "cash": 100, "begun": 1, "ended": 1, **changes}


def test_same_order_with_one_outcome_keeps_the_law() -> None:
    assert broken_laws(race("same order", (TAKEN, TAKEN, TAKEN))) == []


def test_same_order_accepted_once_and_refused_once_breaks_the_law() -> None:
    assert broken_laws(race("same order", (TAKEN, Outcome(Code.BETTING_CLOSED))))


def test_same_order_accepted_with_two_stakes_breaks_the_law() -> None:
    assert broken_laws(race("same order", (TAKEN, Outcome(0, (client_id(),), 200))))


def test_same_order_refused_throughout_breaks_the_law() -> None:
    assert broken_laws(race("same order", (POOR, POOR)))


def test_race_without_an_answer_is_no_proof() -> None:
    assert broken_laws(race("same order", ()))


def test_two_orders_of_which_one_is_told_that_its_id_is_used_keep_the_law() -> None:
    assert broken_laws(race("two orders", (REUSED, REUSED), (TAKEN, TAKEN))) == []


def test_two_orders_both_accepted_break_the_law() -> None:
    assert broken_laws(race("two orders", (TAKEN,), (Outcome(0, (client_id(),), 200),)))


def test_two_orders_of_which_one_is_refused_otherwise_break_the_law() -> None:
    assert broken_laws(race("two orders", (TAKEN,), (POOR,)))


def test_one_order_more_than_the_money_allows_breaks_the_law() -> None:
    assert broken_laws(race("more than money", (TAKEN,), (TAKEN,), affordable=1))
    assert broken_laws(race("more than money", (TAKEN,), (POOR,), affordable=1)) == []


def test_outcome_of_answers_leaves_out_what_may_differ() -> None:
    bet = Bet(client_id(), [Chip(17, 100)], 100)
    first = BetsAccepted("roulette-1", ROUND, bet, 1_000, Money(900, 100, 5))
    later = BetsAccepted("roulette-1", ROUND, bet, 2_000, Money(700, 300, 9))
    assert outcome_of(first) == outcome_of(later) == TAKEN
    assert outcome_of(Error(Code.ID_REUSED, "ID_REUSED", False)) == REUSED


def test_told_bets_of_two_orders_under_one_id_name_the_accepted_one() -> None:
    racer = Racer("ana", "roulette-1", [])
    racer.races.append(race("two orders", (REUSED,), (Outcome(0, (client_id(),), 200),)))
    assert told_bets([racer]) == {client_id(): Told(200, False)}


def test_books_that_say_what_was_told_show_no_difference() -> None:
    assert differences({client_id(): Told(100, False)}, [row()]) == []
    assert differences({client_id(): Told(100, True)}, [row(state=2)]) == []
    assert differences({client_id(): Told(0, False)}, []) == []


def test_books_that_say_something_else_show_a_difference() -> None:
    told = {client_id(): Told(100, False)}
    wrong: list[list[dict[str, Any]]] = [[], [row(cash=200)], [row(state=0)], [row(begun=2)], [row(ended=2)]]
    assert all(differences(told, rows) for rows in wrong)
    assert differences({client_id(): Told(0, False)}, [row()])
