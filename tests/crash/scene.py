"""The scene of a crash: jobs that go and jobs that tempt, children that sweep, and the three that must agree afterwards."""

import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crash.ledger_order import ENDS, check_epochs, check_intents
from crash.nursery import ALONE, Child, Nursery, Order
from documents import make_document
from documents_v1 import make_job_v1
from judge import Rule, may_go, may_go_v1
from stage import Stage

RULE = Rule(phases=("Completed", "Failed", "Terminated"), days=7)
NO_SIGNAL = 0
ROUNDS = 12
"""So many healthy sweeps must be enough; the quiet period passes in them."""


@dataclass(kw_only=True)
class Scene:
    """`documents` are all jobs that ever were, `singly` says that the children know of no batch route; from so many planned jobs
    on they look at them by lists.
    """

    stage: Stage
    nursery: Nursery
    singly: bool
    together_from: int = ALONE
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def expired(self) -> set[str]:
        """The jobs that may go, as the tests' own evaluator says."""
        now_ms = round(time.time() * 1000)
        return {job_id for job_id, document in self.documents.items() if may_go(document, [RULE], now_ms)}

    def add(self, *documents: dict[str, Any]) -> None:
        """Let these jobs appear on the platform."""
        for document in documents:
            self.stage.emulator.world.add(document)
            self.documents[document["metadata"]["id"]] = document

    def add_expired(self, count: int) -> None:
        """Let jobs appear that may go, no two of the same age."""
        now_ms = round(time.time() * 1000)
        self.add(*(make_document(now_ms, 60 - number / 10) for number in range(count)))

    def left(self) -> set[str]:
        """The jobs that are still there."""
        return {job["metadata"]["id"] for job in self.stage.emulator.world.jobs()}

    def start(self, fresh_for_s: float | None = None, signals: int = signal.SIGKILL, **traps: int) -> Child:
        """Let a child sweep; at the nth passage of a point it gets the signal."""
        placed = {name: (nth, int(signals)) for name, nth in traps.items()}
        order = Order(
            config=self.stage.config,
            traps=placed,
            singly=self.singly,
            together_from=self.together_from,
            fresh_for_s=fresh_for_s,
        )
        return self.nursery.start(order)

    def start_by_a_wrong_clock(self, ahead_s: float = 0.0, steps_s: float = 0.0, signals: int = NO_SIGNAL, **traps: int) -> Child:
        """Let a child sweep whose wall clock is so far ahead from the start, or is stepped so far at each trap."""
        placed = {name: (nth, int(signals)) for name, nth in traps.items()}
        order = Order(config=self.stage.config, traps=placed, singly=self.singly, ahead_s=ahead_s, steps_s=steps_s)
        return self.nursery.start(order)

    def told(self) -> str:
        """What the children said on standard error."""
        return (self.stage.folder / "child.err").read_text()

    def cut_power(self, **traps: int) -> None:
        """Let a child sweep that loses its power there, and with it what was not synced."""
        image = self.stage.folder / "after-the-cut"
        placed = {name: (nth, int(signal.SIGKILL)) for name, nth in traps.items()}
        child = self.nursery.start(Order(config=self.stage.config, traps=placed, singly=self.singly, loses=image))
        assert child.code() == -signal.SIGKILL, "the point was not reached"
        put_back(image, self.stage.ledger_path)

    def asked(self) -> list[str]:
        """The jobs that requests have asked to delete so far, one entry a request and job."""
        return [job for record in self.stage.emulator.requests if is_deletion(record) for job in record.job_ids]

    def batches(self) -> int:
        """How many requests so far asked for several deletions at once."""
        return sum(record.route == "batch_delete" for record in self.stage.emulator.requests)

    def intended(self) -> Counter[str]:
        """How often each job was intended to be deleted."""
        return Counter(event["job_id"] for event in self.stage.events() if event["event"] == "deletion.intended")

    def acknowledge(self, *guards: str) -> None:
        """Say, as an operator would, that what these guards saw is no reason to refuse the next sweep.

        Without a word for one, those of the last refusal are meant.
        """
        if not guards:
            refused = [event for event in self.stage.events() if event["event"] == "plan.refused"][-1]
            guards = (refused["by"], *str(refused["facts"].get("besides", "")).split())
        for guard in guards:
            code, _, error = self.stage.janitor("acknowledge", guard, "--target", "research", "--reason", "the tests did it")
            assert code == 0, error

    def settle(self) -> list[dict[str, Any]]:
        """Sweep in good health until nothing is left; then truth, ledger and expectation agree job by job.

        Where too many were killed in a row, an operator has to say first that this is all right.
        """
        for _ in range(ROUNDS):
            code, report = self.stage.sweep()
            if code == 4:
                self.acknowledge()
                continue
            assert code == 0, report
            proven = report["deletions"]["confirmed"] + report["deletions"]["already_gone"]
            if report["verdicts"]["expired"] == proven and report["recovered"]["open"] == 0:
                break
            time.sleep(0.2)
        expired, events = self.expired, self.stage.events()
        assert self.stage.janitor("audit", "verify")[0] == 0
        assert expired
        assert Counter(self.stage.deleted_in_truth()) == Counter(expired)
        assert self.left() == set(self.documents) - expired
        intents = {event["intent_id"]: event["job_id"] for event in events if event["event"] == "deletion.intended"}
        ends = [event for event in events if event["event"] in ENDS and event["intent_id"] is not None]
        assert Counter(event["intent_id"] for event in ends) == Counter(list(intents))
        gone = [event["job_id"] for event in ends if event["event"] in ENDS[:2]]
        assert Counter(gone) == Counter(expired)
        assert set(self.asked()) <= set(intents.values())
        check_epochs(events)
        check_intents(events)
        return events


class SceneV1(Scene):
    """The same with jobs of the first generation, each with versions that ended in more than one way."""

    @property
    def expired(self) -> set[str]:
        """The jobs that may go, as the tests' own evaluator says."""
        now_ms = round(time.time() * 1000)
        return {job_id for job_id, job in self.documents.items() if may_go_v1(job, {10, 11, 12}, RULE.days, now_ms)}

    def add(self, *documents: dict[str, Any]) -> None:
        """Let these jobs appear on the platform."""
        for job in documents:
            self.stage.emulator.v1.add(job)
            self.documents[str(job["job_id"])] = job

    def add_expired(self, count: int) -> None:
        """Let jobs appear that may go, no two of the same age."""
        now_ms = round(time.time() * 1000)
        self.add(*(make_job_v1(now_ms, 60 - number / 10, (11, 10)) for number in range(count)))

    def left(self) -> set[str]:
        """The jobs that are still there."""
        return {str(job["job_id"]) for job in self.stage.emulator.v1.jobs()}


def until(condition: Callable[[], Any], patience_s: float = 20) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + patience_s
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


def put_back(image: Path, ledger: Path) -> None:
    """Leave of a ledger what a power cut left of it."""
    for path in (ledger, ledger.with_name(ledger.name + "-wal"), ledger.with_name(ledger.name + "-shm")):
        path.unlink(missing_ok=True)
    assert (image / ledger.name).exists()
    for file in image.iterdir():
        file.rename(ledger.with_name(file.name))


def is_deletion(record: Any) -> bool:
    """Whether a request asked for a deletion."""
    return record.route in ("delete", "batch_delete", "v1_delete")
