"""Every page of the console, reached by clicks, with and without scripts; nothing goes wrong on any of them."""

import re

import pytest
from browser.conftest import Open
from browser.window import HEADINGS, Window
from browser.world import World
from playwright.sync_api import expect

_MOVING = re.compile(r"\b(copy|now|in [0-9dhm]+|[0-9dhm]+ ago)\b")
"""What the clock, or a script, changes of a text."""


def walk_the_navigation(window: Window) -> None:
    window.go("/")
    for path, heading in HEADINGS.items():
        window.page.get_by_role("navigation", name="Pages").get_by_role("link", name=heading).click()
        expect(window.page.locator("h1")).to_have_text(heading)
        expect(window.page.locator("nav [aria-current=page]")).to_have_text(heading)
        assert window.path() == path


def walk_to_the_end_of_a_job(window: Window) -> None:
    """Overview, its last sweep, a job that it deleted, what is left of it, the event in the log; and back again."""
    page = window.page
    window.go("/sweeps?target=research")
    page.locator("tbody tr", has_text="confirmed").first.get_by_role("link").first.click()
    expect(page.locator("h1")).to_contain_text("Sweep of")
    page.locator("tr", has_text="deletion.confirmed").first.get_by_role("link").nth(1).click()
    expect(page.get_by_text("It is gone", exact=False).first).to_be_visible()
    page.get_by_text("The document").first.click()
    expect(page.get_by_label("The tombstone").first).to_contain_text('"metadata"')
    page.get_by_role("link", name=re.compile("^event ")).first.click()
    expect(page.locator("h1")).to_have_text("Audit")
    page.locator("td details summary").first.click()
    expect(page.locator("td dl.all").first).to_be_visible()
    for heading in ("Job", "Sweep of", "Sweeps"):
        page.go_back()
        if heading != "Job":
            expect(page.locator("h1")).to_contain_text(heading)
    page.get_by_role("link", name="janitor", exact=True).click()
    expect(page.locator("h1")).to_have_text("Overview")


def find_a_job(window: Window) -> None:
    """By a part of its name, by verdict, by owner, sorted; until nothing fits; and everything again."""
    page = window.page
    window.go("/jobs")
    page.get_by_label("Id or name").fill("trial-unet-0")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("status")).to_have_text(re.compile(r"^[1-9]\d? jobs?$"))
    for name in page.locator("tbody th a").all_inner_texts():
        assert name.startswith("trial-unet-0")
    assert "q=trial-unet-0" in window.path()
    assert "owner=" not in window.path(), "what was left blank does not stand in the address"
    page.get_by_role("navigation", name="Verdicts").get_by_role("link", name="held").click()
    expect(page.get_by_role("status")).to_have_text("1 job")
    page.get_by_role("link", name="clear all").click()
    page.get_by_role("link", name="created").click()
    expect(page.locator("th[aria-sort]")).to_contain_text("created")
    page.get_by_label("Phase").select_option("running")
    expect(page.locator("td.less", has_text="completed")).to_have_count(0)
    page.get_by_label("Id or name").fill("no job has this name")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Show all jobs").click()
    expect(page.locator("tbody tr")).to_have_count(100)
    page.get_by_role("link", name="next").click()
    expect(page.get_by_role("link", name="previous")).to_be_visible()


def test_every_page_is_reached_by_clicks(window: Window) -> None:
    walk_the_navigation(window)
    expect(window.page.get_by_role("button", name="Log out")).to_have_count(0)
    walk_to_the_end_of_a_job(window)


@pytest.mark.soak
def test_a_job_is_found_by_what_is_known_of_it(window: Window) -> None:
    find_a_job(window)


@pytest.mark.soak
def test_without_scripts_every_page_is_reached_and_says_the_same(open_console: Open, window: Window, world: World) -> None:
    """Forms work, times are UTC, and no button is there that would do nothing."""
    with open_console(java_script_enabled=False) as plain:
        walk_the_navigation(plain)
        walk_to_the_end_of_a_job(plain)
        page = plain.go("/jobs")
        page.get_by_label("Id or name").fill("trial-unet-0")
        page.get_by_label("Phase").select_option("completed")
        page.get_by_role("button", name="Show").click()
        expect(page.locator("tbody th a").first).to_have_text(re.compile("^trial-unet-0"))
        for address in ("/", "/upcoming", "/audit", f"/job?target=research&id={world.failed}"):
            told = [_MOVING.sub("", each.go(address).locator("main").inner_text()) for each in (plain, window)]
            assert told[0].split() == told[1].split(), address
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\dZ", page.locator("main time").first.inner_text())
        expect(page.locator("button[data-copy]")).not_to_have_count(0)
        expect(page.locator("button[data-copy]:visible")).to_have_count(0)
