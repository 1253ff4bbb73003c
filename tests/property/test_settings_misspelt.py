"""Every key of every shipped file, changed by one slip of a finger, is refused at its line with the word that was meant (C3, C4).

Every slip is tried on the words themselves; outside `make soak` of wrong and additional letters every fourth, and where the same
words stand in several places those in the first alone. In whole files every key gets one slip of all, the same in every run,
outside `make soak` every third key of each kind of mapping in the file of every field, and in each shipped file every tenth; in
`make soak` the first key of each word gets every letter that is missing or swapped with its neighbour, and ten others.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from amount import IS_SOAK, cases
from settings_sample import DEPLOYED_FILES, EVERY_ENVIRON, EVERY_FIELD, ON_A_SERVER, POLICY_FILES

from janitor.core.errors import ConfigError
from janitor.settings.document import read_document
from janitor.settings.load import load_settings
from janitor.settings.words import PLACES, kind_of, refuse_word

ROOT = Path(__file__).parents[2]
SHIPPED = {
    str(path.relative_to(ROOT)): path.read_text("utf-8")
    for path in (
        *POLICY_FILES,
        ROOT / "janitor/settings/starter.yaml",
        *DEPLOYED_FILES,
    )
}
FILES = SHIPPED | {"every field": EVERY_FIELD, "on a server": ON_A_SERVER}
ALPHABET = "aeirstzE_-"
KEY = re.compile(r"(?:^|[{,]|- ) *([a-z_0-9]+):(?= |$)")
MEANT = re.compile(r'unknown field; did you mean "([a-z_0-9]+)"\?')
LATER = re.compile(r'"([a-z_0-9]+)" is (?:reserved and )?not supported yet in this version; remove it')
CLOUD = {"HUAWEICLOUD_SDK_AK": "AK-canary", "HUAWEICLOUD_SDK_SK": "SK-canary"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of a file: its kind of mapping, its word, its place."""

    kind: str
    word: str
    line: int
    column: int

    @property
    def allowed(self) -> set[str]:
        return set(PLACES[self.kind].known)

    def misspelt(self, text: str, slip: str) -> str:
        """The file with this one key changed."""
        lines = text.splitlines(keepends=True)
        line, start = lines[self.line - 1], self.column - 1
        assert line[start:].startswith(f"{self.word}:")
        lines[self.line - 1] = line[:start] + slip + line[start + len(self.word) :]
        return "".join(lines)


def keys_of(text: str) -> Iterator[Key]:
    for path, mark in read_document(text).keys.items():
        if path[-2:-1] in (("labels",), ("owners",)):  # keys of tags, and names of owners, are anybody's own words
            continue
        yield Key(kind=kind_of(path[:-1]), word=str(path[-1]), line=mark.line, column=mark.column)


def missing_or_swapped(word: str) -> set[str]:
    missing = {word[:place] + word[place + 1 :] for place in range(len(word))}
    swapped = {word[:place] + word[place + 1] + word[place] + word[place + 2 :] for place in range(len(word) - 1)}
    return (missing | swapped) - {word}


def wrong_or_additional(word: str) -> set[str]:
    wrong = {word[:place] + letter + word[place + 1 :] for place in range(len(word)) for letter in ALPHABET}
    more = {word[:place] + letter + word[place:] for place in range(len(word) + 1) for letter in ALPHABET}
    return (wrong | more) - {word}


@cache
def plan_slips() -> dict[str, list[tuple[Key, list[str]]]]:
    """What is tried in which file, the same in every run."""
    chance, seen = random.Random(20), set[str]()
    plan: dict[str, list[tuple[Key, list[str]]]] = {name: [] for name in FILES}
    for name, text in FILES.items():
        for key in keys_of(text):
            sure, other = missing_or_swapped(key.word) - key.allowed, wrong_or_additional(key.word) - key.allowed
            is_one_enough = key.word in seen or not IS_SOAK
            slips = chance.sample(sorted(sure | other), 1) if is_one_enough else [*sure, *chance.sample(sorted(other), 10)]
            seen.add(key.word)
            plan[name].append((key, sorted(slips)))
    return plan


def tried(name: str) -> list[tuple[Key, list[str]]]:
    """Of a shipped file outside `make soak` every twentieth key; of that of every field every ninth of a kind."""
    planned = plan_slips()[name]
    if IS_SOAK or name in SHIPPED:
        return planned[:: cases(20, 1)]
    kinds = dict.fromkeys(key.kind for key, _ in planned)
    return [each for kind in kinds for each in [entry for entry in planned if entry[0].kind == kind][::9]]


@pytest.mark.some(20)
@pytest.mark.parametrize("kind", PLACES)
def test_c3_every_slip_in_every_word_of_the_format_is_answered_with_a_word_that_is_allowed_there(kind: str) -> None:
    place = PLACES[kind]
    words = [word for word in kind.split(".") if word]
    path: list[str | int] = []
    for word in words:
        path += [word.removesuffix("[]"), 0] if word.endswith("[]") else [word]
    is_first = kind == next(name for name, each in PLACES.items() if (each.known, each.later) == (place.known, place.later))
    for word in place.known:
        other = sorted(wrong_or_additional(word))[:: cases(12, 1)] if is_first or IS_SOAK else []
        for slip in (missing_or_swapped(word) | set(other)) - set(place.known):
            said = refuse_word((*path, slip))
            meant = MEANT.fullmatch(said)
            if slip in place.later:
                assert LATER.fullmatch(said), said
            else:
                assert meant is not None, f"{slip}: {said}"
                assert meant[1] in place.known, f"{slip}: {said}"


@pytest.mark.some(8)
@pytest.mark.disable_socket
@pytest.mark.parametrize("name", FILES)
def test_c3_c4_a_slip_in_any_key_of_a_file_is_refused_at_its_line_with_the_word_that_was_meant(name: str, tmp_path: Path) -> None:
    """No socket can be opened here, so no request can have been made."""
    for secret in ("access_key", "secret_key", "ca.pem", "password"):
        (tmp_path / secret).write_text("canary")
    text, config = (
        FILES[name].replace("/run/secrets/janitor/", "").replace("file: /run/secrets/janitor-ledger/", "file: "),
        tmp_path / "janitor.yaml",
    )
    config.write_text(text, "utf-8")
    load_settings(config, CLOUD | EVERY_ENVIRON)
    for key, slips in tried(name):
        for slip in slips:
            config.write_text(key.misspelt(text, slip), "utf-8")
            with pytest.raises(ConfigError) as refusal:
                load_settings(config, CLOUD | EVERY_ENVIRON)
            assert refusal.value.exit_code == 2
            place = f"{config}:{key.line}:{key.column}: "
            (line,) = [line for line in str(refusal.value).splitlines() if line.startswith(place) and "field; did" in line] or [
                ""
            ]
            meant = MEANT.search(line)
            assert meant is not None or LATER.search(str(refusal.value)), f"{slip} for {key}: {refusal.value}"
            assert meant is None or meant[1] in key.allowed, f"{slip} for {key}: {line}"


@pytest.mark.parametrize("name", FILES)
def test_c3_no_key_of_a_file_is_left_out(name: str) -> None:
    """Counted in the text itself, by another reading than the loader's."""
    text = re.sub(r"(labels): \{[^}]*\}", r"\1: {}", FILES[name])
    found = [match[1] for line in text.splitlines() for match in KEY.finditer(line.split("#", maxsplit=1)[0])]
    assert sorted(found) == sorted(key.word for key, _ in plan_slips()[name])
    assert all(slips for _, slips in plan_slips()[name])


def test_c3_the_files_have_every_field_of_the_format() -> None:
    words = {key.word for text in (EVERY_FIELD, ON_A_SERVER) for key in keys_of(text)}
    assert words == {word for place in PLACES.values() for word in place.known}
