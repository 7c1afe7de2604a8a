"""Orders and questions that actors send each other, and their answers. Frozen, tagged, array-shaped msgspec structs.

Ids are 16 raw bytes (`ids.py`). Amounts are minor units. `ccy` is the currency's number in the books. Times are
milliseconds since 1970 by the server's clock. Every order may be sent again unchanged: it has an id, and one outcome.
"""

from __future__ import annotations

import msgspec

# ---------------------------------------------------------------- wallet shard: address "wallet/N"


class OpenAccount(msgspec.Struct, frozen=True, array_like=True, tag=1, gc=False):
    """Opens a player's set of accounts in one currency. Repeating it with another id is harmless (answered done)."""

    cmd_id: bytes
    player_id: int
    ccy: int


class Deposit(msgspec.Struct, frozen=True, array_like=True, tag=2, gc=False):
    """PSP clearing -> player cash. Refusals in order: AMOUNT_INVALID, UNKNOWN_ACCOUNT."""

    cmd_id: bytes
    player_id: int
    ccy: int
    amount_minor: int


class Reserve(msgspec.Struct, frozen=True, array_like=True, tag=3, gc=False):
    """Player cash -> player escrow; opens the reservation whose id is cmd_id.

    Refusals in order: AMOUNT_INVALID, UNKNOWN_ACCOUNT, ALREADY_VOIDED, STALE_TABLE_EPOCH, INSUFFICIENT_FUNDS.
    """

    cmd_id: bytes
    player_id: int
    ccy: int
    amount_minor: int
    round_id: bytes
    table_id: str
    table_epoch: int


class Settle(msgspec.Struct, frozen=True, array_like=True, tag=4, gc=False):
    """Closes a reservation: escrow -> GGR (the stake), GGR -> cash (the payout, stake of winning chips included).

    Refusals in order: AMOUNT_INVALID, RESERVATION_UNKNOWN, RESERVATION_CLOSED.
    """

    cmd_id: bytes
    reservation_id: bytes
    player_id: int
    payout_minor: int
    round_id: bytes


class Void(msgspec.Struct, frozen=True, array_like=True, tag=5, gc=False):
    """Closes a reservation: escrow -> cash, the recorded amount. An unknown reservation gets a tombstone, answered done.

    Refusals in order: RESERVATION_CLOSED (settled before). Voided before: done, nothing moves.
    """

    cmd_id: bytes
    reservation_id: bytes
    player_id: int
    ccy: int
    round_id: bytes


class GrantBonus(msgspec.Struct, frozen=True, array_like=True, tag=6, gc=False):
    """Bonus cost -> player cash: one bonus tick. Refusals in order: AMOUNT_INVALID, UNKNOWN_ACCOUNT."""

    cmd_id: bytes
    player_id: int
    ccy: int
    amount_minor: int
    tick: int


class FenceTable(msgspec.Struct, frozen=True, array_like=True, tag=7, gc=False):
    """From now on this shard refuses reservations of this table's older epochs. Answered with `Fenced`.

    Refusals in order: STALE_TABLE_EPOCH (a newer fence stands).
    """

    cmd_id: bytes
    table_id: str
    epoch: int


class ReadMoney(msgspec.Struct, frozen=True, array_like=True, tag=8, gc=False):
    """Asks for committed balances, for display only. Answered with `Done` (seq of the last commit) or UNKNOWN_ACCOUNT."""

    player_id: int
    ccy: int


class ReadReservation(msgspec.Struct, frozen=True, array_like=True, tag=9, gc=False):
    """Asks what became of an order to reserve; the answer `Fate` is as durable as that of an order."""

    reservation_id: bytes


class Done(msgspec.Struct, frozen=True, array_like=True, tag=20, gc=False):
    """The order is durable at journal position seq; cash and escrow of the player are as of that row.

    moved_minor: the stake reserved, the payout, the amount returned (0 for a tombstone), deposited or granted.
    """

    seq: int
    cash_minor: int
    escrow_minor: int
    moved_minor: int = 0


class OpenReservation(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A stake in play."""

    reservation_id: bytes
    player_id: int
    ccy: int
    amount_minor: int
    round_id: bytes
    table_epoch: int


class Fenced(msgspec.Struct, frozen=True, array_like=True, tag=21):
    """Answers `FenceTable`, after its commit: all reservations of this table that are open in this shard."""

    seq: int
    open: list[OpenReservation]


class Refused(msgspec.Struct, frozen=True, array_like=True, tag=22, gc=False):
    """The rules say no; nothing moved. code: a `Refusal`. detail: English, for logs."""

    code: int
    detail: str = ""


class Fate(msgspec.Struct, frozen=True, array_like=True, tag=23, gc=False):
    """Answers `ReadReservation`. state: "none", "open", "settled", "voided" or "tombstone"; "none" has no other field.

    cash and escrow: the player's, as of the last row at the time.
    """

    seq: int
    state: str
    player_id: int = 0
    amount_minor: int = 0
    round_id: bytes = b""
    cash_minor: int = 0
    escrow_minor: int = 0


WalletOrder = OpenAccount | Deposit | Reserve | Settle | Void | GrantBonus | FenceTable
WalletMessage = WalletOrder | ReadMoney | ReadReservation
WalletAnswer = Done | Fenced | Fate | Refused

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

    Answered with `Following`. epoch, version: what the gateway has seen; (0, 0) at first.
    """

    gateway: str
    epoch: int
    version: int
    players: int


class Unfollow(msgspec.Struct, frozen=True, array_like=True, tag=41, gc=False):
    """Ends the lease."""

    gateway: str


class TakeSeat(msgspec.Struct, frozen=True, array_like=True, tag=42, gc=False):
    """Asks for everything this player may see. Answered with `TableState`."""

    seat: Seat


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
    """What a dealer or device does. verb: "sit", "open", "close", "number", "confirm" or "void".

    Unused fields are empty. device: the sender has only the role of a device and may only use "number".
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


class Noted(msgspec.Struct, frozen=True, array_like=True, tag=66, gc=False):
    """Answers what needs no more than "heard"."""


TableMessage = Follow | Unfollow | TakeSeat | PlaceBet | UndoBet | DealerOrder | DescribeTable
TableAnswer = Following | TableState | BetPlaced | BetsTakenBack | DealerView | TableLine | Noted | Refused
