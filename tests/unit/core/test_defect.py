"""What may be told of an exception that nobody foresaw."""

import pytest

from janitor.core.canonical import canonical
from janitor.core.defect import defect_of


def test_d1_a_defect_is_told_by_kind_and_place_and_never_by_its_text() -> None:
    with pytest.raises(TypeError) as caught:
        canonical({"a": 0.5})
    told = str(defect_of(caught.value))
    assert told.startswith("unexpected ")
    assert " at canonical.py:" in told
    assert str(caught.value) not in told


def test_what_did_not_come_from_here_has_no_place() -> None:
    assert str(defect_of(KeyError("secret"))) == "unexpected KeyError; please report this as a defect"


def test_what_the_operating_system_says_is_told() -> None:
    assert "OSError: No space left on device /a" in str(defect_of(OSError(28, "No space left on device", "/a")))
