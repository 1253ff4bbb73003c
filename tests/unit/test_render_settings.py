"""`check` says what the file means: who keeps what, until when, and what is probably not meant; in words and as JSON."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from settings_sample import ENVIRON, GOOD, HOLDS, changed, load

from janitor.render_settings import render_settings, settings_document

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
FIRES = {"research": [NOW + timedelta(days=day) for day in range(1, 6)]}
SCHEDULED = changed("    region: eu-de\n", '    region: eu-de\n    schedule: {cron: "0 3 * * *", jitter: 10min}\n')
TWO = GOOD + "  - {name: nightly, match: {owner: ci-bot}, expire: {after: 30d, since: created}}\n" + HOLDS

EXPECTED = """\
ledger    FOLDER/ledger.db, created where missing
waits     2min for deletions to be proven, 3min before a lost request is sent again
sweeps    last 6h at most
remembers each deleted job for 90d, without the values of variables and parameters
target    research (enforce): modelarts v2 at https://modelarts.eu-de.otc.t-systems.com
          project 0a1b2c3d4e5f60718293a4b5c6d7e8f9, which must be named eu-de; workspaces 0
          identity https://iam.eu-de.otc.t-systems.com
          logs in with an access key
          at most 5 requests a second, 2 at once
          at most 10 a sweep and 100 in 24 h; over 10 jobs never more than 10 % at once; none under 1d after its finish
          swept by commands only: it has no schedule, which `janitor serve` asks for
          policy failed-runs enforces: lets go 1w after they were finished; keeps jobs named *-baseline
          policy nightly only observes: lets go 30d after they were created
          hold release-candidates keeps jobs in phase completed, named rc-*, to the end of 2027-06-30, asked for by ml-audit: audited models
          failed-runs and nightly can select the same job: the longest wins, it goes when all let it go
          every other job is kept: no policy selects it
policy    failed-runs (enforce): Failed experiments lose their value in a week.
          governs jobs in phase abnormal or failed, named trial-*, owned by ci-bot, of kind job, in workspace 0
          keeps of these the jobs named *-baseline
          lets go 1w after they were finished: today those up to 2026-11-16 03:00Z
policy    nightly (observe)
          governs jobs in phase completed, failed or terminated, owned by ci-bot, of kind job
          lets go 30d after they were created: today those up to 2026-10-24 03:00Z
hold      release-candidates: jobs in phase completed, named rc-*, to the end of 2027-06-30, asked for by ml-audit: audited models; for target research
WARNING   policy nightly only observes, so on target research no job is deleted that it selects, not even one that failed-runs lets go
"""  # noqa: E501 -- whole lines, as a user sees them


def test_the_whole_file_is_told_in_plain_words(tmp_path: Path) -> None:
    first, *rest = render_settings(load(tmp_path, TWO), NOW, {}).splitlines()
    assert first == f"{tmp_path}/janitor.yaml: understood"
    assert rest == EXPECTED.replace("FOLDER", str(tmp_path)).splitlines()


def test_the_next_fires_are_told_in_utc(tmp_path: Path) -> None:
    told = render_settings(load(tmp_path, SCHEDULED), NOW, FIRES)
    assert (
        '          swept at "0 3 * * *" UTC, up to 10min later; next:\n          Tue 2026-11-24 03:00:00Z, Wed 2026-11-25' in told
    )
    assert told.count("03:00:00Z") == 5


def test_a_fallback_and_an_observing_target_say_so(tmp_path: Path) -> None:
    text = changed("fallback: false", "fallback: true", GOOD.replace("    mode: enforce\n", "    mode: observe\n", 1))
    told = render_settings(load(tmp_path, text), NOW, {})
    assert "nothing is deleted here: the target observes" in told
    assert "policy failed-runs enforces, asked last: " in told
    assert "fallback  failed-runs" in told
    assert "is asked only about jobs that no other policy selects" in told


def test_c18_a_project_whose_name_is_not_checked_says_so_on_every_target(tmp_path: Path) -> None:
    text = changed("    project_name: eu-de\n", "", GOOD.replace("    mode: enforce\n", "    mode: observe\n", 1))
    told = render_settings(load(tmp_path, text), NOW, {})
    assert "project 0a1b2c3d4e5f60718293a4b5c6d7e8f9, its name is not checked" in told
    assert "WARNING" not in told


def test_a_target_without_policies_keeps_every_job(tmp_path: Path) -> None:
    target = GOOD[GOOD.index("  - name: research") : GOOD.index("policies:")].replace("research", "idle").replace("0a1b", "1a1b")
    told = render_settings(load(tmp_path, changed("policies:", target + "policies:")), NOW, {})
    assert "          every job is kept: no policy selects it\n" in told
    assert "WARNING   no policy governs target idle" in told


def test_policies_apart_are_not_said_to_share_jobs(tmp_path: Path) -> None:
    text = GOOD + '  - {name: other, match: {name: "nightly-*"}, expire: {after: 30d}}\n'
    assert "can select the same job" not in render_settings(load(tmp_path, text), NOW, {})


def test_policies_that_share_jobs_through_a_third_are_one_group(tmp_path: Path) -> None:
    text = GOOD + '  - {name: other, match: {name: "night-*"}, expire: {after: 30d}}\n'
    told = render_settings(load(tmp_path, text + "  - {name: all, match: {phase: failed}, expire: {after: 30d}}\n"), NOW, {})
    assert "failed-runs, other and all can select the same job" in told


def test_an_ended_hold_keeps_nothing_and_is_warned_of(tmp_path: Path) -> None:
    told = render_settings(load(tmp_path, GOOD + HOLDS), datetime(2027, 7, 1, tzinfo=UTC), {})
    assert "hold release-candidates keeps" not in told
    assert "WARNING   hold release-candidates ended with 2027-06-30; give it a later day, or remove it" in told


def test_the_document_says_everything_and_no_secret(tmp_path: Path) -> None:
    document = settings_document(load(tmp_path, TWO), NOW, FIRES)
    text = json.dumps(document)
    assert not any(secret in text for secret in [*ENVIRON, *ENVIRON.values()])
    (target,) = document["targets"]
    assert (document["version"], document["as_of"], target["schedule"]) == (1, "2026-11-23T03:00:00Z", None)
    assert (target["policies"], target["holds"]) == (["failed-runs", "nightly"], ["release-candidates"])
    assert (target["workspaces"], target["limits"]) == (["0"], {"max_share": "10%", "min_age": "1d"})
    assert [(policy["name"], policy["cutoff"]) for policy in document["policies"]] == [
        ("failed-runs", "2026-11-16T03:00:00Z"),
        ("nightly", "2026-10-24T03:00:00Z"),
    ]
    (hold,) = document["holds"]
    assert (hold["until"], hold["ended"], hold["match"]) == ("2027-06-30", False, {"phase": ["completed"], "name": ["rc-*"]})
    (warning,) = document["warnings"]
    assert set(warning) == {"code", "message", "target", "policy", "hold"}
    assert (warning["code"], warning["target"], warning["policy"]) == ("observer_prevents", "research", "nightly")


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ('{cron: "0 3 * * *", jitter: 10min}', {"cron": "0 3 * * *", "every": None, "jitter": "10min", "timezone": "UTC"}),
        ("{every: 6h}", {"cron": None, "every": "6h", "jitter": None, "timezone": "UTC"}),
    ],
)
def test_the_document_tells_schedules_and_their_next_fires(schedule: str, expected: dict[str, str], tmp_path: Path) -> None:
    text = changed("    region: eu-de\n", f"    region: eu-de\n    schedule: {schedule}\n    ca_file: ca.pem\n")
    (tmp_path / "ca.pem").write_text("x")
    text = changed('    workspaces: ["0"]\n', "    workspaces: all\n", text)
    (target,) = settings_document(load(tmp_path, text), NOW, FIRES)["targets"]
    assert target["schedule"] == expected | {"next": [f"2026-11-{24 + day}T03:00:00Z" for day in range(5)]}
    assert (target["workspaces"], target["ca_file"]) == ("all", str(tmp_path / "ca.pem"))


def test_d3_hostile_texts_of_the_file_are_inert(tmp_path: Path) -> None:
    """The file refuses what cannot be seen; what is left is shown as it is written."""
    text = changed("Failed experiments lose their value in a week.", '"first\\nsecond"')
    told = render_settings(load(tmp_path, text), NOW, {})
    assert "policy    failed-runs (enforce): first\\x0asecond" in told


RICH = """\
  - name: rich
    mode: enforce
    match:
      phase: [failed, abnormal]
      name_regex: "(run|trial)-[0-9]+"
      description: ["*sweep*", "draft ?"]
      experiment: exp-7
      flavor: p3.large
      pool: [pool-a, pool-b]
      node_count: {at_least: 2, at_most: 8}
      accelerators: {at_most: 64}
      duration: {at_least: 10min}
    except: {node_count: {at_least: 8}, description: "*keep*"}
    expire: {after: {failed: 3d, abnormal: 7d}, owner_may_shorten_to: 2d}
    keep: {last: 5, hourly: 2, daily: 3, weekly: 4, monthly: 6, yearly: 1, within: 21d, per: [owner, "label:team"]}
    grace: 48h
"""
TOLD = """\
policy    rich (enforce)
          governs jobs in phase abnormal or failed, whose name matches "(run|trial)-[0-9]+", of kind job, \
described as "*sweep*" or "draft ?", of experiment exp-7, on flavor p3.large, in pool pool-a or pool-b, \
on at least 2 and at most 8 nodes, with at most 64 accelerators, that ran at least 10min
          keeps of these the jobs described as "*keep*" or on at least 8 nodes
          lets go 1w (abnormal) and 3d (failed) after they were finished: today those up to 2026-11-16 03:00Z (abnormal) and \
2026-11-20 03:00Z (failed)
          lets owners shorten that by janitor-ttl, to 2d at least
          keeps of these the last 5, the newest of each of the latest 2 hours that have one, \
the newest of each of the latest 3 days that have one, the newest of each of the latest 4 weeks that have one, \
the newest of each of the latest 6 months that have one, the newest of the latest year that has one and \
all younger than 3w, per owner and label:team
          marks a job first, and lets it go 2d later
"""
HEAD = GOOD[: GOOD.index("  - name: failed-runs")]


def test_c6_every_rule_of_a_policy_is_told_in_words_with_the_day_of_each_age(tmp_path: Path) -> None:
    told = render_settings(load(tmp_path, HEAD + RICH), NOW, {})
    assert told[told.index("policy    rich") :] + "\n" == TOLD
    (short,) = [line for line in told.splitlines() if "policy rich enforces" in line]
    assert short.startswith(
        "          policy rich enforces: lets go 1w (abnormal) and 3d (failed) after they were finished; 2d after a mark; "
        'owners may shorten that to 2d; keeps jobs described as "*keep*" or on at least 8 nodes; keeps the last 5, '
    )


def test_keep_rules_that_keep_nothing_are_told_as_such(tmp_path: Path) -> None:
    text = HEAD + "  - {name: p, match: {owner: ann}, expire: {after: 7d}, keep: {last: 0}}\n"
    told = render_settings(load(tmp_path, text), NOW, {})
    assert "          keeps of these none\n" in told
    assert "WARNING   policy p has a keep that keeps nothing" in told


def test_the_document_has_every_rule_and_the_cutoff_of_each_phase(tmp_path: Path) -> None:
    (policy,) = settings_document(load(tmp_path, HEAD + RICH), NOW, {})["policies"]
    assert policy["expire"]["after"] == {"abnormal": "1w", "failed": "3d"}
    assert policy["cutoff"] == {"abnormal": "2026-11-16T03:00:00Z", "failed": "2026-11-20T03:00:00Z"}
    assert (policy["grace"], policy["expire"]["owner_may_shorten_to"]) == ("2d", "2d")
    assert policy["match"]["node_count"] == {"at_least": 2, "at_most": 8}
    assert policy["keep"]["per"] == ["label:team", "owner"]
