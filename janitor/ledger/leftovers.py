"""Owns what the ledger knows of the storage that deleted jobs left behind: the owner and the addresses of each deletion."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, inspect, null, select

from janitor.core.canonical import timestamp
from janitor.core.errors import LedgerError
from janitor.ledger.schema import events, intents, tombstones
from janitor.ledger.store import Ledger

_DELETED = ("confirmed", "accepted")
"""What the platform took; a job that was gone already was somebody else's doing."""

_NOT_KNOWN: ColumnElement[Any] = null()

Left = tuple[str | None, tuple[str, ...] | None]
"""Owner and addresses of one deleted job; None is what is not known."""


def list_left(ledger: Ledger, target: str, since: datetime, until: datetime) -> Iterator[Left]:
    """Owner and addresses of each job whose deletion was intended in this time and confirmed, or accepted; one after the other.

    Without a tombstone, because it was purged or the ledger is of a version before there were any, no address is known.
    Raises LedgerError where a tombstone cannot be read.
    """
    is_wanted = (intents.c.target == target) & intents.c.state.in_(_DELETED)
    is_wanted &= (intents.c.at >= timestamp(since)) & (intents.c.at <= timestamp(until))
    with ledger.reading() as connection:
        joined, outputs = intents.join(events, events.c.seq == intents.c.seq), _NOT_KNOWN
        if _has_tombstones(connection):
            joined, outputs = joined.outerjoin(tombstones, tombstones.c.intent_id == intents.c.intent_id), tombstones.c.outputs
        query = select(intents.c.job_id, events.c.body, outputs).select_from(joined).where(is_wanted).order_by(intents.c.at)
        for row in connection.execute(query, execution_options={"yield_per": 1000}):
            yield _read(*row)


def _has_tombstones(connection: Connection) -> bool:
    """A ledger that is only read keeps its version, and before version 4 there was no such table."""
    return inspect(connection).has_table(tombstones.name)


def _read(job_id: str, body: str, told: str | None) -> Left:
    owner: str | None = json.loads(body).get("owner")
    if told is None:
        return owner, None
    try:
        addresses = json.loads(told)
    except ValueError:
        addresses = ""
    if addresses is None:
        return owner, None
    if not isinstance(addresses, list) or not all(isinstance(each, str) for each in addresses):
        raise LedgerError(f"the tombstone of job {job_id} has no list of addresses; run `janitor audit verify`")
    return owner, tuple(addresses)
