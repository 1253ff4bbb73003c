"""`janitor explain` where several targets, or both generations, have jobs: who is asked, and whose history is told."""

from collections.abc import Callable

import pytest
from documents import make_document
from documents_v1 import make_job_v1
from stage import ACCOUNT, Stage

from janitor.emulator.server import Emulator

MakeStage = Callable[..., Stage]
UUID = "00000000-0000-4000-8000-000000000000"


def add_target(stage: Stage, old: str, new: str) -> None:
    """Give the file another target, `second`: the first one with one part replaced."""
    text = stage.config.read_text()
    target = text[text.index("  - name: research") : text.index("policies:")]
    assert old in target
    stage.config.write_text(text.replace("policies:", target.replace("research", "second").replace(old, new) + "policies:", 1))


def test_only_targets_whose_ids_look_like_this_one_are_asked(make_stage: MakeStage, now_ms: int) -> None:
    old, new = make_job_v1(now_ms, 2), make_document(now_ms, 2)
    stage = make_stage(jobs=[new], jobs_v1=[old])
    stage.write()
    add_target(stage, "api: v2", "api: v1")
    for job_id, target in ((str(old["job_id"]), "second"), (new["metadata"]["id"].upper(), "research")):
        before = len(stage.emulator.requests)
        code, out, error = stage.janitor("explain", job_id)
        assert (code, f"target      {target}" in out, out.count("verdict "), error) == (0, True, 1, "")
        assert {request.route.startswith("v1_") for request in stage.emulator.requests[before:]} == {target == "second"}


@pytest.mark.parametrize("scope", [[], ["--target", "research"]], ids=["all", "target"])
def test_a_deletion_is_explained_after_its_target_was_given_another_api(
    make_stage: MakeStage, now_ms: int, scope: list[str]
) -> None:
    job = make_job_v1(now_ms, 60)
    stage = make_stage(api="v1", jobs_v1=[job, make_job_v1(now_ms, 2)])
    stage.write()
    assert stage.sweep()[0] == 0
    stage.api = "v2"
    stage.write()
    before = len(stage.emulator.requests)
    code, out, _ = stage.janitor("explain", str(job["job_id"]), *scope)
    assert (code, "deletion    confirmed at" in out, "in target research, by" in out) == (0, True, True)
    assert len(stage.emulator.requests) == before
    assert stage.janitor("explain", "\udcff", *scope)[0] == 2


@pytest.mark.parametrize("word", ["nonsense", "0155", UUID[:-1], "ünïcode", "\udcff"])
def test_what_no_target_and_no_ledger_can_know_is_exit_2_with_every_form(make_stage: MakeStage, word: str) -> None:
    stage = make_stage()
    stage.write()
    add_target(stage, "api: v2", "api: v1")
    code, _, error = stage.janitor("explain", word)
    forms = "is no id of a job of target research: that is a UUID of 36 characters", "; of target second: that is a whole number"
    assert (code, [form in error for form in forms], "the ledger has no record of it" in error) == (2, [True, True], True)
    assert stage.emulator.requests == []


def test_each_piece_of_history_has_its_target_and_a_named_target_only_its_own(make_stage: MakeStage, now_ms: int) -> None:
    """Numbers of v1 jobs are each region's own: the same one may be two jobs."""
    job = make_job_v1(now_ms, 60)
    stage = make_stage(api="v1", jobs_v1=[job, make_job_v1(now_ms, 2)])
    stage.write()
    assert stage.sweep()[0] == 0
    with Emulator(jobs_v1=[make_job_v1(now_ms, 60, job_id=job["job_id"], name="the-other-one")]) as other:
        assert other.account.project_id == ACCOUNT.project_id
        add_target(stage, stage.emulator.url, other.url)
        code, both, _ = stage.janitor("explain", str(job["job_id"]))
        assert (code, "the-other-one\n  target      second\n" in both, "confirmed at" in both) == (0, True, True)
        assert "in target research, by" in both
        code, one, _ = stage.janitor("explain", str(job["job_id"]), "--target", "second")
        assert (code, "the-other-one" in one, "research" in one) == (0, True, False)
