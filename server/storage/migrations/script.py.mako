"""${message}."""

from __future__ import annotations

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None
schema = "casino"


def upgrade() -> None:
    """Make the relations."""


def downgrade() -> None:
    """Drop them with everything in them."""
