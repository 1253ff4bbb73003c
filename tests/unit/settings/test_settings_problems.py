"""Problems come all at once, in order, each on one line at its place."""

from pathlib import Path

from settings_sample import GOOD, changed, problems

from janitor.settings.problem import Mark, Problem, keep_outermost, render_path

BROKEN = """\
version: 2
ledgr: {path: x}
pace: {per_sweep: -1, per_day: 010}
owners: [x]
targets:
  - name: research
    mode: "true"
    backend: modelarts
    endpoint: http://example.com
    region: eu-de
    project_id: 123
    credentials: {access_key: literal, secret_key: {env: NOT_SET}}
policies:
  - name: p
    targets: [reserch]
    match: {phas: [failed], owner: no}
    expire: {after: 30m}
  - name: p
    match: {phase: [running, Faild], name: ""}
    expire: {after: 1h, after: 2h}
  - match: {name: x}
"""

EXPECTED = """\
janitor.yaml:1:1: ledger: is required
janitor.yaml:1:10: version: must be 1, the only version of this format
janitor.yaml:2:1: ledgr: unknown field; did you mean "ledger"?
janitor.yaml:3:19: pace.per_sweep: must be at least 0
janitor.yaml:3:32: pace.per_day: is read as different numbers by different YAML versions; quote it if it is text, else write plain decimals
janitor.yaml:4:9: owners: must be a mapping of owners, such as {ci-bot: {env: CI_CHANNEL_URL}}
janitor.yaml:7:11: targets[0].mode: must be observe or enforce
janitor.yaml:9:15: targets[0].endpoint: must be https; plain http is for this machine only (localhost, 127.0.0.1, [::1])
janitor.yaml:11:17: targets[0].project_id: must be text; put it in quotes
janitor.yaml:12:31: targets[0].credentials.access_key: secrets are never written in the file; use {env: NAME} or {file: PATH}
janitor.yaml:12:58: targets[0].credentials.secret_key.env: environment variable NOT_SET is not set, or empty
janitor.yaml:15:15: policies[0].targets[0]: is no target of this file; did you mean "research"?
janitor.yaml:16:13: policies[0].match.phas: unknown field; did you mean "phase"?
janitor.yaml:16:36: policies[0].match.owner: "no" was a truth value in older YAML; quote it if it is text, else write true or false
janitor.yaml:17:21: policies[0].expire.after: '30m' could be minutes or months; write 30min for minutes, or days (d) or weeks (w)
janitor.yaml:18:11: policies[1].name: is the name of an earlier one; each needs its own
janitor.yaml:19:21: policies[1].match.phase[0]: "running" is an active phase, and only jobs that have ended are ever deleted: completed, failed, terminated, abnormal
janitor.yaml:19:30: policies[1].match.phase[1]: is no phase; did you mean "failed"?
janitor.yaml:19:44: policies[1].match.name: is blank; write a value, or remove the field
janitor.yaml:20:21: policies[1].expire.after: 1h is below limits.min_age, 1d of target "research"; raise the one or lower the other
janitor.yaml:20:25: policies[1].expire.after: is written twice, first in line 20
janitor.yaml:21:5: policies[2].name: is required
janitor.yaml:21:5: policies[2].expire: is required
"""  # noqa: E501 -- whole lines, as a user sees them


def test_all_problems_come_at_once_in_order_of_the_file(tmp_path: Path) -> None:
    assert problems(tmp_path, BROKEN) == EXPECTED.splitlines()


def test_a_misspelt_field_is_named_as_in_the_design(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed("phase: [failed, abnormal]", "phas: [failed]"))
    assert found == 'janitor.yaml:32:7: policies[0].match.phas: unknown field; did you mean "phase"?'


def test_a_hostile_name_cannot_break_a_line_or_a_terminal(tmp_path: Path) -> None:
    found = problems(tmp_path, GOOD + '"a\\nb\\e[31m\\u2028\\u202E": 1\n')
    assert found == [f"janitor.yaml:39:1: a\\nb\\x1b[31m\\u2028\\u202e: {found[0].split(': ', maxsplit=2)[2]}"]
    assert all(line.isprintable() for line in found)


def test_a_very_long_name_is_cut(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, GOOD + f"{'x' * 900}: 1\n")
    assert len(found) < 500


def test_a_very_long_value_is_cut(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed("after: 7d", f"after: {'x' * 9000}"))
    assert len(found) < 500


def test_the_outermost_problem_speaks_for_what_is_below() -> None:
    outer = Problem(mark=Mark(line=2), path=("a",), text="outer")
    inner = Problem(mark=Mark(line=1), path=("a", 0, "b"), text="inner")
    beside = Problem(mark=Mark(line=1), path=("b",), text="beside")
    assert keep_outermost([inner, outer, beside]) == [beside, outer]


def test_paths_below_credentials_show_only_words_of_the_format() -> None:
    assert render_path(("targets", 0, "credentials", "access_key", "env")) == "targets[0].credentials.access_key.env"
    assert render_path(("targets", 0, "credentials", "SECRET", "env")) == "targets[0].credentials"
