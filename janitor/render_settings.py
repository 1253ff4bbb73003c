"""Owns the policy file as understood, in words and as data: what `check` prints."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from janitor.core.channel import Channel
from janitor.core.duration import format_duration
from janitor.core.text import inert
from janitor.render_policy import cutoffs_of, instant, listed, policy_lines, render_rules, render_selector
from janitor.retention.describe import describe_hold, describe_policy
from janitor.retention.guards import SMALL_PLAN
from janitor.retention.hold import Hold
from janitor.retention.policy import Mode, Policy
from janitor.retention.tombstones import TombstoneRules
from janitor.settings.model import (
    AccessKeySettings,
    AgencySettings,
    ConsoleSettings,
    LedgerSettings,
    PasswordSettings,
    ProfileSettings,
    Schedule,
    Settings,
    TargetSettings,
    UnreadCredentials,
)
from janitor.settings.review import Finding, can_share_jobs, list_governing, review_settings

Fires = Mapping[str, Sequence[datetime]]
"""The next fires of each target, by its name."""

_WAYS = {
    AccessKeySettings: "access_key",
    PasswordSettings: "password",
    AgencySettings: "agency",
    ProfileSettings: "profile",
    UnreadCredentials: None,
}
_NARROW = (
    "          lists only jobs old enough to go; all of them at least every 7 days, and where a policy ranks jobs within groups"
)
_VERBS = {Mode.ENFORCE: "enforces", Mode.OBSERVE: "only observes"}


def render_settings(settings: Settings, as_of: datetime, fires: Fires, seen: Sequence[Finding] = ()) -> str:
    """Targets with their next fires and who keeps what, policies and holds in words, and what is probably not meant.

    `seen` is what was found beside the file itself.
    """
    ledger, times = settings.ledger, [format_duration(time) for time in (settings.confirm_within, settings.quiet_period)]
    lines = [f"{settings.source}: understood"]
    lines.append(f"ledger    {ledger}, {'created where missing' if ledger.create else 'must exist'}")
    lines.append(f"waits     {times[0]} for deletions to be proven, {times[1]} before a lost request is sent again")
    lines.append(f"sweeps    last {format_duration(settings.max_duration)} at most")
    lines.append(f"remembers {_tombstone_words(settings.tombstones)}")
    for target in settings.targets:
        lines += _target_lines(target)
        lines += _schedule_lines(target.schedule, fires.get(target.name, ()))
        lines += _who_keeps_what(target, settings, as_of)
    for policy in settings.policies:
        lines += policy_lines(policy, as_of)
    lines += [f"hold      {hold.name}: {_hold_words(hold)}; for {_targets_words(hold)}" for hold in settings.holds]
    lines += [f"notice    {_channel_words(channel)}" for channel in settings.channels]
    lines += _console_lines(settings.console)
    lines += [f"WARNING   {finding.text}" for finding in (*review_settings(settings, as_of), *seen)]
    return "\n".join(lines)


def _ledger_document(ledger: LedgerSettings) -> dict[str, Any]:
    if ledger.path is not None:
        return {"path": str(ledger.path), "create": ledger.create}
    return {"url": str(ledger), "head": None if ledger.head is None else str(ledger.head), "create": ledger.create}


def settings_document(settings: Settings, as_of: datetime, fires: Fires, seen: Sequence[Finding] = ()) -> dict[str, Any]:
    """The same as one JSON document; no secret is in it, nor where one is read from."""
    return {
        "version": 1,
        "source": str(settings.source),
        "as_of": instant(as_of),
        "ledger": _ledger_document(settings.ledger),
        "confirm_within": format_duration(settings.confirm_within),
        "quiet_period": format_duration(settings.quiet_period),
        "max_duration": format_duration(settings.max_duration),
        "tombstones": {
            "keep_for": format_duration(settings.tombstones.keep_for),
            "keep_values": sorted(settings.tombstones.keep_values),
        },
        "targets": [_target_document(target, settings, fires.get(target.name, ())) for target in settings.targets],
        "policies": [describe_policy(policy) | {"cutoff": cutoffs_of(policy, as_of)} for policy in settings.policies],
        "holds": [describe_hold(hold) | {"ended": hold.has_ended(as_of)} for hold in settings.holds],
        "channels": [_channel_document(channel) for channel in settings.channels],
        "console": None if settings.console is None else _console_document(settings.console),
        "warnings": [_finding_document(finding) for finding in (*review_settings(settings, as_of), *seen)],
    }


def _console_lines(console: ConsoleSettings | None) -> list[str]:
    """Where it is and for whom; a hash is no secret, and of no use to anybody here."""
    if console is None:
        return []
    ways = [f"the tokens of {listed([token.name for token in console.tokens], 'and')}"] if console.tokens else []
    if console.proxy is not None:
        networks = listed([str(each) for each in console.proxy.addresses], "or")
        ways.append(f"whom {console.proxy.header} names, from {networks}")
    known = f"; also named {listed(console.hosts, 'or')}" if console.hosts else ""
    return [f"console   at {console.listen}, for {' and '.join(ways) or 'everybody on this machine'}{known}"]


def _console_document(console: ConsoleSettings) -> dict[str, Any]:
    proxy = console.proxy
    return {
        "listen": str(console.listen),
        "hosts": list(console.hosts),
        "tokens": [token.name for token in console.tokens],
        "proxy": None if proxy is None else {"addresses": [str(each) for each in proxy.addresses], "header": proxy.header},
    }


def _channel_words(channel: Channel) -> str:
    """Which it is and what it is told of; its address is a secret."""
    about = f"the jobs of {inert(channel.owner)}" if channel.owner is not None else ", ".join(sorted(channel.on))
    return f"{inert(channel.name)} ({channel.kind.schema}): {about}"


def _channel_document(channel: Channel) -> dict[str, Any]:
    return {"name": channel.name, "kind": channel.kind.schema, "owner": channel.owner, "on": sorted(channel.on)}


def _tombstone_words(rules: TombstoneRules) -> str:
    kept = f"with the values of their {listed(sorted(rules.keep_values), 'and')}" if rules.keep_values else "without the values"
    of = "" if rules.keep_values else " of variables and parameters"
    return f"each deleted job for {format_duration(rules.keep_for)}, {kept}{of}"


def _target_lines(target: TargetSettings) -> list[str]:
    workspaces = "all workspaces" if target.workspaces is None else f"workspaces {', '.join(target.workspaces)}"
    pace, limits = target.pace, target.limits
    return [
        f"target    {target.name} ({target.mode}): {target.backend} {target.api} at {target.endpoint}",
        f"          project {target.project_id}, {_project_name(target)}; {workspaces}",
        f"          identity {'cannot be asked for: set iam_endpoint' if target.iam_endpoint is None else target.iam_endpoint}",
        f"          logs in with {inert(target.credentials.words)}",
        f"          at most {target.requests_per_second:g} requests a second, {target.concurrency} at once",
        *([_NARROW] if target.listing == "narrow" else []),
        f"          at most {pace.per_sweep} a sweep and {pace.per_day} in 24 h; over {SMALL_PLAN} jobs never more than "
        f"{limits.max_share_percent} % at once; none under {format_duration(limits.min_age)} after its finish",
    ]


def _project_name(target: TargetSettings) -> str:
    return "its name is not checked" if target.project_name is None else f"which must be named {target.project_name}"


def _schedule_lines(schedule: Schedule | None, fires: Sequence[datetime]) -> list[str]:
    if schedule is None:
        return ["          swept by commands only: it has no schedule, which `janitor serve` asks for"]
    late = f", up to {format_duration(schedule.jitter)} later" if schedule.jitter else ""
    lines = [f"          swept {schedule.rhythm}{late}; next:"]
    return [*lines, f"          {', '.join(f'{fire:%a %Y-%m-%d %H:%M:%SZ}' for fire in fires)}"]


def _who_keeps_what(target: TargetSettings, settings: Settings, as_of: datetime) -> list[str]:
    """Which policies govern a target, what each of them and each hold keeps, and what happens where several select a job."""
    governing = list_governing(settings, target)
    holds = [hold for hold in settings.holds if hold.targets is None or target.name in hold.targets]
    lines = ["          nothing is deleted here: the target observes"] if target.mode is Mode.OBSERVE else []
    for policy in governing:
        asked = ", asked last" if policy.fallback else ""
        lines.append(f"          policy {policy.name} {_VERBS[policy.mode]}{asked}: {render_rules(policy)}")
    lines += [f"          hold {hold.name} keeps {_hold_words(hold)}" for hold in holds if not hold.has_ended(as_of)]
    for names in _sharing(governing):
        lines.append(f"          {listed(names, 'and')} can select the same job: the longest wins, it goes when all let it go")
    return [*lines, f"          every {'other ' if governing else ''}job is kept: no policy selects it"]


def _sharing(policies: Sequence[Policy]) -> list[list[str]]:
    """The groups of policies in which each may select a job that another of the group selects too."""
    groups: list[list[Policy]] = []
    for policy in policies:
        near = [group for group in groups if any(can_share_jobs(policy, other) for other in group)]
        groups = [group for group in groups if group not in near]
        groups.append([*(other for group in near for other in group), policy])
    return [[policy.name for policy in group] for group in groups if len(group) > 1]


def _hold_words(hold: Hold) -> str:
    covered = f"jobs {', '.join(sorted(hold.job_ids))}" if hold.match is None else f"jobs {render_selector(hold.match)}"
    end = "without end" if hold.until is None else f"to the end of {hold.until}"
    asked = "" if hold.owner is None else f", asked for by {inert(hold.owner)}"
    return f"{covered}, {end}{asked}: {inert(hold.reason)}"


def _targets_words(hold: Hold) -> str:
    return "every target" if hold.targets is None else f"target {' and '.join(sorted(hold.targets))}"


def _target_document(target: TargetSettings, settings: Settings, fires: Sequence[datetime]) -> dict[str, Any]:
    holds = [hold.name for hold in settings.holds if hold.targets is None or target.name in hold.targets]
    plain = (
        "name",
        "mode",
        "listing",
        "backend",
        "api",
        "endpoint",
        "iam_endpoint",
        "region",
        "project_id",
        "project_name",
        "proxy",
    )
    return {
        **{word: None if (value := getattr(target, word)) is None else str(value) for word in plain},
        "credentials": _WAYS[type(target.credentials)],
        "ca_file": None if target.ca_file is None else str(target.ca_file),
        "workspaces": "all" if target.workspaces is None else list(target.workspaces),
        "rate": {"requests_per_second": target.requests_per_second, "concurrency": target.concurrency},
        "pace": {"per_sweep": target.pace.per_sweep, "per_day": target.pace.per_day},
        "limits": {
            "max_share": f"{target.limits.max_share_percent}%",
            "min_age": format_duration(target.limits.min_age),
        },
        "schedule": None if target.schedule is None else _schedule_document(target.schedule, fires),
        "policies": [policy.name for policy in list_governing(settings, target)],
        "holds": holds,
    }


def _schedule_document(schedule: Schedule, fires: Sequence[datetime]) -> dict[str, Any]:
    return {
        "cron": None if schedule.cron is None else schedule.cron.text,
        "every": None if schedule.every is None else format_duration(schedule.every),
        "jitter": format_duration(schedule.jitter) if schedule.jitter else None,
        "timezone": schedule.timezone,
        "next": [instant(fire) for fire in fires],
    }


def _finding_document(finding: Finding) -> dict[str, Any]:
    about = {"target": finding.target, "policy": finding.policy, "hold": finding.hold}
    return {"code": finding.code, "message": inert(finding.text), **about}
