"""What a document may not remember: values by their place, credentials by their look; what is neither stays."""

import pytest

from janitor.core.redaction import ENVIRONMENT, PARAMETERS, find_masked, hide_credentials, redact

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
            {"parameters": [{"description": "token=x", "value": True}]},
            {"parameters": [{"description": f"token={M}", "value": M}]},
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


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("git clone https://ann:pass-word@git.example/x.git", f"git clone https://{M}@git.example/x.git"),
        ("https://ghp@github.com/a@b", f"https://{M}@github.com/a@b"),
        ("https://obs.example/x?Signature=a%2Bb&Expires=1", f"https://obs.example/x?Signature={M}&Expires=1"),
        ("export WANDB_API_KEY=abc; run", f"export WANDB_API_KEY={M}; run"),
        ("run --password abc --lr 1", f"run --password {M} --lr 1"),
        ("run --hf-token=abc", f"run --hf-token={M}"),
        ("run --db-password 'a b' x", f"run --db-password {M} x"),
        ('{"secret": "a b", "x": 1}', f'{{"secret": {M}, "x": 1}}'),
        ("curl -H 'Authorization: Bearer abcdef'", f"curl -H 'Authorization: Bearer {M}'"),
        ("x bearer 0123456789abcdef01", f"x bearer {M}"),
        ("login AKIA0123456789ABCDEF", f"login {M}"),
        ("ghp_0123456789abcdefghijABCD", M),
        ("eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.sig", M),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----", M),
        ("obs://team-bkt/secret-sauce/out/", "obs://team-bkt/secret-sauce/out/"),
        ("token", "token"),
        ("run --auth-file --x", "run --auth-file --x"),
    ],
)
def test_what_looks_like_a_credential_is_hidden_and_the_words_around_it_stay(text: str, hidden: str) -> None:
    assert hide_credentials(text) == hidden


@pytest.mark.parametrize("piece", ["a", "-", "token", "token=", 'token="', "--token ", "://", "eyJ", " ", "-----BEGIN "])
def test_a_long_text_is_read_in_time_that_grows_with_its_length(piece: str) -> None:
    """A megabyte that was made to keep a matcher busy; quadratic would take hours."""
    hide_credentials(piece * (300_000 // len(piece)))


def test_masked_places_are_found_in_lists_too() -> None:
    document = {"a": [{"b": f"x {M}"}, "y"], "c": M}
    assert find_masked(document) == ["a.0.b", "c"]
    assert find_masked(M) == [""]
