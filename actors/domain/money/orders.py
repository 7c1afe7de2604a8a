"""Orders and questions to a wallet shard, and its answers. Address "wallet/N".

Conventions as in `commands.py`. A tag never changes: it is the `EntryCode` of the order's row. Every order's refusals
begin with those of `checks.check_form` and of its id (reused, too old, in the future); then come the ones named here,
in order.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import msgspec

from actors.domain.commands import Refused


class Funding(IntEnum):
    """Which money a stake takes first where the player has cash and a bonus. PROPORTIONAL: bonus part rounded down."""

    CASH_FIRST = 1
    BONUS_FIRST = 2
    PROPORTIONAL = 3
    CASH_ONLY = 4


# ---------------------------------------------------------------- players' money


class OpenAccount(msgspec.Struct, frozen=True, array_like=True, tag=1, gc=False):
    """Opens a player's set of accounts in one currency. Repeating it with another id is harmless (answered done)."""

    cmd_id: bytes
    player_id: int
    ccy: int


class Deposit(msgspec.Struct, frozen=True, array_like=True, tag=2, gc=False):
    """PSP clearing -> player cash. psp_ref: the provider's authorisation, kept in the journal.

    Refusals in order: UNKNOWN_ACCOUNT, AMOUNT_INVALID (the balance would reach 2^62).
    """

    cmd_id: bytes
    player_id: int
    ccy: int
    amount_minor: int
    psp_ref: str = ""


class RequestWithdrawal(msgspec.Struct, frozen=True, array_like=True, tag=11, gc=False):
    """Player cash -> pending withdrawals; opens a reservation of that kind, whose id is cmd_id.

    Refusals in order: UNKNOWN_ACCOUNT, ALREADY_VOIDED, INSUFFICIENT_FUNDS.
    """

    cmd_id: bytes
    player_id: int
    ccy: int
    amount_minor: int


class CompleteWithdrawal(msgspec.Struct, frozen=True, array_like=True, tag=12, gc=False):
    """Pending withdrawals -> PSP clearing: the money has left. psp_ref: the provider's reference.

    Refusals in order: RESERVATION_UNKNOWN, RESERVATION_CLOSED, SETTLE_OUT_OF_RANGE.
    """

    cmd_id: bytes
    reservation_id: bytes
    player_id: int
    psp_ref: str = ""


class CancelWithdrawal(msgspec.Struct, frozen=True, array_like=True, tag=13, gc=False):
    """Pending withdrawals -> player cash. An unknown one gets a tombstone, answered done; as is one cancelled before.

    Refusals in order: RESERVATION_UNKNOWN, RESERVATION_CLOSED (completed before).
    """

    cmd_id: bytes
    reservation_id: bytes
    player_id: int
    ccy: int
    reason: str = ""


class Exchange(msgspec.Struct, frozen=True, array_like=True, tag=31, gc=False):
    """Cash of one currency -> cash of another over the house's position: two rows in one commit, both or neither.

    Both amounts are the caller's: the wallet rounds no rates. Answered as of the first row.
    Refusals in order: UNKNOWN_ACCOUNT (either), INSUFFICIENT_FUNDS, AMOUNT_INVALID.
    """

    cmd_id: bytes
    player_id: int
    ccy: int
    amount_minor: int
    to_ccy: int
    to_amount_minor: int


class Adjust(msgspec.Struct, frozen=True, array_like=True, tag=18, gc=False):
    """Adjustments -> player cash, or back (amount below 0). requested_by, approved_by: two members of staff.

    Refusals in order: UNKNOWN_ACCOUNT, INSUFFICIENT_FUNDS, AMOUNT_INVALID.
    """

    cmd_id: bytes
    player_id: int
    ccy: int
    amount_minor: int
    reason: str
    requested_by: int
    approved_by: int


# ---------------------------------------------------------------- stakes


class Reserve(msgspec.Struct, frozen=True, array_like=True, tag=3, gc=False):
    """Player cash (and bonus, by funding) -> player escrow; opens the reservation whose id is cmd_id.

    Refusals in order: UNKNOWN_ACCOUNT, ALREADY_VOIDED, STALE_TABLE_EPOCH, INSUFFICIENT_FUNDS.
    """

    cmd_id: bytes
    player_id: int
    ccy: int
    amount_minor: int
    round_id: bytes
    table_id: str
    table_epoch: int
    funding: Funding = Funding.CASH_FIRST


class Settle(msgspec.Struct, frozen=True, array_like=True, tag=4, gc=False):
    """Closes a reservation: escrow -> GGR (the stake), GGR -> cash (the payout, stake of winning chips included).

    What was staked from a bonus earns its share of the payout, rounded down, for the bonus. jackpot: its pool gets its
    share of the stake; 0: none. A bonus that thereby has had its stakes becomes cash in the same row.
    Refusals in order: RESERVATION_UNKNOWN, RESERVATION_CLOSED, UNKNOWN_JACKPOT, SETTLE_OUT_OF_RANGE.
    """

    cmd_id: bytes
    reservation_id: bytes
    player_id: int
    payout_minor: int
    round_id: bytes
    jackpot: int = 0


class Void(msgspec.Struct, frozen=True, array_like=True, tag=5, gc=False):
    """Closes a reservation: escrow -> cash and bonus, as recorded. An unknown reservation gets a tombstone, answered done.

    Refusals in order: RESERVATION_UNKNOWN, RESERVATION_CLOSED (settled before), SETTLE_OUT_OF_RANGE (what a forfeited
    bonus had staked returns to its cost). Voided before: done, nothing moves.
    """

    cmd_id: bytes
    reservation_id: bytes
    player_id: int
    ccy: int
    round_id: bytes


class Wager(msgspec.Struct, frozen=True, array_like=True, tag=10, gc=False):
    """A whole round of an instant game: stake, payout, jackpot share and bonus progress in one row.

    commitment: what the outcome was committed to, kept in the journal.
    Refusals in order: UNKNOWN_ACCOUNT, STALE_TABLE_EPOCH, UNKNOWN_JACKPOT, INSUFFICIENT_FUNDS, SETTLE_OUT_OF_RANGE.
    """

    cmd_id: bytes
    player_id: int
    ccy: int
    stake_minor: int
    payout_minor: int
    round_id: bytes
    table_id: str
    table_epoch: int
    commitment: bytes = b""
    jackpot: int = 0
    funding: Funding = Funding.CASH_FIRST


class FenceTable(msgspec.Struct, frozen=True, array_like=True, tag=7, gc=False):
    """From now on this shard refuses stakes of this table's older epochs. Answered with `Fenced`.

    Refusals in order: STALE_TABLE_EPOCH (a newer fence stands).
    """

    cmd_id: bytes
    table_id: str
    epoch: int


# ---------------------------------------------------------------- bonuses


class GrantBonus(msgspec.Struct, frozen=True, array_like=True, tag=6, gc=False):
    """Bonus cost -> player. wagering_minor 0: cash at once (a bonus tick); else bonus money that stakes turn into cash.

    wagering_minor: the sum of stakes after which it does. One such bonus at a time.
    Refusals in order: UNKNOWN_ACCOUNT, BONUS_ACTIVE, AMOUNT_INVALID.
    """

    cmd_id: bytes
    player_id: int
    ccy: int
    amount_minor: int
    tick: int
    wagering_minor: int = 0


class ConvertBonus(msgspec.Struct, frozen=True, array_like=True, tag=14, gc=False):
    """Bonus -> cash before all its stakes were made: the house waives the rest. Refusals in order: NO_BONUS."""

    cmd_id: bytes
    player_id: int
    ccy: int
    reason: str = ""


class ForfeitBonus(msgspec.Struct, frozen=True, array_like=True, tag=15, gc=False):
    """Bonus -> bonus cost, staked parts when their rounds end. Refusals in order: NO_BONUS, SETTLE_OUT_OF_RANGE."""

    cmd_id: bytes
    player_id: int
    ccy: int
    reason: str = ""


# ---------------------------------------------------------------- jackpots and other shards


class JackpotTerms(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a jackpot takes. Of a turnover T its pool has had floor(T * rate_num / rate_den), whatever the steps.

    ceiling_minor: what this shard's pool holds above that goes to the overflow; 0: no ceiling.
    """

    ccy: int
    rate_num: int
    rate_den: int
    ceiling_minor: int = 0


class DefineJackpot(msgspec.Struct, frozen=True, array_like=True, tag=33, gc=False):
    """Makes a jackpot's number 1 .. 65,536 known to this shard, once for ever. The same terms again: done.

    Refusals in order: JACKPOT_EXISTS.
    """

    cmd_id: bytes
    jackpot: int
    terms: JackpotTerms


class MoveJackpot(msgspec.Struct, frozen=True, array_like=True, tag=17, gc=False):
    """Between a jackpot's accounts: seed cost -> pool or reserve, reserve -> pool, overflow -> reserve or pool.

    Refusals in order: UNKNOWN_JACKPOT, INSUFFICIENT_FUNDS, AMOUNT_INVALID.
    """

    cmd_id: bytes
    jackpot: int
    ccy: int
    source: int
    target: int
    amount_minor: int


class PayJackpot(msgspec.Struct, frozen=True, array_like=True, tag=16, gc=False):
    """Jackpot pool -> player cash. The pool must hold it all: sweep the other shards' first.

    Refusals in order: UNKNOWN_ACCOUNT, UNKNOWN_JACKPOT, INSUFFICIENT_FUNDS (the pool), AMOUNT_INVALID.
    """

    cmd_id: bytes
    player_id: int
    ccy: int
    jackpot: int
    hit: int
    amount_minor: int


class TransferOut(msgspec.Struct, frozen=True, array_like=True, tag=19, gc=False):
    """An account of the house -> clearing with another shard. The relay answers each with one `TransferIn` there.

    kind: jackpot pool, reserve or overflow (part: the jackpot), or pot clearing; never a player's, and never from one
    player to another. Refusals in order: INSUFFICIENT_FUNDS, AMOUNT_INVALID.
    """

    cmd_id: bytes
    ccy: int
    kind: int
    part: int
    amount_minor: int
    peer: int


class TransferIn(msgspec.Struct, frozen=True, array_like=True, tag=30, gc=False):
    """Clearing with another shard -> an account of the house. transfer_id: of its `TransferOut` in shard peer.

    cmd_id must be `ids.relayed_id(transfer_id, peer)`: however often it is relayed, it arrives once.
    Refusals in order: AMOUNT_INVALID, which is not recorded: the same order may arrive later.
    """

    cmd_id: bytes
    transfer_id: bytes
    ccy: int
    kind: int
    part: int
    amount_minor: int
    peer: int


# ---------------------------------------------------------------- questions


class ReadMoney(msgspec.Struct, frozen=True, array_like=True, tag=8, gc=False):
    """Asks for committed balances, for display only. Answered with `Done` (seq of the last commit) or UNKNOWN_ACCOUNT."""

    player_id: int
    ccy: int


class ReadReservation(msgspec.Struct, frozen=True, array_like=True, tag=9, gc=False):
    """Asks what became of an order to reserve; the answer `Fate` is as durable as that of an order."""

    reservation_id: bytes


# ---------------------------------------------------------------- answers


class Done(msgspec.Struct, frozen=True, array_like=True, tag=20, gc=False):
    """The order is durable at journal position seq; cash, escrow and bonus of the player are as of that row.

    moved_minor: by how much his cash and bonus together changed, without sign: the stake reserved, the payout, the
    amount returned, deposited, granted. 0 where nothing of his moved.
    """

    seq: int
    cash_minor: int
    escrow_minor: int
    moved_minor: int = 0
    bonus_minor: int = 0


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


#: Orders that close a reservation.
Closing = Settle | Void | CompleteWithdrawal | CancelWithdrawal
#: Orders whose own id becomes that of a reservation.
Opening = Reserve | RequestWithdrawal
#: Orders about the house alone.
HouseOrder = FenceTable | DefineJackpot | MoveJackpot | TransferOut | TransferIn
BonusOrder = GrantBonus | ConvertBonus | ForfeitBonus
WalletOrder = (
    Opening | Closing | HouseOrder | BonusOrder | OpenAccount | Deposit | Exchange | Adjust | Wager | PayJackpot
)
WalletMessage = WalletOrder | ReadMoney | ReadReservation
WalletAnswer = Done | Fenced | Fate | Refused

#: The longest reference or reason that an order may carry, in characters.
MAX_TEXT: Final = 200
