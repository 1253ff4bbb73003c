"""Owns the limits and guards that refuse a plan whole; each is a pure function that answers with a Refusal or None."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from shlex import quote

from janitor.core.job import CLOCK_TOLERANCE
from janitor.core.plan import Plan, Refusal
from janitor.retention.policy import Rules

SMALL_PLAN = 10
"""Up to this many deletions, shares say nothing: 1 of 2 jobs is 50 %."""


def check_max_share(plan: Plan, percent: int, terminal_listed: int) -> Refusal | None:
    """Refuse a plan of more than 10 jobs that takes more than its share of the terminal jobs listed."""
    planned = len(plan.entries)
    if planned <= SMALL_PLAN or planned * 100 <= percent * terminal_listed:
        return None
    message = (
        f"{planned} of {terminal_listed} finished jobs would be deleted, more than max_share {percent}%; look at "
        f"`janitor plan --target {plan.target}`, then lower pace.per_sweep or raise limits.max_share"
    )
    return Refusal(by="max_share", message=message)


def check_clock(skew: timedelta | None, as_of: datetime, last_finished: datetime | None) -> Refusal | None:
    """Refuse where either of the two below does: then no time can be relied on."""
    return check_skew(skew) or check_went_back("T", as_of, last_finished)


def check_skew(skew: timedelta | None) -> Refusal | None:
    """Refuse when our clock and the server's differ by over 5 minutes; nobody can lift that."""
    if skew is None or abs(skew) <= CLOCK_TOLERANCE:
        return None
    ahead = "ahead of" if skew > timedelta(0) else "behind"
    seconds = int(abs(skew).total_seconds())
    text = f"the server's clock is {seconds} s {ahead} ours, so no age can be trusted; set this machine's clock"
    return Refusal(by="clock", message=text, facts={"skew_s": int(skew.total_seconds())})


def check_set(set_by: timedelta, skew: timedelta | None) -> Refusal | None:
    """Refuse when our clock was set by over 5 minutes since the time for deciding was read; nobody can lift that.

    The clock may be right by now, and agree with the server's: what was read of it before need not be. That time is compared
    with the server's too, since two smaller differences may add up.
    """
    worst = max(set_by, set_by + (skew or timedelta(0)), key=abs)
    if abs(worst) <= CLOCK_TOLERANCE:
        return None
    seconds = int(worst.total_seconds())
    text = (
        f"this machine's clock was set by {seconds:+d} s since the sweep began, so no age can be trusted; nothing is wrong if it "
        "is right now: the next sweep goes by it"
    )
    return Refusal(by="clock", message=text, facts={"set_by_s": seconds})


def check_went_back(target: str, as_of: datetime, last_finished: datetime | None) -> Refusal | None:
    """Refuse when our clock went back against the last finished sweep by over 5 minutes."""
    if last_finished is None or as_of >= last_finished - CLOCK_TOLERANCE:
        return None
    text = (
        f"the last finished sweep ended at {last_finished.isoformat()}, but this machine says {as_of.isoformat()}; set this "
        f"machine's clock. If it is right now, and was wrong then: `janitor acknowledge clock --target {quote(target)} "
        "--reason TEXT`, which holds while the server's clock agrees"
    )
    return Refusal(by="clock", message=text, facts={"went_back_s": int((last_finished - as_of).total_seconds())})


def check_identity(expected_id: str, expected_name: str | None, seen: tuple[tuple[str, str], ...]) -> Refusal | None:
    """Refuse when the credentials do not see exactly one project of the configured name, with the configured id."""
    matching = [project_id for project_id, name in seen if expected_name in (None, name)]
    if expected_name is None and expected_id in matching:
        return None
    if matching == [expected_id]:
        return None
    found = ", ".join(matching) or "none"
    wanted = f"project_name {expected_name}" if expected_name else "any project"
    text = f"the credentials see {found} for {wanted}, but project_id is {expected_id}; mend the target's project or credentials"
    return Refusal(by="identity", message=text)


def check_labels(rules: Rules, as_of: datetime, *, has_labels: bool, had_labels: bool | None = None) -> Refusal | None:
    """Refuse where the platform tells no labels now, and told them before or a policy or hold of the target asks for them.

    What labels held would be let go, and what asks for them would get an answer that is made up. `had_labels` is None where
    nothing is known of the past.
    """
    if has_labels:
        return None
    if had_labels:
        text = (
            f"the last sweep of target {rules.target} read the tags of its jobs, and the platform says now that it has none, so "
            "what they held would be let go; look at `janitor doctor`. If that is so for good, give the target another name"
        )
        return Refusal(by="labels_unavailable", message=text)
    needing = tuple(_needing_labels(rules, as_of))
    if not needing:
        return None
    text = (
        f"{' and '.join(needing)} asks for labels, and the platform of target {rules.target} has no routes that tell them; "
        "remove `labels` there, or leave this target out of its `targets`"
    )
    return Refusal(by="labels_unavailable", message=text)


def _needing_labels(rules: Rules, as_of: datetime) -> Iterator[str]:
    for policy in rules.policies:
        if policy.asks_labels:
            yield f"policy {policy.name}"
    for hold in rules.holds:
        if hold.asks_labels and not hold.is_spent(as_of):
            yield f"hold {hold.name}"
