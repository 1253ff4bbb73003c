"""docs/embedding.md: its blocks are run in order as one session, and print what the page says."""

from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pages
import pytest

from janitor.backends.port import Backend
from janitor.ledger.chain import find_break
from janitor.ledger.opening import read_ledger

BLOCKS = [body for _, body in pages.blocks("embedding.md", "python")]


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Any], list[str]]:
    """What the page leaves behind, and what each block printed."""
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {"__name__": "session"}
    printed = []
    for block in BLOCKS:
        with redirect_stdout(StringIO()) as out:
            exec(compile(block, "embedding.md", "exec"), space)  # noqa: S102  the page's own
        printed.append(out.getvalue())
    return space, printed


def test_every_block_runs_and_prints_what_the_page_says(session: tuple[dict[str, Any], list[str]], tmp_path: Path) -> None:
    space, printed = session
    assert [line.split()[:2] for line in printed[1].splitlines()] == [["a1", "expired"], ["a2", "kept"], ["a3", "unmanaged"]]
    said = (pages.DOCS / "embedding.md").read_text()
    for block in (2, 4):
        assert f"prints `{printed[block].strip()}`" in said
    assert space["dry"].exit_code == space["report"].exit_code == space["swept"].exit_code == 0
    ledger = read_ledger(tmp_path / "ledger.db")
    assert ledger is not None
    with ledger:
        confirmed = [row.event()["job_id"] for row in ledger.rows() if row.event()["event"] == "deletion.confirmed"]
        assert find_break(ledger.rows())[0] is None
    assert confirmed == ["a1", "b1"]


def test_the_backend_of_the_page_has_every_method_of_the_port(session: tuple[dict[str, Any], list[str]]) -> None:
    wanted = {name for name in vars(Backend) if not name.startswith("_")}
    own = vars(session[0]["FolderBackend"])
    assert wanted == {name for name in own if not name.startswith("_")}
