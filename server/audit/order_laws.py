"""The laws of single orders: what each may move, and what must come in pairs. As in `laws.py`.

Codes: 1 account opened, 2 deposit, 3 reserve, 4 settle, 5 void, 6 bonus granted, 7 table fenced, 10 wager,
11 withdrawal requested, 12 completed, 13 cancelled, 14 bonus converted, 15 forfeited, 16 jackpot paid, 17 moved,
18 adjustment, 19 transfer out, 30 transfer in, 31 exchange, 32 its second row, 33 jackpot defined.
"""

from __future__ import annotations

from typing import Final

from server.audit.law import LEGS, PARTS, Law, fact, moved, word

#: Code: which kinds it may move up and down. An order that is not here may move nothing.
_CHART: Final[dict[int, str]] = {
    2: "-10 +100",
    3: "-100 -110 +120",
    4: "-120 +100 +110 -110 +300 -300 +310 +400 +430 -900 +910 +920 -990",
    5: "-120 +100 +110 +310",
    6: "-310 +100 +110 +900 -900 -910 +990 -990",
    10: "+100 -100 +110 -110 +300 -300 +310 +400 +430 -900 +910 +920 -990",
    11: "-100 +130",
    12: "-130 +10",
    13: "-130 +100",
    14: "-110 +100 -900 +910",
    15: "-110 +310 -900 -910 +990",
    16: "-400 +100",
    17: "-420 -430 -410 +410 +400",
    18: "+100 -100 +610 -610",
    19: "-400 -410 -430 -510 +500",
    30: "-500 +400 +410 +430 +510",
    31: "-100 +600",
    32: "-600 +100",
}
_MAY_MOVE: Final = ", ".join(
    f"({code}, {kind[1:]}, {kind[0]}1)" for code, kinds in _CHART.items() for kind in kinds.split()
)

ORDER_LAWS: Final[tuple[Law, ...]] = (
    Law(
        "legs_of_their_order",
        "each row moves only what its order may, in the right direction",
        f"""select l.seq, format('a row of code %s moved %s on account %s', l.code, l.amt, l.acct) as detail
              from ({LEGS}) l
              left join (values {_MAY_MOVE}) may(code, kind, way)
                on may.code = l.code and may.kind = l.acct % 1000 and may.way = sign(l.amt)
             where may.code is null""",
    ),
    Law(
        "withdrawals",
        "a requested withdrawal is paid out or given back at most once, and whole",
        f"""select j.seq, format('withdrawal %s (%s, state %s) was closed by code %s with %s', j.ref, r.cash, r.state,
                                 j.code, {moved("130")}) as detail
              from wallet.journal j
              left join wallet.reservation r on r.shard_id = $1 and r.reservation_id = j.ref and r.kind = 130
             where j.shard_id = $1 and j.seq > $2 and j.status = 0 and cardinality(j.amt) > 0 and j.code in (12, 13)
               and (r.closed_seq is distinct from j.seq or r.bonus <> 0 or r.cash <> -{moved("130")}
                    or r.state <> case j.code when 12 then 1 else 2 end
                    or {moved("130")} + case j.code when 12 then {moved("10")} else {moved("100")} end <> 0)""",
    ),
    Law(
        "wagers",
        "a wager moves the stake and the payout that it names",
        f"""select j.seq, format('stake %s, payout %s: the player got %s, the house and jackpots %s', {fact("stake")},
                                 coalesce({fact("payout")}, 0), {moved("100, 110")}, {moved("300, 400, 430")}) as detail
              from wallet.journal j
             where j.shard_id = $1 and j.seq > $2 and j.code = 10 and j.status = 0
               and (coalesce({fact("stake")}, 0) <= 0 or coalesce({fact("payout")}, 0) < 0
                    or {moved("300, 400, 430")} <> {fact("stake")} - coalesce({fact("payout")}, 0)
                    or {moved("100, 110, 310")} <> coalesce({fact("payout")}, 0) - {fact("stake")})""",
    ),
    Law(
        "adjustments",
        "an adjustment names a reason and two different persons",
        f"""select j.seq, format('adjusted by %s for %s and %s: %s', {moved("100")}, {word("requested_by")},
                                 {word("approved_by")}, {word("reason")}) as detail
              from wallet.journal j
             where j.shard_id = $1 and j.seq > $2 and j.code = 18 and j.status = 0
               and (coalesce({fact("requested_by")}, 0) <= 0 or coalesce({fact("approved_by")}, 0) <= 0
                    or {fact("requested_by")} = {fact("approved_by")} or coalesce({word("reason")}, '') = '')""",
    ),
    Law(
        "exchange_pairs",
        "an exchange has two rows, one after the other, each naming what the other moved",
        f"""select coalesce(a.seq, b.seq) as seq,
                   format('exchange %s: rows %s and %s do not match', coalesce(a.cmd_id, b.ref), a.seq, b.seq) as detail
              from (select * from wallet.journal where shard_id = $1 and seq > $2 and code = 31 and status = 0) a
              full join (select * from wallet.journal where shard_id = $1 and seq > $2 and code = 32) b
                on b.ref = a.cmd_id and b.seq = a.seq + 1
             where a.seq is null or b.seq is null or b.status <> 0 or a.ref is distinct from b.cmd_id
                or a.player_id <> b.player_id or a.ccy = b.ccy
                or b.ccy is distinct from {fact("to_ccy", "a")} or a.ccy is distinct from {fact("from_ccy", "b")}
                or {moved("100", "b")} is distinct from {fact("to_minor", "a")}
                or -{moved("100", "a")} is distinct from {fact("from_minor", "b")}""",
    ),
    Law(
        "transfers",
        "a transfer moves money between the account and the other shard's clearing that it names",
        f"""select j.seq, format('transfer with shard %s: legs on %s', {fact("peer")} - 1, j.acct) as detail
              from wallet.journal j
             where j.shard_id = $1 and j.seq > $2 and j.code in (19, 30) and j.status = 0
               and (cardinality(j.acct) <> 2 or coalesce({fact("peer")}, 0) < 1 or {fact("peer")} - 1 = $1
                    or (j.code = 30 and j.ref is null)
                    or j.acct[case j.code when 19 then 2 else 1 end] is distinct from
                       ({PARTS} + {fact("peer")}) * 100000 + j.ccy * 1000 + 500
                    or j.acct[case j.code when 19 then 1 else 2 end] is distinct from
                       case when coalesce({fact("part")}, 0) = 0 then 0 else {PARTS} + {fact("part")} end * 100000
                       + j.ccy * 1000 + {fact("kind")})""",
    ),
    Law(
        "fences",
        "each table's fence is the highest that was ordered",
        f"""select coalesce(j.seq, 0) as seq, format('table %s: fence %s, ordered %s', coalesce(f.table_id, j.tab), f.epoch,
                                                    j.epoch) as detail
              from (select table_id, epoch from wallet.table_fence where shard_id = $1) f
              full join (select {word("table")} as tab, max(coalesce({fact("epoch")}, 0)) as epoch, max(j.seq) as seq
                           from wallet.journal j
                          where j.shard_id = $1 and j.seq > $2 and j.code = 7 and j.status = 0 group by 1) j
                on j.tab = f.table_id
             where ($2 = 0 and f.epoch is distinct from j.epoch) or (j.tab is not null and coalesce(f.epoch, -1) < j.epoch)""",
    ),
)
