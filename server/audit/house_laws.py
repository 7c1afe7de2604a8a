"""The laws of bonuses and jackpots. As in `laws.py`; kinds 110 bonus, 310 its cost, 900 and 910 stakes that a bonus
still wants and has had, 400, 410, 420, 430 a jackpot's pool, next seed, cost of seeds and overflow, 920 its turnover.

A bonus is in force while 900 is above zero, converted when 900 is zero and 910 is not, forfeited when both are zero.
"""

from __future__ import annotations

from typing import Final

from server.audit.law import LEGS, PARTS, Law, fact, moved


def _booked_last(kind: int, row: str) -> str:
    """Return SQL for the balance of a player's account of this kind after the row.

    Rows up to $2 are not asked, some may have been taken off: where no row since then tells it, the next one does, or the
    balance of now.
    """
    account = f"{row}.player_id * 100000 + {row}.ccy * 1000 + {kind}"
    legs = f"""select l.bal, l.amt from wallet.journal k, unnest(k.acct, k.amt, k.bal) l(acct, amt, bal)
                where k.shard_id = $1 and k.player_id = {row}.player_id and l.acct = {account} and k.seq"""
    return f"""coalesce((select bal from ({legs} > $2 and k.seq <= {row}.seq order by k.seq desc limit 1) before),
                        case when $2 > 0 then coalesce(
                          (select bal - amt from ({legs} > {row}.seq order by k.seq limit 1) next),
                          (select balance from wallet.account where shard_id = $1 and account_id = {account})) end, 0)"""


def _part(jackpot: str, ccy: str, kind: int) -> str:
    return f"(({PARTS} + {jackpot}) * 100000 + {ccy} * 1000 + {kind})"


_SPLIT: Final = f"""
  select c.*, {_booked_last(900, "c")} as open_after, {_booked_last(910, "c")} as done_after,
         case c.code when 5 then c.bonus else div(c.back * c.bonus, c.stake) end as of_bonus
    from (select j.seq, j.code, r.player_id, r.ccy, r.cash + r.bonus as stake, r.bonus, j.bonus as bonus_after,
                 (r.cash + r.bonus - {moved("300, 400, 430")})::numeric as back, {moved("110")} as to_bonus,
                 {moved("310")} as to_cost, {moved("900")} < 0 as counted
            from wallet.journal j join wallet.reservation r on r.shard_id = $1 and r.reservation_id = j.ref
           where j.shard_id = $1 and j.seq > $2 and j.status = 0 and j.code in (4, 5) and cardinality(j.amt) > 0
             and (r.bonus > 0 or {moved("110")} <> 0 or {moved("310")} <> 0)) c"""

# Bonuses' rows of players that ever had one. Opening balances are what the account has less what came since.
_WAGERING: Final = f"""
  select w.*, opening_open + sum(to_open) over before - to_open as open_before,
         opening_done + sum(to_done) over before - to_done as done_before
    from (select j.seq, j.code, j.player_id, j.ccy, {moved("900")} as to_open, {moved("910")} as to_done,
                 case j.code when 4 then -{moved("120")} when 10 then {fact("stake")} end as stake,
                 coalesce({fact("wagering")}, 0) as wagering,
                 case when $2 = 0 then 0 else a.balance - sum({moved("900")}) over own end as opening_open,
                 case when $2 = 0 then 0 else coalesce(d.balance, 0) - sum({moved("910")}) over own end as opening_done
            from wallet.journal j
            join wallet.account a on a.shard_id = $1 and a.account_id = j.player_id * 100000 + j.ccy * 1000 + 900
            left join wallet.account d on d.shard_id = $1 and d.account_id = j.player_id * 100000 + j.ccy * 1000 + 910
           where j.shard_id = $1 and j.seq > $2 and j.status = 0 and j.code in (4, 6, 10, 14, 15)
          window own as (partition by j.player_id, j.ccy)) w
  window before as (partition by player_id, ccy order by seq)"""

_SHARES: Final = f"""
  select j.seq, j.code, t.part, t.counted, t.total, k.ccy is not distinct from j.ccy as is_known, k.rate_num, k.rate_den,
         k.ceiling, {moved("400")} as to_pool, {moved("430")} as to_overflow,
         case j.code when 4 then -{moved("120")} else {fact("stake")} end as stake, {fact("jackpot")} as named,
         (select bal from unnest(j.acct, j.bal) u(a, bal) where a = {_part("t.part", "j.ccy", 400)}) as pool,
         (select count(*) from unnest(j.acct) u(a) where a % 1000 in (400, 430) and a / 100000 <> {PARTS} + t.part) as others
    from wallet.journal j
   cross join lateral (select a / 100000 - {PARTS} as part, m as counted, b as total
                         from unnest(j.acct, j.amt, j.bal) u(a, m, b) where a % 1000 = 920) t
    left join wallet.jackpot k on k.shard_id = $1 and k.jackpot = t.part
   where j.shard_id = $1 and j.seq > $2 and j.status = 0"""

HOUSE_LAWS: Final[tuple[Law, ...]] = (
    Law(
        "bonus_split",
        "what a stake took from a bonus comes back as recorded, and earns its share of the payout, rounded down",
        f"""select seq, format('code %s of %s, %s of it bonus: %s came back, to the bonus %s, to its cost %s', code, stake,
                               bonus, back, to_bonus, to_cost) as detail
              from ({_SPLIT}) s
             where case when open_after > 0 then to_bonus <> of_bonus or to_cost <> 0
                        when counted then bonus_after <> 0 or to_cost <> 0
                        when done_after > 0 then to_bonus <> 0 or to_cost <> 0
                        else to_bonus <> 0 or to_cost <> of_bonus end""",
    ),
    Law(
        "wagering",
        "the stakes that a bonus wants fall by exactly those that were made, from what was granted to zero",
        f"""select seq, format('code %s, stake %s: %s were open, %s had been made; the row moved %s and %s', code, stake,
                               open_before, done_before, to_open, to_done) as detail
              from ({_WAGERING}) w
             where case when code in (4, 10) then to_open <> -least(stake, open_before) or to_done <> -to_open
                        when code = 6 and wagering = 0 then to_open <> 0 or to_done <> 0
                        when code = 6 then open_before + to_open <> wagering or done_before + to_done <> 0
                        when code = 14 then open_before + to_open <> 0 or to_done <> -to_open
                        else open_before + to_open <> 0 or done_before + to_done <> 0 end""",
    ),
    Law(
        "jackpot_shares",
        "each stake adds to its jackpot what the turnover now owes less what it owed before",
        f"""select seq, format('jackpot %s, turnover %s: the row added %s and %s', part, total, to_pool, to_overflow) as detail
              from ({_SHARES}) s
             where not is_known or code not in (4, 10) or part is distinct from named or counted is distinct from stake
                or others > 0
                or to_pool + to_overflow <> div(total::numeric * rate_num, rate_den)
                                            - div((total - counted)::numeric * rate_num, rate_den)
                or (ceiling = 0 and to_overflow <> 0) or (ceiling > 0 and to_pool > 0 and pool > ceiling)
                or (to_overflow > 0 and to_pool > 0 and pool <> ceiling)
            union all
            select j.seq, format('the stake was to go towards jackpot %s, its turnover was not counted', {fact("jackpot")})
              from wallet.journal j
             where j.shard_id = $1 and j.seq > $2 and j.status = 0 and j.code in (4, 10) and j.meta is not null
               and {fact("jackpot")} > 0 and {moved("920")} = 0
            union all
            select l.seq, format('account %s moved without turnover', l.acct)
              from ({LEGS}) l
             where l.code in (4, 10) and l.acct % 1000 in (400, 430)
               and not exists (select from wallet.journal j, unnest(j.acct) a
                                where j.shard_id = $1 and j.seq = l.seq and a % 1000 = 920)""",
    ),
    Law(
        "jackpot_totals",
        "pool + reserve + overflow + paid + sent - received - seeds = floor(turnover x rate)",
        f"""select t.seq, format('jackpot %s: %s were taken, the turnover %s owes %s', k.jackpot, t.taken, t.turnover,
                                 div(t.turnover * k.rate_num, k.rate_den)) as detail
              from wallet.jackpot k cross join lateral (
                select coalesce(max(a.last_seq), 0) as seq,
                       coalesce(sum(a.balance) filter (where a.kind = 920), 0)::numeric as turnover,
                       coalesce(sum(a.balance) filter (where a.kind <> 920), 0) - (
                         select coalesce(sum(l.amt), 0) from ({LEGS}) l
                          where l.code in (16, 19, 30) and l.acct in (
                            {_part("k.jackpot", "k.ccy", 400)}, {_part("k.jackpot", "k.ccy", 410)},
                            {_part("k.jackpot", "k.ccy", 430)})) as taken
                  from wallet.account a
                 where a.shard_id = $1 and a.account_id in (
                   {_part("k.jackpot", "k.ccy", 400)}, {_part("k.jackpot", "k.ccy", 410)},
                   {_part("k.jackpot", "k.ccy", 420)}, {_part("k.jackpot", "k.ccy", 430)},
                   {_part("k.jackpot", "k.ccy", 920)})) t
             where k.shard_id = $1 and t.taken <> div(t.turnover * k.rate_num, k.rate_den)""",
        since=False,
    ),
    Law(
        "jackpot_terms",
        "a jackpot's terms are those it was defined with, once for ever",
        f"""select coalesce(j.seq, 0) as seq, format('jackpot %s has other terms than were ordered', coalesce(k.jackpot,
                   {fact("jackpot")})) as detail
              from (select * from wallet.jackpot where shard_id = $1) k
              full join (select * from wallet.journal where shard_id = $1 and seq > $2 and code = 33 and status = 0) j
                on {fact("jackpot")} = k.jackpot
             where (k.jackpot is null or j.seq is null or k.ccy <> j.ccy or k.rate_num is distinct from {fact("rate_num")}
                    or k.rate_den is distinct from {fact("rate_den")} or k.ceiling <> coalesce({fact("ceiling")}, 0))
               and ($2 = 0 or j.seq is not null)""",
    ),
    Law(
        "jackpot_hits",
        "each hit of a jackpot is paid once",
        f"""select max(seq) as seq, format('jackpot %s paid hit %s in %s rows', jackpot, hit, count(*)) as detail
              from (select j.seq, {fact("jackpot")} as jackpot, {fact("hit")} as hit
                      from wallet.journal j where j.shard_id = $1 and j.code = 16 and j.status = 0) p
             group by jackpot, hit having count(*) > 1 and max(seq) > $2""",
    ),
)
