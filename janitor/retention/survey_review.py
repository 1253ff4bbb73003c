"""Owns what the numbers of a survey warn of: policies that never matter, groups that never lose a job, observers in the way."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from janitor.retention.survey import PolicySurvey, Survey


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """One thing to look at: a code for machines, the policy, and a sentence with the numbers."""

    code: str
    policy: str
    text: str


def review_survey(survey: Survey) -> tuple[Warned, ...]:
    """Every warning, policy by policy, in the order of the checks below; where there are no jobs, numbers say nothing."""
    policies = survey.policies if survey.jobs else ()
    return tuple(
        Warned(code=code, policy=policy.name, text=text)
        for policy in policies
        for code, check in _CHECKS.items()
        for text in check(policy, survey)
    )


def _never_matches(policy: PolicySurvey, survey: Survey) -> Iterator[str]:
    if not policy.fits:
        doubt = f"; of {policy.cannot_tell} it cannot tell" if policy.cannot_tell else ""
        yield f"policy {policy.name} selects none of {survey.jobs} jobs{doubt}"


def _never_asked(policy: PolicySurvey, _survey: Survey) -> Iterator[str]:
    if policy.fits and not policy.selects:
        yield (
            f"policy {policy.name} fits {_jobs(policy.fits)} and has a say on none of them: they are held, cannot be decided, "
            "or others select them first"
        )


def _never_decides(policy: PolicySurvey, survey: Survey) -> Iterator[str]:
    if policy.selects and not policy.decides:
        others = sorted({name for one, other, _ in survey.overlaps if policy.name in (one, other) for name in (one, other)})
        names = ", ".join(name for name in others if name != policy.name)
        yield f"policy {policy.name} decides on none of the {_jobs(policy.selects)} that it selects: {names} always do{_s(names)}"


def _observer_prevents(policy: PolicySurvey, _survey: Survey) -> Iterator[str]:
    if policy.prevents:
        yield f"policy {policy.name} only observes, so {_jobs(policy.prevents)} are not deleted that others let go"


def _single_groups(policy: PolicySurvey, _survey: Survey) -> Iterator[str]:
    """Groups that are too fine never lose anything: the complaint about restic's default grouping."""
    keep = policy.keep
    if keep is not None and keep.single > 1 and 2 * keep.single >= keep.groups:
        yield (
            f"policy {policy.name} keeps the newest of each group, and {keep.single} of {keep.groups} groups have one job: "
            f"nothing is ever deleted there; take a word out of per ({', '.join(keep.per)}), or say last: 0"
        )


def _missing_groups(policy: PolicySurvey, _survey: Survey) -> Iterator[str]:
    keep = policy.keep
    if keep is not None and keep.jobs_without_group:
        yield (
            f"policy {policy.name} keeps {_jobs(keep.jobs_without_group)} whose group is not known: "
            f"{', '.join(keep.per)} is missing there"
        )


def _jobs(number: int) -> str:
    return f"{number} job{'' if number == 1 else 's'}"


def _s(names: str) -> str:
    return "" if "," in names else "es"


_CHECKS: dict[str, Callable[[PolicySurvey, Survey], Iterator[str]]] = {
    "never_matches": _never_matches,
    "never_asked": _never_asked,
    "never_decides": _never_decides,
    "observer_prevents": _observer_prevents,
    "single_groups": _single_groups,
    "missing_groups": _missing_groups,
}
