"""The page says everything, and the client that was written from it agrees with the codec."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from protocol.codec import Fault, decode_client_frame, encode_server_frame
from protocol.envelope import ClientFrame, Kind
from protocol.ids import make_client_id
from protocol.messages import Chip, Hello, JoinTable, Ping, PlaceBets, Pong
from server.schema.golden import read_goldens
from server.schema.page import meaning_of, page_md, prose
from server.schema.reflect import Shape, read_wire

ROOT = Path(__file__).resolve().parents[2]
WIRE = read_wire()
GOLDENS = read_goldens(ROOT)


def load_example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("minimal_client", ROOT / "docs/examples/minimal_client.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


EXAMPLE: Any = load_example()


@pytest.mark.parametrize("shape", list(WIRE.shapes()), ids=lambda shape: shape.name)
def test_page_says_what_every_struct_and_field_means(shape: Shape) -> None:
    assert prose(shape)
    assert all(meaning_of(shape, field) for field in shape.fields)


def test_page_has_every_message() -> None:
    page = page_md(WIRE)
    assert all(f"#### {shape.name} (tag {shape.tag})" in page for shape in (*WIRE.client, *WIRE.server))


def test_example_imports_nothing_of_the_project() -> None:
    source = (ROOT / "docs/examples/minimal_client.py").read_text(encoding="utf-8")
    assert not any(f"{word} {package}" in source for word in ("import", "from") for package in ("protocol", "clients"))


def test_example_makes_the_ids_of_the_page() -> None:
    noise = bytes(range(100, 109))
    assert EXAMPLE.make_id(1_759_878_905_000, noise) == make_client_id(1_759_878_905_000, noise)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([1, "token", "minimal"], Hello("token", "minimal")),
        ([3, 5], Ping(5)),
        ([30, "t"], JoinTable("t")),
        ([34, "t", bytes(16), bytes(16), [[151, 100]], []], PlaceBets("t", bytes(16), bytes(16), [Chip(151, 100)])),
    ],
)
def test_example_encodes_what_the_server_understands(body: list[Any], message: Any) -> None:
    frame = decode_client_frame(EXAMPLE.encode(7, 3, body))
    assert not isinstance(frame, Fault)
    assert frame == ClientFrame(1, Kind.REQUEST, 7, 3, message)


@pytest.mark.parametrize("name", [name for name in GOLDENS if name.startswith("server/")])
def test_example_decodes_every_golden_server_frame(name: str) -> None:
    _, kind, ref, seq, body = GOLDENS[name]["says"]
    decoded = EXAMPLE.decode(bytes.fromhex(GOLDENS[name]["hex"]))
    assert decoded[:3] == (kind, ref, seq)
    assert decoded[3][0] == body[0]


def test_example_passes_over_fields_it_does_not_know() -> None:
    assert EXAMPLE.decode(EXAMPLE.msgpack.packb([1, 2, 7, 0, [4, 1, 2], "newer"])) == (2, 7, 0, [4, 1, 2])


@pytest.mark.parametrize(("seq", "what"), [(4, "drop"), (5, "apply"), (6, "gap")])
def test_example_follows_a_stream(seq: int, what: str) -> None:
    assert EXAMPLE.follow(5, seq) == what


class ScriptedSocket:
    """Answers with the given frames, whatever is sent."""

    def __init__(self, *frames: bytes) -> None:
        self.frames = list(frames)
        self.sent: list[bytes] = []

    async def send(self, data: bytes) -> None:
        self.sent.append(data)

    async def recv(self) -> bytes:
        return self.frames.pop(0)


async def test_example_keeps_pushes_that_overtake_an_answer() -> None:
    push = bytes.fromhex(GOLDENS["server/BetsClosed"]["hex"])
    pong = encode_server_frame(Kind.REPLY, 1, 0, Pong(1, 2))
    client = EXAMPLE.Client(ScriptedSocket(push, pong))
    assert await client.ask([3, 1]) == [4, 1, 2]
    assert (await client.next_push(10))[:2] == (3, 123)


async def test_example_raises_what_is_refused() -> None:
    error = bytes.fromhex(GOLDENS["server/Error/BETTING_CLOSED"]["hex"])
    client = EXAMPLE.Client(ScriptedSocket(error))
    client.ref = 10
    with pytest.raises(RuntimeError, match="BETTING_CLOSED"):
        await client.ask([3, 1])
