"""Orders and questions to a wallet shard, and its answers. Address "wallet/N".

Conventions as in `commands.py`.
"""

from __future__ import annotations

import msgspec

from actors.domain.commands import Refused


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
