"""Owns the proof of absence by a narrow reading: the query that showed the jobs, asked again, whole, and with a canary."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from janitor.backends.narrow import Narrow, Query
from janitor.backends.port import Backend
from janitor.core.errors import TURNED_AWAY, BackendError, Interrupted
from janitor.sweep.attempt import Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one query says of the jobs that it showed before.

    `gone` is proven; `doubtful` only if something else is visible before and after; of what is `unproven` nothing is known.
    `is_contradicted` where a job that is missing is there when it is asked for.
    """

    gone: list[Attempt] = field(default_factory=list)
    doubtful: list[Attempt] = field(default_factory=list)
    present: list[Attempt] = field(default_factory=list)
    unproven: list[Attempt] = field(default_factory=list)
    turned_away: BackendError | None = None
    is_contradicted: bool = False


def ask_again(narrow: Narrow, backend: Backend, query: Query, attempts: Sequence[Attempt]) -> Answer:
    """Ask the query again that showed these jobs at their looks.

    1. An answer that is not proven whole says nothing. 2. What it shows is present. 3. What is missing is gone where the canary
    of the look is in the same answer. 4. Where a look had none, since all jobs go, the job that is missing and was asked for
    last is read by its id as well: the two ways have to agree.
    """
    try:
        shown = narrow.show(query)
        if not shown.is_complete:
            return Answer(unproven=list(attempts))
        present = [attempt for attempt in attempts if attempt.job_id in shown.jobs]
        missing = [attempt for attempt in attempts if attempt.job_id not in shown.jobs]
        gone = [attempt for attempt in missing if attempt.look.canary in shown.jobs]
        lonely = [attempt for attempt in missing if attempt.look.canary is None]
        doubtful = lonely if lonely and not backend.has_job(_latest(lonely).job_id) else []
    except TURNED_AWAY as error:
        return Answer(unproven=list(attempts), turned_away=error)
    except (BackendError, Interrupted):
        return Answer(unproven=list(attempts))
    settled = {attempt.intent_id for attempt in (*gone, *doubtful)}
    unproven = [attempt for attempt in missing if attempt.intent_id not in settled]
    is_contradicted = bool(lonely) and not doubtful
    return Answer(gone=gone, doubtful=doubtful, present=present, unproven=unproven, is_contradicted=is_contradicted)


def _latest(attempts: Sequence[Attempt]) -> Attempt:
    return max(attempts, key=lambda attempt: attempt.ended_at)
