"""Owns what `match`, `except` and the conditions of a hold answer about one job: True, False, or None for "cannot tell"."""

import re
from typing import Any

Job = dict[str, Any]
Selector = dict[str, Any]
Answer = bool | None

WORDS = ("kind", "workspace", "owner", "experiment", "flavor", "pool")
RANGES = ("node_count", "accelerators", "duration")


def all_of(answers: list[Answer]) -> Answer:
    """A no settles it; without one, a single cannot-tell makes it a cannot-tell."""
    if False in answers:
        return False
    return None if None in answers else True


def any_of(answers: list[Answer]) -> Answer:
    """A yes settles it; without one, a single cannot-tell makes it a cannot-tell."""
    if True in answers:
        return True
    return None if None in answers else False


def match(job: Job, selector: Selector) -> Answer:
    """What lets a policy in: every condition, and of a job in several phases each phase."""
    governed = {"phase": ["completed", "failed", "terminated"], "kind": ["job"]} | selector
    answers = ask(job, governed)
    if all(phase in governed["phase"] for phase in phases(job)):
        answers.append(True)
    elif any(phase in governed["phase"] for phase in phases(job)):
        answers.append(None)
    else:
        answers.append(False)
    return all_of(answers)


def hits(job: Job, selector: Selector) -> Answer:
    """What `except` says: any one condition, and any one phase of the job, is enough to keep it."""
    return any_of(ask(job, selector) + has_a_phase(job, selector))


def covers(job: Job, selector: Selector) -> Answer:
    """What a hold says: every condition, but any one phase of the job is enough to hold it."""
    return all_of(ask(job, selector) + has_a_phase(job, selector))


def phases(job: Job) -> list[str]:
    """Every phase that a part of the job is in."""
    return [job["phase"], *job["other_phases"]]


def has_a_phase(job: Job, selector: Selector) -> list[Answer]:
    """One answer where the selector names phases, none where it does not."""
    return [any(phase in selector["phase"] for phase in phases(job))] if "phase" in selector else []


def ask(job: Job, selector: Selector) -> list[Answer]:
    """One answer for each condition but the phase; each key of `labels` is a condition of its own."""
    answers: list[Answer] = []
    for field, wanted in selector.items():
        if field in WORDS:
            answers.append(job[field] in wanted if job[field] else None)
        elif field in RANGES:
            answers.append(is_within(duration(job) if field == "duration" else job[field], wanted))
        elif field == "name":
            answers.append(any(is_glob_of(glob, job["name"]) for glob in wanted) if job["name"] else None)
        elif field == "name_regex":
            answers.append(
                any(re.fullmatch(regex, job["name"], re.DOTALL) is not None for regex in wanted) if job["name"] else None
            )
        elif field == "description":
            answers.append(description_fits(job["description"], wanted))
        elif field == "labels":
            answers.extend(label_fits(job["labels"], key, values) for key, values in wanted.items())
        elif field != "phase":
            raise KeyError(field)
    return answers


def is_within(value: int | None, wanted: dict[str, int]) -> Answer:
    """Both ends belong to a range."""
    if value is None:
        return None
    return wanted.get("at_least", value) <= value <= wanted.get("at_most", value)


def duration(job: Job) -> int | None:
    """From start to end; nothing for a job that never started."""
    if job["never_started"]:
        return 0
    if job["started"] is None or job["finished"] is None or job["finished"] < job["started"]:
        return None
    length: int = job["finished"] - job["started"]
    return length


def description_fits(text: str | None, globs: list[str]) -> Answer:
    """A description that is known to be empty is a no."""
    if text is None:
        return None
    return text != "" and any(is_glob_of(glob, text) for glob in globs)


def label_fits(labels: dict[str, str] | None, key: str, values: list[str] | None) -> Answer:
    """Labels that are known to lack the key are a no; no values means that the key is enough."""
    if labels is None:
        return None
    return key in labels and (values is None or labels[key] in values)


def is_glob_of(glob: str, text: str) -> bool:
    """`*` is any run of characters, `?` is one, everything else is itself; the whole text, and case counts."""
    reached = {0}
    for sign in glob:
        if sign == "*":
            reached = set(range(min(reached), len(text) + 1))
        else:
            reached = {place + 1 for place in reached if place < len(text) and sign in ("?", text[place])}
        if not reached:
            return False
    return len(text) in reached
