"""Owns the tables of the ledger; `events` is the record, and all others follow it but `jobs` and `tombstones`: what was seen."""

from sqlalchemy import BigInteger, Boolean, Column, ColumnElement, Index, MetaData, Table, and_, literal_column
from sqlalchemy import Integer as PlainInteger
from sqlalchemy import String as PlainString
from sqlalchemy import Text as PlainText

SCHEMA_VERSION = "6"

metadata = MetaData()

Integer = BigInteger().with_variant(PlainInteger(), "sqlite")
"""64 bits everywhere: SQLite's own integer has as many, and only that one can be its row number."""


def _text(kind: type[PlainString], length: int | None = None) -> PlainString:
    """Text that is compared byte by byte: times and ids are, and another order than theirs would be no order of time."""
    return kind(length).with_variant(kind(length, collation="C"), "postgresql")


String, Text, Digest = _text(PlainString), _text(PlainText), _text(PlainString, 64)

meta = Table("meta", metadata, Column("key", String, primary_key=True), Column("value", Text, nullable=False))

events = Table(
    "events",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("hash", Digest, nullable=False),
)

intents = Table(
    "intents",
    metadata,
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
IS_OPEN: ColumnElement[bool] = and_(literal_column("intents.is_open"), intents.c.job_id >= literal_column("''"))
"""That an intent is open, in the very words of the index below: for others SQLite does not use it, and reads all intents instead.

That an id is not less than nothing says no more, but that both columns of that index are asked for; else another may be taken.
"""
Index("intents_by_target_and_time", intents.c.target, intents.c.at)
Index("intents_by_job", intents.c.job_id)
Index(
    "one_open_intent_a_job",
    intents.c.target,
    intents.c.job_id,
    unique=True,
    sqlite_where=intents.c.is_open,
    postgresql_where=intents.c.is_open,
)

epochs = Table(
    "epochs",
    metadata,
    Column("target", String, primary_key=True),
    Column("epoch", Integer, nullable=False),
)

sweeps = Table(
    "sweeps",
    metadata,
    Column("sweep_id", String, primary_key=True),
    Column("target", String, nullable=False),
    Column("started_at", String, nullable=False),
    Column("finished_at", String),
    Column("status", String, nullable=False),
    Column("survivors", Text, nullable=False, default="[]"),
    Column("kind", String, nullable=False, server_default="sweep"),
    Column("workspaces", Text),
    Column("listed", Integer),
    Column("planned", Integer),
    Column("policies", Text),
    Column("has_labels", String),
    Column("seq", Integer),
    Column("listed_to", String),
    Column("policy_digest", Digest),
)
Index("sweeps_by_target_and_time", sweeps.c.target, sweeps.c.started_at)
Index("sweeps_by_end", sweeps.c.status, sweeps.c.finished_at)

holds = Table(
    "holds",
    metadata,
    Column("hold_id", String, primary_key=True),
    Column("target", String, nullable=False),
    Column("state", String, nullable=False),
    Column("added_seq", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
)
Index("holds_by_target", holds.c.target)

pauses = Table(
    "pauses",
    metadata,
    Column("scope", String, primary_key=True),
    Column("is_paused", Boolean, nullable=False),
    Column("seq", Integer, nullable=False),
)

marks = Table(
    "marks",
    metadata,
    Column("target", String, primary_key=True),
    Column("job_id", String, primary_key=True),
    Column("created_at", String, primary_key=True),
    Column("marked_at", String, nullable=False),
    Column("grace", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
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
    Column("expected_at", String),
)

acknowledgements = Table(
    "acknowledgements",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("target", String, nullable=False),
    Column("guard", String, nullable=False),
    Column("policy_digest", Digest, nullable=False),
    Column("at", String, nullable=False),
    Column("is_spent", Boolean, nullable=False),
)
Index("acknowledgements_by_target", acknowledgements.c.target)

plans = Table(
    "plans",
    metadata,
    Column("digest", Digest, primary_key=True),
    Column("target", String, nullable=False),
    Column("expires_at", String, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("sweep_id", String),
    Column("is_used", Boolean, nullable=False),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("intent_id", String, primary_key=True),
    Column("target", String, nullable=False),
    Column("job_id", String, nullable=False),
    Column("at", String, nullable=False),
    Column("owner", Text),
    Column("outputs", Text, nullable=False),
    Column("sha256", Digest, nullable=False),
    Column("document", Text, nullable=False),
)
Index("tombstones_by_job", tombstones.c.job_id)
Index("tombstones_by_target_and_time", tombstones.c.target, tombstones.c.at)

LABELS_TOLD, LABELS_NONE, LABELS_UNKNOWN = "told", "none", "unknown"
"""What a sweep says of its platform's labels; no word where a janitor before version 4 swept."""

EVERY_TARGET = "*"
"""The scope of a pause that is for all targets; no target can have this name."""
