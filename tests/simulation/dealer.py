"""The people of a live table: a dealer who mostly knows the rules, and a sensor that mostly sees the ball."""

from __future__ import annotations

from protocol.messages import (
    BetsClosed,
    ClientMessage,
    DealerClose,
    DealerConfirm,
    DealerNumber,
    DealerOpen,
    DealerSit,
    DealerState,
    DealerVoid,
    Error,
    ServerMessage,
)
from tests.simulation.bots import Bot, Connect
from tests.simulation.world import World


class Dealer(Bot):
    """Opens, closes, enters, confirms, voids; says things twice, at the wrong time and about the wrong round."""

    role = "dealer"

    def __init__(self, world: World, player_id: int, table_id: str, connect: Connect) -> None:
        super().__init__(world, player_id, table_id, connect)
        self._state: DealerState | None = None
        self._said: list[ClientMessage] = []

    def lost(self) -> None:
        self._state = None

    def learn(self, body: ServerMessage) -> None:
        super().learn(body)
        if isinstance(body, DealerState):
            self._state = body
        elif isinstance(body, Error):
            self._state = None  # his picture is old: sit down again and look

    def act(self) -> None:
        self.later(self.world.rng.expovariate(1 / 0.35), self.act)
        if self.unanswered():
            return
        state = self._state
        if state is None:
            self._say(DealerSit(self.table_id))
        elif self.is_playing and self.world.chance(0.15):
            self._say(self._odd(state))
        else:
            self._go_on(state)

    def _go_on(self, state: DealerState) -> None:
        rng, table, round_id = self.world.rng, self.table_id, state.round_id
        if state.phase in ("idle", "paused"):
            if self.is_playing:
                self._say(DealerOpen(table, self.new_id(), rng.choice((0, 1, 3))))
        elif state.phase == "betting":
            if not self.is_playing or self.world.chance(0.3):
                self._say(DealerClose(table, round_id))
        elif state.phase == "closed":
            if not self.is_playing or self.world.chance(0.5):  # else he waits for the sensor
                self._say(DealerNumber(table, round_id, rng.randrange(37)))
        elif state.phase == "number":
            self._say(DealerConfirm(table, round_id, state.number))
        else:
            self._state = None

    def _odd(self, state: DealerState) -> ClientMessage:
        rng, table, round_id = self.world.rng, self.table_id, state.round_id or bytes(16)
        if self._said and self.world.chance(0.4):
            self.world.counts["dealer order again"] += 1
            return rng.choice(self._said[-6:])
        return rng.choice(
            (
                DealerConfirm(table, round_id, (state.number + 1) % 37),
                DealerNumber(table, round_id, rng.choice((-1, 37))),
                DealerClose(table, rng.randbytes(16)),
                DealerVoid(table, round_id, "chance"),
                DealerOpen(table, self.new_id(), -1),
            )
        )

    def _say(self, order: ClientMessage) -> None:
        self._said.append(order)
        self.order(order)


class Device(Bot):
    """Says the number of each closed round after a while; sometimes that of a round long gone, and sometimes another."""

    role = "device"

    def __init__(self, world: World, player_id: int, table_id: str, connect: Connect) -> None:
        super().__init__(world, player_id, table_id, connect)
        self._round_id = b""

    def learn(self, body: ServerMessage) -> None:
        super().learn(body)
        if isinstance(body, BetsClosed):
            self._round_id = body.round_id

    def act(self) -> None:
        rng = self.world.rng
        self.later(rng.uniform(0.3, 1.2), self.act)
        if self.is_playing and self._round_id:
            self.order(DealerNumber(self.table_id, self._round_id, rng.randrange(37), "sensor"))
            self._round_id = self._round_id if self.world.chance(0.2) else b""
        elif self.is_playing and self.world.chance(0.05):
            self.order(DealerVoid(self.table_id, bytes(16), "a device may not"))
