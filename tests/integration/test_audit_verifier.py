"""The verifier of docs/audit-format.md, run as an auditor would, agrees with `janitor audit verify` on every file."""

import ast
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pages
import pytest
from documents import make_document
from stage import Stage

MakeStage = Callable[..., Stage]
(VERIFIER,) = [body for _, body in pages.blocks("audit-format.md", "python")]


@pytest.fixture
def exported(make_stage: MakeStage, now_ms: int) -> tuple[Stage, list[bytes], str]:
    """A stage after a sweep, its exported lines without their ends, and its head."""
    stage = make_stage(
        jobs=[make_document(now_ms, 60, name="模型\x1b\ud800"), make_document(now_ms, 50), make_document(now_ms, 2)]
    )
    stage.write()
    assert stage.sweep()[0] == 0
    lines = stage.janitor("audit", "export")[1].encode("ascii").removesuffix(b"\n").split(b"\n")
    head = json.loads(lines[-1])
    return stage, lines, f"{head['seq']}:{head['hash']}"


def text_of(event: dict[str, Any]) -> bytes:
    return json.dumps(event, sort_keys=True, separators=(",", ":")).encode()


def rechained(lines: list[bytes], change: Callable[[dict[str, Any]], object]) -> list[bytes]:
    """The whole chain written anew by somebody who knows how, the first event changed."""
    previous, forged = "0" * 64, list[bytes]()
    for line in lines:
        event = json.loads(line)
        if not forged:
            change(event)
        del event["hash"]
        event["prev"] = previous
        previous = hashlib.sha256(text_of(event)).hexdigest()
        forged.append(text_of(event | {"hash": previous}))
    return forged


def joined(lines: list[bytes]) -> bytes:
    return b"\n".join(lines) + b"\n"


FORGERIES: dict[str, Callable[[list[bytes]], bytes]] = {
    "changed": lambda lines: joined([*lines[:3], lines[3].replace(b"sweep", b"Sweep"), *lines[4:]]),
    "removed": lambda lines: joined([*lines[:3], *lines[4:]]),
    "first removed": lambda lines: joined(lines[1:]),
    "swapped": lambda lines: joined([*lines[:3], lines[4], lines[3], *lines[5:]]),
    "twice": lambda lines: joined([*lines[:3], lines[3], *lines[3:]]),
    "cut": lambda lines: joined(lines[:-2]),
    "cut in a line": lambda lines: joined(lines)[:-20],
    "rewritten": lambda lines: joined(rechained(lines, lambda event: event.update(actor="nobody"))),
    "key twice": lambda lines: joined([lines[0].replace(b'"event":', b'"event":"x","event":'), *lines[1:]]),
    "space": lambda lines: joined([lines[0] + b" ", *lines[1:]]),
    "not escaped": lambda lines: joined(lines).replace(b"\\u6a21", "模".encode()),
    "CR LF": lambda lines: b"\r\n".join(lines) + b"\r\n",
    "BOM": lambda lines: b"\xef\xbb\xbf" + joined(lines),
    "blank line": lambda lines: joined([*lines[:3], b"", *lines[3:]]),
    "blank end": lambda lines: joined([*lines, b""]),
    "empty": lambda _: b"",
    "only a line end": lambda _: b"\n",
    "NUL": lambda lines: joined([b"\0", *lines]),
    "no JSON": lambda _: b"hello\n",
    "no object": lambda _: b"[]\n",
    "no fields": lambda _: b"{}\n",
    "null": lambda _: b"null\n",
    "float": lambda lines: joined(rechained(lines, lambda event: event.update(share=0.5))),
    "infinite": lambda lines: joined(rechained(lines, lambda event: event.update(share=float("inf")))),
    "true as 1": lambda lines: joined(rechained(lines, lambda event: event.update(seq=True))),
    "seq as text": lambda lines: joined(rechained(lines, lambda event: event.update(seq="1"))),
    "huge number": lambda lines: joined([lines[0].replace(b'"seq":1', b'"seq":1' + b"0" * 5000), *lines[1:]]),
    "large number": lambda lines: joined([lines[0].replace(b'"seq":1', b'"seq":1' + b"0" * 4000), *lines[1:]]),
    "deep": lambda lines: joined([b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", *lines]),
    "hash is no text": lambda lines: joined([*lines[:-1], text_of(json.loads(lines[-1]) | {"hash": 5})]),
    "hash is missing": lambda _: joined([text_of({"seq": 1, "prev": "0" * 64})]),
}


def by_both(stage: Stage, content: bytes, *heads: str) -> tuple[int, int]:
    """Exit codes of janitor and of the document's verifier, a process of its own that knows no janitor."""
    export, script = stage.folder / "export.jsonl", stage.folder / "verify.py"
    export.write_bytes(content)
    script.write_text(VERIFIER)
    options = [part for head in heads for part in ("--head", head)]
    code, out, error = stage.janitor("audit", "verify", "--file", str(export), *options)
    assert "Traceback" not in error
    assert (code == 0) == ("events verified" in out)
    assert code == 0 or (len(error.splitlines()), error.startswith(f"janitor: {export}")) == (1, True)
    alone = subprocess.run([sys.executable, "-I", str(script), str(export), *heads], capture_output=True, text=True, check=False)
    assert (alone.stderr, len(alone.stdout.splitlines())) == ("", 1)
    return code, alone.returncode


def test_s21_both_verify_an_untouched_export_with_and_without_a_head_and_a_last_line_end(
    exported: tuple[Stage, list[bytes], str],
) -> None:
    stage, lines, head = exported
    for content in (joined(lines), joined(lines)[:-1]):
        assert by_both(stage, content) == by_both(stage, content, head) == (0, 0)


def test_s21_both_refuse_every_forgery(exported: tuple[Stage, list[bytes], str]) -> None:
    stage, lines, head = exported
    found = {name: by_both(stage, forge(lines), head) for name, forge in FORGERIES.items()}
    assert found == dict.fromkeys(FORGERIES, (5, 1))


@pytest.mark.soak
def test_s21_without_a_head_neither_sees_that_the_end_was_cut_or_all_was_rewritten(
    exported: tuple[Stage, list[bytes], str],
) -> None:
    """What the anchor is for; the document says so."""
    stage, lines, _ = exported
    seen = {name: by_both(stage, forge(lines)) for name, forge in FORGERIES.items()}
    assert {name for name, codes in seen.items() if codes == (0, 0)} == {"cut", "rewritten"}
    assert {codes for name, codes in seen.items() if name not in ("cut", "rewritten")} == {(5, 1)}


def test_s21_heads_beyond_or_before_the_log_are_refused_by_both(exported: tuple[Stage, list[bytes], str]) -> None:
    stage, lines, _ = exported
    for head in (f"0:{'a' * 64}", f"9999:{'a' * 64}", f"1:{'a' * 64}"):
        assert by_both(stage, joined(lines), head) == (5, 1)


@pytest.mark.soak
def test_what_is_no_readable_file_is_a_usage_error(exported: tuple[Stage, list[bytes], str], tmp_path: Path) -> None:
    stage = exported[0]
    for path in (tmp_path, tmp_path / "none"):
        code, _, error = stage.janitor("audit", "verify", "--file", str(path))
        assert (code, "Traceback" in error) == (2, False)


@pytest.mark.some(1)
@pytest.mark.parametrize(("name", "hint"), [("CR LF", "CR LF"), ("BOM", "byte order mark"), ("blank line", "it is blank")])
def test_what_usually_happens_to_files_on_their_way_is_named(
    exported: tuple[Stage, list[bytes], str], name: str, hint: str
) -> None:
    stage, lines, _ = exported
    export = stage.folder / "export.jsonl"
    export.write_bytes(FORGERIES[name](lines))
    assert hint in stage.janitor("audit", "verify", "--file", str(export))[2]


@pytest.mark.soak
def test_the_result_as_json_says_the_same_as_the_exit_code(exported: tuple[Stage, list[bytes], str]) -> None:
    stage, lines, head = exported
    export = stage.folder / "export.jsonl"
    seen = []
    for content in (joined(lines), FORGERIES["swapped"](lines), b"", joined(lines[:-1])):
        export.write_bytes(content)
        code, out, _ = stage.janitor("audit", "verify", "--file", str(export), "--head", head, "--output", "json")
        document = json.loads(out)
        assert list(document) == ["version", "source", "verified", "wrong", "anchors", "events", "head"]
        assert (document["verified"], document["wrong"] is None) == (code == 0, code == 0)
        seen.append((code, document["events"], document["head"]))
    third = json.loads(lines[2])["hash"]
    assert seen[:3] == [(0, len(lines), head), (5, 3, f"3:{third}"), (5, None, None)]
    assert seen[3][:2] == (5, len(lines) - 1)
    assert json.loads(stage.janitor("audit", "verify", "--output", "json")[1])["verified"] is True


def test_the_verifier_is_short_and_needs_the_standard_library_alone() -> None:
    assert len(VERIFIER.splitlines()) <= 60
    found = [node for node in ast.walk(ast.parse(VERIFIER)) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert {alias.name for node in found for alias in node.names} <= sys.stdlib_module_names
