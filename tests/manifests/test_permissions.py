"""deploy/iam: made from the table of routes, which has every route that is used and no other."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from documents import make_document
from manifests.make_iam import FILES
from stage import Stage

from janitor.emulator.switches import Switches
from janitor.modelarts.permissions import ROUTES, make_policy, write_policy


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_committed_policies_are_those_of_the_table(path: Path) -> None:
    assert path.read_text() == write_policy(may_delete=FILES[path]), "run `make iam`"


def test_who_observes_may_not_delete() -> None:
    observing, enforcing = (json.dumps(make_policy(may_delete=may_delete)) for may_delete in (False, True))
    assert "elete" not in observing
    assert enforcing.count("elete") == 1
    assert "*" not in observing + enforcing


def test_every_route_that_is_used_has_a_row_and_every_row_is_used(make_stage: Callable[..., Stage], now_ms: int) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 30), make_document(now_ms, 2)], switches=Switches(delete_delay_s=0.1))
    stage.write(target="workspaces: all\n")
    assert stage.janitor("doctor")[0] == 0
    assert stage.janitor("sweep")[0] == 0
    assert stage.janitor("plan", "--format", "md")[0] == 0
    used = {(record.method, record.path) for record in stage.emulator.requests}
    rows = {(method, path): [route for route in ROUTES if route.fits(method, path)] for method, path in used}
    assert [request for request, found in rows.items() if len(found) != 1] == []
    assert {route for found in rows.values() for route in found} == set(ROUTES)
    assert not any(route.deletes for route in ROUTES if route.method != "DELETE")
