"""`docs/protocol.md`: the page from which somebody writes a client. Prose is by hand, facts are from the source."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from typing import Any, Final

import msgspec

from actors.domain.games import roulette
from protocol import codec, envelope, errors
from protocol.messages import (
    BetsAccepted,
    BetsSettled,
    Hello,
    JoinTable,
    Money,
    PlaceBets,
    RoundOpened,
    ServerMessage,
    TableSnapshot,
    Welcome,
)
from server.schema.describe import type_name
from server.schema.golden import CLIENT_SAMPLES, SERVER_SAMPLES
from server.schema.reflect import Field, Shape, Wire
from server.schema.templates import template

#: What fields mean that no docstring explains, by "Message.field" or by "field".
MEANINGS: Final[dict[str, str]] = {
    "after_ms": "how long to wait from the close on",
    "amount_minor": "how much was paid",
    "available_minor": "may be staked now",
    "action": "what to do",
    "bet": "the bet as it stands: calls expanded, equal positions added up",
    "bet_id": "the order's id",
    "bet_ids": "ids of the bets",
    "bets": "how many bets",
    "can_repeat": "`RepeatBets` would find something",
    "chips": "stakes on positions",
    "calls": "announced bets, on top of the chips",
    "client_ms": "the client's clock",
    "closes_ms": "when betting ends, server's clock; 0: when the dealer says so",
    "code": "from the error registry",
    "client_seed": "the player's own",
    "server_seed": "the house's, 64 hexadecimal digits",
    "next_commitment": "SHA-256 (hex) of the text of the server's seed after this one",
    "nonce": "number of the round by this pair of seeds, from 0",
    "revealed": "the last pairs out of use, the latest first, at most 5",
    "rounds": "how many were played by it",
    "spin_id": "the order's id",
    "SpinResult.game": "`TableInfo.table_id` of the game",
    "Spin.game": "`TableInfo.table_id` of the game",
    "GetSeeds.game": "`TableInfo.table_id` of the game",
    "Seeds.game": "`TableInfo.table_id` of the game",
    "RotateSeed.game": "`TableInfo.table_id` of the game",
    "Seeds.nonce": "of the next round",
    "cards": "as dealt, numbered as in the rules",
    "command_id": "the order's id",
    "commitment": "SHA-256 (hex) of the text of the seed that decides the round",
    "currency": 'code of the currency, such as "PLAY"',
    "Hands.dealer": "his cards, -1 the hidden one",
    "Hands.dealer_total": "of the cards of his that are shown",
    "hand": "a hand",
    "dealer": 'who deals (live tables), else ""',
    "detail": "English, for logs",
    "epoch": "incarnation of the table; a higher one replaces all that was known",
    "entered": "a number that is not confirmed",
    "exponent": "digits behind the point: 2 means that 100 minor units are 1.00",
    "flight": "what is played",
    "coup": "what is dealt",
    "Coup.shoe": "its number at this table",
    "player_total": "what the player's cards count",
    "banker_total": "what the banker's cards count",
    "card": "numbered as in the rules",
    "cut": "how many cards from the end the cut card lies",
    "event": '"new", "burned" or "cut"',
    "value": "the first card, or how many were burned",
    "DealerCard.hand": "0 player, 1 banker, -1: whose it is",
    "DealerCard.seq": "number of the event at this table",
    "DealerTakeBack.seq": "number of the event at this table",
    "DealerShoe.seq": "number of the event at this table",
    "Shoe.seq": "of the last event; 0: there was none",
    "Shoe.number": "which shoe of the table",
    "Shoe.state": '"loaded", "burning", "between", "round" or "over"',
    "Shoe.rounds": "coups dealt to their end",
    "to_burn": "cards still to be burned",
    "rounds_left": "coups that may still be dealt; -1: the cut card has not come",
    "DealerState.shoe": "one where cards are dealt",
    "Coup.player": "the player's cards",
    "Coup.banker": "the banker's cards",
    "left": "cards in the shoe",
    "due": "whose the next card is: 0 the player's, 1 the banker's, -1 nobody's",
    "game": '"roulette", "baccarat", "baccarat-no-commission", "blackjack", "crash" or "slot"',
    "hands": "what is played",
    "Hands.hands": "in the order of the seats",
    "history": "the last drawn numbers, newest first, at most 50",
    "info_table_id": "the table",
    "JackpotPool.jackpot": "its number",
    "JackpotPool.name": "what it is called",
    "JackpotPool.amount_minor": "what a hit now would pay",
    "JackpotPools.pools": "all jackpots, by number",
    "kind": '"rng" (the server spins) or "live" (a dealer spins)',
    "limits": "what may be staked",
    "max_by_size": "class of position -> the most one player may have on one of it (roulette: by how many numbers it covers)",
    "max_table_minor": "the most one player may have on the whole layout in a round",
    "min_stake_minor": "the least on a position in one order",
    "money": "my money after this",
    "multiplier": "in hundredths",
    "my_bets": "my accepted bets in this round, oldest first",
    "name": "name of the player, unique",
    "Call.name": '"voisins" (9 units), "tiers" (6 units) or "orphelins" (5 units)',
    "Error.name": "the code's name",
    "net_minor": "wins minus stakes of the rounds settled since this session began",
    "next_opens_ms": "when the next round opens, server's clock; 0: not known",
    "number": "the outcome, by the game's rules (roulette: the drawn number)",
    "opens_ms": "when betting began, server's clock",
    "payout_minor": "what was paid, stakes of winning chips included",
    "phase": "see `TableSnapshot.phase`",
    "play_money": "true: the money has no value; say so on the screen",
    "player_id": "the account",
    "players": "how many players",
    "position": "by the game's rules (roulette: 0 .. 156, see Positions)",
    "reason": "a stable word or a dealer's text",
    "received_ms": "when the server got the order, its clock",
    "returned_minor": "stakes that are available again",
    "round_id": "the round, 16 bytes",
    "round_no": "the round's number at this table",
    "rules_version": "which rules are played",
    "seat": "0 .. 6",
    "soft": "an ace counts eleven",
    "total": "what the cards count",
    "seats": "what players have on the layout; each entry replaces what was shown for its name",
    "seq": "position in the journal of the player's money",
    "server_ms": "the server's clock",
    "session_id": "names this personal stream: for the next `Hello`, support and logs",
    "stake_minor": "the stake",
    "started_ms": "when this session of play began, server's clock",
    "stream": "number of the table's push stream on this connection",
    "table_id": "the table",
    "tables": "the lobby",
    "text": "English",
    "tick": "number of the bonus tick",
    "title": "name of the table for people",
    "unit_minor": "stake per unit",
    "version": "seq of the last push that is in this snapshot",
    "window_s": "how long bets are taken; 0: until `DealerClose`",
    "winners": "who was paid, at most 20, the largest first",
    "BetsSettled.bets": "one entry for each bet of mine",
    "NumberEntered.number": "what the wheel shows, 0 .. 36",
    "DealerNumber.number": "what the wheel shows, 0 .. 36",
    "DealerConfirm.number": "the entered number once more",
    "DealerState.bets": "how many bets there are in this round",
    "DealerState.players": "how many players have bets in this round",
    "DealerState.source": 'who entered the number: "manual" or "sensor"',
    "DealerState.stake_minor": "what is staked in this round",
    "DealerState.number": "entered or confirmed, else -1",
    "TablePaused.paused": "true: phase becomes paused",
}

#: The first ending that fits says the unit.
_UNITS: Final = (("_minor", "minor units"), ("after_ms", "ms"), ("_ms", "ms since 1970"), ("_s", "seconds"))


def page_md(wire: Wire) -> str:
    """Return the page."""
    return template(
        "protocol.md",
        SUBPROTOCOL=envelope.SUBPROTOCOL,
        VERSION=envelope.PROTOCOL_VERSION,
        CLIENT_BYTES=envelope.MAX_CLIENT_FRAME_BYTES,
        SERVER_BYTES=envelope.MAX_SERVER_FRAME_BYTES,
        MAX_DEPTH=codec.MAX_DEPTH,
        EXAMPLE_BYTES=_annotated(),
        PARTS="\n".join(map(_section, wire.parts)),
        CLIENT_MESSAGES="\n".join(map(_section, wire.client)),
        SERVER_MESSAGES="\n".join(map(_section, wire.server)),
        POSITIONS=_positions(),
        WHEEL=" ".join(map(str, roulette.WHEEL)),
        RED=", ".join(map(str, sorted(roulette.RED))),
        CALLS=_calls(),
        CODES=_codes(),
        CLOSES=_closes(),
        TRANSCRIPT=_transcript(),
    )


# ---------------------------------------------------------------- messages


def _section(shape: Shape) -> str:
    heading = f"#### {shape.name}" + (f" (tag {shape.tag})" if shape.tag is not None else "")
    rows = []
    first = 0
    if shape.tag is not None:
        rows.append(f"| 0 | tag | int | {shape.tag} |")
        first = 1
    rows += [_row(shape, field, index) for index, field in enumerate(shape.fields, first)]
    table = ["| # | field | type | meaning |", "| --- | --- | --- | --- |", *rows]
    return "\n".join([heading, "", prose(shape), "", *table, ""])


def _row(shape: Shape, field: Field, index: int) -> str:
    kind = type_name(field.type)
    unit = next((unit for end, unit in _UNITS if field.name.endswith(end)), "")
    notes = [kind + (f", {unit}" if unit else "")]
    if field.optional:
        notes.append(f"may be left out: {_written(field.default)}")
    meaning = meaning_of(shape, field).replace("|", "\\|")
    return f"| {index} | {field.name} | {'; '.join(notes)} | {meaning} |"


def _segments(shape: Shape) -> list[tuple[list[str], str]]:
    """Return the docstring cut at its `name: ` and `name, name: ` markers: names of fields, and the text behind them.

    A marker begins a sentence or a clause. Text before the first marker of a paragraph belongs to no field.
    """
    names = "|".join([*(field.name for field in shape.fields), "Units"])
    marker = re.compile(rf"(?:^|(?<=[.;:] ))((?:{names})(?:, (?:{names}))*): ")
    segments: list[tuple[list[str], str]] = []
    for paragraph in shape.doc.split("\n\n"):
        text = re.sub(r"\s*\n\s*", " ", paragraph)
        cuts = list(marker.finditer(text))
        ends = [*(cut.start() for cut in cuts), len(text)]
        segments.append(([], text[: ends[0]].strip()))
        segments += [
            (cut.group(1).split(", "), text[cut.end() : end].strip()) for cut, end in zip(cuts, ends[1:], strict=True)
        ]
    return segments


def prose(shape: Shape) -> str:
    """Return what a docstring says of the whole message."""
    segments = _segments(shape)
    units = [f"Units: {text}" for names, text in segments if names == ["Units"]]
    return " ".join([*(text for names, text in segments if text and not names), *units])


def meaning_of(shape: Shape, field: Field) -> str:
    """Return what a field means; raises KeyError where nobody has said it."""
    if f"{shape.name}.{field.name}" in MEANINGS:
        return MEANINGS[f"{shape.name}.{field.name}"]
    for names, text in _segments(shape):
        if field.name in names:
            return text.rstrip(".;")
    return MEANINGS[field.name]


# ---------------------------------------------------------------- tables of facts


def _positions() -> str:
    rows = [
        "| positions | kind | covers | pays | numbers, in the order of the positions |",
        "| --- | --- | --- | --- | --- |",
    ]
    for (kind, size), group in groupby(roulette.LAYOUT, key=lambda place: (place.kind, len(place.numbers))):
        places = list(group)
        span = str(places[0].position) + (f" - {places[-1].position}" if len(places) > 1 else "")
        numbers = " ".join("-".join(map(str, place.numbers)) for place in places)
        rows.append(f"| {span} | {kind} | {size} | {places[0].pays} to 1 | {numbers} |")
    return "\n".join(rows)


def _calls() -> str:
    rows = ["| name | units | chips: position x units |", "| --- | --- | --- |"]
    for name, chips in roulette.CALLS.items():
        listed = ", ".join(f"{position} x {units}" for position, units in chips)
        rows.append(f"| {name} | {sum(units for _, units in chips)} | {listed} |")
    return "\n".join(rows)


def _codes() -> str:
    rows = ["| code | name | retryable | closes with | meaning |", "| --- | --- | --- | --- | --- |"]
    for code, entry in errors.REGISTRY.items():
        close = int(entry.close) or ""
        rows.append(
            f"| {code.value} | {code.name} | {'yes' if entry.retryable else 'no'} | {close} | {entry.meaning} |"
        )
    return "\n".join(rows)


def _closes() -> str:
    does = {
        errors.After.BACK_OFF: "connect again, with back-off",
        errors.After.NEW_TOKEN: "get a new token, then connect again",
        errors.After.STOP: "do not connect again",
    }
    rows = ["| code | name | then | meaning |", "| --- | --- | --- | --- |"]
    for close in errors.Close:
        after = does[errors.after_close(close)]
        rows.append(f"| {close.value} | {close.name} | {after} | {errors.CLOSE_MEANINGS[close]} |")
    return "\n".join(rows)


# ---------------------------------------------------------------- examples


def _annotated() -> str:
    """Return one request byte by byte."""
    frame = codec.encode_client_frame(7, 0, JoinTable("roulette-1"))
    assert frame.hex() == "9501010700941eaa726f756c657474652d310000"
    lines = [
        ("95", "array of 5: the envelope"),
        ("01", "version: 1"),
        ("01", "kind: 1, a request"),
        ("07", "ref: 7, chosen by the client"),
        ("00", "seq: 0, no personal push was received yet"),
        ("94", "array of 4: the body"),
        ("1e", "tag: 30, JoinTable"),
        ("aa 72 6f 75 6c 65 74 74 65 2d 31", 'table_id: a string of 10 bytes, "roulette-1"'),
        ("00 00", "epoch, version: 0, the client has nothing of this table yet; may be left out"),
    ]
    return "\n".join(f"{data:<34} {meaning}" for data, meaning in lines)


def _transcript() -> str:
    """Return one session, frame by frame, from the golden samples."""
    before = Money(100_000, 0, 4_710)
    welcome = msgspec.structs.replace(_sample("Welcome", Welcome), money=before)
    snapshot = msgspec.structs.replace(
        _sample("TableSnapshot/betting", TableSnapshot), my_bets=[], seats=[], money=before, net_minor=0
    )
    following = msgspec.structs.replace(
        _sample("RoundOpened", RoundOpened),
        round_id=bytes.fromhex("0199c0de7531750080000000000000a2"),
        round_no=43,
        opens_ms=1_759_878_935_000,
        closes_ms=1_759_878_955_000,
        server_ms=1_759_878_935_000,
    )
    steps: Iterable[tuple[str, Any]] = (
        ("C", (1, 1, 1, 0, CLIENT_SAMPLES["Hello"])),
        ("S", (1, 2, 1, 0, welcome)),
        ("C", (1, 1, 2, 0, CLIENT_SAMPLES["JoinTable"])),
        ("S", (1, 2, 2, 0, snapshot)),
        ("C", (1, 1, 3, 0, CLIENT_SAMPLES["PlaceBets/no-calls"])),
        ("S", (1, 3, 3, 121, SERVER_SAMPLES["TableBets"][3])),
        ("S", (1, 2, 3, 0, _sample("BetsAccepted", BetsAccepted))),
        ("S", (1, 3, 3, 122, SERVER_SAMPLES["BetsClosed"][3])),
        ("S", (1, 3, 3, 123, SERVER_SAMPLES["RoundResult"][3])),
        ("S", (1, 3, 0, 1, _sample("BetsSettled", BetsSettled))),
        ("S", (1, 3, 3, 124, SERVER_SAMPLES["RoundSettled"][3])),
        ("S", (1, 3, 3, 125, following)),
    )
    assert isinstance(CLIENT_SAMPLES["Hello"], Hello)
    assert isinstance(CLIENT_SAMPLES["PlaceBets/no-calls"], PlaceBets)
    return "\n".join(
        f"{who}: {_written(msgspec.msgpack.decode(msgspec.msgpack.encode(frame)))}" for who, frame in steps
    )


def _sample(name: str, kind: type[ServerMessage]) -> Any:
    message = SERVER_SAMPLES[name][3]
    assert isinstance(message, kind)
    return message


def _written(value: Any) -> str:
    """Return a value as the page writes it: bytes as h'..', as in CBOR's diagnostic notation."""
    if isinstance(value, bytes):
        return f"h'{value.hex()}'"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_written, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_written(each)}" for key, each in value.items()) + "}"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
