"""Owns the shape of the policy file: which fields stand where, of which type; defaults live in the values built from it."""

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from janitor.settings.address import Endpoint, Proxy
from janitor.settings.credential import EnvSecret, FileSecret, NeverLiteral
from janitor.settings.fields import (
    AgencyWord,
    AnyGlob,
    AnyNarrowGlob,
    AnyPhase,
    AnyWholeWord,
    AnyWorkspace,
    ApiWord,
    BackendWord,
    Concurrency,
    Count,
    Day,
    Duration,
    HoldName,
    Labels,
    Line,
    ModeWord,
    PolicyName,
    ProjectId,
    Rate,
    RegionName,
    Share,
    SinceWord,
    TargetName,
    Text,
    Version,
    Workspaces,
)
from janitor.settings.location import LocalFile, LocalPath
from janitor.settings.login import WAYS, OneWay, ProfileName
from janitor.settings.schedule import CronText, OneRhythm, ScheduleMapping, TimeZone


class Section(BaseModel):
    """A mapping of the file. Fields that are not written stay None: the file itself never says null."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, arbitrary_types_allowed=True)
    one_of: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Of these groups of fields exactly one stands in the file."""
    only_with: ClassVar[dict[str, tuple[str, ...]]] = {}
    """A field that needs others beside it."""

    def written(self) -> dict[str, Any]:
        """The fields that stand in the file, and only these."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class LedgerSection(Section):
    path: LocalPath
    create: bool = True


class PaceSection(Section):
    per_sweep: Count | None = None
    per_day: Count | None = None


class LimitsSection(Section):
    max_share: Share | None = None
    min_age: Duration | None = None


class RateSection(Section):
    requests_per_second: Rate | None = None
    concurrency: Concurrency | None = None


class ScheduleSection(Section):
    one_of = (("cron",), ("every",))
    only_with: ClassVar[dict[str, tuple[str, ...]]] = {"timezone": ("cron",)}
    cron: CronText | None = None
    every: Duration | None = None
    jitter: Duration | None = None
    timezone: TimeZone | None = None


ScheduleField = Annotated[ScheduleSection, ScheduleMapping, OneRhythm]


class TargetDefaultsSection(Section):
    rate: RateSection = RateSection()


class SecretSection(Section):
    one_of = (("env",), ("file",))
    env: EnvSecret = None
    file: FileSecret = None


SecretField = Annotated[SecretSection, NeverLiteral]


class CredentialsSection(Section):
    one_of = tuple(WAYS.values())
    only_with: ClassVar[dict[str, tuple[str, ...]]] = {
        **{word: tuple(each for each in words if each != word) for words in WAYS.values() for word in words if len(words) > 1},
        "security_token": WAYS["access_key"],
    }
    access_key: SecretField | None = None
    secret_key: SecretField | None = None
    security_token: SecretField | None = None
    domain: Line | None = None
    user: Line | None = None
    password: SecretField | None = None
    agency: AgencyWord | None = None
    profile: ProfileName | None = None


CredentialsField = Annotated[CredentialsSection, OneWay]


class TargetSection(Section):
    name: TargetName
    mode: ModeWord | None = None
    backend: BackendWord | None = None
    api: ApiWord | None = None
    endpoint: Endpoint
    iam_endpoint: Endpoint | None = None
    region: RegionName | None = None
    project_id: ProjectId
    project_name: Line | None = None
    workspaces: Workspaces = None
    credentials: CredentialsField
    schedule: ScheduleField | None = None
    rate: RateSection = RateSection()
    pace: PaceSection = PaceSection()
    limits: LimitsSection = LimitsSection()
    proxy: Proxy | None = None
    ca_file: LocalFile | None = None


class SelectorSection(Section):
    phase: AnyPhase | None = None
    name: AnyGlob | None = None
    owner: AnyWholeWord | None = None
    kind: AnyWholeWord | None = None
    workspace: AnyWorkspace | None = None
    labels: Labels | None = None


class MatchSection(SelectorSection):
    """What a policy governs: here a name that fits every job is no condition, while in `except` and a hold it only keeps."""

    name: AnyNarrowGlob | None = None


class ExpireSection(Section):
    after: Duration
    since: SinceWord | None = None


class PolicySection(Section):
    name: PolicyName
    description: Text | None = None
    mode: ModeWord | None = None
    targets: list[TargetName] | None = None
    match: MatchSection
    except_: SelectorSection | None = Field(default=None, alias="except")
    expire: ExpireSection
    fallback: bool = False


class HoldSection(Section):
    name: HoldName
    match: SelectorSection
    reason: Line
    until: Day | None = None
    owner: Line | None = None
    targets: list[TargetName] | None = None


class PolicyFile(Section):
    version: Version
    ledger: LedgerSection
    schedule: ScheduleField | None = None
    timezone: TimeZone | None = None
    pace: PaceSection = PaceSection()
    limits: LimitsSection = LimitsSection()
    confirm_within: Duration | None = None
    quiet_period: Duration | None = None
    target_defaults: TargetDefaultsSection = TargetDefaultsSection()
    targets: list[TargetSection]
    policies: list[PolicySection]
    holds: list[HoldSection] | None = None
