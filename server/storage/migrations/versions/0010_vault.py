"""What is known of persons besides their name, encrypted: values, each player's key, and how to find a value again."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None
schema = "casino"

STATEMENTS: tuple[str, ...] = (
    # ct: AES-256-GCM under the player's key of version dek_ver, bound to table, column, player and version.
    """create table casino.player_pii (
         player_id bigint not null,
         col       text not null,
         dek_ver   int not null,
         nonce     bytea not null check (octet_length(nonce) = 12),
         ct        bytea not null check (octet_length(ct) >= 16),
         primary key (player_id, col)
       )""",
    # The player's key, wrapped by the key-encryption key of version kek_ver (nonce and ciphertext). Gone: erased.
    """create table casino.player_key (
         player_id bigint primary key,
         dek_ver   int not null,
         kek_ver   int not null,
         wrapped   bytea not null
       )""",
    "create index player_key_kek on casino.player_key (kek_ver, player_id)",
    # blind: HMAC-SHA-256 of the normalised value under a key of its own. The first player with a value has it.
    """create table casino.player_pii_index (
         col       text not null,
         blind     bytea not null check (octet_length(blind) = 32),
         player_id bigint not null,
         primary key (col, blind),
         unique (player_id, col)
       )""",
)


def upgrade() -> None:
    """Make the relations."""
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Drop them with everything in them."""
    op.execute("drop table casino.player_pii_index, casino.player_key, casino.player_pii")
