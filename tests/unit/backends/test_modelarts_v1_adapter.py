"""The adapter to v1 against an emulator: what it knows from rows, and how refusals that say nothing are settled."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from documents_v1 import make_job_v1

from janitor.backends.modelarts_project import Scope
from janitor.backends.modelarts_v1 import ModelArtsV1, RollCall
from janitor.clock import SystemClock, ThreadSpawner
from janitor.core.errors import BackendError, JobNotFound, ListingIncomplete, Unreachable
from janitor.core.phase import Phase
from janitor.emulator.account import Account
from janitor.emulator.faults import Fault
from janitor.emulator.server import Emulator
from janitor.emulator.switches import Switches
from janitor.modelarts.credentials import AccessKey
from janitor.modelarts.endpoint import Endpoint
from janitor.modelarts.keyring import Keyring
from janitor.modelarts.limits import TransportLimits
from janitor.modelarts.providers import GivenKey
from janitor.modelarts.surroundings import Surroundings
from janitor.modelarts.transport import Transport

ACCOUNT = Account()
OTHER = "w1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
NOW_MS = round(time.time() * 1000)
Start = Callable[..., tuple[Emulator, ModelArtsV1]]


@pytest.fixture
def start() -> Iterator[Start]:
    """An emulator with these jobs, and the adapter to it."""
    with ExitStack() as stack:

        def build(
            *jobs: dict[str, Any], workspaces: tuple[str, ...] | None = ("0",), **switches: Any
        ) -> tuple[Emulator, ModelArtsV1]:
            emulator = stack.enter_context(Emulator(account=ACCOUNT, switches=Switches(**switches), jobs_v1=jobs))
            key = Keyring(GivenKey(AccessKey(ACCOUNT.access_key, ACCOUNT.secret_key)))
            limits = TransportLimits(requests_per_second=1000, backoff_base_s=0.01)
            around = Surroundings(clock=SystemClock(), stop=Event())
            transport = stack.enter_context(Transport(Endpoint(url=emulator.url), key, limits=limits, surroundings=around))
            scope = Scope(project_id=ACCOUNT.project_id, project_name=None, workspaces=workspaces)
            return emulator, ModelArtsV1(transport, None, scope, ThreadSpawner(4))

        yield build


def routes(emulator: Emulator) -> list[str]:
    return [record.route for record in emulator.requests]


def in_workspace(workspace: str, **changes: Any) -> dict[str, Any]:
    return make_job_v1(NOW_MS, 30, **changes) | {"workspace_id": workspace}


def test_a_job_that_was_not_listed_has_owner_and_workspace_from_the_list_of_its_name(start: Start) -> None:
    job = in_workspace(OTHER, name="lenet", owner="ann")
    emulator, backend = start(in_workspace("0", name="lenet-2"), job, workspaces=None)
    found = backend.get_job(str(job["job_id"]))
    assert (found.owner, found.workspace) == ("ann", OTHER)
    searched = [record for record in emulator.requests if record.route == "v1_list"]
    assert all("search_content=lenet&" in record.query for record in searched)
    assert backend.get_job(str(job["job_id"])) == found
    assert routes(emulator).count("v1_list") == len(searched) == 2
    assert found in backend.list_jobs().jobs


def test_a_job_beyond_the_workspaces_of_the_target_has_neither(start: Start) -> None:
    job = in_workspace(OTHER)
    _, backend = start(job)
    found = backend.get_job(str(job["job_id"]))
    assert (found.owner, found.workspace, found.name) == (None, None, job["job_name"])


def test_a_job_shown_for_two_workspaces_is_in_none_that_is_known(start: Start) -> None:
    """As where the platform does not heed the workspace that it is asked for: its rows name none."""
    one, other = in_workspace("0"), in_workspace(OTHER)
    _, backend = start(one, other, workspaces=None, honour_workspace=False)
    listing = backend.list_jobs()
    assert [job.workspace for job in listing.jobs] == [None, None]


def test_a_row_that_names_another_workspace_is_not_listed(start: Start) -> None:
    """None of the documents says that a row names its workspace; one that does is heeded."""
    job = in_workspace("0")
    emulator, backend = start(job)
    row = {"job_id": job["job_id"], "job_name": "x", "status": 10, "create_time": 1, "version_count": 1, "workspace_id": OTHER}
    emulator.faults.add(Fault("v1_list", "body", status=200, body=page(row), times=None))
    assert backend.list_jobs().jobs == ()
    assert backend.get_job(str(job["job_id"])).workspace is None


def test_r2_the_jobs_of_a_platform_that_does_not_heed_the_workspace_are_in_none_that_is_known(start: Start) -> None:
    """The control asks for a workspace that cannot exist, once a listing; with `workspaces: all` there is no need."""
    ours, theirs = in_workspace("0"), in_workspace(OTHER)
    emulator, backend = start(ours, theirs, honour_workspace=False)
    assert [job.workspace for job in backend.list_jobs().jobs] == [None, None]
    (control,) = [record for record in emulator.requests if "workspace_id=janitor-asks-for-no-workspace-00" in record.query]
    assert "page=1&per_page=1&" in control.query
    _, backend = start(ours, theirs, honour_workspace=False)
    assert backend.get_job(str(theirs["job_id"])).workspace is None
    emulator, backend = start(ours, workspaces=None)
    assert [job.workspace for job in backend.list_jobs().jobs] == ["0"]
    assert not [record for record in emulator.requests if "no-workspace" in record.query]


@pytest.mark.parametrize(
    ("status", "code", "workspace"),
    [(400, f"ModelArts.{code}", "0") for code in ("0102", "2891", "7002", "7004", "7005", "0104", "2809")]
    + [(400, "ModelArts.0105", None), (403, "ModelArts.0108", None), (404, None, None)],
)
def test_r2_a_workspace_counts_as_heeded_where_one_that_cannot_exist_is_refused_as_such(
    start: Start, status: int, code: str | None, workspace: str | None
) -> None:
    emulator, backend = start(in_workspace("0"))
    emulator.faults.add(Fault("v1_list", "status", nth=2, status=status, code=code))
    assert [job.workspace for job in backend.list_jobs().jobs] == [workspace]


@pytest.mark.parametrize(
    ("status", "code"),
    [(500, None), (404, "APIG.0101"), (404, "ModelArts.2786"), (401, "APIG.0301"), (400, "ModelArts.7003")],
)
def test_a_control_without_an_answer_fails_the_listing(start: Start, status: int, code: str | None) -> None:
    emulator, backend = start(in_workspace("0"))
    emulator.faults.add(Fault("v1_list", "status", nth=2, status=status, code=code, times=None))
    with pytest.raises(BackendError):
        backend.list_jobs()


def test_a_job_that_was_not_listed_and_is_shown_for_two_workspaces_is_in_none_that_is_known(start: Start) -> None:
    one, other = in_workspace("0"), in_workspace(OTHER)
    _, backend = start(one, other, workspaces=None, honour_workspace=False)
    assert backend.get_job(str(one["job_id"])).workspace is None


def versions_of(job: dict[str, Any], **changes: Any) -> str:
    shown = {name: job[name] for name in ("job_id", "job_name", "job_desc", "versions")}
    return json.dumps({"is_success": True, "version_count": len(job["versions"])} | shown | changes)


def test_a39_versions_that_contradict_the_row_make_the_job_unknown_in_listing_and_look(start: Start) -> None:
    """The version that runs is left out, and so is the count of it: by itself the document is in order."""
    job, sound = make_job_v1(NOW_MS, 60, (8, 10)), make_job_v1(NOW_MS, 50)
    emulator, backend = start(job, sound)
    body = versions_of(job, version_count=1, versions=job["versions"][1:])
    emulator.faults.add(Fault("v1_versions", "body", job_id=str(job["job_id"]), status=200, body=body, times=None))
    for _ in range(2):
        assert backend.get_job(str(job["job_id"])).phases == {Phase.UNKNOWN, Phase.COMPLETED}
        assert [job.id for job in backend.list_jobs().jobs] == [str(sound["job_id"])]


ODD: dict[str, dict[str, Any]] = {
    "a count": {"version_count": 2},
    "no version": {"version_count": 0, "versions": []},
    "no count": {"version_count": None},
    "no list": {"versions": {}},
    "an id": {"versions": [{"version_id": "1"}]},
    "another job": {"job_id": 1},
}


@pytest.mark.parametrize("changes", ODD.values(), ids=ODD)
def test_a39_one_job_that_does_not_add_up_is_left_out_and_the_others_are_listed(start: Start, changes: dict[str, Any]) -> None:
    odd, *others = (make_job_v1(NOW_MS, 30) for _ in range(3))
    emulator, backend = start(odd, *others)
    body = versions_of(odd, **changes)
    emulator.faults.add(Fault("v1_versions", "body", job_id=str(odd["job_id"]), status=200, body=body, times=None))
    assert {job.id for job in backend.list_jobs().jobs} == {str(job["job_id"]) for job in others}
    if changes == ODD["no version"]:
        assert backend.get_job(str(odd["job_id"])).phase is Phase.UNKNOWN
    else:
        with pytest.raises(Unreachable):
            backend.get_job(str(odd["job_id"]))


def test_a39_versions_that_add_up_for_no_job_are_a_platform_that_changed(start: Start) -> None:
    jobs = [make_job_v1(NOW_MS, 30) for _ in range(2)]
    emulator, backend = start(*jobs)
    for job in jobs:
        body = versions_of(job, version_count=None)
        emulator.faults.add(Fault("v1_versions", "body", job_id=str(job["job_id"]), status=200, body=body, times=None))
    with pytest.raises(Unreachable, match="does not say how many versions"):
        backend.list_jobs()


def test_a13_two_readings_that_leave_the_same_job_out_do_not_prove_it_gone(start: Start) -> None:
    """They agree with each other, and not with the total that they state."""
    here = make_job_v1(NOW_MS, 30)
    emulator, backend = start(here, make_job_v1(NOW_MS, 40))
    emulator.faults.add(Fault("v1_list", "drop_item", job_id=str(here["job_id"]), times=None))
    emulator.faults.add(Fault("v1_versions", "status", status=404, code="ModelArts.9999", job_id=str(here["job_id"]), times=None))
    with pytest.raises(ListingIncomplete, match="job_total_count"):
        backend.get_job(str(here["job_id"]))


def page(*rows: dict[str, Any]) -> str:
    return json.dumps({"is_success": True, "job_total_count": len(rows), "jobs": list(rows)})


def test_a_job_that_is_gone_by_the_time_it_is_read_is_left_out(start: Start) -> None:
    jobs = [make_job_v1(NOW_MS, 30) for _ in range(3)]
    emulator, backend = start(*jobs)
    gone = jobs[1]["job_id"]
    emulator.faults.add(Fault("v1_versions", "before", job_id=str(gone), change=lambda _: emulator.v1.remove(gone)))
    assert {job.id for job in backend.list_jobs().jobs} == {str(job["job_id"]) for job in jobs} - {str(gone)}


def test_only_rows_that_have_ended_are_read_and_only_jobs_that_have_are_listed(start: Start) -> None:
    ended, hidden, running = (make_job_v1(NOW_MS, 30, statuses) for statuses in ((11, 10), (8, 10), (10, 8)))
    emulator, backend = start(ended, hidden, running)
    assert [job.id for job in backend.list_jobs().jobs] == [str(ended["job_id"])]
    assert routes(emulator).count("v1_versions") == 2


@pytest.mark.parametrize("style", ["http200", "http4xx"])
def test_an_unrecognised_refusal_means_gone_only_where_a_new_listing_lacks_the_job(start: Start, style: str) -> None:
    here, gone = make_job_v1(NOW_MS, 30), make_job_v1(NOW_MS, 40)
    emulator, backend = start(here, gone, v1_not_found="ModelArts.0105", v1_error_style=style)
    backend.list_jobs()
    emulator.v1.remove(gone["job_id"])
    with pytest.raises(JobNotFound, match="not listed either"):
        backend.get_job(str(gone["job_id"]))
    emulator.faults.add(Fault("v1_versions", "status", status=400, code="ModelArts.0105", job_id=str(here["job_id"])))
    with pytest.raises(Unreachable):
        backend.get_job(str(here["job_id"]))


@pytest.mark.parametrize(
    ("status", "code"),
    [(500, "ModelArts.0105"), (403, "ModelArts.0108"), (404, "APIG.0101"), (404, "ModelArts.2786"), (400, "ModelArts.7005")]
    + [(429, "APIG.0308"), (400, "ModelArts.0104"), (401, "APIG.0301")],
)
def test_a_recognised_refusal_never_means_gone_and_asks_for_no_listing(start: Start, status: int, code: str) -> None:
    gone = make_job_v1(NOW_MS, 40)
    emulator, backend = start(make_job_v1(NOW_MS, 30))
    emulator.faults.add(Fault("v1_versions", "status", status=status, code=code, times=None))
    with pytest.raises(BackendError) as caught:
        backend.get_job(str(gone["job_id"]))
    assert not isinstance(caught.value, JobNotFound)
    assert "v1_list" not in routes(emulator)


def test_a_listing_that_fails_settles_nothing(start: Start) -> None:
    emulator, backend = start(make_job_v1(NOW_MS, 30), v1_not_found="ModelArts.0105")
    emulator.faults.add(Fault("v1_list", "status", status=500, times=None))
    with pytest.raises(Unreachable):
        backend.get_job("1")


@pytest.mark.parametrize("word", ["7d9e2c14-5b30-4f6a-8c1e-90ab12cd34ef", "0155", "", "x"])
def test_an_id_of_another_kind_is_refused_before_anything_is_sent(start: Start, word: str) -> None:
    emulator, backend = start()
    with pytest.raises(ValueError, match="whole number"):
        backend.get_job(word)
    assert routes(emulator) == []


def test_who_asks_while_a_listing_runs_waits_for_the_next_and_shares_it() -> None:
    """The one that runs may have begun before the job was refused."""
    taken, first_runs, go_on = list[int](), Event(), Event()

    def take() -> frozenset[int]:
        taken.append(len(taken))
        if len(taken) == 1:
            first_runs.set()
            assert go_on.wait(5)
        return frozenset(taken)

    roll, answers, ready = RollCall(take), list[frozenset[int]](), Barrier(4)

    def late() -> None:
        ready.wait(5)
        answers.append(roll.call_after_now())

    early = Thread(target=lambda: answers.append(roll.call_after_now()))
    early.start()
    assert first_runs.wait(5)
    others = [Thread(target=late) for _ in range(3)]
    for thread in others:
        thread.start()
    ready.wait(5)
    time.sleep(0.05)
    go_on.set()
    for thread in (early, *others):
        thread.join(5)
    assert answers == [frozenset({0}), *[frozenset({0, 1})] * 3]
    assert roll.call_after_now() == frozenset({0, 1, 2})


def test_a_listing_that_failed_is_shared_by_nobody() -> None:
    outcomes = iter([Unreachable("down"), None])

    def take() -> frozenset[int]:
        if (error := next(outcomes)) is not None:
            raise error
        return frozenset({7})

    roll = RollCall(take)
    with pytest.raises(Unreachable):
        roll.call_after_now()
    assert roll.call_after_now() == frozenset({7})
