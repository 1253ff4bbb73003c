"""Remote text is inert before anybody sees it."""

import pytest

from janitor.core.text import inert


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
