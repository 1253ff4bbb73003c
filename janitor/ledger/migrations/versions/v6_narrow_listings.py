"""Version 6: of each sweep, by which policies it decided, and up to which creation it listed jobs where it did not list all."""

from alembic import op
from sqlalchemy import Column

from janitor.ledger.migrations.saying import say_version
from janitor.ledger.schema import Digest, String

revision, down_revision = "6", "5"


def upgrade() -> None:
    """Add what a narrow listing is allowed by; a sweep from before says nothing of it, so the next one lists all jobs."""
    op.add_column("sweeps", Column("listed_to", String))
    op.add_column("sweeps", Column("policy_digest", Digest))
    say_version(revision)
