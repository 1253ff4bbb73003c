"""Version 4: what guards compare with, plans, and the documents of deleted jobs."""

from alembic import op
from sqlalchemy import Boolean, Column

from janitor.ledger.migrations.saying import say_version
from janitor.ledger.schema import Digest, Integer, String, Text

revision, down_revision = "4", "3"


def upgrade() -> None:
    """Add acknowledgements, plans and tombstones, and what sweeps and jobs lack for them."""
    _create_acknowledgements_and_plans()
    op.create_table(
        "tombstones",
        Column("intent_id", String, primary_key=True),
        Column("target", String, nullable=False),
        Column("job_id", String, nullable=False),
        Column("at", String, nullable=False),
        Column("owner", Text),
        Column("outputs", Text, nullable=False),
        Column("sha256", Digest, nullable=False),
        Column("document", Text, nullable=False),
    )
    op.create_index("tombstones_by_job", "tombstones", ["job_id"])
    op.create_index("tombstones_by_target_and_time", "tombstones", ["target", "at"])
    op.add_column("sweeps", Column("kind", String, nullable=False, server_default="sweep"))
    for name, kind in (
        ("workspaces", Text),
        ("listed", Integer),
        ("planned", Integer),
        ("policies", Text),
        ("has_labels", String),
    ):
        op.add_column("sweeps", Column(name, kind))
    op.add_column("jobs", Column("expected_at", String))
    say_version(revision)


def _create_acknowledgements_and_plans() -> None:
    op.create_table(
        "acknowledgements",
        Column("seq", Integer, primary_key=True, autoincrement=False),
        Column("target", String, nullable=False),
        Column("guard", String, nullable=False),
        Column("policy_digest", Digest, nullable=False),
        Column("at", String, nullable=False),
        Column("is_spent", Boolean, nullable=False),
    )
    op.create_index("acknowledgements_by_target", "acknowledgements", ["target"])
    op.create_table(
        "plans",
        Column("digest", Digest, primary_key=True),
        Column("target", String, nullable=False),
        Column("expires_at", String, nullable=False),
        Column("seq", Integer, nullable=False),
        Column("sweep_id", String),
        Column("is_used", Boolean, nullable=False),
    )
