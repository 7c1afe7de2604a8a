"""What is refused before memory is looked at: malformed orders, and ids of a class that the order may not use."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from actors.domain.ids import Origin, make_id
from actors.domain.money.accounts import Kind
from actors.domain.money.orders import JackpotTerms, WalletOrder
from actors.domain.refusals import Refusal
from tests.fakes.money import NOW_MS, Orders, receive, settle, void
from tests.fakes.money_books import Books, code, everything_in_place, picture

#: Who may give which order, as the design says.
CLASSES = {
    "OpenAccount": {Origin.CASHIER},
    "Deposit": {Origin.CASHIER},
    "RequestWithdrawal": {Origin.CASHIER},
    "CompleteWithdrawal": {Origin.CASHIER},
    "CancelWithdrawal": {Origin.CASHIER},
    "Exchange": {Origin.CASHIER},
    "Adjust": {Origin.STAFF},
    "Reserve": {Origin.CLIENT},
    "Settle": {Origin.SETTLE},
    "Void": {Origin.VOID},
    "Wager": {Origin.CLIENT},
    "FenceTable": {Origin.TABLE},
    "GrantBonus": {Origin.BONUS, Origin.STAFF},
    "ConvertBonus": {Origin.BONUS, Origin.STAFF},
    "ForfeitBonus": {Origin.BONUS, Origin.STAFF},
    "DefineJackpot": {Origin.JACKPOT, Origin.STAFF},
    "MoveJackpot": {Origin.JACKPOT, Origin.STAFF},
    "PayJackpot": {Origin.JACKPOT},
    "TransferOut": {Origin.JACKPOT, Origin.STAFF},
    "TransferIn": set(),  # a single id, which no other can be
}


@pytest.mark.parametrize("kind", sorted(CLASSES))
def test_only_the_right_class_of_id_may_give_an_order(kind: str) -> None:
    for nibble in range(16):
        books, orders = everything_in_place()
        rows = len(books.rows)
        noise = make_id(NOW_MS, Origin.CLIENT, b"some noise")
        id_ = noise[:6] + bytes((0x70 | nibble,)) + noise[7:]
        answer = books.do(msgspec.structs.replace(orders[kind], cmd_id=id_))
        allowed = nibble in CLASSES[kind]
        assert (getattr(answer, "code", None) == Refusal.ID_CLASS_FORBIDDEN) != allowed
        assert (len(books.rows) > rows) == allowed


AMOUNTS = {
    "Deposit": ("amount_minor",),
    "RequestWithdrawal": ("amount_minor",),
    "Exchange": ("amount_minor", "to_amount_minor"),
    "Reserve": ("amount_minor",),
    "Wager": ("stake_minor",),
    "GrantBonus": ("amount_minor", "wagering_minor"),
    "MoveJackpot": ("amount_minor",),
    "PayJackpot": ("amount_minor",),
    "TransferOut": ("amount_minor",),
    "TransferIn": ("amount_minor",),
}
ZERO_IS_GOOD = {("GrantBonus", "wagering_minor")}


@pytest.mark.parametrize("amount", [0, -1, -(2**62), 2**62, 2**63, 2**64, 2**200])
@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind, fields in AMOUNTS.items() for field in fields])
def test_amount_out_of_range_is_refused(kind: str, field: str, amount: int) -> None:
    books, orders = everything_in_place()
    order = msgspec.structs.replace(orders[kind], **{field: amount or -((kind, field) in ZERO_IS_GOOD)})
    assert code(books.do(order)) == Refusal.AMOUNT_INVALID


@pytest.mark.parametrize("amount", [0, 2**62, -(2**62), 2**200])
def test_adjustment_out_of_range_is_refused(amount: int) -> None:
    books, orders = everything_in_place()
    assert code(books.do(msgspec.structs.replace(orders["Adjust"], amount_minor=amount))) == Refusal.AMOUNT_INVALID


@pytest.mark.parametrize("amount", [-1, 2**62, 2**63])
@pytest.mark.parametrize("kind", ["Settle", "Wager"])
def test_payout_out_of_range_is_refused(kind: str, amount: int) -> None:
    books, orders = everything_in_place()
    assert code(books.do(msgspec.structs.replace(orders[kind], payout_minor=amount))) == Refusal.AMOUNT_INVALID


@pytest.mark.parametrize("kind", sorted(CLASSES))
def test_currency_that_the_books_do_not_have_is_refused(kind: str) -> None:
    books, orders = everything_in_place()
    order = orders[kind]
    fields = [field for field in type(order).__struct_fields__ if field in ("ccy", "to_ccy")]
    for bad in (0, 8, 99, -1, 2**70):
        for field in fields:
            assert code(books.do(msgspec.structs.replace(order, **{field: bad}))) == Refusal.CURRENCY_MISMATCH


@pytest.mark.parametrize("kind", sorted(CLASSES))
def test_player_that_cannot_be_is_refused(kind: str) -> None:
    books, orders = everything_in_place()
    order = orders[kind]
    fields = [field for field in type(order).__struct_fields__ if field == "player_id"]
    for bad in (0, -1, 2**46 + 1, 2**70):
        for field in fields:
            assert code(books.do(msgspec.structs.replace(order, **{field: bad}))) == Refusal.UNKNOWN_ACCOUNT


def bad_orders() -> list[tuple[str, WalletOrder, Refusal]]:
    orders = Orders()
    stake, change = orders.reserve(300), msgspec.structs.replace
    away, arriving = orders.withdraw(5), receive(orders.send(5, 0), 1)
    return [
        ("short id", change(stake, cmd_id=b"short"), Refusal.ID_CLASS_FORBIDDEN),
        ("no id", change(stake, cmd_id=b""), Refusal.ID_CLASS_FORBIDDEN),
        ("id of version 4", change(stake, cmd_id=bytes(16)), Refusal.ID_CLASS_FORBIDDEN),
        ("short reservation", change(void(stake), reservation_id=b""), Refusal.ID_CLASS_FORBIDDEN),
        ("short withdrawal", change(orders.complete(away), reservation_id=b"x"), Refusal.ID_CLASS_FORBIDDEN),
        ("short transfer", change(arriving, transfer_id=b"x"), Refusal.ID_CLASS_FORBIDDEN),
        ("transfer from another shard", change(arriving, peer=2), Refusal.ID_CLASS_FORBIDDEN),
        ("table without name", orders.reserve(1, table=""), Refusal.UNKNOWN_TABLE),
        ("table with NUL", orders.fence(1, "a\0b"), Refusal.UNKNOWN_TABLE),
        ("long table", orders.fence(1, "x" * 65), Refusal.UNKNOWN_TABLE),
        ("negative epoch", orders.fence(-1), Refusal.UNKNOWN_TABLE),
        ("epoch of 2^62", orders.wager(1, 0, epoch=2**62), Refusal.UNKNOWN_TABLE),
        ("short round", change(stake, round_id=b"r"), Refusal.WRONG_ROUND),
        ("wager in no round", change(orders.wager(1, 0), round_id=b""), Refusal.WRONG_ROUND),
        ("settle towards jackpot -1", settle(stake, 0, jackpot=-1), Refusal.UNKNOWN_JACKPOT),
        ("wager towards jackpot 65537", orders.wager(1, 0, jackpot=65537), Refusal.UNKNOWN_JACKPOT),
        ("jackpot 0", orders.define(jackpot=0), Refusal.UNKNOWN_JACKPOT),
        ("jackpot 65537", orders.pay(1, jackpot=65537), Refusal.UNKNOWN_JACKPOT),
        ("exchange into itself", orders.exchange(1, 1, to_ccy=1), Refusal.CURRENCY_MISMATCH),
        ("long commitment", change(orders.wager(1, 0), commitment=bytes(65)), Refusal.BAD_TEXT),
        ("long reference", change(orders.deposit(1), psp_ref="x" * 201), Refusal.BAD_TEXT),
        ("long reference out", change(orders.complete(away), psp_ref="x" * 201), Refusal.BAD_TEXT),
        ("long reason", change(orders.cancel(away), reason="x" * 201), Refusal.BAD_TEXT),
        ("long reason of staff", change(orders.adjust(1), reason="x" * 201), Refusal.BAD_TEXT),
        ("long reason of a bonus", change(orders.forfeit(), reason="x" * 201), Refusal.BAD_TEXT),
        ("pool to seed", orders.move(1, Kind.JACKPOT_POOL, Kind.JACKPOT_SEED), Refusal.ACCOUNT_FORBIDDEN),
        ("pool to pool", orders.move(1, Kind.JACKPOT_POOL, Kind.JACKPOT_POOL), Refusal.ACCOUNT_FORBIDDEN),
        ("GGR to pool", orders.move(1, Kind.GGR, Kind.JACKPOT_POOL), Refusal.ACCOUNT_FORBIDDEN),
        ("transfer of cash", orders.send(1, kind=Kind.CASH), Refusal.ACCOUNT_FORBIDDEN),
        ("transfer to oneself", orders.send(1, 0), Refusal.ACCOUNT_FORBIDDEN),
        ("transfer to shard -1", orders.send(1, -1), Refusal.ACCOUNT_FORBIDDEN),
        ("transfer to shard 65536", orders.send(1, 65536), Refusal.ACCOUNT_FORBIDDEN),
        ("transfer of no part", orders.send(1, part=0), Refusal.ACCOUNT_FORBIDDEN),
        ("transfer of a pot's part", orders.send(1, kind=Kind.POT_CLEARING, part=1), Refusal.ACCOUNT_FORBIDDEN),
        ("arrival from oneself", receive(orders.send(1, 0), 0), Refusal.ACCOUNT_FORBIDDEN),
    ]


@pytest.mark.parametrize(("name", "order", "refusal"), bad_orders())
def test_malformed_order_is_refused_unrecorded(name: str, order: WalletOrder, refusal: Refusal) -> None:
    books = Books()
    before, rows = picture(books.state), len(books.rows)
    assert code(books.do(order)) == refusal
    assert picture(books.state) == before
    assert len(books.rows) == rows


@pytest.mark.parametrize(
    "terms",
    [
        JackpotTerms(1, 0, 100),
        JackpotTerms(1, -1, 100),
        JackpotTerms(1, 101, 100),
        JackpotTerms(1, 1, 0),
        JackpotTerms(1, 1, 10**9 + 1),
        JackpotTerms(1, 1, 100, -1),
        JackpotTerms(1, 1, 100, 2**62),
    ],
)
def test_terms_that_make_no_sense_are_refused(terms: JackpotTerms) -> None:
    books = Books()
    order = msgspec.structs.replace(books.orders.define(), terms=terms)
    assert code(books.do(order)) == Refusal.UNKNOWN_JACKPOT


@pytest.mark.parametrize("changes", [{}, {"psp_ref": "x" * 200}, {"psp_ref": "\0"}, {"psp_ref": "żółw 龜"}])
def test_text_of_up_to_two_hundred_characters_is_taken(changes: dict[str, Any]) -> None:
    books = Books()
    books.did(msgspec.structs.replace(books.orders.deposit(1), **changes))


#: Faults from the last that is looked for to the first.
FAULTS: dict[str, list[tuple[dict[str, Any], Refusal]]] = {
    "Reserve": [
        ({"round_id": b""}, Refusal.WRONG_ROUND),
        ({"table_id": ""}, Refusal.UNKNOWN_TABLE),
        ({"ccy": 8}, Refusal.CURRENCY_MISMATCH),
        ({"player_id": 0}, Refusal.UNKNOWN_ACCOUNT),
        ({"amount_minor": 0}, Refusal.AMOUNT_INVALID),
        ({"cmd_id": b""}, Refusal.ID_CLASS_FORBIDDEN),
    ],
    "Settle": [
        ({"jackpot": -1}, Refusal.UNKNOWN_JACKPOT),
        ({"round_id": b""}, Refusal.WRONG_ROUND),
        ({"player_id": 0}, Refusal.UNKNOWN_ACCOUNT),
        ({"payout_minor": -1}, Refusal.AMOUNT_INVALID),
        ({"reservation_id": b""}, Refusal.ID_CLASS_FORBIDDEN),
    ],
    "Wager": [
        ({"commitment": bytes(65)}, Refusal.BAD_TEXT),
        ({"jackpot": -1}, Refusal.UNKNOWN_JACKPOT),
        ({"round_id": b""}, Refusal.WRONG_ROUND),
        ({"table_epoch": -1}, Refusal.UNKNOWN_TABLE),
        ({"ccy": 8}, Refusal.CURRENCY_MISMATCH),
        ({"player_id": 0}, Refusal.UNKNOWN_ACCOUNT),
        ({"stake_minor": 0}, Refusal.AMOUNT_INVALID),
    ],
    "CancelWithdrawal": [
        ({"reason": "x" * 201}, Refusal.BAD_TEXT),
        ({"ccy": 8}, Refusal.CURRENCY_MISMATCH),
        ({"player_id": 0}, Refusal.UNKNOWN_ACCOUNT),
        ({"reservation_id": b""}, Refusal.ID_CLASS_FORBIDDEN),
    ],
    "Exchange": [
        ({"to_ccy": 1}, Refusal.CURRENCY_MISMATCH),
        ({"player_id": 0}, Refusal.UNKNOWN_ACCOUNT),
        ({"to_amount_minor": 0}, Refusal.AMOUNT_INVALID),
    ],
    "Adjust": [
        ({"reason": "x" * 201}, Refusal.BAD_TEXT),
        ({"approved_by": 0}, Refusal.FOUR_EYES_REQUIRED),
        ({"ccy": 8}, Refusal.CURRENCY_MISMATCH),
        ({"player_id": 0}, Refusal.UNKNOWN_ACCOUNT),
        ({"amount_minor": 0}, Refusal.AMOUNT_INVALID),
    ],
    "MoveJackpot": [
        ({"source": Kind.GGR}, Refusal.ACCOUNT_FORBIDDEN),
        ({"jackpot": 0}, Refusal.UNKNOWN_JACKPOT),
        ({"ccy": 8}, Refusal.CURRENCY_MISMATCH),
        ({"amount_minor": 0}, Refusal.AMOUNT_INVALID),
    ],
    "PayJackpot": [
        ({"jackpot": 0}, Refusal.UNKNOWN_JACKPOT),
        ({"ccy": 8}, Refusal.CURRENCY_MISMATCH),
        ({"player_id": 0}, Refusal.UNKNOWN_ACCOUNT),
        ({"amount_minor": 0}, Refusal.AMOUNT_INVALID),
    ],
    "DefineJackpot": [
        ({"jackpot": 0}, Refusal.UNKNOWN_JACKPOT),
        ({"terms": JackpotTerms(8, 1, 0)}, Refusal.CURRENCY_MISMATCH),
    ],
    "TransferOut": [
        ({"kind": Kind.CASH}, Refusal.ACCOUNT_FORBIDDEN),
        ({"ccy": 8}, Refusal.CURRENCY_MISMATCH),
        ({"amount_minor": 0}, Refusal.AMOUNT_INVALID),
        ({"cmd_id": b""}, Refusal.ID_CLASS_FORBIDDEN),
    ],
}


@pytest.mark.parametrize("kind", sorted(FAULTS))
def test_faults_of_form_are_refused_in_one_order_for_all(kind: str) -> None:
    """Ids, amounts, player, currencies, table, round, jackpot, accounts, persons, texts: faults are added backwards."""
    books, orders = everything_in_place()
    order = orders[kind]
    for change, refusal in FAULTS[kind]:
        order = msgspec.structs.replace(order, **change)
        assert code(books.do(order)) == refusal, change
