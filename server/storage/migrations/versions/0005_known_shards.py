"""Which shards have books somewhere: so that a wrong address cannot make a second, empty shard of the same number."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
schema = "casino"

STATEMENTS: tuple[str, ...] = (
    # Written after the shard itself, which is in the server that the configuration names. Never deleted.
    """create table casino.shard (
         shard_id smallint primary key,
         made_at  timestamptz not null default now()
       )""",
    "insert into casino.shard (shard_id) select shard_id from wallet.shard",
)


def upgrade() -> None:
    """Make the relation, with the shards of this server."""
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Drop it."""
    op.execute("drop table casino.shard")
