"""Players, tables and rounds: what the casino knows besides the books. Plain SQL, no foreign keys into the books."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None
schema = "casino"

STATEMENTS: tuple[str, ...] = (
    "create schema if not exists casino",
    # One row per account, whatever its roles. shard_id is chosen once and never changes (ledger design 1.5).
    # funded: the books confirmed the account and the welcome deposit; false is healed at the next login.
    # status: 0 active, 1 closed.
    """create table casino.player (
         player_id     bigint generated always as identity primary key,
         name          text not null,
         name_key      text not null unique,
         password_hash text not null,
         shard_id      smallint not null,
         roles         text[] not null default '{player}',
         created_at    timestamptz not null default now(),
         status        smallint not null default 0,
         funded        boolean not null default false
       )""",
    # epoch, owner: the fence of the table's incarnations; +1 at every claim.
    """create table casino.game_table (
         table_id text primary key,
         game     text not null,
         kind     text not null,
         title    text not null,
         host     text not null,
         config   jsonb not null default '{}',
         epoch    bigint not null default 0,
         owner    text,
         sort     int not null default 0
       )""",
    # state: 0 OPEN, 1 CLOSED, 2 DECIDED, 3 SETTLED, 4 VOIDING, 5 VOIDED. plan: the whole settlement, msgpack,
    # written with the outcome before anyone is told. outcome: the number drawn.
    """create table casino.round (
         round_id      uuid primary key,
         table_id      text not null,
         table_epoch   bigint not null,
         round_no      bigint not null,
         state         smallint not null check (state between 0 and 5),
         opened_at     timestamptz not null,
         closes_at     timestamptz,
         decided_at    timestamptz,
         finished_at   timestamptz,
         outcome       smallint,
         plan          bytea,
         dealer        text,
         void_reason   text,
         rules_version text,
         unique (table_id, round_no)
       ) with (fillfactor = 70)""",
    "create index round_unfinished on casino.round (table_id) where state in (0, 1, 2, 4)",
)


def upgrade() -> None:
    """Make the relations."""
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Drop them with everything in them."""
    op.execute("drop schema casino cascade")
