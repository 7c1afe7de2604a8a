"""A real gateway on a real socket, and nothing behind it: a table that says what it is told to, a wallet of one balance.

For what concerns the edge alone: fan-out, memory, storms. Tokens are `NAME:PLAYER_ID`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final

import msgspec

from actors.domain import commands, events
from actors.domain.games.roulette import RULES_VERSION
from actors.domain.money import orders
from actors.ports import Clock, Post, Replies
from actors.session import Identity
from server.clock import SystemClock
from server.gateway.gateway import Gateway
from server.gateway.limits import GatewaySettings

TABLE: Final = "roulette-1"
_ROUND: Final = bytes(16)


class LoneTable:
    """Answers for the table and the wallets. Its events are numbered: event n has version n.

    numbered: an event is a result that names its version, so that who gets it can check it; else it has the size that
    most have. padding: then an event is a void round whose reason is that long and begins with the version.
    window: how far back a position may lie; all events of an epoch are made from their numbers.
    """

    def __init__(self, *, numbered: bool = False, window: int = 2**62) -> None:
        self.epoch = 1
        self.version = 0
        self.window = window
        self.padding = 0
        self._numbered = numbered
        self._money_seq = 1

    def tell(self, address: str, messages: Sequence[msgspec.Struct]) -> bool:
        """Nobody needs to hear anything."""
        return True

    def ask(
        self, address: str, messages: Sequence[Any], on_replies: Callable[[Replies], None], timeout_s: float = 5.0
    ) -> None:
        """Answer at once."""
        on_replies([self.answer(address, message) for message in messages])

    def ask_all(self, address: str, messages: Sequence[Any], timeout_s: float = 5.0) -> Awaitable[Replies]:
        """Part of `Post` that a gateway never uses: whoever does has found a change that this stand-in must follow."""
        raise NotImplementedError

    def event(self, version: int) -> events.TableEvent:
        """Return the event of this version."""
        if self.padding:
            return events.RoundVoided(_ROUND, f"{version} ".ljust(self.padding))
        if self._numbered:
            return events.RoundDecided(_ROUND, version)
        chips = [commands.ChipStake(17, 1_500), commands.ChipStake(151, 1_000)]
        seats = [commands.SeatStakes(f"player {version % 97}", 2_500, chips), commands.SeatStakes("Ana", 2_500, chips)]
        return events.StakesShown(_ROUND, seats)

    def publish(self) -> events.TableNews:
        """Return the news of one more event."""
        self.version += 1
        return events.TableNews(TABLE, self.epoch, self.version, [self.event(self.version)])

    def answer(self, address: str, message: Any) -> Any:
        """Return the answer to one message."""
        match message:
            case commands.PlaceBet():
                self._money_seq += 1
                bet = commands.PlacedBet(message.bet_id, message.chips, sum(chip.stake_minor for chip in message.chips))
                return commands.BetPlaced(message.round_id, bet, message.received_ms, self._money_seq, 100_000, 0)
            case orders.ReadMoney():
                return orders.Done(1, 100_000, 0)
            case commands.Follow():
                return commands.Following(self.epoch, self.version)
            case commands.TakeSeat():
                return self._seat(message)
            case commands.DescribeTable():
                return commands.TableLine(TABLE, "roulette", "rng", "Roulette", 1, 100, 100_000, 0, "betting")
            case _:
                return commands.Refused(500)

    def _seat(self, asked: commands.TakeSeat) -> commands.TableState | events.TableMissed:
        if asked.epoch == self.epoch and self.version - self.window <= asked.version <= self.version:
            upto = self.version if asked.upto < 0 else min(max(asked.upto, asked.version), self.version)
            told = [self.event(version) for version in range(asked.version + 1, upto + 1)]
            return events.TableMissed(self.epoch, self.version, 0, told, [], False, [])
        return commands.TableState(
            epoch=self.epoch,
            version=self.version,
            title="Roulette",
            kind="rng",
            ccy=1,
            min_stake_minor=100,
            max_table_minor=100_000,
            max_by_size={1: 10_000},
            phase="betting",
            round_id=_ROUND,
            round_no=1,
            opens_ms=0,
            closes_ms=0,
            server_ms=0,
            number=-1,
            history=[],
            seats=[],
            my_bets=[],
            can_repeat=False,
            rules_version=RULES_VERSION,
            dealer="",
        )


class LoneGateway:
    """The gateway with its table. Use `start`, `publish`, `stop`."""

    def __init__(self, settings: GatewaySettings, table: LoneTable | None = None, number: int = 0) -> None:
        """table: shared with other gateways, if there are."""
        self.table = table or LoneTable()
        self.gateway = make_gateway(self.table, SystemClock(), settings, number)

    async def start(self) -> int:
        """Listen; return the port."""
        await self.gateway.start()
        return self.gateway.port

    async def publish(self) -> None:
        """Let the table say one more thing to everybody."""
        await self.hear(self.table.publish())

    async def hear(self, news: events.TableNews) -> None:
        """Take the table's news."""
        await self.gateway.handle_batch("tables/bench", [news])

    async def hear_all(self, news: Iterable[events.TableNews]) -> None:
        """Take several of the table's news that came together."""
        await self.gateway.handle_batch("tables/bench", list(news))

    async def stop(self) -> None:
        """End all connections and the listener."""
        await self.gateway.stop()


def make_gateway(
    post: Post,
    clock: Clock,
    settings: GatewaySettings,
    number: int = 0,
    verify: Callable[[str], Identity] | None = None,
) -> Gateway:
    """Return a gateway of one table, not started. verify: who bears a token; None: `NAME:PLAYER_ID` is believed."""
    return Gateway(
        f"gateway/{number}",
        "127.0.0.1",
        0,
        post,
        clock,
        verify_token=verify or _identity,
        tables=lambda: [TABLE],
        settings=settings,
    )


def _identity(token: str) -> Identity:
    name, _, player_id = token.partition(":")
    return Identity(
        player_id=int(player_id),
        name=name,
        roles=("player",),
        shard=0,
        ccy=1,
        currency="PLAY",
        exponent=2,
        play_money=True,
        expires_ms=2**53,
    )
