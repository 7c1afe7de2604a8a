"""Golden frames: bytes that were once right and must stay so. Existing ones are never rewritten; new ones are added.

`tests/golden/v1/frames.json` holds, by name, the frame in hexadecimal and what it says, as arrays with bytes written
"hex:...". The web client's tests get the same as `golden.ts`, where the compiler checks the generated types against it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import msgspec

from protocol.codec import encode_client_frame, encode_server_frame
from protocol.envelope import Kind
from protocol.errors import REGISTRY, Code
from protocol.messages import (
    Act,
    Acted,
    Balance,
    Bet,
    BetsAccepted,
    BetsClosed,
    BetsSettled,
    BetsUndone,
    BetsVoided,
    BonusGranted,
    Call,
    CashedOut,
    Chip,
    ClientMessage,
    DealerClose,
    DealerConfirm,
    DealerNumber,
    DealerOpen,
    DealerSit,
    DealerVoid,
    DoubleBets,
    Error,
    Flight,
    FlightShown,
    GetBalance,
    Hand,
    Hands,
    HandsShown,
    Hello,
    JackpotPool,
    JackpotPools,
    JoinTable,
    LeaveTable,
    LeftTable,
    Limits,
    ListTables,
    Money,
    Notice,
    NumberEntered,
    Ping,
    PlaceBets,
    Pong,
    Reconnect,
    RepeatBets,
    RoundOpened,
    RoundResult,
    RoundSettled,
    RoundVoided,
    SeatBets,
    ServerMessage,
    SettledBet,
    Skipped,
    TableBets,
    TableInfo,
    TablePaused,
    TableResumed,
    Tables,
    TableSnapshot,
    UndoBets,
    Welcome,
    Winner,
)
from server.schema import card_samples, instant_samples
from server.schema.reflect import Wire, WireType
from server.schema.typescript import BANNER

PATH: Final = "tests/golden/v1/frames.json"

_TABLE: Final = "roulette-1"
_LIVE: Final = "live-1"
_ROUND: Final = bytes.fromhex("0199c0de0001750080000000000000a1")
_BET: Final = bytes.fromhex("0199c0de0102700b8a00000000000001")
_BET_2: Final = bytes.fromhex("0199c0de0203700c8b00000000000002")
_ORDER: Final = bytes.fromhex("0199c0de0304700d8c00000000000003")
_NOW: Final = 1_759_878_905_000
_MONEY: Final = Money(97_500, 2_500, 4_711)
_CHIPS: Final = [Chip(17, 1_500), Chip(151, 1_000)]
_MY_BET: Final = Bet(_BET, _CHIPS, 2_500)
_SEATS: Final = [SeatBets("Ana", 2_500, _CHIPS), SeatBets("Žofie", 100, [Chip(0, 100)])]
_SEED: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_COMMITMENT: Final = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
_FLIGHT: Final = Flight(_NOW, 3, [CashedOut("Ana", 1_000, 154, 1_540)])
_HANDS: Final = Hands(
    [
        Hand(0, "Ana", _BET, 1_000, [0, 9], 21, True, "blackjack"),
        Hand(2, "Žofie", _BET_2, 500, [4, 17], 10, False, "acting", 20),
    ],
    [12, -1],
    10,
    1,
    ["hit", "stand", "double"],
    _NOW + 12_000,
    False,
)
_LIMITS: Final = Limits(100, 1_000_000, {size: 20_000 * size for size in (1, 2, 3, 4, 6, 12, 18)})
_INFO: Final = TableInfo(_TABLE, "roulette", "rng", "Roulette One", "PLAY", 100, 1_000_000, 2, "betting")


def _snapshot(phase: str, **changes: Any) -> TableSnapshot:
    idle = TableSnapshot(
        stream=3,
        epoch=2,
        version=120,
        info_table_id=_TABLE,
        title="Roulette One",
        kind="rng",
        currency="PLAY",
        limits=_LIMITS,
        phase=phase,
        round_id=b"",
        round_no=41,
        opens_ms=0,
        closes_ms=0,
        server_ms=_NOW,
        number=-1,
        history=[17, 0, 36],
        seats=[],
        my_bets=[],
        can_repeat=False,
        money=_MONEY,
        net_minor=-2_500,
        rules_version="roulette-eu-1:000000000000",
    )
    return msgspec.structs.replace(idle, **changes)


#: Name -> request.
CLIENT_SAMPLES: Final[dict[str, ClientMessage]] = {
    "Hello": Hello("header.payload.signature", "croupier-web/0.1"),
    "Hello/resume": Hello("header.payload.signature", "croupier-web/0.2", "s-1"),
    "Ping": Ping(_NOW),
    "Ping/rtt": Ping(_NOW, 23),
    "GetBalance": GetBalance(),
    "ListTables": ListTables(),
    "JoinTable": JoinTable(_TABLE),
    "JoinTable/resume": JoinTable(_TABLE, 2, 120),
    "LeaveTable": LeaveTable(_TABLE),
    "PlaceBets": PlaceBets(_TABLE, _ROUND, _BET, _CHIPS, [Call("voisins", 100)]),
    "PlaceBets/no-calls": PlaceBets(_TABLE, _ROUND, _BET, _CHIPS),
    "PlaceBets/largest-stake": PlaceBets(_TABLE, _ROUND, _BET, [Chip(156, 2**53 - 1)]),
    "RepeatBets": RepeatBets(_TABLE, _ROUND, _BET_2),
    "DoubleBets": DoubleBets(_TABLE, _ROUND, _BET_2),
    "UndoBets": UndoBets(_TABLE, _ROUND, _ORDER, [_BET, _BET_2]),
    "UndoBets/all": UndoBets(_TABLE, _ROUND, _ORDER),
    "Act": Act("crash-1", _ROUND, _ORDER, _BET, "cash_out"),
    "Act/hand": Act("blackjack-1", _ROUND, _ORDER, _BET, "double", 1),
    "DealerSit": DealerSit(_LIVE),
    "DealerOpen": DealerOpen(_LIVE, _ORDER, 25),
    "DealerClose": DealerClose(_LIVE, _ROUND),
    "DealerNumber": DealerNumber(_LIVE, _ROUND, 32, "sensor"),
    "DealerConfirm": DealerConfirm(_LIVE, _ROUND, 32),
    "DealerVoid": DealerVoid(_LIVE, _ROUND, "ball left the wheel"),
    **instant_samples.CLIENT,
    **card_samples.CLIENT,
}

#: Name -> (kind, ref, seq, body).
SERVER_SAMPLES: Final[dict[str, tuple[Kind, int, int, ServerMessage]]] = {
    "Welcome": (
        Kind.REPLY,
        1,
        0,
        Welcome(7, "Ana", ["player"], "s-1", _NOW, 10, "PLAY", 2, True, _MONEY, 0, [_INFO]),
    ),
    "Welcome/recovered": (
        Kind.REPLY,
        1,
        0,
        Welcome(
            7, "Ana", ["player"], "s-1", _NOW, 10, "PLAY", 2, True, _MONEY, -2_500, [_INFO], True, _NOW - 9, _NOW - 5
        ),
    ),
    "Pong": (Kind.REPLY, 2, 0, Pong(_NOW, _NOW + 12)),
    "Balance": (Kind.REPLY, 3, 0, Balance(_MONEY, -2_500)),
    "Balance/push": (Kind.PUSH, 0, 1, Balance(_MONEY, -2_500)),
    "BonusGranted": (Kind.PUSH, 0, 2, BonusGranted(500, 88, Money(98_000, 2_500, 4_712))),
    "Notice": (Kind.PUSH, 0, 3, Notice("draining", "This server restarts soon.")),
    "Reconnect": (Kind.PUSH, 0, 6, Reconnect(1_250, "draining")),
    "JackpotPools": (Kind.PUSH, 0, 0, JackpotPools([JackpotPool(1, "Grand", "PLAY", 1_234_567)])),
    "Tables": (Kind.REPLY, 4, 0, Tables([_INFO])),
    "TableSnapshot": (Kind.REPLY, 5, 0, _snapshot("idle")),
    "TableSnapshot/betting": (
        Kind.REPLY,
        6,
        0,
        _snapshot(
            "betting",
            round_id=_ROUND,
            round_no=42,
            opens_ms=_NOW,
            closes_ms=_NOW + 20_000,
            seats=_SEATS,
            my_bets=[_MY_BET],
            can_repeat=True,
        ),
    ),
    "TableSnapshot/live": (
        Kind.PUSH,
        4,
        9,
        _snapshot("paused", info_table_id=_LIVE, kind="live", stream=4, version=9, dealer="Dora"),
    ),
    "TableSnapshot/session": (Kind.REPLY, 5, 0, _snapshot("idle", started_ms=_NOW - 60_000)),
    "TableResumed": (
        Kind.REPLY,
        12,
        0,
        TableResumed(_TABLE, 3, 2, 124, _NOW, [_MY_BET], True, _MONEY, -2_500, _NOW - 60_000),
    ),
    "Skipped": (Kind.PUSH, 3, 128, Skipped()),
    "NumberEntered": (Kind.PUSH, 4, 10, NumberEntered(_ROUND, 32, "sensor")),
    "TableSnapshot/entered": (
        Kind.REPLY,
        5,
        0,
        _snapshot("closed", info_table_id=_LIVE, kind="live", round_id=_ROUND, entered=32, source="manual"),
    ),
    "TableSnapshot/crash": (
        Kind.REPLY,
        5,
        0,
        _snapshot(
            "playing", info_table_id="crash-1", game="crash", round_id=_ROUND, commitment=_COMMITMENT, flight=[_FLIGHT]
        ),
    ),
    "TableSnapshot/blackjack": (
        Kind.REPLY,
        5,
        0,
        _snapshot("playing", info_table_id="blackjack-1", game="blackjack", round_id=_ROUND, hands=[_HANDS]),
    ),
    "TableSnapshot/cards": (
        Kind.REPLY,
        5,
        0,
        _snapshot(
            "result", info_table_id="baccarat-1", game="baccarat", round_id=_ROUND, number=1, detail=[8, 12, 35, 6]
        ),
    ),
    "FlightShown": (Kind.PUSH, 3, 124, FlightShown(_ROUND, _NOW, _FLIGHT)),
    "HandsShown": (Kind.PUSH, 3, 124, HandsShown(_ROUND, _NOW, _HANDS)),
    "Acted": (Kind.REPLY, 8, 0, Acted("blackjack-1", _ROUND, _ORDER, 0, 1_000, _MONEY)),
    "RoundOpened/committed": (
        Kind.PUSH,
        3,
        121,
        RoundOpened(_ROUND, 42, _NOW, _NOW + 20_000, _NOW, _COMMITMENT),
    ),
    "RoundResult/cards": (Kind.PUSH, 3, 124, RoundResult(_ROUND, 1, [8, 12, 35, 6], _SEED)),
    "LeftTable": (Kind.REPLY, 7, 0, LeftTable(_TABLE)),
    "BetsAccepted": (Kind.REPLY, 8, 0, BetsAccepted(_TABLE, _ROUND, _MY_BET, _NOW + 900, _MONEY)),
    "BetsUndone": (Kind.REPLY, 9, 0, BetsUndone(_TABLE, _ROUND, [_BET], 2_500, Money(100_000, 0, 4_713))),
    "RoundOpened": (Kind.PUSH, 3, 121, RoundOpened(_ROUND, 42, _NOW, _NOW + 20_000, _NOW)),
    "TableBets": (Kind.PUSH, 3, 122, TableBets(_ROUND, _SEATS)),
    "BetsClosed": (Kind.PUSH, 3, 123, BetsClosed(_ROUND)),
    "RoundResult": (Kind.PUSH, 3, 124, RoundResult(_ROUND, 17)),
    "RoundSettled": (Kind.PUSH, 3, 125, RoundSettled(_ROUND, [Winner("Ana", 54_000)], _NOW + 30_000)),
    "RoundVoided": (Kind.PUSH, 3, 126, RoundVoided(_ROUND, "table_restarted")),
    "TablePaused": (Kind.PUSH, 3, 127, TablePaused(True, "dealer_change", "Dora")),
    "BetsSettled": (
        Kind.PUSH,
        0,
        4,
        BetsSettled(
            _TABLE, _ROUND, 17, [SettledBet(_BET, 2_500, 54_000)], 2_500, 54_000, Money(151_500, 0, 4_714), 51_500
        ),
    ),
    "BetsVoided": (
        Kind.PUSH,
        0,
        5,
        BetsVoided(_TABLE, _ROUND, [_BET], 2_500, "table_restarted", Money(100_000, 0, 4_715)),
    ),
    **instant_samples.SERVER,
    **card_samples.SERVER,
    "TableSnapshot/coup": (Kind.REPLY, 5, 0, _snapshot("playing", round_id=_ROUND, coup=[card_samples.COUP])),
}


def _error_samples() -> dict[str, tuple[Kind, int, int, ServerMessage]]:
    samples: dict[str, tuple[Kind, int, int, ServerMessage]] = {}
    for code, entry in REGISTRY.items():
        after_ms = 250 if entry.retryable else 0
        samples[f"Error/{code.name}"] = (Kind.ERROR, 11, 0, Error(code, code.name, entry.retryable, after_ms, "why"))
    samples["Error/no-request"] = (Kind.ERROR, 0, 0, Error(Code.INTERNAL, "INTERNAL", True))
    return samples


def golden_json(existing: str | None) -> str:
    """Return the golden frames: those that are there, unchanged, and those of samples that have none yet."""
    frames: dict[str, dict[str, Any]] = json.loads(existing) if existing else {}
    for name, data in _sample_frames().items():
        frames.setdefault(name, {"hex": data.hex(), "says": written(msgspec.msgpack.decode(data))})
    lines = ",\n".join(
        f"  {json.dumps(name)}: {json.dumps(frame, ensure_ascii=False)}" for name, frame in frames.items()
    )
    return "{\n" + lines + "\n}\n"


def _sample_frames() -> dict[str, bytes]:
    frames: dict[str, bytes] = {}
    for ref, (name, body) in enumerate(CLIENT_SAMPLES.items(), 1):
        frames[f"client/{name}"] = encode_client_frame(ref, 5, body)
    for name, (kind, ref, seq, message) in (SERVER_SAMPLES | _error_samples()).items():
        frames[f"server/{name}"] = encode_server_frame(kind, ref, seq, message)
    return frames


def written(value: Any) -> Any:
    """Return a decoded frame as JSON can hold it: bytes as "hex:...", keys of maps as strings."""
    if isinstance(value, bytes):
        return f"hex:{value.hex()}"
    if isinstance(value, (list, tuple)):
        return [written(each) for each in value]
    if isinstance(value, dict):
        return {str(key): written(each) for key, each in value.items()}
    return value


def golden_ts(wire: Wire, goldens: str) -> str:
    """Return `golden.ts`: the same frames with what the generated reader must make of them."""
    client: list[str] = []
    server: list[str] = []
    for name, frame in json.loads(goldens).items():
        side, shapes = (client, wire.client) if name.startswith("client/") else (server, wire.server)
        _, kind, ref, seq, body = frame["says"]
        shape = next(shape for shape in shapes if shape.tag == body[0])
        fields = ", ".join(_field_literals(wire, shape.name, body, 1))
        message = f"{{ t: {json.dumps(shape.name)}{', ' if fields else ''}{fields} }}"
        side.append(
            f"  {{\n    name: {json.dumps(name)},\n    hex: {json.dumps(frame['hex'])},\n"
            f"    frame: {{ kind: {kind}, ref: {ref}, seq: {seq}, body: {message} }},\n  }},\n"
        )
    return f"""{BANNER}
import type {{ ClientFrame, ServerFrame }} from "./codec";
import {{ fromHex }} from "./ids";

/** A frame that was once right and must stay so. For tests. */
export interface Golden<Frame> {{
  readonly name: string;
  readonly hex: string;
  readonly frame: Frame;
}}

export const CLIENT_GOLDENS: readonly Golden<ClientFrame>[] = [
{"".join(client)}];

export const SERVER_GOLDENS: readonly Golden<ServerFrame>[] = [
{"".join(server)}];
"""


def _field_literals(wire: Wire, name: str, values: list[Any], skip: int) -> list[str]:
    """Return `field: literal` for each field; a field that an old frame has not is written with its default."""
    shape = next(shape for shape in wire.shapes() if shape.name == name)
    literals = []
    for index, field in enumerate(shape.fields, skip):
        value = values[index] if index < len(values) else field.default
        literals.append(f"{field.name}: {_literal(wire, field.type, value)}")
    return literals


def _literal(wire: Wire, type_: WireType, value: Any) -> str:
    if type_ == "bytes":
        return f"fromHex({json.dumps(value.removeprefix('hex:'))})"
    if isinstance(type_, str):
        return json.dumps(value, ensure_ascii=False)
    if type_[0] == "list":
        return "[" + ", ".join(_literal(wire, type_[1], each) for each in value) + "]"
    if type_[0] == "map":
        return "{ " + ", ".join(f"{key}: {_literal(wire, type_[2], each)}" for key, each in value.items()) + " }"
    return "{ " + ", ".join(_field_literals(wire, type_[1], value, 0)) + " }"


def read_goldens(root: Path) -> dict[str, dict[str, Any]]:
    """Return the golden frames by name: {"hex", "says"}."""
    frames: dict[str, dict[str, Any]] = json.loads((root / PATH).read_text(encoding="utf-8"))
    return frames
