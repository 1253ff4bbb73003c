"""The questions whether a route is there: none can change anything, whoever answers it and however often."""

import json

import pytest
from unit.modelarts.modelarts_stage import PROJECT, Act, Stage, answer, fault, reset

from janitor.modelarts import (
    AuthFailed,
    Misconfigured,
    ModelArtsError,
    OutcomeUnknown,
    PermissionDenied,
    ProtocolError,
    Rejected,
    RouteAbsent,
    RouteKind,
)
from janitor.modelarts.probes import Probes


def test_the_batch_route_is_asked_in_words_that_no_server_can_carry_out(stage: Stage) -> None:
    """The body is no JSON; mended in any way, it names a kind that does not exist and an id that is no id, never nothing."""
    server = stage.serve(fault(400, "ModelArts.2788"))
    with pytest.raises(Rejected):
        Probes(stage.transport(server), PROJECT).ask_batch_route()
    (request,) = server.received
    assert request.line == f"POST /v2/{PROJECT}/training-jobs/batch-delete HTTP/1.1"
    with pytest.raises(json.JSONDecodeError):
        json.loads(request.body)
    assert json.loads(request.body + b"]}") == {"jobs": [{"kind": "none", "metadata": {"id": "none"}}]}
    assert b"\r" not in request.body
    assert b"\n" not in request.body  # no part of it is a document of its own


def test_asking_for_the_batch_route_counts_as_no_deletion(stage: Stage) -> None:
    transport = stage.transport(stage.serve(fault(400, "ModelArts.2788")))
    with pytest.raises(Rejected):
        Probes(transport, PROJECT).ask_batch_route()
    assert {kind: sent for kind, sent in transport.traffic.snapshot().items() if sent} == {RouteKind.OTHER: 1}


@pytest.mark.parametrize(
    "act", [fault(500, "ModelArts.0010"), answer(502, body=b"<html>"), reset, answer(200, {"error_code": "x"})]
)
def test_an_unclear_answer_to_it_is_never_asked_for_again(stage: Stage, act: Act) -> None:
    server = stage.serve(act, act)
    with pytest.raises(OutcomeUnknown):
        Probes(stage.transport(server), PROJECT).ask_batch_route()
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [(404, "APIG.0101", RouteAbsent), (404, "ModelArts.4204", RouteAbsent), (404, "ModelArts.2836", RouteAbsent)]
    + [(405, "ModelArts.2803", RouteAbsent), (403, "ModelArts.0108", PermissionDenied), (401, "APIG.0301", AuthFailed)]
    + [(404, "ModelArts.2786", Misconfigured), (400, "ModelArts.7005", Misconfigured), (400, "ModelArts.9999", OutcomeUnknown)],
)
def test_what_is_said_instead_is_told_apart(stage: Stage, status: int, code: str, kind: type[ModelArtsError]) -> None:
    with pytest.raises(kind) as caught:
        Probes(stage.transport(stage.serve(fault(status, code))), PROJECT).ask_batch_route()
    assert isinstance(caught.value, RouteAbsent) == (kind is RouteAbsent)


def test_tags_are_asked_for_by_reading_one_job(stage: Stage) -> None:
    server = stage.serve(answer(200, {"resources": [], "total_count": 0}))
    Probes(stage.transport(server), PROJECT).ask_tag_routes("0")
    (request,) = server.received
    assert request.line.split()[1].endswith("/modelarts-training-job/resource-instances/filter?limit=1&offset=0")
    assert json.loads(request.body) == {"workspace_id": "0"}


def test_a29_the_tags_of_the_project_are_asked_for_by_one(stage: Stage) -> None:
    server = stage.serve(answer(200, {"tags": []}))
    Probes(stage.transport(server), PROJECT).ask_tags_of_project()
    (request,) = server.received
    assert request.line.split()[:2] == ["GET", f"/v2/{PROJECT}/modelarts-training-job/tags?limit=1&offset=0"]


@pytest.mark.parametrize("act", [answer(405, body=b""), answer(404, body=b"<html>APIG.0101</html>")])
def test_a29_only_a_code_says_that_there_are_no_tag_routes(stage: Stage, act: Act) -> None:
    probes = Probes(stage.transport(stage.serve(act, act)), PROJECT)
    with pytest.raises(ProtocolError):
        probes.ask_tag_routes("0")
    with pytest.raises(ProtocolError):
        probes.ask_tags_of_project()


@pytest.mark.parametrize("document", [{}, [], "", {"resources": None}])
def test_an_answer_about_something_else_is_no_sign_of_tags(stage: Stage, document: object) -> None:
    with pytest.raises(ProtocolError):
        Probes(stage.transport(stage.serve(answer(200, document))), PROJECT).ask_tag_routes("0")


def test_nothing_but_a_project_and_a_workspace_can_be_asked_about(stage: Stage) -> None:
    with pytest.raises(ValueError, match="project id"):
        Probes(stage.transport("https://a.example"), "../x")
    with pytest.raises(ValueError, match="workspace id"):
        Probes(stage.transport("https://a.example"), PROJECT).ask_tag_routes('0","tags":[]')
