"""The policies and holds of an ordinary project, and how people edit them in the course of a year."""

from dataclasses import replace
from datetime import date, timedelta

from janitor.core.phase import Phase
from janitor.retention.hold import Hold
from janitor.retention.keep import Keep
from janitor.retention.policy import Mode, Policy, Rules
from janitor.retention.selector import Selector

HELD_PREFIX = "audit-"
OBSERVED_FOR = 6
"""So many days a new target observes."""
DAY = timedelta(days=1)
DONE = frozenset({Phase.COMPLETED})

FAILED = Policy(
    name="failed-runs", match=Selector(phase=frozenset({Phase.FAILED, Phase.ABNORMAL})), after=14 * DAY, mode=Mode.ENFORCE
)
TRIALS = Policy(name="trials", match=Selector(name=("hp-*",), phase=DONE), after=30 * DAY, mode=Mode.ENFORCE)
NIGHTLY = Policy(
    name="nightly",
    match=Selector(name=("nightly-*",), phase=DONE),
    after=7 * DAY,
    keep=Keep(last=5, weekly=4, monthly=6, per=("name_prefix",)),
    grace=2 * DAY,
    mode=Mode.ENFORCE,
)
REST = Policy(
    name="everything-else",
    fallback=True,
    match=Selector(phase=frozenset({Phase.COMPLETED, Phase.FAILED, Phase.TERMINATED})),
    after=180 * DAY,
    mode=Mode.ENFORCE,
)
CANCELLED = Policy(
    name="cancelled", match=Selector(phase=frozenset({Phase.TERMINATED}), owner=frozenset({"nlp"})), after=60 * DAY
)
AUDIT = Hold(name="audit", reason="audited models", match=Selector(name=(f"{HELD_PREFIX}*",)))


def rules_on(day: int, begin: date) -> Rules:
    """The rules of a day: a new target observes first, then people describe, rename, lengthen, shorten a little, and add one."""
    policies = {policy.name: policy for policy in (FAILED, TRIALS, NIGHTLY, REST)}
    edits: list[tuple[int, Policy, dict[str, object]]] = [
        (12, TRIALS, {"description": "Trials lose their value in a month."}),
        (18, REST, {"after": 179 * DAY}),
        (60, FAILED, {"after": 13 * DAY}),
        (95, TRIALS, {"name": "hyperparameters"}),
        (130, NIGHTLY, {"keep": replace(NIGHTLY.keep or Keep(), last=4)}),
        (200, FAILED, {"after": 21 * DAY}),
        (240, REST, {"after": 178 * DAY}),
    ]
    for since, policy, changes in edits:
        if day >= since:
            policies[policy.name] = replace(policies[policy.name], **changes)  # type: ignore[arg-type]  # any field
    if day >= 150:
        policies[CANCELLED.name] = replace(CANCELLED, mode=Mode.OBSERVE if day < 165 else Mode.ENFORCE)
    return Rules(
        target="research",
        mode=Mode.OBSERVE if day < OBSERVED_FOR else Mode.ENFORCE,
        policies=tuple(policies.values()),
        min_age=DAY,
        holds=(AUDIT, *_release_holds(day, begin)),
    )


def _release_holds(day: int, begin: date) -> list[Hold]:
    """One a release, for 90 days; it stands in the file for some time after its end."""
    return [
        Hold(
            name=f"release-{number}",
            reason="in the field",
            match=Selector(name=(f"rc-{number}-*",)),
            until=begin + timedelta(days=28 * number + 95),
        )
        for number in range(day // 28 + 1)
        if day < 28 * number + 200
    ]
