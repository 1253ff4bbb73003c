"""Secrets come from the environment or a file, and show nowhere (fault D1)."""

import traceback
from pathlib import Path

import pytest
from settings_sample import ENVIRON, GOOD, changed, load, problems

from janitor.core.errors import ConfigError
from janitor.core.secret import Secret

CANARY = "hunter22SECRETcanary"
KEY = "{env: TEST_SK}"
PLACE = "janitor.yaml:24:"


@pytest.mark.some(11)
@pytest.mark.parametrize(
    "value",
    [
        CANARY,
        f'"{CANARY}"',
        f"{{{CANARY}}}",
        f"{{{CANARY}: x}}",
        f"[{CANARY}]",
        f"{{env: {CANARY}}}",
        f"{{env: [{CANARY}]}}",
        f'{{env: "{CANARY} x"}}',
        f"{{file: {CANARY}}}",
        f"{{env: TEST_SK, file: {CANARY}}}",
        f"{{env: TEST_SK, {CANARY}: 1}}",
        f"{{value: {CANARY}}}",
        f"{{{{{CANARY}}}}}",
        f"*{CANARY}",
        f"&{CANARY} x",
        f"!{CANARY} x",
        f"!{CANARY}!x y",
        f"'{CANARY}",
        f"%{CANARY}",
        f"@{CANARY}",
        f"{CANARY}: x",
        f"{{env: TEST_SK}} {CANARY}",
        f"|\n        {CANARY}",
    ],
)
def test_d1_a_literal_secret_is_refused_and_not_repeated(value: str, tmp_path: Path) -> None:
    found = problems(tmp_path, changed(KEY, value))
    assert CANARY not in "\n".join(found)
    assert any(line.startswith((PLACE, "janitor.yaml:25:")) for line in found)


def test_d1_a_key_beside_the_credentials_is_not_repeated(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed("      secret_key:", f"      {CANARY}: x\n      secret_key:"))
    assert found.startswith("janitor.yaml:24:7: targets[0].credentials: unknown field")
    assert CANARY not in found


def test_d1_a_literal_says_what_to_write(tmp_path: Path) -> None:
    assert problems(tmp_path, changed(KEY, CANARY)) == [
        "janitor.yaml:24:19: targets[0].credentials.secret_key: "
        "secrets are never written in the file; use {env: NAME} or {file: PATH}"
    ]


@pytest.mark.parametrize("value", [f"{CANARY} x", f"{CANARY}\nx", f"{CANARY}é", f"{CANARY}\x00", " " + CANARY])
def test_d1_a_value_that_cannot_be_a_key_is_refused_and_not_repeated(value: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, GOOD, ENVIRON | {"TEST_SK": value})
    assert found.startswith("janitor.yaml:24:25: targets[0].credentials.secret_key.env: its value has ")
    assert CANARY not in found


def test_d1_the_traceback_shows_no_value(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refusal:
        load(tmp_path, changed(KEY, CANARY))
    assert CANARY not in "".join(traceback.format_exception(refusal.value))
    assert refusal.value.__context__ is None


def test_d1_loaded_settings_print_no_secret(tmp_path: Path) -> None:
    text = repr(load(tmp_path, GOOD))
    assert [value for value in ENVIRON.values() if value in text] == []


def test_secrets_are_gathered_for_the_scrubber(tmp_path: Path) -> None:
    text = changed("      secret_key:", "      security_token: {env: TEST_TOKEN}\n      secret_key:")
    settings = load(tmp_path, text, ENVIRON | {"TEST_TOKEN": "token-canary"})
    assert set(settings.secrets) == {Secret(value) for value in (*ENVIRON.values(), "token-canary")}
    assert Secret("token-canary") in settings.targets[0].credentials.secrets


def test_a_secret_file_is_read_without_its_last_line_end(tmp_path: Path) -> None:
    (tmp_path / "sk").write_text("from-file\r\n")
    assert load(tmp_path, changed(KEY, "{file: sk}")).secrets[1].reveal() == "from-file"
    assert load(tmp_path, changed(KEY, f"{{file: {tmp_path}/sk}}")).secrets[1].reveal() == "from-file"


@pytest.mark.parametrize("content", [b"", b"\n", b"  \n", b"\xff\xfe", b"two words", b"two\nlines", b"x" * 70_000, None])
def test_a_secret_file_that_holds_no_key_is_refused(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "sk").write_bytes(content)
    (found,) = problems(tmp_path, changed(KEY, "{file: sk}"))
    assert found.startswith("janitor.yaml:24:26: targets[0].credentials.secret_key.file: ")


@pytest.mark.parametrize("field", ["access_key", "secret_key"])
def test_both_keys_are_required(field: str, tmp_path: Path) -> None:
    line = next(line for line in GOOD.splitlines(keepends=True) if f"{field}:" in line)
    assert problems(tmp_path, changed(line, ""))[0].endswith(f"targets[0].credentials.{field}: is required")


def test_env_and_file_are_alternatives(tmp_path: Path) -> None:
    (tmp_path / "sk").write_text("x")
    assert "names both env and file" in problems(tmp_path, changed(KEY, "{env: TEST_SK, file: sk}"))[0]
