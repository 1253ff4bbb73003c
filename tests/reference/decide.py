"""Owns the decision: the seven lines of the design, one after the other, for all jobs of a case."""

from itertools import pairwise
from typing import Any

from reference.conditions import hits, match, phases
from reference.holding import read_marks, what_holds
from reference.keeping import group_key, keeping_rules

Job = dict[str, Any]
Policy = dict[str, Any]
Case = dict[str, Any]
Answer = dict[str, Any]

ACTIVE = ("creating", "pending", "running", "terminating")
TOLERANCE = 5 * 60_000
YEAR_2015 = 1_420_070_400_000

OUT_OF_SCOPE = {"verdict": "unmanaged", "codes": ["out_of_scope"]}
WORKSPACE_UNKNOWN = {"verdict": "undecidable", "codes": ["workspace_unknown"]}
MATCH_UNKNOWN = {"verdict": "undecidable", "codes": ["match_unknown"]}
UNMANAGED = {"verdict": "unmanaged", "codes": ["unmanaged"]}


def decide(case: Case) -> list[Answer]:
    """One answer for each job of the case, in its order.

    `codes` are the reasons of which any may be given; where policies decided, `codes_of` has those of each policy that did.
    """
    once = {word: value for word, value in case.items() if word != "counted"}
    return [decide_one(job, once) for job in case["jobs"]]


def decide_one(job: Job, case: Case) -> Answer:
    """What settles it without a vote, or how the votes come out."""
    settled, selecting = settle(job, case)
    if not selecting:
        return settled
    return count_votes(job, selecting, case) | {"policies": sorted(policy["name"] for policy in selecting)}


def settle(job: Job, case: Case) -> tuple[Answer, list[Policy]]:
    """Lines 1 to 4: the answer if they give one, else the policies that vote."""
    held = what_holds(job, case)
    if held:
        return {"verdict": "held", "codes": held}, []
    if "unknown" in phases(job):
        return {"verdict": "undecidable", "codes": ["unknown_phase"]}, []
    if any(phase in ACTIVE for phase in phases(job)):
        return {"verdict": "kept", "codes": ["active"]}, []
    if case["workspaces"] is not None and job["workspace"] not in case["workspaces"]:
        return OUT_OF_SCOPE if job["workspace"] else WORKSPACE_UNKNOWN, []
    is_in_doubt, selecting = selectors_of(job, case)
    return MATCH_UNKNOWN if is_in_doubt else UNMANAGED, selecting


def selectors_of(job: Job, case: Case) -> tuple[bool, list[Policy]]:
    """Lines 3 and 4: whether any policy that is asked cannot tell, and those that select the job."""
    for is_fallback in (False, True):
        answers = [(policy, match(job, policy["match"])) for policy in case["policies"] if policy["fallback"] is is_fallback]
        if any(answer is None for _, answer in answers):
            return True, []
        selecting = [policy for policy, answer in answers if answer is True]
        if selecting:
            return False, selecting
    return False, []


def count_votes(job: Job, selecting: list[Policy], case: Case) -> Answer:
    """Line 5: any keep keeps; else any cannot-tell is undecidable; else line 6."""
    votes = {policy["name"]: vote(job, policy, case) for policy in selecting}
    for verdict, kind in (("kept", "keep"), ("undecidable", "cannot_tell")):
        codes_of = {name: found[kind] for name, found in votes.items() if found[kind]}
        if codes_of:
            return {"verdict": verdict, "codes_of": codes_of}
    return let_go(job, selecting, case)


def vote(job: Job, policy: Policy, case: Case) -> dict[str, list[str]]:
    """Every cause to keep the job, and every cause to doubt."""
    keep, cannot_tell = [], []
    excepted = hits(job, policy["except"]) if policy["except"] else False
    if excepted is True:
        keep.append("excepted")
    if excepted is None:
        cannot_tell.append("except_unknown")
    if not are_times_sound(job, policy["since"], case):
        cannot_tell.append("time_unknown")
    for code, since, length in (("too_young", policy["since"], wait(job, policy)), ("min_age", "finished", case["min_age"])):
        time = time_of(job, since, case)
        if is_believable(time, case) and case["as_of"] - time < length:
            keep.append(code)
    if policy["keep"] and excepted is False and not cannot_tell:
        keep += keep_causes(job, policy, case)
    return {"keep": keep, "cannot_tell": cannot_tell}


def keep_causes(job: Job, policy: Policy, case: Case) -> list[str]:
    """A job without the group's key stays; of a group, those that a rule names."""
    if group_key(job, policy["keep"].get("per", [])) is None:
        return ["no_group"]
    return ["keep_rule"] if rank_group(job, policy, case).get(job["id"]) else []


def rank_group(job: Job, policy: Policy, case: Case) -> dict[str, list[str]]:
    """The job's group under a policy: the ids that count in it, newest first, each with the rules that keep it.

    A job whose deletion is under way counts only for such a job.
    """
    per = policy["keep"].get("per", [])
    others = [other for other in case["jobs"] if other["id"] not in case["leaving"] or job["id"] in case["leaving"]]
    mates = [other for other in others if counts(other, policy, case) and group_key(other, per) == group_key(job, per)]
    times = [(place_time(mate, policy["since"], case), mate["id"], time_of(mate, policy["since"], case)) for mate in mates]
    return keeping_rules(times, policy["keep"], case["as_of"])


def place_time(job: Job, since: str, case: Case) -> Any:
    """By what it is placed: its time, but of a job that never started the creation, as nobody tells when it ended."""
    return job["created"] if job["never_started"] else time_of(job, since, case)


def counts(job: Job, policy: Policy, case: Case) -> bool:
    """Whether a job takes a place in its group; found out once a case."""
    found = case.setdefault("counted", {})
    if (policy["name"], job["id"]) not in found:
        found[policy["name"], job["id"]] = does_count(job, policy, case)
    return bool(found[policy["name"], job["id"]])


def does_count(job: Job, policy: Policy, case: Case) -> bool:
    """The policy votes on it and surely does not except it, its times can be believed, and it is not dated in the future."""
    if policy not in settle(job, case)[1]:
        return False
    if policy["except"] and hits(job, policy["except"]) is not False:
        return False
    return are_times_sound(job, policy["since"], case) and time_of(job, policy["since"], case) <= case["as_of"]


def let_go(job: Job, selecting: list[Policy], case: Case) -> Answer:
    """Lines 6 and 7: the grace period, the policy that let go last, and who only observes."""
    ends = {policy["name"]: end_of(job, policy, case) for policy in selecting}
    observers = sorted(policy["name"] for policy in selecting if policy["mode"] == "observe")
    answer = {
        "policy": min(name for name, end in ends.items() if end == max(ends.values())),
        "observers": observers + ["target"] if case["target_mode"] == "observe" else observers,
    }
    grace = max(policy["grace"] for policy in selecting)
    mark = case["marks"].get((job["id"], job["created"]))
    deadline = case["as_of"] + grace if mark is None else mark["since"] + max(mark["grace"], grace)
    if deadline > case["as_of"]:
        return answer | {"verdict": "expiring", "codes": ["grace"], "eligible_at": deadline}
    began = max(ends.values()) if mark is None else max(deadline, *ends.values())
    return answer | {"verdict": "expired", "codes": ["expired"], "eligible_at": began}


def end_of(job: Job, policy: Policy, case: Case) -> Any:
    """When a policy let the job go: its age, the target's least age and `within` were all over."""
    time = time_of(job, policy["since"], case)
    within = (policy["keep"] or {}).get("within", 0)
    return max(time + wait(job, policy), time + within, time_of(job, "finished", case) + case["min_age"])


def wait(job: Job, policy: Policy) -> int:
    """The policy's age, the longest of those for the job's phases; a ttl lengthens it, and shortens it where that is allowed."""
    after = policy["after"]
    age: int = after if isinstance(after, int) else max(after[phase] for phase in phases(job))
    ttl = read_marks(job)["ttl"]
    if ttl is None or (ttl < age and policy["shorten_to"] is None):
        return age
    allowed: int = ttl if ttl >= age else max(ttl, min(policy["shorten_to"], age))
    return allowed


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
    needed = [
        word for word in ("created", "started", "finished") if word in (since, "created", "finished") or not job["never_started"]
    ]
    times = [time_of(job, word, case) for word in needed]
    if not all(is_believable(time, case) for time in times):
        return False
    return all(earlier <= later + TOLERANCE for earlier, later in pairwise(times))
