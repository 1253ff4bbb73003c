"""A stretch of creation times."""

from datetime import timedelta

from builders import NOW

from janitor.core.span import Span

SECOND = timedelta(seconds=1)


def test_both_ends_are_in_it_and_a_time_that_nobody_knows_is_not() -> None:
    span = Span(first=NOW - SECOND, last=NOW)
    assert [time in span for time in (NOW - SECOND, NOW, NOW - 2 * SECOND, NOW + SECOND, None)] == [
        True,
        True,
        False,
        False,
        False,
    ]
