"""Marks in a description: a hold holds, a ttl lengthens, what is malformed holds."""

from datetime import timedelta

import pytest

from janitor.retention.marks import NO_MARKS, parse_marks


@pytest.mark.parametrize("text", ["", "an ordinary text", "the janitor-cleaned run", "my janitor- notes"])
def test_ordinary_text_has_no_marks(text: str) -> None:
    assert parse_marks(text) == NO_MARKS


def test_a_hold_with_and_without_text() -> None:
    assert parse_marks("please janitor-hold it").hold == "its description says janitor-hold"
    assert parse_marks("janitor-hold=paper").hold == "its description says janitor-hold=paper"


def test_the_longest_of_several_ttls_counts() -> None:
    assert parse_marks("janitor-ttl=30d janitor-ttl=2w").ttl == timedelta(days=30)
    assert parse_marks("janitor-ttl=30d").hold is None


@pytest.mark.parametrize(
    "word",
    ["janitor-ttl", "janitor-ttl=", "janitor-ttl=30", "janitor-hold=", "Janitor-Hold", "janitor-hold.", "`janitor-hold`"]
    + ["(janitor-hold)", '"janitor-hold"', "#janitor-hold", "-janitor-hold", "please:janitor-hold", "<b>janitor-hold</b>"]
    + [
        "\u200bjanitor-hold",
        "jan\u200bitor-hold",
        "janitor_hold",
        "janitor\u2011hold",
        "(janitor-ttl=900d)",
        "janitor\u2013ttl=9d",
    ]
    + ["\uff4aanitor-hold", "janitor-ttl=9d,janitor-hold"],
)
def test_a_malformed_mark_holds(word: str) -> None:
    assert "malformed" in str(parse_marks(f"text {word}").hold)


def test_a_description_that_cannot_be_read_holds() -> None:
    assert "could not be read" in str(parse_marks(None).hold)
