"""An evaluator of its own for tests: reads raw ModelArts documents and says which jobs may go. It shares no code with janitor."""

import fnmatch
from dataclasses import dataclass
from typing import Any

DAY_MS = 86_400_000
SLACK_MS = 300_000


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Jobs of these platform phases (and names) whose end is at least so many days ago."""

    phases: tuple[str, ...]
    days: float
    names: tuple[str, ...] = ("*",)
    owners: tuple[str, ...] = ()


def end_of(document: dict[str, Any]) -> int | None:
    """When a job ended, in milliseconds; None where that cannot be known, as where it began before it was created."""
    status = document["status"]
    start = status.get("start_time") or 0
    if not start or document["metadata"]["create_time"] > start + SLACK_MS:
        return None
    ends = [start + status["duration"]]
    ends += [record["end_at"] * 1000 for record in status.get("running_records") or []]
    ends += [metric[0] for metric in (status.get("node_count_metrics") or [])[-1:]]
    return int(max(ends)) if max(ends) > start else None


def may_go(document: dict[str, Any], rules: list[Rule], now_ms: int) -> bool:
    """Whether some rule selects the job and every rule that does lets it go."""
    if document["kind"] != "job" or "janitor-" in (document["metadata"].get("description") or ""):
        return False
    selecting = [rule for rule in rules if _selects(rule, document)]
    end = end_of(document)
    return bool(selecting) and end is not None and all(now_ms - end >= max(rule.days, 1) * DAY_MS for rule in selecting)


def may_go_v1(job: dict[str, Any], statuses: set[int], days: float, now_ms: int) -> bool:
    """Whether every version of a v1 job ended in one of these statuses and ran once created, and the last end is so long ago."""
    if "janitor-" in job["job_desc"] or not all(version["status"] in statuses for version in job["versions"]):
        return False
    ran = [each for each in job["versions"] if each["duration"] and each["create_time"] <= each["start_time"] + SLACK_MS]
    last = max((version["start_time"] + version["duration"] for version in ran), default=now_ms)
    return len(ran) == len(job["versions"]) and now_ms - last >= max(days, 1) * DAY_MS


def _selects(rule: Rule, document: dict[str, Any]) -> bool:
    metadata = document["metadata"]
    named = any(fnmatch.fnmatchcase(metadata["name"], pattern) for pattern in rule.names)
    owned = not rule.owners or metadata.get("user_name") in rule.owners
    return document["status"]["phase"] in rule.phases and named and owned
