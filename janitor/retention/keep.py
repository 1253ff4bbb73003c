"""Owns keep rules: which jobs of a group stay although they have expired, by how recent they are."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from janitor.core.job import Job

LABEL = "label:"
"""How a group by a tag's value is written: `label:team`."""

WITHIN = "within"
Group = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """How many jobs of each group stay: the `last` newest, the newest of each of the most recent hours, days, and so on.

    `within` keeps all that are younger. `per` names what makes a group: `owner`, `name`, `name_prefix`, `workspace`,
    `experiment`, `flavor`, `label:KEY`; without any, all jobs of the policy are one group. `last` is 1 unless it says
    otherwise, so that no group is ever emptied by accident. Raises ValueError for a negative number and for no such word.
    """

    last: int = 1
    hourly: int = 0
    daily: int = 0
    weekly: int = 0
    monthly: int = 0
    yearly: int = 0
    within: timedelta | None = None
    per: Group = ()

    def __post_init__(self) -> None:
        """Refuse what could mean less than it says."""
        if any(getattr(self, name) < 0 for name in ("last", *BUCKETS)):
            raise ValueError("a keep rule keeps 0 or more")
        for word in self.per:
            if word not in GROUPED_BY and not (word.startswith(LABEL) and word != LABEL):
                raise ValueError(f"jobs cannot be grouped by {word!r}")


def grouping(per: Group) -> Callable[[Job], Group | None]:
    """What finds the values that make a job's group; it answers None where any of them is not known: such a job is kept."""
    readers = tuple(_reader(word) for word in per)

    def group_of(job: Job) -> Group | None:
        group: Group = ()
        for read in readers:
            value = read(job)
            if not value:
                return None
            group += (value,)
        return group

    return group_of


def name_prefix(name: str) -> str:
    """A name without one trailing run of digits and the `-`, `_` or `.` before it: `resnet-50-001` is one of `resnet-50`."""
    return _TRAILING_NUMBER.sub("", name, count=1) or name


def keep_of_group(times: Sequence[datetime], keep: Keep, as_of: datetime) -> dict[int, tuple[str, ...]]:
    """Of one group's times, newest first and none later than `as_of`: the places that stay (0 is the newest), and by which rules.

    A bucket rule keeps the newest of each of its most recent buckets that are not empty.
    """
    kept: dict[int, tuple[str, ...]] = dict.fromkeys(range(min(keep.last, len(times))), (f"last {keep.last}",))
    for word, bucket_of in BUCKETS.items():
        number, left, latest = getattr(keep, word), getattr(keep, word), None
        for place, time in enumerate(times if left else ()):
            bucket = bucket_of(time.astimezone(UTC))
            if bucket != latest:
                latest, left = bucket, left - 1
                kept[place] = (*kept.get(place, ()), f"{word} {number}")
            if not left:
                break
    for place, time in enumerate(times if keep.within is not None else ()):
        if keep.within is None or as_of - time >= keep.within:
            break
        kept[place] = (*kept.get(place, ()), WITHIN)
    return kept


def _reader(word: str) -> Callable[[Job], str | None]:
    key = word.removeprefix(LABEL)
    return GROUPED_BY[word] if key == word else lambda job: dict(job.labels or ()).get(key)


_TRAILING_NUMBER = re.compile(r"[-_.][0-9]+\Z", re.ASCII)

GROUPED_BY: dict[str, Callable[[Job], str | None]] = {
    **{field: attrgetter(field) for field in ("owner", "name", "workspace", "experiment", "flavor")},
    "name_prefix": lambda job: name_prefix(job.name) if job.name else None,
}
"""What makes a group, beside the value of a tag."""

BUCKETS: dict[str, Callable[[datetime], tuple[int, ...]]] = {
    "hourly": lambda time: (time.year, time.month, time.day, time.hour),
    "daily": lambda time: (time.year, time.month, time.day),
    "weekly": lambda time: tuple(time.isocalendar()[:2]),
    "monthly": lambda time: (time.year, time.month),
    "yearly": lambda time: (time.year,),
}
"""Each bucket rule and the bucket of a time, in UTC; weeks are those of ISO 8601."""
