"""Owns the types of conditions, of `keep` and of ages by phase: each accepts exactly one way of writing."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from janitor.core.phase import TERMINAL, Phase
from janitor.retention.keep import GROUPED_BY, LABEL
from janitor.settings import shapes
from janitor.settings.conditions import read_label_key, read_label_value, read_whole, read_workspace
from janitor.settings.fields import Line, WorkspaceId
from janitor.settings.patterns import (
    read_description,
    read_glob,
    read_narrow_description,
    read_narrow_glob,
    read_narrow_regexes,
    read_regex,
)
from janitor.settings.suggest import guess, suggest

_TERMINAL_WORDS = ", ".join(phase.value for phase in Phase if phase in TERMINAL)


def _read_phase(value: Any) -> Phase:
    word = value if isinstance(value, str) else "?"
    if word not in set(Phase):
        raise ValueError(f"is no phase; {suggest(word, (phase.value for phase in TERMINAL))}")
    if word not in TERMINAL:
        reason = "is not known to have ended" if word == Phase.UNKNOWN else "is an active phase"
        raise ValueError(f'"{word}" {reason}, and only jobs that have ended are ever deleted: {_TERMINAL_WORDS}')
    return Phase(word)


def _read_any_of(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        raise ValueError("must be text, or a list of which any may fit")  # noqa: TRY004 -- pydantic collects ValueError
    return [value]


def _read_any_of_or_null(value: Any) -> list[Any] | None:
    return None if value is None else _read_any_of(value)


def _read_labels(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("must be a mapping of tags, such as {team: nlp}; {team: null} means any value")  # noqa: TRY004 -- pydantic collects ValueError
    return value


def _read_groups(value: Any) -> list[Any]:
    words = value if isinstance(value, list) else [value]
    if isinstance(value, dict):
        raise ValueError("must be one word or a list, such as [owner, label:team]")  # noqa: TRY004 -- pydantic collects ValueError
    twice = next((word for place, word in enumerate(words) if word in words[:place]), None)
    if twice is not None:
        raise ValueError(f'names "{twice}" twice; jobs are grouped by all words together, so once is enough')
    return words


def _read_group(word: str) -> str:
    if word.startswith(LABEL):
        return LABEL + read_label_key(word.removeprefix(LABEL))
    if word not in GROUPED_BY:
        meant = guess(word.partition(":")[0], [LABEL.removesuffix(":")]) if ":" in word else None
        advice = f"write {LABEL} and the key of a tag" if meant else suggest(word, [*GROUPED_BY, f"{LABEL}KEY"])
        raise ValueError(f'"{word}" is nothing that makes a group; {advice}')
    return word


def _require_bounds(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError("must be a mapping of at_least, at_most or both; exactly 8, say, is {at_least: 8, at_most: 8}")  # noqa: TRY004 -- pydantic collects ValueError
    return value


def _require_order(section: Any) -> Any:
    """Bounds in their order; that there is one at all the reading of the file has seen to."""
    if section.at_least is not None and section.at_most is not None and section.at_least > section.at_most:
        raise ValueError("has an at_least above its at_most, so no job is within; swap them, or remove one")
    return section


_ONE_WORKSPACE = shapes.text("^(?![Aa][Ll][Ll]$)[A-Za-z0-9-]{1,64}$")

BoundsMapping = BeforeValidator(_require_bounds)
OrderedBounds = AfterValidator(_require_order)
AtLeastOne = Annotated[int, Field(ge=1), shapes.AT_LEAST_ONE]

PhaseWord = Annotated[Phase, BeforeValidator(_read_phase)]
Glob = Annotated[Line, AfterValidator(read_glob)]
NarrowGlob = Annotated[Line, AfterValidator(read_narrow_glob)]
Description = Annotated[Line, AfterValidator(read_description)]
NarrowDescription = Annotated[Line, AfterValidator(read_narrow_description)]
Regex = Annotated[Line, AfterValidator(read_regex)]
WholeWord = Annotated[Line, AfterValidator(read_whole)]
OneWorkspace = Annotated[WorkspaceId, AfterValidator(read_workspace)]

AnyWholeWord = Annotated[list[WholeWord], BeforeValidator(_read_any_of), shapes.one_or_many(shapes.WHOLE_WORD)]
AnyGlob = Annotated[list[Glob], BeforeValidator(_read_any_of), shapes.one_or_many(shapes.GLOB)]
AnyNarrowGlob = Annotated[list[NarrowGlob], BeforeValidator(_read_any_of), shapes.one_or_many(shapes.NARROW_GLOB)]
AnyRegex = Annotated[list[Regex], BeforeValidator(_read_any_of), shapes.one_or_many(shapes.REGEX)]
AnyNarrowRegex = Annotated[AnyRegex, AfterValidator(read_narrow_regexes)]
AnyDescription = Annotated[list[Description], BeforeValidator(_read_any_of), shapes.one_or_many(shapes.DESCRIPTION)]
AnyNarrowDescription = Annotated[
    list[NarrowDescription], BeforeValidator(_read_any_of), shapes.one_or_many(shapes.NARROW_DESCRIPTION)
]
AnyPhase = Annotated[
    list[PhaseWord],
    BeforeValidator(_read_any_of),
    shapes.one_or_many(shapes.words(phase for phase in Phase if phase in TERMINAL)),
]
AnyWorkspace = Annotated[list[OneWorkspace], BeforeValidator(_read_any_of), shapes.one_or_many(_ONE_WORKSPACE)]
LabelKey = Annotated[str, AfterValidator(read_label_key)]
LabelValue = Annotated[Line, AfterValidator(read_label_value)]
AnyLabelValue = Annotated[list[LabelValue] | None, BeforeValidator(_read_any_of_or_null)]
Labels = Annotated[dict[LabelKey, AnyLabelValue], BeforeValidator(_read_labels), shapes.LABELS]

GroupWord = Annotated[Line, AfterValidator(_read_group)]
Groups = Annotated[list[GroupWord], BeforeValidator(_read_groups), shapes.one_or_many(shapes.GROUP, uniqueItems=True)]
