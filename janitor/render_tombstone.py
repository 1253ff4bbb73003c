"""Owns how a tombstone is told: as data, and as text for people."""

import json
from typing import Any

from janitor.core.redaction import find_masked
from janitor.core.text import inert
from janitor.ledger.tombstones import Kept

Document = dict[str, Any]
_WIDTH = 13


def describe_tombstone(kept: Kept) -> Document:
    """A tombstone with what became of its job; `masked` are the places in its document where `***` stands for a value."""
    told = json.loads(kept.body)
    event = kept.event
    return {
        "version": 1,
        "target": kept.target,
        "job_id": kept.job_id,
        "intent_id": kept.intent_id,
        "sha256": kept.sha256,
        "kept_at": kept.at,
        "state": kept.state,
        "attempts": kept.attempts,
        "closed_at": kept.closed_at,
        "actor": event["actor"],
        "sweep_id": event["sweep_id"],
        "intended_seq": event["seq"],
        "masked": find_masked(told["document"]),
        "tombstone": told,
    }


def render_tombstone(told: Document) -> str:
    """What the job was, when, by whom and by which rule it went, what was masked and left behind; then its document."""
    stone = told["tombstone"]
    lines = [f"{inert(told['job_id'])}  {inert(stone['name'] or '(no name)')}"]
    lines.append(_line("target", f"{told['target']}, {inert(stone['platform'])}, project {inert(stone['project_id'])}"))
    lines.append(_line("job", f"{stone['phase']}, created {stone['created_at'] or 'at a time that is not known'}"))
    lines.append(_line("owner", inert(stone["owner"] or "(none)")))
    lines.append(_line("deletion", _deletion(told)))
    lines.append(_line("policy", f"{stone['policy']}, of {', '.join(stone['policies'])}"))
    lines.append(_line("because", inert(stone["reason"])))
    lines.append(_line("record", f"event {told['intended_seq']}, sweep {told['sweep_id']}, intent {told['intent_id']}"))
    lines.append(_line("SHA-256", told["sha256"]))
    lines += [_line("masked", inert(path)) for path in told["masked"]]
    lines += [_line("left behind", inert(address)) for address in stone["outputs"]]
    if (size := stone["too_large"]) is not None:
        return "\n".join([*lines, _line("document", f"not kept: it had {size['bytes']} bytes, SHA-256 {size['sha256']}")])
    if (depth := stone.get("too_deep")) is not None:
        return "\n".join([*lines, _line("document", f"not kept: it had more than {depth['levels']} levels")])
    return "\n".join([*lines, json.dumps(stone["document"], indent=1)])


def _deletion(told: Document) -> str:
    by = f"by {inert(told['actor'])}"
    if told["closed_at"] is None:
        return f"{told['state']}, not proven yet; intended {told['kept_at'][:19]}Z {by}"
    if told["state"] == "failed":
        asked = (
            f"asked for {told['attempts']} time{'' if told['attempts'] == 1 else 's'}"
            if told["attempts"]
            else "perhaps asked for"
        )
        late = f"{asked}, not seen to be applied by {told['closed_at'][:19]}Z; it may have been applied later"
        return f"{late}; intended {told['kept_at'][:19]}Z {by}"
    return f"{told['state']} {told['closed_at'][:19]}Z, intended {told['kept_at'][:19]}Z {by}"


def _line(word: str, text: str) -> str:
    return f"  {word:<{_WIDTH}} {text}"
