"""The JSON Schema: what is committed is what is printed, it agrees with the loader, and editors can find and show it.

Further proof is in settings_sample.py: every text of every settings test that loads must be valid, and every one that is
refused must be invalid, unless only the loader can tell.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from settings_sample import DEPLOYED_FILES, GOOD, HOLDS, POLICY_FILES, SCHEMA, changed, load, problems

from janitor.cli.main import run
from janitor.settings.document import read_document
from janitor.settings.json_schema import build_schema, render_schema
from janitor.settings.meaning import MEANINGS
from janitor.settings.words import PLACES

ROOT = Path(__file__).parents[3]
COMMITTED = ROOT / "config/janitor.schema.json"
EXAMPLES = [
    *POLICY_FILES,
    ROOT / "janitor/settings/starter.yaml",
    *DEPLOYED_FILES,
]
MODELINE = re.compile(r"# yaml-language-server: \$schema=(\S+)\n")


def test_the_committed_schema_is_the_one_that_is_printed(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["schema"]) == 0
    printed = capsysbinary.readouterr().out
    assert printed == COMMITTED.read_bytes(), "write it anew: janitor schema > config/janitor.schema.json"


@pytest.mark.disable_socket
def test_the_schema_needs_neither_a_policy_file_nor_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JANITOR_CONFIG", str(tmp_path / "none.yaml"))
    assert run(["schema"]) == 0
    assert list(tmp_path.iterdir()) == []


def test_the_schema_is_a_valid_one_of_its_draft() -> None:
    assert build_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema_rs.meta.validate(build_schema())


@pytest.mark.some(11)
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_example_is_valid(path: Path) -> None:
    assert [error.message for error in SCHEMA.iter_errors(read_document(path.read_text("utf-8")).value)] == []


@pytest.mark.some(10)
@pytest.mark.parametrize("path", [path for path in EXAMPLES if "deploy" not in path.parts], ids=lambda path: path.name)
def test_every_example_names_the_schema_beside_it_and_no_host(path: Path) -> None:
    named = MODELINE.match(path.read_text("utf-8"))
    assert named is not None
    folder = ROOT / "config" if path.name == "starter.yaml" else path.parent
    assert (folder / named[1]).resolve() == COMMITTED


def sections(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "", schema
    yield from schema["$defs"].items()


@pytest.mark.some(13)
@pytest.mark.parametrize("name", [name for name, _ in sections(build_schema())])
def test_every_mapping_is_closed_and_says_one_sentence_of_each_field(name: str) -> None:
    schema = dict(sections(build_schema()))[name]
    assert (schema["additionalProperties"], schema["minProperties"]) == (False, 1)
    assert set(schema.get("required", [])) <= set(schema["properties"])
    for word, field in schema["properties"].items():
        assert re.fullmatch(r"[A-Z][^\n]{10,140}\.", field["description"]), word


def test_the_schema_has_every_field_of_the_format_and_no_other() -> None:
    described = {word for _, schema in sections(build_schema()) for word in schema["properties"]}
    assert described == {word for place in PLACES.values() for word in place.known}


def test_no_sentence_is_left_over() -> None:
    known = {(place.section.__name__, word) for place in PLACES.values() for word in place.known}
    told = {(section, word) for section, words in MEANINGS.items() for word in words}
    assert told <= known


DEFAULTS = [
    (f"{name}.{word}", field["default"])
    for name, schema in sections(build_schema())
    for word, field in schema["properties"].items()
    if "default" in field
]
PLAIN = """\
version: 1
ledger: {path: l.db}
schedule: {cron: "0 3 * * *"}
pace: {per_day: 1000}
limits: {min_age: 24h}
target_defaults: {rate: {concurrency: 4}}
targets:
  - name: t
    endpoint: https://x.example
    project_id: p
    credentials: {access_key: {env: TEST_AK}, secret_key: {env: TEST_SK}}
policies:
  - name: p
    match: {name: "trial-*"}
    expire: {after: 7d}
    keep: {within: 30d}
    archive: {dir: archive}
tombstones: {keep_values: [parameters]}
console: {hosts: [janitor.example.org], tokens: [{name: alice, sha256: SHA256}]}
""".replace("SHA256", "ab" * 32)
WRITTEN_AT = {
    ".": "version: 1\n",
    "ledger.": "ledger: {",
    "pace.": "pace: {",
    "limits.": "limits: {",
    "rate.": "{rate: {",
    "target.": "    project_id: p\n",
    "policy.": '    match: {name: "trial-*"}\n',
    "expire.": "expire: {",
    "keep.": "keep: {",
    "archive.": "archive: {",
    "tombstones.": "tombstones: {",
    "console.": "console: {",
}


BESIDE = {
    "per_day": ("{per_day: 1000}", "{per_sweep: 200}"),
    "min_age": ("{min_age: 24h}", "{max_share: 25%}"),
    "concurrency": ("{concurrency: 4}", "{requests_per_second: 5}"),
}
"""No mapping may be empty, so where the plain file writes the very field, it writes the other one instead."""


@pytest.mark.some(10)
@pytest.mark.parametrize(("place", "default"), DEFAULTS)
def test_a_default_written_out_changes_nothing(place: str, default: Any, tmp_path: Path) -> None:
    """What an editor shows as the default is what the loader takes where the field is left out."""
    section, word = place.split(".")
    anchor, value = WRITTEN_AT[f"{section}."], json.dumps(default)
    indent = re.match(" *", anchor)[0] if anchor.endswith("\n") else ""  # type: ignore[index]
    addition = f"{word}: {value}, " if anchor.endswith("{") else f"{indent}{word}: {value}\n"
    plain = PLAIN.replace(*BESIDE.get(word, ("", "")))
    assert load(tmp_path, changed(anchor, anchor + addition, plain)) == load(tmp_path, plain)


def test_the_defaults_are_all_there() -> None:
    assert {place for place, _ in DEFAULTS} == {
        *(".confirm_within", ".quiet_period", ".max_duration", ".timezone", "ledger.create", "pace.per_sweep", "pace.per_day"),
        *("limits.max_share", "limits.min_age", "rate.requests_per_second", "rate.concurrency", "target.mode"),
        *(
            "target.backend",
            "target.api",
            "target.workspaces",
            "target.listing",
            "target.looks",
            "policy.mode",
            "policy.fallback",
            "expire.since",
        ),
        *("archive.required", "tombstones.keep_for", "console.listen"),
        *("keep.last", "keep.hourly", "keep.daily", "keep.weekly", "keep.monthly", "keep.yearly"),
    }


@pytest.mark.some(12)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: 1\n", "version: 2\n"),
        ("ledger: {path: ledger.db, create: true}\n", ""),
        ("{env: TEST_AK}", "{env: TEST_AK, file: ak}"),
        ("{env: TEST_AK}", "AK-literal"),
        ("    except:", "    where: x\n    except:"),
        ("[failed, abnormal]", "[failed, running]"),
        ("after: 7d", "after: 30m"),
        ("after: 7d", "after: 7"),
        ("max_share: 25%", "max_share: 25"),
        ('"trial-*"', '"*"'),
        ('"rc-*"', "[]"),
        ('name: "trial-*"', 'description: "?"'),
        ("kind: job", "node_count: {at_least: 0}"),
        ("kind: job", "node_count: 8"),
        ("kind: job", "duration: {at_most: 8}"),
        ("after: 7d", "after: {failed: 7, abnormal: 7d}"),
        ("after: 7d", "after: {failed: 7d, running: 7d}"),
        ("    fallback: false", "    keep: {last: -1}"),
        ("    fallback: false", "    keep: {per: [owner, owner]}"),
        ("    fallback: false", "    keep: {per: [label:_sys_x]}"),
        ("    fallback: false", "    grace: 0s"),
        ("until: 2027-06-30", "until: 2027-02-30"),
        ("    reason: audited models\n", ""),
        ("policies:", "schedule: {cron: '0 3 * * *', every: 6h}\npolicies:"),
        ("policies:", "schedule: {every: 6h, timezone: UTC}\npolicies:"),
        ("policies:", "schedule: {jitter: 6h}\npolicies:"),
    ],
)
def test_what_is_wrong_in_its_shape_is_refused_by_the_schema_and_the_loader(old: str, new: str, tmp_path: Path) -> None:
    text = changed(old, new, GOOD + HOLDS)
    assert not SCHEMA.is_valid(read_document(text).value)
    assert problems(tmp_path, text)


def test_a_file_valid_by_the_schema_says_so_where_only_the_loader_can_tell(tmp_path: Path) -> None:
    """The schema is a help while typing; `janitor check` has the last word."""
    text = changed("targets: [research]\n    fallback", "targets: [reserch]\n    fallback", GOOD)
    assert SCHEMA.is_valid(read_document(text).value)
    assert problems(tmp_path, text)


def test_the_schema_is_the_same_in_every_run() -> None:
    assert render_schema() == render_schema()
    assert render_schema().isascii()
