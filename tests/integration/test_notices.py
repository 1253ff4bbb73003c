"""Notices from outside: the policy file, the command, a real channel on loopback, and what stands in the ledger and on paper."""

import time
from collections.abc import Callable

import pytest
from channel import IMPORTING_APPRISE, PlayedChannel
from documents import make_document
from stage import POLICY, Stage

from janitor.service.health import Health
from janitor.service.metrics import Metrics
from janitor.service.sweeper import Sweeper, Turns
from janitor.sweep.target import say_nothing
from janitor.wiring import load_app

pytestmark = pytest.mark.filterwarnings(IMPORTING_APPRISE)
MakeStage = Callable[..., Stage]
TOLD = POLICY + "    grace: 1s\n    notice: required\n"
NOTIFY = "notify: [{url: {file: channel}, on: [sweep.finished]}]\n"


def stage_with(make_stage: MakeStage, now_ms: int, channel: PlayedChannel, **named: str) -> tuple[Stage, str]:
    document = make_document(now_ms, 60, **named)
    stage = make_stage(jobs=[document])
    (stage.folder / "channel").write_text(channel.url + "\n")
    stage.write(TOLD, top=NOTIFY)
    return stage, document["metadata"]["id"]


def test_b39_s28_a_job_goes_only_after_a_real_channel_took_the_notice(
    make_stage: MakeStage, now_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("janitor.notify.courier.ATTEMPTS", 1)
    with PlayedChannel(answers=[500, 200]) as channel:
        stage, job_id = stage_with(make_stage, now_ms, channel)
        code, _, err = stage.janitor("sweep")
        assert (code, "janitor: warning: notice not delivered to notify[0] (json): refused after" in err) == (0, True)
        time.sleep(1.1)
        code, report = stage.sweep()
        assert (code, report["verdicts"]["expiring"], stage.deleted_in_truth()) == (0, 1, [])
        told = stage.janitor("explain", job_id)[1]
        assert "told of" in told
        time.sleep(1.1)
        code, report = stage.sweep()
        assert (code, report["deletions"]["confirmed"], stage.deleted_in_truth()) == (0, 1, [job_id])
        assert [each["event"] for each in stage.events() if each["event"].startswith("notice.")] == [
            "notice.failed",
            "notice.delivered",
            "notice.delivered",
        ]
        assert stage.janitor("audit", "verify")[0] == 0
        assert "Marked to go: 1" in channel.bodies[0]
        assert "Jobs: deleted 1" in channel.bodies[2]
        assert not any(b"T0KEN0123456789" in path.read_bytes() for path in stage.folder.glob("ledger.db*"))
        assert "T0KEN0123456789" not in err + told


def test_b31_a_command_that_lost_its_time_to_channels_tries_none_that_took_nothing_yet(
    make_stage: MakeStage, now_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what hangs counts for the whole process, whichever version of the file it was sent by."""
    monkeypatch.setattr("janitor.notify.strain.LOST_S", 0.0)
    with PlayedChannel() as channel:
        stage, _ = stage_with(make_stage, now_ms, channel)
        code, _, err = stage.janitor("sweep")
        assert (code, channel.received) == (0, [])
        assert "notice not delivered to notify[0] (json): resting after 0 attempt(s)" in err
        first, second = (load_app(stage.config).notifier() for _ in range(2))
        assert first is not None
        assert second is not None
        assert first.courier.strain.abandoned is second.courier.strain.abandoned


def test_d1_whatever_a_job_and_its_owner_are_called_nothing_but_letters_reaches_a_real_channel(
    make_stage: MakeStage, now_ms: int
) -> None:
    with PlayedChannel() as channel:
        stage, _ = stage_with(make_stage, now_ms, channel, name="@everyone <!channel>\n[a](https://evil.example) `x` :smile:")
        assert stage.janitor("sweep")[0] == 0
        (body,) = channel.bodies
        assert len(body.splitlines()) == 6
        assert not any(sign in body for sign in ("@", "<", "evil.example", "[a]", "://", ":smile:"))


def test_a_dry_run_and_a_plan_send_nothing(make_stage: MakeStage, now_ms: int) -> None:
    with PlayedChannel() as channel:
        stage, _ = stage_with(make_stage, now_ms, channel)
        assert stage.janitor("sweep", "--dry-run")[0] == 0
        assert stage.janitor("plan")[0] == 0
        assert channel.received == []


def test_a_file_that_asks_for_notices_is_refused_where_nothing_can_send_them(
    make_stage: MakeStage, now_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with PlayedChannel() as channel:
        stage, _ = stage_with(make_stage, now_ms, channel)
        monkeypatch.setattr("janitor.wiring.is_installed", lambda: False)
        code, _, err = stage.janitor("sweep")
        assert (code, stage.ledger_path.exists(), stage.emulator.requests) == (2, False, [])
        assert "pip install 'training-janitor[notify]'" in err
        assert stage.janitor("pause", "--reason", "an emergency")[0] == 0
        stage.write(POLICY)
        assert stage.janitor("resume")[0] == 0
        assert stage.janitor("sweep")[0] == 0


def test_the_service_refuses_such_a_file_too(make_stage: MakeStage, now_ms: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with PlayedChannel() as channel:
        stage, _ = stage_with(make_stage, now_ms, channel)
        stage.write(TOLD, top=NOTIFY + "schedule: {every: 6h}\n")
        monkeypatch.setattr("janitor.wiring.is_installed", lambda: False)
        code, _, err = stage.janitor("serve", "--listen", "127.0.0.1:0")
        assert (code, "pip install 'training-janitor[notify]'" in err, stage.emulator.requests) == (2, True, [])


def test_a_scheduled_sweep_tells_too_and_counts_it(make_stage: MakeStage, now_ms: int) -> None:
    with PlayedChannel() as channel:
        stage, _ = stage_with(make_stage, now_ms, channel)
        app = load_app(stage.config)
        metrics, health = Metrics((), app.clock, "1"), Health(app.clock)
        metrics.set_targets(("research",))
        sweeper = Sweeper(app=app, metrics=metrics, health=health, say=say_nothing, turns=Turns())
        with app.open_unrecorded() as ledger:
            sweeper.begin(ledger)
        assert sweeper.sweep("research").verdicts["expiring"] == 1
        assert len(channel.received) == 1
        count = metrics.registry.get_sample_value
        assert count("janitor_notices_total", {"target": "research", "result": "delivered"}) == 1


def test_what_check_says_of_channels_repeats_no_address(make_stage: MakeStage, now_ms: int) -> None:
    with PlayedChannel() as channel:
        stage, _ = stage_with(make_stage, now_ms, channel)
        code, out, err = stage.janitor("check")
        assert (code, "T0KEN" in out + err) == (0, False)
        assert "notice    notify[0] (json): sweep.finished" in out
        assert "somebody was told of the mark" in out
