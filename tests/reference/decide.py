"""Owns the decision: the seven lines of the design, one after the other, for all jobs of a case."""

from typing import Any

from reference.conditions import hits, match, phases
from reference.holding import read_marks, why_held
from reference.keeping import group_key, kept_ids

Job = dict[str, Any]
Policy = dict[str, Any]
Case = dict[str, Any]
Answer = dict[str, Any]

ACTIVE = ("creating", "pending", "running", "terminating")
TOLERANCE = 5 * 60_000
YEAR_2015 = 1_420_070_400_000


def decide(case: Case) -> list[Answer]:
    """One answer for each job of the case, in its order."""
    return [decide_one(job, case) for job in case["jobs"]]


def decide_one(job: Job, case: Case) -> Answer:
    """Lines 1 to 4 for one job, then its votes."""
    held = why_held(job, case)
    if held is not None:
        return {"verdict": "held", "code": held}
    if any(phase in ACTIVE for phase in phases(job)):
        return {"verdict": "kept", "code": "active"}
    if "unknown" in phases(job):
        return {"verdict": "undecidable", "code": "unknown_phase"}
    if case["workspaces"] is not None and job["workspace"] not in case["workspaces"]:
        is_elsewhere = bool(job["workspace"])
        return {"verdict": "unmanaged", "code": "out_of_scope"} if is_elsewhere else doubt("workspace_unknown", [])
    doubting, selecting = selectors_of(job, case)
    if doubting:
        return doubt("match_unknown", doubting)
    if not selecting:
        return {"verdict": "unmanaged", "code": "unmanaged"}
    return count_votes(job, selecting, case) | {"policies": sorted(policy["name"] for policy in selecting)}


def doubt(code: str, names: list[str]) -> Answer:
    """Nobody can tell; the first by name says so."""
    return {"verdict": "undecidable", "code": code, "policy": min(names, default=None)}


def selectors_of(job: Job, case: Case) -> tuple[list[str], list[Policy]]:
    """Lines 3 and 4: the names of those that cannot tell, and those that select the job."""
    for is_fallback in (False, True):
        answers = [(policy, match(job, policy["match"])) for policy in case["policies"] if policy["fallback"] is is_fallback]
        doubting = [policy["name"] for policy, answer in answers if answer is None]
        selecting = [policy for policy, answer in answers if answer is True]
        if doubting or selecting:
            return doubting, selecting
    return [], []


def count_votes(job: Job, selecting: list[Policy], case: Case) -> Answer:
    """Line 5: any keep keeps; else any cannot-tell is undecidable; else line 6."""
    votes = {policy["name"]: vote(job, policy, case) for policy in selecting}
    for verdict, kind in (("kept", "keep"), ("undecidable", "cannot_tell")):
        causes = {name: found[kind] for name, found in votes.items() if found[kind]}
        if causes:
            return {"verdict": verdict, "causes": causes}
    return let_go(job, selecting, case)


def vote(job: Job, policy: Policy, case: Case) -> dict[str, list[str]]:
    """Every cause to keep, and every cause to doubt."""
    keep, cannot_tell = [], []
    excepted = hits(job, policy["except"]) if policy["except"] else False
    if excepted is True:
        keep.append("excepted")
    if excepted is None:
        cannot_tell.append("except_unknown")
    if not are_times_sound(job, policy["since"], case):
        cannot_tell.append("time_unknown")
    time = time_of(job, policy["since"], case)
    if is_believable(time, case) and time + wait(job, policy) > case["as_of"]:
        keep.append("too_young")
    finish = time_of(job, "finished", case)
    if is_believable(finish, case) and finish + case["min_age"] > case["as_of"]:
        keep.append("min_age")
    if policy["keep"]:
        keep += keep_causes(job, policy, case)
    return {"keep": keep, "cannot_tell": cannot_tell}


def keep_causes(job: Job, policy: Policy, case: Case) -> list[str]:
    """A job without the group's key stays; of a group, those that a rule names."""
    group = group_key(job, policy["keep"].get("per", []))
    if group is None:
        return ["no_group"]
    if not counts(job, policy, case):
        return []
    members = [other for other in case["jobs"] if counts(other, policy, case)]
    mates = [other for other in members if group_key(other, policy["keep"].get("per", [])) == group]
    times = [(time_of(mate, policy["since"], case), mate["id"]) for mate in mates]
    return ["keep_rule"] if job["id"] in kept_ids(times, policy["keep"], case["as_of"]) else []


def counts(job: Job, policy: Policy, case: Case) -> bool:
    """Whether a job fills a place in its group: the policy votes on it, surely does not except it, and its time is past."""
    known = case.setdefault("counts", {})
    if (policy["name"], job["id"]) not in known:
        known[policy["name"], job["id"]] = does_count(job, policy, case)
    return bool(known[policy["name"], job["id"]])


def does_count(job: Job, policy: Policy, case: Case) -> bool:
    """As `counts`, which remembers."""
    if why_held(job, case) is not None or any(phase in ("unknown", *ACTIVE) for phase in phases(job)):
        return False
    if case["workspaces"] is not None and job["workspace"] not in case["workspaces"]:
        return False
    doubting, selecting = selectors_of(job, case)
    if doubting or policy not in selecting:
        return False
    if policy["except"] and hits(job, policy["except"]) is not False:
        return False
    return are_times_sound(job, policy["since"], case) and time_of(job, policy["since"], case) <= case["as_of"]


def let_go(job: Job, selecting: list[Policy], case: Case) -> Answer:
    """Lines 6 and 7: the grace period, the policy that let go last, and who only observes."""
    ends = {policy["name"]: time_of(job, policy["since"], case) + wait(job, policy) for policy in selecting}
    last = min(name for name, end in ends.items() if end == max(ends.values()))
    observers = sorted(policy["name"] for policy in selecting if policy["mode"] == "observe")
    observers += ["target"] if case["target_mode"] == "observe" else []
    answer = {"policy": last, "observers": observers}
    grace = max(policy["grace"] for policy in selecting)
    mark = case["marks"].get((job["id"], job["created"]))
    deadline = case["as_of"] + grace if mark is None else mark["since"] + max(mark["grace"], grace)
    if deadline > case["as_of"]:
        return answer | {"verdict": "expiring", "code": "grace", "eligible_at": deadline}
    return answer | {"verdict": "expired", "code": "expired"}


def wait(job: Job, policy: Policy) -> int:
    """The policy's age, the longest of those for the job's phases; a ttl lengthens it, and shortens it where that is allowed."""
    after = policy["after"]
    age: int = after if isinstance(after, int) else max(after[phase] for phase in phases(job))
    ttl = read_marks(job)["ttl"]
    if ttl is None or (ttl < age and policy["shorten_to"] is None):
        return age
    return ttl if ttl >= age else max(ttl, min(policy["shorten_to"], age))


def time_of(job: Job, since: str, case: Case) -> Any:
    """A time of the job, or None; a job that never started finished when a sweep first saw it so."""
    if since == "finished" and job["never_started"]:
        return case["first_seen"].get((job["id"], job["created"]))
    return job[since]


def is_believable(time: int | None, case: Case) -> bool:
    """Not missing, not from before there were such services, not from the future by more than two clocks may differ."""
    return time is not None and YEAR_2015 <= time <= case["as_of"] + TOLERANCE


def are_times_sound(job: Job, since: str, case: Case) -> bool:
    """Whether every time that the job must have can be believed, and all of them together."""
    needed = [word for word in ("created", "started", "finished") if word in (since, "created", "finished") or not job["never_started"]]
    times = [time_of(job, word, case) for word in needed]
    if not all(is_believable(time, case) for time in times):
        return False
    return all(earlier <= later + TOLERANCE for earlier, later in zip(times, times[1:], strict=False))
