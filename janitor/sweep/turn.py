"""Owns in which order a plan is carried out: what cannot be deleted, however old, holds up no other for longer than a sweep."""

from collections.abc import Sequence

from janitor.core.verdict import Decision
from janitor.ledger.failures import Failure, last_failures
from janitor.ledger.store import Ledger
from janitor.sweep.recover import NOT_APPLIED


def in_turn(entries: Sequence[Decision], ledger: Ledger, target: str) -> list[Decision]:
    """The entries of a plan, oldest first, and after all others those whose latest deletion failed.

    Of these first the ones of which nobody knows why, then the ones that were refused; in each group the one that failed longest
    ago is first, so that it is another one each time.
    """
    failures = last_failures(ledger, target, [entry.job.id for entry in entries])
    return sorted(entries, key=lambda entry: _rank(failures.get(entry.job.id)))


def _rank(failure: Failure | None) -> tuple[int, int]:
    if failure is None:
        return 0, 0
    return (1 if failure.reason_code == NOT_APPLIED.code else 2), failure.seq
