"""Players who send each order many times at once, and the judge of what they are told. See `loadtest.duplicates`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import msgspec

from clients.python import HttpApi
from loadtest.limits import LOADTEST_PASSWORD
from loadtest.wire import LoadConnection, connect
from protocol.codec import Fault, decode_server_frame, encode_client_frame
from protocol.envelope import Kind
from protocol.errors import Code
from protocol.ids import new_client_id
from protocol.messages import (
    Balance,
    BetsAccepted,
    BetsUndone,
    Chip,
    ClientMessage,
    Error,
    GetBalance,
    Hello,
    JoinTable,
    PlaceBets,
    RoundOpened,
    ServerMessage,
    UndoBets,
)

COPIES: Final = 3
STAKE_MINOR: Final = 100
#: A third of what a player gets at first, and a little more: two of them can be paid.
LARGE_MINOR: Final = 3_400
MANY: Final = 4
RACES: Final = ("same order", "two orders", "more than money", "same undo")
ANSWER_S: Final = 20.0
_TRIES_MAX: Final = 50


class Outcome(NamedTuple):
    """What an answer says of an order: accepted or undone (code 0) with ids and money, or refused."""

    code: int
    ids: tuple[bytes, ...] = ()
    minor: int = 0


def outcome_of(answer: ServerMessage) -> Outcome:
    """Return what must be the same in all answers to copies of an order."""
    match answer:
        case BetsAccepted(bet=bet):
            return Outcome(0, (bet.bet_id,), bet.stake_minor)
        case BetsUndone(bet_ids=bet_ids, returned_minor=returned):
            return Outcome(0, tuple(sorted(bet_ids)), returned)
        case Error(code=code):
            return Outcome(code)
        case _:
            return Outcome(int(Code.INTERNAL))


class Race(NamedTuple):
    """One race and what came of it. heard: outcomes by order, of the copies that had an answer.

    affordable: how many of its orders the money allowed.
    """

    kind: str
    player: str
    orders: tuple[ClientMessage, ...]
    heard: tuple[tuple[Outcome, ...], ...]
    affordable: int = 1


def broken_laws(race: Race) -> list[str]:
    """Return which laws of the module's table this race has broken."""
    said = f"{race.player}, {race.kind}: "
    found = []
    if not any(race.heard):
        return [said + "no copy was answered"]
    for outcomes in race.heard:
        if len(set(outcomes)) > 1:
            found.append(f"{said}copies of one order were told {sorted(set(outcomes))}")
    accepted = [outcomes[0] for outcomes in race.heard if outcomes and not outcomes[0].code]
    if len(accepted) != race.affordable:
        found.append(f"{said}{len(accepted)} orders were accepted, {race.affordable} should be")
    refusal = {"two orders": Code.ID_REUSED, "more than money": Code.INSUFFICIENT_FUNDS}.get(race.kind)
    codes = {outcome.code for outcomes in race.heard for outcome in outcomes} - {0, refusal}
    return found + ([f"{said}refused with {sorted(codes)}"] if codes else [])


class Voice:
    """One connection of a player, greeted and seated. Answers come to who asked; None: it was lost before."""

    def __init__(self, on_round: Callable[[bytes], None]) -> None:
        self._on_round = on_round
        self._waiting: dict[int, asyncio.Future[ServerMessage | None]] = {}
        self._ref = 0
        self._connection: LoadConnection | None = None

    async def open(self, url: str, token: str, table_id: str) -> None:
        """Connect, greet, and sit down. Raises ConnectionError."""
        self._connection = await connect(url, self._hear, self._on_lost)
        for body in (Hello(token, "duplicates"), JoinTable(table_id)):
            answer = await self.ask(body)
            if answer is None or isinstance(answer, Error):
                raise ConnectionError(f"{type(body).__name__} was answered {answer}")

    def ask(self, body: ClientMessage) -> asyncio.Future[ServerMessage | None]:
        """Send a request now; the future is its answer."""
        self._ref += 1
        answer: asyncio.Future[ServerMessage | None] = asyncio.get_running_loop().create_future()
        transport = self._connection.transport if self._connection is not None else None
        if self._connection is None or transport is None or transport.is_closing():
            answer.set_result(None)
            return answer
        self._waiting[self._ref] = answer
        self._connection.send(encode_client_frame(self._ref, 0, body))
        return answer

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()

    def cut(self) -> None:
        """Lose the connection at once."""
        if self._connection is not None and self._connection.transport is not None:
            self._connection.transport.abort()

    def _hear(self, _: LoadConnection, payload: bytes) -> None:
        frame = decode_server_frame(payload)
        assert not isinstance(frame, Fault), frame
        if frame.kind != Kind.PUSH:
            answer = self._waiting.pop(frame.ref, None)
            if answer is not None and not answer.done():
                answer.set_result(frame.body)
        elif isinstance(frame.body, RoundOpened):
            self._on_round(frame.body.round_id)

    def _on_lost(self, _: LoadConnection, __: str) -> None:
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            if not answer.done():
                answer.set_result(None)


class Racer:
    """A player with a connection to each gateway, who sends everything many times."""

    def __init__(self, name: str, table_id: str, urls: Sequence[str]) -> None:
        self.name = name
        self.races: list[Race] = []
        self.undone: set[bytes] = set()
        self.copies = self.unanswered = self.asked_again = 0
        self.findings: list[str] = []
        self._table_id = table_id
        self._urls = urls
        self._voices: list[Voice] = []
        self._token = ""
        self._rounds: asyncio.Queue[bytes] = asyncio.Queue()

    async def enter(self, api: HttpApi) -> None:
        """Register, and connect to every gateway."""
        self._token = (await api.register(self.name, LOADTEST_PASSWORD)).access_token
        for url in self._urls:
            self._voices.append(await self._connected(url))

    def leave(self) -> None:
        """End all connections."""
        for voice in self._voices:
            voice.close()

    async def run(self, rounds: int, kinds: Sequence[str]) -> None:
        """Race once in each of so many rounds, and ask once more in the round after. TimeoutError: no round came."""
        former: Race | None = None
        for number in range(rounds):
            race = await self._race(await self._next_round(), kinds[number % len(kinds)])
            self.races.append(race)
            if former is not None:
                await self._ask_again(former)
            former = race
        await self._next_round()
        if former is not None:
            await self._ask_again(former)

    # ---------------------------------------------------------------- inside

    async def _connected(self, url: str) -> Voice:
        number = self._urls.index(url)
        voice = Voice(self._rounds.put_nowait if number == 0 else lambda _: None)
        await asyncio.wait_for(voice.open(url, self._token, self._table_id), ANSWER_S)
        return voice

    async def _next_round(self) -> bytes:
        """Return the next round that opens. Rounds that have opened before are passed over."""
        while not self._rounds.empty():
            self._rounds.get_nowait()
        return await asyncio.wait_for(self._rounds.get(), 60)

    async def _race(self, round_id: bytes, kind: str) -> Race:
        orders, affordable = [self._order(round_id, 17)], 1
        if kind == "two orders":
            first = orders[0]
            orders.append(msgspec.structs.replace(first, chips=[Chip(17, 2 * STAKE_MINOR)]))
        elif kind == "more than money":
            money = await self._voices[-1].ask(GetBalance())
            assert isinstance(money, Balance), money
            stake = max(LARGE_MINOR, money.money.available_minor // 3 + 1)
            orders = [self._order(round_id, position, stake) for position in range(150, 150 + MANY)]
            affordable = money.money.available_minor // stake
        heard = await self._send_all(orders)
        race = Race(kind, self.name, tuple(orders), heard, affordable)
        if kind != "same undo":
            return race
        undo = UndoBets(self._table_id, round_id, new_client_id(_now_ms()), [orders[0].bet_id])
        undone = Race(kind, self.name, (undo,), await self._send_all([undo]))
        self.findings += broken_laws(undone)
        if undone.heard[0] and undone.heard[0][0] != Outcome(0, (orders[0].bet_id,), STAKE_MINOR):
            self.findings.append(f"{self.name}: an undo came to {undone.heard[0][0]}")
        self.undone.add(orders[0].bet_id)
        return race

    def _order(self, round_id: bytes, position: int, stake_minor: int = STAKE_MINOR) -> PlaceBets:
        return PlaceBets(self._table_id, round_id, new_client_id(_now_ms()), [Chip(position, stake_minor)])

    async def _send_all(self, orders: Sequence[ClientMessage]) -> tuple[tuple[Outcome, ...], ...]:
        """Send all copies of all orders in one tick, and some more on a connection that replaces one of ours."""
        asked = [
            [asyncio.ensure_future(self._until_known(voice, order, voice.ask(order)))
             for voice in self._voices for _ in range(COPIES)]
            for order in orders
        ]  # fmt: skip
        late = await self._connected(self._urls[-1])
        self._voices[-1].cut()
        self._voices[-1] = late
        for order, copies in zip(orders, asked, strict=True):
            copies.append(asyncio.ensure_future(self._until_known(late, order, late.ask(order))))
        heard = []
        for copies in asked:
            answers = await asyncio.wait_for(asyncio.gather(*copies), 4 * ANSWER_S)
            self.copies += len(answers)
            self.unanswered += answers.count(None)
            heard.append(tuple(outcome_of(answer) for answer in answers if answer is not None))
        return tuple(heard)

    async def _until_known(
        self, voice: Voice, order: ClientMessage, answer: asyncio.Future[ServerMessage | None]
    ) -> ServerMessage | None:
        """Return the final answer: what may be tried again is sent again, unchanged."""
        for _ in range(_TRIES_MAX):
            found = await asyncio.wait_for(answer, ANSWER_S)
            if not isinstance(found, Error) or not found.retryable:
                return found
            await asyncio.sleep(max(0.1, found.retry_after_ms / 1000))
            answer = voice.ask(order)
        return found

    async def _ask_again(self, race: Race) -> None:
        """Demand that what was accepted in a former round is still answered as it was."""
        for order, outcomes in zip(race.orders, race.heard, strict=True):
            assert isinstance(order, PlaceBets)
            if outcomes and not outcomes[0].code and order.bet_id not in self.undone:
                answer = await self._until_known(self._voices[0], order, self._voices[0].ask(order))
                self.asked_again += 1
                if answer is None or outcome_of(answer) != outcomes[0]:
                    self.findings.append(f"{self.name}: told {outcomes[0]}, and a round later {answer}")


def _now_ms() -> int:
    return int(time.time() * 1000)
