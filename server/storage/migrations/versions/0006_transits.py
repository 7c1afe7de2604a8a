"""What is on its way between shards, kept by the relay. Plain SQL."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
schema = "casino"

STATEMENTS: tuple[str, ...] = (
    # One row per booked `TransferOut`, by its place in the sender's journal. kind, part: the account that it left and
    # will reach. state: 0 open, 1 arrived at peer_seq of to_shard's journal, 2 stuck: refused there with this code.
    # attempt: how often staff let a refused one try again.
    """create table casino.transit (
         from_shard   smallint not null,
         seq          bigint   not null,
         transfer_id  uuid     not null,
         to_shard     smallint not null,
         ccy          smallint not null,
         kind         smallint not null,
         part         int      not null,
         amount_minor bigint   not null check (amount_minor > 0),
         booked_ms    bigint   not null,
         attempt      int      not null default 0,
         state        smallint not null default 0 check (state between 0 and 2),
         peer_seq     bigint,
         code         smallint,
         closed_at    timestamptz,
         primary key (from_shard, seq),
         constraint closed_ok check ((state = 1) = (peer_seq is not null) and (state = 2) = (code is not null))
       )""",
    "create index transit_open on casino.transit (to_shard, booked_ms, from_shard, seq) where state = 0",
    "create index transit_unfinished on casino.transit (booked_ms) where state <> 1",
)


def upgrade() -> None:
    """Make the relation."""
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Drop it."""
    op.execute("drop table casino.transit")
