"""Remote text is inert before anybody sees it."""

import pytest

from janitor.core.text import code_span, inert, spreadsheet_cell


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


def test_long_text_is_cut_and_says_how_long_it_was() -> None:
    assert inert("x" * 600) == "x" * 500 + "… (600 characters)"


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
