"""Owns plan files: what a frozen plan says, its one way of being written, and its strict reading; it touches no file itself."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from janitor.core.canonical import digest, parse_timestamp, timestamp
from janitor.core.fingerprint import compared_fields, fingerprint, inventory_digest
from janitor.core.job import COMPARED, Job
from janitor.core.plan import Plan
from janitor.core.text import LONGEST_TEXT, shorten_all
from janitor.core.verdict import Decision
from janitor.retention.job_document import read_list, read_text

KIND, VERSION = "janitor.plan", 1
LASTS = timedelta(hours=24)
"""So long a plan may be applied."""

BEGINS = b'{\n "kind": "janitor.plan",\n'
_MARKS = (b'"janitor.plan"', b'"inventory_digest"')
"""What no other file has; of a plan in which one byte was changed, one of the two is left."""
_CHANGED = "was changed after janitor wrote it, is not whole, or is of another version of janitor"

Scrub = Callable[[Any], Any]


class NoPlan(ValueError):
    """A file that is no plan at all."""


class PlanChanged(ValueError):
    """A plan that is not as janitor wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """The program that made a plan: its name and version, and the SHA-256 of its source."""

    name: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What a plan is for: one target, as the policy file has it."""

    target: str
    project_id: str
    backend: str
    api: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenEntry:
    """One job that is to go, for people to read; which job it is, and in what state, its fingerprint says alone.

    Texts are without secrets and of bounded length, times as events write them.
    """

    id: str
    name: str | None
    owner: str | None
    kind: str | None
    workspace: str | None
    created_at: str | None
    finished_at: str | None
    phase: str
    policy: str | None
    policies: tuple[str, ...]
    reason: str
    fingerprint: str
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenPlan:
    """The plan of one target at one instant. `ledger` is the head of its ledger then, as SEQ:HASH.

    `compared` are the fields that the fingerprints are of; `not_planned` counts the other expired jobs by the word for why not.
    """

    bound_to: Binding
    as_of: datetime
    tool: Tool
    policy_digest: str
    inventory_digest: str
    ledger: str
    compared: tuple[str, ...]
    entries: tuple[FrozenEntry, ...]
    not_planned: Mapping[str, int]

    @property
    def expires_at(self) -> datetime:
        """From when on it may not be applied any more."""
        return self.as_of + LASTS

    @property
    def digest(self) -> str:
        """SHA-256 over everything that it says."""
        return digest(self._content())

    @property
    def fingerprints(self) -> dict[str, str]:
        """The fingerprint of each of its jobs, by id."""
        return {entry.id: entry.fingerprint for entry in self.entries}

    def render(self) -> str:
        """The file, which is ASCII."""
        return json.dumps(self._content() | {"digest": self.digest}, indent=1) + "\n"

    def _content(self) -> dict[str, Any]:
        return {
            "kind": KIND,
            "version": VERSION,
            **_plain(self.bound_to),
            "as_of": timestamp(self.as_of),
            "expires_at": timestamp(self.expires_at),
            "tool": _plain(self.tool),
            "policy_digest": self.policy_digest,
            "inventory_digest": self.inventory_digest,
            "ledger": self.ledger,
            "compared": list(self.compared),
            "entries": [_plain(entry) for entry in self.entries],
            "not_planned": {code: self.not_planned[code] for code in sorted(self.not_planned)},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What of a plan file the plan itself does not tell: for what and by what it is made, and the head of the ledger."""

    bound_to: Binding
    tool: Tool
    ledger: str
    scrub: Scrub


def freeze(plan: Plan, jobs: Iterable[Job], unread: frozenset[str], around: Surroundings) -> FrozenPlan:
    """Freeze a plan that was made of this listing; fields in `unread` decide nothing, and no fingerprint has them."""
    compared = compared_fields(unread)
    return FrozenPlan(
        bound_to=around.bound_to,
        as_of=plan.as_of,
        tool=around.tool,
        policy_digest=plan.policy_digest,
        inventory_digest=inventory_digest(jobs, compared),
        ledger=around.ledger,
        compared=compared,
        entries=tuple(_freeze_entry(decision, compared, around.scrub) for decision in plan.entries),
        not_planned=Counter(aside.reason.code for aside in plan.set_aside),
    )


def read_plan_file(content: bytes) -> FrozenPlan:
    """Read what `FrozenPlan.render` wrote, to the byte; raises NoPlan or PlanChanged, with what is wrong and what to do."""
    if not any(mark in content for mark in _MARKS):
        raise NoPlan("is no plan of janitor; make one with `janitor plan -o FILE`")
    try:
        plan = _read(json.loads(content))
        is_same = plan.render().encode("ascii") == content
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError) as error:
        raise PlanChanged(_CHANGED) from error
    if not is_same:
        raise PlanChanged(_CHANGED)
    return plan


def claimed_target(content: bytes) -> str | None:
    """The target that a file names which is not to be trusted, to say for which one it was refused; None where it names none."""
    try:
        target = json.loads(content)["target"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return target if isinstance(target, str) else None


def _read(document: Mapping[str, Any]) -> FrozenPlan:
    """The values that stand in a document; what else stands there, or is of another type, shows when it is written again."""
    texts = {name: read_text(document[name]) for name in ("policy_digest", "inventory_digest", "ledger")}
    plan = FrozenPlan(
        bound_to=Binding(**_read_fields(Binding, document)),
        as_of=parse_timestamp(document["as_of"]),
        tool=Tool(**_read_fields(Tool, document["tool"])),
        compared=_read_texts(document["compared"]),
        entries=tuple(FrozenEntry(**_read_fields(FrozenEntry, entry)) for entry in document["entries"]),
        not_planned={read_text(code): int(number) for code, number in document["not_planned"].items()},
        **texts,
    )
    if not set(plan.compared) <= set(COMPARED) or len(plan.fingerprints) != len(plan.entries):
        raise ValueError("it compares what is no field of a job, or has a job twice")
    return plan


def _read_fields(kind: type[Binding | Tool | FrozenEntry], document: Mapping[str, Any]) -> dict[str, Any]:
    readers: dict[str, Callable[[Any], Any]] = {each.name: _READERS.get(str(each.type), read_text) for each in fields(kind)}
    return {name: read(document[name]) for name, read in readers.items()}


_read_texts = read_list(read_text)
_READERS: Mapping[str, Callable[[Any], Any]] = {
    str(str | None): lambda value: None if value is None else read_text(value),
    str(tuple[str, ...]): _read_texts,
}
"""How a field is read that is not simply a text, by its type."""


def _freeze_entry(decision: Decision, compared: Sequence[str], scrub: Scrub) -> FrozenEntry:
    job = decision.job
    texts = {
        "name": job.name,
        "owner": job.owner,
        "kind": job.kind,
        "workspace": job.workspace,
        "reason": decision.reason.text,
        "policy": decision.policy,
    }
    return FrozenEntry(
        id=job.id,
        **shorten_all(scrub(texts), LONGEST_TEXT),
        created_at=None if job.created_at is None else timestamp(job.created_at),
        finished_at=None if job.finished_at is None else timestamp(job.finished_at),
        phase=job.phase.value,
        policies=tuple(scrub(decision.policies)),
        fingerprint=fingerprint(job, compared),
        outputs=tuple(scrub(job.outputs)),
    )


def _plain(value: Any) -> dict[str, Any]:
    """The fields of one of the values above, in their order."""
    found = ((each.name, getattr(value, each.name)) for each in fields(value))
    return {name: list(item) if isinstance(item, tuple) else item for name, item in found}
