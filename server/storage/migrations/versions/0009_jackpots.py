"""Jackpots: their rules, who has hit them, and the plan of each hit. Plain SQL."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
schema = "casino"

STATEMENTS: tuple[str, ...] = (
    # Rates and ceiling are told to the shards once and never change there. seed_minor: what each new pot starts with.
    # shard_ceiling: of each shard's own pool; 0: none. hits: the number of the last hit that was noted.
    """create table casino.jackpot (
         jackpot       int primary key check (jackpot between 1 and 65536),
         name          text not null,
         ccy           smallint not null,
         rate_num      bigint not null check (rate_num > 0),
         rate_den      bigint not null check (rate_den between rate_num and 1000000000),
         shard_ceiling bigint not null default 0 check (shard_ceiling >= 0),
         seed_minor    bigint not null check (seed_minor >= 0),
         home_shard    smallint not null,
         hits          int not null default 0,
         made_at       timestamptz not null default now()
       )""",
    # hit_id: the game's. state: 0 the winner is known, 1 amount and steps too, 2 paid, and the next pot is seeded.
    """create table casino.jackpot_hit (
         jackpot      int not null references casino.jackpot,
         hit          int not null check (hit > 0),
         hit_id       uuid not null unique,
         player_id    bigint not null,
         shard_id     smallint not null,
         noted_ms     bigint not null,
         state        smallint not null default 0 check (state between 0 and 2),
         amount_minor bigint not null default 0 check (amount_minor >= 0),
         done_at      timestamptz,
         primary key (jackpot, hit)
       )""",
    "create index jackpot_hit_open on casino.jackpot_hit (jackpot, hit) where state < 2",
    # One order each; hit 0 is the jackpot's set-up. verb: `actors/domain/policy/jackpot.py`. state: 0 open, 1 booked at
    # seq of the shard's journal, 2 refused there with this code. attempt, planned_ms: parts of the order's id.
    """create table casino.jackpot_step (
         jackpot      int not null references casino.jackpot,
         hit          int not null,
         verb         smallint not null check (verb between 1 and 7),
         shard_id     smallint not null,
         amount_minor bigint not null check (amount_minor >= 0),
         planned_ms   bigint not null,
         attempt      int not null default 0,
         state        smallint not null default 0 check (state between 0 and 2),
         seq          bigint,
         code         smallint,
         closed_at    timestamptz,
         primary key (jackpot, hit, verb, shard_id),
         constraint closed_ok check ((state = 1) = (seq is not null) and (state = 2) = (code is not null))
       )""",
)


def upgrade() -> None:
    """Make the relations."""
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    for relation in ("jackpot_step", "jackpot_hit", "jackpot"):
        op.execute(f"drop table casino.{relation}")
