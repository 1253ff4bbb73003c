"""Owns the page of one job: what was decided and why, what was done to it, what is left of it, how to hold it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from janitor.console.source import Source
from janitor.console.words import Facts, command, is_plain_id
from janitor.core.canonical import parse_timestamp
from janitor.core.events import GONE
from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.ledger.countdown import Countdown, list_countdowns
from janitor.ledger.facts import list_job_events
from janitor.ledger.jobs import last_sightings, storable
from janitor.ledger.standing import list_holds
from janitor.ledger.store import Ledger
from janitor.ledger.tombstones import find_tombstones
from janitor.render_holds import ShownHold
from janitor.render_policy import policy_lines
from janitor.render_tombstone import describe_tombstone
from janitor.retention.policy import Mode, Policy
from janitor.retention.selector import Answer

MOST_SHOWN = 60_000
"""Characters of a tombstone's document that the page shows."""
MOST_EVENTS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """A hold that covers the job, or of which the listing cannot tell whether it does."""

    shown: ShownHold
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Stone:
    """A tombstone, its document as text as far as the page shows it, and how long that is."""

    told: Mapping[str, Any]
    text: str
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """Everything that the page shows of a job of one target."""

    target: str
    job_id: str
    row: Mapping[str, Any] | None
    policy: Policy | None
    policy_words: tuple[str, ...]
    history: tuple[Mapping[str, Any], ...]
    hidden: int
    mark: Countdown | None
    stones: tuple[Stone, ...]
    covers: tuple[Cover, ...]
    elsewhere: tuple[str, ...]
    is_observed: bool
    """Whether its target or its policy only observes, so that it is not deleted."""

    @property
    def name(self) -> str | None:
        """Its name, by the last listing that showed it or by the last event about it."""
        known = self.row["name"] if self.row is not None else None
        return known or next((event["job_name"] for event in self.history if event.get("job_name")), None)

    @property
    def owner(self) -> str | None:
        """Whose it is, likewise."""
        known = self.row["owner"] if self.row is not None else None
        return known or next((event["owner"] for event in self.history if event.get("owner")), None)

    @property
    def fate(self) -> str:
        """How its last deletion stands, in one word; none where there was none."""
        return "" if not self.history else str(self.history[0]["event"]).partition(".")[2]

    @property
    def is_gone(self) -> bool:
        """Whether it was proven gone after the last listing that showed it."""
        last = self.history[0] if self.history else None
        return last is not None and last["event"] in GONE and (self.row is None or str(last["at"]) >= self.row["seen_at"])

    @property
    def is_plain(self) -> bool:
        """Whether its id can stand on a command line."""
        return is_plain_id(self.job_id)

    @property
    def hold_command(self) -> str:
        """How to pin it."""
        return command("janitor", "hold", "add", self.job_id, "--target", self.target, "--reason", "")

    @property
    def explain_command(self) -> str:
        """How to have everything told anew, by the platform too."""
        return command("janitor", "explain", self.job_id, "--target", self.target)


def gather(source: Source, ledger: Ledger, target: str | None, job_id: str) -> JobPage | None:
    """What the ledger knows of a job, in this target or in the first that has it; None where it knows nothing."""
    asked = storable(job_id)
    rows = last_sightings(ledger, asked)
    events = list_job_events(ledger, asked)
    places = sorted({str(row["target"]) for row in rows} | {str(event["target"]) for event in events})
    chosen = target if target in places else None if target is not None else next(iter(places), None)
    if chosen is None:
        return None
    row = next((row for row in rows if row["target"] == chosen), None)
    history = [event for event in reversed(events) if event["target"] == chosen]
    marks, _ = list_countdowns(ledger, 1, chosen, asked)
    policy = _policy(source, row, history)
    return JobPage(
        target=chosen,
        job_id=asked,
        row=row,
        policy=policy,
        policy_words=() if policy is None else tuple(line.strip() for line in policy_lines(policy, source.clock.now())[1:]),
        history=tuple(map(Facts, history[:MOST_EVENTS])),
        hidden=max(0, len(history) - MOST_EVENTS),
        mark=next(iter(marks), None),
        stones=tuple(
            _stone(source.scrubber.scrub(describe_tombstone(kept)))
            for kept in find_tombstones(ledger, asked)
            if kept.target == chosen
        ),
        covers=() if row is None else tuple(_covers(source, ledger, chosen, row)),
        elsewhere=tuple(place for place in places if place != chosen),
        is_observed=(policy is not None and policy.mode is Mode.OBSERVE)
        or any(each.name == chosen and each.mode is Mode.OBSERVE for each in source.settings.targets),
    )


def _policy(source: Source, row: Mapping[str, Any] | None, history: list[dict[str, Any]]) -> Policy | None:
    """The policy that decided, as the file has it now."""
    name = row["policy"] if row is not None else history[0].get("policy") if history else None
    return next((policy for policy in source.settings.policies if policy.name == name), None)


def _stone(told: Mapping[str, Any]) -> Stone:
    text = json.dumps(told["tombstone"], indent=2, ensure_ascii=True)
    return Stone(told=told, text=text[:MOST_SHOWN], length=len(text))


def _covers(source: Source, ledger: Ledger, target: str, row: Mapping[str, Any]) -> Iterator[Cover]:
    """The holds that cover the job by what the listing told of it, and those of which that cannot be told."""
    now, job = source.clock.now(), _job(row)
    shown = [
        ShownHold(hold=hold, source="file") for hold in source.settings.holds if hold.targets is None or target in hold.targets
    ]
    records = list_holds(ledger, target)
    shown += [ShownHold(hold=each.hold, source="ledger", by=each.added_by, at=each.added_at) for each in records]
    for each in shown:
        answer = None if each.hold.is_spent(now) else each.hold.covers(job)
        if answer is not False and not each.hold.is_spent(now):
            yield Cover(shown=each, answer=answer)


def _job(row: Mapping[str, Any]) -> Job:
    """The job as far as the table has it; everything else is not known."""
    times = {name: _time(row[name]) for name in ("created_at", "started_at", "finished_at")}
    unknown = dict.fromkeys(("kind", "workspace", "description", "labels"))
    phases = frozenset(map(Phase, str(row["other_phases"]).split()))
    known = {"id": row["job_id"], "name": row["name"], "owner": row["owner"], "phase": Phase(row["phase"])}
    facts: dict[str, Any] = {**known, **times, **unknown, "other_phases": phases}
    return Job(**facts)


def _time(text: str | None) -> datetime | None:
    return None if text is None else parse_timestamp(text)
