"""The fields of a selector beside names, owners and labels: expressions, words, texts and ranges; and what none of them knows."""

from datetime import timedelta
from typing import Any

import pytest
from builders import NOW, make_job

from janitor.core.job import Job, Resources
from janitor.retention.hold import Hold
from janitor.retention.selector import Range, Selector

HOUR = timedelta(hours=1)


def job_of(**changes: Any) -> Job:
    """A job that ran for an hour; what it ran on may be given as fields of the job."""
    known = {name: changes.pop(name) for name in ("flavor", "pool", "node_count", "accelerators") if name in changes}
    return make_job(**({"resources": Resources(**known)} | changes))


CASES: list[tuple[dict[str, Any], dict[str, Any], bool | None]] = [
    ({"name_regex": ("trial-[0-9]+",)}, {"name": "trial-12"}, True),
    ({"name_regex": ("trial",)}, {"name": "trial-12"}, False),
    ({"name_regex": ("12",)}, {"name": "trial-12"}, False),
    ({"name_regex": ("a", "trial.*")}, {"name": "trial-12"}, True),
    ({"name_regex": ("TRIAL.*",)}, {"name": "trial-12"}, False),
    ({"name_regex": ("(?i)TRIAL.*",)}, {"name": "trial-12"}, True),
    ({"name_regex": ("trial.*",)}, {"name": None}, None),
    ({"name_regex": ("trial.*",)}, {"name": ""}, None),
    ({"name_regex": ("trial.*",)}, {"name": "trial-\ud800"}, None),
    ({"experiment": frozenset({"e1", "e2"})}, {"experiment": "e2"}, True),
    ({"experiment": frozenset({"e1"})}, {"experiment": "e"}, False),
    ({"experiment": frozenset({"e1"})}, {"experiment": None}, None),
    ({"flavor": frozenset({"gpu.1"})}, {"flavor": "gpu.1"}, True),
    ({"flavor": frozenset({"gpu.1"})}, {"flavor": "GPU.1"}, False),
    ({"flavor": frozenset({"gpu.1"})}, {}, None),
    ({"pool": frozenset({"big"})}, {"pool": "big"}, True),
    ({"pool": frozenset({"big"})}, {"pool": ""}, None),
    ({"description": ("*paper*",)}, {"description": "for the paper"}, True),
    ({"description": ("paper",)}, {"description": "for the paper"}, False),
    ({"description": ("*",)}, {"description": ""}, False),
    ({"description": ("*",)}, {"description": None}, None),
    ({"node_count": Range(at_least=2)}, {"node_count": 2}, True),
    ({"node_count": Range(at_least=2)}, {"node_count": 1}, False),
    ({"node_count": Range(at_most=2)}, {"node_count": 2}, True),
    ({"node_count": Range(at_most=2)}, {"node_count": 3}, False),
    ({"node_count": Range(at_most=2)}, {}, None),
    ({"accelerators": Range(at_most=0)}, {"accelerators": 0}, True),
    ({"accelerators": Range(at_most=0)}, {}, None),
    ({"accelerators": Range(at_least=1, at_most=8)}, {"accelerators": 9}, False),
    ({"duration": Range(at_most=HOUR)}, {}, True),
    ({"duration": Range(at_least=HOUR)}, {}, True),
    ({"duration": Range(at_most=HOUR - timedelta(seconds=1))}, {}, False),
    ({"duration": Range(at_most=HOUR)}, {"never_started": True, "started_at": None, "finished_at": None}, True),
    ({"duration": Range(at_most=HOUR)}, {"started_at": None}, None),
    ({"duration": Range(at_most=HOUR)}, {"finished_at": None}, None),
    ({"duration": Range(at_most=HOUR)}, {"started_at": NOW}, None),
]


@pytest.mark.parametrize(("fields", "job", "answer"), CASES)
def test_each_field_answers_yes_no_or_cannot_tell_alike_in_match_except_and_holds(
    fields: dict[str, Any], job: dict[str, Any], answer: bool | None
) -> None:
    selector, asked = Selector(**fields), job_of(**job)
    of_hold = Hold(name="h", reason="r", match=selector)
    assert [selector.match_all(asked), selector.match_any(asked), of_hold.covers(asked)] == [answer] * 3


def test_one_no_outweighs_a_cannot_tell_in_match_and_one_yes_in_except() -> None:
    selector = Selector(flavor=frozenset({"gpu.1"}), experiment=frozenset({"e1"}))
    assert selector.match_all(job_of(experiment="e2")) is False
    assert selector.match_all(job_of(experiment="e1")) is None
    assert selector.match_any(job_of(experiment="e1")) is True
    assert selector.match_any(job_of(experiment="e2")) is None


@pytest.mark.parametrize(
    ("bounds", "message"), [({}, "give at_least or at_most"), ({"at_least": 3, "at_most": 2}, "so nothing is within")]
)
def test_a_range_that_bounds_nothing_or_everything_is_refused(bounds: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Range(**bounds)


def test_a_range_alone_is_a_condition() -> None:
    assert Selector(node_count=Range(at_most=8)).has_conditions()
