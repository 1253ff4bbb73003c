"""The SDK page's calls against a server: the page's own sample, and a tour through every call, with its values and types."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pages
import pytest
from documents_v1 import make_job_v1
from emulator_probe import ACCOUNT, NOW, job_id, make_jobs

from janitor.emulator.clock import to_ms
from janitor.emulator.faults import Fault
from janitor.emulator.server import Emulator
from janitor.emulator.switches import Switches
from janitor.modelarts import AuthFailed, ModelArtsError, OutcomeUnknown, Session, TransportLimits, Unavailable, WrongProject
from janitor.modelarts.estimator import JOB_STATE, Estimator, TrainingJob
from janitor.modelarts.estimatorV2 import Estimator as EstimatorV2

NOW_MS = to_ms(NOW)
KEY = {"access_key": ACCOUNT.access_key, "secret_key": ACCOUNT.secret_key, "project_id": ACCOUNT.project_id}
FORBIDDEN, NOWHERE = "155599", "999"
RUNNING, DONE, FORBIDDEN_V2 = job_id(0), job_id(1), job_id(2)
MakePlatform = Callable[..., Emulator]


class QuickSession(Session):
    """A session in a hurry."""

    limits = TransportLimits(requests_per_second=1000, attempts=2, backoff_base_s=0.01, backoff_cap_s=0.01)


@pytest.fixture
def make_platform() -> Iterator[MakePlatform]:
    """Start an emulator with the jobs of the tour; sessions made from then on lead there."""
    with ExitStack() as stack:

        def build(**switches: Any) -> Emulator:
            forbidden = frozenset({FORBIDDEN, FORBIDDEN_V2})
            old = [
                make_job_v1(NOW_MS, 9, (10,), job_id=155500, name="lenet-a"),
                make_job_v1(NOW_MS, 5, (11, 10, 8), job_id=155512, name="lenet-b", description="tmp"),
                make_job_v1(NOW_MS, 7, (3,), job_id=int(FORBIDDEN), name="resnet"),
            ]
            new = [*make_jobs(1, phase="Running"), *make_jobs(3)[1:]]  # the oldest first: DONE, RUNNING, FORBIDDEN_V2
            emulator = Emulator(switches=Switches(forbidden_ids=forbidden, **switches), jobs=new, jobs_v1=old)
            stack.enter_context(emulator)
            Session.set_endpoint(modelarts_endpoint=emulator.url, region_name=ACCOUNT.project_name)
            return emulator

        yield build
        Session.set_endpoint()


def shape(answer: Any) -> Any:
    """An answer with types in the place of values."""
    return {name: type(value).__name__ for name, value in answer.items()}


def asked(emulator: Emulator) -> tuple[str, dict[str, str]]:
    """The route and the query of the last request."""
    last = emulator.requests[-1]
    return last.route, dict(pair.split("=") for pair in last.query.split("&")) if last.query else {}


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


STYLES: list[dict[str, Any]] = [
    {"v1_error_style": "http200", "v1_error_key": "error_message", "v1_not_found": "ModelArts.0105", "v1_status": "str"},
    {"v1_error_style": "http4xx", "v1_error_key": "error_msg", "v1_not_found": "ModelArts.2775", "unknown_fields": False},
]


@pytest.mark.parametrize("style", STYLES, ids=["http200", "http4xx"])
def test_a_tour_of_every_v1_call(make_platform: MakePlatform, capsys: pytest.CaptureFixture[str], style: dict[str, Any]) -> None:
    """1 list, 2 look at versions, 3 describe, stop, delete a version, 4 delete by handle and by id, 5 be refused."""
    emulator = make_platform(**style)
    done, gone = {"is_success": True}, style["v1_not_found"]
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

        job = Estimator(session, job_id="155512")
        info = job.get_job_version_info()
        assert (info["is_success"], info["job_id"], info["version_count"]) == (True, 155512, 3)
        assert [version["status"] for version in info["versions"]] == [11, 10, 8]
        first, second, running = versions = job.get_job_version_object_list()
        assert {type(each) for each in versions} == {TrainingJob}
        assert [(each.job_id, each.version_id) for each in versions] == [("155512", f"155512{n:02d}") for n in (1, 2, 3)]
        printed = capsys.readouterr().out
        assert re.findall(r"JOBSTAT_\w+", printed) == ["JOBSTAT_FAILED", "JOBSTAT_COMPLETED", "JOBSTAT_RUNNING"]
        assert job.get_job_version_object_list(is_show=False) is not None
        assert capsys.readouterr().out == ""
        shown = Estimator(modelarts_session=session, job_id="155512", version_id="15551203").get_job_info()
        assert (shown["version_id"], shown["version_name"], shown["status"]) == (15551203, "V0003", 8)

        assert job.update_job_description(description="baseline") == done
        assert running.stop_job_version() == done
        assert refused(running.stop_job_version()) == "ModelArts.2796"
        assert first.delete_job_version() == done
        assert refused(first.delete_job_version()) == refused(first.get_job_info()) == gone
        left = emulator.v1.get(155512)
        assert left is not None
        assert (left["job_desc"], [version["status"] for version in left["versions"]]) == ("baseline", [10, 12])

        assert second.delete_job() == done
        assert Estimator.delete_job_by_id(modelarts_session=session, job_id="155500") == done
        again = Estimator.delete_job_by_id(modelarts_session=session, job_id="155500")
        assert (refused(again), again.get("error_msg")) == (gone, "Training job (ID: 155500) not found.")
        for call in (job.get_job_version_info, job.delete_job):
            assert refused(call()) == gone
        with pytest.raises(ModelArtsError) as caught:
            job.get_job_version_object_list()
        assert caught.value.code == gone
        assert refused(Estimator.delete_job_by_id(session, NOWHERE)) == gone
        assert refused(Estimator.delete_job_by_id(session, FORBIDDEN)) == "ModelArts.0108"
        assert refused(Estimator.get_job_list(session, search_content="x" * 80)) == "ModelArts.0104"
    assert [(each.change, each.job_id) for each in emulator.truth if each.change == "deleted" and each.version_id is None] == [
        ("deleted", "155512"),
        ("deleted", "155500"),
    ]


def refused(answer: Any) -> str:
    """The code of a v1 refusal, which has exactly the three fields of the page."""
    assert shape(answer) == {"is_success": "bool", "error_code": "str", "error_msg": "str"}
    assert answer["is_success"] is False
    assert answer["error_msg"]
    return str(answer["error_code"])


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


def refused_v2(answer: Any) -> str:
    """The code of a v2 refusal, which has exactly three fields."""
    assert shape(answer) == dict.fromkeys(("error_msg", "error_code", "error_solution"), "str")
    assert answer["error_msg"]
    return str(answer["error_code"])


def delete_v1(session: Session) -> Any:
    return Estimator.delete_job_by_id(session, "155500")


def delete_v2(session: Session) -> Any:
    return EstimatorV2.delete_job_by_id(session, DONE)


@pytest.mark.parametrize(("route", "delete"), [("v1_delete", delete_v1), ("delete", delete_v2)], ids=["v1", "v2"])
@pytest.mark.parametrize(
    "fault",
    [{"action": "reset_after"}, {"action": "html"}, {"action": "status_after", "status": 503, "code": "ModelArts.4302"}],
    ids=["reset", "html", "503 with a code"],
)
def test_a2_a_deletion_without_a_usable_answer_is_no_refusal(
    make_platform: MakePlatform, route: Any, delete: Callable[[Session], Any], fault: dict[str, Any]
) -> None:
    """It may have been carried out: `is_success: False` would say that it was not."""
    emulator = make_platform()
    emulator.faults.add(Fault(route, **fault))
    with QuickSession(**KEY) as session, pytest.raises(OutcomeUnknown):
        delete(session)
    assert len(emulator.requests) == 1


def test_a_list_that_the_platform_does_not_serve_is_no_empty_list(make_platform: MakePlatform) -> None:
    emulator = make_platform()
    emulator.faults.add(Fault("any", "status", status=503, code="ModelArts.4302", times=None))
    with QuickSession(**KEY) as session:
        with pytest.raises(Unavailable):
            Estimator.get_job_list(session)
        with pytest.raises(Unavailable):
            EstimatorV2.get_job_list(session)


@pytest.mark.parametrize("style", STYLES, ids=["http200", "http4xx"])
def test_a_wrong_project_is_a_refusal_that_is_not_taken_for_a_missing_job(
    make_platform: MakePlatform, style: dict[str, Any]
) -> None:
    emulator = make_platform(**style)
    with QuickSession(**{**KEY, "project_id": "f" * 32}) as session:
        assert refused(delete_v1(session)) == refused_v2(delete_v2(session)) == "ModelArts.2786"
    assert list(emulator.truth) == []


def test_a22_a_refused_key_is_tried_once_and_every_call_says_so(make_platform: MakePlatform) -> None:
    emulator = make_platform()
    with QuickSession(**{**KEY, "secret_key": "not-the-secret"}) as session:
        first, *rest = [refused(delete_v1(session)) for _ in range(6)]
        assert {first, *rest, refused_v2(delete_v2(session))} == {"APIG.0301"}
    assert [request.status for request in emulator.requests] == [401]


USER = {"account": ACCOUNT.domain_name, "username": ACCOUNT.user_name, "password": ACCOUNT.password}


@pytest.mark.parametrize("project", [None, ACCOUNT.project_id], ids=["by the region's name", "by its id"])
def test_a_user_logs_in_with_a_password_and_goes_on_when_the_token_dies(make_platform: MakePlatform, project: str | None) -> None:
    emulator = make_platform()
    with QuickSession(**USER, region_name=ACCOUNT.project_name, project_id=project) as session:
        assert (session.project_id, session.user_id, session.user_name) == (
            ACCOUNT.project_id,
            ACCOUNT.user_id,
            ACCOUNT.user_name,
        )
        assert [request.route for request in emulator.requests] == ["login"]
        assert ACCOUNT.password not in f"{session!r} {vars(session)!r}"
        assert EstimatorV2.get_job_list(session)["total"] == 3
        emulator.identity.expire_tokens()
        assert delete_v1(session) == {"is_success": True}
    assert [request.route for request in emulator.requests] == ["login", "list", "v1_delete", "login", "v1_delete"]


def test_d16_a_user_logs_in_beside_the_platform_or_where_set_endpoint_says(make_platform: MakePlatform) -> None:
    """Never at the region's own service, which would be told the password of a platform that is elsewhere."""
    emulator = make_platform()
    Session.set_endpoint(iam_endpoint=emulator.url, modelarts_endpoint="https://ma.example.com")
    QuickSession(**USER, project_id=ACCOUNT.project_id).close()
    Session.set_endpoint(modelarts_endpoint="https://ma.example.com", region_name=ACCOUNT.project_name)
    with pytest.raises(ValueError, match="give iam_endpoint as well"):
        QuickSession(**USER)
    assert [request.route for request in emulator.requests] == ["login"]


def test_the_account_may_be_left_out_where_it_is_named_like_its_user(make_platform: MakePlatform) -> None:
    emulator = make_platform()
    emulator.identity.add_user("ann", "ann", "pass-word")
    with QuickSession(username="ann", password="pass-word", region_name=ACCOUNT.project_name) as session:
        assert session.user_name == "ann"


def test_a22_a_wrong_password_is_tried_once_and_shown_nowhere(make_platform: MakePlatform) -> None:
    emulator = make_platform()
    wrong = ACCOUNT.password[::-1]
    with pytest.raises(AuthFailed, match="logging in") as caught:
        QuickSession(**USER | {"password": wrong}, region_name=ACCOUNT.project_name)
    assert wrong not in str(caught.getrepr(chain=True))
    assert [request.status for request in emulator.requests] == [401]


def test_a20_a_user_whose_new_token_is_for_another_project_deletes_nothing(make_platform: MakePlatform) -> None:
    emulator = make_platform()
    with QuickSession(**USER, region_name=ACCOUNT.project_name) as session:
        assert EstimatorV2.get_job_list(session)["total"] == 3
        emulator.identity.move_to_project("f" * 32, ACCOUNT.project_name)
        emulator.identity.expire_tokens()
        with pytest.raises(WrongProject):
            delete_v1(session)
        with pytest.raises(WrongProject):
            delete_v2(session)
    assert list(emulator.truth) == []
