"""Signed checkpoints of the books: the copy that lies beside them."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
schema = "wallet"

STATEMENTS: tuple[str, ...] = (
    # line: the whole signed record, as docs/audit.md describes it; the second place has the same lines.
    """create table wallet.checkpoint (
         shard_id smallint not null,
         n        bigint not null check (n > 0),
         seq      bigint not null,
         line     text not null,
         primary key (shard_id, n)
       )""",
    """create function wallet.forbid_change_of_checkpoints() returns trigger language plpgsql as
       $$ begin raise exception 'checkpoints are append-only'; end $$""",
    """create trigger checkpoint_append_only before update or delete on wallet.checkpoint
       for each row execute function wallet.forbid_change_of_checkpoints()""",
    """create trigger checkpoint_no_truncate before truncate on wallet.checkpoint
       for each statement execute function wallet.forbid_change_of_checkpoints()""",
)


def upgrade() -> None:
    """Make the relation."""
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Drop it."""
    op.execute("drop table wallet.checkpoint")
    op.execute("drop function wallet.forbid_change_of_checkpoints")
