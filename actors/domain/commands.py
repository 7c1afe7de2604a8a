"""Orders and questions that actors send each other, and their answers. Frozen, tagged, array-shaped msgspec structs.

Ids are 16 raw bytes (`ids.py`). Amounts are minor units. `ccy` is the currency's number in the books. Times are
milliseconds since 1970 by the server's clock. Every order may be sent again unchanged: it has an id, and one outcome.
"""

from __future__ import annotations

import msgspec

from actors.domain.plays import PlayView


class Refused(msgspec.Struct, frozen=True, array_like=True, tag=22, gc=False):
    """The rules say no; nothing moved. code: a `Refusal`. detail: English, for logs."""

    code: int
    detail: str = ""


# ---------------------------------------------------------------- table: address "table/ID"


class Seat(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Who orders, and where his answers go. shard: of his wallet. gateway: the address of his gateway."""

    player_id: int
    name: str
    shard: int
    gateway: str


class ChipStake(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A stake on one position of the layout."""

    position: int
    stake_minor: int


class CallStake(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An announced bet by name and unit."""

    name: str
    unit_minor: int


class Follow(msgspec.Struct, frozen=True, array_like=True, tag=40, gc=False):
    """A gateway's lease on a table's events, renewed every second, ended after ten without renewal.

    Answered with `Following`. epoch, version: what the gateway has seen; (0, 0) at first. audience: for whom
    (`audiences.Audience`); each has a lease of its own. players: how many of it may play. all_in: a round that was closed, and
    of which no order that the gateway received in time is on its way any more; b"": nothing is said.
    """

    gateway: str
    epoch: int
    version: int
    players: int
    audience: int = 0
    all_in: bytes = b""


class Unfollow(msgspec.Struct, frozen=True, array_like=True, tag=41, gc=False):
    """Ends the lease."""

    gateway: str
    audience: int = 0


class TakeSeat(msgspec.Struct, frozen=True, array_like=True, tag=42, gc=False):
    """Asks for everything this player may see. Answered with `events.TableMissed` if that will do, or with `TableState`.

    epoch, version: what his client has; 0, 0: nothing. upto: of what he missed his gateway has all that came after this
    version, so that it need not be told; -1: it has nothing.
    """

    seat: Seat
    epoch: int = 0
    version: int = 0
    upto: int = -1
    audience: int = 0


class PlaceBet(msgspec.Struct, frozen=True, array_like=True, tag=43, gc=False):
    """Stakes on the layout. mode: "chips" (chips and calls say what), "repeat" or "double".

    received_ms: when the gateway got it; the betting window is judged by it.
    """

    seat: Seat
    round_id: bytes
    bet_id: bytes
    received_ms: int
    mode: str
    chips: list[ChipStake]
    calls: list[CallStake]


class UndoBet(msgspec.Struct, frozen=True, array_like=True, tag=44, gc=False):
    """Takes accepted bets back. bet_ids empty: all of the player's in this round."""

    seat: Seat
    round_id: bytes
    command_id: bytes
    received_ms: int
    bet_ids: list[bytes]


class DealerOrder(msgspec.Struct, frozen=True, array_like=True, tag=45, gc=False):
    """What a dealer or device does. verb: "sit", "open", "close", "number", "confirm", "void", "card", "back" or "shoe".

    Unused fields are empty. device: the sender has only the role of a device and may only use "number" and "card".
    number: also the card, or how many were burned. seq, hand, event, cut: see the wire's `DealerCard` and `DealerShoe`.
    """

    seat: Seat
    verb: str
    round_id: bytes = b""
    command_id: bytes = b""
    number: int = -1
    source: str = ""
    window_s: int = 0
    reason: str = ""
    device: bool = False
    seq: int = 0
    hand: int = -1
    event: str = ""
    cut: int = 0


class Act(msgspec.Struct, frozen=True, array_like=True, tag=47, gc=False):
    """Does something with a bet while the round is played. received_ms: when the gateway got it; it is judged by that."""

    seat: Seat
    round_id: bytes
    command_id: bytes
    bet_id: bytes
    action: str
    value: int
    received_ms: int


class DescribeTable(msgspec.Struct, frozen=True, array_like=True, tag=46, gc=False):
    """Asks for the lobby's line. Answered with `TableLine`."""


class PlacedBet(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An accepted bet. chips: announced bets expanded, equal positions added up."""

    bet_id: bytes
    chips: list[ChipStake]
    stake_minor: int


class SeatStakes(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """All that one player has on the layout."""

    name: str
    stake_minor: int
    chips: list[ChipStake]


class Following(msgspec.Struct, frozen=True, array_like=True, tag=60, gc=False):
    """Answers `Follow`. Where epoch or version differ from what the gateway has seen, it must take fresh `TableState`s."""

    epoch: int
    version: int


class TableState(msgspec.Struct, frozen=True, array_like=True, tag=61):
    """Answers `TakeSeat`; fields as in the wire's `TableSnapshot`."""

    epoch: int
    version: int
    title: str
    kind: str
    ccy: int
    min_stake_minor: int
    max_table_minor: int
    max_by_size: dict[int, int]
    phase: str
    round_id: bytes
    round_no: int
    opens_ms: int
    closes_ms: int
    server_ms: int
    number: int
    history: list[int]
    seats: list[SeatStakes]
    my_bets: list[PlacedBet]
    can_repeat: bool
    rules_version: str
    dealer: str
    entered: int = -1
    source: str = ""
    game: str = "roulette"
    detail: tuple[int, ...] = ()
    commitment: str = ""
    view: PlayView | None = None


class BetPlaced(msgspec.Struct, frozen=True, array_like=True, tag=62, gc=False):
    """Answers `PlaceBet`: reserved and durable; money as of that."""

    round_id: bytes
    bet: PlacedBet
    received_ms: int
    seq: int
    cash_minor: int
    escrow_minor: int


class BetsTakenBack(msgspec.Struct, frozen=True, array_like=True, tag=63, gc=False):
    """Answers `UndoBet`."""

    round_id: bytes
    bet_ids: list[bytes]
    returned_minor: int
    seq: int
    cash_minor: int
    escrow_minor: int


class Acted(msgspec.Struct, frozen=True, array_like=True, tag=70, gc=False):
    """Answers `Act`: durable. value: by the game. stake_minor: what was put down with it; money as of that, seq 0: nothing."""

    round_id: bytes
    command_id: bytes
    value: int
    stake_minor: int
    seq: int
    cash_minor: int
    escrow_minor: int


class ShoeView(msgspec.Struct, frozen=True, array_like=True):
    """The shoe of a table and the coup in play, for whoever deals; fields as in the wire's `Shoe`."""

    seq: int
    number: int
    state: str
    left: int
    to_burn: int
    cut: int
    rounds: int
    rounds_left: int
    cards: list[int]
    due: int


class DealerView(msgspec.Struct, frozen=True, array_like=True, tag=64, gc=False):
    """Answers `DealerOrder`; fields as in the wire's `DealerState`."""

    table_id: str
    phase: str
    round_id: bytes
    round_no: int
    closes_ms: int
    server_ms: int
    number: int
    source: str
    bets: int
    players: int
    stake_minor: int
    dealer: str
    shoe: ShoeView | None = None


class TableLine(msgspec.Struct, frozen=True, array_like=True, tag=65, gc=False):
    """Answers `DescribeTable`; fields as in the wire's `TableInfo`."""

    table_id: str
    game: str
    kind: str
    title: str
    ccy: int
    min_stake_minor: int
    max_table_minor: int
    players: int
    phase: str
    last: list[int] = []


class Noted(msgspec.Struct, frozen=True, array_like=True, tag=66, gc=False):
    """Answers what needs no more than "heard"."""


TableMessage = Follow | Unfollow | TakeSeat | PlaceBet | UndoBet | DealerOrder | DescribeTable | Act
TableAnswer = Following | TableState | BetPlaced | BetsTakenBack | Acted | DealerView | TableLine | Noted | Refused
