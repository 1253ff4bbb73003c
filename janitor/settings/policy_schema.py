"""Owns the shape of policies and holds in the policy file: their conditions, ages and keep rules."""

from typing import Annotated, Any

from pydantic import Field, PlainValidator

from janitor.settings.condition_fields import (
    AnyDescription,
    AnyGlob,
    AnyNarrowDescription,
    AnyNarrowGlob,
    AnyNarrowRegex,
    AnyPhase,
    AnyRegex,
    AnyWholeWord,
    AnyWorkspace,
    AtLeastOne,
    BoundsMapping,
    Groups,
    Labels,
    OrderedBounds,
)
from janitor.settings.fields import (
    Count,
    Day,
    Duration,
    HoldName,
    Line,
    ModeWord,
    NoticeWord,
    PolicyName,
    SinceWord,
    TargetName,
    Text,
    read_duration,
)
from janitor.settings.location import LocalPath
from janitor.settings.section import Section


class NodeRangeSection(Section):
    at_least: AtLeastOne | None = None
    at_most: AtLeastOne | None = None


class AcceleratorRangeSection(Section):
    at_least: Count | None = None
    at_most: Count | None = None


class DurationRangeSection(Section):
    at_least: Duration | None = None
    at_most: Duration | None = None


class SelectorSection(Section):
    phase: AnyPhase | None = None
    name: AnyGlob | None = None
    name_regex: AnyRegex | None = None
    owner: AnyWholeWord | None = None
    kind: AnyWholeWord | None = None
    workspace: AnyWorkspace | None = None
    labels: Labels | None = None
    description: AnyDescription | None = None
    experiment: AnyWholeWord | None = None
    flavor: AnyWholeWord | None = None
    pool: AnyWholeWord | None = None
    node_count: Annotated[NodeRangeSection, BoundsMapping, OrderedBounds] | None = None
    accelerators: Annotated[AcceleratorRangeSection, BoundsMapping, OrderedBounds] | None = None
    duration: Annotated[DurationRangeSection, BoundsMapping, OrderedBounds] | None = None


class MatchSection(SelectorSection):
    """What a policy governs: here a pattern that fits every job is no condition, while in `except` and a hold it only keeps."""

    name: AnyNarrowGlob | None = None
    name_regex: AnyNarrowRegex | None = None
    description: AnyNarrowDescription | None = None


class AgesSection(Section):
    """An age for each phase that the policy governs."""

    completed: Duration | None = None
    failed: Duration | None = None
    terminated: Duration | None = None
    abnormal: Duration | None = None


def _read_after(value: Any) -> Any:
    """One duration or one for each phase; an error inside the mapping stays at its place."""
    return AgesSection.model_validate(value) if isinstance(value, dict) else read_duration(value)


class ExpireSection(Section):
    after: Annotated[Duration | AgesSection, PlainValidator(_read_after)]
    since: SinceWord | None = None
    owner_may_shorten_to: Duration | None = None


class KeepSection(Section):
    last: Count | None = None
    hourly: Count | None = None
    daily: Count | None = None
    weekly: Count | None = None
    monthly: Count | None = None
    yearly: Count | None = None
    within: Duration | None = None
    per: Groups | None = None


class ArchiveSection(Section):
    dir: LocalPath
    required: bool = True


class PolicySection(Section):
    name: PolicyName
    description: Text | None = None
    mode: ModeWord | None = None
    targets: list[TargetName] | None = None
    match: MatchSection
    except_: SelectorSection | None = Field(default=None, alias="except")
    expire: ExpireSection
    keep: KeepSection | None = None
    grace: Duration | None = None
    archive: ArchiveSection | None = None
    notice: NoticeWord | None = None
    fallback: bool = False


class HoldSection(Section):
    name: HoldName
    match: SelectorSection
    reason: Line
    until: Day | None = None
    owner: Line | None = None
    targets: list[TargetName] | None = None
