"""The guard of the games: what it counted of each table; tables that open no rounds, why, and who said so."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None
schema = "casino"

STATEMENTS: tuple[str, ...] = (
    # Why the table opens no more rounds; null: it does.
    "alter table casino.game_table add suspended text",
    # round_no: the last round counted. watch: msgpack, `Watch`. generation: grows when the counts begin anew.
    # level: 0 good, 1 watch, 2 alarm, 3 suspend, and finding, of the last full block.
    """create table casino.game_watch (
         table_id   text primary key,
         round_no   bigint not null,
         generation int not null default 0,
         watch      bytea,
         level      smallint not null default 0,
         finding    jsonb,
         looked_at  timestamptz not null default now()
       )""",
    # Never changed: a significant event (GLI-19 2.8.8). action: suspend, resume.
    """create table casino.table_log (
         entry_id bigint generated always as identity primary key,
         table_id text not null,
         at       timestamptz not null default clock_timestamp(),
         action   text not null,
         who      text not null,
         reason   text not null
       )""",
)


def upgrade() -> None:
    """Add the column, make the relations."""
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Drop them; suspended tables open rounds again."""
    op.execute("drop table casino.table_log")
    op.execute("drop table casino.game_watch")
    op.execute("alter table casino.game_table drop suspended")
