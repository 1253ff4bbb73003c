"""Owns how a test comes to the ledger of its fixture once more, wherever that lies: a file, or a database of a server."""

from pathlib import Path

from another_hand import another_hand
from builders import FakeClock

from janitor.ledger.head_file import anchor_path
from janitor.ledger.opening import Where, open_ledger, read_ledger
from janitor.ledger.server import Server
from janitor.ledger.store import Ledger, Pen


def place_of(ledger: Ledger) -> Where:
    """Where it lies."""
    server: Server | None = getattr(ledger.storage, "_server", None)
    return Path(ledger.name) if server is None else server


def open_again(ledger: Ledger, clock: FakeClock, actor: str = "other@there") -> Ledger:
    """As another janitor opens it, or the same one after a restart."""
    return open_ledger(place_of(ledger), Pen(now=clock.now, actor=actor), create=False)


def read_again(ledger: Ledger) -> Ledger:
    """As whoever only reads opens it."""
    reader = read_ledger(place_of(ledger))
    assert reader is not None
    return reader


def put_anchor(ledger: Ledger, text: str) -> None:
    """Let this be what its anchor says, whoever wrote it."""
    if isinstance(place_of(ledger), Path):
        anchor_path(Path(ledger.name)).write_text(f"{text}\n")
        return
    with another_hand(ledger) as hand:
        hand.execute("DELETE FROM meta WHERE key = 'head'")
        hand.execute("INSERT INTO meta VALUES ('head', ?)", (text,))
        hand.commit()
