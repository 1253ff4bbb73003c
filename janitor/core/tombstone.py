"""Owns the tombstone: what is remembered of a job that is to be deleted, as one text whose hash stands in the audit log."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from janitor.core.canonical import timestamp
from janitor.core.credentials import hide_in_address
from janitor.core.redaction import redact
from janitor.core.text import LONGEST_TEXT, shorten_all
from janitor.core.verdict import Decision

VERSION = 1
LARGEST = 1 << 20
"""Bytes; a tombstone that were longer says how long its document is, and has none."""
DEEPEST = 100
"""Objects and lists, one in another; of a document with more the tombstone says that it was too deep, and has none."""
MOST_OUTPUTS = 100
"""How many addresses such a one still tells."""


class Unkept(Exception):
    """No tombstone can be made of a job; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where jobs are from, which of their values stay, and how secrets are removed from all that is remembered."""

    platform: str
    target: str
    project_id: str
    keep_values: frozenset[str] = frozenset()
    scrub: Callable[[Any], Any] = lambda value: value


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """One text of ASCII, its SHA-256, and what of it is asked for without reading it.

    `is_whole` is False where the document was too large to stand in it. `body` may be a megabyte.
    """

    body: str = field(repr=False)
    sha256: str
    owner: str | None
    outputs: tuple[str, ...]
    is_whole: bool = True


def build_tombstone(decision: Decision, document: Mapping[str, Any] | None, ground: Ground) -> Tombstone:
    """Make the tombstone of a job as it was looked at last; raises Unkept.

    1. A document that is too deep, or too long as it was told, is left out, and not searched. 2. Of any other the secrets of the
    policy file are removed, while they still are whole; then values are masked. 3. All is written with sorted keys and in ASCII.
    4. If that is too long, then without the document. In place of one that is left out it says how large it was.
    """
    if document is None:
        raise Unkept("the platform told nothing of the job when it was looked at")
    try:
        facts = _facts(decision, ground)
        if _is_deep(document):
            return _shorten(facts, "too_deep", {"levels": DEEPEST})
        text = _write(document)
        if len(text) > LARGEST:
            return _shorten(facts, "too_large", _size(text))
        shown = redact(ground.scrub(document), ground.keep_values)
        body = _write(facts | {"document": shown})
        return _stone(facts, body, is_whole=True) if len(body) <= LARGEST else _shorten(facts, "too_large", _size(_write(shown)))
    except (ValueError, TypeError) as error:
        raise Unkept(f"what the platform told of the job cannot be written: {type(error).__name__}") from error


def _is_deep(document: Any) -> bool:
    """Whether there are more levels than may be walked; found level by level, as a document may be made to exhaust the stack."""
    level, levels = [document], 0
    while level and levels < DEEPEST:
        level = [item for each in level for item in _items_of(each) if type(item) not in _PLAIN]
        levels += 1
    return any(isinstance(each, Mapping | list | tuple) for each in level)


_PLAIN = frozenset({str, int, float, bool, type(None)})
"""What most of a document is, and nothing is in."""


def _items_of(value: Any) -> Iterable[Any]:
    if isinstance(value, list | tuple):
        return value
    return value.values() if isinstance(value, Mapping) else ()


def _shorten(facts: dict[str, Any], why: str, size: dict[str, Any]) -> Tombstone:
    """Without the document, with texts shortened and with the first outputs alone."""
    told = size | {"outputs": len(facts["outputs"])}
    short = shorten_all(facts | {"outputs": facts["outputs"][:MOST_OUTPUTS]}, LONGEST_TEXT)
    return _stone(short, _write(short | {why: told}), is_whole=False)


def _stone(facts: dict[str, Any], body: str, *, is_whole: bool) -> Tombstone:
    return Tombstone(body=body, sha256=_hash(body), owner=facts["owner"], outputs=tuple(facts["outputs"]), is_whole=is_whole)


def _size(text: str) -> dict[str, Any]:
    return {"bytes": len(text), "sha256": _hash(text)}


def _facts(decision: Decision, ground: Ground) -> dict[str, Any]:
    job = decision.job
    facts = {
        "version": VERSION,
        "platform": ground.platform,
        "target": ground.target,
        "project_id": ground.project_id,
        "job_id": job.id,
        "name": job.name,
        "owner": job.owner,
        "created_at": None if job.created_at is None else timestamp(job.created_at),
        "phase": job.phase.value,
        "policy": decision.policy,
        "policies": list(decision.policies),
        "reason": decision.reason.text,
        "outputs": list(job.outputs),
        "document": None,
        "too_large": None,
        "too_deep": None,
    }
    clean: dict[str, Any] = ground.scrub(facts)
    return clean | {"outputs": [hide_in_address(each) for each in clean["outputs"]]}


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def _write(value: Any) -> str:
    """JSON with sorted keys, no spaces, ASCII only; unlike in events with fractions, as the hash is over the stored text."""
    return _ENCODER.encode(value)


def _hash(text: str) -> str:
    return sha256(text.encode("ascii")).hexdigest()
