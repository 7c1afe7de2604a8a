"""Instant games: players' seeds, and a record of each round from before its wager on."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None
schema = "casino"

STATEMENTS: tuple[str, ...] = (
    # state: 0 waits for its turn, 1 in use, 2 out of use (and told). sealed: the server's seed, AES-256-GCM under a key
    # made from the vault's of version kek_ver, bound to game, player and commitment. nonce: of the next round.
    # last_ms: when the last round was recorded. ended_by: the order that took it out of use.
    """create table casino.seed_pair (
         pair_id     bigint generated always as identity primary key,
         game        text not null,
         player_id   bigint not null,
         state       smallint not null check (state between 0 and 2),
         sealed      bytea not null,
         kek_ver     int not null,
         commitment  text not null unique,
         client_seed text not null default '',
         nonce       bigint not null default 0,
         last_ms     bigint not null default 0,
         began_ms    bigint not null default 0,
         ended_by    uuid
       ) with (fillfactor = 80)""",
    "create unique index seed_pair_waiting on casino.seed_pair (game, player_id) where state = 0",
    "create unique index seed_pair_active on casino.seed_pair (game, player_id) where state = 1",
    "create index seed_pair_used on casino.seed_pair (game, player_id, pair_id) where state = 2",
    # state: 0 RECORDED, 1 SETTLED, 2 VOID, with the code of the refusal. detail: the outcome's, msgpack. proof: what the
    # wager carries into the journal. The wager's id is spin_id, its round follows from game, player and spin_id.
    """create table casino.spin (
         game          text not null,
         player_id     bigint not null,
         spin_id       uuid not null,
         shard_id      smallint not null,
         ccy           smallint not null,
         epoch         bigint not null,
         pair_id       bigint not null,
         nonce         bigint not null,
         commitment    text not null,
         client_seed   text not null,
         stake_minor   bigint not null,
         payout_minor  bigint not null,
         number        bigint not null,
         detail        bytea not null,
         rules_version text not null,
         proof         bytea not null,
         recorded_ms   bigint not null,
         state         smallint not null default 0 check (state between 0 and 2),
         code          smallint not null default 0,
         primary key (game, player_id, spin_id),
         unique (pair_id, nonce)
       ) with (fillfactor = 90)""",
    "create index spin_open on casino.spin (game) where state = 0",
    "create index spin_recall on casino.spin (player_id, recorded_ms desc)",
)


def upgrade() -> None:
    """Make the relations."""
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    op.execute("drop table casino.spin, casino.seed_pair")
