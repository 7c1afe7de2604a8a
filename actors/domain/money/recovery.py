"""From what the store holds to a shard's memory, with the proofs that must hold before the shard may serve."""

from __future__ import annotations

from collections import defaultdict

import msgspec

from actors.domain.money.accounts import FIRST_UNIT_KIND, Kind, account_ccy, account_id, account_kind, floor_of
from actors.domain.money.apply import answer_of_row
from actors.domain.money.chain import chain_rows, genesis
from actors.domain.money.entries import EntryCode, Reservation, ReservationState, Row
from actors.domain.money.orders import JackpotTerms
from actors.domain.money.state import ShardState

#: How many of the last rows are chained again.
TAIL_ROWS = 1000


class ShardHead(msgspec.Struct, frozen=True):
    """Where a shard stands in the store."""

    epoch: int
    seq: int
    head: bytes


class Loaded(msgspec.Struct, frozen=True):
    """One consistent picture of a shard.

    reservations: the open ones, and all whose id is at or after the floor. recent: rows whose id is at or after the
    floor. tail: the last rows in order of seq, with their hashes; before: the hash of the row before them.
    """

    head: ShardHead
    floor_ms: int
    currencies: frozenset[int]
    balances: dict[int, int]
    reservations: list[Reservation]
    fences: dict[str, int]
    recent: list[Row]
    tail: list[Row]
    tail_hashes: list[bytes]
    before: bytes
    jackpots: dict[int, JackpotTerms] = {}


class BooksDisagree(Exception):
    """The store's books do not prove themselves: the shard must not serve. The text says which law is broken."""


def recover(shard_id: int, loaded: Loaded, now_ms: int) -> ShardState:
    """Return the memory of a shard that continues from here. Raises BooksDisagree."""
    _check_balances(loaded)
    for kind in (Kind.ESCROW, Kind.WITHDRAWAL):
        _check_reserved(loaded, kind)
    _check_chain(shard_id, loaded)
    state = ShardState(shard_id, loaded.head.epoch, loaded.head.seq, loaded.currencies, loaded.floor_ms)
    state.balances = dict(loaded.balances)
    state.fences = dict(loaded.fences)
    state.jackpots = dict(loaded.jackpots)
    for reservation in loaded.reservations:
        state.remember_reservation(reservation, now_ms)
    for row in loaded.recent:
        if row.code is EntryCode.EXCHANGED:
            continue  # the first row has the answer
        state.remember_outcome(row.cmd_id, (row.req_hash, answer_of_row(row)), now_ms)
    return state


def _check_balances(loaded: Loaded) -> None:
    trial: defaultdict[tuple[int, bool], int] = defaultdict(int)
    for account, balance in loaded.balances.items():
        trial[account_ccy(account), account_kind(account) < FIRST_UNIT_KIND] += balance
        if balance < floor_of(account_kind(account)):
            raise BooksDisagree(f"account {account} is below its floor: {balance}")
    for (ccy, is_money), total in trial.items():
        if total:
            raise BooksDisagree(
                f"trial balance of currency {ccy} is {total}, not 0 ({'money' if is_money else 'units'})"
            )


def _check_reserved(loaded: Loaded, kind: Kind) -> None:
    """Escrow is the sum of open stakes, money pending for withdrawal that of open withdrawals."""
    reserved: defaultdict[int, int] = defaultdict(int)
    for reservation in loaded.reservations:
        if reservation.state is ReservationState.OPEN and reservation.kind is kind:
            reserved[account_id(reservation.player_id, reservation.ccy, kind)] += reservation.amount_minor
    name = kind.name.lower()
    for account, balance in loaded.balances.items():
        if account_kind(account) == kind and balance != reserved.pop(account, 0):
            raise BooksDisagree(f"{name} account {account} has {balance}: not the sum of its open reservations")
    if reserved:
        raise BooksDisagree(f"open reservations without {name} account: {sorted(reserved)}")


def _check_chain(shard_id: int, loaded: Loaded) -> None:
    tail = loaded.tail
    first = loaded.head.seq - len(tail) + 1
    if first <= 1 and loaded.before != genesis(shard_id):
        raise BooksDisagree("the first row does not follow the shard's genesis")
    if [row.seq for row in tail] != list(range(first, loaded.head.seq + 1)):
        raise BooksDisagree(f"the last rows are not dense up to {loaded.head.seq}")
    for row, stored, computed in zip(tail, loaded.tail_hashes, chain_rows(shard_id, loaded.before, tail), strict=True):
        if stored != computed:
            raise BooksDisagree(f"row {row.seq} does not follow the chain")
    if (loaded.tail_hashes[-1] if tail else loaded.before) != loaded.head.head:
        raise BooksDisagree("the last row's hash is not the shard's head")
