"""Somebody's word that a guard is wrong this time, as people read it."""

from datetime import UTC, datetime

from janitor.retention.history import Acknowledgement


def test_it_tells_who_lifted_what_when_and_why() -> None:
    word = Acknowledgement(
        guard="listing_shrank",
        by="cli:ann@host",
        at=datetime(2026, 11, 23, 3, tzinfo=UTC),
        until=datetime(2026, 12, 23, 3, tzinfo=UTC),
        reason="the old team's jobs were removed",
    )
    assert str(word) == (
        "listing_shrank lifted: acknowledged by cli:ann@host on 2026-11-23 03:00Z: the old team's jobs were removed"
    )
