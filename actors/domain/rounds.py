"""The life of a round, as data, and the plan by which a decided round is settled.

| state | event | next | who makes it durable |
| --- | --- | --- | --- |
| OPEN | close | CLOSED | `RoundStore.close` |
| CLOSED | play | PLAYING | `RoundStore.start_play`, with every bet, in games that are played on |
| OPEN, CLOSED, PLAYING | decide | DECIDED | `RoundStore.decide`, with outcome and plan, before anyone hears the number |
| OPEN, CLOSED, PLAYING | start_void | VOIDING | `RoundStore.start_void` |
| DECIDED | finish | SETTLED | `RoundStore.finish`, when the wallets have acknowledged the whole plan |
| VOIDING | finish | VOIDED | `RoundStore.finish`, when the wallets have returned every stake |

decide and start_void are compare-and-set on the same row, so they cannot both win. SETTLED and VOIDED are final.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import msgspec

from actors.domain.games.game import PlayBet


class RoundState(IntEnum):
    """Stored in `casino.round.state`; numbers never change."""

    OPEN = 0
    CLOSED = 1
    DECIDED = 2
    SETTLED = 3
    VOIDING = 4
    VOIDED = 5
    PLAYING = 6


class RoundEvent(IntEnum):
    """What moves a round on."""

    CLOSE = 1
    DECIDE = 2
    START_VOID = 3
    FINISH = 4
    PLAY = 5


TRANSITIONS: Final[dict[tuple[RoundState, RoundEvent], RoundState]] = {
    (RoundState.OPEN, RoundEvent.CLOSE): RoundState.CLOSED,
    (RoundState.CLOSED, RoundEvent.PLAY): RoundState.PLAYING,
    (RoundState.PLAYING, RoundEvent.DECIDE): RoundState.DECIDED,
    (RoundState.PLAYING, RoundEvent.START_VOID): RoundState.VOIDING,
    (RoundState.OPEN, RoundEvent.DECIDE): RoundState.DECIDED,
    (RoundState.CLOSED, RoundEvent.DECIDE): RoundState.DECIDED,
    (RoundState.OPEN, RoundEvent.START_VOID): RoundState.VOIDING,
    (RoundState.CLOSED, RoundEvent.START_VOID): RoundState.VOIDING,
    (RoundState.DECIDED, RoundEvent.FINISH): RoundState.SETTLED,
    (RoundState.VOIDING, RoundEvent.FINISH): RoundState.VOIDED,
}

FINAL: Final = frozenset((RoundState.SETTLED, RoundState.VOIDED))


def next_state(state: RoundState, event: RoundEvent) -> RoundState | None:
    """Return the state after this event, or None where the event is not allowed."""
    return TRANSITIONS.get((state, event))


class SettleEntry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One reservation to settle. payout_minor includes the stake of winning chips; 0: lost. reservation_id = bet_id.

    chips: (position, stake in minor units) of the bet, announced bets expanded: what audit, history and antifraud read.
    """

    shard: int
    reservation_id: bytes
    player_id: int
    ccy: int
    stake_minor: int
    payout_minor: int
    chips: list[tuple[int, int]] = []


class VoidEntry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One reservation to void: the wallet had not confirmed it in time, or the player took it back in time."""

    shard: int
    reservation_id: bytes
    player_id: int
    ccy: int
    stake_minor: int


class Plan(msgspec.Struct, frozen=True, array_like=True):
    """How a decided round is settled. Every reservation of the round is in exactly one of the two lists.

    Stored in `casino.round.plan` as msgpack of nested arrays, integers and 16-byte binaries, for any msgpack reader:
    `[version, settle, void]`. version is 1.
    settle = `[[shard, reservation_id, player_id, ccy, stake_minor, payout_minor, chips], ...]`,
    with chips = `[[position, stake_minor], ...]` (absent or empty: not recorded);
    void = `[[shard, reservation_id, player_id, ccy, stake_minor], ...]`.
    """

    version: int
    settle: list[SettleEntry]
    void: list[VoidEntry]


PLAN_VERSION: Final = 1


class PlayRecord(msgspec.Struct, frozen=True, array_like=True):
    """How a play began: durable before its first step. Stored in `casino.round.play` as msgpack.

    began_ms: as given to `PlayGame.start`. bets: in the order given to it. void: what may be held and does not play.
    """

    began_ms: int
    bets: list[PlayBet]
    void: list[VoidEntry]
