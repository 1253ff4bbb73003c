"""The platform's own ageing of jobs: who ages, when, and what the truth log says of it."""

from collections.abc import Sequence
from typing import Any

import pytest
from emulator_probe import ACCOUNT, NOW, MakeProbe, Probe, ids_of, job_id, make_jobs
from v1_probe import advance

from janitor.emulator.clock import to_ms
from janitor.emulator.document import edit

QUOTAS = f"/v2/{ACCOUNT.project_id}/training-quotas"
SWITCH = {"resource": "job-retention-enabled"}
DAY = 86_400
FINISHED = ("Completed", "Failed", "Terminated", "Abnormal")
ACTIVE = ("Creating", "Pending", "Running", "Terminating")


def ended(number: int, days_ago: float, phase: str = "Completed", **fields: Any) -> dict[str, Any]:
    """A job that ended (or, where active, would have) so many days ago."""
    start = to_ms(NOW) - round(days_ago * DAY * 1000) - 60_000
    times = {"create_time": start - 60_000, "start_time": start, "duration": 60_000}
    return edit(make_jobs(1, id=job_id(number))[0], times | {"phase": phase} | fields)


def switch(probe: Probe, number: int) -> None:
    assert probe.send("PUT", QUOTAS, {"quotas": [{**SWITCH, "quota": number}]}).status == 200


def left(probe: Probe) -> list[str]:
    return ids_of(probe.list().json)


def removed(probe: Probe) -> list[str]:
    """The jobs that the platform removed, by its own hand and no other way."""
    records: Sequence[Any] = list(probe.emulator.truth)
    assert {(each.change, each.source, each.path) for each in records} <= {("removed", "platform", None)}
    return [each.job_id for each in records]


def test_switch_of_the_user_lets_every_ended_job_age_and_no_other(make_probe: MakeProbe) -> None:
    phases = [*FINISHED, *ACTIVE]
    jobs = [ended(number, 40, phase, **{"spec.retention.policy": "disabled"}) for number, phase in enumerate(phases)]
    probe = make_probe([*jobs, ended(8, 29)], ages_after_s=30 * DAY)
    assert len(left(probe)) == 9
    switch(probe, 1)
    assert removed(probe) == [job_id(number) for number in range(4)]
    advance(probe, DAY - 1)
    assert job_id(8) in left(probe)
    advance(probe, 1)
    assert left(probe) == [job_id(number) for number in range(4, 8)]
    assert {each.phase_before for each in probe.emulator.truth} == set(FINISHED)


def test_job_that_asks_for_it_ages_without_the_switch(make_probe: MakeProbe) -> None:
    wish: dict[str, Any] = {"spec.retention.policy": "enabled"}
    jobs = [ended(0, 40, **wish), ended(1, 40, **wish, kind="hetero_job"), ended(2, 40), ended(3, 20, **wish)]
    probe = make_probe(jobs, ages_after_s=30 * DAY)
    assert removed(probe) == [job_id(0)]
    advance(probe, 10 * DAY)
    assert left(probe) == [job_id(1), job_id(2)]


def test_switch_can_be_read_and_turned_off_again(make_probe: MakeProbe) -> None:
    probe = make_probe([ended(0, 29)], ages_after_s=30 * DAY)
    for number in (0, 1, 0):
        switch(probe, number)
        shown = probe.send("GET", QUOTAS, query=SWITCH).json
        assert shown == {"quotas": [{**SWITCH, "quota": number, "used": 0}]}
    advance(probe, 2 * DAY)
    assert left(probe) == [job_id(0)]
    switch(probe, 1)
    assert left(probe) == []


def test_nothing_ages_where_the_platform_has_no_age(make_probe: MakeProbe) -> None:
    probe = make_probe([ended(0, 400)])
    switch(probe, 1)
    assert left(probe) == [job_id(0)]


def test_change_of_a_job_sets_its_age_anew(make_probe: MakeProbe) -> None:
    probe = make_probe([ended(0, 29)], ages_after_s=30 * DAY)
    switch(probe, 1)
    probe.emulator.world.set_phase(job_id(0), "Running")
    advance(probe, 2 * DAY)
    assert left(probe) == [job_id(0)]
    probe.emulator.world.set_phase(job_id(0), "Failed")
    assert left(probe) == []


@pytest.mark.parametrize("times", [{"start_time": 0, "duration": 0}, {"start_time": None}, {"duration": "60000"}])
def test_job_without_an_end_is_as_old_as_its_creation(make_probe: MakeProbe, times: dict[str, Any]) -> None:
    probe = make_probe([ended(0, 0, "Terminated", **times)], ages_after_s=30)
    switch(probe, 1)
    assert removed(probe) == [job_id(0)]


def test_aged_job_is_gone_for_a_delete_that_comes_too_late(make_probe: MakeProbe) -> None:
    probe = make_probe([ended(0, 29)], ages_after_s=30 * DAY, delete_delay_s=2 * DAY)
    switch(probe, 1)
    assert probe.delete(job_id(0)).status == 202
    advance(probe, DAY)
    assert probe.delete(job_id(0)).error == (400, "ModelArts.2775")
    advance(probe, DAY)
    assert [each.change for each in probe.emulator.truth] == ["delete_accepted", "removed"]
