"""Marks in a description: a hold holds, a ttl lengthens, what is malformed holds."""

from datetime import timedelta

import pytest
from builders import make_job

from janitor.retention.marks import NO_MARKS, Marks, may_mark, parse_marks


def of_text(text: str | None) -> Marks:
    return parse_marks(make_job(description=text))


def of_tags(*pairs: tuple[str, str], description: str = "") -> Marks:
    return parse_marks(make_job(labels=tuple(sorted(pairs)), description=description))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "an ordinary text",
        "the janitor-cleaned run",
        "my janitor- notes",
        "janitor",
        "hold it, janitor",
        "jani hold",
        "ttl=30d",
    ]
    + ["the janitor of the hold", "Hausmeister räumt auf", "\u1160"],
)
def test_ordinary_text_has_no_marks(text: str) -> None:
    assert of_text(text) == NO_MARKS


def test_a_hold_with_and_without_text() -> None:
    assert of_text("please janitor-hold it").hold == "its description says janitor-hold"
    assert of_text("janitor-hold=paper").hold == "its description says janitor-hold=paper"


def test_the_longest_of_several_ttls_counts() -> None:
    assert of_text("janitor-ttl=30d janitor-ttl=2w").ttl == timedelta(days=30)
    assert of_text("janitor-ttl=30d").hold is None


@pytest.mark.parametrize(
    "word",
    ["janitor-ttl", "janitor-ttl=", "janitor-ttl=30", "janitor-hold=", "Janitor-Hold", "janitor-hold.", "`janitor-hold`"]
    + ["(janitor-hold)", '"janitor-hold"', "#janitor-hold", "-janitor-hold", "please:janitor-hold", "<b>janitor-hold</b>"]
    + [
        "\u200bjanitor-hold",
        "jan\u200bitor-hold",
        "janitor_hold",
        "janitor\u2011hold",
        "(janitor-ttl=900d)",
        "janitor\u2013ttl=9d",
    ]
    + ["\uff4aanitor-hold", "janitor-ttl=9d,janitor-hold"],
)
def test_a_malformed_mark_holds(word: str) -> None:
    assert "malformed" in str(of_text(f"text {word}").hold)


def test_a_description_that_cannot_be_read_holds() -> None:
    assert "could not be read" in str(of_text(None).hold)


@pytest.mark.parametrize(
    "pair", [("team", "nlp"), ("janitors", "x"), ("note", "janitor-cleaned"), ("note", "janitor"), ("hold", "janitor")]
)
def test_an_ordinary_tag_is_no_mark(pair: tuple[str, str]) -> None:
    assert of_tags(pair) == NO_MARKS


def test_a_hold_tag_holds_with_and_without_a_reason() -> None:
    assert of_tags(("janitor-hold", "")).hold == "its tag says janitor-hold"
    assert of_tags(("team", "nlp"), ("janitor-hold", "paper")).hold == "its tag says janitor-hold=paper"


def test_a_hold_tag_whose_value_sounds_like_a_no_holds_all_the_same() -> None:
    assert of_tags(("janitor-hold", "false")).hold == "its tag says janitor-hold=false"


def test_the_longest_ttl_of_tags_and_description_counts_and_says_where_it_stands() -> None:
    longer_tag = of_tags(("janitor-ttl", "30d"), description="janitor-ttl=2w")
    assert (longer_tag.hold, longer_tag.ttl, longer_tag.ttl_by) == (None, timedelta(days=30), "its tag janitor-ttl=30d")
    longer_word = of_tags(("janitor-ttl", "1w"), description="janitor-ttl=2w")
    assert (longer_word.ttl, longer_word.ttl_by) == (timedelta(days=14), "janitor-ttl=2w in its description")


def test_a_hold_in_either_place_holds_whatever_the_other_says() -> None:
    assert of_tags(("janitor-hold", ""), description="janitor-ttl=2w").hold == "its tag says janitor-hold"
    assert of_tags(("janitor-ttl", "30d"), description="janitor-hold").hold == "its description says janitor-hold"
    assert of_tags(("janitor-ttl", "soon"), description="janitor-ttl=2w").hold is not None


@pytest.mark.parametrize(
    "pair",
    [("janitor-ttl", ""), ("janitor-ttl", "30"), ("janitor-ttl", "soon"), ("janitor-ttl", "0d"), ("janitor-ttl=30d", "")]
    + [
        ("Janitor-Hold", ""),
        ("janitor_hold", "x"),
        ("janitor\u2011hold", ""),
        ("jan\u200bitor-hold", ""),
        ("my:janitor-hold", ""),
    ]
    + [
        ("janitor-hold=paper", ""),
        (" janitor-hold", ""),
        ("JANITOR_TTL", "30d"),
        ("keep", "janitor-hold"),
        ("note", "Janitor_TTL"),
    ],
)
def test_a_tag_that_looks_like_a_mark_and_is_none_holds(pair: tuple[str, str]) -> None:
    hold = of_tags(pair).hold
    assert hold is not None
    assert hold.startswith("its tag")
    assert "malformed" in hold


GAPS = ["", " ", ":", ".", "=", "--", " - ", "/", "+", "\t", "\u00a0", "\u2212", "\ufe58", "\u00ad", "\ufe0f", "\u200d", "\u0301"]
GAPS += ["\u3164", "\ufffd", "\u2800", "\U000e0020"]


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize(
    "word", ["janitor{}hold", "please janitor{}ttl=30d", "jani{}tor-hold", "J\u00e1nitor{}H\uff4fLD", "xjanitor-hold{}x"]
)
def test_r5_whatever_stands_between_the_letters_of_a_mark_holds(word: str, gap: str) -> None:
    text = word.format(gap)
    if text != "please janitor-ttl=30d":
        assert of_text(text).hold is not None
        assert of_tags((text, "x")).hold is not None
        assert of_tags(("note", text)).hold is not None
    assert of_tags((f"{gap}janitor", f"hold{gap}")).hold is not None


@pytest.mark.parametrize("key", ["janitor", "Janitor", "janitor-", " janitor:", "j\u00e4nitor", "\uff4aanitor", "jan\u200bitor"])
@pytest.mark.parametrize("value", ["hold", "", "x", "30d"])
def test_r5_a_tag_whose_key_is_no_more_than_janitor_holds(key: str, value: str) -> None:
    assert "malformed" in str(of_tags((key, value)).hold)


@pytest.mark.parametrize(
    "more", ["janitor hold", "janitor_ttl=9d", "janitor janitor-ttl=30d hold", "janitor-ttl=30d.", "janitorttl"]
)
def test_r5_a_near_miss_holds_beside_a_mark_that_is_well_formed(more: str) -> None:
    found = of_text(f"janitor-ttl=30d {more}")
    assert ("malformed" in str(found.hold), found.ttl) == (True, timedelta(days=30))
    assert of_tags(("janitor-ttl", "30d"), ("note", more)).hold is not None


@pytest.mark.parametrize("text", ["janitor-ttl=30d janitor-ttl=2w\njanitor-ttl=30d", "keep\tjanitor-ttl=1d12h janitor"])
def test_well_formed_ttls_alone_hold_nothing(text: str) -> None:
    assert of_text(text).hold is None
    assert of_text(text).ttl is not None


def test_tags_of_the_platform_are_no_marks() -> None:
    assert of_tags(("_sys_janitor-hold", ""), ("_sys_x", "janitor-hold")) == NO_MARKS


def test_tags_that_could_not_be_read_hold() -> None:
    assert parse_marks(make_job(labels=None)).hold == "its tags could not be read"
    assert parse_marks(make_job(labels=None, description="janitor-ttl=30d")).hold == "its tags could not be read"


@pytest.mark.parametrize(
    ("tag", "may"),
    [(("janitor-hold", ""), True), (("Janitor TTL", "30d"), True), (("team", "janitor-hold"), True), (("team", "nlp"), False)],
)
def test_a_tag_that_says_nothing_to_us_is_told_from_one_that_may(tag: tuple[str, str], *, may: bool) -> None:
    assert may_mark(*tag) is may
