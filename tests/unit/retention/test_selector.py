"""Conditions answer yes, no, or cannot tell."""

import pytest
from builders import make_job

from janitor.core.phase import Phase
from janitor.retention.selector import Selector

BY_OWNER = Selector(owner=frozenset({"ci-bot"}))
BY_NAME = Selector(name=("trial-*", "exp-*"))


@pytest.mark.parametrize(
    ("selector", "changes", "expected"),
    [
        (BY_OWNER, {"owner": "ci-bot"}, True),
        (BY_OWNER, {"owner": "ann"}, False),
        (BY_OWNER, {"owner": None}, None),
        (BY_OWNER, {"owner": ""}, None),
        (BY_NAME, {"name": "exp-1"}, True),
        (BY_NAME, {"name": "prod-1"}, False),
        (BY_NAME, {"name": None}, None),
        (Selector(kind=frozenset({"job"})), {"kind": None}, None),
        (Selector(workspace=frozenset({"0"})), {"workspace": "1"}, False),
        (Selector(phase=frozenset({Phase.FAILED})), {"phase": Phase.COMPLETED}, False),
    ],
)
def test_one_condition(selector: Selector, changes: dict[str, object], expected: bool | None) -> None:
    job = make_job(**changes)
    assert selector.match_all(job) is expected
    assert selector.match_any(job) is expected


def test_in_match_one_no_decides_whatever_cannot_be_told() -> None:
    selector = Selector(owner=frozenset({"ci-bot"}), phase=frozenset({Phase.COMPLETED}))
    assert selector.match_all(make_job(owner=None, phase=Phase.FAILED)) is False
    assert selector.match_all(make_job(owner=None, phase=Phase.COMPLETED)) is None


def test_in_except_one_yes_decides_whatever_cannot_be_told() -> None:
    selector = Selector(owner=frozenset({"ci-bot"}), name=("keep-*",))
    assert selector.match_any(make_job(owner=None, name="keep-1")) is True
    assert selector.match_any(make_job(owner=None, name="trial")) is None
    assert selector.match_any(make_job(owner="ann", name="trial")) is False


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (Selector(), False),
        (Selector(name=()), False),
        (Selector(owner=frozenset()), False),
        (Selector(name=("",)), False),
        (Selector(name=("a", "  ")), False),
        (BY_OWNER, True),
    ],
)
def test_c2_a_selector_has_conditions_only_if_every_named_field_lists_something(selector: Selector, expected: bool) -> None:
    assert selector.has_conditions() is expected


ENDED = {"phase": Phase.ABNORMAL, "other_phases": frozenset({Phase.FAILED})}
"""A job one part of which is abnormal, and another failed."""


@pytest.mark.parametrize(
    ("named", "fits", "hits"),
    [
        ({Phase.ABNORMAL, Phase.FAILED}, True, True),
        ({Phase.ABNORMAL, Phase.FAILED, Phase.COMPLETED}, True, True),
        ({Phase.ABNORMAL}, None, True),
        ({Phase.FAILED, Phase.COMPLETED}, None, True),
        ({Phase.COMPLETED}, False, False),
        (None, True, None),
    ],
)
def test_what_deletes_must_name_every_phase_of_a_job_and_what_keeps_only_one(
    named: set[Phase] | None, fits: bool | None, hits: bool | None
) -> None:
    job = make_job(**ENDED)
    selector = Selector(phase=frozenset(named) if named else None, name=("*",))
    assert (selector.match_phase(job), selector.match_all(job)) == (fits, fits)
    assert selector.cover(job) is (hits is not False)
    if named:
        assert Selector(phase=frozenset(named)).match_any(job) is hits


def test_a_hold_covers_by_any_phase_but_by_every_other_condition() -> None:
    selector = Selector(phase=frozenset({Phase.FAILED}), owner=frozenset({"ann"}))
    assert selector.cover(make_job(**ENDED, owner="ann")) is True
    assert selector.cover(make_job(**ENDED, owner="bob")) is False
    assert selector.cover(make_job(**ENDED, owner=None)) is None
