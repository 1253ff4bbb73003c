"""Owns why a sweep ended before its time: the exit code of each reason, and which of several matters more."""

from janitor.core.errors import CredentialsRefused, IdentityDiffers
from janitor.core.verdict import Reason
from janitor.sweep.bars import PAUSED
from janitor.sweep.endurance import OVER
from janitor.sweep.look import INTERRUPTED
from janitor.sweep.moment import CLOCK_SET
from janitor.sweep.report import Trouble, worst_exit_code

_EXIT_CODES = {INTERRUPTED.code: 130, PAUSED: 4, CLOCK_SET.code: 4, IdentityDiffers.code: 4, CredentialsRefused.code: 6}


def trouble_of(end: Reason) -> Trouble:
    """The reason as it stands in the report."""
    return Trouble(code=end.code, message=end.text, exit_code=_EXIT_CODES.get(end.code, 3))


def premature(end: Reason | None) -> Reason | None:
    """The reason where it tells of something wrong; that the time was over is no more wrong than that the pace was."""
    return None if end is None or end.code == OVER.code else end


def worse_trouble(one: Trouble | None, other: Trouble | None) -> Trouble | None:
    """Of two troubles the one whose exit code matters more, the first where it is the same."""
    if one is None or other is None:
        return one or other
    return one if worst_exit_code([one.exit_code, other.exit_code]) == one.exit_code else other


def worse_end(one: Reason | None, other: Reason | None) -> Reason | None:
    """The same of two reasons."""
    if one is None or other is None:
        return one or other
    return one if worse_trouble(trouble_of(one), trouble_of(other)) == trouble_of(one) else other
