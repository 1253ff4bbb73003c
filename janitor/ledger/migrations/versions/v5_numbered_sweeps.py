"""Version 5: each sweep knows the number of the event that began it, and the last end is found without reading them all."""

import json

from alembic import op
from sqlalchemy import Column, bindparam, column, select, table

from janitor.ledger.migrations.saying import say_version
from janitor.ledger.schema import Integer

revision, down_revision = "5", "4"

_EVENTS = table("events", column("seq"), column("body"))
_SWEEPS = table("sweeps", column("sweep_id"), column("seq"))
_BEGUN = select(_EVENTS.c.seq, _EVENTS.c.body).where(_EVENTS.c.body.contains('"event":"sweep.started"', autoescape=True))
_NUMBER = _SWEEPS.update().where(_SWEEPS.c.sweep_id == bindparam("its_id")).values(seq=bindparam("its_seq"))


def upgrade() -> None:
    """Number the sweeps."""
    op.add_column("sweeps", Column("seq", Integer))
    op.create_index("sweeps_by_end", "sweeps", ["status", "finished_at"])
    connection = op.get_bind()
    begun = {row.seq: _sweep_id(row.body) for row in connection.execute(_BEGUN)}
    rows = [{"its_id": sweep_id, "its_seq": seq} for seq, sweep_id in begun.items() if sweep_id is not None]
    if rows:
        connection.execute(_NUMBER, rows)
    say_version(revision)


def _sweep_id(body: str) -> str | None:
    """Of which sweep an event is; None where somebody changed the event, which `audit verify` tells."""
    try:
        found = json.loads(body).get("sweep_id")
    except (ValueError, AttributeError):
        return None
    return found if isinstance(found, str) else None
