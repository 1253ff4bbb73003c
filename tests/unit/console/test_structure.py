"""How every page is built: for keyboards, screen readers, browsers without script, and the strictest policy of content."""

import re
from itertools import pairwise

import pytest
from builders import make_job
from console_client import Reply, read
from console_stage import ConsoleStage, decide

ADDRESSES = (
    *("/", "/upcoming", "/jobs", "/jobs?q=zzz", "/job?id=none", "/sweeps", "/sweep?id=s1-id-1", "/sweep?id=none", "/policies"),
    *("/audit", "/audit?event=sweep.started", "/jobs?sort=bad"),
)


JOB, KEPT = make_job(), make_job(days_ago=1)
_SEEN = dict[str, Reply]()


@pytest.fixture
def swept(stage: ConsoleStage) -> ConsoleStage:
    """A ledger in which there is something of everything."""
    stage.sweep(JOB, KEPT)
    stage.list(decide(3), target="other")
    return stage


@pytest.fixture
def replies(request: pytest.FixtureRequest) -> dict[str, Reply]:
    """Every kind of page, asked for once."""
    if not _SEEN:
        stage: ConsoleStage = request.getfixturevalue("swept")
        _SEEN.update({each: stage.console.get(each) for each in (*ADDRESSES, f"/job?id={JOB.id}", f"/job?id={KEPT.id}")})
    return _SEEN


def test_every_page_is_well_formed_has_one_heading_of_the_first_level_and_skips_none(replies: dict[str, Reply]) -> None:
    for address, reply in replies.items():
        page = reply.page
        assert (page.wrong, page.open) == ([], []), address
        levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1, address
        assert levels.count(1) == 1, address
        assert all(after - before <= 1 for before, after in pairwise(levels)), (address, levels)


def test_every_page_has_a_language_a_title_landmarks_and_a_way_past_the_navigation(replies: dict[str, Reply]) -> None:
    titles = set()
    for address, reply in replies.items():
        page = reply.page
        assert page.all("html")[0]["lang"] == "en", address
        assert len(page.all("main")) == len(page.all("footer")) == 1, address
        first = next(attributes for tag, attributes in page.elements if tag == "a")
        assert first["href"] == f"#{page.all('main')[0]['id']}", address
        assert all(each.get("aria-label") for each in page.all("nav")), address
        titles.add(reply.text.partition("<title>")[2].partition("</title>")[0])
    assert len(titles) > 8


def test_tables_have_captions_and_scopes_fields_have_labels_and_charts_have_words(replies: dict[str, Reply]) -> None:
    for address, reply in replies.items():
        page = reply.page
        assert len(page.all("caption")) == len(page.all("table")), address
        assert all(each.get("scope") in ("col", "row") for each in page.all("th")), address
        labelled = {each["for"] for each in page.all("label")}
        fields = [*page.all("input"), *page.all("select")]
        assert all(each.get("type") == "hidden" or each["id"] in labelled for each in fields), address
        charts = [each for each in page.all("svg") if each.get("aria-hidden") != "true"]
        assert all(each["role"] == "img" and each["aria-label"] for each in charts), address
        ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
        assert len(ids) == len(set(ids)), address


def test_nothing_on_a_page_needs_inline_script_or_style(replies: dict[str, Reply]) -> None:
    for address, reply in replies.items():
        page = reply.page
        assert not page.all("style"), address
        assert all(each.get("src") for each in page.all("script")), address
        assert not [a for _, a in page.elements if "style" in a or any(name.startswith(("on", "hx-on")) for name in a)], address
        (config,) = (each["content"] for each in page.all("meta") if each.get("name") == "htmx-config")
        assert '"allowEval":false' in config
        assert '"includeIndicatorStyles":false' in config


def test_every_link_of_a_page_leads_to_a_page(replies: dict[str, Reply], swept: ConsoleStage) -> None:
    links = {link for reply in replies.values() for link in reply.page.links if link.startswith("/")}
    assert len(links) > 25
    for link in links:
        assert swept.console.get(link.partition("#")[0]).status in (200, 404 if "none" in link else 200), link


def test_times_carry_their_instant_and_nothing_but_utc_is_written(replies: dict[str, Reply]) -> None:
    for address, reply in replies.items():
        for each in reply.page.all("time"):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", each["datetime"]), address


def test_what_listens_to_changes_asks_for_its_own_page_again(stage: ConsoleStage) -> None:
    stage.sweep(make_job())
    for address in ("/", "/sweeps"):
        page = stage.get(address).page
        (each,) = (attributes for _, attributes in page.elements if attributes.get("hx-trigger", "").startswith("janitor:"))
        assert each["hx-get"] == address
        assert each["hx-select"] == f"#{each['id']}"
        assert each["hx-select-oob"] == "#as-of"
    page = stage.get("/").page
    assert [each["content"] for each in page.all("meta") if each.get("name") == "janitor-live"] == ["/live"]
    spoken = [each for each in page.all("p") if "aria-live" in each]
    assert [(each["id"], each["aria-live"]) for each in spoken] == [("news", "polite")], (
        "nothing that changes is read out as a whole"
    )


def test_the_parser_of_these_tests_notices_what_is_not_closed() -> None:
    assert read("<p><b>x</p>").wrong == ["p"]
    assert read("<p>").open == ["p"]
