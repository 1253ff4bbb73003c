"""Owns what is lawful but probably not meant: the warnings of `check`, each a pure function of the settings as loaded."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations

from janitor.core.duration import format_duration
from janitor.retention.compare import covers, excepts_all, may_overlap
from janitor.retention.keep import BUCKETS
from janitor.retention.policy import Mode, Policy
from janitor.settings.look_alikes import find_look_alikes
from janitor.settings.model import Settings, TargetSettings
from janitor.settings.shadow import changes_nothing_beside

SHORTEST_SENSIBLE_S = 60
SMALL_NETWORKS = {4: 24, 6: 64}
"""What is wider than these, in bits, is rarely the network of a proxy alone."""
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to look at: a code for machines, what it is about, and a sentence."""

    code: str
    text: str
    target: str | None = None
    policy: str | None = None
    hold: str | None = None


def review_settings(settings: Settings, as_of: datetime) -> tuple[Finding, ...]:
    """Every warning, in the order of the checks below."""
    return (
        *_idle_targets(settings),
        *_unasserted_projects(settings),
        *_unverified_database(settings),
        *_wide_proxies(settings),
        *_busy_schedules(settings),
        *_overlapping_targets(settings),
        *_unavailable_labels(settings, as_of),
        *_preventing_observers(settings),
        *_policies_out_of_scope(settings),
        *_cancelled_policies(settings),
        *_idle_keep_rules(settings),
        *_unreachable_fallbacks(settings),
        *_shadowed_policies(settings),
        *_ended_holds(settings, as_of),
        *_look_alikes(settings),
    )


def list_governing(settings: Settings, target: TargetSettings) -> list[Policy]:
    """The policies that govern a target, in the order of the file."""
    return [policy for policy in settings.policies if policy.targets is None or target.name in policy.targets]


def _idle_targets(settings: Settings) -> Iterator[Finding]:
    for target in settings.targets:
        if not list_governing(settings, target):
            yield Finding(code="no_policy", target=target.name, text=f"no policy governs target {target.name}")


def _unasserted_projects(settings: Settings) -> Iterator[Finding]:
    for target in settings.targets:
        if target.mode is Mode.ENFORCE and target.project_name is None:
            text = (
                f"target {target.name} enforces, but has no project_name: nothing checks that project {target.project_id} "
                "is the one that you mean"
            )
            yield Finding(code="project_name_missing", target=target.name, text=text)


def _unverified_database(settings: Settings) -> Iterator[Finding]:
    if not settings.ledger.is_private:
        text = (
            f"the database of the ledger, {settings.ledger}, may be read and answered by others on the way: add "
            "?sslmode=verify-full&sslrootcert=FILE to its address"
        )
        yield Finding(code="database_unverified", text=text)


def _wide_proxies(settings: Settings) -> Iterator[Finding]:
    """Pods of jobs often share a network with the proxy, and each of them could then say who it is."""
    proxy = None if settings.console is None else settings.console.proxy
    for network in () if proxy is None else proxy.addresses:
        if network.prefixlen < SMALL_NETWORKS[network.version]:
            text = (
                f"console.proxy believes every machine in {network} who it says that it is; name the addresses of the proxy "
                "alone, and let no job run in its network"
            )
            yield Finding(code="proxy_network_wide", text=text)


def _busy_schedules(settings: Settings) -> Iterator[Finding]:
    for target in settings.targets:
        every = None if target.schedule is None else target.schedule.every
        if every is not None and every.total_seconds() < SHORTEST_SENSIBLE_S:
            text = f"target {target.name} is swept more than once a minute, and each sweep lists every job anew"
            yield Finding(code="busy_schedule", target=target.name, text=text)


def _overlapping_targets(settings: Settings) -> Iterator[Finding]:
    """Each target decides by its own policies alone."""
    for one, other in combinations(settings.targets, 2):
        if _place_of(one) == _place_of(other) and _share_workspaces(one, other):
            text = f"targets {one.name} and {other.name} see the same jobs: what one keeps, the other may delete"
            yield Finding(code="targets_overlap", target=one.name, text=text)


def _place_of(target: TargetSettings) -> tuple[str, str, str]:
    """Where a target's jobs are: each generation has its own; an address without a port means the port of its scheme."""
    endpoint = target.endpoint.lower()
    for scheme, port in _PORTS.items():
        if endpoint.startswith(f"{scheme}://"):
            endpoint = endpoint.removesuffix(f":{port}")
    return endpoint, target.project_id, target.api


def _share_workspaces(one: TargetSettings, other: TargetSettings) -> bool:
    if one.workspaces is None or other.workspaces is None:
        return True
    return not set(one.workspaces).isdisjoint(other.workspaces)


def _unavailable_labels(settings: Settings, as_of: datetime) -> Iterator[Finding]:
    """The first generation has no routes for labels (docs/modelarts-api.md, the first generation)."""
    for target in (target for target in settings.targets if target.api == "v1"):
        for policy in (policy for policy in list_governing(settings, target) if policy.asks_labels):
            yield Finding(
                code="labels_unavailable", target=target.name, policy=policy.name, text=_refused(f"policy {policy.name}", target)
            )
        for hold in settings.holds:
            is_asked = hold.asks_labels and not hold.is_spent(as_of) and (hold.targets is None or target.name in hold.targets)
            if is_asked:
                yield Finding(
                    code="labels_unavailable", target=target.name, hold=hold.name, text=_refused(f"hold {hold.name}", target)
                )


def _refused(what: str, target: TargetSettings) -> str:
    return (
        f"{what} asks for labels, which no v1 target can tell, so every sweep of target {target.name} would be refused; "
        "remove `labels` and `label:` there, or leave this target out of its `targets`"
    )


def _preventing_observers(settings: Settings) -> Iterator[Finding]:
    for target in settings.targets:
        governing = list_governing(settings, target) if target.mode is Mode.ENFORCE else []
        for observer in (policy for policy in governing if policy.mode is Mode.OBSERVE):
            prevented = [p.name for p in governing if p.mode is Mode.ENFORCE and can_share_jobs(p, observer)]
            if prevented:
                text = (
                    f"policy {observer.name} only observes, so on target {target.name} no job is deleted that it selects, "
                    f"not even one that {' or '.join(prevented)} lets go"
                )
                yield Finding(code="observer_prevents", target=target.name, policy=observer.name, text=text)


def can_share_jobs(one: Policy, other: Policy) -> bool:
    """Tell whether both policies may select the same job; a fallback is never asked about what another policy selects."""
    return one.fallback is other.fallback and may_overlap(one.match, other.match)


def _policies_out_of_scope(settings: Settings) -> Iterator[Finding]:
    for policy in settings.policies:
        wanted = policy.match.workspace
        scopes = [target.workspaces for target in settings.targets if policy in list_governing(settings, target)]
        if wanted is not None and all(scope is not None and wanted.isdisjoint(scope) for scope in scopes):
            text = (
                f"policy {policy.name} can never select a job: it names workspace {', '.join(sorted(wanted))}, "
                "which no target that it governs covers"
            )
            yield Finding(code="never_matches", policy=policy.name, text=text)


def _cancelled_policies(settings: Settings) -> Iterator[Finding]:
    for policy in settings.policies:
        if policy.except_ is not None and excepts_all(policy.except_, policy.match):
            text = f"policy {policy.name} lets nothing go: its except keeps every job that its match selects"
            yield Finding(code="excepts_all", policy=policy.name, text=text)


def _idle_keep_rules(settings: Settings) -> Iterator[Finding]:
    """What is younger than its age stays anyway, so `within` counts only where it is longer."""
    for policy in (policy for policy in settings.policies if policy.keep is not None):
        keep, shortest = policy.keep, min(*policy.ages, policy.shorten_to or max(policy.ages))
        counts = any(getattr(keep, word) for word in ("last", *BUCKETS))
        if keep is not None and not counts and (keep.within is None or keep.within <= shortest):
            text = f"policy {policy.name} has a keep that keeps nothing: give it a rule that keeps some, or remove it"
            yield Finding(code="keeps_nothing", policy=policy.name, text=text)


def _unreachable_fallbacks(settings: Settings) -> Iterator[Finding]:
    for fallback in (policy for policy in settings.policies if policy.fallback):
        takers = [_takers_of(fallback, list_governing(settings, target)) for target in _governed(settings, fallback)]
        if all(takers):
            names = sorted({name for names in takers for name in names})
            text = f"fallback {fallback.name} can never select a job: {' and '.join(names)} selects every job that it would"
            yield Finding(code="never_matches", policy=fallback.name, text=text)


def _takers_of(fallback: Policy, governing: list[Policy]) -> set[str]:
    """The other policies that together select all that a fallback would, phase by phase; empty where something is left."""
    others, takers = [policy for policy in governing if not policy.fallback], set[str]()
    for phase in fallback.match.phase or ():
        only = replace(fallback.match, phase=frozenset({phase}))
        taker = next((policy for policy in others if covers(policy.match, only)), None)
        if taker is None:
            return set()
        takers.add(taker.name)
    return takers


def _shadowed_policies(settings: Settings) -> Iterator[Finding]:
    """Of two that shadow each other only the later one is named."""
    shadowed: set[str] = set()
    for policy in reversed(settings.policies):
        for other in settings.policies:
            everywhere = {t.name for t in _governed(settings, policy)} <= {t.name for t in _governed(settings, other)}
            if other is not policy and other.name not in shadowed and everywhere and changes_nothing_beside(policy, other):
                shadowed.add(policy.name)
                text = (
                    f"policy {policy.name} never decides: {other.name} selects every job that it selects and keeps it at least "
                    f"as long, {_age(other)} against {_age(policy)}"
                )
                yield Finding(code="shadowed", policy=policy.name, text=text)
                break


def _governed(settings: Settings, policy: Policy) -> list[TargetSettings]:
    return [target for target in settings.targets if policy.targets is None or target.name in policy.targets]


def _age(policy: Policy) -> str:
    return f"{tell_ages(policy, format_duration)} after {policy.since}"


def tell_ages(policy: Policy, tell: Callable[[timedelta], str]) -> str:
    """The age that a policy asks for, or the one of each phase: `1w (abnormal) and 3d (failed)`."""
    if isinstance(policy.after, timedelta):
        return tell(policy.after)
    return " and ".join(f"{tell(age)} ({phase})" for phase, age in sorted(policy.after))


def _ended_holds(settings: Settings, as_of: datetime) -> Iterator[Finding]:
    for hold in settings.holds:
        if hold.has_ended(as_of):
            text = f"hold {hold.name} ended with {hold.until}; give it a later day, or remove it"
            yield Finding(code="hold_ended", hold=hold.name, text=text)


def _look_alikes(settings: Settings) -> Iterator[Finding]:
    for policy in settings.policies:
        sides = (("match", policy.match), ("except", policy.except_))
        for text in (
            f"{side}.{found}" for side, selector in sides if selector is not None for found in find_look_alikes(selector)
        ):
            yield Finding(code="look_alike", policy=policy.name, text=f"policy {policy.name}: {text}; {_RETYPE}")
    for hold in settings.holds:
        for text in () if hold.match is None else find_look_alikes(hold.match):
            yield Finding(code="look_alike", hold=hold.name, text=f"hold {hold.name}: match.{text}; {_RETYPE}")


_RETYPE = "retype it, unless the jobs are spelt so: it fits no other"
