"""Owns charts as inline SVG: bars side by side, and one bar of shares; without script, font or colour of the page's text."""

from collections.abc import Sequence
from dataclasses import dataclass

from janitor.render_markup import Markup, element

WIDTH, HEIGHT = 640, 170
_LEFT, _TOP, _BASE = 44, 26, 146
_TEXT = {"font_size": "11", "font_family": "sans-serif", "fill": "currentColor"}
"""Text and lines take the page's own colour, light or dark."""
_MOST_LABELS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What one part of every bar stands for."""

    name: str
    colour: str
    css: str | None = None
    """The class by which a page with a style sheet of its own colours it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Where bars stand: on which line, and how high the highest may be; its first and last column."""

    left: float
    right: float
    top: float
    base: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar: what it is of, and a number for each series, from below."""

    label: str
    parts: tuple[int, ...]

    def tell(self, series: Sequence[Series]) -> str:
        """The bar in words."""
        parts = [f"{number} {each.name}" for number, each in zip(self.parts, series, strict=True) if number]
        return f"{self.label}: {', '.join(parts) or '0'}"


def bar_chart(title: str, bars: Sequence[Bar], series: Sequence[Series]) -> Markup:
    """Bars side by side, each of stacked parts; the chart says its sum, its highest bar and every bar's numbers in words."""
    most = max((sum(bar.parts) for bar in bars), default=0)
    step = (WIDTH - _LEFT) / max(1, len(bars))
    drawn = draw_bars(bars, series, Frame(left=_LEFT, right=WIDTH, top=_TOP, base=_BASE))
    every = -(-len(bars) // _MOST_LABELS) or 1
    labels = [
        _text(bar.label, _LEFT + (place + 0.5) * step, _BASE + 15, "middle")
        for place, bar in enumerate(bars)
        if place % every == 0
    ]
    scale = [_text(str(most), _LEFT - 6, _TOP + 4, "end"), _text("0", _LEFT - 6, _BASE, "end")]
    base = element("line", x1=_LEFT, y1=_BASE, x2=WIDTH, y2=_BASE, stroke="currentColor")
    summary = f"{sum(sum(bar.parts) for bar in bars)} in all, at most {most} in one bar"
    return _chart(title, summary, HEIGHT, [*_legend(series), *scale, base, *drawn, *labels])


def share_chart(title: str, parts: Sequence[tuple[Series, int]]) -> Markup:
    """One bar of shares, with a legend of names and numbers; what is there at all shows."""
    drawn = draw_shares(parts, Frame(left=0, right=WIDTH, top=24, base=48))
    named = [Series(name=f"{each.name} {number}", colour=each.colour) for each, number in parts if number]
    return _chart(title, ", ".join(each.name for each in named) or "none", 56, [*_legend(named, 0), *drawn])


def draw_bars(bars: Sequence[Bar], series: Sequence[Series], frame: Frame) -> list[Markup]:
    """The bars alone; what is there at all shows."""
    most = max(1, max((sum(bar.parts) for bar in bars), default=0))
    step = (frame.right - frame.left) / max(1, len(bars))
    return [_stack(bar, series, (frame.left + place * step, step, most), frame) for place, bar in enumerate(bars)]


def draw_shares(parts: Sequence[tuple[Series, int]], frame: Frame, gap: float = 0) -> list[Markup]:
    """The shares of one bar alone, side by side; what is there at all shows."""
    total, left, drawn = sum(number for _, number in parts), frame.left, list[Markup]()
    for each, number in parts:
        width = (frame.right - frame.left) * number / max(1, total)
        if number:
            place = left, frame.top, max(width - gap, 1.5), frame.base - frame.top
            drawn.append(_box(place, each, f"{each.name}: {number}"))
        left += width
    return drawn


def _stack(bar: Bar, series: Sequence[Series], place: tuple[float, float, int], frame: Frame) -> Markup:
    left, step, most = place
    parts, below = list[Markup](), 0.0
    for number, each in zip(bar.parts, series, strict=True):
        height = (frame.base - frame.top) * number / most
        if number:
            shown = max(height, 1.5)
            parts.append(_box((left + step * 0.1, frame.base - below - shown, step * 0.8, shown), each, bar.tell(series)))
        below += height
    return element("g", *parts)


def _box(place: tuple[float, float, float, float], series: Series, told: str) -> Markup:
    x, y, width, height = (f"{number:.1f}" for number in place)
    look = {"fill": series.colour, "class": series.css}
    return element("rect", element("title", told), x=x, y=y, width=width, height=height, **look)


def _legend(series: Sequence[Series], left: float = _LEFT) -> list[Markup]:
    drawn = list[Markup]()
    for each in series:
        drawn += [_box((left, 4, 10, 10), each, each.name), _text(each.name, left + 14, 13, "start")]
        left += 24 + 6.2 * len(each.name)
    return drawn


def _text(words: str, x: float, y: float, anchor: str) -> Markup:
    return element("text", words, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor, **_TEXT)


def _chart(title: str, summary: str, height: int, drawn: Sequence[Markup]) -> Markup:
    told = f"{title}: {summary}"
    size = {"width": WIDTH, "height": height, "viewBox": f"0 0 {WIDTH} {height}"}
    style = "max-width:100%;height:auto;display:block;margin:8px 0"
    return element("svg", element("title", told), *drawn, role="img", aria_label=told, style=style, **size)
