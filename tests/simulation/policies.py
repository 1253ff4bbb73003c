"""The rules of a simulation as janitor's own values."""

from collections.abc import Sequence
from datetime import timedelta

from builders import make_policy, make_rules
from judge import Rule

from janitor.core.phase import Phase
from janitor.retention.policy import Mode, Rules
from janitor.retention.selector import Selector

PHASES = {"Completed": Phase.COMPLETED, "Failed": Phase.FAILED, "Terminated": Phase.TERMINATED}


def rules_of_janitor(rules: Sequence[Rule], grace_s: float) -> Rules:
    """One policy for each rule, all of them enforced."""
    policies = [
        make_policy(
            name=f"rule-{number}",
            match=Selector(
                phase=frozenset(PHASES[phase] for phase in rule.phases),
                owner=frozenset(rule.owners) or None,
                name=None if rule.names == ("*",) else rule.names,
            ),
            after=timedelta(days=rule.days),
            grace=timedelta(seconds=grace_s),
            mode=Mode.ENFORCE,
        )
        for number, rule in enumerate(rules)
    ]
    return make_rules(*policies)
