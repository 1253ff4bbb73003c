"""Owns what people do: they edit the policies, hold jobs and release them, pause and resume, and acknowledge."""

from judge import Rule
from simulation.acts import Act, a_job, nothing
from simulation.dice import Dice, Given, draw_rule
from simulation.universe import TARGET, Simulation

from janitor.ledger.standing import list_holds
from janitor.ledger.standing_changes import add_hold, remove_holds
from janitor.retention.history import LIFTABLE
from janitor.retention.hold import Hold


def rule_of(given: Given) -> Rule:
    """A rule as the judge has it."""
    return Rule(phases=tuple(given["phases"]), days=given["days"], names=tuple(given["names"]), owners=tuple(given["owners"]))


def edit(simulation: Simulation, given: Given) -> bool:
    """Let the rule at a place be another one from the next sweep on, or come to those before it."""
    place, before = given["place"], simulation.rules
    simulation.rules = [*before[:place], rule_of(given["rule"]), *before[place + 1 :]]
    simulation.evidence.law.follow(simulation.clock.true, simulation.rules)
    return simulation.rules != before


def drop(simulation: Simulation, given: Given) -> bool:
    """Let a rule be taken out of the policy file, where it is not the last one."""
    left = [rule for rule in simulation.rules if rule != rule_of(given["rule"])]
    if not left or left == simulation.rules:
        return False
    simulation.rules = left
    simulation.evidence.law.follow(simulation.clock.true, simulation.rules)
    return True


def hold(simulation: Simulation, given: Given) -> bool:
    """Let somebody hold a job in the ledger, whether it is there or not."""
    job_id = simulation.jobs[given["job"] % len(simulation.jobs)]
    with simulation.operator() as ledger:
        name = f"h-{sum(map(len, simulation.evidence.law.held.values()))}"  # no hold has the name of one that ended
        add_hold(ledger, TARGET, Hold(name=name, reason="simulated", job_ids=frozenset({job_id})))
    simulation.evidence.law.hold(job_id, simulation.clock.true)
    return True


def release(simulation: Simulation, _: Given) -> bool:
    """Let all holds of the ledger be removed."""
    with simulation.operator() as ledger:
        records = list_holds(ledger)
        if records:
            remove_holds(ledger, [record.hold.name for record in records], "simulated")
    for record in records:
        for job_id in record.hold.job_ids:
            simulation.evidence.law.release(job_id, simulation.clock.true)
    return bool(records)


def pause(simulation: Simulation, _: Given) -> bool:
    """Let nothing be deleted."""
    if simulation.is_paused:
        return False
    simulation.pause()
    return True


def resume(simulation: Simulation, _: Given) -> bool:
    """Let it go on."""
    if not simulation.is_paused:
        return False
    simulation.resume()
    return True


def acknowledge(simulation: Simulation, given: Given) -> bool:
    """Lift a guard, whether it tripped or not."""
    simulation.acknowledge(given["guard"])
    return True


def _edit(dice: Dice) -> Given:
    place, rule = dice.one_of((0, 1)), draw_rule(dice)
    dice.rules[place : place + 1] = [rule]
    return {"place": place, "rule": rule}


OPERATOR_ACTS = {
    "edit": Act(weight=3, draw=_edit, do=edit),
    "drop": Act(weight=0, draw=lambda dice: {"rule": dice.one_of(dice.rules)}, do=drop),
    "hold": Act(weight=3, within=3, draw=a_job, do=hold, writes=True),
    "release": Act(weight=4, within=1, draw=nothing, do=release, writes=True),
    "pause": Act(weight=2, within=1, draw=nothing, do=pause, writes=True),
    "resume": Act(weight=5, within=1, draw=nothing, do=resume, writes=True),
    "acknowledge": Act(weight=3, within=1, draw=lambda dice: {"guard": dice.one_of(LIFTABLE)}, do=acknowledge, writes=True),
}
"""All that people do to janitor."""
