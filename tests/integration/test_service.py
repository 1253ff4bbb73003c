"""`janitor serve` as a real process: schedules, reloads, a platform that goes, SIGTERM (faults B4, B6, B14, B33, D20)."""

import json
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from amount import IS_SOAK, cases
from documents import make_document
from forks import Forked, Start
from stage import POLICY, Stage

from janitor.emulator.faults import Fault
from janitor.emulator.server import Emulator
from janitor.emulator.switches import Switches

ENDS = ("deletion.confirmed", "deletion.already_gone", "deletion.failed", "deletion.skipped")
QUIET_UNTIL_S, LIVES_FOR_S, STAYS_BROKEN_S = (38.0, 40.0, 5.0) if IS_SOAK else (0.0, 10.0, 2.5)
EVERY, SECOND_EVERY = (2, 3) if IS_SOAK else (1, 2)
SWEEPS, LATE = cases(6, 12), cases(24, 40)
SECOND_WORKSPACE = "2" * 32
TWO_TARGETS = """\
  - name: second
    mode: enforce
    endpoint: {url}
    project_id: {project}
    workspaces: ["{workspace}"]
    schedule: {{every: {every}s}}
    credentials: {{access_key: {{file: ak}}, secret_key: {{file: sk}}}}
"""


class Service:
    """A running `janitor serve`, its log and its web address."""

    def __init__(self, stage: Stage) -> None:
        self._log = (stage.folder / f"log-{time.monotonic_ns()}.jsonl").open("w+")
        words = ["serve", "--config", str(stage.config), "--listen", "127.0.0.1:0"]
        self.process = Forked(words, Start(stderr=self._log.fileno(), env=os.environ | {"JANITOR_LOG": ""}))
        self.url = ""

    def wait_for_address(self) -> None:
        """Wait until it answers."""
        (listening,) = self.until(lambda: self.said("service.listening"))
        self.url = str(listening["url"])

    def lines(self) -> list[dict[str, Any]]:
        """Every line of the log so far; each must be JSON."""
        text = Path(self._log.name).read_text()
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]

    def said(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.lines() if line["event"] == event]

    def until(self, condition: Callable[[], Any], patience_s: float = 40.0) -> Any:
        """Wait until something is so, and answer with it."""
        deadline = time.monotonic() + patience_s
        while not (found := condition()):
            assert time.monotonic() < deadline, "not so in time"
            assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.lines()[-3:]}"
            time.sleep(0.1)
        return found

    def ask(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def metric(self, name: str) -> float:
        """The value of one series."""
        (line,) = [line for line in self.ask("/metrics")[1].splitlines() if line.startswith(f"{name} ")]
        return float(line.split()[1])

    def terminate(self, patience_s: float = 10.0) -> float:
        """Ask to stop; answer with the seconds it took. The exit code is 0."""
        asked = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(patience_s) == 0
        return time.monotonic() - asked

    def kill(self) -> None:
        """Leave nothing behind."""
        self.process.kill()
        self.process.wait()
        self._log.close()


@pytest.fixture
def serve() -> Iterator[Callable[[Stage], Service]]:
    with ExitStack() as stack:

        def start(stage: Stage) -> Service:
            service = Service(stage)
            stack.callback(service.kill)
            service.wait_for_address()
            return service

        yield start


def finished(stage: Stage, target: str) -> int:
    return sum(event["event"] == "sweep.finished" and event["target"] == target for event in stage.events())


def test_a_life_of_the_service_leaves_every_sweep_accounted_for(
    make_stage: Callable[..., Stage], serve: Callable[[Stage], Service], now_ms: int
) -> None:
    """1. two targets side by side 2. a new file 3. a broken, a mended one 4. no platform, a new one 5. SIGTERM in mid-batch.

    As short as that goes; forty seconds and more in `make soak`.
    """
    began = time.monotonic()
    old, younger = (
        [make_document(now_ms, days, workspace_id=workspace) for workspace in ("0", SECOND_WORKSPACE) for _ in range(count)]
        for days, count in ((60, 30), (20, 10))
    )
    stage = make_stage(jobs=old + younger)
    stage.write(POLICY.replace("7d", "30d"), top=f"schedule: {{every: {EVERY}s}}\n")
    add_second_target(stage)
    service = serve(stage)
    two_targets_side_by_side(stage, service, {job["metadata"]["id"] for job in old})
    a_new_file(stage, service, len(old + younger))
    a_broken_file_and_a_mended_one(stage, service)
    time.sleep(max(0.0, QUIET_UNTIL_S - (time.monotonic() - began)))
    assert len([event for event in stage.events() if event["event"] == "sweep.finished"]) >= SWEEPS

    stage.emulator.stop()
    service.until(lambda: service.said("sweep.aborted"), 40)
    late = [make_document(now_ms, 60) for _ in range(LATE)]
    switches = Switches(delete_delay_s=0.3, batch_mode="absent")
    again = Emulator(jobs=[*stage.emulator.world.jobs(), *late], port=stage.emulator.port, switches=switches)
    again.faults.add(Fault("delete", "slow_body", nth=15, seconds=0.7, applied=True))
    with again:
        stage.emulator = again
        let_pass(stage, service)
        service.until(lambda: len(stage.deleted_in_truth()) >= 12, 40)
        assert time.monotonic() - began > LIVES_FOR_S
        sigterm_in_mid_batch(stage, service)
        a_new_process_closes_what_was_accepted(stage, serve)
    account_for_every_sweep(stage.events())


def let_pass(stage: Stage, service: Service) -> None:
    """What came with the new platform is refused as too much, until an operator says that it is what was expected."""
    refused = service.until(lambda: service.said("plan.refused"), 30)[-1]
    for guard in (refused["by"], *str(refused["facts"].get("besides", "")).split()):
        assert stage.janitor("acknowledge", guard, "--target", "research", "--reason", "a new platform")[0] == 0


def two_targets_side_by_side(stage: Stage, service: Service, expired: set[str]) -> None:
    service.until(lambda: finished(stage, "research") >= 3 and finished(stage, "second") >= 2)
    assert set(stage.deleted_in_truth()) == expired
    assert overlapping(stage.events()), "the two targets were never swept side by side"
    assert service.ask("/readyz")[0] == 200
    assert service.metric('janitor_deletions_total{outcome="confirmed",target="research"}') == len(expired) / 2


def a_new_file(stage: Stage, service: Service, expired: int) -> None:
    edit(stage, "after: 30d", "after: 10d")
    service.until(lambda: len(service.said("policy_file.loaded")) == 2)
    service.until(lambda: len(stage.deleted_in_truth()) == expired)
    digests = {(event["target"], event["policy_digest"]) for event in stage.events() if event["event"] == "plan.built"}
    assert sorted(target for target, _ in digests) == ["research", "research", "second", "second"], "the new file was not used"


def a_broken_file_and_a_mended_one(stage: Stage, service: Service) -> None:
    edit(stage, "after: 10d", "aftr: 10d")
    service.until(lambda: service.said("policy_file.refused"))
    time.sleep(1.0)
    quiet = len([event for event in stage.events() if event["event"] == "sweep.started"])
    time.sleep(STAYS_BROKEN_S)
    assert len([event for event in stage.events() if event["event"] == "sweep.started"]) == quiet
    assert (service.ask("/readyz")[0], service.ask("/healthz")[0]) == (503, 200)
    assert "aftr" in str(json.loads(service.ask("/healthz")[1])["policy_file"]["problems"])
    assert service.metric("janitor_policy_file_valid") == 0
    edit(stage, "aftr: 10d", "after: 10d")
    service.process.send_signal(signal.SIGHUP)
    service.until(lambda: service.ask("/readyz")[0] == 200)


def sigterm_in_mid_batch(stage: Stage, service: Service) -> None:
    """It ends in time; every intent has its outcome, and what the platform accepted waits for its proof."""
    assert service.terminate() < 5
    sent = [record for record in stage.emulator.requests if record.method == "DELETE"]
    assert 12 <= len(sent) < LATE
    accepted = {event["intent_id"] for event in stage.events() if event["event"] == "deletion.accepted"}
    assert set(open_intents(stage.events())) <= accepted, "an intent was left without any outcome"


def a_new_process_closes_what_was_accepted(stage: Stage, serve: Callable[[Stage], Service]) -> None:
    """And asks for nothing twice."""
    service = serve(stage)

    def is_all_asked_for() -> bool:
        return len([record for record in stage.emulator.requests if record.method == "DELETE"]) == LATE

    service.until(lambda: is_all_asked_for() or service.said("plan.refused"), 30)
    if not is_all_asked_for():
        let_pass(stage, service)
    service.until(is_all_asked_for, 30)
    service.until(lambda: not open_intents(stage.events()), 30)
    service.terminate()
    asked = [record.path for record in stage.emulator.requests if record.method == "DELETE"]
    assert len(set(asked)) == len(asked) == LATE


def add_second_target(stage: Stage) -> None:
    """Another workspace of the same project, at its own schedule."""
    second = TWO_TARGETS.format(
        url=stage.emulator.url, project=stage.emulator.account.project_id, workspace=SECOND_WORKSPACE, every=SECOND_EVERY
    )
    stage.config.write_text(stage.config.read_text().replace("policies:\n", second + "policies:\n"))


def edit(stage: Stage, old: str, new: str) -> None:
    text = stage.config.read_text()
    assert text.count(old) == 1
    stage.config.write_text(text.replace(old, new))


def open_intents(events: list[dict[str, Any]]) -> list[str]:
    closed = {event["intent_id"] for event in events if event["event"] in ENDS}
    return [event["intent_id"] for event in events if event["event"] == "deletion.intended" and event["intent_id"] not in closed]


def overlapping(events: list[dict[str, Any]]) -> bool:
    """Whether some sweep began while one of another target was under way."""
    under_way = set()
    for event in events:
        if event["event"] == "sweep.started":
            under_way.add(event["target"])
        if event["event"] in ("sweep.finished", "sweep.aborted"):
            under_way.discard(event["target"])
        if len(under_way) == 2:
            return True
    return False


def account_for_every_sweep(events: list[dict[str, Any]]) -> None:
    """Every sweep has one start and one end, in this order; each is the schedule's; each intent has one closing outcome."""
    started = Counter(event["sweep_id"] for event in events if event["event"] == "sweep.started")
    ended = Counter(event["sweep_id"] for event in events if event["event"] in ("sweep.finished", "sweep.aborted"))
    assert started == ended
    assert set(started.values()) == {1}
    assert {event["actor"].partition("@")[0] for event in events if event["sweep_id"] is not None} == {"schedule"}
    assert not open_intents(events)


@pytest.mark.parametrize(
    ("top", "code", "said"),
    [
        ("", 2, "no schedule for research"),
        ("schedule: {every: 6h}\nledger: {path: ledger.db, create: false}\n", 5, "no ledger is there"),
        ("schedule: {every: 6 h}\n", 2, "schedule.every"),
    ],
)
def test_what_cannot_be_served_is_refused_at_the_start(make_stage: Callable[..., Stage], top: str, code: int, said: str) -> None:
    stage = make_stage(jobs=[])
    stage.write(top=top)
    found, _, err = stage.janitor("serve", "--listen", "127.0.0.1:0")
    assert (found, said in err) == (code, True)
    assert stage.emulator.requests == []


@pytest.mark.parametrize(
    ("listen", "said"),
    [
        ("9464", "no address to listen on"),
        ("127.0.0.1:" + "9" * 5000, "no address to listen on"),
        ("x" * 70 + ":1", "cannot listen on"),
        ("busy", "cannot listen on"),
    ],
)
def test_an_address_that_cannot_be_had_is_refused(make_stage: Callable[..., Stage], listen: str, said: str) -> None:
    stage = make_stage(jobs=[])
    stage.write(top="schedule: {every: 6h}\n")
    address = stage.emulator.url.removeprefix("http://") if listen == "busy" else listen
    code, _, err = stage.janitor("serve", "--listen", address)
    assert (code, said in err) == (2, True)


def test_d20_the_web_side_shows_no_job_takes_no_change_and_leaks_no_secret(
    make_stage: Callable[..., Stage], serve: Callable[[Stage], Service], now_ms: int
) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 60, name="canary-name", user_name="canary-owner")])
    stage.write(top="schedule: {every: 1s}\n")
    service = serve(stage)
    service.until(lambda: finished(stage, "research"))
    texts = [service.ask(path)[1] for path in ("/healthz", "/readyz", "/metrics")]
    for secret in ("canary-name", "canary-owner", stage.emulator.account.secret_key, stage.emulator.account.access_key):
        assert not [text for text in texts if secret in text]
    assert service.ask("/")[0] == service.ask("/docs")[0] == 404
    request = urllib.request.Request(service.url + "/healthz", b"{}", method="POST")
    with pytest.raises(urllib.error.HTTPError, match="405") as caught:
        urllib.request.urlopen(request, timeout=5)
    caught.value.close()
    service.terminate()
    assert not [line for line in service.lines() if line["event"] == "library.warned"]


@pytest.mark.on_a_file
def test_b14_a_ledger_that_is_lost_while_serving_is_not_replaced(
    make_stage: Callable[..., Stage], serve: Callable[[Stage], Service], now_ms: int
) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 60)])
    stage.write(top="schedule: {every: 1s}\npace: {per_sweep: 0, per_day: 0}\n")
    service = serve(stage)
    service.until(lambda: finished(stage, "research"))
    for path in stage.folder.glob("ledger.db*"):
        path.rename(path.with_name(f"lost-{path.name}"))
    service.until(lambda: service.ask("/readyz")[0] == 503)
    assert json.loads(service.ask("/readyz")[1])["targets"]["research"]["last_result"] == "ledger"
    edit(stage, "after: 7d", "after: 8d")
    service.until(lambda: service.said("policy_file.refused"))
    assert not stage.ledger_path.exists()
    assert stage.deleted_in_truth() == []
    service.terminate()


def test_a22_reloads_do_not_try_a_refused_key_again(
    make_stage: Callable[..., Stage], serve: Callable[[Stage], Service], now_ms: int
) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 60)])
    stage.write(top="schedule: {every: 1h}\n")
    (stage.folder / "sk").write_text("x" * 40)
    service = serve(stage)
    service.until(lambda: service.said("sweep.aborted"))
    for _ in range(3):
        before = len(service.said("sweep.aborted"))
        service.process.send_signal(signal.SIGHUP)
        service.until(lambda: len(service.said("sweep.aborted")) > before)  # noqa: B023  it is used up in this round
    assert len(stage.emulator.requests) == 1
    service.terminate()


def test_idle_connections_do_not_keep_the_probes_out(make_stage: Callable[..., Stage], serve: Callable[[Stage], Service]) -> None:
    stage = make_stage(jobs=[])
    stage.write(top="schedule: {every: 1h}\n")
    service = serve(stage)
    host, _, port = service.url.removeprefix("http://").partition(":")
    with ExitStack() as stack:
        idle = [stack.enter_context(socket.create_connection((host, int(port)), timeout=15)) for _ in range(150)]
        idle[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: x")
        assert service.ask("/healthz")[0] == 200
        assert [connection.recv(1) for connection in idle[:2]] == [b"", b""], "they were not dropped"
    service.terminate()
