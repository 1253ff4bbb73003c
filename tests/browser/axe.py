"""Owns asking axe-core about a page, in every look that it has; what it finds is told as one line each."""

from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from browser.window import FRAME, PHONE
from playwright.sync_api import Page, ViewportSize

_VENDOR = Path(__file__).parent / "vendor"
SOURCE = _VENDOR / "axe.min.js"
GRAVE = ("serious", "critical")
RUN = """async () => {
  const found = await axe.run(document, {resultTypes: ["violations"]});
  return found.violations.map(({id, impact, help, nodes}) => (
    {id, impact, help, nodes: nodes.map((node) => `${node.html.slice(0, 200)} ${node.any.map((each) => each.message)}`)}));
}"""
Look = tuple[Literal["light", "dark"], ViewportSize]
LIGHT: Look = ("light", FRAME)
DARK: Look = ("dark", PHONE)


def is_unchanged() -> bool:
    """Whether it is the file that VERSIONS.txt names."""
    return sha256(SOURCE.read_bytes()).hexdigest() in (_VENDOR / "VERSIONS.txt").read_text()


def ask_axe(page: Page, *looks: Look) -> list[str]:
    """What is serious or critical on a page in these looks, with everything on it unfolded."""
    page.evaluate("() => document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    page.evaluate(SOURCE.read_text())
    found = list[str]()
    for scheme, size in looks:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        found += [f"{scheme} {size['width']}: {_tell(each)}" for each in page.evaluate(RUN) if each["impact"] in GRAVE]
    return found


def _tell(violation: dict[str, Any]) -> str:
    nodes = violation["nodes"]
    return f"{violation['id']} ({violation['impact']}): {violation['help']}; {len(nodes)} times, first {nodes[0]}"
