"""What looks like a credential in a text: hidden in every form that people write it in, and in linear time."""

import time

import pytest

from janitor.core.credentials import hide_credentials, hide_in_address

M = "***"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("git clone https://ann:pass-word@git.example/x.git", f"git clone https://{M}@git.example/x.git"),
        ("git clone https://bob:p@x-x@host/x", f"git clone https://{M}@host/x"),
        ("git clone https://bob:p/x?x#x@host/x", f"git clone https://{M}@host/x"),
        ("https://ghp@github.com:443/a@b", f"https://{M}@github.com:443/a@b"),
        ("https://host:8080/a@b", "https://host:8080/a@b"),
        (r"https:\/\/bob:x@host", rf"https:\/\/{M}@host"),
        ("https://obs.example/x?Signature=a%2Bb&Expires=1", f"https://obs.example/x?Signature={M}"),
        ("https://obs.example/x?sig=x", f"https://obs.example/x?sig={M}"),
        ("export WANDB_API_KEY=abc; run", f"export WANDB_API_KEY={M} run"),
        ("WANDB_KEY=x DB_PASS=x TOKEN=x MYSQL_PWD=x", f"WANDB_KEY={M} DB_PASS={M} TOKEN={M} MYSQL_PWD={M}"),
        ("SECRET_KEY_BASE=x AK=x SK=x", f"SECRET_KEY_BASE={M} AK={M} SK={M}"),
        ("set_auth(obs_ak='x', userPass='x')", f"set_auth(obs_ak={M}, userPass={M})"),
        (
            "--ak x --sk x --pass x --user_pass x --key x --hf_tokens x",
            f"--ak {M} --sk {M} --pass {M} --user_pass {M} --key {M} --hf_tokens {M}",
        ),
        ("--num-tokens 512 --tokens=8 --tokenizer bert", "--num-tokens 512 --tokens=8 --tokenizer bert"),
        ("run --password abc --lr 1", f"run --password {M} --lr 1"),
        ("run --password=x,x;x&x|x --lr 1", f"run --password={M} --lr 1"),
        ("run --hf-token=abc", f"run --hf-token={M}"),
        ("run --db-password 'a b' x", f"run --db-password {M} x"),
        ("run --password\nx --a", f"run --password\n{M} --a"),
        ("run --password \\\n  x --a", f"run --password \\\n  {M} --a"),
        ('["--password", "x", "-u", "a:x"]', f'["--password", {M}, "-u", {M}]'),
        ('{"secret": "a b", "x": 1}', f'{{"secret": {M}, "x": 1}}'),
        (r"{\"password\": \"x \\\" x\", \"y\": 1}", rf"{{\"password\": {M}, \"y\": 1}}"),
        ('password="a\\" x" y', f"password={M} y"),
        ("password='it'\"'\"'x' y", f"password={M} y"),
        ("password=a\\ x y", f"password={M} y"),
        ('{"secret": {"data": "x", "more": "x"}}', f'{{"secret": {M}'),
        ("password => 'x'", f"password => {M}"),
        ("password: 'no end", f"password: {M}"),
        ("curl -u ann:x https://y", f"curl -u {M} https://y"),
        ("curl --user 'ann:a x' y", f"curl --user {M} y"),
        ("python -u train.py", "python -u train.py"),
        ("curl -H 'Authorization: Bearer abcdef'", f"curl -H 'Authorization: Bearer {M}'"),
        ("x bearer 0123456789abcdef01", f"x bearer {M}"),
        ("login AKIA0123456789ABCDEF", f"login {M}"),
        ("ghp_0123456789abcdefghijABCD", M),
        ("a-eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.sig", f"a-{M}"),
        ("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4\n\nabc\n-----END RSA PRIVATE KEY-----", M),
        ("密码=x", f"密码={M}"),
        ("obs://team-bkt/secret-sauce/out/", "obs://team-bkt/secret-sauce/out/"),
        ("token", "token"),
        ("run --auth-file --x", "run --auth-file --x"),
    ],
)
def test_what_looks_like_a_credential_is_hidden_and_the_words_around_it_stay(text: str, hidden: str) -> None:
    assert hide_credentials(text) == hidden


PIECES = (
    "-eyJ",
    "eyJaaaaaaaa.",
    " -a",
    "token=",
    'token=\\"',
    "token='\"",
    "--token ",
    "_key",
    " -u a:",
    "://a:b",
    "a@",
    "-----BEGIN ",
)


@pytest.mark.some(4)
@pytest.mark.parametrize("piece", PIECES)
def test_a_long_text_is_read_in_time_that_grows_with_its_length(piece: str) -> None:
    """400 KB that were made to keep a matcher busy; quadratic would take hours."""
    text = f"@{piece * (400_000 // len(piece))}"
    before = time.thread_time()
    hide_credentials(text)
    assert time.thread_time() - before < 1


def test_an_address_keeps_its_bucket_and_path() -> None:
    signed = "https://bob:x@bkt.obs.example/out/?AccessKeyId=x&Signature=x"
    assert hide_in_address(signed) == f"https://{M}@bkt.obs.example/out/?AccessKeyId={M}"
    assert hide_in_address(hide_in_address(signed)) == hide_in_address(signed)
    assert hide_in_address("obs://bkt/--password x/") == "obs://bkt/--password x/"
