"""Version 2: jobs that are held, and targets that are paused."""

from alembic import op
from sqlalchemy import Boolean, Column

from janitor.ledger.migrations.saying import say_version
from janitor.ledger.schema import Integer, String

revision, down_revision = "2", "1"


def upgrade() -> None:
    """Add holds and pauses."""
    op.create_table(
        "holds",
        Column("hold_id", String, primary_key=True),
        Column("target", String, nullable=False),
        Column("state", String, nullable=False),
        Column("added_seq", Integer, nullable=False),
        Column("seq", Integer, nullable=False),
    )
    op.create_index("holds_by_target", "holds", ["target"])
    op.create_table(
        "pauses",
        Column("scope", String, primary_key=True),
        Column("is_paused", Boolean, nullable=False),
        Column("seq", Integer, nullable=False),
    )
    say_version(revision)
