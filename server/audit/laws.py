"""The laws of any shard's books, each as one SQL statement that returns its breaches as (seq, detail).

Written from the ledger's design, not from the wallet's code: nothing here is imported from `actors`. $1 is the shard,
$2 the row after which the journal is looked at: 0, or where a signed checkpoint stands (then every law but those of
the balances before it is checked for what came later). $3 the row up to which some were taken off; below $2, or 0.
The laws of single orders are in `order_laws.py`.
Numbers: kinds 100 cash, 110 bonus, 120 escrow, 130 withdrawal, from 900 on units that are not money; codes 3 reserve,
4 settle, 5 void, 11 to 13 withdrawal requested, completed, cancelled; reservation states 0 open, 1 settled, 2 voided,
3 tombstone. Owners of accounts: 0 and those above 2^46 are the house.
"""

from __future__ import annotations

from typing import Final

from server.audit.law import LEGS as _LEGS
from server.audit.law import Law

_FLOORED: Final = "100, 110, 120, 130, 320, 400, 410, 430, 900, 910, 920"

LAWS: Final[tuple[Law, ...]] = (
    Law(
        "trial_balance",
        "all balances of a currency sum to zero",
        """select 0::bigint as seq, format('currency %s: the balances sum to %s (%s)', ccy, sum(balance),
                                          case when kind < 900 then 'money' else 'units' end) as detail
             from wallet.account where shard_id = $1
            group by ccy, case when kind < 900 then 'money' else 'units' end having sum(balance) <> 0""",
    ),
    Law(
        "zero_sum",
        "the legs of each row sum to zero, and a refused row has none",
        """select seq, format('the legs %s do not sum to zero', amt) as detail
             from wallet.journal
            where shard_id = $1 and seq > $2
              and (select coalesce(sum(m) filter (where a % 1000 < 900), 0) <> 0
                       or coalesce(sum(m) filter (where a % 1000 >= 900), 0) <> 0 from unnest(acct, amt) u(a, m))
           union all
           select seq, format('refused with %s, but has legs', status)
             from wallet.journal where shard_id = $1 and seq > $2 and status <> 0 and cardinality(amt) > 0
           union all
           select seq, 'accounts, amounts and balances differ in number'
             from wallet.journal where shard_id = $1 and seq > $2
              and (cardinality(acct) <> cardinality(amt) or cardinality(bal) <> cardinality(amt))""",
    ),
    Law(
        "own_accounts",
        "each row moves money only between the house and its own player, in one currency",
        f"""select seq, format('account %s is not of player %s and currency %s', acct, player_id, ccy) as detail
              from ({_LEGS}) l
             where acct / 1000 % 100 <> ccy
                or (acct / 100000 between 1 and 70368744177664 and acct / 100000 <> player_id)""",
    ),
    Law(
        "balance_is_sum_of_legs",
        "each balance is the sum of its account's legs",
        f"""select coalesce(greatest(l.seq, a.last_seq), 0) as seq,
                   format('account %s has %s, its legs sum to %s', coalesce(a.account_id, l.acct),
                          coalesce(a.balance::text, 'no row'), coalesce(l.total, 0)) as detail
              from (select account_id, balance, last_seq from wallet.account where shard_id = $1) a
              full join (select acct, sum(amt) as total, max(seq) as seq from ({_LEGS}) x group by acct) l
                on l.acct = a.account_id
             where ($2 = 0 and (a.balance is distinct from coalesce(l.total, 0)
                                or a.last_seq is distinct from coalesce(l.seq, 0)))
                or ($2 > 0 and l.seq is not null and a.last_seq is distinct from l.seq)""",
    ),
    Law(
        "balance_is_last_booked",
        "each balance is the one that the last row of its account booked, or a proved snapshot has where that row is gone",
        """select a.last_seq as seq, format('account %s has %s, row %s booked %s', a.account_id, a.balance, a.last_seq,
                                          coalesce(b.bal::text, 'nothing for it')) as detail
             from wallet.account a left join lateral (
               select l.bal from wallet.journal j, unnest(j.acct, j.bal) l(acct, bal)
                where j.shard_id = $1 and j.seq = a.last_seq and l.acct = a.account_id
               union all
               select coalesce(s.balance, 0)
                 from (select h.day from wallet.snapshot_head h
                        where h.shard_id = $1 and h.breaches = 0 and h.seq >= $3 order by h.seq limit 1) h
                 left join wallet.snapshot s on s.shard_id = $1 and s.day = h.day and s.account_id = a.account_id
                where a.last_seq <= $3
                  and not exists (select from wallet.journal j where j.shard_id = $1 and j.seq = a.last_seq)) b on true
            where a.shard_id = $1 and a.balance is distinct from case when a.last_seq = 0 then 0 else b.bal end""",
        whole=False,
    ),
    Law(
        "running_balance",
        "each leg's balance is the one before plus its amount",
        f"""select seq, format('account %s: %s was booked as the balance, the legs so far sum to %s', acct, bal, total)
                   as detail
              from (select seq, acct, bal, sum(amt) over (partition by acct order by seq, n)
                                           + case when $2 = 0 then 0 else
                                               first_value(bal - amt) over (partition by acct order by seq, n) end as total
                      from ({_LEGS}) l) s
             where bal <> total""",
    ),
    Law(
        "balance_after",
        "the player's cash, escrow and bonus in a row are those of its legs",
        f"""select l.seq, format('account %s: %s in the leg, %s in the row', l.acct, l.bal,
                                 case l.acct % 1000 when 100 then j.cash when 110 then j.bonus else j.escrow end)
                   as detail
              from ({_LEGS}) l join wallet.journal j on j.shard_id = $1 and j.seq = l.seq
             where l.acct / 100000 between 1 and 70368744177664
               and ((l.acct % 1000 = 100 and j.cash <> l.bal) or (l.acct % 1000 = 120 and j.escrow <> l.bal)
                    or (l.acct % 1000 = 110 and j.bonus <> l.bal))""",
    ),
    Law(
        "floor",
        "no account that must not be below zero ever is: players' money, rake, jackpots, counted stakes",
        f"""select seq, format('account %s fell to %s', acct, bal) as detail
              from ({_LEGS}) l where acct % 1000 in ({_FLOORED}) and bal < 0
            union all
            select last_seq, format('account %s has %s, floor %s', account_id, balance, floor)
              from wallet.account
             where shard_id = $1 and (balance < floor or (kind in ({_FLOORED}) and (floor <> 0 or balance < 0))
                   or account_id <> player_id * 100000 + ccy * 1000 + kind)""",
    ),
    Law(
        "dense_sequence",
        "sequence numbers run from 1 to the shard's last without gap or repeat, and epochs never fall",
        """select least(seq, prev + 1) as seq, format('row %s follows row %s', seq, prev) as detail
             from (select seq, lag(seq, 1, $2::bigint) over (order by seq) as prev
                     from wallet.journal where shard_id = $1 and seq > $2) j
            where seq <> prev + 1
           union all
           select seq, format('epoch %s after epoch %s', epoch, prev)
             from (select seq, epoch, lag(epoch, 1, 1::bigint) over (order by seq) as prev
                     from wallet.journal where shard_id = $1 and seq >= $2) j
            where epoch < prev
           union all
           select j.seq, format('epoch %s was never claimed', j.epoch)
             from wallet.journal j, wallet.shard s
            where j.shard_id = $1 and j.seq > $2 and s.shard_id = $1 and j.epoch > s.epoch
           union all
           select least(s.last_seq, m.seq) + 1, format('the last row is %s, the shard says %s', m.seq, s.last_seq)
             from wallet.shard s,
                  (select coalesce(max(seq), $2) as seq from wallet.journal where shard_id = $1 and seq > $2) m
            where s.shard_id = $1 and m.seq <> s.last_seq""",
    ),
    Law(
        "one_row_per_id",
        "each id was booked once, on the day that it carries",
        """select max(seq) as seq, format('id %s has %s rows', cmd_id, count(*)) as detail
             from wallet.journal where shard_id = $1 and seq > $2 group by cmd_id having count(*) > 1
           union all
           select j.seq, format('id %s was booked before', j.cmd_id)
             from wallet.journal j join wallet.journal k on k.id_day = j.id_day and k.shard_id = $1 and k.cmd_id = j.cmd_id
            where $2 > 0 and j.shard_id = $1 and j.seq > $2 and k.seq <= $2
           union all
           select seq, format('id %s is filed under day %s', cmd_id, id_day)
             from wallet.journal
            where shard_id = $1 and seq > $2
              and id_day <> ('x' || left(replace(cmd_id::text, '-', ''), 12))::bit(48)::bigint / 86400000""",
    ),
    Law(
        "escrow_is_open_reservations",
        "a player's escrow is the sum of his open stakes, his pending money that of his open withdrawals",
        """select coalesce(a.last_seq, r.seq) as seq,
                  format('player %s, currency %s: %s %s, open reservations %s', coalesce(a.player_id, r.player_id),
                         coalesce(a.ccy, r.ccy), case coalesce(a.kind, r.kind) when 120 then 'escrow' else 'pending' end,
                         coalesce(a.balance, 0), coalesce(r.total, 0)) as detail
             from (select player_id, ccy, kind, balance, last_seq
                     from wallet.account where shard_id = $1 and kind in (120, 130)) a
             full join (select player_id, ccy, kind, sum(cash + bonus) as total, max(opened_seq) as seq
                          from wallet.reservation where shard_id = $1 and state = 0 group by player_id, ccy, kind) r
               on r.player_id = a.player_id and r.ccy = a.ccy and r.kind = a.kind
            where coalesce(a.balance, 0) <> coalesce(r.total, 0)""",
    ),
    Law(
        "reservation_opened_once",
        "each reservation was opened by one booked row with its player and amount, each such row opened one",
        """select coalesce(r.opened_seq, j.seq) as seq,
                  format('reservation %s: %s reserved by the row, %s in the reservation',
                         coalesce(r.reservation_id, j.cmd_id), coalesce(j.amount::text, 'nothing'),
                         coalesce((r.cash + r.bonus)::text, 'nothing')) as detail
             from (select * from wallet.reservation where shard_id = $1 and state <> 3 and opened_seq > $2) r
             full join (
               select seq, cmd_id, player_id, ccy, round_id, case code when 3 then 120 else 130 end as kind,
                      (select sum(l.amt) from unnest(acct, amt) l(acct, amt)
                        where l.acct % 1000 = case code when 3 then 120 else 130 end) as amount,
                      (select coalesce(-sum(l.amt), 0) from unnest(acct, amt) l(acct, amt)
                        where l.acct % 1000 = 110) as bonus
                 from wallet.journal where shard_id = $1 and seq > $2 and code in (3, 11) and status = 0
             ) j on j.cmd_id = r.reservation_id
            where r.opened_seq is distinct from j.seq or r.player_id is distinct from j.player_id
               or r.ccy is distinct from j.ccy or r.round_id is distinct from j.round_id
               or r.cash + r.bonus is distinct from j.amount or r.bonus is distinct from j.bonus
               or r.kind is distinct from j.kind""",
    ),
    Law(
        "tombstone",
        "a tombstone was made by a void or a cancel and holds no money",
        """select r.opened_seq as seq, format('tombstone %s', r.reservation_id) as detail
             from wallet.reservation r left join wallet.journal j on j.shard_id = $1 and j.seq = r.opened_seq
            where r.shard_id = $1 and r.state = 3 and r.opened_seq > $2
              and (r.cash + r.bonus <> 0 or j.code is distinct from case r.kind when 120 then 5 else 13 end
                   or j.status <> 0 or cardinality(j.amt) <> 0 or j.ref is distinct from r.reservation_id)""",
    ),
    Law(
        "reservation_closed_once",
        "each reservation is closed at most once, by a row that takes exactly its amount from where it lay",
        """select coalesce(j.seq, r.closed_seq) as seq,
                  format('reservation %s (state %s, %s): row %s of code %s took %s and gave back %s',
                         coalesce(r.reservation_id, j.ref), r.state, r.cash + r.bonus, j.seq, j.code, -j.held_amt,
                         j.back_amt) as detail
             from (select * from wallet.reservation where shard_id = $1 and closed_seq > $2) r
             full join (
               select seq, code, ref, player_id, ccy, round_id, case when code in (4, 5) then 120 else 130 end as kind,
                      case when code in (4, 12) then 1 else 2 end as state,
                      (select coalesce(sum(l.amt), 0) from unnest(acct, amt) l(acct, amt)
                        where l.acct % 1000 in (120, 130)) as held_amt,
                      (select coalesce(sum(l.amt), 0) from unnest(acct, amt) l(acct, amt)
                        where l.acct % 1000 in (100, 110) or (code = 5 and l.acct % 1000 = 310)) as back_amt
                 from wallet.journal
                where shard_id = $1 and seq > $2 and status = 0 and (code in (4, 12) or (code in (5, 13) and cardinality(amt) > 0))
             ) j on j.seq = r.closed_seq and j.ref = r.reservation_id
            where r.reservation_id is null or j.seq is null or j.player_id <> r.player_id or j.ccy <> r.ccy
               or j.round_id is distinct from r.round_id
               or r.state <> j.state or r.kind <> j.kind or -j.held_amt <> r.cash + r.bonus or j.back_amt < 0
               or (r.state = 2 and j.back_amt <> r.cash + r.bonus) or j.seq <= r.opened_seq
           union all
           select closed_seq, format('reservation %s is in state %s: row %s', reservation_id, state, closed_seq)
             from wallet.reservation where shard_id = $1 and (closed_seq is not null) <> (state in (1, 2))""",
    ),
)
