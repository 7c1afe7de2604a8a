"""Doubles for the gateway's ports: a post answered by hand or by a toy house, a transport, a clock, a client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from actors.domain import commands
from actors.domain.money import orders
from actors.ports import Failure, Replies
from actors.session import Identity
from protocol.codec import Fault, decode_server_frame, encode_client_frame
from protocol.envelope import ServerFrame
from server.gateway.gateway import Gateway
from server.gateway.transport import WsConnection
from server.tokens import TokenExpired, TokenInvalid

ROUND = bytes.fromhex("01900000000070008000000000000001")


def client_id(n: int = 1) -> bytes:
    """Return an id as a client may make it."""
    return bytes.fromhex("0190000000007000800000000000") + n.to_bytes(2, "big")


class HandClock:
    """A clock that is moved by hand."""

    def __init__(self, ms: int = 1_700_000_000_000) -> None:
        self.ms = ms

    def now_ms(self) -> int:
        return self.ms


def identity(player_id: int = 7, name: str = "anna", roles: tuple[str, ...] = ("player",), shard: int = 0) -> Identity:
    return Identity(
        player_id=player_id,
        name=name,
        roles=roles,
        shard=shard,
        ccy=1,
        currency="PLAY",
        exponent=2,
        play_money=True,
        expires_ms=0,
    )


def verify_toy_token(token: str) -> Identity:
    """Read "NAME:PLAYER_ID:ROLE,ROLE"; "expired" and anything else are refused as the real one does."""
    if token == "expired":
        raise TokenExpired
    try:
        name, player_id, roles = token.split(":")
        return identity(int(player_id), name, tuple(roles.split(",")))
    except ValueError:
        raise TokenInvalid from None


@dataclass
class Ask:
    """An ask that waits to be answered by hand."""

    address: str
    messages: list[Any]
    on_replies: Callable[[Replies], None]
    timeout_s: float

    def reply(self, *answers: Any) -> None:
        assert len(answers) == len(self.messages)
        self.on_replies(list(answers))

    def fail(self, failure: Failure = Failure.UNKNOWN) -> None:
        self.on_replies([failure] * len(self.messages))


@dataclass
class HandPost:
    """Keeps what is sent. Asks are answered by `answer` at once if it is set, by hand otherwise."""

    asks: list[Ask] = field(default_factory=list)
    told: list[tuple[str, list[Any]]] = field(default_factory=list)
    answer: Callable[[str, Any], Any] | None = None

    def tell(self, address: str, messages: Sequence[msgspec.Struct]) -> bool:
        self.told.append((address, list(messages)))
        return True

    def ask(
        self,
        address: str,
        messages: Sequence[msgspec.Struct],
        on_replies: Callable[[Replies], None],
        timeout_s: float = 5.0,
    ) -> None:
        if self.answer is None:
            self.asks.append(Ask(address, list(messages), on_replies, timeout_s))
        else:
            on_replies([self.answer(address, message) for message in messages])

    def ask_all(self, address: str, messages: Sequence[msgspec.Struct], timeout_s: float = 5.0) -> Awaitable[Replies]:
        raise NotImplementedError

    def take(self, address: str = "") -> Ask:
        """Return the oldest waiting ask (to this address) and forget it."""
        for index, ask in enumerate(self.asks):
            if not address or ask.address == address:
                return self.asks.pop(index)
        raise AssertionError(f"nobody asked {address}")


class FakeTransport(asyncio.Transport):
    """Keeps what is written. `stuck`: nothing leaves, so the buffer grows as in a real one."""

    def __init__(self, protocol: asyncio.Protocol | None = None, *, stuck: bool = False, peer: str = "") -> None:
        self.extra: dict[str, Any] = {"peername": (peer, 1)} if peer else {}
        super().__init__(self.extra)
        self.written = bytearray()
        self.writes = 0
        self.buffered = 0
        self.stuck = stuck
        self.closing = False
        self.aborted = False
        self.eof = False
        self.reading = True
        self.high = 64 * 1024
        self.protocol = protocol

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self.high = high or 0

    def get_write_buffer_size(self) -> int:
        return self.buffered

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes += 1
        self.written += data
        if self.stuck:
            paused = self.buffered > self.high
            self.buffered += len(data)
            if not paused and self.buffered > self.high and self.protocol is not None:
                self.protocol.pause_writing()

    def read_on(self) -> None:
        """Let the client read all that the transport holds."""
        paused, self.buffered = self.buffered > self.high, 0
        if paused and self.protocol is not None:
            self.protocol.resume_writing()

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.eof = True

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.aborted = self.closing = True
        if self.protocol is not None:
            self.protocol.connection_lost(None)


def table_state(epoch: int = 1, version: int = 0, **changes: Any) -> commands.TableState:
    """Return a snapshot of a table that takes bets."""
    state = commands.TableState(
        epoch=epoch,
        version=version,
        title="Roulette",
        kind="rng",
        ccy=1,
        min_stake_minor=100,
        max_table_minor=100_000,
        max_by_size={1: 10_000},
        phase="betting",
        round_id=ROUND,
        round_no=1,
        opens_ms=0,
        closes_ms=0,
        server_ms=0,
        number=-1,
        history=[],
        seats=[],
        my_bets=[],
        can_repeat=False,
        rules_version="1",
        dealer="",
    )
    return msgspec.structs.replace(state, **changes)


class ToyHouse:
    """A wallet and a table that answer everything without rules: `answer` for a `HandPost`."""

    def __init__(self) -> None:
        self.epoch = 1
        self.version = 0
        self.cash_minor = 10_000
        self.seq = 1
        self.refuse = 0

    def answer(self, address: str, message: Any) -> Any:
        if self.refuse and not isinstance(message, (orders.ReadMoney, commands.Follow, commands.TakeSeat)):
            return commands.Refused(self.refuse)
        match message:
            case orders.ReadMoney():
                return orders.Done(self.seq, self.cash_minor, 0)
            case commands.Follow():
                return commands.Following(self.epoch, self.version)
            case commands.TakeSeat():
                return table_state(self.epoch, self.version)
            case commands.DescribeTable():
                return commands.TableLine(address[6:], "roulette", "rng", "Roulette", 1, 100, 100_000, 0, "betting")
            case commands.PlaceBet():
                stake = sum(chip.stake_minor for chip in message.chips)
                self.cash_minor -= stake
                self.seq += 1
                bet = commands.PlacedBet(message.bet_id, message.chips, stake)
                return commands.BetPlaced(
                    message.round_id, bet, message.received_ms, self.seq, self.cash_minor, 10_000 - self.cash_minor
                )
            case commands.UndoBet():
                self.seq += 1
                return commands.BetsTakenBack(message.round_id, message.bet_ids, 0, self.seq, self.cash_minor, 0)
            case commands.DealerOrder():
                return commands.DealerView(
                    address[6:], "idle", b"", 0, 0, 0, message.number, message.source, 0, 0, 0, message.seat.name
                )
            case _:
                raise AssertionError(message)


async def settle() -> None:
    """Let the loop run until what one tick caused in the next ones has happened."""
    for _ in range(6):
        await asyncio.sleep(0)


class ToyClient:
    """A client on a fake transport: the library's client machine on one side, the gateway's connection on the other."""

    def __init__(
        self, gateway: Gateway, *, stuck: bool = False, subprotocols: Sequence[Any] | None = None, peer: str = ""
    ) -> None:
        connection = gateway.connect()
        assert isinstance(connection, WsConnection)
        self.connection = connection
        self.transport = FakeTransport(connection, stuck=stuck, peer=peer)
        self.machine = ClientProtocol(parse_uri("ws://casino/"), subprotocols=subprotocols)
        self.ref = 0
        connection.connection_made(self.transport)

    def shake_hands(self) -> None:
        """Send the HTTP request and read the answer."""
        self.machine.send_request(self.machine.connect())
        self.put(b"".join(self.machine.data_to_send()))
        self.frames()

    def put(self, data: bytes) -> None:
        """Let raw bytes arrive at the gateway."""
        self.connection.data_received(data)

    def send_raw(self, payload: bytes) -> None:
        """Send a binary message."""
        self.machine.send_binary(payload)
        self.put(b"".join(self.machine.data_to_send()))

    def send(self, body: Any) -> int:
        """Send a request and return its ref."""
        self.ref += 1
        self.send_raw(encode_client_frame(self.ref, 0, body))
        return self.ref

    def frames(self) -> list[ServerFrame]:
        """Return what has come since the last call."""
        data, self.transport.written = bytes(self.transport.written), bytearray()
        self.machine.receive_data(data)
        frames = []
        for event in self.machine.events_received():
            if isinstance(event, Frame) and event.opcode is Opcode.BINARY:
                frame = decode_server_frame(bytes(event.data))
                assert not isinstance(frame, Fault)
                frames.append(frame)
        return frames

    async def bodies(self) -> list[Any]:
        """Let the loop run and return the bodies of what has come."""
        await settle()
        return [frame.body for frame in self.frames()]

    @property
    def close_code(self) -> int | None:
        """The code the gateway closed with."""
        self.frames()
        return self.machine.close_rcvd.code if self.machine.close_rcvd else None

    def hang_up(self) -> None:
        """Let the transport be lost."""
        self.connection.connection_lost(None)
