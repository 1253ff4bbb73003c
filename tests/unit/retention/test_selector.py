"""Conditions answer yes, no, or cannot tell."""

from datetime import timedelta

import pytest
from builders import make_job

from janitor.core.job import Resources
from janitor.core.phase import Phase
from janitor.retention.describe import describe_selector
from janitor.retention.selector import Range, Selector, ask_all

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
    assert ask_all(selector.for_keeping(), job) is (hits is not False)
    if named:
        assert Selector(phase=frozenset(named)).match_any(job) is hits


def test_a_hold_covers_by_any_phase_but_by_every_other_condition() -> None:
    selector = Selector(phase=frozenset({Phase.FAILED}), owner=frozenset({"ann"}))
    assert ask_all(selector.for_keeping(), make_job(**ENDED, owner="ann")) is True
    assert ask_all(selector.for_keeping(), make_job(**ENDED, owner="bob")) is False
    assert ask_all(selector.for_keeping(), make_job(**ENDED, owner=None)) is None


TEAM = (("stage", None), ("team", frozenset({"nlp", "vision"})))
LABELS = Selector(labels=TEAM)


@pytest.mark.parametrize(
    ("labels", "in_match", "in_except"),
    [
        ((("stage", "dev"), ("team", "nlp")), True, True),
        ((("stage", ""), ("team", "vision")), True, True),
        ((("team", "nlp"),), False, True),
        ((("stage", "dev"), ("team", "speech")), False, True),
        ((("team", "NLP"),), False, False),
        ((("Team", "nlp"), ("other", "x")), False, False),
        ((("team", "nlp "),), False, False),
        ((), False, False),
        (None, None, None),
    ],
)
def test_labels_must_all_fit_in_match_and_any_in_except(labels: object, in_match: bool | None, in_except: bool | None) -> None:
    job = make_job(labels=labels)
    assert LABELS.match_all(job) is in_match
    assert LABELS.match_any(job) is in_except


def test_labels_that_could_not_be_read_leave_a_no_elsewhere_a_no_and_a_yes_elsewhere_a_yes() -> None:
    selector = Selector(labels=TEAM, owner=frozenset({"ann"}))
    assert selector.match_all(make_job(labels=None, owner="bob")) is False
    assert selector.match_any(make_job(labels=None, owner="ann")) is True
    assert selector.match_all(make_job(labels=None, owner="ann")) is None


@pytest.mark.parametrize(
    ("labels", "expected"),
    [((), False), ((("", None),), False), (((" ", frozenset({"x"})),), False), ((("a", frozenset()),), False)]
    + [((("a", frozenset({""})),), False), ((("a", None), ("b", frozenset({" "}))), False), ((("a", None),), True), (TEAM, True)],
)
def test_c2_labels_are_conditions_only_where_each_key_says_something(labels: object, expected: bool) -> None:
    assert Selector(labels=labels).has_conditions() is expected  # type: ignore[arg-type]


def test_labels_are_described_as_an_object_with_null_for_any_value() -> None:
    assert describe_selector(LABELS) == {"labels": {"stage": None, "team": ["nlp", "vision"]}}


def on(**resources: object) -> dict[str, object]:
    return {"resources": Resources(**resources)}  # type: ignore[arg-type]


REGEX = Selector(name_regex=("trial-[0-9]+", "exp-.*"))
TEXT = Selector(description=("*keep*", "draft ?"))
NODES = Selector(node_count=Range(at_least=2, at_most=8))
NO_ACCELERATOR = Selector(accelerators=Range(at_most=0))
SHORT = Selector(duration=Range(at_most=timedelta(hours=1)))


@pytest.mark.parametrize(
    ("selector", "changes", "expected"),
    [
        (REGEX, {"name": "trial-12"}, True),
        (REGEX, {"name": "exp-"}, True),
        (REGEX, {"name": "my-trial-12"}, False),
        (REGEX, {"name": None}, None),
        (REGEX, {"name": ""}, None),
        (REGEX, {"name": "trial-\ud800"}, None),
        (TEXT, {"description": "please keep\nthis one"}, True),
        (TEXT, {"description": "draft 2"}, True),
        (TEXT, {"description": "Keep"}, False),
        (Selector(description=("*",)), {"description": ""}, False),
        (TEXT, {"description": None}, None),
        (Selector(experiment=frozenset({"e-1"})), {"experiment": "e-1"}, True),
        (Selector(experiment=frozenset({"e-1"})), {"experiment": "e-10"}, False),
        (Selector(experiment=frozenset({"e-1"})), {"experiment": None}, None),
        (Selector(experiment=frozenset({"e-1"})), {"experiment": ""}, None),
        (Selector(flavor=frozenset({"p3"})), on(flavor="p3"), True),
        (Selector(flavor=frozenset({"p3"})), on(flavor="P3"), False),
        (Selector(flavor=frozenset({"p3"})), on(pool="p3"), None),
        (Selector(pool=frozenset({"a", "b"})), on(pool="b"), True),
        (Selector(pool=frozenset({"a"})), on(), None),
        (NODES, on(node_count=1), False),
        (NODES, on(node_count=2), True),
        (NODES, on(node_count=8), True),
        (NODES, on(node_count=9), False),
        (NODES, on(), None),
        (NO_ACCELERATOR, on(accelerators=0), True),
        (NO_ACCELERATOR, on(accelerators=1), False),
        (NO_ACCELERATOR, on(node_count=1), None),
        (SHORT, {}, True),
        (SHORT, {"never_started": True, "started_at": None, "finished_at": None}, True),
        (Selector(duration=Range(at_least=timedelta(hours=1, seconds=1))), {}, False),
        (SHORT, {"started_at": None}, None),
        (SHORT, {"finished_at": None}, None),
    ],
)
def test_each_condition_is_told_or_cannot_be_told(selector: Selector, changes: dict[str, object], expected: bool | None) -> None:
    job = make_job(**changes)
    assert (selector.match_all(job), selector.match_any(job), ask_all(selector.for_keeping(), job)) == (expected,) * 3


@pytest.mark.parametrize(
    ("bounds", "said"), [({}, "give at_least or at_most"), ({"at_least": 3, "at_most": 2}, "nothing is within")]
)
def test_c2_a_range_without_bounds_or_values_is_refused(bounds: dict[str, int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Range(**bounds)


def test_a_range_alone_is_a_condition() -> None:
    assert NODES.has_conditions()


def test_ranges_are_described_by_their_bounds_with_durations_in_words() -> None:
    described = describe_selector(Selector(duration=SHORT.duration, node_count=NODES.node_count, accelerators=Range(at_least=0)))
    assert described == {
        "node_count": {"at_least": 2, "at_most": 8},
        "accelerators": {"at_least": 0, "at_most": None},
        "duration": {"at_least": None, "at_most": "1h"},
    }
