"""What a success of a v1 call is, and what each refusal means (traps 14 to 22 of the platform)."""

from collections.abc import Callable

import pytest
from unit.modelarts.modelarts_stage import Act, Stage, answer, raw
from unit.modelarts.v1_answers import JOB, VERSION, client, denied, versions

from janitor.modelarts import (
    Conflict,
    Misconfigured,
    ModelArtsError,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    ProtocolError,
    Rejected,
    RouteAbsent,
    Throttled,
    Unavailable,
)


@pytest.mark.parametrize("status", [200, 202])
def test_a_deletion_is_accepted_only_with_is_success_true(stage: Stage, status: int) -> None:
    accepted = client(stage, stage.serve(answer(status, {"is_success": True}))).delete_job(JOB)
    assert accepted.attempts == 1


UNSAID: dict[str, Act] = {
    "missing": answer(200, {}),
    "null": answer(200, {"is_success": None}),
    "text": answer(200, {"is_success": "true"}),
    "number": answer(200, {"is_success": 1}),
    "no object": answer(200, ""),
    "nothing": answer(202, body=b""),
    "204": raw(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "true beside an error": answer(200, {"is_success": True, "error_code": "ModelArts.2775"}),
    "html": answer(200, body=b"<html>"),
    "unknown code": denied("ModelArts.0105"),
    "no code": denied(None),
    "0105 under 400": denied("ModelArts.0105", 400),
    "gone under 404": denied("ModelArts.2775", 404),
    "server error": denied("ModelArts.0010", 500),
    "true under an error": answer(500, {"is_success": True}),
}


@pytest.mark.parametrize("act", UNSAID.values(), ids=UNSAID)
def test_a26_a_deletion_without_a_clear_answer_may_have_happened_and_is_not_repeated(stage: Stage, act: Act) -> None:
    server = stage.serve(*[act] * 3)
    with pytest.raises(OutcomeUnknown):
        client(stage, server).delete_job(JOB)
    assert len(server.received) == 1


REFUSED: dict[str, type[ModelArtsError]] = {
    "ModelArts.2775": NotFound,
    "ModelArts.2771": PermissionDenied,
    "ModelArts.0104": Rejected,
    "ModelArts.7005": Misconfigured,
}


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("key", ["error_message", "error_msg"])
@pytest.mark.parametrize(("code", "kind"), REFUSED.items())
def test_a26_a_refusal_means_the_same_under_200_and_400(
    stage: Stage, status: int, key: str, code: str, kind: type[ModelArtsError]
) -> None:
    jobs = client(stage, stage.serve(*[denied(code, status, **{key: "the reason"})] * 2))
    asks: list[Callable[[int], object]] = [jobs.delete_job, jobs.get_versions]
    for ask in asks:
        with pytest.raises(kind, match="the reason") as caught:
            ask(JOB)
        assert (type(caught.value), caught.value.status, caught.value.code) == (kind, 400, code)


def test_an_http_error_keeps_its_own_meaning(stage: Stage) -> None:
    told = {(409, "ModelArts.2878"): Conflict, (403, "ModelArts.0108"): PermissionDenied, (404, "APIG.0101"): RouteAbsent}
    for (status, code), kind in told.items():
        with pytest.raises(kind):
            client(stage, stage.serve(denied(code, status))).delete_job(JOB)


def test_a_read_without_is_success_is_no_answer(stage: Stage) -> None:
    document = versions(VERSION)
    del document["is_success"]
    with pytest.raises(ProtocolError, match="does not say whether it succeeded"):
        client(stage, stage.serve(answer(200, document))).get_versions(JOB)


def test_not_found_in_a_listing_is_not_about_a_job(stage: Stage) -> None:
    with pytest.raises(ProtocolError):
        client(stage, stage.serve(denied("ModelArts.2775"))).list_jobs("0")


def test_many_jobs_that_are_gone_do_not_open_the_breaker(stage: Stage) -> None:
    """Told under HTTP 200 as well, "no such job" is a sound answer of a platform that is well."""
    jobs = client(stage, stage.serve(*[denied("ModelArts.2775")] * 12))
    for _ in range(12):
        with pytest.raises(NotFound):
            jobs.get_versions(JOB)


def test_reads_are_repeated_and_throttled_deletions_too(stage: Stage) -> None:
    server = stage.serve(answer(503, None), answer(200, versions(VERSION)))
    assert client(stage, server).get_versions(JOB)["job_id"] == JOB
    server = stage.serve(denied("APIG.0308", 429), answer(200, {"is_success": True}))
    assert client(stage, server).delete_job(JOB).attempts == 2
    with pytest.raises(Throttled):
        client(stage, stage.serve(*[denied("APIG.0308", 429)] * 4)).delete_job(JOB)
    with pytest.raises(Unavailable):
        client(stage, stage.serve(*[answer(503, None)] * 4)).get_versions(JOB)
