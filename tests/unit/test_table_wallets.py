"""The orders that end a reservation: the same after any restart, and never somebody else's."""

from __future__ import annotations

from actors.domain.ids import Origin, derive_id, make_id
from actors.domain.rounds import Plan, SettleEntry, VoidEntry
from actors.table_wallets import plan_legs, settle_order, void_order

KEY, OTHER_KEY = bytes(32), bytes(range(32))
BET = make_id(1_790_000_000_000, Origin.CLIENT, bytes(9))
ROUND, OTHER_ROUND = b"r" * 16, b"s" * 16


def test_same_void_is_the_same_order_whoever_gives_it() -> None:
    plan = Plan(1, [], [VoidEntry(0, BET, 7, 1, 100)])
    (leg,) = plan_legs(KEY, ROUND, plan)
    assert leg.order == void_order(KEY, BET, 7, 1, ROUND)


def test_derived_ids_differ_by_round_player_verb_and_key() -> None:
    # One bet_id sent to two tables, or another player's bet_id, must not use up the rightful reservation's id.
    entries = [SettleEntry(0, BET, player, 1, 100, 0) for player in (7, 8)]
    ids = {settle_order(key, e, r).cmd_id for e in entries for key in (KEY, OTHER_KEY) for r in (ROUND, OTHER_ROUND)}
    ids |= {
        void_order(key, BET, p, 1, r).cmd_id for p in (7, 8) for key in (KEY, OTHER_KEY) for r in (ROUND, OTHER_ROUND)
    }
    assert len(ids) == 16
    assert derive_id(KEY, BET, Origin.SETTLE, "settle") not in ids
