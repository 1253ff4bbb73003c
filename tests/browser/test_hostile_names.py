"""Names, owners and descriptions that somebody made up to do harm are texts in the real DOM, on every page (D3 to D8)."""

import csv
from urllib.parse import urlsplit

import pytest
from amount import cases
from browser.window import PAGES, Window
from browser.world import HOSTILE, World
from playwright.sync_api import Page, expect

from janitor.core.text import is_hidden

ADDRESSES = (*PAGES, "/jobs?q=0000-4000", "/audit?event=deletion.confirmed")
STRANGE = "iframe, object, embed, base, style, meta[http-equiv], main img, [autofocus], [srcdoc]"
SURVEY = """(strange) => {
  const all = [...document.querySelectorAll("*")];
  const leads = all.map((each) => each.href?.baseVal ?? each.href ?? each.src ?? each.getAttribute("action"));
  return {
    struck: window.struck || 0,
    scripts: document.querySelectorAll("script").length,
    strange: document.querySelectorAll(strange).length,
    handlers: all.filter((each) => each.getAttributeNames().some((name) => name.startsWith("on"))).length,
    elsewhere: leads.filter((each) => each && new URL(each, location).origin !== location.origin),
    text: document.body.innerText,
  };
}"""
INERT = {"struck": 0, "scripts": 2, "strange": 0, "handlers": 0, "elsewhere": []}


def look(page: Page) -> str:
    """The text of a page that has nothing but what we wrote, and names that are seen as they are."""
    page.evaluate("() => document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    found = page.evaluate(SURVEY, STRANGE)
    text = str(found.pop("text"))
    assert found == INERT, page.url
    hidden = {character for character in text if is_hidden(character) and character not in "\n\t"}
    assert not hidden, (page.url, hidden)
    return text


@pytest.mark.parametrize("address", ADDRESSES)
def test_d3_d4_d6_d7_no_page_has_more_than_texts_of_them(window: Window, address: str) -> None:
    page = window.go(address)
    look(page)
    page.locator("main").hover()
    assert urlsplit(page.url).path == urlsplit(address).path


def test_d3_d5_d6_d7_the_pages_of_hostile_jobs_are_reached_by_a_click_and_show_their_names(window: Window) -> None:
    page = window.go("/jobs?target=research&verdict=kept&q=00000000-0000-4000")
    names = page.locator("tbody th a")
    told = names.all_inner_texts()
    for part in ("<script>", "srcdoc", "javascript:", "{{ 7*7 }}", "\\x1b[2J", "\\ud800", "\\u202egnp", "=HYPERLINK"):
        assert any(part in name for name in told), (part, told)
    assert len(told) == len(HOSTILE)
    for number in range(0, len(told), cases(5, 1)):
        names.nth(number).click()
        expect(page.locator("h1")).to_contain_text(told[number][:40])
        look(page)
        page.go_back()


def test_d6_d7_the_history_and_the_tombstone_of_one_that_went_are_texts(window: Window, world: World) -> None:
    events = [each for each in world.stage.events() if each["event"] == "deletion.confirmed" and "<" in each["job_name"]]
    assert len(events) >= 4
    for event in events[: cases(1, 4)]:
        text = look(window.go(f"/job?target=research&id={event['job_id']}"))
        assert "deletion.confirmed" in text
        look(window.go(f"/sweep?id={event['sweep_id']}"))


def test_d7_what_is_asked_for_is_a_text_too(window: Window) -> None:
    page = window.go("/jobs")
    for name in HOSTILE[: cases(2, 13)]:
        page.get_by_label("Id or name").fill(name[:200])
        page.keyboard.press("Enter")
        page.wait_for_function("(name) => new URL(location).searchParams.get('q') === name", arg=name[:200])
        look(page)
        page.reload()
        look(page)
        assert page.get_by_label("Id or name").input_value() == name[:200]


def test_d8_the_spreadsheet_that_is_downloaded_has_no_formula(window: Window) -> None:
    page = window.go("/audit")
    with page.expect_download() as coming:
        page.get_by_role("link", name="what is asked for as CSV").click()
    with coming.value.path().open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert any("HYPERLINK" in cell for row in rows for cell in row)
    assert [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r")] == []
