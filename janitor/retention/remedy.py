"""Owns what would have to change for a job where time alone changes nothing: one sentence a reason, for people."""

from collections.abc import Callable, Iterable

from janitor.core.verdict import Verdict
from janitor.retention.change import RANK_UNKNOWN
from janitor.retention.decisions import EVALUATION_FAILED
from janitor.retention.evaluate import ACTIVE, MATCH_UNKNOWN, OUT_OF_SCOPE, UNKNOWN_PHASE, UNMANAGED, WORKSPACE_UNKNOWN
from janitor.retention.selector import Told
from janitor.retention.trace import Asked, Trace
from janitor.retention.vote import EXCEPT_UNKNOWN, EXCEPTED, KEEP_RULE, NO_GROUP, TIME_UNKNOWN


def find_remedy(trace: Trace) -> str | None:
    """Say what would have to change, where time alone changes nothing; None where it does, and where nothing is in the way."""
    decision = trace.decision
    if trace.change is not None:
        return None
    if decision.verdict is Verdict.EXPIRED:
        return f"{' and '.join(decision.observers)} must say `mode: enforce`" if decision.observers else None
    if decision.verdict is Verdict.HELD:
        return " and ".join(_of_holds(trace))
    return _REMEDIES[decision.reason.code](trace)


def _of_holds(trace: Trace) -> Iterable[str]:
    for each in trace.holds:
        doubts = f"; or the platform must tell its {_fields(each.doubts)}" if each.doubts else ""
        yield f"hold {each.hold.name} must be removed{doubts}"
    if trace.marks.hold is not None:
        yield "the mark must be taken off the job"


def _fields(told: Iterable[Told]) -> str:
    return " and ".join(dict.fromkeys(each.field for each in told))


def _doubtful_match(trace: Trace) -> str:
    doubts = [told for asked in trace.asked if asked.selects is None for told in asked.told]
    if any(told.field == "phase" for told in doubts):
        return "its parts ended differently: a policy must name all of their phases, or none of them"
    return f"the platform must tell its {_fields(doubts)}"


def _unselected(trace: Trace) -> str:
    if trace.nearest is None:
        return "a policy must select it; none governs this target"
    return f"a policy must select it; nearest is {trace.nearest.policy.name}, which says no by its {_fields(trace.nearest.told)}"


def _decisive(trace: Trace) -> Asked:
    return next(each for each in trace.asked if each.policy.name == trace.decision.policy)


def _excepted(trace: Trace) -> str:
    asked = _decisive(trace)
    return f"policy {asked.policy.name} must not except it by its {_fields(asked.excepts)}"


def _ranked(trace: Trace) -> str:
    asked = _decisive(trace)
    rules = () if asked.stay is None else asked.stay.rules
    return f"newer jobs must push it out of what policy {asked.policy.name} keeps of its group ({', '.join(rules)})"


def _groupless(trace: Trace) -> str:
    keep = _decisive(trace).policy.keep
    return f"the platform must tell what makes its group: {' and '.join(() if keep is None else keep.per)}"


def _timeless(trace: Trace) -> str:
    if trace.decision.job.never_started:
        return "a sweep must see it ended: it never started, so its age counts from then on"
    return "the platform must tell times of it that can be believed"


_REMEDIES: dict[str, Callable[[Trace], str]] = {
    ACTIVE: lambda _: "it must end: only what has ended is ever deleted",
    UNKNOWN_PHASE: lambda _: "the platform must show it in a phase that janitor knows",
    OUT_OF_SCOPE: lambda _: "the target must name its workspace in `workspaces`",
    WORKSPACE_UNKNOWN: lambda _: "the platform must tell its workspace",
    MATCH_UNKNOWN: _doubtful_match,
    UNMANAGED: _unselected,
    EXCEPTED: _excepted,
    KEEP_RULE: _ranked,
    NO_GROUP: _groupless,
    EXCEPT_UNKNOWN: lambda trace: f"the platform must tell its {_fields(_decisive(trace).excepts)}",
    TIME_UNKNOWN: _timeless,
    RANK_UNKNOWN: lambda _: "the jobs of the target must be listed",
    EVALUATION_FAILED: lambda _: "this must be mended in janitor: please report it",
}
