"""Signed records of finished rounds, chained for each table (docs/fairness.md)."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None
schema = "casino"

STATEMENTS: tuple[str, ...] = (
    # body: MessagePack, what is signed (`RoundRecord`). seq: 1, 2, 3 ... of the table. signature: Ed25519 by the key.
    """create table casino.round_record (
         table_id  text not null,
         seq       bigint not null check (seq >= 1),
         round_id  uuid not null unique,
         round_no  bigint not null,
         key       text not null,
         signature bytea not null check (octet_length(signature) = 64),
         body      bytea not null,
         primary key (table_id, seq),
         unique (table_id, round_no)
       )""",
    """create function casino.keep_record() returns trigger language plpgsql as $$
       begin raise exception 'a signed record does not change'; end $$""",
    """create trigger round_record_kept before update or delete on casino.round_record
       for each row execute function casino.keep_record()""",
    """create trigger round_record_no_truncate before truncate on casino.round_record
       for each statement execute function casino.keep_record()""",
)


def upgrade() -> None:
    """Make the relation."""
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Drop it with everything that was signed."""
    op.execute("drop table casino.round_record")
    op.execute("drop function casino.keep_record()")
