"""Sweeps: each stands in the list once, with its own end; one sweep has all of its events and no others."""

import pytest
from builders import make_job
from console_stage import ConsoleStage

from janitor.console import sweeps
from janitor.core import events as names
from janitor.ledger.chain import Draft


def test_each_sweep_has_its_own_outcomes_though_others_ran_between(stage: ConsoleStage) -> None:
    fence, other = stage.ledger.claim("research"), stage.ledger.claim("b")
    order = [("started", 0), ("started", 1), ("finished", 0), ("started", 2), ("finished", 1), ("finished", 2)]
    for what, number in order:
        target, grip = ("b", other) if number == 1 else ("research", fence)
        told = {"outcomes": {"confirmed": number + 7}} if what == "finished" else {}
        stage.ledger.append([Draft(event=f"sweep.{what}", target=target, sweep_id=f"s{number}", fields=told)], grip)
        stage.clock.advance(5)
    rows = stage.get("/sweeps").page.rows[1:]
    assert [(row[1], row[-1].split()) for row in rows] == [
        ("research", ["9", "confirmed"]),
        ("b", ["8", "confirmed"]),
        ("research", ["7", "confirmed"]),
    ]


def test_walking_to_older_ones_shows_every_sweep_once(stage: ConsoleStage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "AT_ONCE", 2)
    for _ in range(5):
        stage.sweep(make_job(days_ago=1))
    seen, link = list[str](), "/sweeps"
    while link:
        page = stage.get(link).page
        seen += [each for each in page.links if each.startswith("/sweep?")]
        link = next((each["href"] for each in page.all("a") if each.get("rel") == "next"), "")
    assert seen == [f"/sweep?id=s{number}-id-1" for number in (5, 4, 3, 2, 1)]


def test_a_sweep_has_its_own_events_in_order_some_at_a_time(stage: ConsoleStage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "EVENTS_AT_ONCE", 3)
    for _ in range(3):
        stage.sweep(make_job())
    told, link = list[str](), "/sweep?id=s2-id-1"
    while link:
        page = stage.get(link).page
        told += [row[2] for row in page.rows[1:]]
        link = next((each["href"] for each in page.all("a") if each.get("rel") == "next"), "")
    assert told[0] == "sweep.started"
    assert told[-1] == "sweep.finished"
    assert told.count("deletion.confirmed") == 1


def test_the_requests_of_a_sweep_are_counted_by_kind(stage: ConsoleStage) -> None:
    stage.sweep(make_job(), make_job(days_ago=1))
    sent = stage.backend.traffic().requests
    (_, row) = stage.get("/sweeps").page.rows
    assert row[6] == str(sum(sent.values()))
    text = stage.get("/sweep?id=s1-id-1").page.text
    assert "Requests" in text
    assert all(f"{number} {kind.replace('_', ' ')}" in text for kind, number in sent.items() if number)


def test_an_aborted_sweep_says_why_and_what_to_run(stage: ConsoleStage) -> None:
    stage.ledger.append([Draft(event=names.SWEEP_STARTED, target="research", sweep_id="s")])
    told = {"code": "pause", "reason": "target research is paused", "outcomes": {"refused": 2}}
    stage.ledger.append([Draft(event=names.SWEEP_ABORTED, target="research", sweep_id="s", fields=told)])
    stage.ledger.append([Draft(event=names.SWEEPING_PAUSED, target="research", fields={"reason": "x"})])
    text = stage.get("/sweep?id=s").page.text
    assert "pause target research is paused" in text
    assert "janitor resume --target research" in text
    assert "2 refused" in text


def test_a_sweep_that_is_not_known_is_told(stage: ConsoleStage) -> None:
    assert "the ledger has no sweep none-such" in stage.get("/sweep?id=none-such", status=404).page.text
    assert "id names no sweep" in stage.get("/sweep", status=400).page.text
    assert "which is no time of a sweep" in stage.get("/sweeps?before=x&before=y", status=400).page.text


def test_without_any_sweep_the_page_says_how_one_begins(stage: ConsoleStage) -> None:
    assert "janitor sweep --target research" in stage.get("/sweeps?target=research").page.text


def test_a_pause_is_lifted_as_it_was_made_and_a_halt_by_no_command(stage: ConsoleStage) -> None:
    stage.ledger.append([Draft(event=names.SWEEP_STARTED, target="research", sweep_id="s")])
    told = {"code": "pause", "reason": "REASON", "outcomes": {}}
    stage.ledger.append([Draft(event=names.SWEEP_ABORTED, target="research", sweep_id="s", fields=told)])
    for address in ("/", "/sweep?id=s"):
        assert "janitor resume" not in stage.get(address).page.text
    stage.ledger.append([Draft(event=names.SWEEPING_PAUSED, target=None, fields={"reason": "x"})])
    for address in ("/", "/sweep?id=s"):
        text = stage.get(address).page.text
        assert "janitor resume" in text
        assert "janitor resume --target" not in text
