"""Commands on the pages: run as they are pasted they use the file of the pages, and none is cut."""

import shlex
from dataclasses import replace
from pathlib import Path

from builders import make_job
from console_stage import ConsoleStage

from janitor.console.asking import address
from janitor.console.words import LONGEST, by_file, shown


def test_a_file_that_is_not_found_by_itself_is_named_in_every_command(stage: ConsoleStage) -> None:
    job = make_job()
    stage.sweep(job)
    assert "--config" not in stage.get("/upcoming").page.text
    stage.desk.settings = replace(stage.desk.settings, source=Path("/etc/it's here/j.yaml"))
    for place in ("/upcoming", "/audit", f"/job?id={job.id}"):
        page = stage.get(place).text
        assert page.count("<code>janitor ") == page.count("<code>janitor --config ") > 0
    assert shlex.split(by_file("janitor audit verify", Path("/etc/it's here/j.yaml"))) == [
        *("janitor", "--config", "/etc/it's here/j.yaml", "audit", "verify")
    ]


def test_no_link_and_no_command_is_shortened() -> None:
    value = "x" * LONGEST
    for text in (address("/jobs", q=value), by_file(f"janitor explain {value}", Path("/x.yaml"))):
        assert shown(text, str) == text
    assert len(str(shown(value + "y", str))) == LONGEST
