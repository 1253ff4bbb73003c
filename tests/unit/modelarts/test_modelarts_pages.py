"""Each page is checked, and one bad page spoils the listing (faults A7, A8, A9, A33, A39)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from unit.modelarts.modelarts_platform import PHASES, Platform, ids, job
from unit.modelarts.modelarts_stage import PROJECT, Stage, answer, fault

from janitor.modelarts import (
    Call,
    ProtocolError,
    Reply,
    TrainingJobsV2,
    Unavailable,
)


def spoil(change: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any], int], None]:
    def after(document: dict[str, Any], request: int) -> None:
        if request == 2:
            document["items"] = [job(number) | {} for number in range(50, 60)]
            change(document)

    return after


DRIFTS: dict[str, Callable[[dict[str, Any]], None]] = {
    "no items": lambda page: page.pop("items"),
    "items null": lambda page: page.update(items=None),
    "items object": lambda page: page.update(items={}),
    "item null": lambda page: page["items"].append(None),
    "no metadata": lambda page: page["items"][4].pop("metadata"),
    "no id": lambda page: page["items"][4].update(metadata={"create_time": 1}),
    "id of v1": lambda page: page["items"][4]["metadata"].update(id=155500),
    "odd id": lambda page: page["items"][4]["metadata"].update(id="../x"),
    "no status": lambda page: page["items"][4].pop("status"),
    "phase renamed": lambda page: page["items"][4].update(status={"state": "Failed"}),
    "phase null": lambda page: page["items"][4].update(status={"phase": None}),
    "phase empty": lambda page: page["items"][4].update(status={"phase": ""}),
    "kind renamed": lambda page: page.update(items=[{k: v for k, v in item.items() if k != "kind"} for item in page["items"]]),
    "create_time renamed": lambda page: page.update(items=[job(n, metadata={"id": i}) for n, i in enumerate(ids(range(5)))]),
    "too many": lambda page: page.update(items=[job(number) for number in range(51)]),
    "more than its limit": lambda page: page.update(limit=9),
    "limit over ours": lambda page: page.update(limit=51),
    "limit zero": lambda page: page.update(limit=0),
    "limit text": lambda page: page.update(limit="50"),
    "other offset": lambda page: page.update(offset=7),
    "other workspace": lambda page: page.update(workspace_id="f" * 32),
}


@pytest.mark.parametrize("name", DRIFTS)
def test_a39_a_page_of_another_shape_is_an_error_never_a_shorter_list(name: str) -> None:
    platform = Platform([job(number) for number in range(60)], after=spoil(DRIFTS[name]))
    with pytest.raises(ProtocolError):
        platform.listed()


@pytest.mark.parametrize("document", [None, [], "", {}, {"data": {"items": []}}, {"jobs": []}])
def test_a39_another_envelope_is_an_error_never_an_empty_list(document: object) -> None:
    class Odd:
        def send(self, _call: Call) -> Reply:
            return Reply(status=200, document=document, request_id=None)

    with pytest.raises(ProtocolError):
        TrainingJobsV2(Odd(), PROJECT).list_jobs("0", PHASES)


def test_a33_one_job_without_a_creation_time_does_not_hide_the_others() -> None:
    jobs = [job(number) for number in range(3)]
    jobs[1]["metadata"].pop("create_time")
    jobs[2]["metadata"]["create_time"] = None
    assert len(Platform(jobs).listed().items) == 3


@pytest.mark.parametrize("page", [1, 2, 3, 4])
def test_a7_a_5xx_on_any_page_is_an_error_never_a_part_of_the_list(stage: Stage, page: int) -> None:
    acts = [answer(200, {"items": [job(50 * number + index) for index in range(50)]}) for number in range(4)]
    acts[page - 1 :] = [fault(503, "ModelArts.4700")] * 4
    client = TrainingJobsV2(stage.transport(stage.serve(*acts)), PROJECT)
    with pytest.raises(Unavailable) as caught:
        client.list_jobs("0", PHASES)
    assert caught.value.attempts == 4


def test_a8_a_page_cut_at_its_end_is_an_error(stage: Stage) -> None:
    body = json.dumps({"items": [job(1), job(2)], "total": 2}).encode()
    acts = [answer(200, body=body[:cut]) for cut in (len(body) - 1, len(body) // 2, 1, 0)]
    with pytest.raises(ProtocolError):
        TrainingJobsV2(stage.transport(stage.serve(*acts)), PROJECT).list_jobs("0", PHASES)


def test_the_request_always_carries_workspace_limit_order_and_phases() -> None:
    platform = Platform([job(number) for number in range(120)])
    platform.listed()
    for body in platform.bodies:
        assert {key: body[key] for key in body if key != "offset"} == {
            "workspace_id": "0",
            "limit": 50,
            "sort_by": "create_time",
            "order": "asc",
            "filters": [{"key": "phase", "operator": "in", "value": ["Completed", "Failed"]}],
        }


@pytest.mark.parametrize("phases", [(), ("",), ("Failed", " "), "Failed", tuple(f"P{number}" for number in range(11))])
def test_a_listing_without_phases_would_mean_all_and_is_refused(phases: Any) -> None:
    platform = Platform([])
    with pytest.raises(ValueError, match="phases"):
        TrainingJobsV2(platform, PROJECT).list_jobs("0", phases)
    assert platform.bodies == []


@pytest.mark.parametrize("workspace", ["", "a/b", " ", "*"])
def test_a_workspace_id_is_checked_before_it_is_sent(workspace: str) -> None:
    with pytest.raises(ValueError, match="workspace"):
        TrainingJobsV2(Platform([]), PROJECT).list_jobs(workspace, PHASES)


def test_only_what_parse_makes_is_kept() -> None:
    platform = Platform([job(number) for number in range(75)])
    listed = TrainingJobsV2(platform, PROJECT).list_jobs("0", PHASES, parse=lambda item: item["metadata"]["id"][-3:])
    assert listed.items == tuple(f"{number:03d}" for number in range(75))
