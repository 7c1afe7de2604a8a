"""Hash chains of tables without a dealer: what is published of each, its sealed root, its salt (docs/fairness.md)."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None
schema = "casino"

STATEMENTS: tuple[str, ...] = (
    # terminal: element 0, public from the row's commit on. root: the last element, sealed by the key-encryption key of
    # version kek_ver (nonce and ciphertext). salt: chosen later, in a transaction of its own, once.
    """create table casino.chain (
         table_id       text not null,
         n              int not null check (n >= 1),
         first_round_no bigint not null,
         length         int not null check (length >= 1),
         terminal       text not null check (terminal ~ '^[0-9a-f]{64}$'),
         kek_ver        int not null,
         root           bytea not null,
         published_at   timestamptz not null default clock_timestamp(),
         salt           text,
         salt_source    text,
         salted_at      timestamptz,
         primary key (table_id, n),
         unique (table_id, first_round_no),
         unique (terminal),
         check ((salt is null) = (salted_at is null) and (salt is null) = (salt_source is null))
       )""",
    # The sealing of a root is renewed with the keys; all else stays as it was published, a salt as it was chosen.
    """create function casino.keep_chain() returns trigger language plpgsql as $$
       begin
         if tg_op <> 'UPDATE' or (to_jsonb(new) - '{kek_ver,root,salt,salt_source,salted_at}'::text[])
              <> (to_jsonb(old) - '{kek_ver,root,salt,salt_source,salted_at}'::text[])
            or (old.salt is not null and (new.salt, new.salt_source, new.salted_at)
                 is distinct from (old.salt, old.salt_source, old.salted_at)) then
           raise exception 'a published chain does not change';
         end if;
         return new;
       end $$""",
    """create trigger chain_kept before update or delete on casino.chain
       for each row execute function casino.keep_chain()""",
    """create trigger chain_no_truncate before truncate on casino.chain
       for each statement execute function casino.keep_chain()""",
)


def upgrade() -> None:
    """Make the relation."""
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Drop it. Rounds that it committed to can be verified no more."""
    op.execute("drop table casino.chain")
    op.execute("drop function casino.keep_chain()")
