"""The outcomes of policy tests: text, JSON and JUnit XML say the same, and no name in them breaks any of these."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

from builders import NOW, make_job, make_rules

from janitor.core.verdict import Verdict
from janitor.render_test import outcomes_document, render_junit, render_outcomes
from janitor.retention.cases import Case, Expectation, Outcome, run_case

NASTY = "a<b>&\"c'\x00\x1b[31m\u202e]]>"


def outcome(name: str, *, is_passed: bool) -> Outcome:
    job = make_job(id="old", name=NASTY, days_ago=8)
    wanted = Expectation(verdict=Verdict.EXPIRED) if is_passed else Expectation(deleted=False, because=NASTY)
    return run_case(Case(name=name, place="t/b.yaml:7", as_of=NOW, rules=make_rules(), jobs=(job,), expected={"old": wanted}))


BOOKS = [
    ("t/a.yaml", [outcome("one", is_passed=True)]),
    (f"t/{NASTY}.yaml", [outcome(NASTY, is_passed=False), outcome("three", is_passed=True)]),
]


def test_the_xml_has_the_shape_that_ci_reads() -> None:
    """As in the schema that Jenkins checks: suites of suites of cases, counts that add up, a failure with its words."""
    text = render_junit(BOOKS)
    assert not re.search(r"[^\n\x20-\ud7ff\ue000-\ufffd]", text)  # nothing that XML 1.0 forbids
    root = ET.fromstring(text)  # noqa: S314  it is our own
    assert (root.tag, root.attrib) == ("testsuites", {"name": "janitor test", "tests": "3", "failures": "1"})
    for suite in root:
        assert suite.tag == "testsuite"
        assert set(suite.attrib) == {"name", "tests", "failures", "errors", "skipped"}
        cases = list(suite)
        assert [case.tag for case in cases] == ["testcase"] * int(suite.attrib["tests"])
        assert sum(len(case) for case in cases) == int(suite.attrib["failures"])
        assert all(set(case.attrib) == {"name", "classname", "file", "line"} for case in cases)
    (failure,) = root.iter("failure")
    assert failure.attrib == {"message": "not decided as expected: old", "type": "verdict"}
    assert "because a<b>&\"c'\\x00\\x1b[31m\\u202e]]>" in (failure.text or "")
    assert [case.attrib["line"] for case in root.iter("testcase")] == ["7", "7", "7"]


def test_the_text_says_what_was_expected_what_came_and_where() -> None:
    text = render_outcomes(BOOKS)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "  ok    one\n" in text
    assert "(t/b.yaml:7)\n        old (a<b>" in text
    assert "  expected  deleted false, because a<b>" in text
    assert "  came      verdict expired, deleted true, policy weekly, reason expired, because finished 8d ago" in text
    assert text.endswith("3 cases, 1 FAILED")
    assert render_outcomes(BOOKS[:1]).endswith("1 case, all passed")


def test_the_json_says_the_same() -> None:
    document = outcomes_document(BOOKS)
    assert (document["version"], document["passed"], document["failed"]) == (1, 2, 1)
    failing = document["files"][1]["cases"][0]
    assert (failing["passed"], failing["place"]) == (False, "t/b.yaml:7")
    (failure,) = failing["failures"]
    assert failure["expected"]["deleted"] is False
    assert (failure["came"]["deleted"], failure["came"]["policy"]) == (True, "weekly")


def test_a_policy_that_did_not_decide_is_none() -> None:
    case = BOOKS[1][1][0].case
    unmanaged = run_case(replace(case, rules=replace(case.rules, policies=())))
    assert "came      verdict unmanaged, deleted false, policy none" in render_outcomes([("a", [unmanaged])])
