"""Owns which faults of the platform are drawn: every action on every route, and no lie that nobody can see through."""

from functools import partial
from typing import Any

from simulation.acts import Act, nothing
from simulation.dice import Dice, Given
from simulation.platform_acts import PLATFORM_ACTS
from simulation.universe import Simulation

from janitor.emulator.faults import Fault

ROUTES = {"list": 5, "get": 5, "delete": 6, "batch_delete": 8, "find_by_tags": 3, "all_tags": 3, "tags": 3, "identity": 3}
ANYWHERE = {
    "status": 6,
    "status_after": 3,
    "reset_before": 2,
    "reset_after": 2,
    "hang_before": 1,
    "hang_after": 1,
    "truncate_length": 1,
    "truncate_close": 1,
    "slow_body": 1,
    "html": 1,
    "empty": 1,
    "invalid_json": 1,
    "body": 1,
    "redirect": 1,
    "not_found_all": 1,
    "false_success": 1,
    "leak": 1,
    "before": 2,
}
ON_LISTS = {"empty_list": 2, "duplicate_item": 2, "drop_item": 2, "grow_total": 2, "endless": 1}
ON_DELETIONS = {"late_delete": 4}
ON_SHORT_LISTS = ON_LISTS | {"drop_item": 4, "lagging_list": 4}
ON_SEARCHES = {"duplicate_item": 2, "drop_item": 3, "grow_total": 3, "endless": 1}
ROUTES_BY_LISTS = ROUTES | {"list": 14, "find_by_tags": 5, "all_tags": 5}
NTH = {"get": (1, 1, 2, 3, 5, 8), "delete": (1, 1, 2, 3)}
NTH_BY_LISTS = NTH | {"list": (2, 2, 3, 3, 4, 5, 6, 8)}
"""At the how manieth request on a route its fault strikes; of the other routes there are few in a sweep."""
STATUSES = (400, 401, 403, 404, 409, 429, 500, 502, 503, 504)
CODES = (None, None, "ModelArts.2775", "ModelArts.2878", "APIG.0101", "ModelArts.0108")
NOT_FOUND = "ModelArts.2775"
DELETIONS, REFUSALS = ("delete", "batch_delete"), (401, 403, 404, 409, 429)
BODIES = ("[]", "{}", "null", '{"items": 7}', '{"kind": "job"}', "\u0000", "1e999")


def draw_fault(dice: Dice) -> Given:
    """One fault; most strike once or twice, some until everything is well again."""
    route = dice.pick(ROUTES_BY_LISTS if dice.looks_large else ROUTES)
    action = dice.pick(ANYWHERE | _actions_on(route, looks_large=dice.looks_large))
    nth = dice.one_of((NTH_BY_LISTS if dice.looks_large else NTH).get(route, (1, 1, 1, 2)))
    given = {"route": route, "action": action, "nth": nth, "times": dice.pick({1: 6, 2: 2, 3: 1, 0: 2})}
    return _told_truly(given | DETAILS.get(action, nothing)(dice))


def draw_list_fault(dice: Dice) -> Given:
    """A fault of the next list of jobs, or search for labels; what makes lists lie comes more often than any other."""
    route = dice.pick({"list": 8, "find_by_tags": 2, "all_tags": 2})
    lies = {action: 4 * weight for action, weight in _actions_on(route, looks_large=True).items()}
    action = dice.pick(ANYWHERE | lies)
    given: Given = {"route": route, "action": action, "nth": dice.one_of((1, 1, 2)), "times": dice.pick({1: 6, 2: 2, 0: 1})}
    details: Given = DETAILS.get(action, nothing)(dice)
    return given | details


def _actions_on(route: str, *, looks_large: bool) -> dict[str, int]:
    """What may befall a route beside what may befall all."""
    if route == "list":
        return ON_SHORT_LISTS if looks_large else ON_LISTS
    if route == "find_by_tags" and looks_large:
        return ON_SEARCHES
    return ON_DELETIONS if route in DELETIONS else {}


def _told_truly(given: Given) -> Given:
    """Nobody sees through a platform that says of one job once that it is not there, and shows the others: it says so of all.

    Nor through one that deletes a job and says that it refused to.
    """
    if given["action"] == "status_after" and given["route"] in DELETIONS and given["status"] in REFUSALS:
        return given | {"status": 500}
    is_not_found = given["action"] == "not_found_all" or given.get("code") == NOT_FOUND
    return given | {"times": 0} if given["route"] == "get" and is_not_found else given


def strike(simulation: Simulation, given: Given) -> bool:
    """Let the fault wait for its request."""
    fields: dict[str, Any] = dict(given) | {"times": given["times"] or None}
    if "change" in fields:
        word, what = fields["change"]
        fields["change"] = lambda _: PLATFORM_ACTS[word].do(simulation, what)
    simulation.strike(Fault(fields.pop("route"), fields.pop("action"), **fields))
    return True


def recover(simulation: Simulation, _: Given) -> bool:
    """Let the platform be well again."""
    had = bool(simulation.platform.faults.scripted())
    simulation.platform.faults.clear()
    return had


def _status(dice: Dice, *, may_accept: bool) -> Given:
    status = dice.one_of((*STATUSES, 202) if may_accept and dice.happens(0.3) else STATUSES)
    retry_after = {"Retry-After": dice.one_of(("1", "120", "soon"))} if status in (429, 503) and dice.happens(0.5) else {}
    return {"status": status, "code": dice.one_of(CODES), "headers": retry_after}


def _change(dice: Dice) -> Given:
    word = dice.pick({word: act.within for word, act in PLATFORM_ACTS.items()})
    return {"change": [word, PLATFORM_ACTS[word].draw(dice)]}


def _seconds(*choices: float) -> Any:
    return lambda dice: {"seconds": dice.one_of(choices)}


DETAILS: dict[str, Any] = {
    "status": partial(_status, may_accept=True),
    "status_after": partial(_status, may_accept=False),
    "hang_before": _seconds(5.0, 60.0),
    "hang_after": _seconds(5.0, 60.0),
    "late_delete": _seconds(0.1, 3.0, 20.0, 200.0, 90_000.0),
    "slow_body": _seconds(0.001, 2.0),
    "body": lambda dice: {"body": dice.one_of(BODIES), "status": dice.one_of((200, 202, 204))},
    "redirect": lambda dice: {"location": "https://elsewhere.example/", "status": dice.one_of((301, 302, 307, 308))},
    "endless": lambda dice: {"fresh": dice.happens(0.5)},
    "grow_total": lambda dice: {"by": dice.one_of((-1, 1, 3))},
    "before": _change,
}

FAULT_ACTS = {
    "strike": Act(weight=30, within=2, draw=draw_fault, do=strike),
    "recover": Act(weight=3, draw=nothing, do=recover),
}
"""The platform fails, and is well again."""
