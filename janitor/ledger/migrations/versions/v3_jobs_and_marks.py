"""Version 3: jobs as they were last seen, and grace periods that run."""

from alembic import op
from sqlalchemy import Column

from janitor.ledger.migrations.saying import say_version
from janitor.ledger.schema import Integer, String, Text

revision, down_revision = "3", "2"


def upgrade() -> None:
    """Add jobs and marks."""
    op.create_table(
        "jobs",
        Column("target", String, primary_key=True),
        Column("job_id", String, primary_key=True),
        Column("created_at", String),
        Column("name", Text),
        Column("owner", Text),
        Column("phase", String, nullable=False),
        Column("other_phases", String, nullable=False),
        Column("runs", Integer, nullable=False),
        Column("started_at", String),
        Column("finished_at", String),
        Column("first_seen", String, nullable=False),
        Column("first_seen_terminal", String),
        Column("verdict", String, nullable=False),
        Column("reason", Text, nullable=False),
        Column("reason_code", String, nullable=False),
        Column("policy", String),
        Column("eligible_at", String),
        Column("seen_at", String, nullable=False),
    )
    op.create_table(
        "marks",
        Column("target", String, primary_key=True),
        Column("job_id", String, primary_key=True),
        Column("created_at", String, primary_key=True),
        Column("marked_at", String, nullable=False),
        Column("grace", Integer, nullable=False),
        Column("seq", Integer, nullable=False),
    )
    say_version(revision)
