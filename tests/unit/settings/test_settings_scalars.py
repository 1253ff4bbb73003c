"""What could be read in two ways is refused (faults C5, C6, C7, C8, C25)."""

from datetime import timedelta
from pathlib import Path

import pytest
from amount import pairs
from settings_sample import GOOD, changed, load, problems

from janitor.core.duration import format_duration

AFTER = "after: 7d"


@pytest.mark.some(8)
@pytest.mark.parametrize(
    "value",
    [
        "0",
        "-1",
        "0d",
        "0s",
        "-7d",
        "36501d",
        "99999999999d",
        ".nan",
        ".inf",
        "-.inf",
        "1e9",
        "1e999",
        "7.5d",
        "forever",
        "true",
        "[7d]",
    ],
)
def test_c5_an_impossible_age_is_refused(value: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed(AFTER, f"after: {value}"))
    assert found.startswith("janitor.yaml:38:21: policies[0].expire.after")


@pytest.mark.parametrize("value", ["23h", "1s", "23h59min59s", "1h"])
def test_c5_an_age_under_the_floor_is_refused_naming_both(value: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed(AFTER, f"after: {value}"))
    place = "janitor.yaml:38:21: policies[0].expire.after: "
    assert found == f'{place}{value} is below limits.min_age, 1d of target "research"; raise the one or lower the other'


@pytest.mark.parametrize("value", ["24h", "1d", "1d1s"])
def test_c5_an_age_at_the_floor_is_taken(value: str, tmp_path: Path) -> None:
    assert load(tmp_path, changed(AFTER, f"after: {value}")).policies[0].ages[0] >= timedelta(hours=24)


@pytest.mark.some(7)
@pytest.mark.parametrize(
    "value", ["30m", "30", '"30"', '"30m"', "30M", "30D", "1month", "1y", "d", "7 d", "7d 12h", "12h1d", "1d1d", "P7D", "+7d"]
)
def test_c6_a_duration_has_one_meaning_or_is_refused(value: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed(AFTER, f"after: {value}"))
    assert found.startswith("janitor.yaml:38:21: policies[0].expire.after")


@pytest.mark.some(9)
@pytest.mark.parametrize("field", ["confirm_within: 2min", "quiet_period: 3min", "min_age: 24h"])
@pytest.mark.parametrize("value", ["2m", "120", "0s", "-1s", "null", "true"])
def test_c6_every_duration_of_the_file_is_strict(field: str, value: str, tmp_path: Path) -> None:
    name = field.split(":", maxsplit=1)[0]
    assert f"{name}: " in problems(tmp_path, changed(field, f"{name}: {value}"))[0]


OLDER = ["30:00", "12:30:00", "1:30", "010", "0o10", "0x1F", "0b11", "1_000", "+5", "1:30.5", "0777", ".5", "1.", "1_0.5"]


@pytest.mark.some(7)
@pytest.mark.parametrize(
    ("value", "field"), pairs(OLDER, ["after: 7d", "owner: [ci-bot]", "per_sweep: 20", "project_name: eu-de"])
)
def test_c7_a_number_of_older_yaml_is_refused(field: str, value: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed(field, f"{field.split(':', maxsplit=1)[0]}: {value}"))
    assert "read as different numbers" in found


@pytest.mark.some(10)
@pytest.mark.parametrize("value", ["123", "1.5", "1e3", "-1", "0", "true", "False"])
@pytest.mark.parametrize("field", ["owner: [ci-bot]", "project_name: eu-de", "project_id: 0a1b2c3d4e5f60718293a4b5c6d7e8f9"])
def test_c7_text_is_never_guessed_from_a_number(field: str, value: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed(field, f"{field.split(':', maxsplit=1)[0]}: {value}"))
    assert found.endswith("must be text; put it in quotes")


@pytest.mark.some(12)
@pytest.mark.parametrize("value", ["yes", "no", "on", "off", "y", "n", "NO", "oN"])
@pytest.mark.parametrize("field", ["owner: [ci-bot]", "create: true", "phase: [failed, abnormal]"])
def test_c8_a_truth_value_of_older_yaml_is_refused(field: str, value: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed(field, f"{field.split(':', maxsplit=1)[0]}: {value}"))
    assert f'"{value}" was a truth value in older YAML; quote it if it is text' in found


@pytest.mark.parametrize("value", ["no", "123", "0x1F", "1:30", "true", "null", "~"])
def test_c8_what_is_quoted_is_text(value: str, tmp_path: Path) -> None:
    policy = load(tmp_path, changed("owner: [ci-bot]", f'owner: "{value}"')).policies[0]
    assert policy.match.owner == frozenset({value})


@pytest.mark.some(8)
@pytest.mark.parametrize("value", ["٣٠d", "３0d", "7d\u200b", "7\u00a0d", "7d\u2060", "\ufeff7d", "7ｄ", "৭d"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_c25_a_duration_is_ascii(quote: str, value: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed(AFTER, f"after: {quote}{value}{quote}"))
    assert found.startswith("janitor.yaml:38:21: ")


@pytest.mark.parametrize(
    "escape",
    ["\\u200B", "\\u202E", "\\uFEFF", "\\u00A0", "\\u3000", "\\u0000", "\\x1B", "\\u2028", "\\u0085", "\\uE000", "\\n", "\\t"],
)
def test_c25_characters_that_cannot_be_seen_are_refused(escape: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed('"trial-*"', f'"tri{escape}al-*"'))
    assert found.startswith("janitor.yaml:33:13: policies[0].match.name: ")
    assert found.isprintable()


@pytest.mark.some(13)
@pytest.mark.parametrize("letter", ["\u115f", "\u3164", "\uffa0", "\u2800", "\ufe0f", "\u034f", "\u17b4", "\u180b", "\U000e0100"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[ci-bot]", "[ci-bot{}]"),
        ('{name: "*-baseline"}', "{{owner: ci-bot{}}}"),
        ("      kind: job\n", "      labels: {{team: nlp{}}}\n"),
    ],
)
def test_c25_letters_that_show_nothing_are_refused_everywhere(old: str, new: str, letter: str, tmp_path: Path) -> None:
    """They count as letters or marks, and an exception with one of them would keep nobody's jobs."""
    (found,) = problems(tmp_path, changed(old, new.format(letter)))
    assert f"U+{ord(letter):04X}, which cannot be seen" in found
    assert found.isprintable()


def test_c25_names_are_nfc(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed("[ci-bot]", "[re\u0301ne\u0301]"))
    assert found.startswith("janitor.yaml:34:15: policies[0].match.owner[0]: is not in Unicode normal form NFC")
    assert load(tmp_path, changed("[ci-bot]", "[r\u00e9n\u00e9]")).policies[0].match.owner == frozenset({"r\u00e9n\u00e9"})


@pytest.mark.parametrize("value", ['" ci-bot"', '"ci-bot "'])
def test_c25_a_space_at_the_edge_of_a_name_is_refused(value: str, tmp_path: Path) -> None:
    assert "has a space at its start or end" in problems(tmp_path, changed("[ci-bot]", value))[0]


def test_a_description_may_have_several_lines(tmp_path: Path) -> None:
    text = changed("description: Failed experiments lose their value in a week.", "description: |\n      One.\n      Two.")
    assert load(tmp_path, text).policies[0].description == "One.\nTwo."


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("quiet_period: 3min\n", "quiet_period: 3min\nmax_duration: 5min\n", "7:15: max_duration: max_duration must be longer"),
        ("confirm_within: 2min\n", "confirm_within: 7h\n", "5:17: confirm_within: max_duration must be longer"),
        ("quiet_period: 3min\n", "quiet_period: 6h\n", "5:17: confirm_within: max_duration must be longer"),
    ],
)
def test_a_sweep_lasts_longer_than_it_waits(old: str, new: str, said: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed(old, new))
    assert found.startswith(f"janitor.yaml:{said} than confirm_within and quiet_period together: max_duration ")


@pytest.mark.parametrize("value", ["5min1s", "6h", "400d"])
def test_a_longest_duration_is_read_as_written_and_6_hours_where_there_is_none(value: str, tmp_path: Path) -> None:
    assert load(tmp_path, GOOD).max_duration == timedelta(hours=6)
    text = changed("quiet_period: 3min\n", f"quiet_period: 3min\nmax_duration: {value}\n")
    assert format_duration(load(tmp_path, text).max_duration) == value
