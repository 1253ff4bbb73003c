"""Remote text is inert before anybody sees it."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from janitor.core.text import code_span, inert, shorten, shorten_all, spreadsheet_cell


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("a\nb\r\tc", "a\\x0ab\\x0d\\x09c"),
        ("x\u2028y\u0085z", "x\\u2028y\\x85z"),
        ("safe\u202egnp.exe", "safe\\u202egnp.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("lone\ud800", "lone\\ud800"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("模型-ü", "模型-ü"),
    ],
)
def test_d3_hidden_and_control_characters_become_escapes(hostile: str, shown: str) -> None:
    assert inert(hostile) == shown


@pytest.mark.parametrize("blank", ["\u034f", "\u115f", "\u17b4", "\u180b", "\u2800", "\u3164", "\ufe0f", "\uffa0", "\U000e0100"])
def test_d6_letters_that_show_nothing_become_escapes(blank: str) -> None:
    assert blank not in inert(f"job{blank}-1")


def test_d33_long_text_is_cut_and_says_how_long_it_was_and_what_it_was() -> None:
    shown = inert("x" * 600)
    assert len(shown) == 500
    assert shown.rstrip("x").endswith(f"… (600 characters, SHA-256 {hashlib.sha256(b'x' * 600).hexdigest()})")
    assert inert("x" * 500) == "x" * 500


@given(st.text(st.characters(exclude_categories=())), st.integers(120, 200))
def test_d33_what_is_shortened_stays_as_it_is(text: str, longest: int) -> None:
    once = shorten(text * 40, longest)
    assert len(once) <= longest
    assert shorten(once, longest) == once


def test_d33_two_long_texts_that_begin_alike_stay_apart() -> None:
    assert shorten("x" * 1_000_000, 120) != shorten("x" * 999_999 + "y", 120)
    assert "1000000 characters" in shorten("\ud800" * 1_000_000, 120)


def test_d33_every_text_in_an_event_is_shortened_at_any_depth() -> None:
    long = "x" * 200
    short = shorten(long, 120)
    assert shorten_all({long: [long, (long, 5, None)], "a": True}, 120) == {short: [short, [short, 5, None]], "a": True}


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("trial-1", "`trial-1`"),
        ("a|b", "`a\\x7cb`"),
        ("`a`", "`\\x60a\\x60`"),
        ("a\nb", "`a\\x0ab`"),
        ("  a ", "`a`"),
        ("", "` `"),
        ("  ", "` `"),
    ],
)
def test_d3_nothing_ends_a_code_span_or_the_cell_around_it(text: str, span: str) -> None:
    assert code_span(text) == span


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t1", "\r1", "\t =1", " =1", "\n@a", "\u00a0-1", "\uff1d1", "\uff0b1"])
def test_d3_what_begins_like_a_formula_stands_behind_an_apostrophe(text: str) -> None:
    assert spreadsheet_cell(text) == f"'{inert(text)}"


@pytest.mark.parametrize("text", ["", "a=1", "2026-11-23", "/bkt/-/", "\n1", "'=1", "\u200b=1"])
def test_any_other_cell_is_only_made_inert(text: str) -> None:
    assert spreadsheet_cell(text) == inert(text)


def test_d8_a_formula_behind_a_semicolon_is_one_where_rows_are_split_there() -> None:
    assert spreadsheet_cell("x;=1+1; \uff0b2;y") == "x;'=1+1; '\uff0b2;y"
    assert spreadsheet_cell("x;1") == "x;1"
