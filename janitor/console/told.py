"""Owns what an event is about, in a few words: the sentence that it carries, or its numbers."""

from collections.abc import Callable, Mapping
from typing import Any

from janitor.console.words import number, plural
from janitor.core import events as names

Event = Mapping[str, Any]
_REASONS = ("reason", "hold_reason")


def tell_event(event: Event) -> str:
    """The words; empty where it has none of its own."""
    tell = _TELLERS.get(str(event.get("event")))
    told = "" if tell is None else tell(event)
    reason = next((str(event[name]) for name in _REASONS if event.get(name)), "")
    return "; ".join(filter(None, [told, reason])) if told != reason else told


def _counts(counts: object, nothing: str = "nothing to do") -> str:
    given = counts.items() if isinstance(counts, Mapping) else ()
    return ", ".join(f"{_number(value)} {str(name).replace('_', ' ')}" for name, value in given if value) or nothing


def _number(value: object) -> str:
    """An event of an older or a strange janitor may have anything here."""
    return number(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _listed(event: Event) -> str:
    listed = event.get("listed")
    return plural(listed, "job") if isinstance(listed, int) else ""


def _recovered(event: Event) -> str:
    counts = {name: event.get(name) for name in ("confirmed", "already_gone", "failed", "skipped", "open")}
    return _counts(counts, "nothing was left open")


def _loaded(event: Event) -> str:
    policies = event.get("policies")
    return f"{event.get('source')}" + (f", {plural(len(policies), 'policy', 'policies')}" if isinstance(policies, list) else "")


_TELLERS: dict[str, Callable[[Event], str]] = {
    names.LISTING_COMPLETED: _listed,
    names.PLAN_BUILT: lambda event: f"{_number(event.get('planned'))} planned, {_number(event.get('set_aside'))} set aside",
    names.PLAN_APPLIED: lambda event: f"{_number(event.get('planned'))} planned, {_number(event.get('dropped'))} dropped",
    names.PLAN_REFUSED: lambda event: str(event.get("by") or ""),
    names.SWEEP_FINISHED: lambda event: _counts(event.get("outcomes")),
    names.SWEEP_ABORTED: lambda event: str(event.get("code") or ""),
    names.LISTING_FAILED: lambda event: str(event.get("code") or ""),
    names.RECOVERY_COMPLETED: _recovered,
    names.CONFIG_LOADED: _loaded,
    names.GUARD_ACKNOWLEDGED: lambda event: str(event.get("guard") or ""),
    names.NOTICE_DELIVERED: lambda event: str(event.get("channel") or ""),
    names.NOTICE_FAILED: lambda event: str(event.get("channel") or ""),
}
