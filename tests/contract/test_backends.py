"""One suite for every backend: what the port promises, whoever keeps it."""

import time
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from backends_stage import ABSENT, ACCOUNT, FACTS, SIZE, absent, connected, emulated, modelarts, not_after
from builders import make_job
from documents import make_document
from documents_v1 import make_job_v1
from logins import KINDS, Login

from janitor.backends.inspection import Feature, Found
from janitor.backends.memory import MemoryBackend
from janitor.backends.modelarts_project import Scope
from janitor.backends.modelarts_v1 import ModelArtsV1
from janitor.backends.modelarts_v2 import ModelArtsV2
from janitor.backends.port import REQUEST_KINDS, Answer, Backend, Quota
from janitor.clock import SystemClock
from janitor.core.errors import (
    CredentialsRefused,
    IdentityDiffers,
    Interrupted,
    JobNotFound,
    Misconfigured,
    NotPermitted,
    OutOfTime,
)
from janitor.core.phase import TERMINAL
from janitor.emulator.faults import Fault
from janitor.emulator.server import Emulator
from janitor.modelarts.credentials import AccessKey
from janitor.modelarts.endpoint import Endpoint
from janitor.modelarts.surroundings import Surroundings
from janitor.modelarts.transport import Transport

KIND_OF: dict[type[Backend], str] = {MemoryBackend: "memory", ModelArtsV2: "v2", ModelArtsV1: "v1"}


@pytest.mark.some(3)
def test_a_listing_has_every_terminal_job_once(backend: Backend) -> None:
    listing = backend.list_jobs()
    assert len({job.id for job in listing.jobs}) == len(listing.jobs) == SIZE
    assert all(job.phase in TERMINAL for job in listing.jobs)
    assert listing.workspaces == ("0",)


@pytest.mark.some(3)
def test_a_look_shows_the_listed_job_unchanged(backend: Backend) -> None:
    for job in backend.list_jobs().jobs[:5]:
        assert backend.get_job(job.id) == job


@pytest.mark.some(3)
def test_a_listing_and_a_look_tell_the_same_of_experiments_machines_and_jobs_that_never_ran(backend: Backend) -> None:
    listed = {(job.experiment, job.resources, job.never_started): job for job in backend.list_jobs().jobs}
    assert set(listed) == FACTS[KIND_OF[type(backend)]]
    assert [backend.get_job(job.id) for job in listed.values()] == list(listed.values())


def test_a_job_that_does_not_exist_is_not_found(backend: Backend) -> None:
    with pytest.raises(JobNotFound):
        backend.get_job(absent(backend))


@pytest.mark.some(3)
def test_a_deletion_is_accepted_once_and_the_job_is_gone(backend: Backend) -> None:
    job = backend.list_jobs().jobs[0]
    assert backend.delete_jobs([job], not_after=not_after()).answer is Answer.ACCEPTED
    with pytest.raises(JobNotFound):
        backend.get_job(job.id)
    assert backend.delete_jobs([job], not_after=not_after()).answer is Answer.GONE
    assert len(backend.list_jobs().jobs) == SIZE - 1


def test_deleting_what_never_existed_says_gone(backend: Backend) -> None:
    assert backend.delete_jobs([make_job(id=absent(backend))], not_after=not_after()).answer is Answer.GONE


def test_several_jobs_go_by_one_request_and_are_gone(batching: Backend) -> None:
    jobs = batching.list_jobs().jobs[3:23]
    assert batching.most_at_once == 100
    assert batching.delete_jobs(jobs, not_after=not_after()).answer is Answer.ACCEPTED
    assert len(batching.list_jobs().jobs) == SIZE - 20
    assert (batching.traffic().requests["batch_delete"], batching.traffic().requests["delete"]) == (1, 0)


@pytest.mark.some(1)
def test_where_jobs_go_singly_a_request_for_several_is_not_sent(singly: Backend) -> None:
    jobs = singly.list_jobs().jobs[:2]
    assert singly.most_at_once == 1
    assert singly.delete_jobs(jobs, not_after=not_after()).answer is Answer.UNSUPPORTED
    assert singly.traffic().requests["delete"] == singly.traffic().requests["batch_delete"] == 0


def test_a_batch_with_a_job_that_is_gone_says_nothing_about_any_of_them(batching: Backend) -> None:
    first, second, third = batching.list_jobs().jobs[:3]
    batching.delete_jobs([second], not_after=not_after())
    assert batching.delete_jobs([first, second, third], not_after=not_after()).answer is Answer.UNKNOWN
    assert batching.most_at_once == 100


@pytest.mark.parametrize(
    ("status", "code", "answer"),
    [
        (404, "APIG.0101", Answer.UNSUPPORTED),
        (404, "ModelArts.4204", Answer.UNSUPPORTED),
        (405, "ModelArts.2803", Answer.UNSUPPORTED),
    ]
    + [(403, "ModelArts.0108", Answer.UNKNOWN)],
)
def test_where_there_is_no_way_to_delete_several_at_once_that_is_remembered(status: int, code: str, answer: Answer) -> None:
    now_ms = round(time.time() * 1000)
    for emulator, backend in emulated([make_document(now_ms, number + 1) for number in range(3)]):
        emulator.faults.add(Fault("batch_delete", "status", status=status, code=code, times=None))
        jobs = backend.list_jobs().jobs
        assert backend.delete_jobs(jobs, not_after=not_after()).answer is answer
        assert backend.most_at_once == 1
        assert backend.delete_jobs(jobs[:1], not_after=not_after()).answer is Answer.ACCEPTED
        assert backend.most_at_once == 1


@pytest.mark.parametrize("status", [400, 404, 409, 500])
def test_any_other_refusal_of_a_batch_leaves_every_job_unknown_and_batches_possible(status: int) -> None:
    now_ms = round(time.time() * 1000)
    for emulator, backend in emulated([make_document(now_ms, number + 1) for number in range(3)]):
        emulator.faults.add(Fault("batch_delete", "status", status=status, code="ModelArts.2786", times=None))
        assert backend.delete_jobs(backend.list_jobs().jobs, not_after=not_after()).answer is Answer.UNKNOWN
        assert backend.most_at_once == 100


def test_the_credentials_see_their_project(backend: Backend) -> None:
    assert len(backend.list_projects()) == 1


@pytest.mark.some(2)
def test_the_traffic_names_every_kind_and_counts_what_was_sent(backend: Backend) -> None:
    job = backend.list_jobs().jobs[0]
    read = backend.traffic().requests["get"]
    backend.get_job(job.id)
    backend.delete_jobs([job], not_after=not_after())
    requests = backend.traffic().requests
    assert set(requests) == set(REQUEST_KINDS)
    assert (requests["delete"], requests["batch_delete"]) == (1, 0)
    assert requests["get"] - read == (2 if isinstance(backend, ModelArtsV2) else 1)  # v2 tells the tags of a job separately
    assert requests["list"] >= 1


@pytest.mark.some(2)
def test_the_quota_counts_the_jobs_there_are(backend: Backend) -> None:
    before = backend.read_quota()
    assert before is not None
    assert (before.limit, before.used >= SIZE) == (10_000, True)
    backend.delete_jobs(backend.list_jobs().jobs[:1], not_after=not_after())
    assert backend.read_quota() == Quota(limit=10_000, used=before.used - 1)
    assert backend.traffic().requests["other"] == 2


@pytest.mark.some(2)
def test_looking_at_the_platform_tells_of_every_feature_and_deletes_nothing(backend: Backend) -> None:
    told = backend.inspect()
    assert set(told.features) == set(Feature)
    assert Found.UNKNOWN not in {told.features[feature].found for feature in Feature if feature is not Feature.AGING}
    requests = backend.traffic().requests
    assert (requests["delete"], requests["batch_delete"], requests["other"] <= len(Feature)) == (0, 0, True)
    assert len(backend.list_jobs().jobs) == SIZE


def test_unasked_it_tells_what_needs_no_request(backend: Backend) -> None:
    told, unasked = backend.inspect(), replace(backend.inspect(), features={})
    sent = backend.traffic().total()
    assert replace(backend.inspect(ask=False), features={}) == unasked == replace(told, features={})
    assert {finding.found for finding in backend.inspect(ask=False).features.values()} <= {Found.NEVER}
    assert backend.traffic().total() == sent


@pytest.mark.some(2)
def test_closing_is_harmless_when_repeated_and_ends_nothing(backend: Backend) -> None:
    backend.close()
    backend.close()
    assert len(backend.list_jobs().jobs) == SIZE


def test_a_platform_without_a_quota_says_so() -> None:
    assert MemoryBackend(quota_limit=None).read_quota() is None
    for _, backend in emulated(quota="absent"):
        assert backend.read_quota() is None


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [(403, "ModelArts.0108", NotPermitted), (404, "ModelArts.2786", IdentityDiffers), (404, "ModelArts.4204", Misconfigured)]
    + [(401, "APIG.0101", CredentialsRefused), (405, "APIG.0101", Misconfigured)],
)
def test_no_other_refusal_of_the_quota_means_that_there_is_none(status: int, code: str, kind: type[Exception]) -> None:
    for emulator, backend in emulated():
        emulator.faults.add(Fault("quota", "status", status=status, code=code))
        with pytest.raises(kind):
            backend.read_quota()


def test_refused_credentials_are_told_from_a_missing_permission() -> None:
    for emulator, backend in emulated():
        emulator.faults.add(Fault("list", "status", status=403, code="ModelArts.0108"))
        with pytest.raises(NotPermitted) as permission:
            backend.list_jobs()
        emulator.faults.add(Fault("list", "status", status=401, code="APIG.0301"))
        with pytest.raises(NotPermitted) as signature:
            backend.list_jobs()
        assert [isinstance(each.value, CredentialsRefused) for each in (permission, signature)] == [False, True]


def test_closing_releases_the_connections_to_modelarts_and_to_iam() -> None:
    for emulator, backend in emulated():
        used: list[set[int]] = []
        for _ in range(2):
            known = len(emulator.requests)
            backend.list_projects()
            backend.list_jobs()
            used.append({record.connection for record in emulator.requests[known:]})
            backend.close()
        assert [len(each) for each in used] == [2, 2]
        assert used[0].isdisjoint(used[1])


@pytest.mark.parametrize("mode", ["page", "record"])
def test_a_listing_says_what_offsets_count_where_that_was_found_out(mode: str) -> None:
    for backend in modelarts(mode):
        assert backend.list_jobs().offsets == f"{mode}s"
    for _, backend in emulated():
        assert backend.list_jobs().offsets is None


def test_nothing_is_sent_after_its_deadline() -> None:
    for backend in modelarts("page"):
        job = backend.list_jobs().jobs[0]
        reply = backend.delete_jobs([job], not_after=SystemClock().monotonic() - 1)
        assert (reply.answer, backend.traffic().requests["delete"]) == (Answer.LATE, 0)


def test_after_the_wish_to_stop_nothing_is_sent() -> None:
    stop = Event()
    with Emulator(account=ACCOUNT) as emulator:
        key = AccessKey(ACCOUNT.access_key, ACCOUNT.secret_key)
        with Transport(Endpoint(url=emulator.url), key, surroundings=Surroundings(stop=stop)) as transport:
            backend = ModelArtsV2(transport, None, Scope(project_id=ACCOUNT.project_id, project_name=None, workspaces=("0",)))
            stop.set()
            assert backend.delete_jobs([make_job(id=ABSENT)], not_after=not_after()).answer is Answer.UNSENT
            with pytest.raises(Interrupted):
                backend.list_jobs()
        assert emulator.requests == []


@pytest.mark.some(6)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("generation", ["v2", "v1"])
def test_the_core_promises_hold_however_one_logs_in(tmp_path: Path, generation: str, kind: str) -> None:
    now_ms = round(time.time() * 1000)
    made: dict[str, Any] = {"jobs": [make_document(now_ms, number + 1) for number in range(4)]}
    if generation == "v1":
        made = {"jobs_v1": [make_job_v1(now_ms, number + 1, (11, 10)) for number in range(4)]}
    with Emulator(account=ACCOUNT, **made) as emulator:
        keyring = Login(kind=kind, emulator=emulator, account=ACCOUNT, folder=tmp_path).keyring()
        with connected(emulator, keyring, is_v2=generation == "v2") as backend:
            first, *others = backend.list_jobs().jobs
            assert backend.get_job(first.id) == first
            assert backend.delete_jobs([first], not_after=not_after()).answer is Answer.ACCEPTED
            with pytest.raises(JobNotFound):
                backend.get_job(first.id)
            assert backend.delete_jobs([first], not_after=not_after()).answer is Answer.GONE
            assert set(backend.list_jobs().jobs) == set(others)
            assert (ACCOUNT.project_id, ACCOUNT.project_name) in backend.list_projects()


@pytest.mark.parametrize("backend", ["v2-page", "v1-http200"], indirect=True)
def test_after_its_end_a_backend_asks_for_nothing_and_takes_nothing_for_gone(backend: Backend) -> None:
    """One in memory takes no time, so it has no end to keep."""
    job = backend.list_jobs().jobs[0]
    backend.end_by(SystemClock().monotonic() - 1)
    before = backend.traffic().total()
    for ask in (backend.list_jobs, lambda: backend.get_job(job.id), backend.list_projects):
        with pytest.raises(OutOfTime, match="max_duration"):
            ask()
    answer = backend.delete_jobs([job], not_after=not_after())
    assert (answer.answer, answer.code, answer.ends_sweep) == (Answer.UNSENT, "max_duration", True)
    assert backend.traffic().total() == before
    backend.end_by(SystemClock().monotonic() + 60)
    assert backend.get_job(job.id) == job
