"""D1: a secret never shows itself, and is removed by value from whatever is written."""

import html
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from urllib.parse import quote

import pytest

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


ODD = "can\"ary\\sec'ret|k`ey;=&<%+/?#$x"


def spellings(value: str) -> Iterator[str]:
    """A value as it is, and as URLs, JSON (in JSON), HTML, Python and the two kinds of base64 have it, wherever it stands."""
    yield from (value, quote(value), quote(value, safe=""), quote(value, safe="").lower(), value.replace("/", "\\/"))
    yield from (json.dumps(value)[1:-1], json.dumps(json.dumps(value))[1:-1], repr(value)[1:-1], html.escape(value))
    yield "".join(letter if letter.isalnum() else f"\\u{ord(letter):04x}" for letter in value)
    yield "".join(letter if letter.isalnum() else f"&#{ord(letter)};" for letter in value)
    for before in ("", "u", "us"):
        for after in ("", ":", "::"):
            for encode in (b64encode, urlsafe_b64encode):
                yield encode(f"{before}{value}{after}".encode()).decode()


@pytest.mark.parametrize("value", [ODD, f"{ODD}y", f"{ODD}yz"], ids=len)
def test_d1_no_spelling_of_a_secret_with_odd_characters_is_left(value: str) -> None:
    scrubber = Scrubber((Secret(value),))
    for form in spellings(value):
        shown = scrubber.scrub_text(f"key={form};")
        assert "***" in shown
        assert len(shown) <= len("key=***;") + 8, shown  # what base64 shares with what stood before and after it


def test_very_short_values_are_left_alone_because_they_are_ordinary_words() -> None:
    assert Scrubber((Secret("job"),)).scrub("a job") == "a job"


def test_without_secrets_nothing_is_removed() -> None:
    assert Scrubber().scrub({"a": ["text", 5, None]}) == {"a": ["text", 5, None]}
