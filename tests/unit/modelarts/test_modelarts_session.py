"""The session of the SDK surface: what it takes, from where, what it refuses, and where it may go; nothing here is sent."""

import inspect
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest

from janitor.modelarts import Session
from janitor.modelarts.estimator import JOB_STATE, Estimator, TrainingJob
from janitor.modelarts.estimatorV2 import Estimator as EstimatorV2
from janitor.modelarts.regions import iam_beside, iam_of, modelarts_of
from janitor.modelarts.training_job import with_number

PROJECT = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
UUID = "1f0c6a52-3d1b-4e7e-9f3a-5d2b7c8e9a01"
GIVEN = {"access_key": "AK-GIVEN", "secret_key": "sk-given", "project_id": PROJECT, "region_name": "eu-de"}
VARIABLES = {
    "HUAWEICLOUD_SDK_AK": "AK-FOUND",
    "HUAWEICLOUD_SDK_SK": "sk-found",
    "HUAWEICLOUD_SDK_PROJECT_ID": PROJECT,
    "HUAWEICLOUD_SDK_REGION_NAME": "eu-de",
}


@pytest.fixture(autouse=True)
def _places() -> Iterator[None]:
    """What one test says of the platform's place is forgotten for the next."""
    yield
    Session.set_endpoint()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set the variables of a notebook; None takes one away."""

    def change(**changes: str | None) -> None:
        for name, value in {**VARIABLES, **changes}.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)

    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("HUAWEICLOUD_SDK_SECURITY_TOKEN", raising=False)
    return change


def test_a_session_without_arguments_reads_what_a_notebook_gives(environment: Callable[..., None]) -> None:
    environment()
    session = Session()
    assert (session.project_id, session.region_name, session.user_id) == (PROJECT, "eu-de", None)
    assert repr(session).endswith("endpoint='https://modelarts.eu-de.otc.t-systems.com')")
    assert Session(project_id="another-1", region_name="cn-north-4").project_id == "another-1"


@pytest.mark.parametrize("names", [tuple(VARIABLES)[:3], *((name,) for name in VARIABLES)], ids="+".join)
@pytest.mark.parametrize("value", [None, ""])
def test_a_session_without_arguments_names_every_variable_that_is_missing(
    environment: Callable[..., None], names: tuple[str, ...], value: str | None
) -> None:
    environment(**dict.fromkeys(names, value))
    with pytest.raises(ValueError, match=r"missing|not set") as caught:
        Session()
    assert {name for name in VARIABLES if name in str(caught.value)} == set(names)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"access_key": "AK"}, "secret_key, project_id"),
        ({"access_key": "AK", "secret_key": "sk", "region_name": "eu-de"}, "project_id"),
        ({"secret_key": "sk", "project_id": PROJECT}, "access_key"),
        ({"security_token": "t"}, "access_key, secret_key, project_id"),
        ({"access_key": "", "secret_key": "sk", "project_id": PROJECT}, "access_key"),
        ({"account": "ACME"}, "username, password"),
        ({"username": "ann", "password": ""}, "password"),
        ({"access_key": "AK", "secret_key": "sk", "project_id": PROJECT}, "region_name"),
    ],
)
def test_a_session_names_the_arguments_that_are_missing(
    environment: Callable[..., None], given: dict[str, str], missing: str
) -> None:
    """Also with a whole environment: a key is never put together from both."""
    environment()
    with pytest.raises(ValueError, match=f"missing {missing}$|{missing} .* missing"):
        Session(**given)


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"password": "pw"}, ValueError, "not both"),
        ({"project_id": 7}, TypeError, "project_id must be a string, not int"),
        ({"project_id": "../x"}, ValueError, "a project id is"),
        ({"secret_key": "sk\n"}, ValueError, "stray newline"),
        ({"region_name": "eu-dee"}, ValueError, "'eu-dee' is not a region known here; call Session.set_endpoint first"),
    ],
)
def test_a_session_refuses_what_it_cannot_understand(changes: dict[str, Any], error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence) as caught:
        Session(**{**GIVEN, **changes})
    assert "sk" not in str(caught.value)


@pytest.mark.parametrize(
    "region", ["evil.example/", "eu-de.evil.example", "eu-de@evil.example", "eu-de#", "EU-DE", " eu-de", "x" * 300]
)
def test_d16_a_region_of_the_environment_can_not_name_a_host(environment: Callable[..., None], region: str) -> None:
    environment(HUAWEICLOUD_SDK_REGION_NAME=region)
    with pytest.raises(ValueError, match="is not a region known here"):
        Session()


def test_d16_no_variable_of_the_environment_moves_an_endpoint(
    environment: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment()
    for name in ("REGION_MODELARTS_EU_DE", "REGION_IAM_EU_DE", "IAM_ENDPOINT", "MODELARTS_ENDPOINT", "ENDPOINT"):
        monkeypatch.setenv(f"HUAWEICLOUD_SDK_{name}", "https://evil.example")
    assert "endpoint='https://modelarts.eu-de.otc.t-systems.com'" in repr(Session())


def test_set_endpoint_is_for_the_sessions_that_are_made_after_it() -> None:
    before = Session(**GIVEN)
    Session.set_endpoint(
        iam_endpoint="https://iam.example.com",
        obs_endpoint="https://obs.example.com",
        modelarts_endpoint="https://ma.example.com/",
        region_name="mars-1",
    )
    after = Session(**{**GIVEN, "region_name": None})
    assert "endpoint='https://modelarts.eu-de" in repr(before)
    assert (after.region_name, repr(after).split("endpoint=")[1]) == ("mars-1", "'https://ma.example.com')")
    with pytest.raises(ValueError, match="set_endpoint was called for region 'mars-1', the session is for 'eu-de'"):
        Session(**GIVEN)
    Session.set_endpoint()
    assert "endpoint='https://modelarts.eu-de" in repr(Session(**GIVEN))


@pytest.mark.parametrize("name", ["iam_endpoint", "modelarts_endpoint"])
@pytest.mark.parametrize(
    "url", ["http://ma.example.com", "ma.example.com", "https://ma.example.com/v1", "https://a:pw@b.example"]
)
def test_d15_set_endpoint_refuses_an_address_in_the_clear_or_with_more_than_a_host(name: str, url: str) -> None:
    with pytest.raises(ValueError, match=r"must use https|is not a URL|without a path|must not carry"):
        Session.set_endpoint(**{name: url})


@pytest.mark.parametrize("name", ["iam_endpoint", "modelarts_endpoint", "region_name"])
@pytest.mark.parametrize("text", ["", " "])
def test_d16_set_endpoint_refuses_an_empty_text_which_must_not_mean_the_real_cloud(name: str, text: str) -> None:
    """Such as `os.environ.get("MA_URL", "")` of a variable that nobody has set."""
    Session.set_endpoint(modelarts_endpoint="https://ma.example.com")
    with pytest.raises(ValueError, match=f"{name} is empty; leave it out"):
        Session.set_endpoint(**{name: text})
    assert "endpoint='https://ma.example.com'" in repr(Session(**GIVEN))


@pytest.mark.parametrize("name", ["iam_endpoint", "modelarts_endpoint", "region_name"])
@pytest.mark.parametrize("value", [7, b"https://ma.example.com", ["https://ma.example.com"]])
def test_set_endpoint_says_what_it_takes_where_it_is_given_no_text(name: str, value: object) -> None:
    with pytest.raises(TypeError, match=f"{name} must be a string such as '(https://[a-z.]+|eu-de)', not {type(value).__name__}"):
        Session.set_endpoint(**{name: value})  # type: ignore[arg-type]


def test_a_session_shows_no_secret_and_is_of_no_use_once_closed() -> None:
    with Session(**GIVEN, security_token="tok-given") as session:
        shown = f"{session!r} {session} {Estimator(session, job_id='1')!r}"
        assert not re.search("AK-GIVEN|sk-given|tok-given", shown)
    with pytest.raises(ValueError, match="the session is closed"):
        Estimator.delete_job_by_id(session, "155500")
    with pytest.raises(ValueError, match="the session is closed"):
        EstimatorV2.delete_job_by_id(session, UUID)


@pytest.mark.soak
def test_the_regions_are_those_of_the_vendors_sdk() -> None:
    from huaweicloudsdkcore.auth.endpoint import get_iam_endpoint_by_id  # here: it takes as long as a hundred tests
    from huaweicloudsdkmodelarts.v1.region.modelarts_region import ModelArtsRegion

    for region, known in ModelArtsRegion.static_fields.items():
        assert [modelarts_of(region)] == known.endpoints
        assert iam_of(region) == get_iam_endpoint_by_id(region, iam_of(region))


@pytest.mark.parametrize(
    ("modelarts", "iam"),
    [
        ("http://127.0.0.1:8765", "http://127.0.0.1:8765"),
        ("https://modelarts.eu-de.otc.t-systems.com", "https://iam.eu-de.otc.t-systems.com"),
        ("https://ma.example.com", None),
        ("https://modelarts.example.com:8443", None),
    ],
)
def test_the_identity_service_is_beside_modelarts_or_has_to_be_named(modelarts: str, iam: str | None) -> None:
    if iam is not None:
        assert iam_beside(modelarts) == iam
        return
    with pytest.raises(ValueError, match="give iam_endpoint as well"):
        iam_beside(modelarts)


SESSION = Session(**GIVEN)
V1, V2 = Estimator(SESSION, "155500", "278813"), EstimatorV2(session=SESSION, job_id=UUID)
REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "v1: a UUID": (lambda: Estimator.delete_job_by_id(SESSION, UUID), ValueError, "v2 job; use janitor.modelarts.estimatorV2"),
    "v1: a number": (lambda: Estimator.delete_job_by_id(SESSION, 155500), TypeError, "a string such as '155500', not int"),  # type: ignore[arg-type]
    "v1: None": (lambda: Estimator.delete_job_by_id(SESSION, None), TypeError, "job_id must be a string such as '155500', not N"),  # type: ignore[arg-type]
    "v1: nothing": (lambda: Estimator(SESSION).delete_job(), ValueError, "has no job_id"),
    "v1: no version": (lambda: Estimator(SESSION, "1").stop_job_version(), ValueError, "has no version_id"),
    "v1: another session": (lambda: Estimator.delete_job_by_id(object(), "1"), TypeError, "modelarts_session must be a"),  # type: ignore[arg-type]
    "v1: status as text": (lambda: Estimator.get_job_list(SESSION, status="10"), TypeError, "status must be"),  # type: ignore[arg-type]
    "v1: status 23": (lambda: Estimator.get_job_list(SESSION, status=23), ValueError, "from 0 to 22"),
    "v1: page 0": (lambda: Estimator.get_job_list(SESSION, page=0), ValueError, "page must be from 1"),
    "v1: a flag as page": (lambda: Estimator.get_job_list(SESSION, page=True), TypeError, "page must be a whole number"),
    "v1: 1001 a page": (lambda: Estimator.get_job_list(SESSION, per_page=1001), ValueError, "from 1 to 1000"),
    "v1: no order": (lambda: Estimator.get_job_list(SESSION, order="up"), ValueError, "one of asc, desc"),
    "v1: no sort": (lambda: Estimator.get_job_list(SESSION, sortBy="owner"), ValueError, "one of job_name"),
    "v1: two sorts": (lambda: Estimator.get_job_list(SESSION, sortBy="status", sort_by="duration"), ValueError, "give it once"),
    "v1: 101 letters": (lambda: Estimator.get_job_list(SESSION, search_content="x" * 101), ValueError, "at most 100"),
    "v1: 257 letters": (lambda: V1.update_job_description("x" * 257), ValueError, "at most 256"),
    "v1: no text": (lambda: V1.update_job_description(7), TypeError, "description must be a string"),  # type: ignore[arg-type]
    "v2: a number": (lambda: EstimatorV2.delete_job_by_id(SESSION, 155500), TypeError, "a string such as '1f0c6a52"),  # type: ignore[arg-type]
    "v2: a v1 id": (lambda: EstimatorV2.delete_job_by_id(SESSION, "155500"), ValueError, "v1 job; use janitor.modelarts.estim"),
    "v2: None": (lambda: EstimatorV2.delete_job_by_id(SESSION, None), TypeError, "job_id must be a string such as '1f0c"),  # type: ignore[arg-type]
    "v2: nothing": (lambda: EstimatorV2(SESSION).delete_job(), ValueError, "has no job_id"),
    "v2: 51 a page": (lambda: EstimatorV2.get_job_list(SESSION, 0, 51), ValueError, "limit must be from 1 to 50"),
    "v2: before the first": (lambda: EstimatorV2.get_job_list(SESSION, -1, 1), ValueError, "offset must be from 0"),
    "v2: filters as text": (lambda: EstimatorV2.get_job_list(SESSION, filters="x"), TypeError, "filters must be a list"),  # type: ignore[arg-type]
    "v2: a filter without value": (lambda: EstimatorV2.get_job_list(SESSION, filters=[{"key": "id"}]), ValueError, "a filter is"),
    "v2: a value as text": (
        lambda: EstimatorV2.get_job_list(SESSION, filters=[{"key": "id", "value": UUID}]),
        TypeError,
        "must be a list of strings",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_argument_is_refused_with_a_sentence_before_anything_is_sent(case: str) -> None:
    """The session leads to the real platform: a test that sent something would fail at the closed socket."""
    call, error, sentence = REFUSED[case]
    with pytest.raises(error, match=re.escape(sentence)):
        call()


@pytest.mark.parametrize("text", ["", "0", "-1", "+1", "0155500", " 155500", "155500\n", "1e3", "１５５５００", "../1", "9" * 19])
def test_d10_an_id_that_is_not_exactly_a_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not the id of a v1 job"):
        Estimator.delete_job_by_id(SESSION, text)


@pytest.mark.parametrize(
    "call",
    [
        lambda: V1.fit(inputs="/bucket/x", wait=False),
        lambda: V1.create_job_version(job_id="1", pre_version_id="2"),
        lambda: Estimator(modelarts_session=SESSION, framework_type="PyTorch", code_dir="/bucket/src/"),
        V2.fit,
        lambda: EstimatorV2(session=SESSION, code_dir="/bucket/src/"),
        V1.get_job_log_file_list,
        lambda: V1.get_job_log(log_file="x"),
    ],
)
def test_what_is_not_built_says_what_to_use_instead(call: Callable[[], Any]) -> None:
    with pytest.raises(NotImplementedError, match=r"janitor (creates|reads) no .*; (use|read)"):
        call()


@pytest.mark.parametrize("status", ["9" * 5000, "9" * 19, "", "-1", "1.0", "\u0663", None, True])
def test_a39_a_status_that_is_no_code_stays_as_it_is(status: object) -> None:
    assert with_number({"status": status}) == {"status": status}
    assert with_number({"status": "08"}) == {"status": 8}


def test_the_states_are_the_23_of_the_page() -> None:
    assert len(JOB_STATE) == 23
    assert import_module("janitor.modelarts.estimatorV2").JOB_STATE is JOB_STATE
    assert (JOB_STATE[0], JOB_STATE[10], JOB_STATE[22]) == ("JOBSTAT_UNKNOWN", "JOBSTAT_COMPLETED", "MOUNT_FAILED")


@pytest.mark.parametrize(
    ("call", "parameters"),
    [
        (Estimator.delete_job_by_id, "modelarts_session job_id"),
        (Estimator, "modelarts_session job_id version_id creating"),
        (Estimator.get_job_list, "modelarts_session status per_page page sortBy order search_content sort_by"),
        (TrainingJob.get_job_version_object_list, "self is_show"),
        (EstimatorV2.delete_job_by_id, "session job_id"),
        (EstimatorV2.control_job_by_id, "session job_id"),
        (EstimatorV2.get_job_list, "session offset limit sort_by order group_by filters"),
        (Session.set_endpoint, "iam_endpoint obs_endpoint modelarts_endpoint region_name"),
    ],
)
def test_the_parameters_have_the_names_of_the_vendors_page(call: Callable[..., Any], parameters: str) -> None:
    assert list(inspect.signature(call).parameters) == parameters.split()
