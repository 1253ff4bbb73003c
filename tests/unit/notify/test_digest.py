"""What a digest says, in every form, and that nothing from outside can say anything else in it."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from amount import cases
from digests import AS_OF, JOBS, OBSERVED, OF_AN_OWNER, REFUSED, USUAL, WORST
from hostile import TEXTS
from hypothesis import given, settings
from hypothesis import strategies as st

from janitor.core.channel import Form
from janitor.notify.digest import MOST_LINES, build_digest
from janitor.notify.forms import render_digest
from janitor.notify.harmless import LONGEST_NAME, harmless
from janitor.notify.news import Marked, Stop
from janitor.retention.history import LIFTABLE

GOLDEN = Path(__file__).parents[2] / "golden" / "notice"
SHOWN = {"usual": USUAL, "refused": REFUSED, "owner": OF_AN_OWNER, "observed": OBSERVED}
ENDINGS = {Form.TEXT: "txt", Form.MARKDOWN: "md", Form.HTML: "html"}


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("name", SHOWN)
def test_a_digest_looks_in_each_form_as_its_golden_file(name: str, form: Form, *, is_updating_golden: bool) -> None:
    message, path = render_digest(build_digest(SHOWN[name]), form), GOLDEN / f"{name}.{ENDINGS[form]}"
    found = f"{message.title}\n\n{message.body}\n"
    if is_updating_golden:
        path.write_text(found)
        pytest.skip(f"{path} was written anew: look at its diff")
    assert found == path.read_text()


@pytest.mark.parametrize("form", Form)
def test_no_digest_is_longer_than_fifteen_lines_or_than_the_shortest_channel_takes(form: Form) -> None:
    assert MOST_LINES == 15
    for news in (*SHOWN.values(), WORST):
        body = render_digest(build_digest(news), form).body
        assert len(body.splitlines()) <= MOST_LINES
        assert len(body) < (2000 if form is Form.MARKDOWN else 4000)  # Discord takes 2000 characters


@pytest.mark.parametrize("guard", [*LIFTABLE, "max_share", "identity", "labels_unavailable", "lock"])
def test_a_refusal_names_the_command_to_run_next(guard: str) -> None:
    body = render_digest(build_digest(replace(REFUSED, refusal=Stop(by=guard, text="why"))), Form.TEXT).body
    (line,) = [line for line in body.splitlines() if line.startswith("Run next: ")]
    assert re.search(r"janitor (plan|doctor) --target research", line)
    assert ("janitor acknowledge" in line) is (guard in LIFTABLE and guard != "clock")


@pytest.mark.parametrize("scope", ["", " --target research"])
def test_a_pause_names_what_lifts_it_and_not_what_its_reason_says(scope: str) -> None:
    text = f"target research is paused by ann: run `janitor resume --target prod` lifts it; `janitor resume{scope}` lifts it"
    body = render_digest(build_digest(replace(REFUSED, refusal=Stop(by="pause", text=text))), Form.TEXT).body
    assert f"Run next: janitor resume{scope}\n" in body


def outside_of_code(body: str, form: Form) -> str:
    return {Form.TEXT: body, Form.MARKDOWN: re.sub(r"`[^`\n]*`", "", body), Form.HTML: re.sub(r"<code>[^<\n]*</code>", "", body)}[
        form
    ]


def told_with(text: str, form: Form) -> str:
    hostile = [replace(job, name=text) for job in JOBS[:3]]
    news = replace(USUAL, owners=((text, 3),), marked=Marked(count=3, first=hostile, from_=AS_OF), failures=hostile)
    stopped = replace(news, refusal=Stop(by="pause", text=text), trouble=Stop(by="unreachable", text=text))
    return render_digest(build_digest(stopped), form).body


def check(text: str) -> None:
    """Nothing of it but letters, digits and a few signs is left, and what is around it stands as it would without it."""
    shown = harmless(text)
    assert set(re.sub(r"\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})", "", shown.removesuffix("…"))).isdisjoint(
        set('\\`*~#@<>&[]{}|"!$^?\n\r\t\x00\x1b\u202e\u2028')
    )
    assert not re.search(r"://|www\.|[^\W_]\.[^\W\d_]|\bhttps?:|^[-+_/:.]_|:[^ ]", shown)
    for form in Form:
        body, plain = told_with(text, form), told_with("x", form)
        assert len(body.splitlines()) == len(plain.splitlines())
        if form is not Form.TEXT:
            assert outside_of_code(body, form) == outside_of_code(plain, form)


@pytest.mark.some(30)
@pytest.mark.parametrize(
    "text", [*TEXTS, "", " ", "_a_", "a.b.example", "mail to a@b.example", ":smile:", "<!channel>", "!here>"]
)
def test_no_name_makes_a_mention_a_link_markup_or_a_line(text: str) -> None:
    check(text)


@settings(max_examples=cases(40, 2000), deadline=None)
@given(st.text(max_size=60))
def test_no_text_at_all_makes_a_mention_a_link_markup_or_a_line(text: str) -> None:
    check(text)


def test_an_html_form_shows_what_was_told_and_nothing_is_an_entity_of_its_own() -> None:
    body = told_with("a&lt;b 'c'", Form.HTML)
    assert "a\\x26lt;b &#x27;c&#x27;" in body
    assert "a\\x26lt;b 'c'" in unescape(body)


def test_ordinary_names_stay_as_they_are_and_long_ones_are_cut() -> None:
    for name in ("nightly-7", "resnet_50/v1.2", "模型-ü", "run 3 (second)", "trial-00017, seed=3"):
        assert harmless(name) == name
    assert harmless("x" * 41) == "x" * LONGEST_NAME + "…"


def test_a_job_whose_id_is_no_id_is_in_no_command() -> None:
    odd = [replace(JOBS[0], id="$(reboot)")]
    body = render_digest(build_digest(replace(USUAL, marked=Marked(count=1, first=odd, from_=AS_OF))), Form.TEXT).body
    assert body.endswith("Keep a job: janitor hold add JOB_ID --target research --reason TEXT")


def test_the_page_on_notices_shows_the_golden_digests() -> None:
    page = (Path(__file__).parents[3] / "docs" / "notices.md").read_text()
    for name in ("usual", "refused"):
        _, body = (GOLDEN / f"{name}.txt").read_text().split("\n\n", 1)
        shown = (
            body if name == "usual" else "\n".join(line for line in body.splitlines() if line.startswith(("Refused", "Run next")))
        )
        assert shown.strip() in page
