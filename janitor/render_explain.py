"""Owns the text of `janitor explain`, made of its document."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from janitor.core.text import inert

Document = Mapping[str, Any]
_VOTES = {"keep": "keeps it", "cannot_tell": "cannot tell", "let_go": "lets it go"}
_OUTCOMES = {
    "accepted": "the platform took the request, and the job was not seen gone yet; each sweep looks again",
    "intended": "whether the request left is not known yet; each sweep looks again",
}

_LATE = "the request was not seen to be applied, and nothing says that it was not: it may have been applied later"
_STUCK = "open for over 24 h; a job that is still there 7d after an accepted request is decided about anew"


def render_explanation(told: Document) -> str:
    """What one target tells of a job that it shows, or why it could not be asked."""
    return "\n".join(_head(told) if told["job"] is None else [*_head(told), *_decision(told), *_standing(told), *_policies(told)])


def render_deletion(told: Document) -> str:
    """What became of one attempt to delete a job: when, by whom, by which rule; an open one says so."""
    more = f" of {', '.join(told['policies'])}" if len(told["policies"]) > 1 else ""
    is_open = told["outcome"] in _OUTCOMES
    by = f"in target {told['target']}, by {inert(told['actor'])}"
    lines = [f"{told['job_id']}  {inert(told['job_name'] or '(no name)')}"]
    lines.append(_line("deletion", f"{'intended' if is_open else told['outcome']} at {told['at'][:19]}Z {by}"))
    lines += [_line(told["outcome"], _OUTCOMES[told["outcome"]])] if is_open else []
    lines += [_line("STUCK", _STUCK)] if told["stuck"] else []
    lines += [_line("not proven", _LATE)] if told["may_come_late"] else []
    lines.append(_line("policy", f"{told['policy']}{more}"))
    lines.append(_line("because", inert(told["reason"])))
    lines.append(_line("record", f"event {told['seq']}, sweep {told['sweep_id']}, policies {told['policy_digest'][:12]}"))
    lines.append(_line("intent", str(told["intent_id"])))
    may_be_gone = is_open or told["may_come_late"] or told["outcome"] in ("confirmed", "already_gone")
    return "\n".join([*lines, *([_line("tombstone", _tombstone(told))] if may_be_gone else [])])


def _tombstone(told: Document) -> str:
    stone = told["tombstone"]
    if stone is None:
        return "none is kept: the ledger has no document of it"
    if stone["kept"]:
        return f"kept: `janitor tombstone show {told['job_id']}`, SHA-256 {stone['sha256'][:12]}"
    return f"purged at {stone['purged_at'][:19]}Z" if stone["purged_at"] else "missing: run `janitor audit verify`"


def render_sighting(told: Document) -> str:
    """What the last listing that showed a job knew of it."""
    lines = [f"{told['job_id']}  {inert(told['name'] or '(no name)')}"]
    lines.append(_line("target", told["target"]))
    lines.append(_line("last seen", f"{told['seen_at'][:19]}Z, and {told['verdict']} then: {inert(told['reason'])}"))
    return "\n".join([*lines, _line("since", "the platform does not show it, and janitor has not deleted it")])


def _line(word: str, text: str) -> str:
    return f"  {word:<11} {text}"


def _head(told: Document) -> Iterator[str]:
    job, error = told["job"], told["error"]
    if job is not None:
        yield f"{job['id']}  {inert(job['name'] or '(no name)')}"
    yield _line("target", told["target"])
    if told.get("hypothetical"):
        yield _line("as of", f"{told['as_of']}, a hypothetical time, on what the platform shows now")
    if error is not None:
        yield _line("ERROR", f"{error['code']}: {inert(error['message'], 2000)}")
    if job is None:
        return
    yield _line("owner", f"{inert(job['owner'] or '(none)')}; kind {_known(job['kind'])}, workspace {_known(job['workspace'])}")
    times = {"created": job["created_at"], "started": job["started_at"], "finished": job["finished_at"]}
    times |= {"never started, first seen ended": job["first_seen_at"]}
    known = [f"{word} {_instant(time)}" for word, time in times.items() if time is not None]
    yield _line("phase", f"{', '.join([job['phase'], *job['other_phases']])}; {', '.join(known) or 'no time is known'}")


def _decision(told: Document) -> Iterator[str]:
    yield _line("verdict", f"{told['verdict']}: {inert(told['reason'])}")
    if told["line"] is not None:
        yield _line("decided", f"by line {told['line']} of 7: {told['line_words']}")
    if told["policies"]:
        decided = f"; decided by {told['policy']}" if told["policy"] else ""
        yield _line("policies", f"{', '.join(told['policies'])}{decided}")
    if told["observers"]:
        yield _line("observed", f"not deleted, because {', '.join(told['observers'])} only observes")
    yield from _next(told)
    if told["turn"] is not None:
        yield _line("turn", _turn(told["turn"]))


def _next(told: Document) -> Iterator[str]:
    change, eligible_at = told["next_change"], told["eligible_at"]
    if change is not None and change["at"] is None:
        yield _line("next", f"never by time alone: {inert(change['what'])}")
    elif change is not None:
        then = f"then {change['verdict']}: {inert(change['reason'])}"
        yield _line("next", f"in {_distance(change['in_s'])}, at {_instant(change['at'])}, {inert(change['what'])}; {then}")
    if eligible_at is not None:
        ahead = eligible_at > told["as_of"]
        yield _line(
            "eligible", f"from {_instant(eligible_at)}, if nothing changes" if ahead else f"since {_instant(eligible_at)}"
        )


def _standing(told: Document) -> Iterator[str]:
    refused, marks, grace = told["refused"], told["marks"], told["grace"]
    for hold in told["holds"]:
        yield _line("hold", _hold(hold))
    if marks["hold"] is not None:
        yield _line("mark", f"holds it: {inert(marks['hold'])}")
    if marks["ttl"] is not None:
        yield _line("mark", f"asks for {marks['ttl']}: {inert(marks['ttl_by'])}")
    if grace is not None:
        since = "not marked yet" if grace["marked_at"] is None else f"marked {_instant(grace['marked_at'])}"
        if "noticed_at" in grace:
            since += ", nobody was told yet" if grace["noticed_at"] is None else f", told of {_instant(grace['noticed_at'])}"
        until = "" if grace["deadline"] is None else f", over at {_instant(grace['deadline'])}"
        yield _line("grace", f"{grace['period']}, {since}{until}")
    if refused is not None:
        is_pause = refused["by"] == "pause"
        yield _line(
            "paused" if is_pause else "REFUSED", ("" if is_pause else f"by {refused['by']}: ") + inert(refused["message"], 2000)
        )


def _policies(told: Document) -> Iterator[str]:
    keeps = {keep["policy"]: keep for keep in told["keep"]}
    for asked in told["policies_asked"]:
        kind = f"{'fallback ' if asked['fallback'] else ''}{asked['policy']} ({asked['mode']})"
        yield _line("asked" if asked["asked"] else "not asked", f"{kind}: {_answer(asked)}")
        if asked["policy"] in keeps:
            yield _line("rank", f"policy {asked['policy']}: {_rank(keeps[asked['policy']])}")


def _answer(asked: Document) -> str:
    if not asked["asked"]:
        return str(asked["not_asked_because"])
    if asked["selects"] is None:
        return f"cannot tell whether it selects it: {_conditions(asked['conditions'])}"
    if asked["vote"] is None:
        return f"no: {_conditions(asked['conditions'])}"
    because = f" ({_conditions(asked['except'])})" if asked["except"] else ""
    when = "" if asked["eligible_at"] is None else f"; lets it go from {_instant(asked['eligible_at'])}"
    return f"yes, and {_VOTES[asked['vote']]}: {inert(asked['reason'])}{because}{when if asked['vote'] == 'keep' else ''}"


def _conditions(conditions: Iterable[Document]) -> str:
    return ", ".join(f"its {each['field']} is {_found(each)}, wanted {_wanted(each['wanted'])}" for each in conditions)


def _found(told: Document) -> str:
    found = told["found"]
    if found is None:
        return "not known" if told["answer"] is None else "not there"
    return inert(" and ".join(map(str, found)) if isinstance(found, list) else str(found), 100) or "empty"


def _wanted(wanted: Any) -> str:
    if wanted is None:
        return "any value"
    if isinstance(wanted, dict):
        return " and ".join(f"{side.replace('_', ' ')} {bound}" for side, bound in wanted.items() if bound is not None)
    return inert(" or ".join(wanted), 200)


def _rank(keep: Document) -> str:
    if keep["of"] is None:
        return "not known, as the jobs of the target were not listed"
    group = f" of {inert(' / '.join(keep['group']))}" if keep["group"] else ""
    if keep["group"] is None:
        return f"in no group, as its {' or '.join(keep['per'])} is not known"
    if keep["place"] is None:
        return f"does not count among the {keep['of']}{group}"
    kept = f"kept by {', '.join(keep['kept_by'])}" if keep["kept_by"] else "no keep rule keeps it"
    return f"{_ordinal(keep['place'])} of {keep['of']}{group}, newest first; {kept}"


def _hold(hold: Document) -> str:
    unknown = f"may cover it, as its {' and '.join(hold['unknown'])} is not known" if hold["unknown"] else "covers it"
    last = "without end" if hold["until"] is None else f"{'ended with' if hold['ended'] else 'to the end of'} {hold['until']}"
    keeps = "" if hold["keeps_until"] is None else f", keeps it until {_instant(hold['keeps_until'])}"
    return f"{inert(hold['id'])} {unknown}, {last}{keeps}: {inert(hold['reason'])}"


def _turn(turn: Document) -> str:
    pace = f"at {turn['per_sweep']} a sweep and {turn['per_day']} in 24 h"
    when = "never" if turn["sweep"] is None else f"in about the {_ordinal(turn['sweep'])} sweep from now"
    return f"{turn['older']} go before it: {when}, {pace}"


def _ordinal(number: int) -> str:
    ends = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if number % 100 in (11, 12, 13) else ends.get(number % 10, 'th')}"


def _distance(seconds: int) -> str:
    """A distance in days, hours, minutes and seconds: `3 d 4 h`."""
    told, left = [], seconds
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        number, left = divmod(left, size)
        told += [f"{number} {unit}"] if number else []
    return " ".join(told)


def _instant(time: str) -> str:
    return time.replace("T", " ")


def _known(word: str | None) -> str:
    return inert(word) if word else "not known"
