"""Ages by phase, keep rules, grace, what an owner may shorten: as written, or refused at its place (faults C3, C5, C6, C7)."""

from datetime import timedelta
from pathlib import Path

import pytest
from settings_sample import EVERY_ENVIRON, EVERY_FIELD, GOOD, changed, load, problems

from janitor.core.phase import Phase
from janitor.retention.keep import Keep
from janitor.retention.policy import Policy

EXPIRE = "after: 7d, since: finished"
LAST = "    fallback: false\n"
DAY = timedelta(days=1)
BOTH = "after: {failed: 3d, abnormal: 7d}"


def policy(folder: Path, expire: str = EXPIRE, more: str = "") -> Policy:
    return load(folder, changed(EXPIRE, expire, changed(LAST, f"{LAST}{more}"))).policies[0]


def refused(folder: Path, expire: str = EXPIRE, more: str = "") -> list[str]:
    """What is said, without the file's name, and without the place where it is in `expire`."""
    found = problems(folder, changed(EXPIRE, expire, changed(LAST, f"{LAST}{more}")))
    return [line.partition("policies[0].")[2] for line in found]


def test_every_rule_of_a_policy_is_read_as_written(tmp_path: Path) -> None:
    for name in ("access_key", "ca.pem"):
        (tmp_path / name).write_text("canary")
    read = load(tmp_path, EVERY_FIELD, EVERY_ENVIRON).policies[0]
    ages = {Phase.COMPLETED: 30 * DAY, Phase.FAILED: 3 * DAY, Phase.TERMINATED: 14 * DAY, Phase.ABNORMAL: 7 * DAY}
    assert isinstance(read.after, tuple)
    assert (dict(read.after), read.shorten_to, read.grace) == (ages, 2 * DAY, 2 * DAY)
    counts = {"last": 5, "hourly": 2, "daily": 7, "weekly": 4, "monthly": 3, "yearly": 1}
    assert read.keep == Keep(**counts, within=21 * DAY, per=("owner", "name_prefix", "label:team"))


def test_a_file_without_the_rules_means_what_it_always_did(tmp_path: Path) -> None:
    read = load(tmp_path, GOOD).policies[0]
    assert (read.after, read.keep, read.grace, read.shorten_to) == (7 * DAY, None, timedelta(0), None)


def test_c3_keep_without_last_keeps_the_last_one(tmp_path: Path) -> None:
    """A group is never emptied unless `last: 0` says so."""
    assert policy(tmp_path, more="    keep: {per: owner}\n").keep == Keep(last=1, per=("owner",))
    assert policy(tmp_path, more="    keep: {last: 0}\n").keep == Keep(last=0)


@pytest.mark.some(9)
@pytest.mark.parametrize(
    ("expire", "said"),
    [
        (
            "after: {failed: 3d}",
            ["expire.after: has no age for abnormal, though this policy governs abnormal, failed; give each its own"],
        ),
        (
            "after: {failed: 3d, abnormal: 7d, completed: 30d}",
            ["expire.after.completed: is for a phase that this policy does not govern: abnormal, failed; name it in match.phase"],
        ),
        ("after: {faild: 3d, abnormal: 7d}", ['expire.after.faild: unknown field; did you mean "failed"?']),
        ("after: {failed: 3d, abnormal: 7d, running: 1d}", ["expire.after.running: unknown field; allowed here: abnormal, comp"]),
        ("after: {failed: 3d, abnormal: 7d, failed: 1d}", ["expire.after.failed: is written twice"]),
        ("after: {}", ["expire.after: is empty"]),
        ("after: {failed: , abnormal: 7d}", ["expire.after.failed: has no value"]),
        ("after: {failed: 3, abnormal: 0d}", ["expire.after.failed: must be a duration", "expire.after.abnormal: '0d' is zero"]),
        ("after: {failed: 30:00, abnormal: 7d}", ["expire.after.failed: is read as different numbers"]),
        ("after: {failed: 30m, abnormal: 7d}", ["expire.after.failed: '30m' could be minutes or months"]),
        ("after: {failed: {at_most: 3d}, abnormal: 7d}", ["expire.after.failed: must be a duration"]),
        ("after: {failed: 23h, abnormal: 7d}", ['expire.after.failed: 23h is below limits.min_age, 1d of target "research"']),
        ("after: [3d]", ["expire.after: must be a duration with its unit"]),
        ("after: 7d, owner_may_shorten_to: 7d", ["expire.owner_may_shorten_to: 1w must be shorter than expire.after, 1w, or it"]),
        (f"{BOTH}, owner_may_shorten_to: 8d", ["expire.owner_may_shorten_to: 8d must be shorter than expire.after, 1w"]),
        ("after: 7d, owner_may_shorten_to: 23h", ["expire.owner_may_shorten_to: 23h is below limits.min_age, 1d of target"]),
        ("after: 7d, owner_may_shorten_to: 3", ["expire.owner_may_shorten_to: must be a duration"]),
        ("after: 7d, owner_may_shorten_to: {failed: 3d}", ["expire.owner_may_shorten_to: must be a duration"]),
    ],
)
def test_c3_c5_c6_c7_an_age_that_cannot_be_is_refused_at_its_place(expire: str, said: list[str], tmp_path: Path) -> None:
    found = refused(tmp_path, expire)
    assert [line[: len(start)] for line, start in zip(found, said, strict=True)] == said


def test_ages_by_phase_are_for_the_three_phases_where_match_names_none(tmp_path: Path) -> None:
    text = changed("      phase: [failed, abnormal]\n", "", changed(EXPIRE, BOTH))
    found = problems(tmp_path, text)
    assert ["has no age for completed and terminated" in line or "does not govern" in line for line in found] == [True, True]
    three = changed(
        "      phase: [failed, abnormal]\n", "", changed(EXPIRE, "after: {completed: 9d, failed: 3d, terminated: 1d}")
    )
    assert load(tmp_path, three).policies[0].ages == (9 * DAY, 3 * DAY, DAY)


def test_the_ages_of_a_policy_whose_phases_are_not_understood_are_not_judged(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed("[failed, abnormal]", "[faild, abnormal]", changed(EXPIRE, BOTH)))
    assert "match.phase[0]: is no phase" in found


def test_an_age_may_be_shortened_below_that_of_one_phase(tmp_path: Path) -> None:
    assert policy(tmp_path, f"{BOTH}, owner_may_shorten_to: 4d").shorten_to == 4 * DAY


@pytest.mark.some(12)
@pytest.mark.parametrize(
    ("keep", "said"),
    [
        ("{}", "keep: is empty; empty never means all"),
        ("5", "keep: must be a mapping of fields"),
        ("{last: -1}", "keep.last: must be at least 0"),
        ('{last: "5"}', "keep.last: must be a whole number, without quotes"),
        ("{last: 5d}", "keep.last: must be a whole number"),
        ("{weekly: 1.5}", "keep.weekly: must be a whole number"),
        ("{daily: true}", "keep.daily: must be a whole number"),
        ("{daily: }", "keep.daily: has no value"),
        ("{last: 1_000}", "keep.last: is read as different numbers"),
        ("{lats: 5}", 'keep.lats: unknown field; did you mean "last"?'),
        ("{weekley: 5}", 'keep.weekley: unknown field; did you mean "weekly"?'),
        ("{within: 7}", "keep.within: must be a duration"),
        ("{within: 30m}", "keep.within: '30m' could be minutes or months"),
        ("{per: []}", "keep.per: is empty"),
        ("{per: ownr}", 'keep.per: "ownr" is nothing that makes a group; did you mean "owner"?'),
        ("{per: [owner, name_prefx]}", 'keep.per[1]: "name_prefx" is nothing that makes a group; did you mean "name_prefix"?'),
        ("{per: team}", 'keep.per: "team" is nothing that makes a group; allowed here: experiment, flavor, label:KEY, name, '),
        ("{per: labels:team}", 'keep.per: "labels:team" is nothing that makes a group; write label: and the key of a tag'),
        ('{per: "label:"}', "keep.per: has a key that no tag can have"),
        ('{per: ["label:a*"]}', "keep.per[0]: has a key that no tag can have"),
        ("{per: label:_sys_team}", 'keep.per: begins with "_sys_": such tags are the platform\'s own'),
        ("{per: {label: team}}", "keep.per: must be one word or a list, such as [owner, label:team]"),
        ("{per: [owner, name, owner]}", 'keep.per: names "owner" twice'),
        ("{per: 7}", "keep.per: must be text; put it in quotes"),
    ],
)
def test_c3_a_keep_rule_that_cannot_be_is_refused_at_its_place(keep: str, said: str, tmp_path: Path) -> None:
    (found,) = refused(tmp_path, more=f"    keep: {keep}\n")
    assert found.startswith(said)


@pytest.mark.parametrize("value", ["48", "0s", "-1d", "30m", "{failed: 1d}", "[1d]", "null", "true"])
def test_c5_c6_a_grace_is_a_duration(value: str, tmp_path: Path) -> None:
    (found,) = refused(tmp_path, more=f"    grace: {value}\n")
    assert found.startswith("grace: ")
