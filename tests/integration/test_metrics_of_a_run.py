"""`janitor sweep` with a textfile and a Pushgateway: what they get, and that they never change how a sweep ends."""

import json
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from documents import make_document
from prometheus_client.parser import text_string_to_metric_families
from pushgateway import Played
from stage import Stage

from janitor.emulator.faults import Fault
from janitor.service.metrics import Metrics

MakeStage = Callable[..., Stage]


@pytest.fixture
def gateway() -> Iterator[Played]:
    played = Played()
    yield played
    played.close()


@pytest.fixture
def staged(make_stage: MakeStage, now_ms: int) -> Stage:
    """Three jobs, two of which expired."""
    stage = make_stage(jobs=[make_document(now_ms, days) for days in (100, 20, 1)])
    stage.write()
    return stage


def read(text: str) -> dict[tuple[str, ...], float]:
    """Every series of a text, by its name and its label values in the order of their names."""
    families = text_string_to_metric_families(text)
    return {(s.name, *(s.labels[key] for key in sorted(s.labels))): s.value for family in families for s in family.samples}


def nobody() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.on_a_file
def test_a_sweep_writes_and_pushes_what_it_came_to(staged: Stage, gateway: Played) -> None:
    path = staged.folder / "janitor.prom"
    code, report = staged.sweep("--metrics-textfile", str(path), "--pushgateway", gateway.url)
    found = read(path.read_text())
    assert code == 0
    assert found["janitor_sweeps_total", "done", "research"] == 1
    assert found["janitor_deletions_total", "confirmed", "research"] == report["deletions"]["confirmed"] == 2
    assert found["janitor_jobs", "research", "expired"] == 2
    assert found["janitor_pace_left", "research"] == 1_000_000 - 2
    assert found["janitor_ledger_events",] == len(staged.events())
    assert found["janitor_ledger_bytes",] > sum(len(json.dumps(event)) for event in staged.events())
    assert found["janitor_policy_file_valid",] == 1
    assert found["janitor_last_success_timestamp_seconds", "research"] > 1.7e9
    assert found["janitor_sweep_running", "research"] == 0
    sent = {kind: found["janitor_request_duration_seconds_count", kind, "research"] for kind in report["requests"]}
    assert sent == report["requests"] | {"other": report["requests"]["other"] + 1}, "the quota is asked for after the report"
    assert (found["janitor_quota_limit", "research"], found["janitor_quota_used", "research"]) == (10_000, 1)
    assert found["janitor_ledger_free_bytes",] > 0
    assert ("janitor_leader",) not in found, "a run leads nobody"
    assert sum(sent.values()) == sum(count for name, count in found.items() if name[0] == "janitor_requests_total") > 0
    paths = [(method, path) for method, path, _, _ in gateway.received]
    assert paths == [("POST", "/metrics/job/janitor/target/research"), ("POST", "/metrics/job/janitor")]
    pushed = {name: count for _, _, _, text in gateway.received for name, count in read(text).items()}
    assert pushed == found


@pytest.mark.soak
def test_a_refused_and_an_unreadable_sweep_are_published_too_and_keep_the_last_success(staged: Stage, now_ms: int) -> None:
    path = staged.folder / "janitor.prom"
    assert staged.sweep()[0] == 0
    staged.write(target="project_name: another\n")
    assert staged.sweep("--metrics-textfile", str(path))[0] == 4
    found = read(path.read_text())
    assert found["janitor_refusals_total", "identity", "research"] == 1
    assert found["janitor_sweeps_total", "refused", "research"] == 1
    first = found["janitor_last_success_timestamp_seconds", "research"]
    assert 0 <= first - now_ms / 1000 < 60
    staged.write(endpoint=f"http://{nobody()}")
    assert staged.sweep("--metrics-textfile", str(path))[0] == 6
    found = read(path.read_text())
    assert found["janitor_sweeps_total", "unreadable", "research"] == 1
    assert found["janitor_last_success_timestamp_seconds", "research"] == first


@pytest.mark.on_a_file
def test_a_sweep_without_a_ledger_is_published_too(staged: Stage) -> None:
    path = staged.folder / "janitor.prom"
    staged.ledger_path.write_text("no database")
    assert staged.janitor("sweep", "--metrics-textfile", str(path))[0] == 5
    found = read(path.read_text())
    assert found["janitor_sweeps_total", "ledger", "research"] == 1
    assert ("janitor_last_success_timestamp_seconds", "research") not in found


def test_a_failed_write_and_a_failed_push_are_two_warnings_and_change_nothing(
    staged: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = nobody()
    monkeypatch.setenv("JANITOR_PUSHGATEWAY", f"http://me:canary-pw@{address}")
    textfile = str(staged.folder / "none" / "janitor.prom")
    code, out, err = staged.janitor("sweep", "--output", "json", "--metrics-textfile", textfile)
    (report,) = json.loads(out)["targets"]
    assert (code, report["deletions"]["confirmed"]) == (0, 2)
    warnings = [line for line in err.splitlines() if line.startswith("janitor: warning: ")]
    assert [line.split(": ")[2].split(" to ")[0] for line in warnings] == ["metrics not written", "metrics not pushed"]
    assert address in warnings[1]
    assert "canary" not in out + err


@pytest.mark.some(2)
@pytest.mark.parametrize("broken", ["__init__", "watcher", "ledger", "last_success", "sweep_ended", "write_textfile", "push"])
def test_a_defect_in_the_metrics_is_a_warning_and_changes_nothing(
    staged: Stage, gateway: Played, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("canary")

    monkeypatch.setattr(Metrics, broken, fail)
    path = staged.folder / "janitor.prom"
    code, out, err = staged.janitor("sweep", "--metrics-textfile", str(path), "--pushgateway", gateway.url)
    assert "Traceback" not in out + err
    assert "janitor: warning: metrics" in err
    assert "unexpected ZeroDivisionError" in err
    assert (code, len(staged.deleted_in_truth())) == (0, 2)


def test_a_dry_run_publishes_nothing(staged: Stage, gateway: Played) -> None:
    path = staged.folder / "janitor.prom"
    code, _ = staged.sweep("--dry-run", "--metrics-textfile", str(path), "--pushgateway", gateway.url)
    assert code == 0
    assert not path.exists()
    assert gateway.received == []


@pytest.mark.soak
def test_the_environment_names_the_outlets(staged: Stage, gateway: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    path = staged.folder / "janitor.prom"
    monkeypatch.setenv("JANITOR_METRICS_TEXTFILE", str(path))
    monkeypatch.setenv("JANITOR_PUSHGATEWAY", gateway.url)
    assert staged.sweep()[0] == 0
    assert path.exists()
    assert len(gateway.received) == 2


def test_a_target_that_the_run_leaves_out_has_no_series(staged: Stage, gateway: Played) -> None:
    text = staged.config.read_text()
    start = text.index("  - name: research")
    end = text.index("policies:")
    staged.config.write_text(text[:end] + text[start:end].replace("research", "second", 1) + text[end:])
    path = staged.folder / "janitor.prom"
    code, _ = staged.sweep("--target", "second", "--metrics-textfile", str(path), "--pushgateway", gateway.url)
    assert code == 0
    assert 'target="second"' in path.read_text()
    assert "research" not in path.read_text()
    assert not any("research" in where + text for _, where, _, text in gateway.received)


@pytest.mark.soak
def test_the_prometheus_library_is_imported_only_to_publish(staged: Stage) -> None:
    """One process does the one after the other; only the last publishes."""
    sweep = ["sweep", "--config", str(staged.config)]
    commands = [["--help"], ["sweep", "--help"], sweep, [*sweep, "--metrics-textfile", "m.prom"]]
    code = (
        "import sys; from pathlib import Path; from janitor.cli.main import run; "
        f"[print('SEEN', run(words), 'prometheus_client' in sys.modules, Path('m.prom').exists()) for words in {commands}]"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=staged.folder)
    seen = [line for line in ended.stdout.splitlines() if line.startswith("SEEN")]
    assert seen == ["SEEN 0 False False"] * 3 + ["SEEN 0 True True"]


@pytest.mark.parametrize("fault", [Fault("quota", "status", status=500, times=None), Fault("quota", "html", times=None)])
def test_a_quota_that_is_not_told_is_not_claimed_and_fails_nothing(staged: Stage, fault: Fault) -> None:
    staged.emulator.faults.add(fault)
    path = staged.folder / "janitor.prom"
    code, _, err = staged.janitor("sweep", "--metrics-textfile", str(path))
    assert (code, "warning" in err) == (0, False)
    assert not [name for name in read(path.read_text()) if name[0].startswith("janitor_quota")]


@pytest.mark.on_a_file
def test_d21_a_log_that_does_not_verify_is_told_to_whoever_watches(staged: Stage, gateway: Played) -> None:
    path = staged.folder / "verified.prom"
    options = ("--metrics-textfile", str(path), "--pushgateway", gateway.url)
    assert staged.sweep()[0] == 0
    assert staged.janitor("audit", "verify", *options)[0] == 0
    found = read(path.read_text())
    assert found["janitor_audit_verified",] == 1
    assert found["janitor_audit_verified_timestamp_seconds",] > 1.7e9
    with sqlite3.connect(staged.ledger_path) as connection:
        connection.execute("update events set body = replace(body, 'research', 'reaserch') where seq = 3")
    connection.close()
    code, _, err = staged.janitor("audit", "verify", *options)
    assert (code, "event 3 was changed" in err) == (5, True)
    assert read(path.read_text())["janitor_audit_verified",] == 0
    assert [(address, read(text)["janitor_audit_verified",]) for _, address, _, text in gateway.received] == [
        ("/metrics/job/janitor", 1),
        ("/metrics/job/janitor", 0),
    ]
    staged.ledger_path.unlink()
    path.unlink()
    assert staged.janitor("audit", "verify", *options)[0] == 5
    assert read(path.read_text())["janitor_audit_verified",] == 0, "a ledger that is not there is not untouched"


def test_a_verification_leaves_the_metrics_of_the_last_sweep_in_their_file(
    staged: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = staged.folder / "janitor.prom"
    monkeypatch.setenv("JANITOR_METRICS_TEXTFILE", str(path))
    assert staged.sweep()[0] == 0
    written = path.read_text()
    assert staged.janitor("audit", "verify")[0] == 0
    assert path.read_text() == written
