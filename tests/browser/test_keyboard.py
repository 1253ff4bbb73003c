"""The console with the keyboard alone: everything is reached, seen, used and left again."""

import re

import pytest
from browser.conftest import Open
from browser.keyboard import go_round, tab_to
from browser.window import Window
from playwright.sync_api import expect

FEW = ("/", "/upcoming", "/jobs?q=trial-unet-00", "/sweeps?target=research", "/policies", "/audit?event=sweep.finished")


@pytest.mark.some(3)
@pytest.mark.parametrize("address", FEW)
def test_the_focus_goes_through_a_page_and_back_always_in_sight(window: Window, address: str) -> None:
    window.go(address)
    assert go_round(window.page).wrong() == []


def test_the_page_of_a_job_is_gone_through_with_all_of_it_open(window: Window) -> None:
    page = window.go("/jobs?q=trial-unet-00")
    page.locator("tbody th a").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Hold it")).to_be_visible()
    page.evaluate("() => document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    page.evaluate("() => document.activeElement.blur()")
    assert go_round(page).wrong() == []


def test_the_first_stop_leads_past_the_navigation(window: Window) -> None:
    page = window.go("/jobs")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Id or name")).to_be_focused()


def test_with_keys_alone_a_job_is_found_and_read_and_left(open_console: Open) -> None:
    """From the overview to the jobs, by the form to one of them, its policy, and back; lists, buttons and what folds too."""
    with open_console() as window:
        page = window.go("/")
        tab_to(page, "link", "Jobs")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Jobs")
        tab_to(page, "searchbox", "Id or name")
        page.keyboard.type("rc-")
        page.keyboard.press("Enter")
        expect(page.locator("tbody tr").first).to_contain_text("rc-detector")
        expect(page.get_by_label("Id or name")).to_be_focused()
        tab_to(page, "combobox", "Phase")
        page.keyboard.type("compl")
        expect(page).to_have_url(re.compile("phase=completed"))
        name = page.locator("tbody th a").first.inner_text()
        tab_to(page, "link", name)
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text(name)
        tab_to(page, "link", "Overview")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Overview")
        page.locator("details summary").first.focus()
        for is_open in (True, False):
            page.keyboard.press("Space" if is_open else "Enter")
            assert page.locator("details").first.evaluate("(each) => each.open") is is_open
