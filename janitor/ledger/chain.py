"""Owns the form of one audit event, the hash chain over events, and its verification; reads and writes no store."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from janitor.core.canonical import canonical, parse_canonical

GENESIS = "0" * 64
VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An event before it is sealed: its name, what it is about, and its own fields (text, integers, lists, null)."""

    event: str
    target: str | None = None
    sweep_id: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last event of the chain: what an anchor outside the ledger keeps."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"

    @staticmethod
    def parse(text: str) -> "Head":
        """Read `SEQ:HASH`; raises ValueError for anything else."""
        seq, colon, digest = text.strip().partition(":")
        if not colon or not seq.isascii() or not seq.isdigit() or len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            raise ValueError(f"{text.strip()[:90]!r} is not SEQ:HASH")
        return Head(seq=int(seq), hash=digest)


EMPTY = Head(seq=0, hash=GENESIS)
"""The head of a ledger without events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """An event as stored: `body` is the canonical text over which `hash` goes."""

    seq: int
    body: str
    hash: str

    def event(self) -> dict[str, Any]:
        """The whole event as one object, `hash` included."""
        return {**json.loads(self.body), "hash": self.hash}


def seal(draft: Draft, head: Head, at: str, actor: str) -> Sealed:
    """Link a draft to the head of the chain."""
    event = {
        **draft.fields,
        "version": VERSION,
        "seq": head.seq + 1,
        "at": at,
        "event": draft.event,
        "actor": actor,
        "sweep_id": draft.sweep_id,
        "target": draft.target,
        "prev": head.hash,
    }
    body = canonical(event)
    return Sealed(seq=head.seq + 1, body=body, hash=sha256(body.encode("ascii")).hexdigest())


def find_break(rows: Iterable[Sealed], anchors: Iterable[Head] = (), start: Head = EMPTY) -> tuple[str | None, Head]:
    """Walk a chain from its first event, or from the one after `start`; return what is wrong first (None when nothing is) and
    the last good head.

    An anchor is a head written down earlier: the chain must still contain it, else it was cut or rewritten.
    """
    wanted = defaultdict(set)
    for anchor in anchors:
        wanted[anchor.seq].add(anchor.hash)
    if wanted.pop(0, {GENESIS}) != {GENESIS}:
        return "event 0 was anchored, but events count from 1", EMPTY
    head = start
    for row in rows:
        wrong = _wrong(row, head)
        if wrong is None and wanted.pop(row.seq, {row.hash}) != {row.hash}:
            wrong = f"event {row.seq} is not the one whose hash was anchored: the chain was rewritten"
        if wrong is not None:
            return wrong, head
        head = Head(seq=row.seq, hash=row.hash)
    if wanted:
        return f"the chain ends at event {head.seq}, but event {max(wanted)} was anchored: its tail was cut off", head
    return None, head


def _wrong(row: Sealed, head: Head) -> str | None:
    seq = head.seq + 1
    if row.seq != seq:
        return f"event {seq} is missing: event {row.seq} stands in its place"
    if sha256(row.body.encode("utf-8", "surrogatepass")).hexdigest() != row.hash:
        return f"event {seq} was changed: its hash does not fit its text"
    try:
        event = parse_canonical(row.body)
    except (ValueError, TypeError, RecursionError):
        return f"event {seq} was changed: it is not canonical JSON"
    if not isinstance(event, dict) or event.get("seq") != seq or isinstance(event["seq"], bool):
        return f"event {seq} was changed: its text is not the canonical text of event {seq}"
    if event.get("prev") != head.hash:
        return f"event {seq} does not follow event {head.seq}: an event was removed, moved or changed before it"
    return None
