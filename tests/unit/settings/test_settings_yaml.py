"""YAML itself: duplicates, aliases, tags, bytes (faults C9, C24, C25, D17)."""

import time
from pathlib import Path

import pytest
from settings_sample import GOOD, changed, load, problems

from janitor.core.errors import ConfigError
from janitor.settings.load import LARGEST, load_settings

ONCE = [
    ("version: 1\n", "version: 1\nversion: 1\n", "2:1: version"),
    ("create: true}", "create: true, path: x}", "2:41: ledger.path"),
    ("per_day: 100}", "per_day: 100, per_day: 1000000}", "3:37: pace.per_day"),
    ("concurrency: 4}", "concurrency: 4, concurrency: 4}", "7:66: target_defaults.rate.concurrency"),
    ("    region: eu-de\n", "    region: eu-de\n    mode: observe\n", "16:5: targets[0].mode"),
    (
        "      secret_key: {env: TEST_SK}\n",
        "      secret_key: {env: TEST_SK}\n      access_key: x\n",
        "25:7: targets[0].credentials.access_key",
    ),
    ("{env: TEST_AK}", "{env: TEST_AK, env: TEST_AK}", "23:34: targets[0].credentials.access_key.env"),
    ("    fallback: false\n", "    fallback: false\n    fallback: true\n", "31:5: policies[0].fallback"),
    ("      kind: job\n", '      kind: job\n      name: "*"\n', "36:7: policies[0].match.name"),
    ('{name: "*-baseline"}', '{name: "*-baseline", name: x}', "37:34: policies[0].except.name"),
    ("{after: 7d, ", "{after: 7d, after: 9d, ", "38:25: policies[0].expire.after"),
    ("    except: {name", "    expire: {after: 1d}\n    except: {name", "39:5: policies[0].expire"),
]


@pytest.mark.parametrize(("old", "new", "place"), ONCE, ids=[place for *_, place in ONCE])
def test_c9_a_duplicate_key_is_refused_at_every_level(old: str, new: str, place: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed(old, new))
    assert found.startswith(f"janitor.yaml:{place}: is written twice, first in line ")


def test_c9_a_quoted_key_is_a_duplicate_too(tmp_path: Path) -> None:
    assert "is written twice" in problems(tmp_path, changed("fallback: false", 'fallback: false\n    "fallback": true'))[0]


LAUGHS = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30))


def test_c24_an_alias_bomb_is_refused_at_once(tmp_path: Path) -> None:
    started = time.process_time()
    found = problems(tmp_path, changed("[ci-bot]", "&b [*b, *b]") + LAUGHS)
    assert any("policies[0].match.owner: anchors and aliases are not supported" in problem for problem in found)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("[ci-bot]", "&x [ci-bot]", "34:14: policies[0].match.owner"),
        ("[ci-bot]", "[*x]", "34:15: policies[0].match.owner[0]"),
        ('"trial-*"', "*trial", "33:13: policies[0].match.name"),
        ("    fallback: false", "    &x fallback: false", "30:5: policies[0].fallback"),
    ],
)
def test_c24_anchors_and_aliases_are_refused(old: str, new: str, place: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed(old, new))
    assert found.startswith(f"janitor.yaml:{place}: anchors and aliases are not supported")


def test_c24_merge_keys_are_refused(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed("      kind: job\n", "      <<: {kind: job}\n"))
    assert found.startswith("janitor.yaml:35:7: policies[0].match.<<: merge keys are not supported")


def test_c24_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    assert load(tmp_path, f"{GOOD}#".ljust(LARGEST))
    assert problems(tmp_path, f"{GOOD}#".ljust(LARGEST + 1)) == [f"janitor.yaml: is larger than {LARGEST} bytes"]


@pytest.mark.some(2)
@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 100_000, "{a: " * 5_000, "".join(f"{' ' * i}a:\n" for i in range(500))])
def test_c24_a_deep_file_is_refused_at_once(text: str, tmp_path: Path) -> None:
    started = time.process_time()
    assert "is nested too deeply" in problems(tmp_path, text)[0]
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "value",
    [
        "!!python/object/apply:os.system ['touch hit']",
        "!!python/name:os.system",
        "!!python/object:builtins.dict {}",
        "!!str ci-bot",
        "!!binary aGk=",
        "!!set {a}",
        "!include other.yaml",
        "!vault x",
        "! x",
        "!<tag:yaml.org,2002:str> x",
    ],
)
def test_d17_tags_are_refused_and_build_nothing(value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = problems(tmp_path, changed("owner: [ci-bot]", f"owner: {value}"))
    assert len(found) == 1
    assert found[0].startswith("janitor.yaml:34:14: policies[0].match.owner: tags (a word after !) are not supported")
    assert [path.name for path in tmp_path.iterdir()] == ["janitor.yaml"]


def test_d17_a_tag_on_the_whole_file_or_a_key_is_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, "--- !!map\n" + GOOD)[0].startswith("janitor.yaml:1:5: tags")
    assert "tags" in problems(tmp_path, changed("    fallback: false", "    !!str fallback: false"))[0]


def test_a_second_document_is_refused(tmp_path: Path) -> None:
    found = problems(tmp_path, GOOD + "---\n" + GOOD)
    assert found == ["janitor.yaml:39:1: a second document starts here, and a file is one document"]


@pytest.mark.parametrize("directive", ["%YAML 1.1", "%TAG ! tag:example.com,2000:"])
def test_a_directive_is_refused(directive: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, f"{directive}\n---\n{GOOD}")
    assert found.startswith("janitor.yaml:1:1: directives are not supported")


def test_yaml_1_2_may_be_said(tmp_path: Path) -> None:
    assert load(tmp_path, f"%YAML 1.2\n---\n{GOOD}...\n")


def test_c25_a_byte_order_mark_is_accepted_and_other_encodings_are_not(tmp_path: Path) -> None:
    assert load(tmp_path, b"\xef\xbb\xbf" + GOOD.encode()).policies == load(tmp_path, GOOD).policies
    assert problems(tmp_path, GOOD.encode("utf-16")) == ["janitor.yaml:1:1: is not UTF-8 text; save it as UTF-8"]
    broken = changed("[ci-bot]", "[ci-b#t]").encode().replace(b"#", b"\xf6")
    assert problems(tmp_path, broken) == ["janitor.yaml:34:19: is not UTF-8 text; save it as UTF-8"]


@pytest.mark.parametrize("byte", [b"\x00", b"\x1b", b"\x07", b"\x7f"])
def test_c25_a_control_byte_is_refused_in_its_place(byte: bytes, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed("[ci-bot]", "[ci-b#t]").encode().replace(b"#", byte))
    assert found.startswith("janitor.yaml:34:")


def test_line_ends_of_windows_are_accepted(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD.replace("\n", "\r\n").encode()).policies == load(tmp_path, GOOD).policies


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: [", "1:5"),
        ("a: 'x", "1:4"),
        ("a: b: c", "1:5"),
        ("version: 1\n\tb: 1", "2:1"),
        ("? [a]\n: 1", "1:3"),
        ("a: @b", "1:4"),
    ],
)
def test_broken_yaml_is_one_problem_in_its_place(text: str, place: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, text)
    assert found.startswith(f"janitor.yaml:{place}: ")


@pytest.mark.parametrize("escape", ["\\U00110000", "\\UFFFFFFFF", "\\x0", "\\q"])
def test_an_escape_that_names_no_character_is_refused(escape: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed('"trial-*"', f'"{escape}"'))
    assert found.startswith(("janitor.yaml:32:", "janitor.yaml:33:"))
    assert "is not valid YAML" in found


@pytest.mark.parametrize("make", ["nothing", "folder"])
def test_a_file_that_is_not_there_is_refused(make: str, tmp_path: Path) -> None:
    path = tmp_path / "janitor.yaml"
    if make == "folder":
        path.mkdir()
    with pytest.raises(ConfigError, match=r"janitor.yaml: (there is no such file|is no regular file)"):
        load_settings(path, {})
