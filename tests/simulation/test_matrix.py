"""The 576 cases: sixteen crash points, twelve answers, three disks; whatever happens, healthy sweeps settle it."""

from itertools import product
from pathlib import Path

import pytest
from faulty_disk import Lost
from simulation.matrix import ANSWERS, POINTS, Case, cases, deletions, play

EXPIRED = 3


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
