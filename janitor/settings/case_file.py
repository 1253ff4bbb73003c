"""Owns loading a test file: cases of jobs, and what a policy file must decide about them. No secret and no ledger is read.

The format, in full (YAML 1.2, as strict as a policy file; what stands behind `#` is optional or an example):

    version: 1
    policies: ../janitor.yaml       # the file under test, from this file's folder; `janitor test --config FILE` takes its place
    target: research                # whose rules are tested; needed where the file has several targets; a case may say its own
    as_of: 2026-11-23T03:00:00Z     # the instant of deciding; a case may say its own
    defaults: {owner: ci-bot}       # any field of a job but its id, for every job that does not say otherwise
    cases:
      - name: a failed trial goes after a week
        jobs:
          - {id: old, name: trial-1, phase: failed, finished: 8d ago}
          - {id: new, name: trial-2, phase: failed, finished: 6d ago}
        expect:
          old: {verdict: expired, deleted: true, policy: failed-runs, reason: expired, because: "finished 8d ago"}
          new: kept                 # short for {verdict: kept}
        # others: kept              # what is expected of every job that `expect` does not name; without it all must be named
        # holds: [{jobs: [old], reason: audited, until: 2026-12-31}]    # beside the holds of the policy file

A job: `id` and `phase`; `finished` where it has ended; and `name owner kind workspace description experiment flavor pool
node_count accelerators labels other_phases created started never_started first_seen marked`. Times are written in full
(`2026-11-15T03:00:00Z`), as a day, or as `8d ago`. null says that a fact is not known (of a tag: that it has no value). For what
is not said see `build_job`. `first_seen` is when a sweep first saw a job ended that `never_started`; `marked: 3d ago`, or
`{since: 3d ago, grace: 7d}`, is when its grace period began.

An expectation: `verdict` (kept, held, unmanaged, undecidable, expiring, expired), `policy` (who decides), `reason` (the code),
`because` (words of the sentence), `deleted` (whether a sweep may delete it: expired, and nobody who has a say only observes).
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path as FilePath

from pydantic import ValidationError

from janitor.core.errors import ConfigError
from janitor.core.verdict import Verdict
from janitor.retention.cases import Case, Expectation
from janitor.retention.hold import Hold
from janitor.retention.policy import Rules
from janitor.settings.case_build import Frame, MadeJob, NoSuchJob, build_job, build_past
from janitor.settings.case_schema import CaseFile, CaseHoldSection, CaseSection, ExpectationSection
from janitor.settings.case_words import may_be_null, refuse_word
from janitor.settings.document import Document, read_document
from janitor.settings.explain import explain_values, explain_words
from janitor.settings.load import read_text, render_problems
from janitor.settings.location import Surroundings
from janitor.settings.model import Settings, TargetSettings
from janitor.settings.problem import Path, Problem
from janitor.settings.rules import rules_of
from janitor.settings.suggest import suggest

LoadPolicies = Callable[[FilePath | None], Settings]
"""Loads the policy file under test: the one that the test file names, or None where it names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseBook:
    """The cases of one test file, in its order."""

    source: FilePath
    cases: tuple[Case, ...]


def load_cases(path: FilePath, load: LoadPolicies) -> CaseBook:
    """Read a test file, and the policy file that it is about.

    Raises ConfigError with one line a problem, all problems at once, in order of the file.
    """
    document = read_document(read_text(path), may_be_null)
    file, problems = _check(document, path)
    if file is None or problems:
        raise ConfigError(render_problems(problems, path))
    builder = _Builder(file, load(file.policies), path, document)
    cases = builder.build()
    if builder.problems:
        raise ConfigError(render_problems(builder.problems, path))
    return CaseBook(source=path, cases=cases)


def _check(document: Document, path: FilePath) -> tuple[CaseFile | None, list[Problem]]:
    if document.value is None:
        return None, document.problems
    try:
        file = CaseFile.model_validate(document.value, context=Surroundings(environ={}, folder=path.parent, is_alone=True))
    except ValidationError as error:
        words = explain_words(error, document, refuse_word)
        return None, [*words, *document.problems, *explain_values(error, document)]
    return file, document.problems


class _Builder:
    """Makes the cases of one file, and notes at its place whatever does not fit together."""

    def __init__(self, file: CaseFile, settings: Settings, path: FilePath, document: Document) -> None:
        self._file, self._settings, self._path, self._document = file, settings, path, document
        self.problems = list[Problem]()

    def build(self) -> tuple[Case, ...]:
        """The cases that are whole."""
        self._refuse_twice([(("cases", number, "name"), case.name) for number, case in enumerate(self._file.cases)])
        made = [self._case(case, ("cases", number)) for number, case in enumerate(self._file.cases)]
        return tuple(case for case in made if case is not None)

    def _case(self, case: CaseSection, path: Path) -> Case | None:
        as_of, target = case.as_of or self._file.as_of, self._target(case, path)
        if as_of is None:
            self._note(path, "has no as_of: say at which instant is decided, here or for the whole file")
        self._check_names(case, path)
        if as_of is None or target is None:
            return None
        rules = rules_of(self._settings, target)
        self._check_expectations(case, rules, path)
        made = self._jobs(case, as_of, target, path)
        return Case(
            name=case.name,
            place=f"{self._path}:{self._document.place_of(path)[1].line}",
            as_of=as_of,
            rules=rules.with_holds(_hold(hold, number) for number, hold in enumerate(case.holds or (), start=1)),
            jobs=tuple(each.job for each in made),
            expected={job_id: _expectation(section) for job_id, section in (case.expect or {}).items()},
            others=None if case.others is None else _expectation(case.others),
            past=build_past(made),
        )

    def _target(self, case: CaseSection, path: Path) -> TargetSettings | None:
        known = {target.name: target for target in self._settings.targets}
        wanted = case.target or self._file.target
        if wanted is None and len(known) > 1:
            self._note(path, f"names no target, and {self._settings.source} has several: {', '.join(sorted(known))}")
        elif wanted is not None and wanted not in known:
            place = (*path, "target") if case.target else ("target",)
            self._note(place, f"is no target of {self._settings.source}; {suggest(wanted, known)}")
        return known.get(wanted) if wanted is not None else next(iter(known.values())) if len(known) == 1 else None

    def _jobs(self, case: CaseSection, as_of: datetime, target: TargetSettings, path: Path) -> list[MadeJob]:
        workspace = target.workspaces[0] if target.workspaces else "0"
        frame, made = Frame(as_of=as_of, workspace=workspace, defaults=self._file.defaults), list[MadeJob]()
        for number, section in enumerate(case.jobs):
            try:
                made.append(build_job(section, frame))
            except NoSuchJob as error:
                self._note((*path, "jobs", number, error.field), str(error))
        return made

    def _check_names(self, case: CaseSection, path: Path) -> None:
        """Every job is expected once, and whatever is named is there."""
        ids = [job.id for job in case.jobs]
        self._refuse_twice([((*path, "jobs", number, "id"), job_id) for number, job_id in enumerate(ids)])
        expected = case.expect or {}
        named = [((*path, "expect", job_id), job_id) for job_id in expected]
        for place, hold in enumerate(case.holds or ()):
            named += [((*path, "holds", place, "jobs", number), job_id) for number, job_id in enumerate(hold.jobs)]
        for place_of_name, job_id in named:
            if job_id not in ids:
                self._note(place_of_name, f'there is no job "{job_id}" in this case; {suggest(job_id, ids)}')
        if case.others is None:
            for number, job_id in enumerate(ids):
                if job_id not in expected:
                    self._note((*path, "jobs", number), f'nothing is expected of job "{job_id}": name it, or say others: kept')
        elif set(ids) <= set(expected):
            self._note((*path, "others"), "is about no job: expect names them all; remove it")

    def _check_expectations(self, case: CaseSection, rules: Rules, path: Path) -> None:
        known = [policy.name for policy in rules.policies]
        sections = [((*path, "expect", job_id), section) for job_id, section in (case.expect or {}).items()]
        sections += [] if case.others is None else [((*path, "others"), case.others)]
        for place, section in sections:
            if section.policy is not None and section.policy not in known:
                told = suggest(section.policy, known) if known else "none does"
                self._note((*place, "policy"), f"is no policy that governs target {rules.target}; {told}")
            if section.deleted and section.verdict not in (None, Verdict.EXPIRED):
                self._note((*place, "deleted"), f"contradicts verdict {section.verdict}: only what has expired is deleted")

    def _refuse_twice(self, names: list[tuple[Path, str]]) -> None:
        seen = Counter[str]()
        for path, name in names:
            seen[name] += 1
            if seen[name] > 1:
                self._note(path, "is the name of an earlier one; each needs its own")

    def _note(self, path: Path, text: str) -> None:
        """What is said about a job as a whole hides nothing that is wrong inside."""
        self.problems.append(Problem(mark=self._document.place_of(path)[1], path=path, text=text, settles=False))


def _expectation(section: ExpectationSection) -> Expectation:
    return Expectation(**section.written())


def _hold(section: CaseHoldSection, number: int) -> Hold:
    return Hold(
        name=section.name or f"case-hold-{number}",
        reason=section.reason or "held by the case",
        job_ids=frozenset(section.jobs),
        until=section.until,
    )
