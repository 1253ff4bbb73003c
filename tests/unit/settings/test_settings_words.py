"""Fields that are not known, and fields of a later version (fault C4; C3 is in property/test_settings_misspelt.py)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel
from settings_sample import GOOD, HOLDS, changed, problems

from janitor.settings.schema import PolicyFile
from janitor.settings.words import PLACES


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("older_then: 3d", "older_then"),
        ("nmae: x", "policies[0].match"),
        ("node_count: {at_most: 8, at_lest: 2}", "policies[0].match.node_count.at_lest"),
    ],
)
def test_c4_a_second_condition_is_never_dropped(line: str, place: str, tmp_path: Path) -> None:
    found = problems(tmp_path, changed("    match:\n", f"    match:\n      {line}\n"))
    assert len(found) == 1
    assert place in found[0]
    assert "unknown field" in found[0]


LATER = [(place, word) for place, words in PLACES.items() for word in words.later]
ANCHORS = {
    "": "version: 1\n",
    "ledger": "ledger: {",
    "targets[]": "    region: eu-de\n",
    "policies[]": "    fallback: false\n",
    "policies[].match": "    match:\n",
    "policies[].except": "    except: {",
    "holds[].match": "    match: {",
}
INDENTS = {"targets[]": 4, "policies[]": 4, "policies[].match": 6}


@pytest.mark.parametrize(("place", "word"), LATER)
def test_a_field_of_a_later_version_is_refused_by_name(place: str, word: str, tmp_path: Path) -> None:
    anchor = ANCHORS[place]
    addition = f"{word}: [x], " if anchor.endswith("{") else " " * INDENTS.get(place, 0) + f"{word}: [x]\n"
    (found,) = problems(tmp_path, changed(anchor, anchor + addition, GOOD + HOLDS))
    assert f'"{word}" is ' in found
    assert "not supported yet in this version; remove it" in found


def test_every_field_of_the_design_is_known_or_named_as_later() -> None:
    assert {"owners", "notify"} <= set(PLACES[""].known)
    assert {"keep", "grace", "notice"} <= set(PLACES["policies[]"].known)
    selector = (
        "phase name name_regex owner kind workspace labels description experiment flavor pool node_count accelerators duration"
    )
    for place in ("policies[].match", "policies[].except", "holds[].match"):
        assert set(PLACES[place].known) == set(selector.split())
        assert PLACES[place].later == ("where",)
    assert not PLACES["ledger"].later


def test_a_word_is_never_both_known_and_later() -> None:
    assert [
        (place, set(words.known) & set(words.later)) for place, words in PLACES.items() if set(words.known) & set(words.later)
    ] == []


def test_the_table_has_a_place_for_every_section() -> None:
    assert dict(sections_of(PolicyFile, "")) == {place: words.section for place, words in PLACES.items()}


def sections_of(section: type[BaseModel], place: str) -> Iterator[tuple[str, type[BaseModel]]]:
    yield place, section
    for name, field in section.model_fields.items():
        below = f"{place}.{field.alias or name}".removeprefix(".")
        for inner, brackets in inner_types(field.annotation, ""):
            yield from sections_of(inner, below + brackets)


def inner_types(annotation: object, brackets: str) -> Iterator[tuple[type[BaseModel], str]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, brackets
    for argument in getattr(annotation, "__args__", ()):
        yield from inner_types(argument, brackets + _MANY.get(getattr(annotation, "__origin__", None), ""))


_MANY: dict[object, str] = {list: "[]", dict: ".*"}


def test_what_stands_below_an_unknown_field_is_not_judged(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, GOOD + "listing:\n  - {match: {}, until: null, until: 010}\n")
    assert found == 'janitor.yaml:39:1: listing: "listing" is not supported yet in this version; remove it'
