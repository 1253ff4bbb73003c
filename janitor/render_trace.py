"""Owns what `janitor explain` knows as plain data: its JSON, of which `render_explain` makes the text."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from janitor.core import events
from janitor.core.canonical import parse_timestamp
from janitor.core.duration import format_duration
from janitor.core.verdict import Decision
from janitor.retention.change import end_of
from janitor.retention.describe import describe_condition
from janitor.retention.policy import Policy
from janitor.retention.remedy import find_remedy
from janitor.retention.selector import Told
from janitor.retention.trace import LINES, Asked, Covering, Trace
from janitor.sweep.explaining import Explanation
from janitor.sweep.report import tell_refusal
from janitor.sweep.stuck import is_stuck

Document = dict[str, Any]

_OF_A_TRACE = (
    *("job", "line", "line_words", "verdict", "reason_code", "reason", "policy", "policies", "observers", "eligible_at"),
    *("next_change", "holds", "marks", "grace", "policies_asked", "nearest", "keep", "turn", "refused"),
)
NO_PURGES: Mapping[str, str | None] = MappingProxyType({})
_KEYS_OF_HISTORY = (
    *("target", "seq", "at", "actor", "sweep_id", "job_name", "owner", "policy", "policies", "policy_digest"),
    *("reason", "reason_code", "intent_id"),
)


def describe_explanation(each: Explanation) -> Document:
    """What one target tells of a job; `found` is null where it could not be asked, and what is not known is null too."""
    document: Document = {"target": each.target, "as_of": _time(each.as_of)}
    document |= {"hypothetical": True} if each.is_hypothetical else {}
    document |= {"found": True if each.trace else None if each.trouble else False}
    document |= dict.fromkeys(_OF_A_TRACE) if each.trace is None else _describe_trace(each, each.trace)
    trouble = each.trouble
    return document | {"error": None if trouble is None else {"code": trouble.code, "message": trouble.message}}


def describe_history(
    history: Iterable[Mapping[str, Any]],
    now: datetime,
    accepted: Collection[str] = (),
    purges: Mapping[str, str | None] = NO_PURGES,
) -> list[Document]:
    """What became of each attempt to delete a job, oldest first; an open one is `intended`, or `accepted` by the platform.

    One that has been open for too long is `stuck` too. `purges` are the intents whose tombstone is not kept, with the time of
    the purge where there was one.
    """
    history = list(history)
    closed = {event["intent_id"] for event in history if event["event"] != events.DELETION_INTENDED}
    shown = [event for event in history if event["event"] != events.DELETION_INTENDED or event["intent_id"] not in closed]
    return [
        {"outcome": _outcome(event, accepted), "job_id": event["job_id"]}
        | {key: event.get(key) for key in _KEYS_OF_HISTORY}
        | {"stuck": event["event"] == events.DELETION_INTENDED and is_stuck(parse_timestamp(event["at"]), now)}
        | {"may_come_late": events.may_come_late(event), "tombstone": _tombstone(event, purges)}
        for event in shown
    ]


def _tombstone(event: Mapping[str, Any], purges: Mapping[str, str | None]) -> Document | None:
    """What is remembered of the job: nothing where it was not deleted, or was before there were tombstones."""
    is_there = event["event"] in (events.DELETION_SKIPPED, events.DELETION_FAILED) and not events.may_come_late(event)
    if event.get("tombstone") is None or is_there:
        return None
    intent_id = event["intent_id"]
    return {"sha256": event["tombstone"], "kept": intent_id not in purges, "purged_at": purges.get(intent_id)}


def _outcome(event: Mapping[str, Any], accepted: Collection[str]) -> str:
    if event["event"] == events.DELETION_INTENDED and event["intent_id"] in accepted:
        return "accepted"
    return str(event["event"]).partition(".")[2]


def _describe_trace(each: Explanation, trace: Trace) -> Document:
    decision = trace.decision
    turn, refusal = each.turn, each.refusal
    return {
        "job": _describe_job(each, decision),
        "line": trace.line,
        "line_words": None if trace.line is None else LINES[trace.line],
        "verdict": decision.verdict.value,
        "reason_code": decision.reason.code,
        "reason": decision.reason.text,
        "policy": decision.policy,
        "policies": list(decision.policies),
        "observers": list(decision.observers),
        "eligible_at": _time(decision.eligible_at),
        "next_change": _describe_change(trace, each.as_of),
        "holds": [_describe_covering(covering, each.as_of) for covering in trace.holds],
        "marks": _describe_marks(trace),
        "grace": _describe_grace(trace),
        "policies_asked": [_describe_asked(asked) for asked in trace.asked],
        "nearest": None if trace.nearest is None else trace.nearest.policy.name,
        "keep": [_describe_stay(asked) for asked in trace.asked if asked.vote is not None and asked.policy.keep is not None],
        "turn": None
        if turn is None
        else {"older": turn.older, "sweep": turn.sweep, "per_sweep": turn.pace.per_sweep, "per_day": turn.pace.per_day},
        "refused": None if refusal is None else tell_refusal(refusal),
    }


def _describe_job(each: Explanation, decision: Decision) -> Document:
    job = decision.job
    plain = {"id": job.id, "name": job.name, "owner": job.owner, "kind": job.kind, "workspace": job.workspace}
    times = {"created_at": job.created_at, "started_at": job.started_at, "finished_at": job.finished_at}
    phases = {"phase": job.phase.value, "other_phases": sorted(job.other_phases)}
    return plain | phases | {name: _time(time) for name, time in (times | {"first_seen_at": each.first_seen}).items()}


def _describe_change(trace: Trace, as_of: datetime) -> Document | None:
    change = trace.change
    if change is None:
        remedy = find_remedy(trace)
        return None if remedy is None else {"at": None, "in_s": None, "what": remedy, "verdict": None, "reason": None}
    then = {"verdict": change.then.verdict.value, "reason": change.then.reason.text}
    wait = (change.at - as_of) / timedelta(seconds=1)
    return {"at": _time(change.at), "in_s": -int(-wait // 1), "what": change.what} | then


def _describe_covering(covering: Covering, as_of: datetime) -> Document:
    hold, end = covering.hold, end_of(covering.hold)
    return {
        "id": hold.name,
        "reason": hold.reason,
        "owner": hold.owner,
        "until": None if hold.until is None else hold.until.isoformat(),
        "covers": None if covering.doubts else True,
        "unknown": [told.field for told in covering.doubts],
        "ended": hold.has_ended(as_of),
        "keeps_until": _time(end),
    }


def _describe_marks(trace: Trace) -> Document:
    marks = trace.marks
    return {"hold": marks.hold, "ttl": None if marks.ttl is None else format_duration(marks.ttl), "ttl_by": marks.ttl_by or None}


def _describe_grace(trace: Trace) -> Document | None:
    grace, mark = trace.decision.grace, trace.mark
    if mark is None and not grace:
        return None
    longest = grace if mark is None else max(grace, mark.grace)
    deadline = None if mark is None else mark.deadline(grace)
    told: Document = {}
    if mark is not None and any(asked.selects and asked.policy.needs_notice for asked in trace.asked):
        deadline, told = mark.noticed_deadline(grace), {"noticed_at": _time(mark.noticed_at)}
    return told | {
        "period": format_duration(longest),
        "marked_at": None if mark is None else _time(mark.since),
        "deadline": _time(deadline),
    }


def _describe_asked(asked: Asked) -> Document:
    vote = asked.vote
    return {
        "policy": asked.policy.name,
        "mode": asked.policy.mode.value,
        "fallback": asked.policy.fallback,
        "asked": not asked.why_not,
        "not_asked_because": asked.why_not or None,
        "selects": asked.selects,
        "conditions": [_describe_told(told) for told in asked.told],
        "vote": None if vote is None else vote.ballot.value,
        "reason_code": None if vote is None else vote.reason.code,
        "reason": None if vote is None else vote.reason.text,
        "except": [_describe_told(told) for told in asked.excepts],
        "eligible_at": None if vote is None else _time(vote.eligible_at),
    }


def _describe_told(told: Told) -> Document:
    found = sorted(told.found) if isinstance(told.found, frozenset) else told.found
    shown = format_duration(found) if isinstance(found, timedelta) else found
    wanted = None if told.wanted is None else describe_condition(told.wanted)
    return {"field": told.field, "wanted": wanted, "found": shown, "answer": told.answer}


def _describe_stay(asked: Asked) -> Document:
    stay, policy = asked.stay, asked.policy
    group = None if stay is None or stay.group is None else list(stay.group)
    known = {"place": None, "of": None, "kept_by": None}
    if stay is not None:
        known = {"place": stay.place or None, "of": stay.size, "kept_by": list(stay.rules)}  # type: ignore[dict-item]
    return {"policy": policy.name, "per": _per(policy), "group": group, **known}


def _per(policy: Policy) -> list[str]:
    return [] if policy.keep is None else list(policy.keep.per)


def _time(time: datetime | None) -> str | None:
    return None if time is None else f"{time:%Y-%m-%dT%H:%M:%SZ}"
