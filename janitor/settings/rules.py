"""Owns the rules of one target of a policy file: its policies, limits, scope, and the holds of the file."""

from dataclasses import replace

from janitor.retention.policy import Rules
from janitor.settings.model import Settings, TargetSettings


def rules_of(settings: Settings, target: TargetSettings) -> Rules:
    """Everything in the file that decides about the jobs of a target."""
    scope = None if target.workspaces is None else frozenset(target.workspaces)
    rules = Rules.of_target(target.name, target.mode, settings.policies, target.limits, scope).with_holds(settings.holds)
    return replace(rules, with_channel=frozenset(each.owner for each in settings.channels if each.owner is not None))
