"""Texts from outside stand on every page as texts, whatever is in them; secrets do not stand there at all."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from amount import IS_SOAK
from builders import make_job, make_policy
from console_client import Reply
from console_stage import ConsoleStage, decide
from hostile import LONG, TEXTS

from janitor.core import events as names
from janitor.core.text import is_hidden
from janitor.ledger.chain import Draft
from janitor.ledger.jobs import storable

PAGES = ("/", "/upcoming", "/jobs", "/sweeps", "/policies", "/audit")
_MARKUP = ('<script>alert(1)</script>"onload="x\'y', "{{ 7*7 }}{% raw %}", "</title></time><!--", "javascript:alert(1)")
HOSTILE = [*_MARKUP, *(TEXTS if IS_SOAK else [*TEXTS[::9], *TEXTS[-4:]])]


@pytest.fixture
def hostile(stage: ConsoleStage) -> ConsoleStage:
    """A ledger full of hostile texts: names, owners, reasons, of jobs that stay, that are marked, and that went."""
    named = [make_job(name=text, owner=text, days_ago=100 if n % 2 else 1) for n, text in enumerate(HOSTILE)]
    stage.sweep(*named)
    stage = ConsoleStage(ledger=stage.ledger, clock=stage.clock, policies=(make_policy(grace=timedelta(days=2)),), named=1)
    stage.sweep(*(replace(job, id=f"{number:08x}-1111-4000-8000-000000000000") for number, job in enumerate(named)))
    stage.list(*(decide(n, id=f"x{n}{text}"[:200], reason=text) for n, text in enumerate(HOSTILE)), target="strange")
    reason = {"reason": "".join(_MARKUP)}
    stage.ledger.append([Draft(event=names.SWEEPING_PAUSED, target=None, fields=reason)])
    return stage


def every_page(stage: ConsoleStage) -> Iterator[tuple[str, Reply]]:
    """Each kind of page, and each page of a job and of a sweep that they link to."""
    links = dict[str, None]()
    for address in (*PAGES, "/jobs?target=strange", "/jobs?target=strange&sort=name", "/audit?event=deletion.confirmed"):
        reply = stage.get(address)
        links |= dict.fromkeys(link for link in reply.page.links if link.startswith(("/job?", "/sweep?")))
        yield address, reply
    for address in links:
        yield address, stage.get(address)


def test_d3_d4_d6_d7_no_text_becomes_markup_an_address_elsewhere_or_what_is_hidden(hostile: ConsoleStage) -> None:
    for address, reply in every_page(hostile):
        page = reply.page
        strange = {character for character in reply.text if is_hidden(character) and character != "\n"}
        assert not strange, (address, strange)
        assert page.wrong == [], address
        assert page.open == [], address
        for tag, attributes in page.elements:
            assert tag not in ("iframe", "object", "base", "embed", "style"), address
            assert not [name for name in attributes if name.startswith("on") or name == "style"], (address, attributes)
            for name in ("href", "src", "action", "hx-get"):
                value = attributes.get(name)
                assert value is None or value.startswith(("/", "#")), (address, tag, value)
                assert value is None or not value.startswith("//"), (address, tag, value)
        assert all(each.get("src", "").startswith("/static/") for each in page.all("script")), address
        assert len(page.all("script")) == 2, address


def test_d5_a_lone_surrogate_is_an_escape_and_its_job_is_on_the_page(hostile: ConsoleStage) -> None:
    hostile.list(decide(900, name="odd \ud800 one"))
    page = hostile.get("/jobs?q=odd").page
    assert "odd \\ud800 one" in page.text
    assert "\ud800" not in page.text


def test_d8_no_cell_of_the_spreadsheet_is_a_formula(hostile: ConsoleStage) -> None:
    rows = list(csv.reader(io.StringIO(hostile.get("/audit/export.csv").text, newline="")))
    assert len(rows) > len(HOSTILE)
    assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r")]


def test_d33_a_name_of_any_length_takes_no_more_than_its_share_of_a_page(stage: ConsoleStage) -> None:
    stage.list(*(decide(number, name=text, owner=text) for number, text in enumerate(LONG)))
    assert len(stage.get("/jobs").body) < 80_000


def test_the_page_of_a_job_with_a_hostile_id_is_reached_by_its_link(hostile: ConsoleStage) -> None:
    links = [link for link in hostile.get("/jobs?target=strange").page.links if link.startswith("/job?")]
    assert len(links) == min(100, len({storable(f"x{n}{text}"[:200]) for n, text in enumerate(HOSTILE)}))
    for link in links[:30]:
        hostile.get(link)


def test_a_known_secret_stands_on_no_page_and_in_no_file(stage: ConsoleStage) -> None:
    secret = 's3cr3t/+<&>"-value'
    stage.sweep(make_job(name=f"a {secret} b", owner=secret), make_job(name=secret, owner="x" * 1990 + secret, days_ago=1))
    stage.list(decide(1, name=f"long {'y' * 900} {secret}", reason=secret), decide(2, policy=secret), target="b")
    held = {"hold_id": "h", "job_ids": [secret * 200], "match": None, "owner": None, "until": None, "reason": "x"}
    stage.ledger.append([Draft(event=names.HOLD_ADDED, target="research", fields=held)])
    assert secret in "".join(str(row.event()) for row in stage.ledger.rows()), "written before it was known"
    stage.desk.secrets = (secret,)
    forms = ("s3cr3t", "value%22", "%3C%26%3E")
    for address, reply in [*every_page(stage), ("csv", stage.get("/audit/export.csv"))]:
        assert not [form for form in forms if form in reply.text], address
