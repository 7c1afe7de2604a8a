"""Commits reach rows by plain index scans, whatever statistics said when their plans were made, and find room beside them.

A plan made while a relation was empty may take a bitmap of the index instead. Such a scan never marks the entries of dead
rows: an account that changes twenty times a second then has dozens of them, each visited at every commit until a vacuum
(thirty an account, five times the time of a commit, measured with 1,000 players).

An account's next version fits on its page only if former ones can be taken off it, and readers of the journal keep those
for as long as they read: two of three versions went elsewhere, with an entry in the index and a lock record each.
"""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None
schema = "wallet"

_COMMIT_BATCH = (
    "alter function wallet.commit_batch(smallint, bigint, bigint, bytea, bytea, wallet.journal_lines,"
    " wallet.balance_changes, wallet.births, wallet.closings, bigint[], bigint[], text[], bigint[], int[], smallint[],"
    " bigint[], bigint[], bigint[]) "
)


def upgrade() -> None:
    """Keep bitmaps out, and two thirds of each new page free."""
    op.execute(_COMMIT_BATCH + "set enable_bitmapscan = off")
    op.execute("alter table wallet.account set (fillfactor = 30)")


def downgrade() -> None:
    """As before."""
    op.execute("alter table wallet.account set (fillfactor = 70)")
    op.execute(_COMMIT_BATCH + "reset enable_bitmapscan")
