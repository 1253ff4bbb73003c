"""The 576 cases: sixteen crash points, twelve answers, three disks; whatever happens, healthy sweeps settle it."""

from itertools import product
from pathlib import Path

import pytest
from amount import IS_SOAK
from faulty_disk import Lost
from simulation.matrix import ANSWERS, POINTS, Case, cases, deletions, play

EXPIRED = STAYING = 3


def test_there_are_576_cases() -> None:
    assert len({str(case) for case in cases()}) == 16 * 12 * 3 == 576


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("answer", ANSWERS)
def test_b1_s1_s3_v5_a_crash_under_every_answer_is_settled(point: str, answer: str, tmp_path: Path) -> None:
    for lost, singly in product(Lost, (True,)):
        case = Case(point=point, answer=answer, lost=lost, singly=singly)
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
