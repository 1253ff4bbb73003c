"""Services that share a ledger on a server: who leads, who takes over, and that a leader that was asleep deletes nothing."""

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from another_hand import another_hand
from apscheduler.executors.debug import DebugExecutor
from builders import make_job, make_target
from postgres import Postgres, nothing_beside, shared_postgres
from scripted import ScriptedBackend
from sqlalchemy import Engine, event

from janitor.backends.port import Answer, Reply
from janitor.clock import SystemClock
from janitor.core.errors import LedgerError
from janitor.core.job import Job
from janitor.ledger import lease, postgres
from janitor.ledger.opening import read_ledger
from janitor.ledger.server import Server
from janitor.ledger.store import Ledger
from janitor.service import sweeper
from janitor.service.daemon import Daemon
from janitor.service.health import Health
from janitor.service.metrics import Metrics
from janitor.service.policy_file import PolicyFile
from janitor.settings.load import load_settings
from janitor.settings.rules import rules_of
from janitor.sweep.target import Target
from janitor.wiring import App

POLICY = """\
version: 1
ledger: {{url: "{url}"}}
schedule: {{every: 1h}}
pace: {{per_sweep: 100, per_day: 100}}
limits: {{max_share: 100%}}
targets:
  - name: research
    mode: enforce
    endpoint: https://modelarts.eu-de.otc.t-systems.com
    project_id: {project}
    credentials: {{access_key: {{env: AK}}, secret_key: {{env: SK}}}}
policies:
  - {{name: weekly, mode: enforce, match: {{phase: [failed]}}, expire: {{after: 7d}}}}
"""
ENVIRON = {"AK": "key", "SK": "some-secret-of-some-length"}
END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@dataclass
class Sleeping(ScriptedBackend):
    """Falls asleep right before its first request leaves, and then minds `not_after` as the real one does."""

    while_asleep: Callable[[], object] | None = None
    late: int = 0
    sent: list[str] = field(default_factory=list)

    def delete_jobs(self, jobs: Sequence[Job], *, not_after: float) -> Reply:
        asleep, self.while_asleep = self.while_asleep, None
        if asleep is not None:
            asleep()
        if SystemClock().monotonic() > not_after:
            self.late += 1
            return Reply(answer=Answer.LATE, code="late", message="too late")
        self.sent += [job.id for job in jobs]
        return super().delete_jobs(jobs, not_after=not_after)


@dataclass(frozen=True, kw_only=True)
class PlayedApp(App):
    """An app whose target is played, and whose locks nobody keeps alive beside it where it does not speak."""

    backend: Sleeping
    speaks: bool

    def targets(self, names: tuple[str, ...] = ()) -> list[Target]:
        (known,) = self.settings.targets
        return [make_target(self.backend, name=name, rules=rules_of(self.settings, known)) for name in names or (known.name,)]

    def where(self) -> Any:
        found = super().where()
        assert isinstance(found, Server)
        return found if self.speaks else replace(found, start=nothing_beside)


@dataclass
class Replica:
    """A daemon in this process."""

    path: Path
    backend: Sleeping
    speaks: bool = True
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        clock = SystemClock()
        self.metrics, self.health = Metrics((), clock, "0"), Health(clock)
        self.daemon = Daemon(
            file=PolicyFile(read=self.read, path=self.path, clock=clock),
            metrics=self.metrics,
            health=self.health,
            clock=clock,
            make_say=lambda _app: lambda event, **_fields: self.said.append(event),
            executor=DebugExecutor(),
        )

    def read(self) -> App:
        return PlayedApp(settings=load_settings(self.path, ENVIRON), backend=self.backend, speaks=self.speaks)

    def leads(self) -> bool:
        return self.metrics.registry.get_sample_value("janitor_leader") == 1

    def tick_until_it_leads(self) -> None:
        until = time.monotonic() + 10
        while not self.leads():
            assert time.monotonic() < until, "it did not take over"
            time.sleep(0.05)
            self.daemon.tick()


@pytest.fixture
def server() -> Postgres:
    return shared_postgres()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything about locks happens ten times as fast."""
    for name in ("ENDS_AFTER_S", "LASTS_S", "BEAT_S"):
        monkeypatch.setattr(lease, name, getattr(lease, name) / 10)


@pytest.fixture
def path(tmp_path: Path, server: Postgres) -> Path:
    made = tmp_path / "janitor.yaml"
    made.write_text(POLICY.format(url=server.ledger().url, project="a" * 32))
    return made


@pytest.fixture
def begin(path: Path) -> Iterator[Callable[..., Replica]]:
    """Begin a replica on the ledger of this test."""
    replicas = list[Replica]()

    def start(backend: Sleeping, *, speaks: bool = True) -> Replica:
        replicas.append(Replica(path, backend, speaks))
        replicas[-1].daemon.begin()
        return replicas[-1]

    yield start
    for replica in replicas:
        replica.daemon.end()


def opened(replica: Replica) -> Ledger:
    ledger = read_ledger(replica.read().where())
    assert ledger is not None
    return ledger


def events(replica: Replica, *names: str) -> list[dict[str, Any]]:
    with opened(replica) as ledger:
        return [event for row in ledger.rows() if (event := row.event())["event"] in names]


@pytest.mark.usefixtures("quick")
def test_b29_s8_a_leader_that_wakes_up_after_another_took_over_deletes_nothing(begin: Callable[..., Replica]) -> None:
    """It falls asleep after its intent and right before its request, wakes up when all is done, and stands by from then on."""
    jobs = {job.id: job for job in (make_job(days_ago=100 - number) for number in range(3))}
    asleep, awake = Sleeping(jobs=jobs), Sleeping(jobs=jobs)
    first, second = begin(asleep, speaks=False), begin(awake)
    asleep.while_asleep = second.tick_until_it_leads
    first.daemon.tick()
    assert (asleep.late, asleep.sent, len(awake.sent)) == (1, [], 2)
    first.daemon.tick()
    assert (first.leads(), first.said[-1]) == (False, "leadership.lost")
    assert first.health.is_ready()
    for _ in range(3):
        first.daemon.tick()
    assert asleep.sent == []
    intended = [event["job_id"] for event in events(second, "deletion.intended")]
    assert len(intended) == 3
    assert sorted(intended[1:]) == sorted(awake.sent)
    assert [event["epoch"] for event in events(second, "sweep.started")] == [1, 2]


def test_b20_the_lead_of_a_session_that_breaks_passes_on_at_once_and_is_known_to_be_lost(begin: Callable[..., Replica]) -> None:
    """As when the database fails over: nobody waits until the lock would have ended by itself."""
    jobs = {job.id: job for job in (make_job(), make_job())}
    first, second = begin(Sleeping(jobs=jobs), speaks=False), begin(Sleeping(jobs=jobs))
    with opened(second) as ledger, another_hand(ledger) as hand:
        hand.execute(END_OTHERS)
    began = time.monotonic()
    second.tick_until_it_leads()
    assert time.monotonic() - began < lease.LASTS_S / 2
    held = first.daemon._leadership._grip
    assert isinstance(held, lease.Lease)
    with pytest.raises(Exception, match=r"terminat|closed"):
        held.speak()
    first.daemon.tick()
    assert (first.leads(), second.leads(), first.backend.sent) == (False, True, [])
    assert len(second.backend.sent) == 2


def test_b23_who_stands_by_while_the_server_is_away_is_not_ready_and_leads_when_it_is_back(
    begin: Callable[..., Replica], path: Path, server: Postgres
) -> None:
    first, second = begin(Sleeping()), begin(Sleeping())
    first.daemon.end()
    name = path.read_text().partition("@/")[2].partition("?")[0]
    server.do(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    for _ in range(2):
        second.daemon.tick()
    assert (second.leads(), second.health.is_ready(), second.said.count("ledger.unreadable")) == (False, False, 1)
    server.do(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    second.daemon.tick()
    assert (second.leads(), second.health.is_ready()) == (True, True)


def test_b23_who_starts_before_the_server_waits_for_it_and_is_not_ready(path: Path, server: Postgres) -> None:
    """As after a power failure: else a service manager would start it until it gives up."""
    text = path.read_text()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        free = silent.getsockname()[1]
    path.write_text(
        text.replace(text.partition("url: ")[2].splitlines()[0], f'"postgresql+psycopg://postgres@127.0.0.1:{free}/x"}}')
    )
    early = Replica(path, Sleeping())
    early.daemon.begin()
    for _ in range(2):
        early.daemon.tick()
    assert (early.leads(), early.health.is_ready(), early.said.count("ledger.unreadable")) == (False, False, 1)
    assert "policy_file.refused" not in early.said
    assert early.health.as_json()["policy_file"]["valid"]
    early.daemon.end()


def test_b23_a_service_whose_server_is_back_leads_its_ledger_and_one_that_says_no_ends_the_start(
    path: Path, server: Postgres
) -> None:
    name = path.read_text().partition("@/")[2].partition("?")[0]
    late, refused = Replica(path, Sleeping()), Replica(path, Sleeping())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgres, "_is_away", lambda _error: True)
        server.do(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        late.daemon.begin()
    assert not late.leads()
    with pytest.raises(LedgerError, match="not currently accepting connections"):
        refused.daemon.begin()
    server.do(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    late.daemon.tick()
    assert (late.leads(), late.health.is_ready(), "leadership.taken" in late.said) == (True, True, True)
    late.daemon.end()


def test_b23_a_session_that_ends_while_the_size_of_the_ledger_is_asked_ends_no_service(
    begin: Callable[..., Replica], server: Postgres
) -> None:
    """It is asked in the main loop, when the lead is taken again."""
    first = begin(Sleeping())
    armed = True

    def cut(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        nonlocal armed
        if armed and "pg_total_relation_size" in statement:
            armed = False
            with opened(first) as ledger, another_hand(ledger) as hand:
                hand.execute(END_OTHERS)

    first.daemon._leadership.give_up()
    event.listen(Engine, "before_cursor_execute", cut)
    try:
        first.daemon.tick()
    finally:
        event.remove(Engine, "before_cursor_execute", cut)
    assert (armed, first.leads(), first.said.count("ledger.unreadable")) == (False, False, 1)
    assert "terminat" in first.health.as_json()["leadership"]["problem"]
    first.daemon.tick()
    assert first.leads()


def test_b23_a_server_that_is_gone_when_a_sweep_has_ended_takes_nothing_from_what_is_told_of_it(
    begin: Callable[..., Replica], monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = {job.id: job for job in (make_job(), make_job())}
    first = begin(Sleeping(jobs=jobs))

    def gone(*_given: object) -> None:
        raise LedgerError("the server is gone")

    monkeypatch.setattr(sweeper, "note_ledger", gone)
    first.daemon.tick()
    assert len(first.backend.sent) == 2
    assert first.health.as_json()["targets"]["research"]["last_result"] == "done"
    assert first.metrics.registry.get_sample_value("janitor_sweeps_total", {"target": "research", "result": "done"}) == 1
    assert first.said.count("ledger.unreadable") == 1


def test_who_stands_by_writes_nothing_and_asks_in_vain_without_leaving_sessions_behind(begin: Callable[..., Replica]) -> None:
    first, second = begin(Sleeping()), begin(Sleeping())
    with opened(second) as ledger, another_hand(ledger) as hand:
        second.daemon.tick()
        before = (ledger.head(), list_sessions(hand))
        for _ in range(4):
            second.daemon.tick()
        assert (ledger.head(), list_sessions(hand)) == before
        second.daemon.end()
        until = time.monotonic() + 5
        while (left := list_sessions(hand)) >= before[1] and time.monotonic() < until:
            time.sleep(0.05)
        assert len(before[1] - left) == 1
    assert first.leads()


def list_sessions(hand: Any) -> set[int]:
    """The processes of the server that serve this database: a session that was opened anew has another one."""
    found = {pid for (pid,) in hand.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")}
    hand.commit()
    return found
