"""Owns the drawing of jobs: what everything of a walk is drawn with, one job that may go, and the kinds that only look so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

Value = TypeVar("Value")
Given = dict[str, Any]
"""What a step is given, as JSON has it, so that a walk can be kept as a line of text."""

PHASES = ("Completed", "Failed", "Terminated")
OWNERS = ("ann", "bob", "ci-bot")


@dataclass(kw_only=True)
class Dice:
    """A random generator, and what is known of the world by now: its rules, how many jobs it had, whether it tells tags.

    In one that `looks_large` the jobs of a plan are looked at by lists.
    """

    random: Random
    rules: list[Given]
    jobs: int = 0
    has_tags: bool = True
    looks_large: bool = False

    def job(self) -> int:
        """One of the jobs, by its number."""
        return self.random.randrange(max(self.jobs, 1))

    def pick(self, weighted: dict[Value, int]) -> Value:
        """One of these, the heavier the likelier."""
        return self.random.choices(list(weighted), list(weighted.values()))[0]

    def one_of(self, values: Sequence[Value]) -> Value:
        """Any of these."""
        return self.random.choice(values)

    def happens(self, share: float) -> bool:
        """Whether something happens that does so this often."""
        return self.random.random() < share


def draw_rule(dice: Dice) -> Given:
    """A rule; the first one of a world is wide, so that something may go."""
    is_first = not dice.rules
    return {
        "phases": sorted(dice.random.sample(PHASES, 3 if is_first and dice.happens(0.5) else dice.one_of((1, 2)))),
        "days": dice.one_of((1, 3, 7)),
        "names": dice.one_of((["*"], ["*"], ["trial-*"])),
        "owners": [] if dice.happens(0.6) else [dice.one_of(OWNERS)],
    }


def draw_legitimate(dice: Dice) -> Given:
    """A job that each rule which selects it lets go, and the first one does select it."""
    rule = dice.rules[0]
    return {
        "days": round(dice.random.uniform(8, 60), 3),
        "phase": dice.one_of(rule["phases"]),
        "metadata": {"name": f"trial-{dice.random.randrange(9)}", "user_name": dice.one_of(rule["owners"] or OWNERS)},
    }


def draw_tempting(dice: Dice) -> Given:
    """A job that differs from one that may go in one thing."""
    is_between = len({rule["days"] for rule in dice.rules}) > 1
    tempting = {
        "held by tag": dice.has_tags,
        "old enough for some rules": is_between,
        "wrong name": _ask(dice, "names", ["*"]),
        "wrong owner": _ask(dice, "owners", []),
        "of another workspace": dice.looks_large,
    }
    word = dice.one_of([word for word in TEMPTATIONS if tempting.get(word, True)])
    return {"why": word} | TEMPTATIONS[word](dice, draw_legitimate(dice))


def _ask(dice: Dice, field: str, everybody: list[str]) -> bool:
    """Whether every rule asks for something there, so that a job which is otherwise must stay."""
    return all(rule[field] != everybody for rule in dice.rules)


def draw_job(dice: Dice) -> Given:
    """Either."""
    dice.jobs += 1
    return draw_legitimate(dice) if dice.happens(0.5) else draw_tempting(dice)


def _with(job: Given, part: str, **fields: Any) -> Given:
    return job | {part: job.get(part, {}) | fields}


TEMPTATIONS: dict[str, Callable[[Dice, Given], Given]] = {
    "active": lambda dice, job: job | {"phase": dice.one_of(("Running", "Pending", "Creating", "Terminating"))},
    "young": lambda dice, job: job | {"days": round(dice.random.uniform(0.01, 0.9), 4)},
    "old enough for some rules": lambda dice, job: job | {"days": round(dice.random.uniform(1, 7), 3)},
    "kept for longer by its owner": lambda dice, job: _with(job, "metadata", description=f"janitor-ttl={dice.one_of((30, 90))}d"),
    "held by tag": lambda _, job: job | {"tags": {"janitor-hold": "paper"}},
    "held by description": lambda dice, job: _with(
        job, "metadata", description=dice.one_of(("janitor-hold", "x janitor-hold: y"))
    ),
    "unknown phase": lambda dice, job: job | {"phase": dice.one_of(("Mystery", "Abnormal", "Lost", "failed "))},
    "began before it was created": lambda _, job: _with(job, "status", start_shift_ms=-3 * 86_400_000),
    "never started": lambda _, job: _with(job, "status", start_time=0, duration=0),
    "ends in the future": lambda _, job: _with(job, "status", duration=400 * 86_400_000),
    "without duration": lambda _, job: _with(job, "status", duration=0),
    "wrong name": lambda _, job: _with(job, "metadata", name="Trial-1"),
    "wrong owner": lambda _, job: _with(job, "metadata", user_name="eve"),
    "other kind": lambda _, job: job | {"kind": "notebook"},
    "of another workspace": lambda _, job: _with(job, "metadata", workspace_id="b" * 32),
}
"""What only looks as if it may go; some of them may in time, as somebody changes them or the rules."""
