"""deploy/iam: made from the table of routes, which has every route that is used and no other."""

import json
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


def test_every_route_that_is_used_has_a_row_and_every_row_is_used(make_stage: Callable[..., Stage], now_ms: int) -> None:
    used = set[tuple[str, str]]()
    for api, make in (("v2", make_document), ("v1", make_job_v1)):
        jobs = {"jobs_v1" if api == "v1" else "jobs": [*(make(now_ms, 30) for _ in range(3)), make(now_ms, 2)]}
        stage = make_stage(api=api, switches=Switches(delete_delay_s=0.1), **jobs)
        stage.write(target="workspaces: all\n")
        assert stage.janitor("doctor")[0] == 0
        assert stage.janitor("sweep")[0] == 0
        assert stage.janitor("plan", "--format", "md")[0] == 0
        for part in stage.folder.glob("ledger.db*"):
            part.unlink()
        used |= {(record.method, record.path) for record in stage.emulator.requests}
    rows = {(method, path): [route for route in ROUTES if route.fits(method, path)] for method, path in used}
    assert [request for request, found in rows.items() if len(found) != 1] == []
    assert {route for found in rows.values() for route in found} == {route for route in ROUTES if not route.is_unused}
    assert all(route.deletes for route in ROUTES if route.method == "DELETE" or "elete" in route.action)
