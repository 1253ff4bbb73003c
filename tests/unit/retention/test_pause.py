"""The kill switch as a refusal: it says who, why, since when, and what lifts it."""

from builders import NOW

from janitor.retention.pause import Pause, check_pause


def test_nothing_refuses_while_nothing_is_paused_or_halted() -> None:
    assert check_pause(None, None) is None


def test_a_pause_names_reason_person_time_and_remedy() -> None:
    refusal = check_pause(Pause(target="research", reason="incident 7", by="cli:ann@host", since=NOW), None)
    assert refusal is not None
    assert refusal.by == "pause"
    assert refusal.message == (
        "target research is paused since 2026-11-23 03:00:00Z by cli:ann@host: incident 7; `janitor resume --target research` "
        "lifts it"
    )


def test_a_general_pause_is_lifted_for_every_target() -> None:
    refusal = check_pause(Pause(target=None, reason="r", by="b", since=NOW), "STOP")
    assert refusal is not None
    assert "every target is paused" in refusal.message
    assert refusal.message.endswith("`janitor resume` lifts it")


def test_what_halts_is_a_pause_that_names_the_file() -> None:
    refusal = check_pause(None, "/etc/janitor/STOP exists")
    assert refusal is not None
    assert (refusal.by, refusal.message) == ("pause", "/etc/janitor/STOP exists")
