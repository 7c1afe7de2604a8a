"""What supervisors know: how far they have read the journal, antifraud scores, bonus ticks. Plain SQL."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None
schema = "casino"

STATEMENTS: tuple[str, ...] = (
    # The journal of this shard has been read by this follower up to seq; moved in the transaction of what it caused.
    """create table casino.follower (
         follower   text not null,
         shard_id   smallint not null,
         seq        bigint not null,
         updated_at timestamptz not null default now(),
         primary key (follower, shard_id)
       ) with (fillfactor = 10)""",
    # score: 0 .. 100. reasons: what made it, for people. profile: what the score is computed from, msgpack.
    """create table casino.fraud_score (
         player_id  bigint primary key,
         score      smallint not null check (score between 0 and 100),
         reasons    jsonb not null default '[]',
         profile    bytea not null,
         updated_at timestamptz not null
       )""",
    "create index fraud_score_high on casino.fraud_score (score desc, player_id) where score > 0",
    # One row: every tick due at or before last_due_ms is planned or had nobody to pay.
    """create table casino.bonus_clock (
         only_row    boolean primary key default true check (only_row),
         last_due_ms bigint not null
       )""",
    # Who staked in the period that ends at due_ms. Emptied when the tick is planned.
    """create table casino.bonus_active (
         due_ms    bigint not null,
         player_id bigint not null,
         shard_id  smallint not null,
         primary key (due_ms, player_id)
       )""",
    # state: 0 planned, 1 every grant is paid or refused.
    """create table casino.bonus_tick (
         due_ms       bigint primary key,
         tick         bigint not null,
         amount_minor bigint not null check (amount_minor > 0),
         state        smallint not null default 0 check (state between 0 and 1),
         planned_at   timestamptz not null default now(),
         finished_at  timestamptz
       )""",
    # state: 0 open, 1 paid at journal position seq, 2 refused with this code. Its order's id follows from due_ms, tick
    # and player_id.
    """create table casino.bonus_grant (
         due_ms       bigint not null references casino.bonus_tick,
         player_id    bigint not null,
         tick         bigint not null,
         shard_id     smallint not null,
         amount_minor bigint not null,
         state        smallint not null default 0 check (state between 0 and 2),
         seq          bigint,
         code         smallint,
         closed_at    timestamptz,
         primary key (due_ms, player_id)
       )""",
    "create index bonus_grant_open on casino.bonus_grant (shard_id, due_ms, player_id) where state = 0",
)


def upgrade() -> None:
    """Make the relations."""
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    for relation in ("bonus_grant", "bonus_tick", "bonus_active", "bonus_clock", "fraud_score", "follower"):
        op.execute(f"drop table casino.{relation}")
