"""What happened to the shoes of live tables: every card, in order, with who entered it."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None
schema = "casino"

STATEMENTS: tuple[str, ...] = (
    # seq: 1, 2, 3 ... of the table. shoe: which one of the table. happening: 0 new shoe (value: the first card, turned over;
    # cut: how many cards from the end the cut card lies), 1 burned (value: how many), 2 card (value: 0 .. 51, of round_id),
    # 3 that card taken back, 4 cut card seen, 5 the coup of round_id ended: stored with the round's outcome, or its voiding.
    """create table casino.shoe_event (
         table_id  text not null,
         seq       bigint not null check (seq >= 1),
         shoe      int not null check (shoe >= 1),
         happening smallint not null check (happening between 0 and 5),
         value     smallint not null,
         round_id  uuid check ((round_id is not null) = (happening in (2, 3, 5))),
         cut       smallint not null,
         source    text not null,
         who       text not null,
         reason    text not null,
         at        timestamptz not null default clock_timestamp(),
         primary key (table_id, seq)
       )""",
    "create index shoe_event_shoe on casino.shoe_event (table_id, shoe)",
    "create index shoe_event_round on casino.shoe_event (round_id) where round_id is not null",
    """create function casino.keep_shoe() returns trigger language plpgsql as $$
       begin raise exception 'what happened to a shoe does not change'; end $$""",
    """create trigger shoe_event_kept before update or delete on casino.shoe_event
       for each row execute function casino.keep_shoe()""",
)


def upgrade() -> None:
    """Make the relation."""
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Drop it; every table begins with a new shoe."""
    op.execute("drop table casino.shoe_event")
    op.execute("drop function casino.keep_shoe()")
