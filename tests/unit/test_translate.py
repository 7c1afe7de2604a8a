"""Wire <-> domain: every refusal has its code, ids are checked, fields arrive where they belong."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest

from actors.domain import commands, events
from actors.domain.ids import Origin, make_id
from actors.domain.plays import CashOut, CoupView, FlightView, HandsView, HandView
from actors.domain.refusals import Refusal
from actors.ports import Failure
from actors.session import Session
from protocol import messages as wire
from protocol.codec import Fault, decode_server_frame, encode_server_frame
from protocol.envelope import Kind
from protocol.errors import Code
from server.gateway import translate, translate_dealer
from tests.fakes.gateway import ROUND, client_id, identity, table_state

SEAT = commands.Seat(7, "anna", 0, "gateway/0")
DERIVED = make_id(1_700_000_000_000, Origin.SETTLE, bytes(9))


def session() -> Session:
    return Session(identity(), "s", "gateway/0")


@pytest.mark.parametrize("refusal", list(Refusal))
def test_every_refusal_has_the_code_of_the_same_number_and_name(refusal: Refusal) -> None:
    assert translate.code_of_refusal(commands.Refused(refusal)).name == refusal.name


def test_refusal_with_an_unknown_number_is_internal() -> None:
    assert translate.code_of_refusal(commands.Refused(1)) is Code.INTERNAL


@pytest.mark.parametrize(
    ("failure", "read_only", "code"),
    [
        (Failure.BUSY, False, Code.BUSY),
        (Failure.UNKNOWN, False, Code.OUTCOME_UNKNOWN),
        (Failure.UNKNOWN, True, Code.UNAVAILABLE),
    ],
)
def test_failure_of_an_order_is_busy_or_unknown(failure: Failure, read_only: bool, code: Code) -> None:
    error = translate.reply("r1", failure, read_only)
    assert isinstance(error, wire.Error)
    assert (error.code, error.retryable) == (code, True)
    assert error.retry_after_ms > 0


@pytest.mark.parametrize(
    "request_",
    [
        wire.PlaceBets("r1", ROUND, DERIVED, []),
        wire.RepeatBets("r1", ROUND, b""),
        wire.DoubleBets("r1", ROUND, bytes(16)),
        wire.UndoBets("r1", ROUND, client_id()[:-1]),
    ],
)
def test_id_that_no_client_may_make_is_refused(request_: translate.PlayRequest) -> None:
    assert translate.play_order(request_, SEAT, 1) is Code.ID_CLASS_FORBIDDEN


def test_round_id_of_another_length_is_a_bad_field() -> None:
    assert translate.play_order(wire.PlaceBets("r1", b"x", client_id(), []), SEAT, 1) is Code.BAD_FIELD


def test_chips_and_calls_arrive_in_the_order() -> None:
    request = wire.PlaceBets("r1", ROUND, client_id(), [wire.Chip(3, 200)], [wire.Call("tiers", 100)])
    assert translate.play_order(request, SEAT, 99) == commands.PlaceBet(
        SEAT, ROUND, client_id(), 99, "chips", [commands.ChipStake(3, 200)], [commands.CallStake("tiers", 100)]
    )


@pytest.mark.parametrize(("kind", "mode"), [(wire.RepeatBets, "repeat"), (wire.DoubleBets, "double")])
def test_repeat_and_double_are_modes_of_a_bet(kind: Any, mode: str) -> None:
    order = translate.play_order(kind("r1", ROUND, client_id()), SEAT, 99)
    assert order == commands.PlaceBet(SEAT, ROUND, client_id(), 99, mode, [], [])


def test_undo_names_its_bets() -> None:
    order = translate.play_order(wire.UndoBets("r1", ROUND, client_id(1), [client_id(2)]), SEAT, 99)
    assert order == commands.UndoBet(SEAT, ROUND, client_id(1), 99, [client_id(2)])


@pytest.mark.parametrize(
    ("request_", "verb"),
    [
        (wire.DealerSit("r1"), "sit"),
        (wire.DealerOpen("r1", client_id(), 30), "open"),
        (wire.DealerClose("r1", ROUND), "close"),
        (wire.DealerNumber("r1", ROUND, 17, "sensor"), "number"),
        (wire.DealerConfirm("r1", ROUND, 17), "confirm"),
        (wire.DealerVoid("r1", ROUND, "ball lost"), "void"),
        (wire.DealerCard("r1", ROUND, 7, 51, 1, "sensor"), "card"),
        (wire.DealerTakeBack("r1", ROUND, 8, 51, "misread"), "back"),
        (wire.DealerShoe("r1", 1, "new", 3, 14, "torn"), "shoe"),
    ],
)
def test_dealer_request_becomes_the_order_of_its_verb(request_: translate_dealer.DealerRequest, verb: str) -> None:
    order = translate_dealer.dealer_order(request_, SEAT, False)
    assert isinstance(order, commands.DealerOrder)
    assert order.verb == translate_dealer.dealer_verb(request_) == verb
    told = {name: getattr(request_, name) for name in request_.__struct_fields__ if name != "table_id"}
    number = [told.pop(name) for name in ("card", "value") if name in told]
    for name in ("round_id", "command_id", "source", "window_s", "reason", "seq", "hand", "event", "cut"):
        assert getattr(order, name) == told.pop(name, getattr(commands.DealerOrder(SEAT, verb), name))
    assert order.number == (number or [told.pop("number", -1)])[0]
    assert told == {}


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (wire.DealerOpen("r1", DERIVED), Code.ID_CLASS_FORBIDDEN),
        (wire.DealerClose("r1", b""), Code.BAD_FIELD),
        (wire.DealerNumber("r1", ROUND, 17, "guess"), Code.BAD_FIELD),
        (wire.DealerVoid("r1", ROUND, "x" * 201), Code.BAD_FIELD),
        (wire.DealerCard("r1", b"", 7, 51), Code.BAD_FIELD),
        (wire.DealerCard("r1", ROUND, 7, 51, 0, "guess"), Code.BAD_FIELD),
        (wire.DealerTakeBack("r1", ROUND, 7, 51, "x" * 201), Code.BAD_FIELD),
        (wire.DealerShoe("r1", 7, "burn"), Code.BAD_FIELD),
        (wire.DealerShoe("r1", 7, "new", 3, 14, "x" * 201), Code.BAD_FIELD),
    ],
)
def test_malformed_dealer_request_is_refused(request_: translate_dealer.DealerRequest, code: Code) -> None:
    assert translate_dealer.dealer_order(request_, SEAT, False) is code


def test_placed_bet_tells_money_as_of_its_own_row() -> None:
    placed = commands.PlacedBet(client_id(), [commands.ChipStake(1, 100)], 100)
    answer = translate.reply("r1", commands.BetPlaced(ROUND, placed, 99, 12, 900, 100))
    bet = wire.Bet(client_id(), [wire.Chip(1, 100)], 100)
    assert told(answer) == wire.BetsAccepted("r1", ROUND, bet, 99, wire.Money(900, 100, 12))


def test_taken_back_bets_are_undone() -> None:
    answer = translate.reply("r1", commands.BetsTakenBack(ROUND, [client_id()], 100, 13, 1_000, 0))
    assert answer == wire.BetsUndone("r1", ROUND, [client_id()], 100, wire.Money(1_000, 0, 13))


def test_answer_of_another_kind_is_internal() -> None:
    error = translate.reply("r1", commands.Noted())
    assert isinstance(error, wire.Error)
    assert error.code == Code.INTERNAL


def test_dealer_state_has_the_fields_of_the_view() -> None:
    view = commands.DealerView("r1", "number", ROUND, 4, 1, 2, 17, "manual", 5, 6, 700, "dora")
    told = msgspec.structs.asdict(translate_dealer.dealer_state(view))
    assert told.pop("shoe") == []
    assert told == {name: value for name, value in msgspec.structs.asdict(view).items() if name != "shoe"}


def test_dealer_state_where_cards_are_dealt_has_the_shoe() -> None:
    shoe = commands.ShoeView(7, 3, "round", 401, 0, 16, 2, -1, [8, 12], 0)
    view = commands.DealerView("r1", "playing", ROUND, 4, 1, 2, -1, "", 5, 6, 700, "dora", shoe)
    (told,) = translate_dealer.dealer_state(view).shoe
    assert msgspec.structs.asdict(told) == msgspec.structs.asdict(shoe)


def told(body: wire.ServerMessage) -> Any:
    """Return a message as its client gets it."""
    frame = decode_server_frame(encode_server_frame(Kind.REPLY, 1, 0, body))
    assert not isinstance(frame, Fault), frame
    return frame.body


def test_snapshot_has_the_fields_of_the_state() -> None:
    stakes = [commands.SeatStakes("bo", 300, [commands.ChipStake(2, 300)])]
    mine = [commands.PlacedBet(client_id(), [commands.ChipStake(1, 100)], 100)]
    state = table_state(3, 9, seats=stakes, my_bets=mine, history=[1, 2], dealer="dora")
    shown = told(translate.snapshot(4, "r1", state, session()))
    assert (shown.stream, shown.info_table_id, shown.currency) == (4, "r1", "PLAY")
    assert shown.limits == wire.Limits(100, 100_000, {1: 10_000})
    assert shown.seats == [wire.SeatBets("bo", 300, [wire.Chip(2, 300)])]
    assert shown.my_bets == [wire.Bet(client_id(), [wire.Chip(1, 100)], 100)]
    same = set(wire.TableSnapshot.__struct_fields__) & set(commands.TableState.__struct_fields__) - {
        "seats",
        "my_bets",
        "detail",
    }
    assert {name: getattr(shown, name) for name in same} == {name: getattr(state, name) for name in same}


TABLE_EVENTS: list[tuple[events.TableEvent, wire.ServerMessage]] = [
    (events.RoundOpened(ROUND, 1, 2, 3, 4), wire.RoundOpened(ROUND, 1, 2, 3, 4)),
    (
        events.StakesShown(ROUND, [commands.SeatStakes("bo", 1, [])]),
        wire.TableBets(ROUND, [wire.SeatBets("bo", 1, [])]),
    ),
    (events.BetsClosed(ROUND), wire.BetsClosed(ROUND)),
    (events.RoundDecided(ROUND, 17), wire.RoundResult(ROUND, 17)),
    (events.RoundDecided(ROUND, 1, (8, 12), "ab" * 32), wire.RoundResult(ROUND, 1, [8, 12], "ab" * 32)),
    (
        events.PlayShown(ROUND, 9, FlightView(8, 2, [CashOut("bo", 100, 154, 154)])),
        wire.FlightShown(ROUND, 9, wire.Flight(8, 2, [wire.CashedOut("bo", 100, 154, 154)])),
    ),
    (
        events.PlayShown(ROUND, 9, CoupView([8], [12], 9, 0, 0, 1, 410)),
        wire.CoupShown(ROUND, 9, wire.Coup([8], [12], 9, 0, 0, 1, 410)),
    ),
    (
        events.PlayShown(
            ROUND,
            9,
            HandsView(
                [HandView(1, "bo", b"bet", 100, [0, 9], 21, True, "acting", 10, False)],
                [3, -1],
                4,
                0,
                ["stand"],
                77,
                True,
            ),
        ),
        wire.HandsShown(
            ROUND,
            9,
            wire.Hands(
                [wire.Hand(1, "bo", b"bet", 100, [0, 9], 21, True, "acting", 10, False)],
                [3, -1],
                4,
                0,
                ["stand"],
                77,
                True,
            ),
        ),
    ),
    (events.RoundSettled(ROUND, [events.Win("bo", 36)], 5), wire.RoundSettled(ROUND, [wire.Winner("bo", 36)], 5)),
    (events.RoundVoided(ROUND, "crash"), wire.RoundVoided(ROUND, "crash")),
    (events.TablePaused(True, "break", "dora"), wire.TablePaused(True, "break", "dora")),
    (events.NumberEntered(ROUND, 17, "sensor"), wire.NumberEntered(ROUND, 17, "sensor")),
    (events.Concealed(), wire.Skipped()),
]


@pytest.mark.parametrize(("event", "push"), TABLE_EVENTS)
def test_table_event_becomes_its_push(event: events.TableEvent, push: wire.ServerMessage) -> None:
    assert told(translate.table_push(event)) == push


def test_every_table_event_is_tested() -> None:
    assert {type(event) for event, _ in TABLE_EVENTS} == set(get_args(events.TableEvent))


def test_personal_settlement_tells_the_net_position_of_the_session() -> None:
    it = session()
    event = events.MyBetsSettled("r1", ROUND, 17, [events.BetOutcome(client_id(), 10, 360)], 10, 360, 3, 1_350, 0)
    it.apply_event(event)
    assert told(translate.personal_push(event, it)) == wire.BetsSettled(
        "r1", ROUND, 17, [wire.SettledBet(client_id(), 10, 360)], 10, 360, wire.Money(1_350, 0, 3), 350
    )


def test_personal_void_and_bonus_tell_money() -> None:
    void = events.MyBetsVoided("r1", ROUND, [client_id()], 10, "crash", 4, 1_000, 0)
    assert translate.personal_push(void, session()) == wire.BetsVoided(
        "r1", ROUND, [client_id()], 10, "crash", wire.Money(1_000, 0, 4)
    )
    bonus = translate.personal_push(events.MyBonus(500, 3, 5, 1_500, 0), session())
    assert bonus == wire.BonusGranted(500, 3, wire.Money(1_500, 0, 5))


def test_currency_of_another_build_has_a_name() -> None:
    assert translate.currency_name(99) == "CCY99"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (commands.PlacedBet, wire.Bet),
        (commands.ChipStake, wire.Chip),
        (commands.SeatStakes, wire.SeatBets),
        (events.BetOutcome, wire.SettledBet),
    ],
)
def test_what_is_passed_on_untranslated_has_the_same_fields(ours: Any, theirs: Any) -> None:
    assert ours.__struct_fields__ == theirs.__struct_fields__
    shapes = [(one.__struct_config__.array_like, one.__struct_config__.tag) for one in (ours, theirs)]
    assert shapes == [(True, None)] * 2
