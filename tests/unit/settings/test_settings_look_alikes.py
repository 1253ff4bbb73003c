"""What looks like another word in a condition: `check` names it, since as an exception or a hold it would keep nothing (C25)."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from settings_sample import GOOD, HOLDS, changed, load

from janitor.settings.review import review_settings

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
RUNS, CANDIDATES = "policy failed-runs: ", "hold release-candidates: "


def warnings(folder: Path, text: str) -> list[tuple[str, str]]:
    """Code and sentence of each warning."""
    return [(finding.code, finding.text) for finding in review_settings(load(folder, text), NOW)]


@pytest.mark.parametrize(
    ("old", "new", "where", "why"),
    [
        (
            '{name: "*-baseline"}',
            '{name: "*-b\u0430seline"}',
            f"{RUNS}except.name",
            "Cyrillic (\u0430, U+0430) and Latin (b, U+0062)",
        ),
        ("[ci-bot]", "[ci-b\u03bft]", f"{RUNS}match.owner", "Greek (\u03bf, U+03BF) and Latin (b, U+0062)"),
        ('"rc-*"', '"r\u0441-*"', f"{CANDIDATES}match.name", "Cyrillic (\u0441, U+0441) and Latin (r, U+0072)"),
        ('"trial-*"', '"trial-v\u0663*"', f"{RUNS}match.name", "the digit \u0663, U+0663, which is none of 0 to 9"),
        ('"trial-*"', '"tri\uff41l-*"', f"{RUNS}match.name", "Fullwidth (\uff41, U+FF41) and Latin (t, U+0074)"),
        ("      kind: job\n", "      labels: {t\u0435am: nlp}\n", f"{RUNS}match.labels", "Cyrillic (\u0435, U+0435)"),
    ],
)
def test_c25_a_word_of_two_alphabets_is_named_with_its_letters(old: str, new: str, where: str, why: str, tmp_path: Path) -> None:
    ((code, text),) = warnings(tmp_path, changed(old, new, GOOD + HOLDS))
    assert (code, text.startswith(where), why in text) == ("look_alike", True, True), text


@pytest.mark.parametrize(
    "name",
    [
        "trial-*",
        "\u6a21\u578b-trial-*",
        "\u6a21\u578bv2",
        "\u043e\u043f\u044b\u0442-v2-*",
        "\u03bb-sweep",
        "r\u00e9n\u00e9-7*",
        "\u30e2\u30c7\u30ebA",
    ],
)
def test_c25_what_people_write_in_their_own_alphabets_draws_no_warning(name: str, tmp_path: Path) -> None:
    assert warnings(tmp_path, changed('"trial-*"', f'"{name}"')) == []
