"""The page of one job tells why, what was done, what is left, and how to keep it."""

import json
from dataclasses import replace
from datetime import date, timedelta

from builders import make_job, make_policy
from console_stage import ConsoleStage, decide

from janitor.core import events as names
from janitor.ledger.chain import Draft
from janitor.ledger.jobs import last_sightings
from janitor.retention.hold import Hold
from janitor.retention.selector import Selector


def test_a_kept_job_has_its_reason_its_policy_in_words_and_the_line_that_holds_it(stage: ConsoleStage) -> None:
    job = make_job(days_ago=1)
    stage.sweep(job)
    page = stage.get(f"/job?target=research&id={job.id}").page
    assert last_sightings(stage.ledger, job.id)[0]["reason"] in page.text
    assert ", if nothing changes" in page.text
    assert "governs jobs in phase completed or failed" in page.text
    assert f"janitor hold add {job.id} --target research --reason ''" in page.text
    assert "Nothing: no deletion of it was ever begun" in page.text
    assert "No hold covers it" in page.text


def test_a_deleted_job_is_gone_with_its_history_newest_first_and_its_tombstone(stage: ConsoleStage) -> None:
    job = make_job()
    stage.sweep(job)
    page = stage.get(f"/job?id={job.id}").page
    assert page.text.index("deletion.confirmed") < page.text.index("deletion.intended")
    assert "It is gone." in page.text
    assert "Was due" in page.text
    assert "May go" not in page.text
    assert "deletion confirmed" in page.text
    assert '"phase": "failed"' in page.text, "the document as it is kept"
    assert f"janitor tombstone export {job.id}" in page.text
    stage.backend.jobs.clear()
    stage.sweep(make_job(days_ago=1))
    later = stage.get(f"/job?target=research&id={job.id}").page.text
    assert "The last listing does not show it any more: it is gone." in later
    assert str(job.name) in later


def test_a_job_that_came_back_after_a_deletion_is_not_called_gone(stage: ConsoleStage) -> None:
    job = make_job()
    stage.sweep(job)
    stage.clock.advance(3600 * 25)
    stage.sweep(replace(job, name="again"))
    assert "It is gone." in stage.get(f"/job?id={job.id}").page.text
    stage.clock.advance(60)
    stage.sweep(make_job(days_ago=0, id=job.id, name="anew"))
    text = stage.get(f"/job?id={job.id}").page.text
    assert "It is gone." not in text
    assert "anew" in text


def test_holds_that_cover_it_or_may_are_named_and_no_others(stage: ConsoleStage) -> None:
    kept = decide(1)
    stage.list(kept)
    holds = (
        Hold(name="by-id", reason="R1", job_ids=frozenset({kept.job.id.upper()})),
        Hold(name="by-name", reason="R2", match=Selector(name=("trial-*",)), until=date(2027, 1, 1), owner="ada"),
        Hold(name="perhaps", reason="R3", match=Selector(labels=(("team", None),))),
        Hold(name="over", reason="R4", match=Selector(name=("trial-*",)), until=date(2026, 1, 1)),
        Hold(name="elsewhere", reason="R5", match=Selector(name=("trial-*",)), targets=frozenset({"other"})),
        Hold(name="no", reason="R6", match=Selector(name=("other-*",))),
    )
    stage.desk.settings = replace(stage.desk.settings, holds=holds)
    facts = {"hold_id": "of-the-ledger", "job_ids": [kept.job.id], "match": None, "owner": None, "until": None, "reason": "R7"}
    stage.ledger.append([Draft(event=names.HOLD_ADDED, target="research", fields=facts)])
    text = stage.get(f"/job?id={kept.job.id}").page.text
    for told in ("by-id covers it: R1", "by-name covers it: R2", "perhaps may cover it: the listing alone cannot tell: R3"):
        assert told in text
    assert "of-the-ledger covers it: R7 from the ledger, by test@here" in text
    assert not any(f"R{number}" in text for number in (4, 5, 6))


def test_a_marked_job_says_until_when_it_is_safe(stage: ConsoleStage) -> None:
    stage = ConsoleStage(ledger=stage.ledger, clock=stage.clock, policies=(make_policy(grace=_TWO_DAYS),))
    job = make_job()
    stage.sweep(job)
    text = stage.get(f"/job?id={job.id}").page.text
    assert "2026-11-23 03:00Z; not deleted before 2026-11-25 03:00Z" in text


def test_a_job_that_nobody_knows_is_404_with_the_command_that_asks_the_platform(stage: ConsoleStage) -> None:
    stage.list(decide(1))
    text = stage.get("/job?target=research&id=none-such", status=404).page.text
    assert "Nobody knows this job" in text
    assert "janitor explain none-such" in text
    assert "id names no job" in stage.get("/job", status=400).page.text


def test_the_same_id_in_another_target_is_pointed_at_and_never_mixed_in(stage: ConsoleStage) -> None:
    stage.list(decide(1, name="here"))
    stage.list(decide(1, name="there"), target="other")
    page = stage.get(f"/job?target=other&id={decide(1).job.id}").page
    assert "there" in page.text
    assert "here" not in page.text.replace("there", "")
    assert f"/job?target=research&id={decide(1).job.id}" in page.links


def test_an_id_that_a_shell_could_misread_has_no_command_line(stage: ConsoleStage) -> None:
    for odd in ("--yes", "a b", "x;reboot", "$(id)", "a'b"):
        stage.list(decide(1, id=odd))
        codes = _codes(stage, odd)
        assert "janitor hold add --help" in codes
        assert not [code for code in codes if odd in code], odd


def _codes(stage: ConsoleStage, job_id: str) -> list[str]:
    text = stage.get(f"/job?target=research&id={json.dumps(job_id)[1:-1].replace(' ', '%20').replace(';', '%3B')}").text
    return [piece.partition("</code>")[0] for piece in text.split("<code>")[1:]]


_TWO_DAYS = timedelta(days=2)
