"""The 576 cases: sixteen crash points, twelve answers, three disks; whatever happens, healthy sweeps settle it."""

from pathlib import Path

import pytest
from amount import IS_SOAK
from faulty_disk import Lost
from simulation.matrix import ANSWERS, LATE, POINTS, Case, cases, deletions, play

EXPIRED = STAYING = 3
BEFORE_ANY_REQUEST = frozenset(POINTS[: POINTS.index("cp10_intents_not_synced")]) - LATE
"""Here the next sweep alone meets the answer: in `make test` on one disk each, later on two, by turns; in `make soak` on all."""


def test_there_are_576_cases() -> None:
    assert len({str(case) for case in cases()}) == 16 * 12 * 3 == 576


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("answer", ANSWERS)
def test_b1_s1_s3_v5_a_crash_under_every_answer_is_settled(point: str, answer: str, tmp_path: Path) -> None:
    disks, turn = list(Lost) * 2, (list(ANSWERS).index(answer) + POINTS.index(point)) % len(Lost)
    for lost in disks[turn : turn + (len(Lost) if IS_SOAK else 1 if point in BEFORE_ANY_REQUEST else 2)]:
        case = Case(point=point, answer=answer, lost=lost)
        simulation = play(case, tmp_path / str(case))
        gone = deletions(simulation)
        assert (len(gone), max(gone.values())) == (EXPIRED, 1), str(case)
        assert simulation.evidence.checked["S-1"] >= EXPIRED - 1


V1 = [Case(point=point, answer=answer, lost=Lost.KEPT, api="v1") for point in POINTS for answer in ANSWERS]


@pytest.mark.parametrize("case", V1 if IS_SOAK else V1[:: len(ANSWERS) + 1], ids=str)
def test_b1_s1_s2_v5_a_crash_under_every_answer_of_v1_is_settled(case: Case, tmp_path: Path) -> None:
    simulation = play(case, tmp_path / "world")
    gone = deletions(simulation)
    assert (len(gone), max(gone.values()), len(simulation.platform.v1.jobs())) == (EXPIRED, 1, STAYING)
    assert simulation.evidence.checked["S-1"] >= EXPIRED - 1
