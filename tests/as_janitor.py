"""Owns the translation of a case of tests/reference into janitor's own values, and of janitor's decisions back."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from janitor.core.job import Job, Resources
from janitor.core.phase import Phase
from janitor.core.verdict import Decision
from janitor.retention.evaluate import evaluate_all
from janitor.retention.hold import Hold
from janitor.retention.keep import Keep
from janitor.retention.past import Mark, Past
from janitor.retention.policy import Mode, Policy, Rules, Since
from janitor.retention.selector import Range, Selector

Case = dict[str, Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SETS = ("kind", "workspace", "owner", "experiment", "flavor", "pool")
RULES = ("last", "hourly", "daily", "weekly", "monthly", "yearly")


def decide_with_janitor(case: Case) -> list[Decision]:
    """What the engine under test says of every job of a case."""
    return list(evaluate_all([to_job(job) for job in case["jobs"]], to_rules(case), to_time(case["as_of"]), to_past(case)))


def to_time(time: int) -> datetime:
    return EPOCH + timedelta(milliseconds=time)


def to_span(length: int) -> timedelta:
    return timedelta(milliseconds=length)


def from_time(time: datetime | None) -> int | None:
    return None if time is None else (time - EPOCH) // timedelta(milliseconds=1)


def to_job(job: dict[str, Any]) -> Job:
    times: dict[str, Any] = {
        f"{word}_at": None if job[word] is None else to_time(job[word]) for word in ("created", "started", "finished")
    }
    names = ("id", "name", "owner", "kind", "workspace", "never_started", "description", "experiment")
    return Job(
        **{name: job[name] for name in names},
        **times,
        phase=Phase(job["phase"]),
        other_phases=frozenset(Phase(phase) for phase in job["other_phases"]),
        labels=None if job["labels"] is None else tuple(sorted(job["labels"].items())),
        resources=Resources(**{name: job[name] for name in ("flavor", "pool", "node_count", "accelerators")}),
    )


def to_selector(selector: dict[str, Any]) -> Selector:
    fields: dict[str, Any] = {}
    for field, wanted in selector.items():
        if field == "phase":
            fields[field] = frozenset(Phase(phase) for phase in wanted)
        elif field in SETS:
            fields[field] = frozenset(wanted)
        elif field == "labels":
            conditions = ((key, None if values is None else frozenset(values)) for key, values in sorted(wanted.items()))
            fields[field] = tuple(conditions)
        elif isinstance(wanted, dict):
            fields[field] = Range(**{end: to_span(each) if field == "duration" else each for end, each in wanted.items()})
        else:
            fields[field] = tuple(wanted)
    return Selector(**fields)


def to_policy(policy: dict[str, Any]) -> Policy:
    after, keep = policy["after"], policy["keep"]
    return Policy(
        name=policy["name"],
        match=to_selector(policy["match"]),
        except_=to_selector(policy["except"]) if policy["except"] else None,
        after=to_span(after) if isinstance(after, int) else tuple((Phase(phase), to_span(age)) for phase, age in after.items()),
        since=Since(policy["since"]),
        keep=to_keep(keep) if keep else None,
        grace=to_span(policy["grace"]),
        shorten_to=None if policy["shorten_to"] is None else to_span(policy["shorten_to"]),
        mode=Mode(policy["mode"]),
        fallback=policy["fallback"],
    )


def to_keep(keep: dict[str, Any]) -> Keep:
    counts = {rule: keep[rule] for rule in RULES if rule in keep}
    return Keep(**counts, within=to_span(keep["within"]) if "within" in keep else None, per=tuple(keep.get("per", ())))


def to_hold(hold: dict[str, Any]) -> Hold:
    return Hold(
        name=hold["name"],
        reason="audited",
        job_ids=frozenset(hold.get("ids", ())),
        match=to_selector(hold["match"]) if "match" in hold else None,
        until=None if hold["until"] is None else date(*hold["until"]),
    )


def to_rules(case: Case) -> Rules:
    return Rules(
        target="research",
        mode=Mode(case["target_mode"]),
        policies=tuple(to_policy(policy) for policy in case["policies"]),
        min_age=to_span(case["min_age"]),
        workspaces=None if case["workspaces"] is None else frozenset(case["workspaces"]),
        holds=tuple(to_hold(hold) for hold in case["holds"]),
    )


def to_past(case: Case) -> Past:
    def key(of: tuple[str, int | None]) -> tuple[str, datetime | None]:
        return of[0], None if of[1] is None else to_time(of[1])

    return Past(
        first_seen={key(of): to_time(time) for of, time in case["first_seen"].items()},
        marks={key(of): Mark(since=to_time(mark["since"]), grace=to_span(mark["grace"])) for of, mark in case["marks"].items()},
        leaving=frozenset(case["leaving"]),
    )


def from_decision(decision: Decision) -> dict[str, Any]:
    return {
        "verdict": decision.verdict.value,
        "code": decision.reason.code,
        "policy": decision.policy,
        "policies": list(decision.policies),
        "observers": list(decision.observers),
        "eligible_at": from_time(decision.eligible_at),
    }
