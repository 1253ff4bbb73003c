"""Owns line 1: what holds a job, and what its owner's marks say."""

from calendar import timegm
from typing import Any

from reference.conditions import Answer, covers

Job = dict[str, Any]
DAY = 86_400_000
UNITS = {"w": 7 * DAY, "d": DAY, "h": 3_600_000, "min": 60_000, "s": 1000}


def what_holds(job: Job, case: dict[str, Any]) -> list[str]:
    """The codes of all that holds the job: its own mark, the holds that surely cover it, those that may; empty if none does."""
    found = ["held"] if read_marks(job)["holds"] else []
    for hold in case["holds"]:
        answer: Answer = job["id"].lower() in hold["ids"] if "ids" in hold else covers(job, hold["match"])
        state = state_of(hold, case["as_of"])
        if answer is not False and state != "spent":
            found.append("hold_unknown" if answer is None else state)
    return found


def state_of(hold: dict[str, Any], as_of: int) -> str:
    """Its last day belongs to it (UTC), and for 24 hours after that day it still keeps its jobs."""
    if hold["until"] is None:
        return "hold"
    end_of_day = timegm((*hold["until"], 0, 0, 0)) * 1000 + DAY
    if as_of < end_of_day:
        return "hold"
    return "hold_ended" if as_of < end_of_day + DAY else "spent"


def read_marks(job: Job) -> dict[str, Any]:
    """Whether a mark of the job holds it, and the longest ttl. What cannot be read, or is nearly a mark, holds."""
    if job["labels"] is None or job["description"] is None:
        return {"holds": True, "ttl": None}
    holds = False
    ttls = []
    for key, value in job["labels"].items():
        if key.startswith("_sys_"):
            continue
        ttl = milliseconds(value) if key == "janitor-ttl" else None
        if ttl is not None:
            ttls.append(ttl)
        elif key == "janitor-hold" or is_nearly_a_mark(key + value) or letters(key) == "janitor":
            holds = True
    rest = []
    for word in job["description"].split():
        name, _, value = word.partition("=")
        ttl = milliseconds(value) if name == "janitor-ttl" else None
        if ttl is not None:
            ttls.append(ttl)
        else:
            rest.append(word)
    holds = holds or is_nearly_a_mark(" ".join(rest))
    return {"holds": holds, "ttl": max(ttls, default=None)}


def letters(text: str) -> str:
    """Only the letters and digits, in small letters."""
    return "".join(sign for sign in text.lower() if sign.isalnum())


def is_nearly_a_mark(text: str) -> bool:
    """Judged by its letters alone."""
    return "janitorhold" in letters(text) or "janitorttl" in letters(text)


def milliseconds(text: str) -> int | None:
    """`1d12h` as milliseconds: units from the largest down, each at most once; None for what is no duration."""
    total, rest = 0, text
    for unit, size in UNITS.items():
        number = ""
        while rest[len(number) : len(number) + 1] in tuple("0123456789"):
            number += rest[len(number)]
        after = rest[len(number) :]
        if number and after.startswith(unit):
            total += int(number) * size
            rest = after[len(unit) :]
    return total if total and not rest else None
