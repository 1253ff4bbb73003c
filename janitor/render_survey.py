"""Owns how the numbers of `check --against` look, as text and as JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from janitor.core.text import inert
from janitor.retention.survey import KeepSurvey, PolicySurvey, Survey
from janitor.retention.survey_review import review_survey

_WORDS = {
    "expired": "lets go",
    "too_young": "too young",
    "min_age": "under min_age",
    "keep_rule": "kept by its rules",
    "excepted": "excepted",
    "no_group": "without a group",
    "except_unknown": "except cannot be told",
    "time_unknown": "times cannot be told",
}
"""What each answer of a policy is called, in the order in which it is told."""


def render_survey(survey: Survey, source: str, notes: Sequence[str]) -> str:
    """The jobs by verdict, a few lines a policy, what overlaps, what cannot be told, and the warnings."""
    lines = [f"against   {inert(source)}: {survey.jobs} jobs as of {survey.as_of:%Y-%m-%dT%H:%M:%SZ}"]
    lines.append(f"          {_counts(survey.verdicts)}")
    for policy in survey.policies:
        lines += _policy_lines(policy)
    lines += [f"overlap   {one} and {other}: {number} jobs" for one, other, number in survey.overlaps]
    if survey.stopped_by:
        lines.append(f"missing   {_counts(survey.stopped_by)}: jobs that cannot be decided about for want of it")
    lines += [f"NOTE      {inert(note)}" for note in notes]
    lines += [f"WARNING   {inert(warned.text)}" for warned in review_survey(survey)]
    return "\n".join(lines)


def survey_document(survey: Survey, source: str, notes: Sequence[str]) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "source": inert(source),
        "target": survey.target,
        "as_of": f"{survey.as_of:%Y-%m-%dT%H:%M:%SZ}",
        "jobs": survey.jobs,
        "verdicts": survey.verdicts,
        "policies": [_describe(policy) for policy in survey.policies],
        "overlaps": [{"policies": [one, other], "jobs": number} for one, other, number in survey.overlaps],
        "undecidable_for_want_of": survey.stopped_by,
        "notes": [inert(note) for note in notes],
        "warnings": [
            {"code": warned.code, "policy": warned.policy, "message": inert(warned.text)} for warned in review_survey(survey)
        ],
    }


def _policy_lines(policy: PolicySurvey) -> list[str]:
    doubt = f", cannot tell of {policy.cannot_tell}" if policy.cannot_tell else ""
    said = ", ".join(f"{words} {policy.says[code]}" for code, words in _WORDS.items() if code in policy.says)
    lines = [
        f"policy    {policy.name}: fits {policy.fits} jobs{doubt}; has a say on {policy.selects}{': ' if said else ''}{said}"
    ]
    lines.append(f"          decides on {policy.decides}; prevents by observing {policy.prevents} deletions")
    return lines if policy.keep is None else [*lines, f"          {_keep_words(policy.keep)}"]


def _keep_words(keep: KeepSurvey) -> str:
    by = f"per {', '.join(keep.per)}" if keep.per else "of all together"
    return (
        f"keeps {by}: {keep.groups} groups, {keep.single} of one job, {keep.stuck} of no more than last: {keep.last} keeps; "
        f"{keep.jobs_without_group} jobs without a group"
    )


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{inert(word)} {number}" for word, number in counts.items())


def _describe(policy: PolicySurvey) -> dict[str, Any]:
    keep = policy.keep
    return {
        "name": policy.name,
        "fits": policy.fits,
        "cannot_tell": policy.cannot_tell,
        "selects": policy.selects,
        "says": policy.says,
        "decides": policy.decides,
        "prevents": policy.prevents,
        "keep": None
        if keep is None
        else {
            "per": list(keep.per),
            "last": keep.last,
            "groups": keep.groups,
            "single": keep.single,
            "stuck": keep.stuck,
            "jobs_without_group": keep.jobs_without_group,
        },
    }
