"""What a reader sees: their own time on hover, no page that is wider than a phone, both schemes of colours."""

import re
from datetime import datetime, timedelta

import pytest
from amount import IS_SOAK
from browser.conftest import Open
from browser.window import PAGES, PHONE, Window
from browser.world import World
from playwright.sync_api import expect

WIDER = """() => [...document.querySelectorAll("main *")].filter((each) => {
  const box = each.getBoundingClientRect();
  return box.width && box.right > innerWidth + 0.5 && !each.closest(".wide, pre, nav");
}).map((each) => each.outerHTML.slice(0, 120))"""


@pytest.mark.soak
def test_every_time_says_on_hover_what_it_is_where_the_reader_is(window: Window) -> None:
    """The browser of these tests is in Tokyo, nine hours ahead of UTC, always."""
    page = window.go("/audit")
    times = page.locator("main time")
    assert times.count() > 10
    for number in (0, times.count() - 1):
        each = times.nth(number)
        utc = datetime.fromisoformat(each.get_attribute("datetime") or "")
        own = utc + timedelta(hours=9)
        assert each.inner_text() == f"{utc:%Y-%m-%d %H:%M:%S}Z"
        assert each.get_attribute("title") == f"{own.day} {own:%b %Y}, {own:%H:%M:%S} (your time)"
    page = window.go("/jobs")
    page.get_by_label("Phase").select_option("completed")
    expect(page).to_have_url(re.compile("phase=completed"))
    assert page.locator("time:not([title])").count() == 0, "what was fetched later has it too"


@pytest.mark.parametrize("width", [PHONE["width"], *((320, 360) if IS_SOAK else ())])
def test_on_a_phone_no_page_scrolls_to_the_side(open_console: Open, world: World, width: int) -> None:
    with open_console(viewport={**PHONE, "width": width}, device_scale_factor=2, has_touch=True) as window:
        page = window.page
        for address in (*PAGES, f"/job?target=research&id={world.deleted}", f"/job?target=research&id={world.failed}"):
            window.go(address)
            page.evaluate("() => document.querySelectorAll('details').forEach((each) => { each.open = true; })")
            assert page.evaluate("() => document.documentElement.scrollWidth") <= width, address
            assert page.evaluate(WIDER) == [], address


@pytest.mark.soak
def test_dark_and_light_are_two_looks(window: Window) -> None:
    page, ask = window.go("/policies"), "() => getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(ask)
    page.emulate_media(color_scheme="light")
    assert page.evaluate(ask) != dark
