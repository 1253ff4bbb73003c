"""Charts for pages that put the words beside them."""

from xml.etree import ElementTree as ET

from janitor.render_strip import HEIGHT, WIDTH, bar_strip, line_strip, share_strip
from janitor.render_svg import Bar, Series

ONE, TWO = Series(name="one", colour="#111111", css="a"), Series(name="two", colour="#222222", css="b")


def parse(markup: str) -> ET.Element:
    assert "style=" not in markup, "a strict policy of content drops inline styles"
    return ET.fromstring(markup)  # noqa: S314  our own


def boxes(chart: ET.Element) -> list[dict[str, str]]:
    return [each.attrib for each in chart.iter("rect")]


def test_shares_are_as_wide_as_their_numbers_and_what_is_there_at_all_shows() -> None:
    chart = parse(share_strip("Title", [(ONE, 999), (TWO, 1), (ONE, 0)]))
    first, second = boxes(chart)
    assert float(first["width"]) > 990
    assert float(second["width"]) >= 1
    assert [each["class"] for each in (first, second)] == ["a", "b"]
    assert chart.attrib["aria-label"] == "Title: one 999, two 1"


def test_bars_stack_and_the_highest_fills_the_height() -> None:
    chart = parse(bar_strip("Title", [Bar(label="x", parts=(1, 3)), Bar(label="y", parts=(0, 2))], [ONE, TWO]))
    heights = [float(each["height"]) for each in boxes(chart)]
    assert heights == [round((HEIGHT - 2) * share, 1) for share in (1 / 4, 3 / 4, 2 / 4)]
    assert chart.findtext("desc") == "6 in all, at most 4 in one bar"


def test_a_line_goes_from_edge_to_edge_and_its_highest_point_is_the_highest_value() -> None:
    (line,) = parse(line_strip("Title", [0, 10, 5])).iter("polyline")
    points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
    assert [x for x, _ in points] == [0, WIDTH / 2, WIDTH]
    assert [y for _, y in points] == [HEIGHT, 6, HEIGHT / 2 + 3]


def test_nothing_at_all_is_a_chart_that_says_so() -> None:
    assert boxes(parse(share_strip("Title", []))) == []
    assert parse(line_strip("Title", [])).findtext("desc") == "no values"
    assert parse(line_strip("Title", [7])).findtext("desc") == "from 7 to 7, at least 7 and at most 7"
    assert boxes(parse(bar_strip("Title", [], [ONE]))) == []
