"""What was taken off the journal: a schema for old partitions, and a signed record of each (docs/audit.md)."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None
schema = "wallet"

STATEMENTS: tuple[str, ...] = (
    # Partitions of the journal that were detached: relations of their own, to be dumped and dropped by the operator.
    "create schema wallet_archive",
    # One row for each partition and each shard with rows in it, written before the partition goes. line: the signed
    # record; it stays when the partition is dropped.
    """create table wallet.retired (
         part     text not null,
         shard_id smallint not null,
         line     text not null,
         primary key (part, shard_id)
       )""",
    """create trigger retired_append_only before update or delete on wallet.retired
       for each row execute function wallet.forbid_change()""",
    """create trigger retired_no_truncate before truncate on wallet.retired
       for each statement execute function wallet.forbid_change()""",
    """do $$ begin
         if exists (select from pg_roles where rolname = 'croupier_wallet') then
           grant select on wallet.retired to croupier_wallet;
         end if;
       end $$""",
)


def upgrade() -> None:
    """Make schema and relation."""
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Drop them. The schema must be empty: what is in it is history."""
    op.execute("drop table wallet.retired")
    op.execute("drop schema wallet_archive")
