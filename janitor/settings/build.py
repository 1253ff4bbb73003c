"""Owns the step from a valid policy file to settings: defaults written out, overrides merged, secrets gathered."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from janitor.core.channel import Channel, read_channel
from janitor.core.phase import Phase
from janitor.core.secret import Secret
from janitor.retention.hold import Hold
from janitor.retention.keep import Keep
from janitor.retention.planner import Pace
from janitor.retention.policy import Limits, Policy
from janitor.retention.selector import PATTERNS, RANGES, Range, Selector
from janitor.retention.tombstones import Archive, TombstoneRules
from janitor.settings.address import derive_iam_endpoint
from janitor.settings.credential import UNREAD
from janitor.settings.model import (
    AccessKeySettings,
    AgencySettings,
    ConsoleProxy,
    ConsoleSettings,
    ConsoleToken,
    CredentialSettings,
    LedgerSettings,
    PasswordSettings,
    Schedule,
    Settings,
    TargetSettings,
)
from janitor.settings.policy_schema import AgesSection, ExpireSection, HoldSection, KeepSection, PolicySection, SelectorSection
from janitor.settings.schema import (
    ConsoleSection,
    CredentialsSection,
    LedgerSection,
    PolicyFile,
    ScheduleSection,
    SecretSection,
    TargetSection,
    TombstonesSection,
)
from janitor.settings.section import Section

_TIMES = frozenset({"confirm_within", "quiet_period", "max_duration"})


def build_settings(file: PolicyFile, source: Path) -> Settings:
    """Turn a valid file into settings."""
    targets, channels = tuple(_target(target, file) for target in file.targets), tuple(_channels(file))
    times = {name: value for name, value in file.written().items() if name in _TIMES}
    ledger, secrets = _ledger(file.ledger), [secret for target in targets for secret in target.credentials.secrets]
    secrets += [] if ledger.password is None else [ledger.password]
    return Settings(
        source=source,
        ledger=ledger,
        targets=targets,
        policies=tuple(_policy(policy) for policy in file.policies),
        holds=tuple(_hold(hold) for hold in file.holds or ()),
        tombstones=_tombstones(file.tombstones),
        channels=channels,
        console=None if file.console is None else _console(file.console),
        secrets=tuple(dict.fromkeys([*secrets, *_addresses(channels)])),
        **times,
    )


def _ledger(section: LedgerSection) -> LedgerSettings:
    return LedgerSettings(
        path=section.path,
        url=section.url,
        password=None if section.password is None else _secret(section.password),
        head=section.head,
        create=section.create,
    )


def _console(section: ConsoleSection) -> ConsoleSettings:
    proxy = section.proxy
    return ConsoleSettings(
        listen=section.listen or ConsoleSettings().listen,
        hosts=tuple(section.hosts or ()),
        tokens=tuple(ConsoleToken(**token.written()) for token in section.tokens or ()),
        proxy=None if proxy is None else ConsoleProxy(addresses=tuple(proxy.addresses), header=proxy.header),
    )


def _target(target: TargetSection, file: PolicyFile) -> TargetSettings:
    plain = {"name", "mode", "backend", "api", "endpoint", "region", "project_id", "project_name", "proxy", "ca_file"}
    written = {name: value for name, value in target.written().items() if name in plain}
    if "workspaces" in target.model_fields_set:
        written["workspaces"] = None if target.workspaces is None else tuple(target.workspaces)
    return TargetSettings(
        **written,
        **_merged(file.target_defaults.rate, target.rate),
        iam_endpoint=target.iam_endpoint or derive_iam_endpoint(target.endpoint),
        credentials=_credentials(target.credentials),
        pace=Pace(**_merged(file.pace, target.pace)),
        limits=_limits(_merged(file.limits, target.limits)),
        schedule=_schedule(target.schedule or file.schedule, file.timezone),
        listing=target.listing or file.target_defaults.listing or "full",
        looks=target.looks or file.target_defaults.looks or "together",
    )


def _schedule(section: ScheduleSection | None, timezone: str | None) -> Schedule | None:
    """A target's own schedule replaces the general one as a whole; the general time zone is for every cron without its own."""
    if section is None:
        return None
    general = {"timezone": timezone} if timezone is not None and section.cron is not None else {}
    return Schedule(**(general | section.written()))


def _merged(general: Section, particular: Section) -> dict[str, Any]:
    return general.written() | particular.written()


def _limits(written: dict[str, Any]) -> Limits:
    names = {"max_share": "max_share_percent", "min_age": "min_age"}
    return Limits(**{names[name]: value for name, value in written.items()})


def _credentials(section: CredentialsSection) -> CredentialSettings:
    if section.profile is not None:
        return section.profile
    if section.agency is not None:
        return AgencySettings()
    if section.domain is not None and section.user is not None:
        return PasswordSettings(domain=section.domain, user=section.user, password=_secret(section.password))
    return AccessKeySettings(
        access_key=_secret(section.access_key),
        secret_key=_secret(section.secret_key),
        security_token=None if section.security_token is None else _secret(section.security_token),
    )


def _secret(section: SecretSection | None) -> Secret:
    secret = None if section is None else section.env or section.file
    if secret is None:
        raise ValueError("a secret without env and file is refused before")
    return secret


def _policy(policy: PolicySection) -> Policy:
    plain = {"name", "mode", "fallback", "grace"}
    written = {name: value for name, value in policy.written().items() if name in plain}
    return Policy(
        **written,
        needs_notice=policy.notice is not None,
        description=(policy.description or "").strip(),
        targets=None if policy.targets is None else frozenset(policy.targets),
        match=build_selector(policy.match),
        except_=None if policy.except_ is None else build_selector(policy.except_),
        keep=None if policy.keep is None else _keep(policy.keep),
        archive=None if policy.archive is None else Archive(dir=policy.archive.dir, required=policy.archive.required),
        **_expiry(policy.expire),
    )


def _channels(file: PolicyFile) -> Iterator[Channel]:
    """Of a file that is read alone none, as no address was read."""
    for place, section in enumerate(file.notify or ()):
        yield from _channel(f"notify[{place}]", section.url, on=frozenset(section.on))
    for owner, secret in (file.owners or {}).items():
        yield from _channel(f"owners.{owner}", secret, owner=owner)


def _channel(name: str, section: SecretSection, **about: Any) -> Iterator[Channel]:
    address = _secret(section)
    if address is not UNREAD:
        yield Channel(name=name, kind=read_channel(address.reveal()), address=address, **about)


def _addresses(channels: tuple[Channel, ...]) -> Iterator[Secret]:
    yield from (channel.address for channel in channels)


def _tombstones(section: TombstonesSection) -> TombstoneRules:
    written = section.written()
    return TombstoneRules(**(written | {"keep_values": frozenset(section.keep_values or ())}))


def _expiry(section: ExpireSection) -> dict[str, Any]:
    names = {"owner_may_shorten_to": "shorten_to"}
    written = {names.get(name, name): value for name, value in section.written().items()}
    if isinstance(section.after, AgesSection):
        written["after"] = tuple((Phase(phase), age) for phase, age in sorted(section.after.written().items()))
    return written


def _keep(section: KeepSection) -> Keep:
    written = section.written()
    return Keep(**(written | {"per": tuple(section.per or ())}))


def _hold(hold: HoldSection) -> Hold:
    return Hold(
        name=hold.name,
        reason=hold.reason,
        match=build_selector(hold.match),
        until=hold.until,
        owner=hold.owner,
        targets=None if hold.targets is None else frozenset(hold.targets),
    )


def build_selector(section: SelectorSection) -> Selector:
    """Turn the conditions of a valid section into a selector."""
    return Selector(**{field: _conditions(field, words) for field, words in section.written().items()})


def _conditions(field: str, words: Any) -> Any:
    if field == "labels":
        return tuple((key, None if values is None else frozenset(values)) for key, values in sorted(words.items()))
    if field in RANGES:
        return Range(**words.written())
    return tuple(words) if field in PATTERNS else frozenset(words)
