"""Version 1: the events, and what follows from them for a sweep."""

from alembic import op
from sqlalchemy import Boolean, Column, text

from janitor.ledger.migrations.saying import say_version
from janitor.ledger.schema import Digest, Integer, String, Text

revision, down_revision = "1", None


def upgrade() -> None:
    """Make the first tables of all."""
    op.create_table("meta", Column("key", String, primary_key=True), Column("value", Text, nullable=False))
    op.create_table(
        "events",
        Column("seq", Integer, primary_key=True, autoincrement=False),
        Column("body", Text, nullable=False),
        Column("hash", Digest, nullable=False),
    )
    _create_intents()
    op.create_table("epochs", Column("target", String, primary_key=True), Column("epoch", Integer, nullable=False))
    op.create_table(
        "sweeps",
        Column("sweep_id", String, primary_key=True),
        Column("target", String, nullable=False),
        Column("started_at", String, nullable=False),
        Column("finished_at", String),
        Column("status", String, nullable=False),
        Column("survivors", Text, nullable=False),
    )
    op.create_index("sweeps_by_target_and_time", "sweeps", ["target", "started_at"])
    op.execute("INSERT INTO meta (key, value) VALUES ('schema', '1')")
    say_version(revision)


def _create_intents() -> None:
    op.create_table(
        "intents",
        Column("intent_id", String, primary_key=True),
        Column("target", String, nullable=False),
        Column("job_id", String, nullable=False),
        Column("sweep_id", String, nullable=False),
        Column("at", String, nullable=False),
        Column("last_at", String, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("state", String, nullable=False),
        Column("is_open", Boolean, nullable=False),
        Column("seq", Integer, nullable=False),
        Column("closed_seq", Integer),
    )
    op.create_index("intents_by_target_and_time", "intents", ["target", "at"])
    op.create_index("intents_by_job", "intents", ["job_id"])
    is_open = text("is_open")
    op.create_index(
        "one_open_intent_a_job", "intents", ["target", "job_id"], unique=True, sqlite_where=is_open, postgresql_where=is_open
    )
