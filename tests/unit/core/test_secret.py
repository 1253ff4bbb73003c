"""D1: a secret never shows itself, and is removed by value from whatever is written."""

from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest
from spellings import ODD, echoes, traces

from janitor.core.secret import Scrubber, Secret

VALUE = "canary/secret+key=="


def test_d1_s24_a_secret_prints_as_stars_everywhere() -> None:
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


@pytest.mark.parametrize("value", ["$%/+=?!{}", "-a/b=c+d-", "geheimnis-\u00fc\u00fc\u00fc", VALUE, ODD])
def test_d1_whatever_of_a_secret_every_spelling_has_it_is_found_deep_in_a_value(value: str) -> None:
    """Of the first nothing stands unchanged in all of its spellings, so that nothing short of the pattern may be asked."""
    scrubber = Scrubber((Secret(value),))
    for form in echoes(value):
        assert "***" in scrubber.scrub({"a": [f"key={form};"]})["a"][0]


def test_very_short_values_are_left_alone_because_they_are_ordinary_words() -> None:
    assert Scrubber((Secret("job"),)).scrub("a job") == "a job"


def test_without_secrets_nothing_is_removed() -> None:
    assert Scrubber().scrub({"a": ["text", 5, None]}) == {"a": ["text", 5, None]}


def test_d1_a_secret_that_is_obtained_later_is_removed_too() -> None:
    obtained: tuple[str, ...] = ()
    scrubber = Scrubber((Secret(VALUE),), lambda: obtained)
    text = f"{VALUE} then token-of-later and then {'t' * 30}{'T' * 900} end"
    assert scrubber.scrub_text(text) == text.replace(VALUE, "***")
    obtained = ("token-of-later", f"{'t' * 30}{'T' * 900}")
    assert scrubber.scrub_text(text) == "*** then *** and then *** end"


def test_d1_a_long_token_is_removed_in_every_spelling_with_all_that_follows_it() -> None:
    token = f"MIIE{ODD}{'x9+/' * 400}end-of-it"
    scrubber = Scrubber((), lambda: (token,))
    for form in echoes(token):
        shown = scrubber.scrub_text(f"key={form} and")
        assert "***" in shown
        assert shown.endswith(" and")
        assert not [trace for trace in traces(token) if trace in shown]
        assert len(shown) < 40, shown
