"""Owns the table of words of a test file: which fields stand where, and where null says that a fact is not known."""

from janitor.settings import case_schema
from janitor.settings.problem import Path
from janitor.settings.section import Section
from janitor.settings.suggest import suggest

PLACES: dict[str, type[Section]] = {
    "": case_schema.CaseFile,
    "defaults": case_schema.JobFields,
    "defaults.marked": case_schema.MarkSection,
    "cases[]": case_schema.CaseSection,
    "cases[].jobs[]": case_schema.JobSection,
    "cases[].jobs[].marked": case_schema.MarkSection,
    "cases[].holds[]": case_schema.CaseHoldSection,
    "cases[].expect.*": case_schema.ExpectationSection,
    "cases[].others": case_schema.ExpectationSection,
}
_OF_JOBS = frozenset({"defaults", "cases[].jobs[]"})
_NEVER_UNKNOWN = frozenset({"id", "phase", "other_phases", "never_started", "first_seen", "marked"})


def refuse_word(path: Path) -> str:
    """Say why the field at the end of this path may not stand there."""
    return f"unknown field; {suggest(str(path[-1]), PLACES[_kind_of(path[:-1])].model_fields)}"


def may_be_null(path: Path) -> bool:
    """Tell whether null means something at the end of this path: a fact of a job that is not known, a tag without a value."""
    if len(path) > 1 and path[-2] == "labels" and _kind_of(path[:-2]) in _OF_JOBS:
        return True
    return bool(path) and path[-1] not in _NEVER_UNKNOWN and _kind_of(path[:-1]) in _OF_JOBS


def _kind_of(path: Path) -> str:
    """The kind of mapping at a path; what is expected stands under the ids of jobs."""
    words = ["[]" if isinstance(part, int) else f".{part}" for part in path]
    kind = "".join(words[:3] if path[2:3] == ("expect",) else words).removeprefix(".")
    return f"{kind}.*" if kind == "cases[].expect" and len(path) > len(("cases", 0, "expect")) else kind
