"""Owns the backends that keep the port's promises in the contract tests, each with jobs, and emulators with one of them."""

import random
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from threading import Event
from typing import Any

from builders import make_job
from documents import GPU, NPU, in_experiment, make_document, never_started, running_on
from documents_v1 import make_job_v1

from janitor.backends.memory import MemoryBackend
from janitor.backends.modelarts_project import Scope
from janitor.backends.modelarts_v1 import ModelArtsV1
from janitor.backends.modelarts_v2 import ModelArtsV2
from janitor.backends.port import Backend
from janitor.clock import SystemClock, ThreadSpawner
from janitor.core.job import UNTOLD_RESOURCES, Resources
from janitor.core.phase import Phase
from janitor.emulator.account import Account
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
ABSENT = "ffffffff-0000-4000-8000-0000000000ff"
ABSENT_V1 = "1"
SOON = 3600.0
SIZE = 60
"""So many jobs that have ended does each backend hold: more than a page of v2."""


TEAM = (("stage", ""), ("team", "nlp"))


GPUS_V2, NO_CARDS_V2 = Resources(flavor="p3", pool="pool-1", node_count=2, accelerators=16), Resources(flavor="c6", node_count=1)
PLAIN_V2 = Resources(flavor="modelarts.vm.cpu.8u", node_count=1)
GPUS_V1 = Resources(flavor="5", pool="pool-1", node_count=2, accelerators=16, runs=2)
PLAIN_V1 = Resources(flavor="1", node_count=1)
FACTS = {
    "memory": {("lr", GPUS_V2, False), (None, UNTOLD_RESOURCES, True), (None, UNTOLD_RESOURCES, False)},
    "v2": {("lr", GPUS_V2, False), (None, replace(NO_CARDS_V2, accelerators=0), True)}
    | {(None, replace(NO_CARDS_V2, accelerators=8), False), (None, PLAIN_V2, False)},
    "v1": {(None, GPUS_V1, False), (None, replace(PLAIN_V1, runs=2), True)}
    | {(None, replace(PLAIN_V1, runs=runs), False) for runs in (1, 3)},
}
"""Experiment, resources and whether it never started: all that there are among the jobs of a backend."""


def memory() -> Iterator[Backend]:
    jobs = [make_job(days_ago=number + 1, labels=() if number else TEAM) for number in range(SIZE - 2)]
    idle = make_job(phase=Phase.TERMINATED, started_at=None, finished_at=None, never_started=True)
    yield MemoryBackend.of(*jobs, make_job(experiment="lr", resources=GPUS_V2), idle)


def modelarts(offset_mode: str) -> Iterator[Backend]:
    now_ms = round(time.time() * 1000)
    jobs = [make_document(now_ms, number + 1) for number in range(SIZE)] + [make_document(now_ms, 1, "Running")]
    running_on(in_experiment(jobs[1], "lr"), GPU, flavor="p3", pool="pool-1", nodes=2)
    never_started(running_on(jobs[2], {}, flavor="c6"))
    running_on(jobs[3], NPU, flavor="c6")
    tagged = jobs[0]["metadata"]["id"]
    random.Random(1).shuffle(jobs)
    for emulator, backend in emulated(jobs, offset_mode=offset_mode):
        emulator.world.tag(tagged, dict(TEAM))
        yield backend


def modelarts_v1(error_style: str) -> Iterator[Backend]:
    now_ms = round(time.time() * 1000)
    mixed = [make_job_v1(now_ms, number + 1, (10, 11, 13) if number % 3 == 0 else (10,)) for number in range(SIZE)]
    mixed[1] = make_job_v1(now_ms, 2, (10, 11), machine=5, workers=2, pool="pool-1")
    mixed[2] = make_job_v1(now_ms, 2, (3, 13))
    jobs = [*mixed, make_job_v1(now_ms, 1, (8,)), make_job_v1(now_ms, 3, (8, 10)), make_job_v1(now_ms, 3, (10, 7))]
    random.Random(1).shuffle(jobs)
    yield from (backend for _, backend in emulated(jobs_v1=jobs, v1_error_style=error_style))


def emulated(
    jobs: Iterable[Any] = (), jobs_v1: Iterable[Any] | None = None, **switches: Any
) -> Iterator[tuple[Emulator, Backend]]:
    """An emulator and a backend to it: of the first generation where its jobs are given."""
    key = Keyring(GivenKey(AccessKey(ACCOUNT.access_key, ACCOUNT.secret_key)))
    made = Emulator(account=ACCOUNT, switches=Switches(**switches), jobs=jobs, jobs_v1=jobs_v1 or ())
    with made as emulator, connected(emulator, key, is_v2=jobs_v1 is None) as backend:
        yield emulator, backend


@contextmanager
def connected(emulator: Emulator, keyring: Keyring, *, is_v2: bool) -> Iterator[Backend]:
    """A backend to an emulator."""
    surroundings = Surroundings(clock=SystemClock(), stop=Event())
    limits = TransportLimits(requests_per_second=1000)
    connect = partial(Transport, Endpoint(url=emulator.url), keyring, limits=limits, surroundings=surroundings)
    with connect() as transport, connect() as iam:
        scope = Scope(project_id=ACCOUNT.project_id, project_name=ACCOUNT.project_name, workspaces=("0",))
        yield ModelArtsV2(transport, iam, scope) if is_v2 else ModelArtsV1(transport, iam, scope, ThreadSpawner(4))


BATCHING = ("memory", "v2-page", "v2-record")
SINGLY = ("v1-http200", "v1-http4xx")


def made(name: str) -> Iterator[Backend]:
    kind, _, mode = name.partition("-")
    make = {"v1": modelarts_v1, "v2": modelarts}
    yield from make[kind](mode) if kind in make else memory()


def absent(backend: Backend) -> str:
    """The id of a job that never existed."""
    return ABSENT_V1 if isinstance(backend, ModelArtsV1) else ABSENT


def not_after() -> float:
    return SystemClock().monotonic() + SOON
