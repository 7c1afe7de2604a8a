"""Games besides roulette: commitments and seeds, outcomes with cards, rounds that are played on."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None
schema = "casino"

STATEMENTS: tuple[str, ...] = (
    # commitment: SHA-256 of the seed's text, told before the round opened. seed: 64 hex digits, stored with the outcome.
    # detail: the rest of the outcome, by the game's rules. play: how a play began (msgpack, `PlayRecord`).
    "alter table casino.round add commitment text, add seed text, add detail bigint[], add play bytea",
    "alter table casino.round alter outcome type bigint",
    # 6 PLAYING.
    "alter table casino.round drop constraint round_state_check",
    "alter table casino.round add constraint round_state_check check (state between 0 and 6)",
    "drop index casino.round_unfinished",
    "create index round_unfinished on casino.round (table_id) where state in (0, 1, 2, 4, 6)",
    # What happened in a play, in order: msgpack, `Step`.
    """create table casino.round_step (
         round_id uuid not null,
         step_no  bigint not null,
         step     bytea not null,
         primary key (round_id, step_no)
       )""",
)


def upgrade() -> None:
    """Widen the relation, add the steps."""
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Take the columns away; refuses while a round is played or an outcome is too large for them."""
    op.execute("drop table casino.round_step")
    op.execute("alter table casino.round drop constraint round_state_check")
    op.execute("alter table casino.round add constraint round_state_check check (state between 0 and 5)")
    op.execute("drop index casino.round_unfinished")
    op.execute("create index round_unfinished on casino.round (table_id) where state in (0, 1, 2, 4)")
    op.execute("alter table casino.round alter outcome type smallint")
    op.execute("alter table casino.round drop commitment, drop seed, drop detail, drop play")
