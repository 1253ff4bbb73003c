"""`janitor forecast` and `janitor report`, from the command line against the emulator."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from documents import make_document
from pages_html import rows_of
from stage import ACCOUNT, POLICY, Stage

from janitor.emulator.faults import Fault

MakeStage = Callable[..., Stage]
WAITING = """\
policies:
  - name: weekly
    mode: enforce
    match: {phase: [failed]}
    expire: {after: 7d}
  - name: slowly
    match: {phase: [completed]}
    expire: {after: 9d}
"""


@pytest.fixture
def stage(make_stage: MakeStage, now_ms: int) -> Stage:
    """Five that expired and wait for a slow pace, two that expire soon, one of them only observed."""
    jobs: list[dict[str, Any]] = [make_document(now_ms, 60, name=f"old-{number}") for number in range(5)]
    for number, job in enumerate(jobs):
        outputs = [{"remote": {"obs": {"obs_url": f"/bkt/{name}/"}}} for name in (number, "shared")]
        job["algorithm"] = {"outputs": outputs}
    staged = make_stage(
        jobs=[*jobs, make_document(now_ms, 5), make_document(now_ms, 5, "Completed"), make_document(now_ms, 1, "Running")]
    )
    staged.write(WAITING, top="pace: {per_sweep: 2, per_day: 1000}\n")
    return staged


def day(number: int) -> str:
    return (datetime.now(UTC) + timedelta(days=number)).date().isoformat()


def test_the_forecast_counts_what_lists_as_expired_and_writes_nothing(stage: Stage) -> None:
    code, out, _ = stage.janitor("forecast", "--days", "6", "--output", "json")
    document = json.loads(out)
    (target,) = document["targets"]
    assert (code, document["version"], len(target["days"]), target["error"]) == (0, 1, 6, None)
    assert target["backlog"] == target["verdicts"]["expired"] == target["now_by_policy"]["weekly"] == 5
    assert {each["date"]: each["by_policy"] for each in target["days"] if each["expires"]} == {
        day(2): {"weekly": 1},
        day(4): {"slowly": 1},
    }
    assert sum(each["deletable"] for each in target["days"]) == 1
    assert [each["left"] for each in target["days"]][:3] == [3, 1, 0]
    assert (target["drained_on"], target["pace_per_day"], target["schedule"][:11]) == (day(2), 2, "no schedule")
    assert not stage.ledger_path.exists()
    assert not stage.asked()


def test_the_forecast_reads_the_schedule_and_what_was_deleted_in_the_last_24_hours(stage: Stage) -> None:
    stage.write(WAITING, top="pace: {per_sweep: 2, per_day: 3}\n", target="schedule: {every: 1h}\n")
    assert stage.janitor("sweep")[0] == 0
    (target,) = json.loads(stage.janitor("forecast", "--output", "json")[1])["targets"]
    assert (target["backlog"], target["pace_per_day"], target["schedule"]) == (3, 3, "every 1h")
    is_late = datetime.now(UTC).hour == 23  # what was deleted just now counts until the third day then
    assert sum(each["deletes"] for each in target["days"][:2]) == (1 if is_late else 3)


def test_a_target_that_cannot_be_read_has_no_days_and_says_why(stage: Stage) -> None:
    stage.emulator.faults.add(Fault("list", "status", status=403, code="ModelArts.0108", times=None))
    code, out, _ = stage.janitor("forecast", "--output", "json")
    (target,) = json.loads(out)["targets"]
    assert (code, target["days"], target["backlog"], target["error"]["code"]) == (6, [], None, "not_permitted")
    code, out, _ = stage.janitor("forecast")
    assert (code, "  ERROR     not_permitted: " in out) == (6, True)


@pytest.mark.soak
def test_as_of_a_time_to_come_the_forecast_begins_there(stage: Stage) -> None:
    code, out, _ = stage.janitor("forecast", "--output", "json", "--days", "3", "--as-of", day(3))
    (target,) = json.loads(out)["targets"]
    assert (code, target["as_of"], target["backlog"]) == (0, f"{day(3)}T00:00:00Z", 6)
    assert [each["by_policy"] for each in target["days"]] == [{}, {"slowly": 1}, {}]
    assert target["hypothetical"] is True
    for command in (["forecast"], ["report", "--html", "-"]):
        assert "a hypothetical time" in stage.janitor(*command, "--as-of", day(3))[1]
        assert "hypothetical" not in stage.janitor(*command)[1]


@pytest.mark.soak
def test_the_report_is_one_whole_page_whose_numbers_are_those_of_plan_and_list(stage: Stage) -> None:
    assert stage.janitor("sweep")[0] == 0
    plan = json.loads(stage.janitor("plan", "--format", "json")[1])["targets"][0]
    code, out, _ = stage.janitor("report", "--html", str(stage.folder / "page.html"))
    assert (code, out, [path.name for path in stage.folder.glob("*page*")]) == (0, "", ["page.html"])
    page = (stage.folder / "page.html").read_text("ascii")
    (verdicts,) = rows_of(page, "Verdicts")
    assert list(map(int, verdicts)) == [*plan["verdicts"].values(), plan["listed"]]
    assert len(rows_of(page, "Expired jobs, oldest first")) == plan["verdicts"]["expired"] == 3
    assert sum(int(row[2]) for row in rows_of(page, "By owner")) == 3
    assert rows_of(page, "Deleted in the past 30 days, by policy") == [["weekly", "2"]]
    left = "Left by what was deleted in the past 90 days"
    assert [row[1:] for row in rows_of(page, f"{left}, by owner")] == [["1", "0", "2"]] * 2
    assert rows_of(page, f"{left}, by bucket") == [["bkt", "2", "3"]]
    ((_, status, outcomes, _),) = rows_of(page, "Last sweeps")
    assert (status, outcomes) == ("finished", "confirmed 2, deferred 3")
    assert stage.janitor("report", "--html", "-")[1].startswith("<!DOCTYPE html>")


@pytest.mark.on_a_file
def test_a_report_of_a_target_that_failed_is_written_all_the_same(stage: Stage) -> None:
    stage.emulator.faults.add(Fault("list", "status", status=403, code="ModelArts.0108", times=None))
    code, out, _ = stage.janitor("report", "--html", "-")
    assert (code, "ERROR not_permitted:" in out, "Run `janitor doctor --target research`" in out) == (6, True, True)
    assert "Verdicts of" not in out
    stage.ledger_path.write_text("no ledger")
    code, out, _ = stage.janitor("report", "--html", "-")
    assert (code, "What was deleted is not known" in out, "in the past 30 days" in out) == (5, True, False)
    code, _, error = stage.janitor("report", "--html", str(stage.folder / "missing" / "page.html"))
    assert (code, "cannot be written" in error) == (2, True)


def test_the_forecast_asks_policies_about_names_as_they_are(make_stage: MakeStage, now_ms: int) -> None:
    """An owner who is called like a secret is shown as stars, and is still that owner to a policy."""
    secret = ACCOUNT.secret_key
    stage = make_stage(jobs=[make_document(now_ms, 60, user_name=owner) for owner in (secret, "ann")])
    stage.write(POLICY.replace("match: {", f"match: {{owner: [{json.dumps(secret)}], "))
    (target,) = json.loads(stage.janitor("forecast", "--output", "json")[1])["targets"]
    assert target["backlog"] == target["verdicts"]["expired"] == 1
    page = stage.janitor("report", "--html", "-")[1]
    assert (secret in page, rows_of(page, "By owner")) == (False, [["***", "1", "1"], ["ann", "1", "0"]])
