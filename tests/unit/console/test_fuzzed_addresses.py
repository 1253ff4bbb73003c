"""Whatever an address asks for, the answer is a page."""

from urllib.parse import quote, urlencode

from amount import cases
from builders import NOW, FakeClock, make_job
from console_stage import ConsoleStage, decide
from hostile import TEXTS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from janitor.console.pages import PAGES
from janitor.core.canonical import timestamp
from janitor.ledger.store import Ledger

NAMES = (
    *("q", "target", "verdict", "policy", "owner", "phase", "sort", "order", "after", "before", "id", "event", "job", "sweep"),
    *("since", "until", "actor", "path", "self", "x"),
)
WORDS = (
    *("research", "kept", "failed", "name", "up", "created_at", "sweep.started", "1", "7", "0", "-1", "99999999999999999999"),
    *("7d", "2026-11-23", "9999-12-31", "0001-01-01", timestamp(NOW), "(none)", "%", "_", "/", "\\", "é", "²", *TEXTS[::7]),
)
VALUES = st.one_of(st.sampled_from(WORDS), st.text(max_size=20))
QUERIES = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=7)


@settings(max_examples=cases(30, 3000), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([*PAGES, "/audit/export.csv"]), QUERIES)
def test_no_address_is_answered_with_an_error_of_the_server(
    ledger: Ledger, clock: FakeClock, path: str, query: list[tuple[str, str]]
) -> None:
    stage = ConsoleStage(ledger=ledger, clock=clock)
    if ledger.head().seq == 0:
        stage.sweep(make_job(), make_job(days_ago=1))
        stage.list(decide(1), target="other")
    told = urlencode([(name, value.encode("utf-8", "surrogatepass")) for name, value in query], quote_via=quote)
    reply = stage.console.get(f"{path}?{told}")
    assert reply.status in (200, 400, 404), (path, query, reply.status)
    if reply.headers["content-type"].startswith("text/html"):
        assert (reply.page.wrong, reply.page.open) == ([], []), (path, query)
