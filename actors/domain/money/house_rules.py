"""The rules of the house's own money: fences, jackpots, and what goes to other shards. As in `rules.py`.

| order | legs (credit-positive) | also |
| --- | --- | --- |
| FenceTable | none | the table's fence |
| DefineJackpot | none | the jackpot's terms |
| MoveJackpot | source -x, target +x | |
| PayJackpot | pool -x, cash +x | |
| TransferOut | account -x, inter-shard clearing with the peer +x | |
| TransferIn | inter-shard clearing with the peer -x, account +x | |

Money in transit is on the two clearing accounts: their sum over all shards is what is under way, and 0 at rest.
"""

from __future__ import annotations

from actors.domain.money.accounts import NO_FLOOR, Kind, account_id, account_kind, floor_of, house_account
from actors.domain.money.effects import NOTHING, Effect, fits
from actors.domain.money.orders import DefineJackpot, FenceTable, MoveJackpot, PayJackpot, TransferIn, TransferOut
from actors.domain.money.state import ShardState
from actors.domain.refusals import Refusal


def fence_table(state: ShardState, order: FenceTable) -> Effect | Refusal:
    if order.epoch < state.fences.get(order.table_id, 0):
        return Refusal.STALE_TABLE_EPOCH
    return Effect(fence=(order.table_id, order.epoch))


def define_jackpot(state: ShardState, order: DefineJackpot) -> Effect | Refusal:
    known = state.jackpots.get(order.jackpot)
    if known is not None:
        return NOTHING if known == order.terms else Refusal.JACKPOT_EXISTS
    return Effect(jackpot=(order.jackpot, order.terms))


def move_jackpot(state: ShardState, order: MoveJackpot) -> Effect | Refusal:
    if not _is_known(state, order.jackpot, order.ccy):
        return Refusal.UNKNOWN_JACKPOT
    source, target = (house_account(order.ccy, kind, order.jackpot) for kind in (order.source, order.target))
    return _move(state, source, target, order.amount_minor)


def pay_jackpot(state: ShardState, order: PayJackpot) -> Effect | Refusal:
    own = account_id(order.player_id, order.ccy, 0)
    if own + Kind.CASH not in state.balances:
        return Refusal.UNKNOWN_ACCOUNT
    if not _is_known(state, order.jackpot, order.ccy):
        return Refusal.UNKNOWN_JACKPOT
    pool = house_account(order.ccy, Kind.JACKPOT_POOL, order.jackpot)
    return _move(state, pool, own + Kind.CASH, order.amount_minor, own)


def transfer_out(state: ShardState, order: TransferOut) -> Effect | Refusal:
    account = house_account(order.ccy, order.kind, order.part)
    return _move(state, account, _clearing(order.ccy, order.peer), order.amount_minor)


def transfer_in(state: ShardState, order: TransferIn) -> Effect | Refusal:
    account = house_account(order.ccy, order.kind, order.part)
    return _move(state, _clearing(order.ccy, order.peer), account, order.amount_minor)


def _clearing(ccy: int, peer: int) -> int:
    """Parts of a house account begin at 1, shards at 0."""
    return house_account(ccy, Kind.INTER_SHARD, peer + 1)


def _is_known(state: ShardState, jackpot: int, ccy: int) -> bool:
    terms = state.jackpots.get(jackpot)
    return terms is not None and terms.ccy == ccy


def _move(state: ShardState, source: int, target: int, amount_minor: int, own: int = 0) -> Effect | Refusal:
    floor = floor_of(account_kind(source))
    if floor != NO_FLOOR and state.balances.get(source, 0) - amount_minor < floor:
        return Refusal.INSUFFICIENT_FUNDS
    moves = ((source, -amount_minor), (target, amount_minor))
    return Effect(moves) if fits(state, moves, own) else Refusal.AMOUNT_INVALID
