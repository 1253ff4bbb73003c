"""Owns the list's search by tags, host addresses and kind of training, and the 31 days that these imply (§1.3.1, §1.3.5)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from janitor.emulator.clock import to_ms
from janitor.emulator.document import Job, value_of
from janitor.emulator.filters import MAX_SPAN, CreatedBetween
from janitor.emulator.refusal import RefusedError, bad_body
from janitor.emulator.tag_rules import MAX_TAGS, MAX_VALUES, is_key, is_value
from janitor.emulator.tags import Tagged, Tags

MAX_HOSTS = 10
Condition = Callable[[Job], bool]


@dataclass(frozen=True, slots=True)
class OnHost:
    """The condition that some task of a job ran on one of these hosts."""

    host_ips: tuple[str, ...]

    def __call__(self, job: Job) -> bool:
        """Tell whether a job matches."""
        return bool(self.tasks(job))

    def tasks(self, job: Job) -> list[dict[str, Any]]:
        """Return the tasks of a job that ran there."""
        tasks = value_of(job, "status", "task_ips") or []
        return [task for task in tasks if task.get("host_ip") in self.host_ips]


@dataclass(frozen=True, slots=True)
class FineTuning:
    """The condition that a job is one of fine-tuning, or that it is not."""

    wanted: bool

    def __call__(self, job: Job) -> bool:
        """Tell whether a job matches."""
        return ("ftjob_config" in job) is self.wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What a list was narrowed by, beside its filters."""

    tags: tuple[tuple[str, tuple[str, ...]], ...] = ()
    hosts: OnHost | None = None
    fine_tuning: bool | None = False

    def conditions(self, tags: Tags, now: datetime, *, has_window: bool) -> list[Condition]:
        """Return what a job must fulfil; without a window of creation times, tags and hosts look at the last 31 days only."""
        found: list[Condition] = [Tagged(tags, key, values) for key, values in self.tags]
        found += [] if self.hosts is None else [self.hosts]
        if found and not has_window:
            found.append(CreatedBetween(to_ms(now - MAX_SPAN), to_ms(now)))
        return found if self.fine_tuning is None else [*found, FineTuning(self.fine_tuning)]


def parse_narrowing(fields: dict[str, Any]) -> Narrowing:
    """Read these parts of a search; what cannot be read refuses the request."""
    tags = tuple(_parse_tag(item) for item in _parse_list(fields, "tags", MAX_TAGS))
    if len({key for key, _ in tags}) != len(tags):
        raise RefusedError(400, "ModelArts.2807", "A tag key is named twice.")
    host_ips = tuple(_parse_host(item) for item in _parse_list(fields, "host_ips", MAX_HOSTS))
    return Narrowing(tags=tags, hosts=OnHost(host_ips) if host_ips else None, fine_tuning=_parse_training(fields))


def _parse_list(fields: dict[str, Any], name: str, most: int) -> list[Any]:
    found = [] if fields.get(name) is None else fields[name]
    if not isinstance(found, list) or len(found) > most:
        raise RefusedError(400, "ModelArts.2789", f"{name} must be an array of at most {most} items.")
    return found


def _parse_tag(item: object) -> tuple[str, tuple[str, ...]]:
    if not isinstance(item, dict):
        raise RefusedError(400, "ModelArts.2789", "Each tag must be an object.")
    key, values = item.get("key"), [] if item.get("values") is None else item["values"]
    if not isinstance(key, str) or not is_key(key):
        raise RefusedError(400, "ModelArts.2807", f"Invalid tag key {key!r:.140}.")
    is_list = isinstance(values, list) and all(isinstance(value, str) and is_value(value) for value in values)
    if not is_list or len(values) > MAX_VALUES or len(set(values)) != len(values):
        raise RefusedError(400, "ModelArts.2809", f"Invalid values of the tag key {key}.")
    return key, tuple(values)


def _parse_host(item: object) -> str:
    try:
        return str(ip_address(item if isinstance(item, str) else ""))
    except ValueError:
        raise RefusedError(400, "ModelArts.2809", f"Invalid host address {item!r:.60}.") from None


def _parse_training(fields: dict[str, Any]) -> bool | None:
    """Whether fine-tuning jobs are wanted; None for both kinds. Without `unified_jobs` they are left out."""
    unified, kind = fields.get("unified_jobs", False), fields.get("train_type")
    if not isinstance(unified, bool) or kind not in (None, "", "job", "ftjob"):
        raise bad_body("unified_jobs must be true or false, and train_type job or ftjob")
    if not unified:
        return False
    return kind == "ftjob" if kind else None
