"""Answers for janitor's own engine, in a process of its own. Started by verdicts.py."""

import platform
from collections.abc import Iterable
from datetime import datetime, timedelta

from bench.inventory import DAYS, GLOB, LAST, PHASES, Engine, Row, answer_questions

from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.core.verdict import Verdict
from janitor.retention.decisions import Decisions
from janitor.retention.evaluate import evaluate_all
from janitor.retention.keep import Keep
from janitor.retention.policy import Mode, Policy, Rules
from janitor.retention.selector import Selector

Prepared = tuple[list[Job], Rules, datetime]


def make_rules() -> Rules:
    """The policy, and the least age that every target has."""
    policy = Policy(
        name="bench",
        match=Selector(phase=frozenset(Phase(phase.lower()) for phase in PHASES), name=(GLOB,)),
        after=timedelta(days=DAYS),
        keep=Keep(last=LAST, per=("experiment",)),
    )
    return Rules(target="bench", mode=Mode.ENFORCE, policies=(policy,), min_age=timedelta(hours=24))


def prepare(rows: Iterable[Row], now: datetime) -> Prepared:
    """The jobs as an adapter hands them over."""
    return [make_job(row) for row in rows], make_rules(), now


def make_job(row: Row) -> Job:
    """A job that ran for an hour and waited for one."""
    hour = timedelta(hours=1)
    return Job(
        id=row.id,
        name=row.name,
        owner="ann",
        kind="job",
        workspace="0",
        phase=Phase(row.phase.lower()),
        created_at=row.finished_at - 2 * hour,
        started_at=row.finished_at - hour,
        finished_at=row.finished_at,
        experiment=row.experiment,
    )


def decide(prepared: Prepared) -> Decisions:
    """A verdict on each job."""
    return evaluate_all(*prepared)


def decide_in_full(prepared: Prepared) -> Decisions:
    """A verdict on each job, and the whole decision, with its sentence, on each that may go: what a sweep reads."""
    decisions = decide(prepared)
    for _ in decisions.of(Verdict.EXPIRED):
        pass
    return decisions


def read_ids(prepared: Prepared, decisions: Decisions) -> list[str]:
    """The ids of those that may go."""
    return [job.id for place, job in enumerate(prepared[0]) if decisions.ruling(place).verdict is Verdict.EXPIRED]


if __name__ == "__main__":
    answer_questions(
        {
            name: Engine(version=f"Python {platform.python_version()}", prepare=prepare, select=select, read_ids=read_ids)
            for name, select in (("janitor", decide), ("janitor-in-full", decide_in_full))
        }
    )
