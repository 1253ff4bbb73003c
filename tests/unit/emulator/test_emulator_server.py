"""The server as a whole: starting, stopping, records, paths, the other APIs, and driving it from another process."""

import http.client
import json
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
import requests
from emulator_probe import ACCOUNT, JOBS, SEARCHES, Probe, job_id, make_jobs

from janitor.emulator.server import Emulator

RUN = """
import sys
from janitor.emulator.server import Emulator, run_forever
run_forever(Emulator(), lambda url: print(url, flush=True))
print("stopped")
"""


def test_thread_ends_with_the_emulator_even_if_clients_wait() -> None:
    with Emulator() as emulator:
        probe = Probe(emulator=emulator)
        probe.send("POST", SEARCHES, {})
        session = requests.Session()
        session.get(f"{emulator.url}/_emulator/faults", timeout=5)
        session.post(f"{emulator.url}/_emulator/faults", json={"route": "any", "action": "hang_before", "seconds": 60}, timeout=5)
        ended: list[str] = []
        waiting = threading.Thread(target=lambda: ended.append(how_it_ends(probe)))
        waiting.start()
        while len(emulator.requests) < 2:
            time.sleep(0.01)
        begin = time.monotonic()
    waiting.join(5)
    session.close()
    assert ended == ["RemoteDisconnected"]
    assert time.monotonic() - begin < 2
    assert not [thread for thread in threading.enumerate() if thread.name == "janitor-emulator"]
    emulator.stop()
    with pytest.raises(RuntimeError):
        emulator.start()


def how_it_ends(probe: Probe) -> str:
    try:
        probe.list()
    except OSError as error:
        return type(error).__name__
    return "answered"


def test_port_in_use_is_an_error_of_start(probe: Probe) -> None:
    with pytest.raises(OSError, match="in use"):
        Emulator(port=probe.emulator.port).start()


@pytest.mark.some(1)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_process_stops_cleanly_on_a_signal(number: signal.Signals) -> None:
    command = [sys.executable, "-W", "error", "-c", RUN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert requests.get(f"{url}/_emulator/jobs", timeout=5).json() == []
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "stopped\n", "")


def test_every_answer_has_a_date_and_a_request_id(probe: Probe) -> None:
    answers = [probe.list(), probe.get(job_id(99)), probe.send("GET", "/nothing")]
    assert {seen.headers["date"] for seen in answers} == {"Thu, 15 Jan 2026 08:30:00 GMT"}
    assert len({seen.headers["x-request-id"] for seen in answers}) == 3


def test_unknown_path_is_no_missing_job(probe: Probe) -> None:
    for path in ("/", "/v2", f"{JOBS}/", f"{JOBS}/{job_id(0)}/", f"{JOBS}/a%2Fb", f"/v1/{ACCOUNT.project_id}/training-job"):
        assert probe.send("GET", path).error == (404, "APIG.0101")


def test_wrong_method_is_405(probe: Probe) -> None:
    assert probe.send("GET", SEARCHES).error == (405, "ModelArts.2803")
    assert probe.send("PATCH", f"{JOBS}/{job_id(0)}").error == (405, "ModelArts.2803")


def test_identity_names_the_project(probe: Probe) -> None:
    projects = probe.send("GET", "/v3/projects", query={"name": "eu-de"}).json["projects"]
    assert [(each["id"], each["name"]) for each in projects] == [(ACCOUNT.project_id, "eu-de")]
    assert probe.send("GET", "/v3/projects", query={"name": "elsewhere"}).json["projects"] == []
    assert {each["name"] for each in probe.send("GET", "/v3/projects").json["projects"]} == {"eu-de", "MOS"}


def test_requests_are_recorded_without_secrets(probe: Probe) -> None:
    probe.send("GET", "/v3/projects", query={"name": "eu-de"})
    probe.delete(job_id(1))
    first, second = probe.emulator.requests
    assert (first.method, first.path, first.query, first.route) == ("GET", "/v3/projects", "name=eu-de", "identity")
    assert (second.route, second.job_id, second.status) == ("delete", job_id(1), 202)
    assert (second.access_key, second.at) == (ACCOUNT.access_key, probe.emulator.clock())
    assert first.connection != second.connection
    assert "authorization" not in dict(second.headers)
    assert dict(second.headers)["x-project-id"] == ACCOUNT.project_id


def test_requests_of_one_connection_share_its_number(probe: Probe) -> None:
    with requests.Session() as session:
        for _ in range(2):
            session.get(f"{probe.emulator.url}/nothing", timeout=5)
    first, second = probe.emulator.requests
    assert first.connection == second.connection


def test_client_that_leaves_in_the_middle_of_a_request_changes_nothing(probe: Probe) -> None:
    headers = probe.sign("DELETE", f"{JOBS}/{job_id(1)}", "", b"")
    probe.timeout_s = 0.1
    with pytest.raises(TimeoutError):
        send_half(probe, headers)
    assert probe.list().status == 200
    assert [record.route for record in probe.emulator.requests] == ["list"]


def send_half(probe: Probe, headers: dict[str, str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", probe.emulator.port, timeout=probe.timeout_s)
    connection.putrequest("DELETE", f"{JOBS}/{job_id(1)}", skip_host=True)
    for name, value in {**headers, "content-length": "10"}.items():
        connection.putheader(name, value)
    connection.endheaders(b"half")
    try:
        connection.getresponse()
    finally:
        connection.close()


@pytest.mark.soak
def test_openapi_document_lists_the_api_and_not_the_controls(probe: Probe) -> None:
    document = requests.get(f"{probe.emulator.url}/_emulator/openapi.json", timeout=5).json()
    assert "/v2/{project_id}/training-job-searches" in document["paths"]
    assert not [path for path in document["paths"] if path.startswith("/_emulator")]


def control(probe: Probe, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    answer = requests.request(method, f"{probe.emulator.url}/_emulator{path}", json=body, timeout=5)
    return answer.status_code, answer.json()


def test_emulator_is_driven_over_its_control_routes(probe: Probe) -> None:
    job = make_jobs(1, id=job_id(9), name="added")[0]
    assert control(probe, "POST", "/jobs", job) == (201, {})
    assert control(probe, "PATCH", f"/jobs/{job_id(9)}", {"phase": "Failed"})[1]["status"]["phase"] == "Failed"
    assert control(probe, "DELETE", f"/jobs/{job_id(0)}") == (200, {})
    assert [each["metadata"]["id"] for each in control(probe, "GET", "/jobs")[1]] == [job_id(n) for n in (1, 2, 9)]
    probe.delete(job_id(1))
    truth = control(probe, "GET", "/truth")[1]
    assert [each["change"] for each in truth] == ["added", "changed", "removed", "delete_accepted", "deleted"]
    (record,) = control(probe, "GET", "/requests")[1]
    assert (record["route"], record["status"]) == ("delete", 202)


def test_fault_is_scripted_over_the_control_routes(probe: Probe) -> None:
    change = {"change": job_id(1), "fields": {"phase": "Running"}}
    fault = {"route": "delete", "action": "before", "job_id": job_id(1), "change": change}
    assert control(probe, "POST", "/faults", fault) == (201, {})
    probe.delete(job_id(1))
    assert probe.emulator.truth.records("deleted")[0].phase_before == "Running"
    (shown,) = control(probe, "GET", "/faults")[1]
    assert (shown["action"], shown["seen"], shown["struck"]) == ("before", 1, 1)
    assert control(probe, "DELETE", "/faults") == (200, {})
    assert control(probe, "GET", "/faults")[1] == []


@pytest.mark.some(2)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/faults", {"route": "delete", "action": "explode"}),
        ("POST", "/faults", {"route": "delete", "action": "status", "colour": "red"}),
        ("POST", "/faults", {"route": "delete", "action": "before", "change": {"rename": "x"}}),
        ("POST", "/faults", {"route": "deletes", "action": "status"}),
        ("POST", "/jobs", {"metadata": {}}),
        ("PATCH", "/jobs/unknown", {"phase": "Failed"}),
        ("DELETE", "/jobs/unknown", None),
        ("POST", "/jobs", None),
    ],
)
def test_mistake_in_a_control_request_is_told(probe: Probe, method: str, path: str, body: Any) -> None:
    status, answer = control(probe, method, path, body)
    assert status == 400
    assert answer["error"]
    assert json.loads(json.dumps(answer)) == answer
