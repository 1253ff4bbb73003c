"""What is left for `make soak`: whole tests that are marked so, and of those with many cases all but some, spread over them."""

from typing import Any

import pytest
from amount import for_soak, in_soak

CASES = """
import pytest

@pytest.mark.some(3)
@pytest.mark.parametrize("number", range(7))
def test_many(number): pass

@pytest.mark.some(3)
@pytest.mark.parametrize("number", range(2))
def test_few(number): pass

@pytest.mark.soak
def test_long(): pass

def test_short(): pass

@pytest.mark.parametrize("number", [1, pytest.param(2, marks=pytest.mark.soak)])
def test_both(number): pass
"""


def test_some_cases_of_each_test_stay_and_what_is_marked_as_long_goes(tmp_path: Any) -> None:
    class Collected:
        items: list[pytest.Item]

        def pytest_collection_finish(self, session: pytest.Session) -> None:
            Collected.items = list(session.items)

    (tmp_path / "test_it.py").write_text(CASES)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = soak\n  some(number)\n")
    assert (
        pytest.main(["-q", "--co", "-p", "no:cacheprovider", f"--rootdir={tmp_path}", str(tmp_path)], plugins=[Collected()]) == 0
    )
    left = {item.name for item in for_soak(Collected.items)}
    assert left == {*(f"test_many[{number}]" for number in (1, 3, 5, 6)), "test_long", "test_both[2]"}
    assert len(Collected.items) == 7 + 2 + 1 + 1 + 2


def test_a_case_that_is_marked_keeps_its_values() -> None:
    case = in_soak("a", 1)
    assert (case.values, [mark.name for mark in case.marks]) == (("a", 1), ["soak"])
