"""D1: a secret never shows itself, and is removed by value from whatever is written."""

from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest
from spellings import ODD, echoes, traces

from janitor.core.secret import Scrubber, Secret

VALUE = "canary/secret+key=="


def test_d1_a_secret_prints_as_stars_everywhere() -> None:
    secret = Secret(VALUE)
    assert f"{secret} {secret!r} {[secret]}" == "*** *** [***]"
    assert secret.reveal() == VALUE


def test_secrets_are_equal_by_value() -> None:
    assert Secret(VALUE) == Secret(VALUE)
    assert Secret(VALUE) != VALUE
    assert len({Secret(VALUE), Secret(VALUE)}) == 1


def test_d1_the_scrubber_removes_every_encoding_at_any_depth() -> None:
    scrubber = Scrubber((Secret(VALUE),))
    encodings = [VALUE, b64encode(VALUE.encode()).decode(), urlsafe_b64encode(VALUE.encode()).decode(), VALUE.replace("/", "\\/")]
    encodings += [quote(VALUE, safe=""), quote(VALUE), quote(VALUE, safe="").lower()]
    dirty = {"a": [f"key={form};" for form in encodings], VALUE: (1, None)}
    assert scrubber.scrub(dirty) == {"a": ["key=***;"] * 7, "***": [1, None]}


@pytest.mark.parametrize("value", [ODD, f"{ODD}y", f"{ODD}yz"], ids=len)
def test_d1_no_spelling_of_a_secret_with_odd_characters_is_left(value: str) -> None:
    scrubber = Scrubber((Secret(value),))
    for form in echoes(value):
        shown = scrubber.scrub_text(f"key={form};")
        assert "***" in shown
        assert len(shown) <= len("key=***;") + 8, shown  # what base64 shares with what stood before and after it
        assert not [trace for trace in traces(value) if trace in shown]


def test_very_short_values_are_left_alone_because_they_are_ordinary_words() -> None:
    assert Scrubber((Secret("job"),)).scrub("a job") == "a job"


def test_without_secrets_nothing_is_removed() -> None:
    assert Scrubber().scrub({"a": ["text", 5, None]}) == {"a": ["text", 5, None]}
