"""The SDK page's calls against a server: the page's own sample, and a tour through every call, with its values and types."""

import json
import re
from typing import Any

import pages
import pytest
from emulator_probe import ACCOUNT
from sdk_stage import (
    DONE,
    FORBIDDEN,
    FORBIDDEN_V2,
    HTTP4XX,
    HTTP200,
    KEY,
    NOWHERE,
    RUNNING,
    MakePlatform,
    QuickSession,
    asked,
    refused,
    refused_v2,
    shape,
)

from janitor.emulator.faults import Fault
from janitor.modelarts import ModelArtsError, Session
from janitor.modelarts.estimator import JOB_STATE, Estimator, TrainingJob
from janitor.modelarts.estimatorV2 import Estimator as EstimatorV2

SUCCESS = {"is_success": True}
both_styles = pytest.mark.parametrize("style", [HTTP200, HTTP4XX], ids=["http200", "http4xx"])


def test_the_sample_of_the_vendors_page_runs_with_another_import_line(
    make_platform: MakePlatform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every block of the page, in order, as one script; two of them are the sample, word for word."""
    emulator = make_platform()
    for name, value in (("AK", ACCOUNT.access_key), ("SK", ACCOUNT.secret_key), ("PROJECT_ID", ACCOUNT.project_id)):
        monkeypatch.setenv(f"HUAWEICLOUD_SDK_{name}", value)
    blocks = [body for _, body in pages.blocks("modelarts-sdk.md", "python")]
    assert blocks[1] == 'session = Session()\nEstimator.delete_job_by_id(modelarts_session=session, job_id="155500")\n'
    assert blocks[3] == "status = job_instance.delete_job()\n"
    space: dict[str, Any] = {}
    for block in blocks:
        exec(block, space)  # noqa: S102  the page's own
    assert space["status"] == {"is_success": True}
    assert [job["job_id"] for job in emulator.v1.jobs()] == [int(FORBIDDEN)]
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in printed] == [["False", "ModelArts.2775"], ["ModelArts.2775", printed[1].split()[1]]]


def test_every_call_that_the_page_names_exists() -> None:
    text = (pages.DOCS / "modelarts-sdk.md").read_text()
    named = re.findall(r"`(Estimator|EstimatorV2|Session)?\.(\w+)\(", text)
    assert len(named) > 12
    known = {"Estimator": dir(Estimator), "EstimatorV2": dir(EstimatorV2), "Session": dir(Session)}
    known[""] = [*dir(TrainingJob), *dir(EstimatorV2)]
    assert [name for owner, name in named if name not in known[owner]] == []


@both_styles
def test_a_tour_of_v1_lists(make_platform: MakePlatform, style: dict[str, Any]) -> None:
    emulator = make_platform(**style)
    with QuickSession(**KEY) as session:
        listed = Estimator.get_job_list(session)
        assert asked(emulator) == (
            "v1_list",
            {"workspace_id": "0", "page": "1", "per_page": "10", "sortBy": "job_name", "order": "desc"},
        )
        assert [row["job_name"] for row in listed["jobs"]] == ["resnet", "lenet-b", "lenet-a"]
        numbers = dict.fromkeys(("job_total_count", "job_count_limit", "quotas"), "int")
        assert {"is_success": "bool", "jobs": "list"} | numbers == {k: v for k, v in shape(listed).items() if k != "console_hint"}
        whole = dict.fromkeys(("job_id", "version_id", "status", "create_time", "duration", "version_count"), "int")
        assert (whole | {"job_name": "str", "job_desc": "str"}).items() <= shape(listed["jobs"][0]).items()
        found = Estimator.get_job_list(
            modelarts_session=session, sort_by="create_time", order="asc", per_page=1, page=2, search_content="lenet"
        )
        assert [row["job_id"] for row in found["jobs"]] == [155512]
        failed = Estimator.get_job_list(session, status=3, sortBy="create_time")
        assert [(row["job_id"], JOB_STATE[row["status"]]) for row in failed["jobs"]] == [(155599, "JOBSTAT_IMAGE_FAILED")]
        assert asked(emulator)[1]["status"] == "3"
        assert refused(Estimator.get_job_list(session, search_content="x" * 80)) == "ModelArts.0104"


@both_styles
def test_a_tour_of_v1_versions(make_platform: MakePlatform, capsys: pytest.CaptureFixture[str], style: dict[str, Any]) -> None:
    make_platform(**style)
    with QuickSession(**KEY) as session:
        job = Estimator(session, job_id="155512")
        info = job.get_job_version_info()
        assert (info["is_success"], info["job_id"], info["version_count"]) == (True, 155512, 3)
        assert [version["status"] for version in info["versions"]] == [11, 10, 8]
        versions = job.get_job_version_object_list()
        assert {type(each) for each in versions} == {TrainingJob}
        assert [(each.job_id, each.version_id) for each in versions] == [("155512", f"155512{n:02d}") for n in (1, 2, 3)]
        printed = capsys.readouterr().out
        assert re.findall(r"JOBSTAT_\w+", printed) == ["JOBSTAT_FAILED", "JOBSTAT_COMPLETED", "JOBSTAT_RUNNING"]
        assert job.get_job_version_object_list(is_show=False) is not None
        assert capsys.readouterr().out == ""
        shown = Estimator(modelarts_session=session, job_id="155512", version_id="15551203").get_job_info()
        assert (shown["version_id"], shown["version_name"], shown["status"]) == (15551203, "V0003", 8)


@both_styles
def test_a_tour_of_v1_changes(make_platform: MakePlatform, style: dict[str, Any]) -> None:
    """Describe a job, stop a version, delete a version, then a job by its handle and one by its id."""
    emulator = make_platform(**style)
    with QuickSession(**KEY) as session:
        job = Estimator(session, job_id="155512")
        first, second, running = job.get_job_version_object_list(is_show=False)
        assert job.update_job_description(description="baseline") == SUCCESS
        assert running.stop_job_version() == SUCCESS
        assert first.delete_job_version() == SUCCESS
        left = emulator.v1.get(155512)
        assert left is not None
        assert (left["job_desc"], [version["status"] for version in left["versions"]]) == ("baseline", [10, 12])
        assert second.delete_job() == SUCCESS
        assert Estimator.delete_job_by_id(modelarts_session=session, job_id="155500") == SUCCESS
    whole = [each.job_id for each in emulator.truth if each.change == "deleted" and each.version_id is None]
    assert whole == ["155512", "155500"]


def test_a_tour_of_v1_refusals(make_platform: MakePlatform) -> None:
    make_platform(**HTTP4XX)
    with QuickSession(**KEY) as session:
        job, version = Estimator(session, "155500"), Estimator(session, "155500", "15550001")
        assert refused(version.stop_job_version()) == "ModelArts.2796"
        assert version.delete_job_version() == SUCCESS
        assert refused(version.delete_job_version()) == refused(version.get_job_info()) == "ModelArts.2775"
        again = Estimator.delete_job_by_id(session, NOWHERE)
        assert (refused(again), again.get("error_msg")) == ("ModelArts.2775", "Training job (ID: 999) not found.")
        nowhere = Estimator(session, NOWHERE)
        assert refused(nowhere.get_job_version_info()) == refused(nowhere.delete_job()) == "ModelArts.2775"
        with pytest.raises(ModelArtsError) as caught:
            nowhere.get_job_version_object_list()
        assert caught.value.code == "ModelArts.2775"
        assert refused(Estimator.delete_job_by_id(session, FORBIDDEN)) == "ModelArts.0108"
        assert job.job_id == "155500"


def test_a2_a_tour_of_v1_refusals_whose_code_may_mean_anything(make_platform: MakePlatform) -> None:
    """Under HTTP 200 and in words that no table has: `is_success` is false all the same, as the platform says."""
    make_platform(**HTTP200)
    with QuickSession(**KEY) as session:
        nowhere, stopped = Estimator(session, NOWHERE), Estimator(session, "155500", "15550001")
        assert refused(nowhere.delete_job()) == "ModelArts.0105"
        assert refused(stopped.stop_job_version()) == "ModelArts.2796"
        assert refused(Estimator.delete_job_by_id(session, FORBIDDEN)) == "ModelArts.0108"
        assert refused(nowhere.get_job_version_info()) == "ModelArts.0105"


def test_a_tour_of_every_v2_call(make_platform: MakePlatform) -> None:
    """1 list, 2 look, 3 stop, 4 delete by handle and by id, 5 be refused."""
    emulator = make_platform(terminate_delay_s=3600)
    with QuickSession(**KEY) as session:
        listed = EstimatorV2.get_job_list(session, offset=0, limit=2)
        texts = dict.fromkeys(("sort_by", "order", "group_by", "workspace_id", "ai_project"), "str")
        numbers = dict.fromkeys(("total", "count", "limit", "offset"), "int")
        assert (texts | numbers | {"items": "list"}).items() <= shape(listed).items()
        assert [item["metadata"]["id"] for item in listed["items"]] == [FORBIDDEN_V2, RUNNING]
        filters = [{"key": "phase", "value": ["Running"]}, {"key": "name", "operator": "like", "value": ["trial"]}]
        found = EstimatorV2.get_job_list(session, 0, 50, "create_time", "asc", filters=filters)
        assert [item["metadata"]["id"] for item in found["items"]] == [RUNNING]

        job = EstimatorV2(session=session, job_id=RUNNING)
        assert job.get_job_info()["status"]["phase"] == "Running"
        assert job.control_job()["status"]["phase"] == "Terminating"
        assert refused_v2(EstimatorV2.control_job_by_id(session, RUNNING)) == "ModelArts.2796"
        assert job.delete_job() is None
        assert refused_v2(job.delete_job()) == refused_v2(job.get_job_info()) == refused_v2(job.control_job()) == "ModelArts.2775"
        assert EstimatorV2.delete_job_by_id(session=session, job_id=DONE) is None
        assert refused_v2(EstimatorV2.delete_job_by_id(session, FORBIDDEN_V2)) == "ModelArts.0108"
        unknown = EstimatorV2.get_job_list(session, 0, 50, filters=[{"key": "colour", "value": ["red"]}])
        assert refused_v2(unknown) == "ModelArts.2807"
        echo = {"error_msg": "No.", "error_code": "ModelArts.0104", "error_solution": f"Ask {ACCOUNT.secret_key}."}
        emulator.faults.add(Fault("delete", "status", status=400, body=json.dumps(echo)))
        advised = EstimatorV2.delete_job_by_id(session, FORBIDDEN_V2)
        assert advised == {"error_msg": "No.", "error_code": "ModelArts.0104", "error_solution": "Ask ***."}
    assert [each.job_id for each in emulator.truth if each.change == "deleted"] == [RUNNING, DONE]
