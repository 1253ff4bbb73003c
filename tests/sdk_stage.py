"""Owns the stage of the SDK surface: jobs of both generations on a platform, a session in a hurry, answers taken apart."""

from collections.abc import Callable
from typing import Any

from documents_v1 import make_job_v1
from emulator_probe import ACCOUNT, NOW, job_id, make_jobs

from janitor.emulator.clock import to_ms
from janitor.emulator.server import Emulator
from janitor.emulator.switches import Switches
from janitor.modelarts import Session, TransportLimits
from janitor.modelarts.estimator import Estimator
from janitor.modelarts.estimatorV2 import Estimator as EstimatorV2

NOW_MS = to_ms(NOW)
KEY = {"access_key": ACCOUNT.access_key, "secret_key": ACCOUNT.secret_key, "project_id": ACCOUNT.project_id}
FORBIDDEN, NOWHERE = "155599", "999"
RUNNING, DONE, FORBIDDEN_V2 = job_id(0), job_id(1), job_id(2)
MakePlatform = Callable[..., Emulator]
HTTP200: dict[str, Any] = {
    "v1_error_style": "http200",
    "v1_error_key": "error_message",
    "v1_not_found": "ModelArts.0105",
    "v1_status": "str",
}
HTTP4XX: dict[str, Any] = {
    "v1_error_style": "http4xx",
    "v1_error_key": "error_msg",
    "v1_not_found": "ModelArts.2775",
    "unknown_fields": False,
}


class QuickSession(Session):
    """A session in a hurry."""

    limits = TransportLimits(requests_per_second=1000, attempts=2, backoff_base_s=0.01, backoff_cap_s=0.01)


def make_emulator(**switches: Any) -> Emulator:
    """A platform with three jobs of each generation, of which one of each must not be deleted."""
    old = [
        make_job_v1(NOW_MS, 9, (10,), job_id=155500, name="lenet-a"),
        make_job_v1(NOW_MS, 5, (11, 10, 8), job_id=155512, name="lenet-b", description="tmp"),
        make_job_v1(NOW_MS, 7, (3,), job_id=int(FORBIDDEN), name="resnet"),
    ]
    new = [*make_jobs(1, phase="Running"), *make_jobs(3)[1:]]  # the oldest first: DONE, RUNNING, FORBIDDEN_V2
    forbidden = frozenset({FORBIDDEN, FORBIDDEN_V2})
    return Emulator(switches=Switches(forbidden_ids=forbidden, **switches), jobs=new, jobs_v1=old)


def shape(answer: Any) -> Any:
    """An answer with types in the place of values."""
    return {name: type(value).__name__ for name, value in answer.items()}


def asked(emulator: Emulator) -> tuple[str, dict[str, str]]:
    """The route and the query of the last request."""
    last = emulator.requests[-1]
    return last.route, dict(pair.split("=") for pair in last.query.split("&")) if last.query else {}


def refused(answer: Any) -> str:
    """The code of a v1 refusal, which has exactly the three fields of the page."""
    assert shape(answer) == {"is_success": "bool", "error_code": "str", "error_msg": "str"}
    assert answer["is_success"] is False
    assert answer["error_msg"]
    return str(answer["error_code"])


def refused_v2(answer: Any) -> str:
    """The code of a v2 refusal, which has exactly three fields."""
    assert shape(answer) == dict.fromkeys(("error_msg", "error_code", "error_solution"), "str")
    assert answer["error_msg"]
    return str(answer["error_code"])


def delete_v1(session: Session) -> Any:
    return Estimator.delete_job_by_id(session, "155500")


def delete_v2(session: Session) -> Any:
    return EstimatorV2.delete_job_by_id(session, DONE)
