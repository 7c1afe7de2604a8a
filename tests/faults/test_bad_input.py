"""Everything a client may get wrong, over real sockets: each has its code from the registry, and money is untouched.

Speaks with `websockets` and `msgpack` alone, so that no code of ours can make a wrong frame right.
"""

from __future__ import annotations

import asyncio
import os
import time
import urllib.error
from collections.abc import Iterator
from typing import Any

import msgpack
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from loadtest.platform import Platform
from server.config import Config
from server.secrets import load_secrets
from server.tokens import Tokens
from tests.faults.books import Books, assert_books_are_kept, wait_until

TABLE = "roulette-1"
NAME = "badinput"
PASSWORD = "a password for tests"
RED = 151

#: Time enough to ask a few questions before betting closes.
ENOUGH_MS = 1_500

# Without bonus ticks, which reward an accepted bet seconds later.
_BELONGINGS = """
select coalesce(sum(j.amt[array_position(j.acct, p.player_id * 100000 + 1100)]), 0)::bigint as cash,
       coalesce(sum(j.amt[array_position(j.acct, p.player_id * 100000 + 1120)]), 0)::bigint as escrow,
       count(*) as entries
  from casino.player p join wallet.journal j on j.player_id = p.player_id and j.status = 0 and j.code <> 6
 where p.name = $1"""

HELLO, JOIN, PLACE = 1, 30, 34
SNAPSHOT, ACCEPTED, ROUND_OPENED, BETS_CLOSED = 31, 37, 40, 42
REPLY, PUSH, ERROR = 2, 3, 4


def new_id(origin: int = 0) -> bytes:
    """Return an order's id of this class."""
    noise = os.urandom(9)
    now_ms = time.time_ns() // 1_000_000
    return now_ms.to_bytes(6, "big") + bytes((0x70 | origin, noise[0], 0x80 | noise[1] & 0x3F)) + noise[2:9]


def frame(ref: int, body: list[Any], version: int = 1) -> bytes:
    """Return a request."""
    packed: bytes = msgpack.packb([version, 1, ref, 0, body])
    return packed


class Wire:
    """One connection, spoken by hand."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.ref = 0
        self.round_id = b""
        self.closed_round = b""

    def receive(self) -> tuple[int, int, list[Any]]:
        """Return kind, ref and body of the next frame, and note what it says of the round."""
        data = self.socket.recv(timeout=20)
        assert isinstance(data, bytes)
        _, kind, ref, _, body = msgpack.unpackb(data, strict_map_key=False)
        if body[0] == ROUND_OPENED:
            self.round_id = body[1]
        elif body[0] == BETS_CLOSED:
            self.closed_round, self.round_id = body[1], b""
        return kind, ref, body

    def ask(self, body: list[Any]) -> tuple[int, list[Any]]:
        """Send a request and return kind and body of its answer."""
        self.ref += 1
        self.socket.send(frame(self.ref, body))
        while True:
            kind, ref, answer = self.receive()
            if kind != PUSH and ref == self.ref:
                return kind, answer

    def code(self, body: list[Any]) -> int:
        """Send a request that must be refused and return the code."""
        kind, answer = self.ask(body)
        assert kind == ERROR, answer
        code: int = answer[1]
        return code

    def wait_for_round(self) -> bytes:
        """Return a round that has just opened."""
        self.round_id = b""
        while not self.round_id:
            self.receive()
        return self.round_id

    def last_words(self) -> tuple[int, int]:
        """Return the code of the error that comes (0: none) and the code by which the server then closes."""
        said = 0
        try:
            while True:
                kind, _, body = self.receive()
                if kind == ERROR:
                    said = body[1]
        except ConnectionClosed as closed:
            return said, closed.rcvd.code if closed.rcvd is not None else 1006


@pytest.fixture(scope="module")
def token(platform: Platform) -> str:
    """A player of these tests."""
    return platform.register(NAME, PASSWORD)


@pytest.fixture
def greeted(platform: Platform, token: str) -> Iterator[Wire]:
    """A connection that has said hello."""
    with connect(platform.get("/api/config")["ws_url"], subprotocols=["croupier.v1"]) as socket:  # type: ignore[list-item]
        wire = Wire(socket)
        kind, _ = wire.ask([HELLO, token, "test"])
        assert kind == REPLY
        yield wire


@pytest.fixture
def seated(greeted: Wire) -> Wire:
    """A connection that sits at the table while a round takes bets."""
    kind, answer = greeted.ask([JOIN, TABLE])
    assert (kind, answer[0]) == (REPLY, SNAPSHOT)
    phase, round_id, closes_ms, server_ms = answer[9], answer[10], answer[13], answer[14]
    if phase == "betting" and closes_ms - server_ms > ENOUGH_MS:
        greeted.round_id = round_id
    else:
        greeted.wait_for_round()
    return greeted


@pytest.fixture
def untouched(platform: Platform, token: str) -> Iterator[None]:
    """Fail the test if it has moved a cent of its player's money or booked anything for him. He bets nowhere else."""
    wait_until(lambda: belongings(platform)[1] == 0)
    before = belongings(platform)
    yield
    assert belongings(platform) == before


def belongings(platform: Platform) -> tuple[int, int, int]:
    """Return the player's cash, his stakes in play, and how many entries the journal has booked for him."""
    row = asyncio.run(Books(platform).rows(_BELONGINGS, NAME))[0]
    return row["cash"], row["escrow"], row["entries"]


@pytest.mark.parametrize(
    ("data", "said", "closed"),
    [
        (b"\xc1 no msgpack", 100, 4200),
        (b"", 100, 4200),
        (msgpack.packb({"a": "map"}), 100, 4200),
        (frame(1, [3, 1], version=9), 101, 4201),
        (frame(1, [3, b"x" * 17_000]), 0, 4202),
        (b"\x95\x01\x01\x01\x00" + b"\x91" * 3_000 + b"\xc0", 105, 4200),
        (frame(0, [3, 1]), 107, 4200),
        (frame(2, [1, "again", "test"]), 106, 4203),
    ],
    ids=["bytes", "empty", "map", "version", "oversized", "deep", "ref 0", "second hello"],
)
@pytest.mark.usefixtures("untouched")
def test_broken_contract_is_said_and_closes(greeted: Wire, data: bytes, said: int, closed: int) -> None:
    greeted.socket.send(data)
    code, close = greeted.last_words()
    assert close == closed
    assert code in (said, 102 if closed == 4202 else said)


@pytest.mark.usefixtures("untouched")
def test_text_frame_closes(greeted: Wire) -> None:
    greeted.socket.send("hello")
    assert greeted.last_words()[1] == 4200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([250, 1], 103),
        ([PLACE, TABLE, b"r" * 16, b"b" * 16, "no list"], 104),
        ([PLACE, TABLE, b"r" * 16, b"b" * 16, [[1, 1.5]]], 104),
        ([PLACE, TABLE, b"r" * 16, b"b" * 16, [[1, "100"]]], 104),
        ([PLACE, TABLE, b"r" * 16, b"b" * 16, [[1, None]]], 104),
        ([PLACE, TABLE], 104),
        ([JOIN, "no-such-table"], 300),
        ([PLACE, TABLE, b"r" * 16, new_id(), [[1, 100]]], 315),
    ],
    ids=["unknown message", "no list", "fraction", "text", "nothing", "fields missing", "unknown table", "not joined"],
)
@pytest.mark.usefixtures("untouched")
def test_bad_request_is_refused_and_the_connection_stays(greeted: Wire, body: list[Any], code: int) -> None:
    assert greeted.code(body) == code
    assert greeted.ask([5])[0] == REPLY


@pytest.mark.parametrize(
    ("chips", "code"),
    [
        ([[157, 100]], 303),
        ([[-1, 100]], 303),
        ([[RED, 0]], 304),
        ([[RED, -100]], 304),
        ([[RED, 2**63]], 304),
        ([[RED, 2**64 - 1]], 304),
        ([[RED, -(2**63)]], 304),
        ([[RED, 100], [RED, 2**53]], 304),
        ([[RED, 99]], 305),
        ([[17, 10_001]], 306),
        ([[RED, 200_000], [152, 200_000], [153, 200_000]], 307),
        ([], 308),
    ],
    ids=[
        "157",
        "-1",
        "zero",
        "negative",
        "2^63",
        "2^64 - 1",
        "-2^63",
        "2^53",
        "below minimum",
        "position limit",
        "table limit",
        "no chips",
    ],
)
@pytest.mark.usefixtures("untouched")
def test_bet_against_the_rules_is_refused_and_costs_nothing(seated: Wire, chips: list[Any], code: int) -> None:
    assert seated.code([PLACE, TABLE, seated.round_id, new_id(), chips]) == code


@pytest.mark.usefixtures("untouched")
def test_id_of_another_class_is_refused(seated: Wire) -> None:
    assert seated.code([PLACE, TABLE, seated.round_id, new_id(origin=1), [[RED, 100]]]) == 404


@pytest.mark.usefixtures("untouched")
def test_unknown_round_is_refused(seated: Wire) -> None:
    assert seated.code([PLACE, TABLE, new_id(), new_id(), [[RED, 100]]]) == 302


@pytest.mark.usefixtures("untouched")
def test_bet_after_closing_is_refused(seated: Wire) -> None:
    while not seated.closed_round:
        seated.receive()
    assert seated.code([PLACE, TABLE, seated.closed_round, new_id(), [[RED, 100]]]) == 301


def test_same_id_again_has_one_answer_and_another_body_is_refused(seated: Wire, platform: Platform) -> None:
    cash_minor, escrow_minor, entries = belongings(platform)
    order = [PLACE, TABLE, seated.round_id, new_id(), [[RED, 100]]]
    first = seated.ask(order)
    assert (first[0], first[1][0]) == (REPLY, ACCEPTED)
    assert seated.ask(order) == first
    assert seated.code([*order[:4], [[RED, 200]]]) == 401
    assert belongings(platform) == (cash_minor - 100, escrow_minor + 100, entries + 1)


@pytest.mark.parametrize(
    ("kind", "said", "closed"), [("forged", 200, 4100), ("nonsense", 200, 4100), ("expired", 201, 4101)]
)
@pytest.mark.usefixtures("untouched")
def test_bad_token_is_refused_and_closes(platform: Platform, token: str, kind: str, said: int, closed: int) -> None:
    keys = load_secrets(Config(state=platform.state))
    long_ago = Tokens(keys.token, lifetime_s=60, now_ms=lambda: time.time_ns() // 1_000_000 - 3_600_000)
    bad = {
        "forged": token[:-8] + ("AAAAAAAA" if token[-8:] != "AAAAAAAA" else "BBBBBBBB"),
        "nonsense": "not a token",
        "expired": long_ago.issue(1, NAME, ("player",), 0, 1),
    }
    with connect(platform.get("/api/config")["ws_url"]) as socket:
        wire = Wire(socket)
        socket.send(frame(1, [HELLO, bad[kind], "test"]))
        assert wire.last_words() == (said, closed)


def test_anything_before_hello_is_refused_and_closes(platform: Platform) -> None:
    with connect(platform.get("/api/config")["ws_url"]) as socket:
        wire = Wire(socket)
        socket.send(frame(1, [5]))
        assert wire.last_words() == (106, 4203)


def test_taken_name_is_refused(platform: Platform, token: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as raised:
        platform.post("/api/register", {"name": "BadInput", "password": PASSWORD})
    assert raised.value.code == 409
    assert b"NAME_TAKEN" in raised.value.read()


async def test_books_are_whole_after_all_of_it(platform: Platform) -> None:
    await assert_books_are_kept(platform)
