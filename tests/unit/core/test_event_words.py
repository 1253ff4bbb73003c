"""Which closings of an intent prove nothing."""

import pytest

from janitor.core import events


@pytest.mark.parametrize(
    ("event", "code", "attempts", "is_late"),
    [
        (events.DELETION_FAILED, "not_applied", 1, True),
        (events.DELETION_FAILED, "not_applied", 0, True),
        (events.DELETION_FAILED, "stuck", 1, True),
        (events.DELETION_FAILED, "conflict", 2, True),
        (events.DELETION_FAILED, "conflict", 1, False),
        (events.DELETION_FAILED, None, 1, False),
        (events.DELETION_SKIPPED, "not_applied", 2, False),
        (events.DELETION_CONFIRMED, None, 2, False),
    ],
)
def test_a3_a_failure_may_still_come_true_unless_its_only_request_was_refused(
    event: str, code: str | None, attempts: int, is_late: bool
) -> None:
    assert events.may_come_late({"event": event, "reason_code": code, "attempts": attempts}) is is_late
