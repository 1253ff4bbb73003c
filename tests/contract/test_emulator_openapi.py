"""The emulator keeps to its own OpenAPI document, whatever is sent: no 5xx, no answer of a shape or status that it does not name.

The cases are derived from the document alone, always the same ones; each is signed, so that it gets past the gate.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from amount import IS_SOAK
from documents_v1 import make_job_v1
from emulator_probe import ACCOUNT, NOW, HandClock, job_id, make_jobs
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from requests import PreparedRequest
from requests.auth import AuthBase
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from janitor.emulator.application import build_router
from janitor.emulator.clock import to_ms
from janitor.emulator.faults import ROUTES
from janitor.emulator.received import Received
from janitor.emulator.server import Emulator
from janitor.emulator.signature import expected_signature

CHECKS = [schemathesis.checks.not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SCHEMA = schemathesis.openapi.from_dict(build_router().openapi())
FOUND: list[Any] = [result.ok() for result in SCHEMA.get_all_operations() if isinstance(result, Ok)]
OPERATIONS = {operation.label: operation for operation in FOUND}
SIGNED = ("host", "x-sdk-date")
STAMP = NOW.strftime("%Y%m%dT%H%M%SZ")
EXAMPLES = 20 if IS_SOAK else 2
ALWAYS_REFUSED = {
    "POST /v2/{project_id}/training-jobs/batch-delete": "names jobs that do not exist",
    "POST /v2/{project_id}/training-jobs/{job_id}/actions": "stops jobs that have ended",
    "PUT /v2/{project_id}/training-quotas": "names users that do not exist, or more than one number allows",
}
"""What keeps a body that is valid from being accepted; everywhere else some valid case must be."""
ASKS_FOR_SECRETS = {
    "POST /v3/auth/tokens": "a password",
    "POST /v3.0/OS-CREDENTIAL/securitytokens": "a token",
    "GET /openstack/latest/securitykey": "a token of its own",
}
"""Where an invented value may be answered with 401; everywhere else the signature is the only credential."""

NEVER_INVALID = {
    "GET /v3/auth/projects": "has no parameters",
    "GET /openstack/latest/securitykey": "takes any text",
}
"""Where nothing can be sent that the document forbids."""
MODES = [
    pytest.param(label, mode, id=f"{label}-{name}")
    for label in OPERATIONS
    for mode, name in ((GenerationMode.POSITIVE, "valid"), (GenerationMode.NEGATIVE, "invalid"))
    if not (name == "invalid" and label in NEVER_INVALID)
]


KNOWN = [job_id(number) for number in range(20)]
KNOWN_V1 = [str(number) for number in range(100, 120)]
"""Ids of jobs that exist; the last version of each v1 job is running."""


def is_v1(label: str) -> bool:
    """Whether an operation is one of the first generation, which refuses with HTTP 200 too."""
    return "/v1/{project_id}/training-jobs" in label


class Signed(AuthBase):
    """Signs whatever is about to be sent, as it stands on the wire."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        target = urlsplit(request.url or "")
        body = request.body or b""
        request.headers.update({"host": target.netloc, "x-sdk-date": STAMP})
        received = Received(
            method=request.method or "",
            path=target.path,
            query=target.query,
            headers=tuple((name, request.headers[name]) for name in SIGNED),
            body=body if isinstance(body, bytes) else body.encode(),
            at=NOW,
        )
        signature = expected_signature(received, SIGNED, ACCOUNT.secret_key)
        claim = f"Access={ACCOUNT.access_key}, SignedHeaders={';'.join(SIGNED)}, Signature={signature}"
        request.headers["authorization"] = f"SDK-HMAC-SHA256 {claim}"
        return request


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    old = [make_job_v1(to_ms(NOW), 9, (10, 8), job_id=int(each)) for each in KNOWN_V1]
    with Emulator(jobs=make_jobs(20), jobs_v1=old, clock=HandClock()) as running:
        for number in range(20):
            running.world.tag(job_id(number), {"team": "nlp" if number % 2 else "vision"})
        yield running


def cases(label: str, mode: GenerationMode) -> st.SearchStrategy[tuple[Any, str | None]]:
    """A case, and perhaps the id of a job that exists, to put in place of an invented one."""
    known = st.sampled_from([*(KNOWN_V1 if is_v1(label) else KNOWN), *[None] * 10])
    return st.tuples(OPERATIONS[label].as_strategy(generation_mode=mode), known)


def give_secrets(case: Any, label: str, emulator: Emulator) -> None:
    """Put what is true in the place of an invented secret."""
    identity = emulator.identity
    if label == "POST /v3/auth/tokens":
        user = {"name": ACCOUNT.user_name, "password": ACCOUNT.password, "domain": {"id": ACCOUNT.domain_id}}
        case.body["auth"]["identity"]["password"] = {"user": user}
        case.body["auth"]["scope"] = {"project": {"id": ACCOUNT.project_id}}
    elif label == "POST /v3.0/OS-CREDENTIAL/securitytokens":
        case.headers["X-Auth-Token"] = identity.issue_token(ACCOUNT.user_name, is_for_project=True).text
        case.body["auth"]["identity"]["methods"] = ["token"]
    elif label == "GET /openstack/latest/securitykey":
        case.headers["X-Metadata-Token"] = identity.issue_metadata_token(timedelta(hours=1))


@pytest.mark.some(15)
@pytest.mark.parametrize(("label", "mode"), MODES)
def test_every_answer_is_one_that_the_document_names(emulator: Emulator, label: str, mode: GenerationMode) -> None:
    answered: set[int] = set()

    with requests.Session() as session:

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(cases(label, mode))
        def answer(drawn: tuple[Any, str | None]) -> None:
            case, known = drawn
            if case.path_parameters:
                case.path_parameters["project_id"] = ACCOUNT.project_id
                if known is not None and "job_id" in case.path_parameters:
                    case.path_parameters["job_id"] = known
                    if "version_id" in case.path_parameters:
                        case.path_parameters["version_id"] = f"{known}02"
            if known is not None and mode is GenerationMode.POSITIVE:
                give_secrets(case, label, emulator)
            response = case.call(base_url=emulator.url, session=session, auth=Signed())
            answered.add(response.status_code if not is_v1(label) or response.json().get("is_success") else 0)
            case.validate_response(response, checks=CHECKS)

        answer()
    assert 401 not in answered or label in ASKS_FOR_SECRETS
    if mode is GenerationMode.POSITIVE and label not in ALWAYS_REFUSED:
        assert answered & {200, 201, 202, 204}


def test_the_document_names_every_route_of_the_api() -> None:
    routes = [route for route in build_router().routes if isinstance(route, APIRoute) and route.include_in_schema]
    assert {f"{method} {route.path}" for route in routes for method in route.methods or ()} == set(OPERATIONS)
    assert {route.name for route in routes} == ROUTES - {"any"}
