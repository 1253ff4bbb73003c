"""Owns how the chain is compared with its anchor, which is kept outside of it: a cut or rewritten chain shows."""

from contextlib import closing

from sqlalchemy import bindparam, select

from janitor.core.errors import LedgerDoubted, LedgerError
from janitor.ledger.chain import EMPTY, Head, find_break
from janitor.ledger.schema import events
from janitor.ledger.store import Ledger

_HASH = select(events.c.hash).where(events.c.seq == bindparam("its_seq"))


def write_anchor(ledger: Ledger) -> Head:
    """Anchor the present head durably, and answer with it; an anchor never goes back."""
    return ledger.storage.anchor.advance(ledger.head)


def check_anchor(ledger: Ledger) -> None:
    """Raise LedgerError unless the ledger still contains its anchored head: it was cut, restored or replaced."""
    anchor = ledger.storage.anchor.read()
    if anchor is None or anchor.seq == 0:
        return
    with ledger.reading() as connection:
        found = connection.execute(_HASH, {"its_seq": anchor.seq}).scalar()
    if found != anchor.hash:
        raise LedgerDoubted(
            f"{ledger.name}: event {anchor.seq} is not the one that {ledger.storage.anchor.name} anchors: the ledger was cut, "
            "restored from an older copy or replaced; run `janitor audit verify` and keep both"
        )


def check_tail(ledger: Ledger) -> None:
    """Raise LedgerError unless the ledger contains its anchored head and every event after it continues the chain.

    What lies before the anchor was verified by the sweeps that came before, each its own part; `janitor audit verify` walks it
    all. Without an anchor the tail is everything.
    """
    check_anchor(ledger)
    start = ledger.storage.anchor.read() or EMPTY
    with closing(ledger.rows(after=start.seq)) as rows:
        wrong, head = find_break(rows, start=start)
    if wrong is not None:
        raise LedgerError(f"{ledger.name}: {wrong}; the last good head is {head}; run `janitor audit verify` and keep the file")
