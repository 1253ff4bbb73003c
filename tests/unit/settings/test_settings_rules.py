"""Names, phases, modes and addresses (faults C10, C11, C12, C19)."""

from pathlib import Path

import pytest
from amount import pairs
from builders import make_job
from settings_sample import GOOD, changed, load, problems

from janitor.core.phase import Phase
from janitor.retention.selector import Selector

POLICY = GOOD[GOOD.index("  - name: failed-runs") :]
TARGET = GOOD[GOOD.index("  - name: research") : GOOD.index("policies:")]


def test_c10_policy_names_are_used_once(tmp_path: Path) -> None:
    found = problems(tmp_path, GOOD + POLICY)
    assert found == ["janitor.yaml:39:11: policies[1].name: is the name of an earlier one; each needs its own"]


def test_c10_target_names_are_used_once(tmp_path: Path) -> None:
    found = problems(tmp_path, changed("policies:", TARGET + "policies:"))
    assert found == ["janitor.yaml:25:11: targets[1].name: is the name of an earlier one; each needs its own"]


@pytest.mark.parametrize("name", ["Research", "a_b", "-a", "a" * 64, "a.b", "a/b", "../a", "é", '"a\\n"', '"a b"', "*"])
def test_c10_a_target_name_is_plain(name: str, tmp_path: Path) -> None:
    quoted = name if name.startswith('"') else f'"{name}"'
    assert "targets[0].name: " in "".join(problems(tmp_path, changed("name: research", f"name: {quoted}")))


@pytest.mark.parametrize("name", ["Failed", "a b", "-a", "a" * 64, "a/b", "é", "manual", '"a\\n"'])
def test_c10_a_policy_name_is_plain(name: str, tmp_path: Path) -> None:
    quoted = name if name.startswith('"') else f'"{name}"'
    assert "policies[0].name: " in problems(tmp_path, changed("name: failed-runs", f"name: {quoted}"))[0]


@pytest.mark.parametrize("name", ["a", "a_b.c-d", "manual-2", "7days", "a" * 63])
def test_c10_a_policy_name_may_have_dots_and_underscores(name: str, tmp_path: Path) -> None:
    assert load(tmp_path, changed("name: failed-runs", f'name: "{name}"')).policies[0].name == name


def test_a_policy_names_only_targets_of_the_file(tmp_path: Path) -> None:
    found = problems(tmp_path, changed("targets: [research]", "targets: [research, reserch]"))
    assert found == ['janitor.yaml:29:25: policies[0].targets[1]: is no target of this file; did you mean "research"?']


@pytest.mark.some(10)
@pytest.mark.parametrize(
    "word", ["Completd", "FAILED", "Failed", "complete", "faild", "done", "*", "succeeded", "all", '"failed "']
)
@pytest.mark.parametrize("place", ["match", "except"])
def test_c11_an_unknown_phase_is_refused(word: str, place: str, tmp_path: Path) -> None:
    old = "[failed, abnormal]" if place == "match" else '{name: "*-baseline"}'
    quoted = word if word.startswith('"') else f'"{word}"'
    (found,) = problems(tmp_path, changed(old, f"[failed, {quoted}]" if place == "match" else f"{{phase: {quoted}}}"))
    assert f"policies[0].{place}.phase" in found
    assert "is no phase" in found


@pytest.mark.parametrize(("word", "meant"), [("Completd", "completed"), ("FAILED", "failed"), ("abnormel", "abnormal")])
def test_c11_a_phase_is_suggested(word: str, meant: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed("[failed, abnormal]", word))
    assert found == f'janitor.yaml:32:14: policies[0].match.phase: is no phase; did you mean "{meant}"?'


@pytest.mark.parametrize("word", ["creating", "pending", "running", "terminating", "unknown"])
@pytest.mark.parametrize("place", ["match", "except"])
def test_c12_only_phases_that_have_ended_are_governed(word: str, place: str, tmp_path: Path) -> None:
    old = "[failed, abnormal]" if place == "match" else '{name: "*-baseline"}'
    (found,) = problems(tmp_path, changed(old, word if place == "match" else f"{{phase: [{word}]}}"))
    assert f'"{word}" is ' in found
    assert "completed, failed, terminated, abnormal" in found


@pytest.mark.parametrize("value", ['"!running"', '"not running"', "{not: running}", "{except: [running]}", '"-running"', '"*"'])
def test_c12_a_negative_phase_is_refused(value: str, tmp_path: Path) -> None:
    assert "policies[0].match.phase" in problems(tmp_path, changed("[failed, abnormal]", value))[0]


def test_c12_abnormal_is_governed_only_when_named(tmp_path: Path) -> None:
    named = load(tmp_path, changed("[failed, abnormal]", "abnormal")).policies[0].match.phase
    unnamed = load(tmp_path, changed("      phase: [failed, abnormal]\n", "")).policies[0].match.phase
    assert named == frozenset({Phase.ABNORMAL})
    assert unnamed == frozenset({Phase.COMPLETED, Phase.FAILED, Phase.TERMINATED})


STRINGS = ['"true"', '"false"', "yes", "off", "1", "0", '"1"', "null", '""', "enforced", "TRUEE", "[true]", "{a: b}"]


@pytest.mark.parametrize(("value", "field"), pairs(STRINGS, ["create: true", "fallback: false"]))
def test_c19_a_truth_value_is_true_or_false_and_no_text(field: str, value: str, tmp_path: Path) -> None:
    name = field.split(":", maxsplit=1)[0]
    assert f"{name}: " in problems(tmp_path, changed(field, f"{name}: {value}"))[0]


MODES = [*STRINGS, "true", "Enforce", "ENFORCE", '"enforce "', "dry-run"]


@pytest.mark.some(9)
@pytest.mark.parametrize(("value", "before"), pairs(MODES, ["    mode: enforce\n    backend", "    mode: enforce\n    targets"]))
def test_c19_a_mode_is_observe_or_enforce(before: str, value: str, tmp_path: Path) -> None:
    (found, *_) = problems(tmp_path, changed(before, before.replace("enforce", value)))
    assert "].mode" in found


@pytest.mark.parametrize("value", ["2", "0", '"1"', "1.0", "true", "v1", "null"])
def test_the_version_is_one(value: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed("version: 1", f"version: {value}"))
    assert found.startswith("janitor.yaml:1:10: version: ")


ENDPOINTS = [
    "http://modelarts.example.com",
    "http://localhost.example.com",
    "http://127.0.0.1.example.com",
    "http://0.0.0.0",
    "http://10.0.0.1:80",
    "http://2130706433",
    "https://user:hunter22@example.com",
    "https://example.com/",
    "https://example.com/v2",
    "https://example.com?x=1",
    "https://example.com?",
    "https://example.com#",
    "https://example.com:0",
    "https://example.com:65536",
    "https://example.com:",
    "https://-example.com",
    "https://exa mple.com",
    "https://example.com\\\\@evil.example",
    "https://",
    "//example.com",
    "example.com",
    "ftp://example.com",
    "file:///etc/passwd",
]


FIELDS = ["    endpoint: https://modelarts.eu-de.otc.t-systems.com", "iam_endpoint: https://iam.eu-de.otc.t-systems.com"]


@pytest.mark.some(11)
@pytest.mark.parametrize(("value", "field"), pairs(ENDPOINTS, FIELDS))
def test_an_endpoint_is_https_and_only_a_host(field: str, value: str, tmp_path: Path) -> None:
    name = field.split(":", maxsplit=1)[0]
    (found,) = problems(tmp_path, changed(field, f'{name}: "{value}"'))
    assert f"targets[0].{name.strip()}: must be https" in found or "has a port" in found
    assert "hunter22" not in found


@pytest.mark.parametrize("value", ["socks5://proxy", "proxy:3128", "http://u:hunter22@proxy", "http://proxy/", "http://"])
def test_a_proxy_is_http_or_https_without_a_password(value: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed("    region: eu-de", f"    region: eu-de\n    proxy: {value}"))
    assert "targets[0].proxy: " in found
    assert "hunter22" not in found


def test_a_proxy_may_be_plain_http(tmp_path: Path) -> None:
    text = changed("    region: eu-de", "    region: eu-de\n    proxy: http://proxy.example.com:3128")
    assert load(tmp_path, text).targets[0].proxy == "http://proxy.example.com:3128"


@pytest.mark.parametrize("value", ["a/b", "..", "a" * 65, '"a b"', "é", "a.b", "0a%2e"])
def test_a_project_id_cannot_change_an_address(value: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed("0a1b2c3d4e5f60718293a4b5c6d7e8f9", value))
    assert "targets[0].project_id: must be 1 to 64" in found


@pytest.mark.parametrize("value", ["a/b", "..", "a" * 65, "a.b"])
def test_a_workspace_cannot_change_an_address(value: str, tmp_path: Path) -> None:
    assert "targets[0].workspaces[0]: " in problems(tmp_path, changed('workspaces: ["0"]', f'workspaces: ["{value}"]'))[0]
    assert "policies[0].match.workspace: " in problems(tmp_path, changed('workspace: "0"', f'workspace: "{value}"'))[0]


@pytest.mark.parametrize("value", ["sagemaker", "ModelArts", "memory", "null", "1"])
def test_the_backend_is_modelarts(value: str, tmp_path: Path) -> None:
    assert "targets[0].backend: " in problems(tmp_path, changed("backend: modelarts", f"backend: {value}"))[0]


def test_the_floor_of_every_governed_target_counts(tmp_path: Path) -> None:
    second = TARGET.replace("research", "slow").replace("max_share: 10%", "min_age: 30d")
    both = changed("policies:", second + "policies:")
    assert load(tmp_path, both).policies[0].name == "failed-runs"
    (found,) = problems(tmp_path, changed("    targets: [research]\n", "", both))
    assert found.endswith(
        'policies[0].expire.after: 1w is below limits.min_age, 30d of target "slow"; raise the one or lower the other'
    )


@pytest.mark.parametrize("path", ["~/ledger.db", "~janitor/ledger.db"])
def test_a_home_folder_is_written_out(path: str, tmp_path: Path) -> None:
    assert "ledger.path: must be a path" in problems(tmp_path, changed("ledger.db", path))[0]


def test_a_missing_ca_file_is_refused(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed("    region: eu-de", "    region: eu-de\n    ca_file: nowhere.pem"))
    assert found == "janitor.yaml:16:14: targets[0].ca_file: this file does not exist, or is no regular file"


@pytest.mark.parametrize("glob", ["prod[12]-*", "{a,b}-*", "x]"])
def test_c17_a_glob_with_brackets_would_match_nothing_and_is_refused(tmp_path: Path, glob: str) -> None:
    (line,) = problems(tmp_path, changed('name: "trial-*"', f'name: "{glob}"'))
    assert "has brackets" in line


@pytest.mark.some(10)
@pytest.mark.parametrize("glob", ["*", "**", "?*", "*?*", "???"])
@pytest.mark.parametrize("beside", ["", ", phase: [failed]"])
@pytest.mark.parametrize("written", ['"{}"', '["trial-*", "{}"]'])
def test_c16_a_name_without_one_character_of_its_own_is_no_condition_of_a_policy(
    glob: str, beside: str, written: str, tmp_path: Path
) -> None:
    """Such a glob fits every name, so it would turn "any of these" into "all"; who means all names phases."""
    text = changed('      name: "trial-*"\n', f"      name: {written.format(glob)}\n")
    lone = text[: text.index("      phase:")] + text[text.index("      name:") : text.index("      owner:")]
    whole = text if beside else lone + text[text.index("    except:") :]
    (found,) = problems(tmp_path, whole)
    assert "policies[0].match.name" in found
    assert f'"{glob}" has no character of a name, so it is no condition' in found
    assert "phase: [completed, failed, terminated]" in found


def test_c16_an_exception_may_name_every_job_since_it_only_keeps(tmp_path: Path) -> None:
    assert load(tmp_path, changed('"*-baseline"', '"*"')).policies[0].except_ == Selector(name=("*",))


def test_c16_a_glob_fits_the_whole_name_and_case_counts(tmp_path: Path) -> None:
    (policy,) = load(tmp_path, changed('name: "trial-*"', "name: test")).policies
    ended = {"owner": "ci-bot", "phase": Phase.FAILED}
    fits = [policy.match.match_all(make_job(name=name, **ended)) for name in ("test", "latest-prod", "Test", "test ", "tests")]
    assert fits == [True, False, False, False, False]


@pytest.mark.parametrize(
    ("general", "own", "listing"),
    [("", "", "full"), (", listing: narrow", "", "narrow"), ("", "narrow", "narrow"), (", listing: narrow", "full", "full")],
)
def test_a_target_lists_as_it_says_else_as_the_defaults_say_else_in_full(
    general: str, own: str, listing: str, tmp_path: Path
) -> None:
    text = changed("concurrency: 4}}", f"concurrency: 4}}{general}}}")
    text = changed("    region: eu-de\n", f"    region: eu-de\n    listing: {own}\n", text) if own else text
    assert load(tmp_path, text).targets[0].listing == listing


@pytest.mark.parametrize(
    ("general", "own", "looks"),
    [
        ("", "", "together"),
        (", looks: single", "", "single"),
        ("", "single", "single"),
        (", looks: single", "together", "together"),
    ],
)
def test_a_target_looks_as_it_says_else_as_the_defaults_say_else_together(
    general: str, own: str, looks: str, tmp_path: Path
) -> None:
    text = changed("concurrency: 4}}", f"concurrency: 4}}{general}}}")
    text = changed("    region: eu-de\n", f"    region: eu-de\n    looks: {own}\n", text) if own else text
    assert load(tmp_path, text).targets[0].looks == looks


def test_v1_cannot_look_together_and_does_not_where_nobody_says_so(tmp_path: Path) -> None:
    v1 = changed("api: v2", "api: v1")
    (found,) = problems(tmp_path, changed("    region: eu-de\n", "    region: eu-de\n    looks: together\n", v1))
    assert found.startswith("janitor.yaml:16:12: targets[0].looks: v1 jobs cannot be looked at together")
    assert load(tmp_path, v1).targets[0].api == "v1"


def test_v1_cannot_list_narrowly_whoever_says_so_and_the_place_is_named(tmp_path: Path) -> None:
    v1 = changed("api: v2", "api: v1")
    (found,) = problems(tmp_path, changed("    region: eu-de\n", "    region: eu-de\n    listing: narrow\n", v1))
    assert found.startswith("janitor.yaml:16:14: targets[0].listing: v1 lists cannot be narrow")
    general = changed("concurrency: 4}}", "concurrency: 4}, listing: narrow}", v1)
    (found,) = problems(tmp_path, general)
    assert found.startswith("janitor.yaml:12:10: targets[0].api: v1 lists cannot be narrow")
    full = changed("    region: eu-de\n", "    region: eu-de\n    listing: full\n", general)
    assert load(tmp_path, full).targets[0].api == "v1"
