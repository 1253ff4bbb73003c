"""Owns the tombstone: what is remembered of a job that is to be deleted, as one text whose hash stands in the audit log."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from janitor.core.canonical import timestamp
from janitor.core.redaction import hide_credentials, redact
from janitor.core.text import LONGEST_TEXT, shorten_all
from janitor.core.verdict import Decision

VERSION = 1
LARGEST = 1 << 20
"""Bytes; a tombstone that were longer says how long its document is, and has none."""


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

    1. Values are masked. 2. Secrets are removed. 3. All is written with sorted keys and in ASCII. 4. If that is too long, then
    without the document, whose size and hash stand in its place, with its texts shortened, and with the first outputs alone.
    """
    if document is None:
        raise Unkept("the platform told nothing of the job when it was looked at")
    try:
        shown = ground.scrub(redact(document, ground.keep_values))
        facts = ground.scrub(_facts(decision, ground))
        body, is_whole = _write(facts | {"document": shown, "too_large": None}), True
        if len(body) > LARGEST:
            text = _write(shown)
            size = {"bytes": len(text), "sha256": _hash(text), "outputs": len(facts["outputs"])}
            facts = shorten_all(facts | {"outputs": facts["outputs"][:MOST_OUTPUTS]}, LONGEST_TEXT)
            body, is_whole = _write(facts | {"document": None, "too_large": size}), False
    except (ValueError, TypeError, RecursionError) as error:
        raise Unkept(f"what the platform told of the job cannot be written: {type(error).__name__}") from error
    return Tombstone(body=body, sha256=_hash(body), owner=facts["owner"], outputs=tuple(facts["outputs"]), is_whole=is_whole)


def _facts(decision: Decision, ground: Ground) -> dict[str, Any]:
    job = decision.job
    return {
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
        "outputs": [hide_credentials(each) for each in job.outputs],
    }


def _write(value: Any) -> str:
    """JSON with sorted keys, no spaces, ASCII only; unlike in events with fractions, as the hash is over the stored text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def _hash(text: str) -> str:
    return sha256(text.encode("ascii")).hexdigest()
