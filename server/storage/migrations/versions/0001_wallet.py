"""The books: shards, accounts, journal, reservations, fences, and the functions that alone may change them.

Source: ledger design 1.3 - 1.6 and 5. The plans of `commit_batch` do not depend on statistics: hash and merge joins
and sequential scans are off, the keys of account and reservation begin with the id, and `shard_id + 0`, `state + 0`
keep every other index out, so that only the nested loop from the arrays into the primary key remains. (A plan made
while the relation was empty once read all open reservations for each one closed: 150 ms for a batch of 1,000.)
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
schema = "wallet"

RELATIONS: tuple[str, ...] = (
    "create schema wallet",
    # exponent: minor units are 10^-exponent.
    """create table wallet.currency (
         ccy      smallint primary key check (ccy between 1 and 99),
         code     text not null unique,
         exponent smallint not null check (exponent between 0 and 8)
       )""",
    """insert into wallet.currency (ccy, code, exponent) values
         (1, 'PLAY', 2), (2, 'EUR', 2), (3, 'USD', 2), (4, 'GBP', 2), (5, 'JPY', 0), (6, 'KWD', 3), (7, 'BTC', 8)""",
    # One row per shard: fence (epoch), dense sequence and chain head. Every commit starts by comparing all three.
    """create table wallet.shard (
         shard_id    smallint primary key check (shard_id >= 0),
         epoch       bigint not null default 0,
         last_seq    bigint not null default 0,
         head_hash   bytea not null check (octet_length(head_hash) = 32),
         owner       text,
         backend_pid int,
         claimed_at  timestamptz
       ) with (fillfactor = 10)""",
    # balance: credits - debits, minor units. floor: -2^63 for accounts of the house. No index on what changes: HOT.
    """create table wallet.account (
         shard_id   smallint not null,
         account_id bigint not null,
         ccy        smallint not null references wallet.currency,
         kind       smallint not null,
         player_id  bigint not null,
         floor      bigint not null,
         balance    bigint not null default 0,
         last_seq   bigint not null default 0,
         primary key (account_id, shard_id),
         constraint id_ok check (account_id = player_id * 100000 + ccy * 1000 + kind),
         constraint floor_ok check (balance >= floor)
       ) with (fillfactor = 70)""",
    # One row per order, booked (status 0) or refused. id_day: day of the id, so that one id is unique in one partition.
    # acct, amt, bal: the legs; bal is the balance after. cash, escrow, bonus: the player's, after. 0: no player, no
    # currency. meta: JSON, as text because the chain covers its bytes.
    """create table wallet.journal (
         id_day    int      not null,
         shard_id  smallint not null,
         code      smallint not null,
         status    smallint not null,
         ccy       smallint not null,
         seq       bigint   not null,
         epoch     bigint   not null,
         player_id bigint   not null,
         booked_at timestamptz not null,
         cash      bigint   not null,
         escrow    bigint   not null,
         bonus     bigint   not null,
         cmd_id    uuid     not null,
         ref       uuid,
         round_id  uuid,
         req_hash  bytea    not null,
         hash      bytea    not null,
         acct      bigint[] not null,
         amt       bigint[] not null,
         bal       bigint[] not null,
         meta      text,
         primary key (shard_id, seq, id_day),
         unique (id_day, shard_id, cmd_id),
         constraint id_day_ok check (
           id_day = ('x' || translate(left(cmd_id::text, 13), '-', ''))::bit(48)::bigint / 86400000),
         constraint hash_ok check (octet_length(hash) = 32 and octet_length(req_hash) = 16),
         constraint legs_ok check (
           cardinality(amt) <= 12 and cardinality(acct) = cardinality(amt) and cardinality(bal) = cardinality(amt)),
         constraint zero_sum check (
           coalesce(amt[1], 0) + coalesce(amt[2], 0) + coalesce(amt[3], 0) + coalesce(amt[4], 0)
           + case when cardinality(amt) <= 4 then 0 else
               amt[5] + coalesce(amt[6], 0) + coalesce(amt[7], 0) + coalesce(amt[8], 0) + coalesce(amt[9], 0)
               + coalesce(amt[10], 0) + coalesce(amt[11], 0) + coalesce(amt[12], 0) end = 0),
         constraint refused_has_no_legs check (status = 0 or cardinality(amt) = 0)
       ) partition by range (id_day)""",
    "create index journal_player on wallet.journal (player_id, seq)",
    # state: 0 open, 1 settled, 2 voided, 3 tombstone (voided before it was reserved). kind: the account that the money
    # lies on: 120 a stake in escrow, 130 a withdrawal. cash, bonus: what it was taken from.
    """create table wallet.reservation (
         shard_id       smallint not null,
         reservation_id uuid not null,
         player_id      bigint not null,
         round_id       uuid,
         ccy            smallint not null,
         kind           smallint not null check (kind in (120, 130)),
         cash           bigint not null check (cash >= 0),
         bonus          bigint not null check (bonus >= 0),
         state          smallint not null check (state between 0 and 3),
         opened_seq     bigint not null,
         closed_seq     bigint,
         table_id       text not null,
         table_epoch    bigint not null,
         primary key (reservation_id, shard_id),
         constraint closed_ok check ((closed_seq is not null) = (state in (1, 2)))
       )""",
    "create index reservation_open on wallet.reservation (shard_id, table_id) where state = 0",
    "create index reservation_round on wallet.reservation (round_id, player_id)",
    # What a jackpot takes of its turnover; never changes. ceiling 0: none.
    """create table wallet.jackpot (
         shard_id smallint not null,
         jackpot  int not null check (jackpot between 1 and 65536),
         ccy      smallint not null references wallet.currency,
         rate_num bigint not null check (rate_num > 0),
         rate_den bigint not null check (rate_den >= rate_num),
         ceiling  bigint not null check (ceiling >= 0),
         primary key (shard_id, jackpot)
       )""",
    # Reservations of older epochs of this table are refused.
    """create table wallet.table_fence (
         shard_id smallint not null,
         table_id text not null,
         epoch    bigint not null,
         primary key (shard_id, table_id)
       )""",
)

HISTORY: tuple[str, ...] = (
    """create function wallet.forbid_change() returns trigger language plpgsql as
       $$ begin raise exception 'the journal is append-only'; end $$""",
    """create trigger journal_append_only before update or delete on wallet.journal
       for each row execute function wallet.forbid_change()""",
    """create trigger journal_no_truncate before truncate on wallet.journal
       for each statement execute function wallet.forbid_change()""",
    # Attaching takes a weak lock: commits and readers go on. Ids may be 30 days old, so that much room is behind us.
    """create function wallet.make_partitions(ahead int, out first_day int, out end_day int)
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
         select min(to_date(right(c.relname, 10), 'YYYY_MM_DD') - date '1970-01-01'),
                max(to_date(right(c.relname, 10), 'YYYY_MM_DD') - date '1970-01-01') + 30
           into first_day, end_day
           from pg_inherits i join pg_class c on c.oid = i.inhrelid
          where i.inhparent = 'journal'::regclass;
       end $$""",
    # The chain of a shard starts with the hash of its name.
    """create function wallet.ensure_shards(n int) returns void
       language sql security definer set search_path = wallet, pg_temp as $$
         insert into shard (shard_id, head_hash)
         select i, sha256(convert_to('croupier/shard/' || i, 'UTF8')) from generate_series(0, n - 1) i
         on conflict do nothing $$""",
)

OWNERSHIP: tuple[str, ...] = (
    """create function wallet.claim(p_shard smallint, p_owner text)
       returns table (epoch bigint, last_seq bigint, head_hash bytea)
       language sql security definer set search_path = wallet, pg_temp as $$
         update shard set epoch = shard.epoch + 1, owner = p_owner, backend_pid = pg_backend_pid(),
                claimed_at = clock_timestamp()
          where shard_id = p_shard
         returning shard.epoch, shard.last_seq, shard.head_hash $$""",
    # Ends the backends of whoever claimed the shard before us; a number that another session has by now is spared.
    """create function wallet.evict(p_shard smallint) returns bigint
       language sql security definer set search_path = wallet, pg_temp as $$
         select count(*) filter (where pg_terminate_backend(a.pid))
           from pg_stat_activity a join shard s on s.shard_id = p_shard
          where a.datname = current_database() and a.pid <> pg_backend_pid()
            and ((a.pid = s.backend_pid and a.backend_start < s.claimed_at)
                 or a.application_name = 'croupier wallet/' || p_shard) $$""",
)

# What a commit brings, as records: the columns in the order in which `server/storage/commit_records.py` packs them. The
# parameters are domains because a client can send those as ready bytes. seq is the position in the array.
RECORDS: tuple[str, ...] = (
    """create type wallet.journal_line as (
         id_day int, code smallint, status smallint, ccy smallint, player_id bigint, booked_at timestamptz,
         cash bigint, escrow bigint, bonus bigint, cmd_id uuid, ref uuid, round_id uuid, req_hash bytea, hash bytea,
         acct bigint[], amt bigint[], bal bigint[], meta text)""",
    "create type wallet.balance_change as (account_id bigint, old bigint, new bigint, seq bigint)",
    """create type wallet.birth as (
         player_id bigint, cash bigint, bonus bigint, seq bigint, table_epoch bigint, ccy smallint, kind smallint,
         state smallint, reservation_id uuid, round_id uuid, table_id text)""",
    "create type wallet.closing as (reservation_id uuid, state smallint, seq bigint)",
    "create domain wallet.journal_lines as wallet.journal_line[]",
    "create domain wallet.balance_changes as wallet.balance_change[]",
    "create domain wallet.births as wallet.birth[]",
    "create domain wallet.closings as wallet.closing[]",
)

COMMIT_BATCH = """
create function wallet.commit_batch(
  p_shard smallint, p_epoch bigint, p_prev_seq bigint, p_prev_head bytea, p_new_head bytea,
  c_lines wallet.journal_lines, c_changes wallet.balance_changes, c_births wallet.births, c_closings wallet.closings,
  n_acct bigint[], n_floor bigint[],
  f_table text[], f_epoch bigint[],
  j_number int[], j_ccy smallint[], j_num bigint[], j_den bigint[], j_ceiling bigint[]
) returns bigint language plpgsql security definer
  set search_path = wallet, pg_temp
  set plan_cache_mode = force_generic_plan
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
declare
  n int := cardinality(c_lines);
  k int;
begin
  -- 1. Fence, sequence and chain, compared and set; takes the row lock that every writer of this shard needs.
  update shard set last_seq = last_seq + n, head_hash = p_new_head
   where shard_id = p_shard and epoch = p_epoch and last_seq = p_prev_seq and head_hash = p_prev_head;
  if not found then
    raise exception 'fenced' using errcode = 'WF001';
  end if;

  -- 2. Accounts opened, then the journal.
  if cardinality(n_acct) > 0 then
    insert into account (shard_id, account_id, ccy, kind, player_id, floor)
    select p_shard, u.a, u.a / 1000 % 100, u.a % 1000, u.a / 100000, u.f from unnest(n_acct, n_floor) u(a, f);
  end if;
  insert into journal (id_day, shard_id, seq, epoch, cmd_id, req_hash, code, status, ccy, player_id, ref, round_id,
                       booked_at, cash, escrow, bonus, meta, hash, acct, amt, bal)
  select c.id_day, p_shard, p_prev_seq + i, p_epoch, c.cmd_id, c.req_hash, c.code, c.status, c.ccy, c.player_id, c.ref,
         c.round_id, c.booked_at, c.cash, c.escrow, c.bonus, c.meta, c.hash, c.acct, c.amt, c.bal
    from unnest(c_lines) with ordinality
         c(id_day, code, status, ccy, player_id, booked_at, cash, escrow, bonus, cmd_id, ref, round_id, req_hash, hash,
           acct, amt, bal, meta, i);

  -- 3. Balances, once per account however many rows touched it; the old value must equal the shard's memory.
  update account a set balance = u.nw, last_seq = u.sq
    from unnest(c_changes) u(id, od, nw, sq)
   where a.account_id = u.id and a.shard_id + 0 = p_shard and a.balance = u.od;
  get diagnostics k = row_count;
  if k <> cardinality(c_changes) then
    raise exception 'a balance differs from memory' using errcode = 'WD001';
  end if;

  -- 4. Reservations born, then closed: only from state 0. Then fences, which only ever rise.
  if cardinality(c_births) > 0 then
    insert into reservation (shard_id, reservation_id, player_id, round_id, ccy, cash, bonus, kind, state, opened_seq,
                             table_id, table_epoch)
    select p_shard, u.id, u.player, u.round, u.ccy, u.cash, u.bonus, u.kind, u.state, u.seq, u.tab, u.epoch
      from unnest(c_births) u(player, cash, bonus, seq, epoch, ccy, kind, state, id, round, tab);
  end if;
  if cardinality(c_closings) > 0 then
    update reservation r set state = u.st, closed_seq = u.sq
      from unnest(c_closings) u(id, st, sq)
     where r.reservation_id = u.id and r.shard_id + 0 = p_shard and r.state + 0 = 0;
    get diagnostics k = row_count;
    if k <> cardinality(c_closings) then
      raise exception 'a reservation is not open' using errcode = 'WD002';
    end if;
  end if;
  if cardinality(f_table) > 0 then
    insert into table_fence as t (shard_id, table_id, epoch)
    select p_shard, u.tab, max(u.epoch) from unnest(f_table, f_epoch) u(tab, epoch) group by u.tab
    on conflict (shard_id, table_id) do update set epoch = excluded.epoch where t.epoch < excluded.epoch;
  end if;
  if cardinality(j_number) > 0 then
    insert into jackpot (shard_id, jackpot, ccy, rate_num, rate_den, ceiling)
    select p_shard, u.n, u.c, u.rn, u.rd, u.top from unnest(j_number, j_ccy, j_num, j_den, j_ceiling) u(n, c, rn, rd, top);
  end if;
  return p_prev_seq + n;
end $$"""

# The wallet may call these functions and read, nothing else. Where the migrating user may not make roles, the grants
# are left to whoever runs the database.
RIGHTS: tuple[str, ...] = (
    "revoke all on all functions in schema wallet from public",
    """do $$ begin
         if not exists (select from pg_roles where rolname = 'croupier_wallet') then
           create role croupier_wallet nologin;
         end if;
       exception when insufficient_privilege or duplicate_object or unique_violation then
         raise notice 'role croupier_wallet was not made';
       end $$""",
    """do $$ begin
         if exists (select from pg_roles where rolname = 'croupier_wallet') then
           grant usage on schema wallet to croupier_wallet;
           grant select on all tables in schema wallet to croupier_wallet;
           grant execute on all functions in schema wallet to croupier_wallet;
         end if;
       end $$""",
)


def upgrade() -> None:
    """Make the relations."""
    for statement in (*RELATIONS, *HISTORY, *OWNERSHIP, *RECORDS, COMMIT_BATCH, *RIGHTS):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Drop them with everything in them."""
    op.execute("drop schema wallet cascade")
