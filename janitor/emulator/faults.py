"""Owns scripted faults: what a fault says, which requests it meets, and how often it has struck."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Literal, get_args

from janitor.emulator.world import World

JobRoute = Literal["list", "get", "delete", "batch_delete", "terminate", "create", "update", "name", "events"]
TagRoute = Literal["tags", "add_tags", "remove_tags", "all_tags", "find_by_tags", "count_by_tags"]
V1Route = Literal["v1_list", "v1_versions", "v1_version", "v1_delete", "v1_delete_version", "v1_stop", "v1_update"]
AccountRoute = Literal["quota", "write_quota", "workspaces"]
IdentityRoute = Literal["identity", "auth_projects", "login", "temporary_key", "metadata", "metadata_token"]
Route = JobRoute | TagRoute | V1Route | AccountRoute | IdentityRoute | Literal["any"]
LISTS = frozenset({"list", "v1_list", "find_by_tags"})
"""The routes that name no job, so that a fault's `job_id` means an item of theirs."""
ROUTES = frozenset(name for words in get_args(Route) for name in get_args(words))
Action = Literal[
    "status",
    "status_after",
    "reset_before",
    "reset_after",
    "hang_before",
    "hang_after",
    "late_delete",
    "truncate_length",
    "truncate_close",
    "slow_body",
    "html",
    "empty",
    "invalid_json",
    "body",
    "redirect",
    "empty_list",
    "not_found_all",
    "duplicate_item",
    "drop_item",
    "grow_total",
    "endless",
    "lagging_list",
    "false_success",
    "leak",
    "before",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """One scripted fault. Unless its name says "after", the request is not applied (`applied` makes it so).

    `nth`: strike from the nth matching request on, counted from when the fault was added (None: the first);
        `times`: strike that often (None: for ever).
    `job_id`: only requests for that job, alone or in a batch; for an action on a list of jobs, that item. A v1 id as text.
    `status`, `code`, `message`, `headers`, `body`: what the answer says, for actions that make one; `body` is sent as it is.
    `seconds`: of a hang, between two bytes of slow_body, until a late_delete. `keep`: body bytes before a cut (None: half).
    `location`: of a redirect. `by`: what grow_total adds. `fresh`: endless invents ids instead of repeating jobs.
    `change`: what `before` does to the world just before the request is handled.
    """

    route: Route
    action: Action
    _: KW_ONLY
    nth: int | None = None
    times: int | None = 1
    job_id: str | None = None
    applied: bool = False
    status: int | None = None
    code: str | None = None
    message: str = "scripted fault"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | bytes | None = None
    seconds: float = 1.0
    keep: int | None = None
    location: str = ""
    by: int = 1
    fresh: bool = False
    change: Callable[[World], object] | None = None

    def __post_init__(self) -> None:
        """Refuse a misspelt fault: one that never strikes would prove nothing."""
        for word, known in ((self.route, ROUTES), (self.action, frozenset(get_args(Action)))):
            if word not in known:
                raise ValueError(f"{word} is none of {', '.join(sorted(known))}")


class Scripted:
    """A fault that was added, with its counts: `seen` matching requests, `struck` of them."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.seen = 0
        self.struck = 0

    def strikes(self, route: str, job_ids: Sequence[str]) -> bool:
        """Count a request and tell whether the fault strikes it."""
        if not self._meets(route, job_ids):
            return False
        self.seen += 1
        is_over = self.fault.times is not None and self.struck >= self.fault.times
        if is_over or self.seen < (self.fault.nth or 1):
            return False
        self.struck += 1
        return True

    def _meets(self, route: str, job_ids: Sequence[str]) -> bool:
        if self.fault.route not in ("any", route):
            return False
        return route in LISTS or self.fault.job_id is None or self.fault.job_id in job_ids


class FaultScript:
    """The faults in the order in which they were added; a later one wraps an earlier one that strikes the same request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._scripted: list[Scripted] = []

    def add(self, fault: Fault) -> Scripted:
        """Add a fault; the returned object tells how often it has struck."""
        scripted = Scripted(fault)
        with self._lock:
            self._scripted.append(scripted)
        return scripted

    def clear(self) -> None:
        """Forget every fault; requests that hang go on hanging."""
        with self._lock:
            self._scripted.clear()

    def scripted(self) -> list[Scripted]:
        """Return every fault with its counts."""
        with self._lock:
            return list(self._scripted)

    def striking(self, route: str, job_ids: Sequence[str]) -> list[Fault]:
        """Count a request and return the faults that strike it."""
        with self._lock:
            return [each.fault for each in self._scripted if each.strikes(route, job_ids)]
