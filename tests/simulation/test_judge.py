"""The judge itself: it accepts what is sound, and for each invariant rejects evidence that was forged against it."""

import copy
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from faulty_disk import Disk, Step
from simulation.chronicle import Violation, read_events
from simulation.evidence import Evidence
from simulation.forgeries import FORGERIES, Forge
from simulation.forging import (
    all_intended,
    backlog,
    dropped,
    each,
    edited,
    held,
    in_state,
    metadata,
    of,
    only,
    sent,
    status,
    stuck,
    with_plan,
)
from simulation.invariants import CHECKS, NAMES
from simulation.reference import Law
from simulation.replica import meanwhile
from simulation.universe import WEEK, Simulation

from janitor.emulator.switches import Switches


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """One healthy sweep: three jobs go singly, three stay."""
    simulation = Simulation(folder=tmp_path_factory.mktemp("sound"), switches=Switches(batch_mode="absent"))
    for days_ago in (60, 50, 40, 2):
        simulation.add(days_ago)
    simulation.add(60, "Running")
    simulation.add(60, description="janitor-hold")
    simulation.evidence.begin_to_settle()
    simulation.sweep()
    simulation.evidence.settled()
    return simulation.evidence


def wrong(name: str, evidence: Evidence) -> list[str]:
    """What the checks of an invariant find."""
    return [text for each, _, check in CHECKS if each == name for text in check(evidence).wrong]


@pytest.mark.parametrize("name", sorted(NAMES))
def test_what_is_sound_is_accepted_and_every_invariant_is_asked_something(sound: Evidence, name: str) -> None:
    assert wrong(name, sound) == []
    assert sound.checked[name] > 0


def test_every_invariant_that_a_simulation_checks_has_a_forgery() -> None:
    assert set(FORGERIES) == NAMES


@pytest.mark.parametrize(
    ("name", "forge"),
    [pytest.param(name, forge, id=f"{name}-{what}") for name, each in FORGERIES.items() for what, forge in each],
)
def test_what_is_forged_is_rejected(sound: Evidence, name: str, forge: Forge) -> None:
    assert wrong(name, forge(sound))


@pytest.mark.parametrize(
    ("name", "forge"),
    [
        ("S-1", lambda e: in_state(e, metadata(description="janitor-ttl=30d"))),
        ("S-2", lambda e: held(e, job_ids=["another"])),
        ("S-6", lambda e: edited("deletion.confirmed", e, event="deletion.failed", reason_code="not_applied")),
        ("S-6", lambda e: edited("deletion.confirmed", e, event="deletion.failed", reason_code="refused", attempts=2)),
        ("S-9", lambda e: of(e, per_sweep=3, per_day=3)),
        ("S-11", lambda e: with_plan(e, all_intended(e))),
        ("S-15", lambda e: sent(e, only("get", faults=("slow_body",)))),
        ("S-20", lambda e: sent(e, each(skew=timedelta(minutes=5)))),
        ("V-1", partial(backlog, expired=5, per_sweep=2, sweeps=5)),
        ("V-3", partial(stuck, hours=23)),
        ("V-3", partial(stuck, hours=25, number=3)),
    ],
)
def test_what_looks_odd_and_is_allowed_is_accepted(sound: Evidence, name: str, forge: Forge) -> None:
    forged = forge(sound)
    assert [text for text in wrong(name, forged) if "report" not in text and "calls itself" not in text] == []


def test_s1_an_edit_binds_a_process_once_it_had_to_notice_it_and_never_loosens_what_it_read(sound: Evidence) -> None:
    start = sound.law.versions[0][0]
    strict, lax = (replace(WEEK, days=90),), (WEEK,)
    law = Law(versions=[(start, lax), (start + timedelta(minutes=5), strict), (start + timedelta(minutes=9), lax)])
    assert law.in_force(start, start + timedelta(minutes=4)) == [lax]
    assert law.in_force(start, start + timedelta(minutes=6)) == [lax, strict]
    assert law.in_force(start + timedelta(minutes=6), start + timedelta(minutes=10)) == [strict, lax]


def test_s1_a_change_after_the_last_look_is_a_race_that_is_counted(sound: Evidence) -> None:
    forged = copy.copy(sound)
    forged.races = 0
    forged.witness = copy.copy(sound.witness)
    forged.witness.past = {
        job_id: [states[-1], replace(status(phase="Running")(states[-1]), since=states[-1].until)]
        for job_id, states in sound.witness.past.items()
    }
    assert wrong("S-1", forged) == wrong("S-2", forged) == []
    assert forged.races == sum(len(request.job_ids) for request in forged.requests)


def test_s21_a_ledger_whose_chain_is_broken_is_not_even_read(sound: Evidence, tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(sound.ledger_path)) as source, closing(sqlite3.connect(path)) as copied:
        source.backup(copied)
    assert read_events(path) == sound.events
    with closing(sqlite3.connect(path)) as ledger:
        ledger.execute("UPDATE events SET body = replace(body, 'research', 'rescarch') WHERE seq = 3")
        ledger.commit()
    with pytest.raises(Violation, match="S-21: event 3"):
        read_events(path)


def test_what_is_wrong_is_raised_with_the_names_of_all_invariants_that_saw_it(sound: Evidence) -> None:
    forged = dropped(sound, "deletion.intended")
    forged.checked = Counter()
    with pytest.raises(Violation, match=r"S-3|S-5"):
        forged.judge("always")
    assert forged.checked["S-23"] > 0


def test_s1_s6_a_restart_after_the_look_is_a_race_and_an_unknown_batch_route_asks_for_nothing(
    tmp_path: Path,
) -> None:
    simulation = Simulation(folder=tmp_path, switches=Switches(batch_mode="absent"))
    jobs = [simulation.add(days_ago) for days_ago in (60, 50, 40)]
    simulation.sweep(meanwhile("cp11_intents_synced", lambda: simulation.platform.world.set_phase(jobs[1], "Running"), 2))
    assert simulation.evidence.races == 1
    assert set(simulation.evidence.deleted()) == {jobs[0], jobs[2]}


@pytest.mark.parametrize(("names", "failed_at"), [("begin us, begin it, fault", None), ("begin us, begin it, end it, fault", 3)])
def test_s14_a_disk_that_failed_another_process_did_not_fail_this_one(sound: Evidence, names: str, failed_at: int | None) -> None:
    disk = Disk(trace=[Step(kind="note", note=name) for name in names.split(", ")])
    process = of(sound, name="us", disk=disk).process
    assert process is not None
    assert process.failed_at == failed_at
