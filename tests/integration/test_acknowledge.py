"""`janitor acknowledge` from outside, beside the guard that it lifts."""

import json
from collections.abc import Callable

import pytest
from documents import make_document
from stage import POLICY, Stage

from janitor.cli.acknowledge import INSTEAD
from janitor.retention.history import LIFTABLE

MakeStage = Callable[..., Stage]
WORDS = ("--target", "research", "--reason", "the quarter is over")


@pytest.mark.on_a_file
def test_c27_an_edit_that_lets_far_more_go_is_refused_on_its_first_run_until_it_is_acknowledged(
    make_stage: MakeStage, now_ms: int
) -> None:
    """By the plan too; and no other edit goes under the same word."""
    stage = make_stage(jobs=[make_document(now_ms, 30 + number) for number in range(14)])
    cautious, bold = POLICY.replace("7d", "90d"), POLICY.replace("7d", "2d")
    stage.write(cautious)
    for _ in range(4):
        assert stage.sweep()[0] == 0
    stage.write(bold)
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"], report["not_attempted"]["refused"]) == (4, 0, 14)
    refused = report["refused"]
    assert {name: refused[name] for name in ("by", "policy", "lets_go", "let_go", "besides")} == {
        "by": "policy_changed",
        "policy": "weekly",
        "lets_go": 14,
        "let_go": 0,
        "besides": "deletions_jumped",
    }
    before = stage.ledger_path.read_bytes()
    code, out, _ = stage.janitor("plan")
    assert (code, "REFUSED     by policy_changed" in out, stage.ledger_path.read_bytes()) == (4, True, before)

    code, out, error = stage.janitor("acknowledge", "policy_changed", *WORDS)
    (word,) = [event for event in stage.events() if event["event"] == "guard.acknowledged"]
    digests = [event["policy_digests"]["research"] for event in stage.events() if event["event"] == "config.loaded"]
    assert (code, error, word["policy_digest"], word["actor"][:4]) == (0, "", digests[-1], "cli:")
    assert (word["guard"], word["target"], word["reason"]) == ("policy_changed", "research", "the quarter is over")
    assert out.splitlines() == [
        f"policy_changed is lifted for target research: for the next sweep that finishes, {word['until'][:10]} "
        f"{word['until'][11:16]}Z at the latest",
        f"  policies    {digests[-1]}; an edit of them voids it",
        "  pace        still applies, and so does every other guard",
    ]
    code, report = stage.sweep()
    assert (code, report["refused"]["by"], report["lifted"][0]["guard"]) == (4, "deletions_jumped", "policy_changed")
    assert stage.janitor("acknowledge", "deletions_jumped", *WORDS)[0] == 0
    stage.write(bold.replace("2d", "3d"))
    assert stage.sweep()[1]["refused"]["by"] == "policy_changed"
    stage.write(bold)
    code, out, _ = stage.janitor("plan")
    assert code == 0
    assert "  guard       policy_changed lifted: acknowledged by cli:" in out
    assert ": the quarter is over" in out
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"]) == (0, 14)
    assert stage.janitor("audit", "verify")[0] == 0
    stage.sweep()
    assert "lifted" not in json.loads(stage.janitor("plan", "--format", "json")[1])["targets"][0]
    assert stage.janitor("audit", "verify")[0] == 0


@pytest.mark.some(3)
@pytest.mark.parametrize("guard", LIFTABLE)
def test_every_guard_that_may_be_wrong_can_be_acknowledged_before_the_first_sweep(make_stage: MakeStage, guard: str) -> None:
    stage = make_stage()
    stage.write()
    code, out, error = stage.janitor("acknowledge", guard, *WORDS)
    assert (code, error, guard in out) == (0, "", True)
    assert [event["event"] for event in stage.events()] == ["config.loaded", "guard.acknowledged"]
    assert stage.sweep()[0] == 0


@pytest.mark.some(4)
@pytest.mark.parametrize(
    ("words", "said"),
    [
        *((("acknowledge", guard, *WORDS), f"{guard} cannot be acknowledged: {text}") for guard, text in INSTEAD.items()),
        (
            ("acknowledge", "shrank", *WORDS),
            "there is no guard 'shrank' to acknowledge; there are clock, crash_loop, listing_shrank,",
        ),
        (("acknowledge", "clock", "--target", "nowhere", "--reason", "x"), "there is no target 'nowhere'"),
        (("acknowledge", "clock", "--target", "research", "--reason", " "), "--reason is blank"),
        (("acknowledge", "clock", "--target", "research"), "Missing option '--reason'"),
        (("acknowledge", "clock", "--reason", "x"), "Missing option '--target'"),
        (("acknowledge", *WORDS), "Missing argument 'GUARD'"),
    ],
)
def test_what_cannot_be_acknowledged_is_told_what_to_do_instead_and_writes_nothing(
    make_stage: MakeStage, words: tuple[str, ...], said: str
) -> None:
    stage = make_stage()
    stage.write()
    code, out, error = stage.janitor(*words)
    assert (code, out, stage.ledger_path.exists()) == (2, "", False)
    assert said in error


@pytest.mark.on_a_file
def test_a_ledger_that_is_lost_is_not_made_anew_for_a_word(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.write()
    assert stage.janitor("acknowledge", "clock", *WORDS)[0] == 0
    stage.ledger_path.unlink()
    assert stage.janitor("acknowledge", "clock", *WORDS)[0] == 5
