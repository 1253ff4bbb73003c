"""An operator's story on real processes.

A bad edit is refused, understood, corrected, planned, reviewed and applied; the power goes in the middle, and it is taken up
again. Then an auditor, who has no janitor, verifies what was done.
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pages
import pytest
from crash.nursery import Nursery, Order
from crash.scene import put_back
from documents import make_document
from stage import Stage

pytestmark = pytest.mark.on_a_file

AGED, MIDDLE, YOUNG = 20, 40, 40
"""Jobs that ended over 60 days ago, 10 to 30 days ago, and in the last week."""
SECRET = "hf_token_of_the_story"
POLICY = """\
policies:
  - name: old-runs
    mode: enforce
    match: {phase: [completed, failed, terminated]}
    expire: {after: 45d}
"""
(VERIFIER,) = [body for _, body in pages.blocks("audit-format.md", "python")]


@dataclass(kw_only=True)
class Story:
    """The stage, and the jobs of each age by id."""

    stage: Stage
    nursery: Nursery
    jobs: dict[str, set[str]] = field(default_factory=dict)

    @property
    def plan(self) -> Path:
        return self.stage.folder / "plan.json"

    def edit(self, after: str) -> None:
        """Change how long jobs are kept."""
        self.stage.write(POLICY.replace("45d", after), top="limits: {max_share: 25%}\n")

    def run(self, *words: str, code: int = 0) -> tuple[str, str]:
        """Run the program as an operator does, in a process of its own."""
        command = [sys.executable, "-m", "janitor", *words]
        environ = os.environ | {"JANITOR_CONFIG": str(self.stage.config)}
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, "Traceback" in done.stderr) == (code, False), (words, done.stdout, done.stderr)
        return done.stdout, done.stderr

    def ask(self, *words: str) -> str:
        """The same for what only reads, which needs no process of its own."""
        code, out, err = self.stage.janitor(*words)
        assert code == 0, (words, out, err)
        return out

    def read(self, *words: str, code: int = 0) -> dict[str, Any]:
        """The same, where it answers with one JSON document."""
        document: dict[str, Any] = json.loads(self.run(*words, code=code)[0])
        return document

    def cut_power(self, point: str, nth: int) -> None:
        """Apply the plan in a process that loses its power at a point, with all that was not synced."""
        image = self.stage.folder / "after-the-cut"
        traps = {point: (nth, int(signal.SIGKILL))}
        order = Order(config=self.stage.config, traps=traps, words=("apply", str(self.plan)), loses=image)
        assert self.nursery.start(order).code() == -signal.SIGKILL, "the point was not reached"
        put_back(image, self.stage.ledger_path)


@pytest.fixture
def story(make_stage: Callable[..., Stage], nursery: Nursery) -> Story:
    stage = make_stage()
    told, now_ms = Story(stage=stage, nursery=nursery), round(time.time() * 1000)
    ages = {"aged": (AGED, 60.0), "middle": (MIDDLE, 10.0), "young": (YOUNG, 1.5)}
    for word, (count, first) in ages.items():
        documents = [make_document(now_ms, first + number / 10) for number in range(count)]
        for document in documents:
            output = {"remote": {"obs": {"obs_url": f"/models/{document['metadata']['name']}/"}}}
            document["algorithm"] = {"outputs": [output], "environments": {"HF_TOKEN": SECRET}}
            stage.emulator.world.add(document)
        told.jobs[word] = {document["metadata"]["id"] for document in documents}
    told.edit("45d")
    return told


def test_a_bad_edit_is_refused_and_a_reviewed_plan_survives_the_power(story: Story) -> None:
    stage, aged, middle = story.stage, story.jobs["aged"], story.jobs["middle"]
    good, bad = stage.folder / "good.yaml", stage.config
    good.write_text(bad.read_text())
    snapshot = stage.folder / "jobs.json"
    story.ask("snapshot", "--target", "research", "-o", str(snapshot))

    # A bad edit: 60 % of the jobs would go. It is refused whole, and `diff` says which jobs it is about.
    story.edit("7d")
    (refused,) = story.read("sweep", "--output", "json", code=4)["targets"]
    assert (refused["refused"]["by"], stage.asked()) == ("max_share", [])
    assert "60 of 100" in refused["refused"]["message"]
    difference = story.run("diff", str(good), str(bad), "--snapshot", str(snapshot), "--output", "json")[0]
    assert {each for each in middle if each in difference} == middle

    # Corrected, frozen and reviewed: the plan has the twenty, with what they leave in storage; nothing has changed since.
    story.edit("45d")
    story.run("plan", "-o", str(story.plan))
    frozen = json.loads(story.plan.read_text())
    assert {entry["id"] for entry in frozen["entries"]} == aged
    assert all("obs://models/" in entry["outputs"][0] or "/models/" in entry["outputs"][0] for entry in frozen["entries"])
    story.ask("plan", "--diff", str(story.plan))
    assert stage.asked() == []

    # Applied; the power goes right after the first batch has left. What was not synced is lost.
    story.cut_power("cp13_request_sent", 2)
    gone = set(stage.deleted_in_truth())
    assert gone
    assert gone < aged or gone == aged
    intended = {event["job_id"] for event in stage.events() if event["event"] == "deletion.intended"}
    assert gone <= intended <= aged, "a deletion was asked for without a synced intent"

    # Taken up again with the same file: every job of the plan is gone, each asked for once, and nothing else was touched.
    time.sleep(1.1)  # the quiet period of what is not known
    story.run("apply", str(story.plan))
    assert Counter(stage.deleted_in_truth()) == Counter(aged)
    left = {job["metadata"]["id"] for job in stage.emulator.world.jobs()}
    assert left == story.jobs["middle"] | story.jobs["young"]
    again = story.read("apply", str(story.plan), "--output", "json", code=4)
    assert again["targets"][0]["refused"]["by"] == "plan_used"
    assert set(stage.closings().values()) <= {"confirmed", "already_gone"}
    assert set(stage.closings()) == aged

    audit(story)


def audit(story: Story) -> None:
    """The auditor has the export, the head that was printed, and the page of the document; and asks for one tombstone."""
    folder = story.stage.folder
    export, script = folder / "audit.jsonl", folder / "verify.py"
    story.ask("audit", "export", "-o", str(export))
    script.write_text(VERIFIER)
    head = folder.joinpath("ledger.db.head").read_text().split()[0]
    proof = subprocess.run([sys.executable, "-I", str(script), str(export), head], capture_output=True, text=True, check=False)
    assert (proof.returncode, proof.stdout) == (0, "verified\n")
    story.ask("audit", "verify")
    job_id = sorted(story.jobs["aged"])[0]
    events = [json.loads(line) for line in export.read_text().splitlines()]
    (intent,) = [event for event in events if event["event"] == "deletion.intended" and event["job_id"] == job_id]
    kept = folder / "tombstone.json"
    story.run("tombstone", "export", job_id, "-o", str(kept))
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == intent["tombstone"]
    shown = story.ask("tombstone", "show", job_id)
    assert job_id in shown
    assert "old-runs" in shown
    assert "HF_TOKEN" in shown
    everything = b"".join(file.read_bytes() for file in folder.iterdir() if file.is_file())
    assert SECRET.encode() not in everything + shown.encode(), "the value of an environment variable was kept"
    assert intent["policy"] == "old-runs"
    assert intent["actor"].startswith("cli:")
