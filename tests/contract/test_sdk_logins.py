"""Sessions of the SDK surface that are refused, renewed, or meant for somewhere else: keys, users, and what they share."""

from uuid import uuid4

import pytest
from emulator_probe import ACCOUNT
from sdk_stage import KEY, MakePlatform, QuickSession, delete_v1, delete_v2, refused, refused_v2

from janitor.modelarts import AuthFailed, Session, WrongProject
from janitor.modelarts.estimatorV2 import Estimator as EstimatorV2

USER = {"account": ACCOUNT.domain_name, "username": ACCOUNT.user_name, "password": ACCOUNT.password}


def wrong_key() -> dict[str, str]:
    """A key that no other test was refused with: what is refused is remembered for the process."""
    return {**KEY, "access_key": f"WRONG{uuid4().hex[:15].upper()}"}


def test_a22_a_refused_key_is_tried_once_and_every_call_says_so(make_platform: MakePlatform) -> None:
    emulator = make_platform()
    with QuickSession(**wrong_key()) as session:
        first, *rest = [refused(delete_v1(session)) for _ in range(6)]
        assert {first, *rest, refused_v2(delete_v2(session))} == {"APIG.0301"}
    assert [request.status for request in emulator.requests] == [401]


def test_a22_sessions_with_one_wrong_key_try_it_once_together(make_platform: MakePlatform) -> None:
    """Six refused signatures in a row would lock the key for all its users."""
    emulator, wrong = make_platform(), wrong_key()
    for _ in range(6):
        with QuickSession(**wrong) as session:
            assert refused(delete_v1(session)) == "APIG.0301"
    assert [request.status for request in emulator.requests] == [401]
    with QuickSession(**KEY) as session:
        assert delete_v1(session) == {"is_success": True}


def test_a22_sessions_with_one_wrong_password_try_it_once_together(make_platform: MakePlatform) -> None:
    emulator = make_platform()
    for _ in range(3):
        with pytest.raises(AuthFailed):
            QuickSession(**USER | {"password": "wrong"}, region_name=ACCOUNT.project_name)
    assert [request.status for request in emulator.requests] == [401]


def test_each_session_of_one_user_logs_in_anew(make_platform: MakePlatform) -> None:
    """What they share is the knowledge of a refusal, not a token."""
    emulator = make_platform()
    for _ in range(2):
        QuickSession(**USER, region_name=ACCOUNT.project_name).close()
    assert [request.route for request in emulator.requests] == ["login", "login"]


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
