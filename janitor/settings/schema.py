"""Owns the shape of the policy file: which fields stand where, of which type; defaults live in the values built from it."""

from typing import Annotated, ClassVar

from janitor.settings.address import Endpoint, Proxy
from janitor.settings.console_fields import HeaderName, HostName, Listen, ProxyNetwork, TokenDigest, TokenName
from janitor.settings.credential import EnvSecret, FileSecret, NeverLiteral
from janitor.settings.database_url import DatabaseUrl
from janitor.settings.fields import (
    AgencyWord,
    ApiWord,
    BackendWord,
    Concurrency,
    Count,
    Duration,
    KeptValue,
    Line,
    ListingWord,
    LooksWord,
    ModeWord,
    ProjectId,
    Rate,
    RegionName,
    Share,
    TargetName,
    Version,
    Workspaces,
)
from janitor.settings.location import LocalFile, LocalPath
from janitor.settings.login import WAYS, OneWay, ProfileName
from janitor.settings.notices import AllowedAddress, Occasions, OwnerName, OwnersMapping
from janitor.settings.policy_schema import HoldSection, PolicySection
from janitor.settings.schedule import CronText, OneRhythm, ScheduleMapping, TimeZone
from janitor.settings.section import Section


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
    listing: ListingWord | None = None
    looks: LooksWord | None = None


class SecretSection(Section):
    one_of = (("env",), ("file",))
    env: EnvSecret = None
    file: FileSecret = None


SecretField = Annotated[SecretSection, NeverLiteral]


class LedgerSection(Section):
    one_of = (("path",), ("url",))
    only_with: ClassVar[dict[str, tuple[str, ...]]] = {"password": ("url",), "head": ("url",)}
    path: LocalPath | None = None
    url: DatabaseUrl | None = None
    password: SecretField | None = None
    head: LocalPath | None = None
    create: bool = True


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
    listing: ListingWord | None = None
    looks: LooksWord | None = None
    credentials: CredentialsField
    schedule: ScheduleField | None = None
    rate: RateSection = RateSection()
    pace: PaceSection = PaceSection()
    limits: LimitsSection = LimitsSection()
    proxy: Proxy | None = None
    ca_file: LocalFile | None = None


class TombstonesSection(Section):
    keep_for: Duration | None = None
    keep_values: list[KeptValue] | None = None


ChannelField = Annotated[SecretSection, NeverLiteral, AllowedAddress]


class NotifySection(Section):
    url: ChannelField
    on: Occasions


class ConsoleTokenSection(Section):
    name: TokenName
    sha256: TokenDigest


class ConsoleProxySection(Section):
    addresses: list[ProxyNetwork]
    header: HeaderName


class ConsoleSection(Section):
    listen: Listen | None = None
    hosts: list[HostName] | None = None
    tokens: list[ConsoleTokenSection] | None = None
    proxy: ConsoleProxySection | None = None


class PolicyFile(Section):
    version: Version
    ledger: LedgerSection
    schedule: ScheduleField | None = None
    timezone: TimeZone | None = None
    pace: PaceSection = PaceSection()
    limits: LimitsSection = LimitsSection()
    confirm_within: Duration | None = None
    quiet_period: Duration | None = None
    max_duration: Duration | None = None
    tombstones: TombstonesSection = TombstonesSection()
    target_defaults: TargetDefaultsSection = TargetDefaultsSection()
    targets: list[TargetSection]
    policies: list[PolicySection]
    holds: list[HoldSection] | None = None
    owners: Annotated[dict[OwnerName, ChannelField], OwnersMapping] | None = None
    notify: list[NotifySection] | None = None
    console: ConsoleSection | None = None
