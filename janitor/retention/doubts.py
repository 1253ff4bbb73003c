"""Owns which fields of a job stop it from being decided about: what is missing, by the words of the policy file."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from janitor.core.job import Job
from janitor.retention.decisions import Ruling
from janitor.retention.evaluate import MATCH_UNKNOWN, UNKNOWN_PHASE, WORKSPACE_UNKNOWN, Evaluation
from janitor.retention.policy import Since
from janitor.retention.selector import Condition, Selector, ask_all
from janitor.retention.times import reader_of
from janitor.retention.vote import EXCEPT_UNKNOWN, TIME_UNKNOWN, Voter

ODD_TIMES = "times that cannot be"
FIRST_SEEN = "first seen ended"
OTHER = "other"
_SETTLED = {UNKNOWN_PHASE: "phase", WORKSPACE_UNKNOWN: "workspace"}
"""What stops a job before any policy is asked."""

Questions = tuple[tuple[str, tuple[Condition, ...]], ...]
"""Each field of a selector, with what is asked about it."""


class Doubts:
    """The questions of all policies of a target, field by field."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._voters, self._past = evaluation.voters, evaluation.past
        self._matches = {voter: _questions(voter.policy.match, Selector.for_all) for voter in self._voters}
        self._excepts = {voter: _questions(voter.policy.except_, Selector.for_keeping) for voter in self._voters}

    def fields(self, job: Job, ruling: Ruling) -> tuple[str, ...]:
        """The fields that stop an undecidable job, each once; `other` where it is no field."""
        if ruling.code in _SETTLED:
            return (_SETTLED[ruling.code],)
        found = self._unmatched(job) if ruling.code == MATCH_UNKNOWN else self._unsaid(job, ruling)
        return tuple(dict.fromkeys(found)) or (OTHER,)

    def _unmatched(self, job: Job) -> Iterator[str]:
        """Fallbacks are asked only where the others could all tell."""
        doubtful = [voter for voter in self._voters if voter.asks(job) is None]
        named = [voter for voter in doubtful if not voter.policy.fallback]
        for voter in named or doubtful:
            yield from _unknown(self._matches[voter], job)

    def _unsaid(self, job: Job, ruling: Ruling) -> Iterator[str]:
        for word in ruling.words:
            if word.says == EXCEPT_UNKNOWN:
                yield from _unknown(self._excepts[word.voter], job)
            if word.says == TIME_UNKNOWN:
                yield from self._untold(job, word.voter)

    def _untold(self, job: Job, voter: Voter) -> Iterator[str]:
        needed = {Since.CREATED, Since.FINISHED, voter.policy.since} | (set() if job.never_started else {Since.STARTED})
        missing = [since for since in Since if since in needed and reader_of(since, self._past)(job) is None]
        for since in missing:
            yield FIRST_SEEN if job.never_started and since is Since.FINISHED else since.value
        if not missing:
            yield ODD_TIMES


def _questions(selector: Selector | None, ready: Callable[[Selector], tuple[Condition, ...]]) -> Questions:
    named = () if selector is None else selector.named()
    return tuple((field, ready(replace(Selector(), **{field: getattr(selector, field)}))) for field in named)


def _unknown(questions: Questions, job: Job) -> Iterator[str]:
    """The fields about which nothing can be told."""
    return (field for field, conditions in questions if ask_all(conditions, job) is None)
