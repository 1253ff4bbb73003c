"""deploy/iam: made from the table of routes, which has every route that is used and no other."""

import json
import re
from collections.abc import Callable

import pytest
from documents import make_document
from documents_v1 import make_job_v1
from manifests.make_iam import FOLDER
from stage import Stage

from janitor.emulator.switches import Switches
from janitor.modelarts.permissions import POLICIES, ROUTES, make_policy, write_policy


@pytest.mark.parametrize("name", POLICIES)
def test_the_committed_policies_are_those_of_the_table(name: str) -> None:
    assert (FOLDER / f"{name}.json").read_text() == write_policy(name), "run `make iam`"
    assert {path.stem for path in FOLDER.iterdir()} == set(POLICIES)


def test_only_who_enforces_may_delete_and_no_policy_mixes_services() -> None:
    assert {name for name in POLICIES if "elete" in json.dumps(make_policy(name))} == {"modelarts-enforce"}
    for name in POLICIES:
        (statement,) = make_policy(name)["Statement"]
        assert len({action.partition(":")[0] for action in statement["Action"]}) == 1
        assert "*" not in json.dumps(statement)


HARMLESS = ("list", "get")
MAY_DELETE = ("delete", "batchDelete")
SERVICES = {
    "modelarts:trainJob",
    "modelarts:trainJobVersion",
    "modelarts:tag",
    "modelarts:workspace",
    "modelarts:",
    "iam:projects",
}


@pytest.mark.parametrize("name", POLICIES)
def test_d30_no_policy_creates_stops_or_writes_anything_or_reaches_further_than_its_routes(name: str) -> None:
    """Read from the files themselves: whoever attaches them trusts these, not the table that they were made from."""
    document = json.loads((FOLDER / f"{name}.json").read_text())
    assert set(document) == {"Version", "Statement"}
    (statement,) = document["Statement"]
    assert (set(statement), statement["Effect"]) == ({"Effect", "Action"}, "Allow")
    for action in statement["Action"]:
        service, _, verb = action.rpartition(":")
        assert service in SERVICES, action
        assert verb.startswith(HARMLESS) or (verb in MAY_DELETE and POLICIES[name][1]), action
        assert re.fullmatch(r"[A-Za-z:]+", action), "no wildcard"


def test_every_route_that_is_used_has_a_row_and_every_row_is_used(make_stage: Callable[..., Stage], now_ms: int) -> None:
    stage = make_stage(
        jobs=[*(make_document(now_ms, 30) for _ in range(3)), make_document(now_ms, 2)],
        jobs_v1=[make_job_v1(now_ms, 30), make_job_v1(now_ms, 2)],
        switches=Switches(delete_delay_s=0.1),
    )
    for stage.api in ("v1", "v2"):
        stage.write(target="workspaces: all\n")
        assert stage.janitor("doctor")[0] == 0
        assert stage.janitor("sweep")[0] == 0
        assert stage.janitor("plan", "--format", "md")[0] == 0
    stage.emulator.world.switches = Switches(tags="absent")  # what is asked only where tags seem to be absent
    assert stage.janitor("doctor")[0] == 0
    used = {(record.method, record.path) for record in stage.emulator.requests}
    rows = {(method, path): [route for route in ROUTES if route.fits(method, path)] for method, path in used}
    assert [request for request, found in rows.items() if len(found) != 1] == []
    assert {route for found in rows.values() for route in found} == {route for route in ROUTES if not route.is_unused}
    assert all(route.deletes for route in ROUTES if route.method == "DELETE" or "elete" in route.action)
