"""Reading one job, the projects and the workspaces."""

from typing import Any

import pytest
from unit.modelarts.modelarts_stage import JOB_ID, PROJECT, Stage, answer, fault

from janitor.modelarts import (
    Iam,
    ListingIncomplete,
    Misconfigured,
    NotFound,
    PermissionDenied,
    ProtocolError,
    TrainingJobsV2,
    Workspaces,
)

JOB = {"kind": "job", "metadata": {"id": JOB_ID, "name": "nightly"}, "status": {"phase": "Failed"}, "news": 1}
WORKSPACE = "f" * 32


def test_a_job_is_returned_as_the_platform_wrote_it(stage: Stage) -> None:
    assert TrainingJobsV2(stage.transport(stage.serve(answer(200, JOB))), PROJECT).get_job(JOB_ID) == JOB


def test_a_job_that_does_not_exist_is_not_found(stage: Stage) -> None:
    server = stage.serve(fault(400, "ModelArts.2775", X_Request_Id="r1"))
    with pytest.raises(NotFound) as caught:
        TrainingJobsV2(stage.transport(server), PROJECT).get_job(JOB_ID)
    assert (caught.value.status, caught.value.code, caught.value.request_id) == (400, "ModelArts.2775", "r1")


@pytest.mark.parametrize(
    "document",
    [{}, [], None, "", {"metadata": None}, {"metadata": {}}, {"metadata": {"id": "5c0d7e9a-1b2f-4c3d-8e4f-6a7b8c9d0e1f"}}, [JOB]],
)
def test_an_answer_about_another_job_is_an_error(stage: Stage, document: object) -> None:
    with pytest.raises(ProtocolError):
        TrainingJobsV2(stage.transport(stage.serve(answer(200, document))), PROJECT).get_job(JOB_ID)


def project(name: str) -> dict[str, Any]:
    return {"id": f"id-of-{name}", "name": name, "enabled": True}


def test_projects_of_one_name_are_asked_for_and_checked(stage: Stage) -> None:
    server = stage.serve(answer(200, {"projects": [project("eu-de"), project("eu-de_team")], "links": {"next": None}}))
    assert Iam(stage.transport(server)).get_projects("eu-de") == (project("eu-de"),)
    assert server.lines == ["GET /v3/projects?name=eu-de HTTP/1.1"]
    assert "x-project-id" not in server.received[0].headers


def test_all_projects_are_returned_when_no_name_is_given(stage: Stage) -> None:
    server = stage.serve(answer(200, {"projects": [project("eu-de"), project("MOS")]}))
    assert len(Iam(stage.transport(server)).get_projects()) == 2
    assert server.lines == ["GET /v3/projects HTTP/1.1"]


@pytest.mark.parametrize(
    "document", [{}, [], {"projects": {}}, {"projects": [{"id": ""}]}, {"projects": [{"id": "x"}]}, {"projects": [None]}]
)
def test_projects_of_another_shape_are_an_error(stage: Stage, document: object) -> None:
    with pytest.raises(ProtocolError):
        Iam(stage.transport(stage.serve(answer(200, document)))).get_projects("eu-de")


def test_projects_on_more_than_one_page_are_incomplete(stage: Stage) -> None:
    server = stage.serve(answer(200, {"projects": [project("eu-de")], "links": {"next": "https://elsewhere"}}))
    with pytest.raises(ListingIncomplete):
        Iam(stage.transport(server)).get_projects()


def workspaces(stage: Stage, *acts: Any) -> tuple[str, ...]:
    return Workspaces(stage.transport(stage.serve(*acts)), PROJECT).list_workspace_ids()


def test_workspaces_are_listed_whole(stage: Stage) -> None:
    server = stage.serve(answer(200, {"total_count": 2, "workspaces": [{"id": "0"}, {"id": WORKSPACE}]}))
    assert Workspaces(stage.transport(server), PROJECT).list_workspace_ids() == ("0", WORKSPACE)
    assert server.lines == [f"GET /v1/{PROJECT}/workspaces?limit=1000&offset=0&order=asc&sort_by=name HTTP/1.1"]


def test_workspaces_are_read_to_their_last_page(stage: Stage) -> None:
    many = [{"id": f"{number:032x}"} for number in range(1500)]
    first = answer(200, {"total_count": 1500, "workspaces": many[:1000]})
    assert len(workspaces(stage, first, answer(200, {"total_count": 1500, "workspaces": many[1000:]}))) == 1500


def test_an_account_without_workspaces_has_the_default_one(stage: Stage) -> None:
    assert workspaces(stage, fault(400, "ModelArts.7002")) == ("0",)


@pytest.mark.parametrize(
    ("status", "code", "kind"), [(400, "ModelArts.7003", Misconfigured), (403, "ModelArts.7002", PermissionDenied)]
)
def test_no_other_refusal_means_the_default_workspace(stage: Stage, status: int, code: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        workspaces(stage, fault(status, code))


@pytest.mark.parametrize(
    "documents",
    [
        [{"workspaces": [{"id": "0"}]}, {"workspaces": []}],
        [{"total_count": 3, "workspaces": [{"id": "0"}]}, {"total_count": 3, "workspaces": []}],
        [{"total_count": 2, "workspaces": [{"id": "0"}]}, {"total_count": 2, "workspaces": [{"id": "0"}]}],
        [{"total_count": True, "workspaces": [{"id": "0"}]}, {"total_count": True, "workspaces": []}],
    ],
)
def test_a13_workspaces_that_do_not_add_up_are_incomplete(stage: Stage, documents: list[Any]) -> None:
    with pytest.raises(ListingIncomplete):
        workspaces(stage, *[answer(200, document) for document in documents])


@pytest.mark.parametrize("document", [[], {}, {"workspaces": None}, {"workspaces": [{}]}, {"workspaces": [{"id": "../x"}]}])
def test_workspaces_of_another_shape_are_an_error(stage: Stage, document: object) -> None:
    with pytest.raises(ProtocolError):
        workspaces(stage, answer(200, document))


def test_an_account_that_sees_no_workspace_has_none_to_list(stage: Stage) -> None:
    """Other than one without the feature: there the default workspace has all jobs."""
    none = answer(200, {"total_count": 0, "count": 0, "workspaces": []})
    assert Workspaces(stage.transport(stage.serve(none)), PROJECT).list_workspace_ids() == ()
    server = stage.serve(fault(400, "ModelArts.7002"), fault(400, "ModelArts.7002"))
    workspaces = Workspaces(stage.transport(server), PROJECT)
    assert (workspaces.find_workspace_ids(), workspaces.list_workspace_ids()) == (None, ("0",))
