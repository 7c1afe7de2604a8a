"""The rules of the house's own money: jackpots, and what goes to other shards."""

from __future__ import annotations

import msgspec
import pytest

from actors.domain.money.accounts import Kind
from actors.domain.money.orders import (
    DefineJackpot,
    Done,
    JackpotTerms,
    MoveJackpot,
    PayJackpot,
    TransferIn,
    TransferOut,
)
from tests.fakes.money import EUR, JACKPOT, PLAY, Orders, receive
from tests.fakes.money_books import (
    CASH,
    GGR,
    OVERFLOW,
    POOL,
    RESERVE,
    SEED,
    TURNOVER,
    UNITS,
    Books,
    documented,
    house,
)

MOST = 2**62 - 1
CLEARING_1 = house(Kind.INTER_SHARD, 2)


@pytest.fixture
def books() -> Books:
    """A jackpot that takes one per cent."""
    made = Books(cash=100_000)
    made.did(made.orders.define(1, 100))
    return made


# ---------------------------------------------------------------- terms


def test_definition_is_kept_in_memory_and_in_its_row(books: Books) -> None:
    terms = JackpotTerms(PLAY, 1, 100)
    assert books.state.jackpots == {JACKPOT: terms}
    assert books.rows[-1].jackpot == (JACKPOT, terms)
    assert books.rows[-1].meta == '{"jackpot":3,"rate_num":1,"rate_den":100}'


def test_same_terms_again_are_done_and_define_nothing(books: Books) -> None:
    assert books.do(books.orders.define(1, 100)) == Done(4, 0, 0)
    assert books.rows[-1].jackpot is None


@pytest.mark.parametrize("terms", [(2, 100), (1, 99), (1, 100, 5)])
def test_other_terms_are_refused(books: Books, terms: tuple[int, ...]) -> None:
    assert books.refusals(books.orders.define(*terms)) == documented(DefineJackpot) == ["JACKPOT_EXISTS"]


def test_other_currency_is_other_terms(books: Books) -> None:
    assert books.refusals(books.orders.define(1, 100, ccy=EUR)) == ["JACKPOT_EXISTS"]


# ---------------------------------------------------------------- contributions


@pytest.mark.parametrize(("num", "den"), [(1, 100), (1, 3), (7, 9), (1, 1), (999_999_999, 10**9), (1, 10**9)])
def test_contributions_never_drift_from_the_rate(num: int, den: int) -> None:
    """However small the steps: what was taken in all is the turnover times the rate, rounded down."""
    books = Books(cash=100_000)
    books.did(books.orders.define(num, den))
    turnover = 0
    for stake in (1, 1, 1, 2, 3, 5, 8, 13, 99, 100, 101, 4999):
        books.did(books.orders.wager(stake, 0, jackpot=JACKPOT))
        turnover += stake
        assert books.balance(POOL) == turnover * num // den
        assert books.balance(GGR) == turnover - turnover * num // den
    assert (books.balance(TURNOVER), books.balance(UNITS)) == (turnover, -turnover)


def test_contribution_above_the_ceiling_goes_to_the_overflow() -> None:
    books = Books(cash=100_000)
    books.did(books.orders.define(1, 10, 25))
    for stake, pool, overflow in ((200, 20, 0), (100, 25, 5), (100, 25, 15)):
        books.did(books.orders.wager(stake, 0, jackpot=JACKPOT))
        assert (books.balance(POOL), books.balance(OVERFLOW)) == (pool, overflow)
    books.did(books.orders.pay(25), books.orders.wager(300, 0, jackpot=JACKPOT))
    assert (books.balance(POOL), books.balance(OVERFLOW)) == (25, 20)


def test_pool_seeded_above_the_ceiling_takes_nothing() -> None:
    books = Books(cash=100_000)
    books.did(books.orders.define(1, 10, 25), books.orders.move(40), books.orders.wager(100, 0, jackpot=JACKPOT))
    assert (books.balance(POOL), books.balance(OVERFLOW)) == (40, 10)


# ---------------------------------------------------------------- moves and payments


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (Kind.JACKPOT_SEED, Kind.JACKPOT_POOL),
        (Kind.JACKPOT_SEED, Kind.JACKPOT_RESERVE),
        (Kind.JACKPOT_RESERVE, Kind.JACKPOT_POOL),
        (Kind.JACKPOT_OVERFLOW, Kind.JACKPOT_RESERVE),
        (Kind.JACKPOT_OVERFLOW, Kind.JACKPOT_POOL),
    ],
)
def test_move_goes_from_source_to_target(books: Books, source: Kind, target: Kind) -> None:
    books.state.balances[house(source, JACKPOT)] = 30
    books.did(books.orders.move(30, source, target))
    assert books.legs == {house(source, JACKPOT): -30, house(target, JACKPOT): 30}
    assert books.rows[-1].meta == '{"jackpot":3}'


def test_move_jackpot_refuses_in_the_documented_order(books: Books) -> None:
    orders = books.orders
    books.did(orders.move(MOST))
    reserve = (Kind.JACKPOT_RESERVE, Kind.JACKPOT_POOL)
    steps = (orders.move(1, *reserve, jackpot=9), orders.move(1, *reserve), orders.move(1))
    assert books.refusals(*steps) == documented(MoveJackpot)
    books.did(orders.pay(1))


def test_only_the_cost_of_seeds_may_be_overdrawn(books: Books) -> None:
    books.did(books.orders.move(500), books.orders.move(70, target=Kind.JACKPOT_RESERVE))
    assert (books.balance(SEED), books.balance(POOL), books.balance(RESERVE)) == (-570, 500, 70)


def test_payment_goes_from_the_pool_to_cash(books: Books) -> None:
    books.did(books.orders.move(500))
    assert books.do(books.orders.pay(500)) == Done(5, 100_500, 0, 500)
    assert books.legs == {POOL: -500, CASH: 500}
    assert books.rows[-1].meta == '{"jackpot":3,"hit":1}'


def test_pay_jackpot_refuses_in_the_documented_order(books: Books) -> None:
    orders = books.orders
    unknown = (orders.pay(MOST, 8, jackpot=9), orders.pay(MOST, jackpot=9), orders.pay(MOST))
    too_little = books.refusals(*unknown)
    books.did(orders.move(MOST))
    assert too_little + books.refusals(orders.pay(MOST)) == documented(PayJackpot)
    books.did(orders.pay(1))


def test_jackpot_of_another_currency_is_unknown(books: Books) -> None:
    books.did(books.orders.open(ccy=EUR), books.orders.move(5))
    orders = (books.orders.pay(1, ccy=EUR), msgspec.structs.replace(books.orders.move(1), ccy=EUR))
    assert books.refusals(*orders) == ["UNKNOWN_JACKPOT"] * 2


# ---------------------------------------------------------------- other shards


def test_transfer_out_lies_on_clearing_with_its_peer(books: Books) -> None:
    books.did(books.orders.move(500), books.orders.send(200, 1))
    assert books.legs == {POOL: -200, CLEARING_1: 200}
    assert books.rows[-1].meta == '{"peer":2,"kind":400,"part":3}'


def test_transfer_out_refuses_in_the_documented_order(books: Books) -> None:
    orders = books.orders
    books.did(orders.move(5))
    books.state.balances[CLEARING_1] = MOST
    assert books.refusals(orders.send(6), orders.send(5)) == documented(TransferOut)
    books.did(orders.send(5, 2))


def test_transfer_in_comes_from_clearing_with_its_peer(books: Books) -> None:
    arriving = receive(Orders().send(200, 0), 1)
    books.did(arriving)
    assert books.legs == {CLEARING_1: -200, POOL: 200}
    assert books.rows[-1].ref == arriving.transfer_id


def test_transfer_in_refuses_in_the_documented_order(books: Books) -> None:
    """Clearing may be overdrawn: the money has left the other shard."""
    first, second = (receive(Orders().send(amount, 0), peer) for amount, peer in ((MOST, 1), (1, 2)))
    books.did(first)
    assert books.refusals(second) == documented(TransferIn)


def test_transfer_that_did_not_fit_arrives_later(books: Books) -> None:
    """Its only id was once refused for ever, with the money gone from the other shard."""
    first, second = (receive(Orders().send(amount, 0), peer) for amount, peer in ((MOST, 1), (1, 2)))
    books.did(first)
    rows = len(books.rows)
    assert books.refusals(second, second) == ["AMOUNT_INVALID"] * 2
    assert len(books.rows) == rows
    books.did(books.orders.send(1, 1), second)
    assert books.balance(POOL) == MOST


def test_pot_goes_to_another_shard_without_a_part(books: Books) -> None:
    """Pots have no floor: what is won there may be more than what was staked here."""
    books.did(books.orders.send(70, kind=Kind.POT_CLEARING, part=0))
    assert books.legs == {house(Kind.POT_CLEARING): -70, CLEARING_1: 70}


def test_transfer_has_one_id_per_peer_and_no_other(books: Books) -> None:
    """Relayed twice it arrives once; and transfers of two shards that chose the same id arrive both."""
    sent = Orders().send(200, 0)
    again = receive(sent, 1)
    books.did(receive(sent, 1), again, receive(sent, 2))
    assert books.balance(POOL) == 400
    assert [row.ref for row in books.rows if row.ref] == [sent.cmd_id, sent.cmd_id]
