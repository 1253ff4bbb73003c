"""Warnings of `check`: what is lawful but probably not meant (faults C14, C18), and that nothing sensible draws one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from settings_sample import GOOD, HOLDS, POLICY_FILES, changed, load

from janitor.settings.load import load_settings
from janitor.settings.review import review_settings

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
HEAD = GOOD[: GOOD.index("policies:")]
TARGET = GOOD[GOOD.index("  - name: research") : GOOD.index("policies:")]
LONG = "  - {name: long, mode: enforce, match: {phase: [failed, completed]}, expire: {after: 30d}}\n"
SHORT = '  - {name: short, mode: enforce, match: {phase: failed, name: "trial-*"}, expire: {after: 7d}}\n'
LAST = "  - {name: last, mode: enforce, fallback: true, match: {phase: [failed, completed]}, expire: {after: 90d}}\n"


def warnings(folder: Path, text: str, as_of: datetime = NOW) -> list[tuple[str, str]]:
    """Code and sentence of each warning."""
    return [(finding.code, finding.text) for finding in review_settings(load(folder, text), as_of)]


def codes(folder: Path, *policies: str) -> list[str]:
    return [code for code, _ in warnings(folder, HEAD + "policies:\n" + "".join(policies))]


@pytest.mark.some(6)
@pytest.mark.parametrize("path", POLICY_FILES, ids=lambda path: path.name)
def test_no_shipped_example_draws_a_warning(path: Path) -> None:
    environ = {"HUAWEICLOUD_SDK_AK": "AK", "HUAWEICLOUD_SDK_SK": "SK"}
    assert review_settings(load_settings(path, environ), NOW) == ()


def test_the_sample_draws_no_warning(tmp_path: Path) -> None:
    assert warnings(tmp_path, GOOD + HOLDS) == []


def test_c14_a_fallback_that_no_job_can_reach_is_named_with_what_takes_its_jobs(tmp_path: Path) -> None:
    found = warnings(tmp_path, HEAD + "policies:\n" + LONG + LAST)
    assert found == [("never_matches", "fallback last can never select a job: long selects every job that it would")]


def test_c14_several_policies_together_can_leave_nothing_to_a_fallback(tmp_path: Path) -> None:
    by_phase = [
        f"  - {{name: {phase}-jobs, match: {{phase: {phase}}}, expire: {{after: 7d}}}}\n" for phase in ("failed", "completed")
    ]
    assert codes(tmp_path, *by_phase, LAST.replace("mode: enforce, ", "")) == ["never_matches"]
    assert codes(tmp_path, by_phase[0], LAST.replace("mode: enforce, ", "")) == []


@pytest.mark.parametrize(
    "taker",
    [LONG.replace("phase:", "owner: ann, phase:"), LONG.replace("[failed, completed]", "[failed]"), SHORT],
)
def test_c14_a_fallback_that_some_job_reaches_draws_no_warning(taker: str, tmp_path: Path) -> None:
    assert codes(tmp_path, taker, LAST) == []


def test_c14_a_fallback_is_asked_on_each_target_that_it_governs(tmp_path: Path) -> None:
    other = TARGET.replace("research", "other").replace("0a1b2c", "1b2c3d")
    narrow = LONG.replace("match:", "targets: [research], match:")
    text = HEAD + other + "policies:\n" + narrow + LAST
    assert warnings(tmp_path, text) == []
    assert [code for code, _ in warnings(tmp_path, text.replace("targets: [research], ", ""))] == ["never_matches"]


@pytest.mark.parametrize(
    ("match", "exception"),
    [
        ('{name: "trial-*"}', '{name: "*"}'),
        ('{name: ["trial-a*", "trial-b-?"]}', '{name: "trial-*", owner: ann}'),
        ("{phase: failed}", "{phase: [failed, abnormal]}"),
        ("{owner: [ann]}", '{name: "x", owner: [bob, ann]}'),
        ('{name: "trial-*"}', "{kind: job}"),
        ("{duration: {at_least: 1h, at_most: 2h}}", "{owner: ann, duration: {at_most: 2h}}"),
        ('{name: "trial-*"}', "{phase: [completed, failed, terminated]}"),
    ],
)
def test_c14_an_except_that_takes_back_the_whole_match_is_named(match: str, exception: str, tmp_path: Path) -> None:
    policy = f"  - {{name: p, match: {match}, except: {exception}, expire: {{after: 7d}}}}\n"
    assert warnings(tmp_path, HEAD + "policies:\n" + policy) == [
        ("excepts_all", "policy p lets nothing go: its except keeps every job that its match selects")
    ]


@pytest.mark.parametrize(
    ("match", "exception"),
    [
        ('{name: "trial-*"}', '{name: "*-baseline"}'),
        ("{phase: [failed, completed]}", "{phase: failed}"),
        ("{owner: ann}", "{name: a}"),
        ("{node_count: {at_most: 8}}", "{node_count: {at_least: 2}}"),
    ],
)
def test_c14_an_except_that_leaves_something_draws_no_warning(match: str, exception: str, tmp_path: Path) -> None:
    assert codes(tmp_path, f"  - {{name: p, match: {match}, except: {exception}, expire: {{after: 7d}}}}\n") == []


def test_c14_a_shadowed_policy_is_named_with_both_ages(tmp_path: Path) -> None:
    expected = (
        "shadowed",
        "policy short never decides: long selects every job that it selects and keeps it at least as long, "
        "30d after finished against 1w after finished",
    )
    assert warnings(tmp_path, HEAD + "policies:\n" + LONG + SHORT) == [expected]
    assert warnings(tmp_path, HEAD + "policies:\n" + SHORT + LONG) == [expected]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("after: 7d", "after: 31d"),
        ("expire:", "except: {owner: ann}, expire:"),
        ("phase: failed", "phase: abnormal"),
        ("mode: enforce", "fallback: true, mode: enforce"),
    ],
)
def test_c14_a_policy_that_changes_something_is_not_shadowed(old: str, new: str, tmp_path: Path) -> None:
    found = codes(tmp_path, LONG, SHORT.replace(old, new))
    assert "shadowed" not in found


def test_c14_a_later_since_is_longer_and_an_earlier_one_is_not(tmp_path: Path) -> None:
    created = "{after: 30d, since: created}"
    assert codes(tmp_path, LONG, SHORT.replace("{after: 7d}", created)) == ["shadowed"]
    assert codes(tmp_path, LONG.replace("{after: 30d}", created), SHORT) == []


@pytest.mark.parametrize(
    ("long", "short", "is_shadowed"),
    [
        ("match: {node_count: {at_most: 8}}, expire: {after: 30d}", "match: {node_count: {at_least: 2, at_most: 8}}", True),
        ("match: {node_count: {at_most: 8}}, expire: {after: 30d}", "match: {node_count: {at_least: 2}}", False),
        ("match: {kind: job}, expire: {after: 30d}", "match: {name_regex: trial-.+}", True),
        ("match: {name_regex: t.+}, expire: {after: 30d}", "match: {name_regex: trial-.+}", False),
        ("match: {kind: job}, expire: {after: 30d}", "keep: {last: 1}, match: {kind: job}", False),
        ("keep: {last: 1}, match: {kind: job}, expire: {after: 30d}", "match: {kind: job}", True),
        ("match: {kind: job}, expire: {after: 30d}", "grace: 1d, match: {kind: job}", False),
        ("grace: 2d, match: {kind: job}, expire: {after: 30d}", "grace: 1d, match: {kind: job}", True),
        ("match: {kind: job}, expire: {after: 30d, owner_may_shorten_to: 2d}", "match: {kind: job}", False),
        ("match: {kind: job}, expire: {after: 30d, owner_may_shorten_to: 8d}", "match: {kind: job}", True),
        ("match: {phase: [failed, abnormal]}, expire: {after: {failed: 8d, abnormal: 7d}}", "match: {phase: failed}", True),
        ("match: {phase: [failed, abnormal]}, expire: {after: {failed: 6d, abnormal: 30d}}", "match: {phase: failed}", False),
    ],
)
def test_c14_every_rule_counts_in_whether_a_policy_is_shadowed(long: str, short: str, is_shadowed: bool, tmp_path: Path) -> None:
    policies = [
        f"  - {{name: long, mode: enforce, {long}}}\n",
        f"  - {{name: short, mode: enforce, {short}, expire: {{after: 7d}}}}\n",
    ]
    assert ("shadowed" in codes(tmp_path, *policies)) is is_shadowed


def test_c14_a_policy_that_cannot_tell_of_jobs_that_never_started_is_not_shadowed(tmp_path: Path) -> None:
    """Since `started` it keeps them; the other one counts from when they were first seen ended, and lets them go."""
    assert codes(tmp_path, LONG, SHORT.replace("after: 7d", "after: 7d, since: started")) == []
    both = [each.replace("}}", ", since: started}}") for each in (LONG, SHORT)]
    assert codes(tmp_path, *both) == ["shadowed"]


@pytest.mark.parametrize(
    ("keep", "after", "idle"),
    [
        ("{last: 0}", "7d", True),
        ("{last: 0, daily: 0, per: owner}", "7d", True),
        ("{last: 0, within: 7d}", "7d", True),
        ("{last: 0, within: 8d}", "7d", False),
        ("{last: 0, within: 5d}", "7d, owner_may_shorten_to: 4d", False),
        ("{last: 0, within: 4d}", "{completed: 5d, failed: 3d, terminated: 7d}", False),
        ("{last: 0, within: 3d}", "{completed: 5d, failed: 3d, terminated: 7d}", True),
        ("{last: 0, yearly: 1}", "7d", False),
        ("{per: owner}", "7d", False),
    ],
)
def test_c14_keep_rules_that_keep_nothing_are_named(keep: str, after: str, idle: bool, tmp_path: Path) -> None:
    policy = f"  - {{name: p, match: {{owner: ann}}, expire: {{after: {after}}}, keep: {keep}}}\n"
    said = ("keeps_nothing", "policy p has a keep that keeps nothing: give it a rule that keeps some, or remove it")
    assert warnings(tmp_path, HEAD + "policies:\n" + policy) == [said] * idle


def test_c14_of_two_equal_policies_the_later_one_is_named(tmp_path: Path) -> None:
    (one,) = review_settings(load(tmp_path, HEAD + "policies:\n" + LONG + LONG.replace("name: long", "name: again")), NOW)
    assert (one.code, one.policy) == ("shadowed", "again")


def test_c14_a_policy_of_a_workspace_that_no_target_covers_is_named(tmp_path: Path) -> None:
    policy = "  - {name: p, match: {workspace: [w1, w2]}, expire: {after: 7d}}\n"
    ((code, text),) = warnings(tmp_path, HEAD + "policies:\n" + policy)
    assert (code, "names workspace w1, w2, which no target" in text) == ("never_matches", True)
    assert warnings(tmp_path, changed('workspaces: ["0"]', "workspaces: all", HEAD) + "policies:\n" + policy) == []
    assert warnings(tmp_path, changed('workspaces: ["0"]', 'workspaces: ["0", w2]', HEAD) + "policies:\n" + policy) == []


def test_an_observing_policy_that_prevents_deletions_of_another_is_named(tmp_path: Path) -> None:
    observing = SHORT.replace("mode: enforce, ", "")
    found = warnings(tmp_path, HEAD + "policies:\n" + observing + LONG)
    assert found == [
        (
            "observer_prevents",
            "policy short only observes, so on target research no job is deleted that it selects, not even one that long lets go",
        )
    ]


@pytest.mark.parametrize(
    "observing",
    [
        "  - {name: o, match: {phase: terminated}, expire: {after: 7d}}\n",
        "  - {name: o, fallback: true, match: {phase: failed, owner: ann}, expire: {after: 7d}}\n",
    ],
)
def test_an_observing_policy_that_shares_no_job_prevents_nothing(observing: str, tmp_path: Path) -> None:
    assert "observer_prevents" not in codes(tmp_path, LONG, observing)


def test_on_an_observing_target_nothing_is_prevented(tmp_path: Path) -> None:
    head = changed("    mode: enforce\n", "    mode: observe\n", HEAD)
    assert warnings(tmp_path, head + "policies:\n" + SHORT.replace("mode: enforce, ", "") + LONG) == []


def test_c18_an_enforcing_target_without_a_project_name_is_named_with_its_project(tmp_path: Path) -> None:
    text = changed("    project_name: eu-de\n", "")
    ((code, said),) = warnings(tmp_path, text)
    assert code == "project_name_missing"
    assert "target research enforces, but has no project_name" in said
    assert "0a1b2c3d4e5f60718293a4b5c6d7e8f9" in said
    assert warnings(tmp_path, text.replace("    mode: enforce\n", "    mode: observe\n", 1)) == []


def test_a_target_that_no_policy_governs_is_named(tmp_path: Path) -> None:
    other = TARGET.replace("research", "other").replace("0a1b2c", "1b2c3d")
    assert warnings(tmp_path, changed("policies:", other + "policies:")) == [("no_policy", "no policy governs target other")]


@pytest.mark.parametrize(("every", "warned"), [("59s", True), ("1min", False)])
def test_c22_more_than_one_sweep_a_minute_is_named(every: str, warned: bool, tmp_path: Path) -> None:
    found = warnings(tmp_path, changed("    region: eu-de\n", f"    region: eu-de\n    schedule: {{every: {every}}}\n"))
    assert [code for code, _ in found] == ["busy_schedule"] * warned


@pytest.mark.parametrize(
    ("old", "new", "warned"),
    [
        ("research", "other", True),
        ('["0"]', '["w1"]', False),
        ('["0"]', "all", True),
        ("0a1b2c", "1b2c3d", False),
        ("api: v2", "api: v1", False),
        ("endpoint: https://modelarts.eu-de.otc.t-systems.com", "endpoint: https://MODELARTS.eu-de.otc.t-systems.com:443", True),
        (
            "endpoint: https://modelarts.eu-de.otc.t-systems.com",
            "endpoint: https://modelarts.eu-de.otc.t-systems.com:8443",
            False,
        ),
        ("endpoint: https://modelarts.eu-de.otc.t-systems.com", "endpoint: https://modelarts.eu-de.otc.t-systems.com:80", False),
    ],
)
def test_two_targets_that_see_the_same_jobs_are_named(old: str, new: str, warned: bool, tmp_path: Path) -> None:
    twin = TARGET.replace("research", "other").replace(old, new)
    found = warnings(tmp_path, changed("    targets: [research]\n", "", changed("policies:", twin + "policies:")))
    assert [code for code, _ in found if code == "targets_overlap"] == ["targets_overlap"] * warned


LABELLED = "{name: nlp, mode: enforce, match: {labels: {team: nlp}}, expire: {after: 30d}}"
PINNED = "{name: paper, reason: audit, until: 2026-11-30, match: {labels: {paper: null}}}"


@pytest.mark.parametrize(
    ("policy", "hold", "named"),
    [
        (LABELLED, "", ["nlp"]),
        (LABELLED.replace("match:", 'match: {name: "x-*"}, except:'), "", ["nlp"]),
        (LABELLED.replace("{labels: {team: nlp}}", '{name: "x-*"}, keep: {per: label:team}'), "", ["nlp"]),
        ("", PINNED, ["paper"]),
        (LABELLED, PINNED, ["nlp", "paper"]),
        (LABELLED.replace("match:", "targets: [research], match:"), PINNED.replace("until:", "targets: [research], until:"), []),
        ("", PINNED.replace("11-30", "11-21"), []),
        ("", PINNED.replace("11-30", "11-22"), ["paper"]),
    ],
)
def test_labels_that_a_v1_target_cannot_tell_are_named(policy: str, hold: str, named: list[str], tmp_path: Path) -> None:
    """What the sweep would refuse, by the same rule: only holds that are spent ask for nothing."""
    old = TARGET.replace("research", "old").replace("api: v2", "api: v1")
    rest = "".join(
        f"  - {each}\n"
        for each in (policy, LABELLED.replace("{labels: {team: nlp}}", "{owner: ann}").replace("nlp", "all"))
        if each
    )
    holds = f"holds:\n  - {hold}\n" if hold else ""
    settings = load(tmp_path, HEAD + old + "policies:\n" + rest + holds)
    found = [each for each in review_settings(settings, NOW) if each.code == "labels_unavailable"]
    assert [each.policy or each.hold for each in found] == named
    assert {each.target for each in found} <= {"old"}
    assert all("every sweep of target old would be refused" in each.text for each in found)


def test_a_hold_that_has_ended_is_a_warning_and_no_error(tmp_path: Path) -> None:
    """Its last day still counts, to the end of it in UTC."""
    last_day = datetime(2027, 6, 30, 23, 59, 59, tzinfo=UTC)
    assert warnings(tmp_path, GOOD + HOLDS, last_day) == []
    ((code, text),) = warnings(tmp_path, GOOD + HOLDS, last_day + timedelta(seconds=1))
    assert (code, "hold release-candidates ended with 2027-06-30" in text) == ("hold_ended", True)


@pytest.mark.parametrize(
    ("address", "is_warned"),
    [
        ("janitor@db/janitor", True),
        ("janitor@db/janitor?sslmode=require", True),
        ("janitor@localhost.example.com/janitor", True),
        ("janitor@db/janitor?sslmode=verify-full", False),
        ("janitor@localhost/janitor", False),
        ("janitor@[::1]:5433/janitor", False),
        ("janitor@/janitor?host=/run/postgresql", False),
    ],
)
def test_d15_a_database_elsewhere_whose_certificate_is_not_checked_draws_a_warning(
    tmp_path: Path, address: str, *, is_warned: bool
) -> None:
    text = changed("ledger: {path: ledger.db, create: true}", f'ledger: {{url: "postgresql+psycopg://{address}", create: true}}')
    assert [code for code, _ in warnings(tmp_path, text)] == ["database_unverified"] * is_warned
