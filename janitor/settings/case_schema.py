"""Owns the shape of a test file: which fields stand where; the docstring of case_file.py tells the format in full."""

from typing import Annotated

from pydantic import Field

from janitor.settings.case_fields import (
    AsExpectation,
    AsMark,
    Instant,
    PhaseWord,
    ReasonCode,
    Tags,
    VerdictWord,
    When,
)
from janitor.settings.fields import Count, Day, Duration, Line, PolicyName, TargetName, Text, Version
from janitor.settings.location import LocalPath
from janitor.settings.section import Section

JobId = Annotated[Line, Field(max_length=256)]


class MarkSection(Section):
    since: When
    grace: Duration | None = None


class JobFields(Section):
    """What may be said of a job, also of every job at once."""

    name: Text | None = None
    owner: Text | None = None
    kind: Text | None = None
    workspace: Text | None = None
    phase: PhaseWord | None = None
    other_phases: list[PhaseWord] | None = None
    created: When | None = None
    started: When | None = None
    finished: When | None = None
    never_started: bool = False
    first_seen: When | None = None
    marked: Annotated[MarkSection, AsMark] | None = None
    description: Text | None = None
    labels: Tags | None = None
    experiment: Text | None = None
    flavor: Text | None = None
    pool: Text | None = None
    node_count: Count | None = None
    accelerators: Count | None = None


class JobSection(JobFields):
    id: JobId


class CaseHoldSection(Section):
    """A hold as `janitor hold add` makes it; those of the policy file hold anyway."""

    jobs: list[JobId]
    name: Line | None = None
    reason: Line | None = None
    until: Day | None = None


class ExpectationSection(Section):
    verdict: VerdictWord | None = None
    deleted: bool | None = None
    policy: PolicyName | None = None
    reason: ReasonCode | None = None
    because: Text | None = None


ExpectationField = Annotated[ExpectationSection, AsExpectation]


class CaseSection(Section):
    name: Line
    target: TargetName | None = None
    as_of: Instant | None = None
    jobs: list[JobSection]
    holds: list[CaseHoldSection] | None = None
    expect: dict[str, ExpectationField] | None = None
    others: ExpectationField | None = None


class CaseFile(Section):
    version: Version
    policies: LocalPath | None = None
    target: TargetName | None = None
    as_of: Instant | None = None
    defaults: JobFields = JobFields()
    cases: list[CaseSection]
