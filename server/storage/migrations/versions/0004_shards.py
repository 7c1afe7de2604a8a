"""Shards of one server by name: with several PostgreSQL servers each makes only its own."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
schema = "wallet"

STATEMENTS: tuple[str, ...] = (
    "drop function wallet.ensure_shards(int)",
    # The chain of a shard starts with the hash of its name.
    """create function wallet.ensure_shards(ids int[]) returns void
       language sql security definer set search_path = wallet, pg_temp as $$
         insert into shard (shard_id, head_hash)
         select i, sha256(convert_to('croupier/shard/' || i, 'UTF8')) from unnest(ids) i
         on conflict do nothing $$""",
    "revoke all on function wallet.ensure_shards(int[]) from public",
)


def upgrade() -> None:
    """Replace the function."""
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Make the old one again."""
    op.execute("drop function wallet.ensure_shards(int[])")
    op.execute(
        """create function wallet.ensure_shards(n int) returns void
           language sql security definer set search_path = wallet, pg_temp as $$
             insert into shard (shard_id, head_hash)
             select i, sha256(convert_to('croupier/shard/' || i, 'UTF8')) from generate_series(0, n - 1) i
             on conflict do nothing $$"""
    )
