"""Owns `keep`: the groups, and which members of a group stay although they have expired."""

from typing import Any

Job = dict[str, Any]
HOUR = 3_600_000
DAY = 24 * HOUR


def group_key(job: Job, per: list[str]) -> tuple[str, ...] | None:
    """What a group's members share; None where the job lacks a part of it."""
    parts = []
    for word in per:
        if word.startswith("label:"):
            value = (job["labels"] or {}).get(word.removeprefix("label:"))
        elif word == "name_prefix":
            value = name_prefix(job["name"]) if job["name"] else None
        else:
            value = job[word]
        if not value:
            return None
        parts.append(value)
    return tuple(parts)


def name_prefix(name: str) -> str:
    """Without one trailing run of digits and the sign before it, where something is left: `resnet-50-001` is `resnet-50`."""
    end = len(name)
    while end > 0 and name[end - 1] in "0123456789":
        end -= 1
    has_number_of_its_own = end < len(name) and end > 1 and name[end - 1] in "-_."
    return name[: end - 1] if has_number_of_its_own else name


def keeping_rules(members: list[tuple[int, str, int]], keep: dict[str, Any], as_of: int) -> dict[str, list[str]]:
    """Of members given as (time of its place, id, time of its age): the ids, newest first, each with the rules that keep it."""
    newest_first = sorted(members, key=lambda member: (-member[0], member[1]))
    rules: dict[str, list[str]] = {job_id: [] for _, job_id, _ in newest_first}
    for _, job_id, _ in newest_first[: keep.get("last", 1)]:
        rules[job_id].append(f"last {keep.get('last', 1)}")
    for rule in [rule for rule in BUCKETS if keep.get(rule)]:
        filled = set[Any]()
        for time, job_id, _ in newest_first:
            bucket = BUCKETS[rule](time)
            if bucket not in filled and len(filled) < keep[rule]:
                filled.add(bucket)
                rules[job_id].append(f"{rule} {keep[rule]}")
    for placed, job_id, time in newest_first:
        if as_of - max(placed, time) < keep.get("within", 0):  # one that was first seen before it was created counts by the later
            rules[job_id].append("within")
    return rules


def year_and_month(time: int) -> tuple[int, int]:
    """Of a time after 1970 in UTC, by counting the days off."""
    days, year, month = time // DAY, 1970, 1
    while days >= days_in_year(year):
        days -= days_in_year(year)
        year += 1
    while days >= days_in_month(year, month):
        days -= days_in_month(year, month)
        month += 1
    return year, month


def days_in_year(year: int) -> int:
    """366 in a leap year."""
    return 366 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 365


def days_in_month(year: int, month: int) -> int:
    """Thirty days hath September."""
    if month == 2:
        return days_in_year(year) - 337
    return 30 if month in (4, 6, 9, 11) else 31


BUCKETS: dict[str, Any] = {
    "hourly": lambda time: time // HOUR,
    "daily": lambda time: time // DAY,
    "weekly": lambda time: (time // DAY + 3) // 7,  # 1970 began on a Thursday, an ISO week begins on Monday
    "monthly": year_and_month,
    "yearly": lambda time: year_and_month(time)[0],
}
