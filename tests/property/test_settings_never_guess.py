"""Properties of loading: any text is settings or a clean refusal, and an accepted edit never widens what may be deleted."""

import re
from pathlib import Path
from typing import Any

import pytest
from amount import IS_SOAK, cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from settings_sample import EVERY_ENVIRON, EVERY_FIELD

from janitor.core.duration import format_duration, parse_duration
from janitor.core.errors import ConfigError
from janitor.settings.document import read_document
from janitor.settings.load import load_settings
from janitor.settings.model import Settings
from janitor.settings.scalar import read_scalar

QUICK = settings(max_examples=cases(10, 1000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SMALL = """\
version: 1
ledger: {path: l.db}
targets:
  - {name: t, backend: modelarts, endpoint: "https://x.example", region: r, project_id: p,
     credentials: {access_key: {env: K}, secret_key: {env: K}}}
policies:
  - name: p
    match: {name: "trial-*", owner: ci, phase: [failed]}
    expire: {after: 7d}
"""


def load(folder: Path, content: bytes) -> Settings | None:
    """Settings, or None after a refusal whose every line is printable and names the file."""
    path = folder / "janitor.yaml"
    path.write_bytes(content)
    try:
        return load_settings(path, {"K": "canary-secret"})
    except ConfigError as refusal:
        for line in str(refusal).split("\n"):
            assert line.startswith(f"{path}:")
            assert line.isprintable()
            assert "canary-secret" not in line
        return None


@QUICK
@given(content=st.binary(max_size=200))
def test_any_bytes_are_refused_cleanly(content: bytes, tmp_path: Path) -> None:
    assert load(tmp_path, content) is None


YAML_LIKE = st.lists(
    st.sampled_from(
        [
            *"abc:-[]{},#&*!|>'\"%@`?~ \n\t",
            "  ",
            "- ",
            ": ",
            "<<",
            "---\n",
            "...\n",
            "%YAML 1.2\n",
            "\ufeff",
            "é",
            "\x85",
            "1",
            "null",
        ]
    ),
    max_size=40,
).map("".join)


@settings(QUICK, max_examples=cases(25, 5000))
@given(text=YAML_LIKE)
def test_any_text_that_looks_like_yaml_is_refused_cleanly(text: str, tmp_path: Path) -> None:
    assert load(tmp_path, text.encode()) is None


@settings(QUICK, max_examples=cases(20, 5000))
@given(place=st.integers(0, len(SMALL) - 1), insert=st.sampled_from([*"x-:[]{},#&*!'\" \n0", ""]), cut=st.integers(0, 2))
def test_one_edit_is_refused_or_understood(place: int, insert: str, cut: int, tmp_path: Path) -> None:
    """What is still accepted has the same conditions and respects the floor; only texts and numbers can differ."""
    loaded = load(tmp_path, (SMALL[:place] + insert + SMALL[place + cut :]).encode())
    if loaded is None:
        return
    for policy in loaded.policies:
        assert policy.match.has_conditions()
        named = [field for field in ("name", "owner") if getattr(policy.match, field) is not None]
        assert named == ["name", "owner"]
        assert min(policy.ages) >= loaded.targets[0].limits.min_age


@given(text=st.text(max_size=12))
def test_a_plain_value_is_read_as_what_it_says(text: str) -> None:
    """Text stays itself; a number says the same in every YAML; everything else is refused."""
    try:
        value = read_scalar(text, is_plain=True)
    except ValueError:
        return
    if isinstance(value, bool):
        assert text.lower() == str(value).lower()
    elif isinstance(value, int):
        assert str(value) == text
    elif isinstance(value, float):
        assert float(text) == value
    else:
        assert value == text
        assert not re.fullmatch(r"[-+]?[0-9_.:]*[0-9][0-9_.:]*", text, re.ASCII) or text.count(".") > 1 or ":" in text


@given(
    value=st.recursive(
        st.sampled_from(["a", "b c"]),
        lambda inner: (
            st.lists(inner, min_size=1, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, min_size=1, max_size=3)
        ),
        max_leaves=6,
    )
)
def test_reading_gives_back_what_was_written(value: Any) -> None:
    document = read_document(written(value))
    assert (document.value, document.problems) == (value, [])


def written(value: Any) -> str:
    """A value in flow style, every text quoted."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(written(item) for item in value) + "]"
    return f'"{value}"'


@QUICK
@given(seconds=st.integers(86_400, 10**9 - 1))
def test_every_age_is_read_as_written(seconds: int, tmp_path: Path) -> None:
    loaded = load(tmp_path, SMALL.replace("7d", f"{seconds}s").encode())
    assert loaded is not None
    assert loaded.policies[0].ages[0].total_seconds() == seconds
    assert parse_duration(format_duration(loaded.policies[0].ages[0])) == loaded.policies[0].ages[0]


VALUE = re.compile(r'"[^"]*"|[^,\[\]{}\n]+(?<! )')
EVERYTHING = read_document(EVERY_FIELD)
VALUES = [(path, mark) for path, mark in EVERYTHING.places.items() if not isinstance(EVERYTHING.value_at(path), dict | list)]
NOTHINGS = ["", "null", "~", '""', '" "', "[]", "{}", "[null]"]


@pytest.mark.some(3)
@pytest.mark.parametrize("nothing", NOTHINGS)
def test_no_value_of_any_field_may_be_nothing(nothing: str, tmp_path: Path) -> None:
    """Nothing instead of any one value never loads, so it can never mean more than the value did.

    Two things are no value but no nothing either: after the comma of a list YAML lets the last item be left out, and null,
    written out as the whole value of a tag's key, asks for the key alone.
    Each value meets one of the eight, in `make soak` all.
    """
    for name in ("access_key", "ca.pem"):
        (tmp_path / name).write_text("canary")
    config, lines = tmp_path / "janitor.yaml", EVERY_FIELD.splitlines()
    for number, (path, mark) in enumerate(VALUES):
        if not IS_SOAK and (number + NOTHINGS.index(nothing)) % len(NOTHINGS):
            continue
        if (nothing == "" and path[-1] in (1, 2, 3)) or (nothing == "null" and path[-2:-1] == ("labels",)):
            continue
        line, start = lines[mark.line - 1], mark.column - 1
        written = VALUE.match(line, start)
        assert written is not None, path
        edited = [*lines[: mark.line - 1], f"{line[:start]}{nothing}{line[written.end() :]}", *lines[mark.line :]]
        config.write_text("\n".join(edited))
        with pytest.raises(ConfigError) as refusal:
            load_settings(config, EVERY_ENVIRON)
        assert f"{config}:{mark.line}:" in str(refusal.value), (path, refusal.value)


def test_every_field_has_a_value_to_take_away(tmp_path: Path) -> None:
    for name in ("access_key", "ca.pem"):
        (tmp_path / name).write_text("canary")
    (tmp_path / "janitor.yaml").write_text(EVERY_FIELD)
    assert load_settings(tmp_path / "janitor.yaml", EVERY_ENVIRON).holds
    assert len(VALUES) > 50


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_fields_does_not_matter(order: int, tmp_path: Path) -> None:
    head, targets, policies = re.split(r"^(?=targets|policies)", SMALL, flags=re.MULTILINE)
    loaded = load(tmp_path, "".join([head, targets, policies][::order]).encode())
    assert loaded == load(tmp_path, SMALL.encode())
