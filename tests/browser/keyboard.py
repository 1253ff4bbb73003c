"""Owns how a page is used with the keyboard alone, and what somebody who looks at it would see of that."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

_FIND = "a[href], button:not([hidden]), input:not([type=hidden]), select, summary, [tabindex='0']"
COUNT = f"""() => [...document.querySelectorAll({_FIND!r})].filter(
  (each) => each.checkVisibility({{contentVisibilityAuto: true}}) && each.getClientRects().length).length"""
NOTE = """() => {
  window.stops = [];
  const numbers = new Map();
  addEventListener("keyup", (event) => {
    const at = document.activeElement;
    if (event.key !== "Tab") { return; }
    if (at === null || at === document.body) { window.stops.push(null); return; }
    if (!numbers.has(at)) { numbers.set(at, numbers.size); }
    const look = getComputedStyle(at), box = at.getBoundingClientRect();
    window.stops.push({
      number: numbers.get(at),
      text: (at.getAttribute("aria-label") || at.textContent || at.id).trim().slice(0, 60),
      outline: look.outlineStyle === "none" ? 0 : parseFloat(look.outlineWidth),
      seen: box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth && box.width > 0,
    });
  });
}"""


@dataclass(frozen=True, kw_only=True)
class Round:
    """Where the focus was, key by key: once through a page and back."""

    forth: list[dict[str, Any]]
    back: list[dict[str, Any]]
    places: int

    def wrong(self) -> list[str]:
        """What somebody with a keyboard alone would complain of."""
        found = [f"no outline on {stop['text']!r}" for stop in self.forth if stop["outline"] < 2]
        found += [f"out of sight: {stop['text']!r}" for stop in (*self.forth, *self.back) if not stop["seen"]]
        numbers = [stop["number"] for stop in self.forth]
        if len(set(numbers)) != self.places:
            found.append(f"{len(set(numbers))} of {self.places} places are reached")
        if [stop["number"] for stop in self.back] != numbers[-2::-1]:
            found.append("the way back is another one: a trap, or a jump")
        return found


def go_round(page: Page) -> Round:
    """Tab through the whole page, and back from its end to its beginning."""
    page.evaluate(NOTE)
    places = int(page.evaluate(COUNT))
    for _ in range(places):
        page.keyboard.press("Tab")
    for _ in range(places - 1):
        page.keyboard.press("Shift+Tab")
    stops = page.evaluate("() => window.stops")
    assert None not in stops, "the focus is lost on the way"
    return Round(forth=stops[:places], back=stops[places:], places=places)


def tab_to(page: Page, role: str, name: str, most: int = 60) -> None:
    """Press Tab until the focus is on something of this role and name."""
    wanted = page.get_by_role(role, name=name, exact=True).first  # type: ignore[arg-type]  # any role of ARIA
    for _ in range(most):
        page.keyboard.press("Tab")
        if wanted.evaluate("(each) => each === document.activeElement"):
            return
    raise AssertionError(f"{most} times Tab do not lead to the {role} {name!r}")
