"""What the SDK's calls make of answers that are no plain success: definite refusals are dictionaries, all else is raised."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sdk_stage import HTTP4XX, HTTP200, KEY, RUNNING, MakePlatform, QuickSession, delete_v1, delete_v2, refused, refused_v2

from janitor.emulator.faults import Fault
from janitor.modelarts import BreakerOpen, OutcomeUnknown, Session, Unavailable
from janitor.modelarts.estimator import Estimator
from janitor.modelarts.estimatorV2 import Estimator as EstimatorV2

both_generations = pytest.mark.parametrize(
    ("route", "delete"), [("v1_delete", delete_v1), ("delete", delete_v2)], ids=["v1", "v2"]
)


@both_generations
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


IN_DOUBT: dict[str, tuple[int, dict[str, Any]]] = {
    "true beside a code": (200, {"is_success": True, "error_code": "ModelArts.0", "error_msg": "Done."}),
    "a code without a word": (200, {"error_code": "ModelArts.0105"}),
    "true under 302": (302, {"is_success": True, "error_code": "ModelArts.0"}),
}


@both_generations
@pytest.mark.parametrize("answer", IN_DOUBT)
def test_a2_a_deletion_of_unknown_outcome_is_raised_whatever_code_it_carries(
    make_platform: MakePlatform, route: Any, delete: Callable[[Session], Any], answer: str
) -> None:
    """The job is gone: a dictionary would say that it is there, which the platform did not."""
    emulator = make_platform()
    status, body = IN_DOUBT[answer]
    emulator.faults.add(Fault(route, "body", status=status, body=json.dumps(body), applied=True))
    with QuickSession(**KEY) as session, pytest.raises(OutcomeUnknown) as caught:
        delete(session)
    assert caught.value.code == body["error_code"]
    assert "deleted" in [each.change for each in emulator.truth]


@pytest.mark.parametrize("status", [200, 400])
def test_a26_a_refusal_is_told_in_the_platforms_own_words_whatever_they_are(make_platform: MakePlatform, status: int) -> None:
    emulator = make_platform()
    said = {"is_success": False, "error_code": "ModelArts.0001", "error_msg": "No."}
    emulator.faults.add(Fault("v1_delete", "body", status=status, body=json.dumps(said)))
    with QuickSession(**KEY) as session:
        assert delete_v1(session) == said


def test_a26_a_v2_refusal_is_told_in_the_platforms_own_words_too(make_platform: MakePlatform) -> None:
    emulator = make_platform()
    said = {"error_code": "ModelArts.0001", "error_msg": "No."}
    emulator.faults.add(Fault("delete", "body", status=400, body=json.dumps(said)))
    with QuickSession(**KEY) as session:
        assert delete_v2(session) == said | {"error_solution": ""}


def test_a2_a_stop_of_unknown_outcome_is_raised_too(make_platform: MakePlatform) -> None:
    emulator = make_platform()
    body = json.dumps({"error_code": "ModelArts.0001", "error_msg": "No."})
    emulator.faults.add(Fault("terminate", "body", status=202, body=body))
    with QuickSession(**KEY) as session, pytest.raises(OutcomeUnknown):
        EstimatorV2.control_job_by_id(session, RUNNING)


def test_after_five_unknown_outcomes_nothing_is_sent_for_a_while(make_platform: MakePlatform) -> None:
    emulator = make_platform()
    emulator.faults.add(Fault("v1_delete", "reset_after", times=None))
    with QuickSession(**KEY) as session:
        for _ in range(5):
            with pytest.raises(OutcomeUnknown):
                delete_v1(session)
        with pytest.raises(BreakerOpen):
            delete_v1(session)
    assert len(emulator.requests) == 5


def test_a_list_that_the_platform_does_not_serve_is_no_empty_list(make_platform: MakePlatform) -> None:
    emulator = make_platform()
    emulator.faults.add(Fault("any", "status", status=503, code="ModelArts.4302", times=None))
    with QuickSession(**KEY) as session:
        with pytest.raises(Unavailable):
            Estimator.get_job_list(session)
        with pytest.raises(Unavailable):
            EstimatorV2.get_job_list(session)


@pytest.mark.parametrize("style", [HTTP200, HTTP4XX], ids=["http200", "http4xx"])
def test_a_wrong_project_is_a_refusal_that_is_not_taken_for_a_missing_job(
    make_platform: MakePlatform, style: dict[str, Any]
) -> None:
    emulator = make_platform(**style)
    with QuickSession(**{**KEY, "project_id": "f" * 32}) as session:
        assert refused(delete_v1(session)) == refused_v2(delete_v2(session)) == "ModelArts.2786"
    assert list(emulator.truth) == []
