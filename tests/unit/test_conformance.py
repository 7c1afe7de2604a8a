"""The Python client's session machine against the scripted servers that every client must satisfy: docs/conformance.md."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from clients.python.purse import Purse
from clients.python.table_view import TableView
from protocol.comeback import Comeback
from protocol.connection import (
    Answered,
    Broken,
    ClientConnection,
    Event,
    Phase,
    Pushed,
    Refreshed,
    Resumed,
    Welcomed,
)
from protocol.errors import After, Close, after_close
from protocol.messages import Error, JoinTable, LeaveTable, PlaceBets, ServerMessage

FOLDER: Final = Path(__file__).parents[1] / "conformance"
FILES: Final = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.json"))}
CASES: Final = [(file, script) for file, content in FILES.items() for script in content["transcripts"]]
PING: Final = 3


def plain(value: Any) -> Any:
    """Return what came over the wire as a transcript writes it."""
    if isinstance(value, bytes):
        return f"hex:{value.hex()}"
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


class Player:
    """A client on a stage: its clock, its sockets and its server are the transcript's."""

    def __init__(self, bodies: dict[str, Any], random: float) -> None:
        self.now_ms = 5_000
        self.session = ClientConnection("test", spread=lambda: random)
        self.comeback = Comeback(lambda: random)
        self.wait_ms: float | None = None
        self.renew = False
        self.names: dict[str, Any] = {}
        self.bodies = bodies
        self.outbox: list[list[Any]] = []
        self.events: list[str] = []
        self.views: dict[str, TableView] = {}
        self.purse = Purse()

    # ---- steps

    def play(self, step: dict[str, Any]) -> None:
        (verb, value), *_ = step.items()
        steps: dict[str, Callable[..., None]] = {
            name.removeprefix("step_"): getattr(self, name) for name in dir(self) if name.startswith("step_")
        }
        steps[verb](*([step] if verb == "do" else [value]))
        self.outbox += [msgspec.msgpack.decode(data) for data in self.session.data_to_send()]

    def step_do(self, step: dict[str, Any]) -> None:
        orders: dict[str, Callable[[], None]] = {
            "start": lambda: self.session.open("token-1", self.now_ms),
            "join": lambda: self.session.request(JoinTable(step["table"]), "join", self.now_ms),
            "leave": lambda: self.session.request(LeaveTable(step["table"]), "leave", self.now_ms),
            "order": lambda: self.session.request(self.order(step["body"]), step["handle"], self.now_ms),
        }
        orders[step["do"]]()

    def step_pass_ms(self, ms: int) -> None:
        end_ms = self.now_ms + ms
        while (due_ms := self.session.next_tick_ms()) <= end_ms:
            self.now_ms = max(self.now_ms, due_ms)
            self.take(self.session.tick(self.now_ms))
            self.outbox += [msgspec.msgpack.decode(data) for data in self.session.data_to_send()]
        self.now_ms = end_ms

    def step_server(self, frame: list[Any]) -> None:
        self.take(self.session.receive(msgspec.msgpack.encode(self.wire(frame)), self.now_ms))

    def step_close(self, code: int) -> None:
        after = after_close(code)
        self.renew = after is After.NEW_TOKEN
        told_ms, self.session.back_after_ms = self.session.back_after_ms, -1
        self.session.lost()
        self.outbox.clear()
        self.wait_ms = None if after is After.STOP else self.comeback.lost(self.now_ms, told_ms)

    def step_reconnect(self, name: str) -> None:
        assert self.wait_ms is not None
        self.names[name] = self.wait_ms
        self.now_ms += int(self.wait_ms)
        self.session.open("token-2" if self.renew else "token-1", self.now_ms)

    def step_expect_send(self, pattern: list[Any]) -> None:
        pings = pattern[4][0] == PING
        at = [n for n, frame in enumerate(self.outbox) if (frame[4][0] == PING) is pings]
        assert at, f"nothing was sent: {pattern}"
        place = at[-1 if pings else 0]
        frame = plain(self.outbox[place])
        self.outbox = [other for other in self.outbox[place + 1 :] if not pings or other[4][0] != PING]
        self.match(pattern, frame)

    def step_expect_silence(self, _: bool) -> None:
        assert [frame for frame in self.outbox if frame[4][0] != PING] == []

    def step_expect_events(self, events: list[str]) -> None:
        seen, self.events = self.events, []
        assert seen == events

    def step_expect_table(self, expected: list[Any]) -> None:
        table_id, fields = expected
        view = self.views[table_id]
        seen = {name: getattr(view, name) for name in ("phase", "number", "history", "can_repeat")}
        seen["bets"] = [f"hex:{bet_id.hex()}" for bet_id in view.my_bets]
        assert {name: seen[name] for name in fields} == fields

    def step_expect_money(self, expected: list[int]) -> None:
        assert [*msgspec.structs.astuple(self.purse.money), self.purse.net_minor] == expected

    def step_expect_longer(self, names: list[str]) -> None:
        waits = [self.names[name] for name in names]
        assert all(a < b for a, b in itertools.pairwise(waits)), waits

    def step_expect_within(self, expected: list[Any]) -> None:
        name, least, most = expected
        assert least <= self.names[name] <= most

    def step_expect_renewed(self, expected: bool) -> None:
        assert self.renew is expected

    def step_expect_stopped(self, _: bool) -> None:
        assert self.wait_ms is None
        assert self.session.phase is Phase.CLOSED

    def step_expect_clock_ms(self, expected: list[int]) -> None:
        least, most = expected
        assert least <= self.session.clock.offset_ms <= most

    # ---- what happens to the client

    def take(self, events: list[Event]) -> None:
        for event in events:
            self.take_one(event)

    def take_one(self, event: Event) -> None:
        match event:
            case Welcomed(welcome):
                self.comeback.ready(self.now_ms)
                self.purse.apply(welcome)
            case Refreshed(snapshot):
                self.views[snapshot.info_table_id] = TableView(snapshot)
                self.purse.apply(snapshot)
                self.events.append(f"snapshot {snapshot.info_table_id} {snapshot.version}")
            case Resumed(resumed):
                self.views[resumed.table_id].resume(resumed)
                self.purse.apply(resumed)
                self.events.append(f"resumed {resumed.table_id} {resumed.version}")
            case Pushed(table_id, body):
                self.fold(body)
                self.events.append(f"push {table_id} {_name(body)}" if table_id else f"personal {_name(body)}")
            case Answered(handle, body) if handle not in ("join", "leave"):
                self.fold(body)
                answer = f"refused {body.code}" if isinstance(body, Error) else _name(body)
                self.events.append(f"answer {handle} {answer}")
            case Broken():
                self.step_close(Close.HEARTBEAT_LOST)
            case _:
                pass

    def fold(self, body: ServerMessage) -> None:
        self.purse.apply(body)
        for view in self.views.values():
            view.apply(body)

    # ---- patterns

    def order(self, body: Any) -> PlaceBets:
        return msgspec.convert(self.wire(body), PlaceBets)

    def wire(self, value: Any) -> Any:
        """Return a transcript's value as it goes over the wire: names, bodies and bytes filled in."""
        if isinstance(value, dict):
            return dict(value["map"])
        if isinstance(value, list):
            if value and isinstance(value[0], str) and value[0].startswith("@"):
                body = list(self.bodies[value[0][1:]])
                for place, item in value[1].items():
                    body[int(place)] = item
                return self.wire(body)
            return [self.wire(item) for item in value]
        if not isinstance(value, str):
            return value
        if value.startswith("@"):
            return self.wire(self.bodies[value[1:]])
        if value.startswith("$"):
            return self.names[value]
        return bytes.fromhex(value[4:]) if value.startswith("hex:") else value

    def match(self, pattern: Any, seen: Any) -> None:
        """Compare; "*" is anything, "$x" is remembered, fields behind those of the pattern may be anything."""
        if isinstance(pattern, str) and pattern.startswith("@"):
            pattern = self.bodies[pattern[1:]]
        if isinstance(pattern, str) and pattern.startswith("$"):
            self.names[pattern] = seen
        elif isinstance(pattern, list):
            assert len(seen) >= len(pattern)
            for one, other in zip(pattern, seen, strict=False):
                self.match(one, other)
        elif pattern != "*":
            assert seen == pattern


def _name(body: ServerMessage) -> str:
    return type(body).__name__


@pytest.mark.parametrize(("file", "script"), CASES, ids=[f"{file}: {script['name']}" for file, script in CASES])
def test_client_plays_its_part(file: str, script: dict[str, Any]) -> None:
    player = Player(FILES[file]["bodies"], script.get("random", 0.5))
    for step in script["steps"]:
        player.play(step)


def test_every_file_has_transcripts() -> None:
    assert len(CASES) > 40
