"""Owns how the outcomes of policy tests look: text, JSON, and the XML that CI reads; every string from outside is made inert."""

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from janitor.core.text import inert
from janitor.retention.cases import Failure, Outcome, Told

LONGEST = 2000
_SPELT: dict[str | bool | None, str] = {True: "true", False: "false", None: "none"}
Books = Sequence[tuple[str, Sequence[Outcome]]]
"""Each test file with the outcomes of its cases."""


def render_outcomes(books: Books) -> str:
    """A line a case, what failed in full, and the count."""
    lines = list[str]()
    for source, outcomes in books:
        lines.append(f"{inert(source)}: {_counted(len(outcomes), 'case')}")
        for outcome in outcomes:
            lines += _case_lines(outcome)
    total, failed = _counts(books)
    return "\n".join([*lines, "", f"{_counted(total, 'case')}, {f'{failed} FAILED' if failed else 'all passed'}"])


def outcomes_document(books: Books) -> dict[str, Any]:
    """The same as plain data."""
    total, failed = _counts(books)
    files = [{"file": inert(source), "cases": [_describe(outcome) for outcome in outcomes]} for source, outcomes in books]
    return {"version": 1, "passed": total - failed, "failed": failed, "files": files}


def render_junit(books: Books) -> str:
    """The same as JUnit XML: a suite a file, a case a case; its bytes depend on nothing but the outcomes."""
    total, failed = _counts(books)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites name="janitor test" tests="{total}" failures="{failed}">']
    for source, outcomes in books:
        counts = {"tests": len(outcomes), "failures": sum(not outcome.is_passed for outcome in outcomes)}
        lines.append(f"  <testsuite {_attributes(name=source, **counts, errors=0, skipped=0)}>")
        for outcome in outcomes:
            lines += _junit_case(source, outcome)
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>", ""])


def _case_lines(outcome: Outcome) -> list[str]:
    name = inert(outcome.case.name)
    if outcome.is_passed:
        return [f"  ok    {name}"]
    lines = [f"  FAIL  {name}  ({inert(outcome.case.place)})"]
    for failure in outcome.failures:
        lines += [f"        {line}" for line in _failure_lines(failure)]
    return lines


def _failure_lines(failure: Failure) -> list[str]:
    """What was expected, what came, and why."""
    named = "" if failure.job.name in (None, failure.job.id) else f" ({inert(failure.job.name or '')})"
    return [
        f"{inert(failure.job.id)}{named}",
        f"  expected  {_words(failure.wanted)}",
        f"  came      {_words(failure.came)}",
    ]


def _words(told: Told) -> str:
    return ", ".join(f"{word} {_SPELT.get(value) or inert(str(value), LONGEST)}" for word, value in told.items())


def _describe_told(told: Told) -> dict[str, Any]:
    return {word: inert(value, LONGEST) if isinstance(value, str) else value for word, value in told.items()}


def _describe(outcome: Outcome) -> dict[str, Any]:
    return {
        "name": inert(outcome.case.name),
        "place": inert(outcome.case.place),
        "passed": outcome.is_passed,
        "failures": [
            {
                "job": inert(failure.job.id),
                "expected": _describe_told(failure.wanted),
                "came": _describe_told(failure.came),
            }
            for failure in outcome.failures
        ],
    }


def _junit_case(source: str, outcome: Outcome) -> list[str]:
    line = outcome.case.place.rpartition(":")[2]
    head = f"    <testcase {_attributes(classname=source, name=outcome.case.name, file=source, line=line)}"
    if outcome.is_passed:
        return [f"{head}/>"]
    jobs = ", ".join(failure.job.id for failure in outcome.failures)
    text = "\n".join(line for failure in outcome.failures for line in _failure_lines(failure))
    told = _attributes(message=f"not decided as expected: {jobs}", type="verdict")
    return [f"{head}>", f"      <failure {told}>{escape(text)}</failure>", "    </testcase>"]


def _attributes(**values: object) -> str:
    return " ".join(f"{word}={quoteattr(inert(str(value), LONGEST))}" for word, value in values.items())


def _counts(books: Books) -> tuple[int, int]:
    every = [outcome for _, outcomes in books for outcome in outcomes]
    return len(every), sum(not outcome.is_passed for outcome in every)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
