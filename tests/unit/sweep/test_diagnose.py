"""What each kind of trouble looks like to the one who asks what is wrong."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from builders import NOW, make_job, make_target
from scripted import ScriptedBackend

from janitor.backends.port import Listing
from janitor.core import events
from janitor.core.errors import (
    BackendError,
    CertificateRefused,
    ClockSkewed,
    CredentialsRefused,
    JobNotFound,
    ListingIncomplete,
    Misconfigured,
    NotPermitted,
    Unreachable,
)
from janitor.core.phase import Phase
from janitor.ledger.anchor import write_anchor
from janitor.ledger.chain import Draft
from janitor.ledger.head_file import anchor_path
from janitor.ledger.store import Ledger
from janitor.sweep.diagnose import diagnose_target
from janitor.sweep.diagnose_check import Check, Result
from janitor.sweep.diagnose_ledger import diagnose_ledger

THE_WAY = ("endpoints", "reachable", "tls", "credentials", "signed", "identity", "clock")
JOBS = ("list", "offsets", "get")
FEATURES = ("batch", "tags", "workspaces", "quota", "aging")
CHECKS = (*THE_WAY, *JOBS, "delete", *FEATURES, "permissions")
WELL = dict.fromkeys(CHECKS, "ok") | {"offsets": "unknown", "delete": "unknown"}
"""A backend in memory whose listing has no pages."""


def healthy() -> ScriptedBackend:
    backend = ScriptedBackend.holding(make_job(), make_job())
    backend.skew = timedelta(seconds=-2)
    return backend


def results(backend: ScriptedBackend, **changes: object) -> dict[str, str]:
    """The result of each check, in a word; always the same checks in the same order, and every fault has advice."""
    checks = diagnose_target(make_target(backend, **changes), NOW)
    assert tuple(check.check for check in checks) == CHECKS
    for check in checks:
        assert check.message
        assert check.advice or check.result is not Result.FAULT
    return {check.check: check.result.value for check in checks}


def one(name: str, backend: ScriptedBackend) -> Check:
    return next(check for check in diagnose_target(make_target(backend), NOW) if check.check == name)


def failing(error: BackendError, *, sent: bool = True) -> ScriptedBackend:
    """A backend whose listing fails, after a request or before any could leave."""
    backend = healthy()

    def fail() -> Listing:
        backend.counts["list"] += sent
        raise error

    backend.listing = fail
    return backend


def test_where_all_is_well_every_check_says_so_and_nothing_is_deleted() -> None:
    backend = healthy()
    assert results(backend) == WELL
    assert (backend.asked, len(backend.jobs)) == ([], 2)


NOTHING_ASKED = WELL | dict.fromkeys(["identity", *JOBS, "tags", "quota", "permissions"], "skipped")
"""What depends on an answer is skipped; a backend in memory has none of the other features and says so unasked."""
NO_LISTING = NOTHING_ASKED | {"identity": "ok", "list": "fault", "permissions": "ok"}
TROUBLES: list[tuple[BackendError, dict[str, str]]] = [
    (Unreachable("no route"), NOTHING_ASKED | {"reachable": "fault", "tls": "skipped", "signed": "skipped", "clock": "skipped"}),
    (CertificateRefused("self-signed"), NOTHING_ASKED | {"tls": "fault", "signed": "skipped", "clock": "skipped"}),
    (CredentialsRefused("bad key"), NOTHING_ASKED | {"signed": "fault"}),
    (ClockSkewed("late"), NOTHING_ASKED | {"signed": "skipped", "clock": "fault"}),
    (NotPermitted("no"), NO_LISTING | {"signed": "unknown"}),
    (Misconfigured("?"), NO_LISTING | {"signed": "unknown"}),
    (ListingIncomplete("."), NO_LISTING),
]


@pytest.mark.parametrize(("error", "expected"), TROUBLES, ids=[type(error).__name__ for error, _ in TROUBLES])
def test_each_error_of_the_listing_is_one_fault_and_what_depends_on_it_is_skipped(
    error: BackendError, expected: dict[str, str]
) -> None:
    assert results(failing(error)) == expected


@pytest.mark.parametrize(
    "error", [Unreachable("no route"), CertificateRefused("."), CredentialsRefused("bad key"), ClockSkewed("late")]
)
def test_after_no_answer_or_a_refused_key_nothing_more_is_asked(error: BackendError) -> None:
    backend = failing(error)
    results(backend)
    assert {kind: number for kind, number in backend.counts.items() if number} == {"list": 1}


def test_a_place_to_which_nothing_could_be_sent_is_not_reachable() -> None:
    assert results(failing(Misconfigured("certificate"), sent=False))["reachable"] == "fault"


@pytest.mark.parametrize(("seconds", "result"), [(300, "ok"), (301, "fault"), (-301, "fault")])
def test_a_clock_over_5_minutes_off_is_a_fault_though_all_else_works(seconds: int, result: str) -> None:
    backend = healthy()
    backend.skew = timedelta(seconds=seconds)
    assert results(backend) == WELL | {"clock": result}
    assert str(abs(seconds)) in one("clock", backend).message


def test_without_a_date_the_clock_is_unknown() -> None:
    backend = healthy()
    backend.skew = None
    assert results(backend)["clock"] == "unknown"


def test_a_project_without_a_name_is_not_asked_for() -> None:
    backend = healthy()
    assert results(backend, project_name=None)["identity"] == "unknown"
    assert backend.counts["other"] == 1  # the quota


@pytest.mark.parametrize("error", [Misconfigured("no iam_endpoint"), Unreachable("iam"), CredentialsRefused("iam")])
def test_an_identity_that_cannot_be_asked_for_is_a_fault_of_its_own(error: BackendError) -> None:
    backend = healthy()
    backend.projects_error = error
    assert results(backend) == WELL | {"identity": "fault"}


def test_another_project_is_a_fault() -> None:
    backend = healthy()
    backend.projects = (("another", "memory"),)
    assert results(backend) == WELL | {"identity": "fault"}


def test_without_a_finished_job_there_is_none_to_look_at() -> None:
    backend = ScriptedBackend.holding(make_job(phase=Phase.RUNNING))
    backend.skew = timedelta(0)
    assert results(backend) == WELL | {"get": "unknown"}


@pytest.mark.parametrize(
    ("error", "result"), [(JobNotFound("gone"), "unknown"), (NotPermitted("no"), "fault"), (Unreachable("503"), "fault")]
)
def test_a_look_that_fails_is_a_fault_unless_the_job_went(error: BackendError, result: str) -> None:
    backend = healthy()
    backend.get_errors = dict.fromkeys(backend.jobs, error)
    assert results(backend) == WELL | {"get": result}


@pytest.mark.parametrize("error", [NotPermitted("no"), Unreachable("odd body"), Misconfigured("another 404")])
def test_a_quota_that_cannot_be_read_is_never_a_fault(error: BackendError) -> None:
    backend = healthy()
    backend.quota_error = error
    assert results(backend) == WELL | {"quota": "unknown"}


def test_a_platform_without_a_quota_is_unknown() -> None:
    backend = healthy()
    backend.quota_limit = None
    assert results(backend)["quota"] == "unknown"


@pytest.mark.parametrize(("limit", "warns"), [(23, False), (22, True), (20, True), (0, True)])
def test_from_90_percent_on_the_quota_warns_without_being_a_fault(limit: int, warns: bool) -> None:
    backend = ScriptedBackend.holding(*[make_job() for _ in range(20)])
    backend.quota_limit = limit
    check = one("quota", backend)
    assert (check.result, f"20 of {limit}" in check.message) == (Result.OK, True)
    assert ("WARNING" in check.message, bool(check.advice)) == (warns, warns)


def test_the_listing_says_how_many_jobs_where_and_how_it_counts() -> None:
    backend = healthy()
    backend.listing = lambda: Listing(jobs=tuple(backend.jobs.values()), workspaces=("0", "w1"), offsets="records")
    assert one("list", backend).message == "complete: 2 finished jobs in 2 workspace(s)"
    assert one("offsets", backend) == Check(check="offsets", result=Result.OK, message="list offsets count records")


def add_event(ledger: Ledger) -> None:
    ledger.append([Draft(event=events.CONFIG_LOADED)])


def test_a_ledger_that_may_be_created_is_no_fault_and_stays_uncreated(tmp_path: Path) -> None:
    path = tmp_path / "new" / "ledger.db"
    assert diagnose_ledger(path, create=True).result is Result.OK
    assert diagnose_ledger(path, create=False).result is Result.FAULT
    assert list(tmp_path.iterdir()) == []


@pytest.mark.on_a_file
def test_a_sound_ledger_says_how_many_events_and_stays_as_it_is(ledger: Ledger) -> None:
    add_event(ledger)
    write_anchor(ledger)
    ledger.close()
    before = {path: path.read_bytes() for path in Path(ledger.name).parent.iterdir()}
    check = diagnose_ledger(Path(ledger.name), create=True)
    assert (check.result, check.message) == (Result.OK, f"{Path(ledger.name)}: 1 events, its anchored head is in it")
    assert {path: path.read_bytes() for path in before} == before
    assert Path(ledger.name).with_name("ledger.db-wal").read_bytes() == b""


def spoil_anchor(ledger: Ledger) -> None:
    anchor_path(Path(ledger.name)).write_text(f"1:{'0' * 64}\n")


def lose(ledger: Ledger) -> None:
    write_anchor(ledger)
    for path in list(Path(ledger.name).parent.glob("ledger.db*")):
        if path.suffix != ".head":
            path.unlink()


def overwrite(ledger: Ledger) -> None:
    Path(ledger.name).write_text("no database")


def blot_anchor(ledger: Ledger) -> None:
    anchor_path(Path(ledger.name)).write_text("odd")


@pytest.mark.on_a_file
@pytest.mark.parametrize("spoil", [spoil_anchor, lose, overwrite, blot_anchor])
def test_a_ledger_that_a_sweep_would_refuse_is_a_fault(ledger: Ledger, spoil: Callable[[Ledger], None]) -> None:
    add_event(ledger)
    ledger.close()
    spoil(ledger)
    check = diagnose_ledger(Path(ledger.name), create=True)
    assert (check.result, bool(check.advice)) == (Result.FAULT, True)


@pytest.mark.parametrize("name", ["loop/ledger.db", "x" * 300])
def test_a_path_that_leads_nowhere_is_a_fault(tmp_path: Path, name: str) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert diagnose_ledger(tmp_path / name, create=True).result is Result.FAULT


def test_a_ledger_below_a_file_cannot_be_created(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert diagnose_ledger(tmp_path / "file" / "ledger.db", create=True).result is Result.FAULT


@pytest.mark.on_a_file
@pytest.mark.parametrize("exists", [True, False])
def test_a_ledger_that_cannot_be_written_is_a_fault(ledger: Ledger, exists: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.close()
    path = Path(ledger.name) if exists else Path(ledger.name).with_name("other.db")
    monkeypatch.setattr(os, "access", lambda _path, mode: not mode & os.W_OK)
    check = diagnose_ledger(path, create=True)
    assert (check.result, "cannot be" in check.message) == (Result.FAULT, True)
