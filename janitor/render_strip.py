"""Owns charts without words in them, as wide as their place: for pages that put words and numbers beside them, and style them."""

from collections.abc import Sequence

from janitor.render_markup import Markup, element
from janitor.render_svg import Bar, Frame, Series, draw_bars, draw_shares

WIDTH, HEIGHT, THIN = 1000, 120, 20
_GAP = 3


def share_strip(title: str, parts: Sequence[tuple[Series, int]]) -> Markup:
    """One thin bar of shares."""
    told = ", ".join(f"{each.name} {number}" for each, number in parts if number) or "none"
    return _strip((title, told), draw_shares(parts, Frame(left=0, right=WIDTH, top=0, base=THIN), _GAP), THIN)


def bar_strip(title: str, bars: Sequence[Bar], series: Sequence[Series]) -> Markup:
    """Bars side by side, each of stacked parts."""
    most = max((sum(bar.parts) for bar in bars), default=0)
    told = f"{sum(sum(bar.parts) for bar in bars)} in all, at most {most} in one bar"
    return _strip((title, told), draw_bars(bars, series, Frame(left=0, right=WIDTH, top=2, base=HEIGHT)), HEIGHT)


def line_strip(title: str, values: Sequence[int]) -> Markup:
    """One line through these values, from left to right, over nothing; the area below it is filled."""
    most, last = max(1, max(values, default=0)), max(1, len(values) - 1)
    points = [(WIDTH * place / last, HEIGHT - (HEIGHT - 6) * value / most) for place, value in enumerate(values)]
    points = [*points, (float(WIDTH), points[0][1])] if len(points) == 1 else points
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    told = f"from {values[0]} to {values[-1]}, at least {min(values)} and at most {max(values)}" if values else "no values"
    area = element("polygon", points=f"0,{HEIGHT} {line} {WIDTH},{HEIGHT}", class_="area")
    drawn = element("polyline", points=line, class_="line", fill="none", vector_effect="non-scaling-stroke")
    return _strip((title, told), [area, drawn] if values else [], HEIGHT)


def _strip(told: tuple[str, str], drawn: Sequence[Markup], height: int) -> Markup:
    title, words = told
    size = {"viewBox": f"0 0 {WIDTH} {height}", "preserveAspectRatio": "none"}
    names = element("title", title), element("desc", words)
    return element("svg", *names, *drawn, role="img", aria_label=f"{title}: {words}", class_="strip", **size)
