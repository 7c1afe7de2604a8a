"""Daily snapshots of balances, their proof, checks of the books while they are in use, and the journal's floor."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None
schema = "wallet"

RELATIONS: tuple[str, ...] = (
    # One row per shard and day (days since 1970, UTC), written with its balances in one statement: there or not.
    # proved_from: seq of the snapshot (0: of empty books) whose balances and the journal up to seq give these balances.
    """create table wallet.snapshot_head (
         shard_id    smallint not null,
         day         int not null,
         seq         bigint not null,
         head_hash   bytea not null check (octet_length(head_hash) = 32),
         taken_at    timestamptz not null default now(),
         proved_from bigint,
         breaches    bigint,
         primary key (shard_id, day)
       )""",
    # Accounts whose balance is 0 have no row.
    """create table wallet.snapshot (
         shard_id   smallint not null,
         day        int not null,
         seq        bigint not null,
         account_id bigint not null,
         balance    bigint not null check (balance <> 0),
         primary key (shard_id, day, account_id),
         foreign key (shard_id, day) references wallet.snapshot_head on delete cascade
       )""",
    # One row: ids of earlier days are refused. Partitions below may be detached once every shard knows (see retention).
    """create table wallet.journal_floor (
         only_row  boolean primary key default true check (only_row),
         first_day int not null,
         since     timestamptz not null default now()
       )""",
)

FUNCTIONS: tuple[str, ...] = (
    # One statement sees one moment: shard and balances change in one transaction, so they fit together.
    """create function wallet.take_snapshot(p_shard smallint, p_day int) returns bigint
       language sql security definer set search_path = wallet, pg_temp as $$
         with head as (
           insert into snapshot_head (shard_id, day, seq, head_hash)
           select shard_id, p_day, last_seq, head_hash from shard where shard_id = p_shard
           on conflict do nothing returning seq
         ), balances as (
           insert into snapshot (shard_id, day, seq, account_id, balance)
           select p_shard, p_day, head.seq, a.account_id, a.balance
             from head join account a on a.shard_id = p_shard where a.balance <> 0
         ) select seq from head $$""",
    # Accounts whose balance does not follow from an earlier snapshot and the journal between; 0, 0: from empty books.
    """create function wallet.snapshot_breaches(p_shard smallint, p_from_day int, p_from_seq bigint, p_day int,
                                                p_seq bigint)
       returns table (account_id bigint, expected numeric, found bigint)
       language sql stable security definer set search_path = wallet, pg_temp as $$
         select coalesce(e.a, s.account_id), coalesce(e.total, 0), coalesce(s.balance, 0)
           from (select u.a, sum(u.m) as total
                   from (select b.account_id as a, b.balance as m from snapshot b
                          where b.shard_id = p_shard and b.day = p_from_day
                         union all
                         select l.a, l.m from journal j, unnest(j.acct, j.amt) l(a, m)
                          where j.shard_id = p_shard and j.seq > p_from_seq and j.seq <= p_seq) u
                  group by u.a) e
           full join (select * from snapshot where shard_id = p_shard and day = p_day) s on s.account_id = e.a
          where coalesce(e.total, 0) <> coalesce(s.balance, 0) $$""",
    # Proves a day's snapshot from the proved one before it, once; returns in how many accounts it is wrong.
    """create function wallet.prove_snapshot(p_shard smallint, p_day int) returns bigint
       language plpgsql security definer set search_path = wallet, pg_temp as $$
       declare
         this snapshot_head; base snapshot_head; wrong bigint;
       begin
         select * into this from snapshot_head where shard_id = p_shard and day = p_day for update;
         if this.breaches is not null then return this.breaches; end if;
         if not found then return null; end if;
         select * into base from snapshot_head
          where shard_id = p_shard and day < p_day and breaches = 0 order by day desc limit 1;
         select count(*) into wrong
           from snapshot_breaches(p_shard, coalesce(base.day, -1), coalesce(base.seq, 0), p_day, this.seq);
         update snapshot_head set proved_from = coalesce(base.seq, 0), breaches = wrong
          where shard_id = p_shard and day = p_day;
         return wrong;
       end $$""",
    # What an operator watches, of one shard at one moment.
    """create function wallet.check_books(p_shard smallint, p_old_before uuid)
       returns table (trial bigint, reserved bigint, open_stakes bigint, old_stakes bigint, in_transit numeric,
                      days_left int)
       language sql stable security definer set search_path = wallet, pg_temp as $$
         with held as (
           select player_id, ccy, kind, sum(cash + bonus) as total, count(*) as n,
                  count(*) filter (where reservation_id < p_old_before) as old
             from reservation where shard_id = p_shard and state = 0 group by player_id, ccy, kind
         ), owned as (
           select player_id, ccy, kind, balance from account where shard_id = p_shard
         )
         select (select count(*) from (select from owned group by ccy, kind < 900 having sum(balance) <> 0) t),
                (select count(*) from (select * from owned where kind in (120, 130)) a
                   full join held h using (player_id, ccy, kind)
                  where coalesce(a.balance, 0) <> coalesce(h.total, 0)),
                coalesce((select sum(n) from held where kind = 120), 0)::bigint,
                coalesce((select sum(old) from held where kind = 120), 0)::bigint,
                coalesce((select sum(balance) from owned where kind = 500), 0),
                (select max(to_date(right(c.relname, 10), 'YYYY_MM_DD') - date '1970-01-01') + 30
                   from pg_inherits i join pg_class c on c.oid = i.inhrelid
                  where i.inhparent = 'journal'::regclass) - extract(epoch from now())::bigint / 86400 $$""",
)

# As in revision 0001, but ids of days below the floor are too old even while their partition is still there.
PARTITIONS: str = """
create or replace function wallet.make_partitions(ahead int, out first_day int, out end_day int)
  language plpgsql security definer set search_path = wallet, pg_temp as $$
  declare
    today int := extract(epoch from now())::bigint / 86400;
    part  text;
  begin
    perform pg_advisory_xact_lock(hashtext('wallet.make_partitions'));
    for k in (today - 31) / 30 .. (today + ahead) / 30 loop
      part := 'journal_' || to_char(date '1970-01-01' + k * 30, 'YYYY_MM_DD');
      continue when to_regclass(part) is not null;
      execute format('create table %I (like journal including defaults including constraints)', part);
      execute format('alter table journal attach partition %I for values from (%s) to (%s)', part, k * 30,
                     k * 30 + 30);
      execute format('create trigger journal_no_truncate before truncate on %I '
                     'for each statement execute function forbid_change()', part);
    end loop;
    select greatest(min(to_date(right(c.relname, 10), 'YYYY_MM_DD') - date '1970-01-01'),
                    (select f.first_day from journal_floor f)),
           max(to_date(right(c.relname, 10), 'YYYY_MM_DD') - date '1970-01-01') + 30
      into first_day, end_day
      from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'journal'::regclass;
  end $$"""

RIGHTS: tuple[str, ...] = (
    "revoke all on all functions in schema wallet from public",
    """do $$ begin
         if exists (select from pg_roles where rolname = 'croupier_wallet') then
           grant select on all tables in schema wallet to croupier_wallet;
           grant execute on all functions in schema wallet to croupier_wallet;
         end if;
       end $$""",
)


def upgrade() -> None:
    """Make relations and functions."""
    for statement in (*RELATIONS, *FUNCTIONS, PARTITIONS, *RIGHTS):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Drop them; `make_partitions` must go back to revision 0001's text by hand, since it reads the floor."""
    for statement in (
        "drop function wallet.check_books(smallint, uuid)",
        "drop function wallet.prove_snapshot(smallint, int)",
        "drop function wallet.snapshot_breaches(smallint, int, bigint, int, bigint)",
        "drop function wallet.take_snapshot(smallint, int)",
        "drop table wallet.snapshot, wallet.snapshot_head",
    ):
        op.execute(statement)
