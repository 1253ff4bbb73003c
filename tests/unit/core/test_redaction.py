"""What a document may not remember: values by their place, credentials by their look; what is neither stays."""

import pytest

from janitor.core.redaction import ENVIRONMENT, PARAMETERS, find_masked, redact

M = "***"


@pytest.mark.parametrize(
    ("document", "masked"),
    [
        ({"environments": {"A": "x", "B": 1, "C": None, "D": ""}}, {"environments": {"A": M, "B": M, "C": None, "D": ""}}),
        ({"environments": [{"A": "x"}]}, {"environments": [{"A": M}]}),
        ({"env": {"A": ["x", {"B": "y"}]}}, {"env": {"A": [M, {"B": M}]}}),
        ({"task_env": {"envs": [{"name": "A", "value": "x"}]}}, {"task_env": {"envs": [{"name": M, "value": M}]}}),
        ({"environments": "A=x"}, {"environments": M}),
        ({"parameters": [{"name": "lr", "value": 0.1}]}, {"parameters": [{"name": "lr", "value": M}]}),
        (
            {"parameter": [{"label": "lr", "value": "x", "i18n": {"a": "x"}}]},
            {"parameter": [{"label": "lr", "value": M, "i18n": {"a": M}}]},
        ),
        (
            {"parameters": [{"name": "n", "description": "token=x", "value": True}, {"name": "n"}, {"key": "x", "value": "x"}]},
            {"parameters": [{"name": "n", "description": f"token={M}", "value": M}, {"name": M}, {"key": M, "value": M}]},
        ),
        ({"environments": [{"name": "x", "type": "x", "value": "x"}]}, {"environments": [{"name": M, "type": M, "value": M}]}),
        ({"env_variables": {"A": "x"}, "user_env": {"A": "x"}}, {"env_variables": {"A": M}, "user_env": {"A": M}}),
        (
            {"rows": [{"name": "DB_PASS", "value": "x"}, {"key": 1, "value": "y"}]},
            {"rows": [{"name": "DB_PASS", "value": M}, {"key": 1, "value": "y"}]},
        ),
        ({"secret": {"data": ["x"]}, "obs_sk": "x", "ak": "x"}, {"secret": {"data": [M]}, "obs_sk": M, "ak": M}),
        (
            {"args": ["--password", "x", "--token", "--lr", 1, "-u", "a:x"], "x" * 300 + "_password": "x"},
            {"args": ["--password", M, "--token", "--lr", 1, "-u", M], "x" * 300 + "_password": M},
        ),
        ({"hyper_parameters": {"lr": "x"}}, {"hyper_parameters": {"lr": M}}),
        ({"params": [["x"], "y", {"other": "z"}]}, {"params": [[M], M, {"other": M}]}),
        ({"jupyter_lab": {"url": "https://x", "token": "t"}}, {"jupyter_lab": {"url": "https://x", "token": M}}),
        ({"db_password": 5, "accessToken": "x"}, {"db_password": M, "accessToken": M}),
        ({"secrets": ["a", "b"]}, {"secrets": [M, M]}),
    ],
)
def test_a_value_is_masked_by_its_place(document: object, masked: object) -> None:
    assert redact(document) == masked


def test_what_is_no_value_stays() -> None:
    plain = {
        "kind": "job",
        "metadata": {"name": "env-parameters", "annotations": {"jupyter-lab/enable": "true"}},
        "status": {"start_time": 1, "node_count_metrics": [[1, 2], None], "fraction": 0.5, "is": True},
        "algorithm": {"command": "python train.py --num-tokens 512 --tokenizer bert", "parametric": "x", "environment_id": "e"},
        "access_method": "parameter",
    }
    assert redact(plain) == plain
    assert find_masked(plain) == []


def test_values_stay_where_they_are_asked_for_and_credentials_elsewhere_do_not() -> None:
    document = {"environments": {"PASSWORD": "x"}, "parameters": [{"name": "lr", "value": "x"}], "command": "a --password x"}
    assert redact(document, {ENVIRONMENT, PARAMETERS}) == document | {"command": f"a --password {M}"}
    assert redact(document, {PARAMETERS})["environments"] == {"PASSWORD": M}
    assert redact(document, {ENVIRONMENT})["parameters"] == [{"name": "lr", "value": M}]


def test_parameters_of_a_v1_job_with_an_image_of_its_own_are_its_environment() -> None:
    version = {"user_image_url": "swr/x", "parameter": [{"label": "A", "value": "x"}]}
    masked = [{"label": "A", "value": M}]
    assert redact(version, {PARAMETERS})["parameter"] == redact(version, {ENVIRONMENT})["parameter"] == masked
    assert redact(version, {PARAMETERS, ENVIRONMENT}) == version
    assert redact(version | {"user_image_url": ""}, {PARAMETERS})["parameter"] == version["parameter"]


def test_masked_places_are_found_in_lists_too() -> None:
    document = {"a": [{"b": f"x {M}"}, "y"], "c": M}
    assert find_masked(document) == ["a.0.b", "c"]
    assert find_masked(M) == [""]
