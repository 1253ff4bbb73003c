"""Owns the audit events of one job's deletion: every field of every `deletion.*` event is written here."""

from dataclasses import dataclass
from typing import Any

from janitor.backends.port import Reply
from janitor.core.canonical import timestamp
from janitor.core.verdict import Decision, Reason
from janitor.ledger.chain import Draft

_SUBJECT = ("job_id", "job_name", "created_at", "phase", "other_phases", "owner", "policy", "policies", "policy_digest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scribe:
    """Writes the events of one sweep of one target."""

    target: str
    project_id: str
    sweep_id: str

    def draft(self, event: str, **fields: Any) -> Draft:
        """Any event of this sweep."""
        return Draft(event=event, target=self.target, sweep_id=self.sweep_id, fields=fields)

    def deletion(self, event: str, note: "Note") -> Draft:
        """A `deletion.*` event."""
        reply = note.reply
        fields = {
            **note.subject,
            "project_id": self.project_id,
            "intent_id": note.intent_id,
            "attempts": note.attempts,
            "reason": note.reason.text,
            "reason_code": note.reason.code,
            "request_id": reply.request_id if reply else None,
            "error_code": reply.error_code if reply else None,
            "tombstone": note.tombstone,
        }
        return self.draft(event, **fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What one `deletion.*` event says: of which job, under which intent, after how many attempts, why.

    `tombstone` is the SHA-256 of the one that was written with the intent.
    """

    subject: dict[str, Any]
    reason: Reason
    intent_id: str | None = None
    attempts: int = 0
    reply: Reply | None = None
    tombstone: str | None = None


def subject_of(decision: Decision, policy_digest: str) -> dict[str, Any]:
    """The fields that say which job an event is about and by which rule it goes."""
    job = decision.job
    return {
        "job_id": job.id,
        "job_name": job.name,
        "created_at": None if job.created_at is None else timestamp(job.created_at),
        "phase": job.phase.value,
        "other_phases": sorted(job.other_phases),
        "owner": job.owner,
        "policy": decision.policy,
        "policies": list(decision.policies),
        "policy_digest": policy_digest,
    }


def subject_of_event(event: dict[str, Any]) -> dict[str, Any]:
    """The same fields, taken from an earlier event of the job; an old event may not have them all."""
    return {name: event.get(name) for name in _SUBJECT}
