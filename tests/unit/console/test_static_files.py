"""The files that pages load: a closed list, unchanged vendored ones, under addresses that change with their content."""

from hashlib import sha256
from importlib.resources import files

import pytest
from console_stage import ConsoleStage

STATIC = files("janitor.console") / "static"


def test_the_vendored_script_is_the_one_whose_version_and_hash_are_written_beside_it() -> None:
    vendor = STATIC / "vendor"
    told = (vendor / "VERSIONS.txt").read_text()
    script = (vendor / "htmx.min.js").read_bytes()
    assert sha256(script).hexdigest() in told
    assert "htmx.org 2.0.11" in told
    assert b'version:"2.0.11"' in script
    assert "Zero-Clause BSD" in (vendor / "htmx.LICENSE.txt").read_text()


def test_every_file_that_a_page_names_is_there_with_its_type_and_may_be_kept(stage: ConsoleStage) -> None:
    page = stage.get("/").page
    names = {each["src"] for each in page.all("script")} | {each["href"] for each in page.all("link")}
    assert len(names) == 4
    for name in names:
        reply = stage.get(name)
        assert "immutable" in reply.headers["cache-control"], name
        assert reply.headers["content-type"].partition(";")[0] in ("text/css", "text/javascript", "image/svg+xml"), name


def test_without_its_version_a_file_is_asked_for_anew_each_time(stage: ConsoleStage) -> None:
    assert stage.get("/static/console.css").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", ["x.css", "../pages.py", "..%2Fpages.py", "vendor", "vendor/VERSIONS.txt", "", "%00"])
def test_no_other_file_is_served(stage: ConsoleStage, name: str) -> None:
    assert stage.console.get(f"/static/{name}").status == 404


def test_own_scripts_and_styles_load_nothing_from_elsewhere_and_evaluate_nothing() -> None:
    for name in ("console.js", "console.css", "icon.svg"):
        text = (STATIC / name).read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert "http" not in text, name
        assert not [word for word in ("eval(", "innerHTML", "@import", "url(", "Function(") if word in text], name
