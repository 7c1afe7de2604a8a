"""Orders for the books, made in one line each, and a clock that stands still until told otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from actors.domain.ids import Origin, derive_id, make_id, relayed_id
from actors.domain.money.accounts import Kind
from actors.domain.money.orders import (
    Adjust,
    CancelWithdrawal,
    CompleteWithdrawal,
    ConvertBonus,
    DefineJackpot,
    Deposit,
    Exchange,
    FenceTable,
    ForfeitBonus,
    Funding,
    GrantBonus,
    JackpotTerms,
    MoveJackpot,
    OpenAccount,
    PayJackpot,
    RequestWithdrawal,
    Reserve,
    Settle,
    TransferIn,
    TransferOut,
    Void,
    Wager,
)
from actors.domain.money.state import ShardState

NOW_MS = 1_750_000_000_000
KEY = b"a key for tests"
ROUND = make_id(NOW_MS, Origin.TABLE, bytes(9))
PLAYER = 7
PLAY = 1
EUR = 2
#: Has no minor units.
JPY = 5
JACKPOT = 3


class StillClock:
    """A clock that is set by hand."""

    def __init__(self, now_ms: int = NOW_MS) -> None:
        self.ms = now_ms

    def now_ms(self) -> int:
        return self.ms


class Orders:
    """Makes orders with ids that are all different, at its clock's time unless at_ms says otherwise."""

    def __init__(self, clock: StillClock | None = None) -> None:
        self.clock = clock or StillClock()
        self._numbers: Iterator[int] = count(1)

    def id(self, origin: Origin = Origin.CLIENT, at_ms: int | None = None) -> bytes:
        """Return a new id."""
        ms = self.clock.ms if at_ms is None else at_ms
        return make_id(ms, origin, next(self._numbers).to_bytes(9, "big"))

    # ------------------------------------------------------------ payments

    def open(self, player: int = PLAYER, ccy: int = PLAY) -> OpenAccount:
        return OpenAccount(self.id(Origin.CASHIER), player, ccy)

    def deposit(self, amount: int, player: int = PLAYER, ccy: int = PLAY) -> Deposit:
        return Deposit(self.id(Origin.CASHIER), player, ccy, amount)

    def withdraw(self, amount: int, player: int = PLAYER, ccy: int = PLAY) -> RequestWithdrawal:
        return RequestWithdrawal(self.id(Origin.CASHIER), player, ccy, amount)

    def complete(self, withdrawal: RequestWithdrawal) -> CompleteWithdrawal:
        id_ = self.id(Origin.CASHIER)
        return CompleteWithdrawal(id_, withdrawal.cmd_id, withdrawal.player_id, "psp-1")

    def cancel(self, withdrawal: RequestWithdrawal) -> CancelWithdrawal:
        id_ = self.id(Origin.CASHIER)
        return CancelWithdrawal(id_, withdrawal.cmd_id, withdrawal.player_id, withdrawal.ccy, "changed his mind")

    def exchange(
        self, amount: int, to_amount: int, player: int = PLAYER, *, ccy: int = PLAY, to_ccy: int = EUR
    ) -> Exchange:
        return Exchange(self.id(Origin.CASHIER), player, ccy, amount, to_ccy, to_amount)

    def adjust(self, amount: int, player: int = PLAYER, ccy: int = PLAY) -> Adjust:
        return Adjust(self.id(Origin.STAFF), player, ccy, amount, "a mistake", 101, 102)

    # ------------------------------------------------------------ stakes

    def reserve(
        self,
        amount: int,
        player: int = PLAYER,
        *,
        ccy: int = PLAY,
        table: str = "roulette-1",
        epoch: int = 1,
        at_ms: int | None = None,
        funding: Funding = Funding.CASH_FIRST,
    ) -> Reserve:
        return Reserve(self.id(at_ms=at_ms), player, ccy, amount, ROUND, table, epoch, funding)

    def wager(
        self,
        stake: int,
        payout: int,
        player: int = PLAYER,
        *,
        ccy: int = PLAY,
        epoch: int = 1,
        jackpot: int = 0,
        funding: Funding = Funding.CASH_FIRST,
    ) -> Wager:
        return Wager(self.id(), player, ccy, stake, payout, ROUND, "slots-1", epoch, b"committed", jackpot, funding)

    def fence(self, epoch: int, table: str = "roulette-1") -> FenceTable:
        return FenceTable(self.id(Origin.TABLE), table, epoch)

    # ------------------------------------------------------------ bonuses

    def bonus(self, amount: int, player: int = PLAYER, *, ccy: int = PLAY, wagering: int = 0) -> GrantBonus:
        return GrantBonus(self.id(Origin.BONUS), player, ccy, amount, 1, wagering)

    def convert(self, player: int = PLAYER, ccy: int = PLAY) -> ConvertBonus:
        return ConvertBonus(self.id(Origin.STAFF), player, ccy, "goodwill")

    def forfeit(self, player: int = PLAYER, ccy: int = PLAY) -> ForfeitBonus:
        return ForfeitBonus(self.id(Origin.BONUS), player, ccy, "expired")

    # ------------------------------------------------------------ the house

    def define(
        self, num: int = 1, den: int = 100, ceiling: int = 0, *, ccy: int = PLAY, jackpot: int = JACKPOT
    ) -> DefineJackpot:
        return DefineJackpot(self.id(Origin.JACKPOT), jackpot, JackpotTerms(ccy, num, den, ceiling))

    def move(
        self, amount: int, source: Kind = Kind.JACKPOT_SEED, target: Kind = Kind.JACKPOT_POOL, *, jackpot: int = JACKPOT
    ) -> MoveJackpot:
        return MoveJackpot(self.id(Origin.JACKPOT), jackpot, PLAY, source, target, amount)

    def pay(self, amount: int, player: int = PLAYER, *, jackpot: int = JACKPOT, ccy: int = PLAY) -> PayJackpot:
        return PayJackpot(self.id(Origin.JACKPOT), player, ccy, jackpot, 1, amount)

    def send(self, amount: int, peer: int = 1, kind: Kind = Kind.JACKPOT_POOL, part: int = JACKPOT) -> TransferOut:
        return TransferOut(self.id(Origin.JACKPOT), PLAY, kind, part, amount, peer)


def settle(stake: Reserve, payout: int, n: int = 0, jackpot: int = 0) -> Settle:
    """Return the order that settles this reservation; n tells several apart."""
    id_ = derive_id(KEY, stake.cmd_id, Origin.SETTLE, "settle", n)
    return Settle(id_, stake.cmd_id, stake.player_id, payout, stake.round_id, jackpot)


def void(stake: Reserve, n: int = 0) -> Void:
    """Return the order that voids this reservation."""
    id_ = derive_id(KEY, stake.cmd_id, Origin.VOID, "void", n)
    return Void(id_, stake.cmd_id, stake.player_id, stake.ccy, stake.round_id)


def receive(sent: TransferOut, from_shard: int) -> TransferIn:
    """Return what a relay makes of this transfer for its peer."""
    id_ = relayed_id(sent.cmd_id, from_shard)
    return TransferIn(id_, sent.cmd_id, sent.ccy, sent.kind, sent.part, sent.amount_minor, from_shard)


def empty_state(shard_id: int = 0) -> ShardState:
    """Return the memory of a new shard."""
    state = ShardState(shard_id, 1, 0, frozenset(range(1, 8)), NOW_MS - 120_000)
    state.first_day, state.end_day = 0, 40_000
    return state
