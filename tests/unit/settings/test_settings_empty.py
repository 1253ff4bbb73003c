"""Empty, blank, missing and null never mean all (faults C1, C2, C15, C20)."""

from pathlib import Path

import pytest
from amount import pairs
from settings_sample import GOOD, changed, load, problems

from janitor.retention.planner import Pace

POLICIES = GOOD[GOOD.index("policies:") :]
TARGETS = GOOD[GOOD.index("targets:\n") : GOOD.index("policies:")]


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "~", "null", "{}", "[]", "''", "text", "- version: 1"])
def test_c1_a_file_without_content_is_refused(text: str, tmp_path: Path) -> None:
    assert problems(tmp_path, text)[0].startswith("janitor.yaml:1:1: ")


@pytest.mark.parametrize("value", ["", "null", "~", "[]", "{}", "''", "[null]", "[~]", "[{}]", "all", "true", "0"])
def test_c1_no_policies_is_refused(value: str, tmp_path: Path) -> None:
    (found, *_) = problems(tmp_path, changed(POLICIES, f"policies: {value}\n"))
    assert found.startswith("janitor.yaml:25:")
    assert ": policies" in found


@pytest.mark.parametrize("value", ["", "null", "[]", "{}", "[null]", "all"])
def test_c1_no_targets_is_refused(value: str, tmp_path: Path) -> None:
    assert ": targets" in problems(tmp_path, changed(TARGETS, f"targets: {value}\n"))[0]


@pytest.mark.parametrize("field", ["version", "ledger", "targets", "policies"])
def test_c1_a_required_field_left_out_is_refused(field: str, tmp_path: Path) -> None:
    found = problems(tmp_path, changed(f"\n{field}:", f"\nx{field}:", "\n" + GOOD)[1:])
    assert f"janitor.yaml:1:1: {field}: is required" in found


MATCH = GOOD[GOOD.index("    match:\n") : GOOD.index("    except:")]


@pytest.mark.parametrize(
    "match", ["", "    match:\n", "    match: {}\n", "    match: null\n", "    match: all\n", "    match: []\n"]
)
def test_c2_a_policy_without_conditions_is_refused(match: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed(MATCH, match))
    assert "policies[0].match: " in found


@pytest.mark.parametrize("field", ["phase", "name", "owner", "kind", "workspace"])
@pytest.mark.parametrize("value", ["", "null", '" "', "[]", "[null]", '["x", ""]', "{}"])
def test_c2_a_blank_condition_is_refused(field: str, value: str, tmp_path: Path) -> None:
    good = '"failed"' if field == "phase" else '"x"'
    (found,) = problems(tmp_path, changed(MATCH, f"    match:\n      {field}: {value.replace(chr(34) + 'x' + chr(34), good)}\n"))
    assert f"policies[0].match.{field}" in found


@pytest.mark.parametrize("value", ["{}", "null", "{name: ''}", "{name: []}", "{owner: null}", "[]"])
def test_c2_a_blank_exception_is_refused(value: str, tmp_path: Path) -> None:
    assert "policies[0].except" in problems(tmp_path, changed('{name: "*-baseline"}', value))[0]


@pytest.mark.parametrize("value", ["[]", "", "null", '[""]', "all", "research"])
def test_c2_a_policy_scope_is_a_list_of_names(value: str, tmp_path: Path) -> None:
    assert "policies[0].targets" in problems(tmp_path, changed("targets: [research]", f"targets: {value}"))[0]


@pytest.mark.parametrize("value", ["", "null", "[]", '""', '[""]', "[all]", "[null]", '"0"', "ALL", "true"])
def test_c2_blank_workspaces_never_mean_all(value: str, tmp_path: Path) -> None:
    assert "targets[0].workspaces" in problems(tmp_path, changed('workspaces: ["0"]', f"workspaces: {value}"))[0]


@pytest.mark.parametrize("field", ["expire: {after: 7d, since: finished}", "after: 7d, "])
def test_a_policy_without_an_age_is_refused(field: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed(field, ""))
    assert found.endswith("is required")


@pytest.mark.parametrize("pattern", ["${PREFIX}-*", "{{ prefix }}-*", "${PREFIX}"])
def test_c15_a_placeholder_is_refused_since_nothing_is_filled_in(pattern: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed('"trial-*"', f'"{pattern}"'))
    assert found.startswith("janitor.yaml:33:13: policies[0].match.name: holds a placeholder")


@pytest.mark.parametrize("environ", [{}, {"TEST_AK": ""}, {"TEST_AK": "  "}, {"TEST_AK": "\n"}])
def test_c15_an_unset_variable_is_refused(environ: dict[str, str], tmp_path: Path) -> None:
    found = problems(tmp_path, GOOD, environ)
    assert found == [
        "janitor.yaml:23:25: targets[0].credentials.access_key.env: environment variable TEST_AK is not set, or empty",
        "janitor.yaml:24:25: targets[0].credentials.secret_key.env: environment variable TEST_SK is not set, or empty",
    ]


NO_COUNTS = ["-1", "unlimited", "none", "1.5", "1.0", '"10"', "true", "null", ".inf", "1e3", "[1]", "1_000", "010"]


@pytest.mark.parametrize(("value", "field"), pairs(NO_COUNTS, ["per_sweep: 20", "per_day: 100"]))
def test_c20_a_pace_is_a_whole_number_and_never_unlimited(field: str, value: str, tmp_path: Path) -> None:
    name = field.split(":", maxsplit=1)[0]
    assert f": pace.{name}: " in problems(tmp_path, changed(field, f"{name}: {value}"))[0]


def test_c20_a_pace_of_zero_means_none_and_absent_means_the_default(tmp_path: Path) -> None:
    assert load(tmp_path, changed("    pace: {per_sweep: 10}\n", "    pace: {per_sweep: 0}\n")).targets[0].pace.per_sweep == 0
    text = changed("    pace: {per_sweep: 10}\n", "", changed("\npace: {per_sweep: 20, per_day: 100}", ""))
    assert load(tmp_path, text).targets[0].pace == Pace()


@pytest.mark.parametrize(
    "value", ["25", "'25'", "101%", "-1%", "2.5%", "025%", "'%'", "25 %", "0x10%", "٢٥%", "unlimited", "0.25"]
)
def test_c20_a_share_is_a_whole_percentage(value: str, tmp_path: Path) -> None:
    assert "limits.max_share" in problems(tmp_path, changed("max_share: 25%", f"max_share: {value}"))[0]


@pytest.mark.parametrize(("value", "percent"), [("0%", 0), ("1%", 1), ("100%", 100), ('"25%"', 25)])
def test_c20_a_share_may_be_none_or_all(value: str, percent: int, tmp_path: Path) -> None:
    assert load(tmp_path, changed("max_share: 10%", f"max_share: {value}")).targets[0].limits.max_share_percent == percent


@pytest.mark.parametrize("value", ["0", "5", "-1", "2.0", '"2"', "true"])
def test_c20_concurrency_is_one_to_four(value: str, tmp_path: Path) -> None:
    assert "rate.concurrency" in problems(tmp_path, changed("concurrency: 2", f"concurrency: {value}"))[0]


@pytest.mark.parametrize("value", ["0", "-1", "1001", ".inf", ".nan", "1e999", '"5"', "true", "unlimited", "0.0"])
def test_c20_a_rate_is_finite_and_above_zero(value: str, tmp_path: Path) -> None:
    assert "requests_per_second" in problems(tmp_path, changed("requests_per_second: 5", f"requests_per_second: {value}"))[0]


def test_c20_a_rate_may_be_a_fraction(tmp_path: Path) -> None:
    assert load(tmp_path, changed("requests_per_second: 5", "requests_per_second: 0.5")).targets[0].requests_per_second == 0.5
