"""Owns the pages of the console as routes: each reads the ledger once, and answers with HTML; none changes anything."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from janitor.console import audit, job, jobs, overview, policies, sweeps, upcoming
from janitor.console.asking import Asked, BadQuestion
from janitor.console.audit import NoLedgerYet
from janitor.console.book import Book
from janitor.console.exports import Busy, Exports
from janitor.console.refusal import RETRY_S
from janitor.console.source import Source
from janitor.console.static_files import StaticFiles
from janitor.console.templates import Templates
from janitor.core.errors import LedgerBusy, LedgerDoubted, LedgerError
from janitor.ledger.store import Ledger

_FRESH = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a page is made of: a template, its values, and the status of the answer."""

    template: str
    values: Mapping[str, Any]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a page is asked: by whom it is served, and for what."""

    source: Source
    ledger: Ledger
    book: Book
    asked: Asked


Page = Callable[[Given], Answer]
Stream = Callable[[Source, Asked], Iterator[str]]


def make_pages(source: Source, *, live: str | None = None) -> list[BaseRoute]:
    """Every page and every file that they load; `live` is where server-sent events tell that something changed, if anywhere."""
    static, book = StaticFiles(), Book()
    templates = Templates(source=source, static=static, live=live)
    press = _Press(source=source, templates=templates, book=book, exports=Exports())
    routes = [Route(path, press.printing(page)) for path, page in PAGES.items()]
    routes += [Route(path, press.streaming(*stream)) for path, stream in _STREAMS.items()]
    return [*routes, static.route()]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Press:
    """Makes handlers of pages."""

    source: Source
    templates: Templates
    book: Book
    exports: Exports

    def printing(self, page: Page) -> Callable[[Request], Response]:
        """A handler that answers with a page, or with one that says what is wrong."""

        def handle(request: Request) -> Response:
            return self._print(request, lambda ledger: page(self._ask(ledger, request.query_params)))

        return handle

    def streaming(self, name: str, kind: str, stream: Stream) -> Callable[[Request], Response]:
        """A handler that answers with a file of any length."""

        def handle(request: Request) -> Response:
            headers = _FRESH | {"Content-Disposition": f'attachment; filename="{name}"'}
            try:
                blocks = stream(self.source, Asked(request.query_params))
                return (
                    Response(media_type=kind, headers=headers)
                    if request.method == "HEAD"
                    else self.exports.begin(blocks, kind, headers)
                )
            except NoLedgerYet:
                return self._write(request, Answer(template="empty.html", values={}, status=404))
            except (BadQuestion, Busy, LedgerError) as error:
                return self._write(request, _wrong(error))

        return handle

    def _ask(self, ledger: Ledger, params: QueryParams) -> Given:
        return Given(source=self.source, ledger=ledger, book=self.book, asked=Asked(params))

    def _print(self, request: Request, make: Callable[[Ledger], Answer]) -> Response:
        head = None
        try:
            with self.source.reading() as ledger:
                if ledger is None:
                    answer = Answer(template="empty.html", values={})
                else:
                    head = str(ledger.head())
                    answer = make(ledger)
        except (BadQuestion, LedgerError) as error:
            answer = _wrong(error)
        return self._write(request, answer, head)

    def _write(self, request: Request, answer: Answer, head: str | None = None) -> Response:
        where = {"path": request.url.path, "head": head, "has_session": getattr(request.state, "has_session", False)}
        body = self.templates.render(answer.template, {**where, **answer.values})
        return HTMLResponse(body, answer.status, headers={**_FRESH, **answer.headers})


def _wrong(error: BadQuestion | Busy | LedgerError) -> Answer:
    """The page that says what is wrong; that nothing is deleted, only where that is known."""
    if isinstance(error, BadQuestion):
        return Answer(template="error.html", values={"title": "This cannot be asked", "text": str(error)}, status=400)
    if isinstance(error, Busy | LedgerBusy):
        values = {"title": "Busy", "text": str(error)}
        return Answer(template="error.html", values=values, status=503, headers={"Retry-After": RETRY_S})
    told: dict[str, Any] = {"text": str(error), "is_doubted": isinstance(error, LedgerDoubted)}
    return Answer(template="untrusted.html", values=told, status=503)


def _overview(given: Given) -> Answer:
    return Answer(template="overview.html", values={"view": overview.gather(given.source, given.ledger, given.book)})


def _upcoming(given: Given) -> Answer:
    view = upcoming.gather(given.source, given.ledger, given.book, given.asked.exact("target"))
    return Answer(template="upcoming.html", values={"view": view, **_names(given.source)})


def _jobs(given: Given) -> Answer:
    return Answer(
        template="jobs.html", values={"view": jobs.gather(given.asked, given.ledger, given.book), **_names(given.source)}
    )


def _job(given: Given) -> Answer:
    target, job_id = given.asked.exact("target"), given.asked.exact("id")
    if job_id is None:
        raise BadQuestion("id names no job; find one on the page of jobs")
    found = job.gather(given.source, given.ledger, target, job_id)
    if found is None:
        return Answer(template="no_job.html", values={"job_id": job_id, "target": target}, status=404)
    return Answer(template="job.html", values={"view": found})


def _sweeps(given: Given) -> Answer:
    view = sweeps.gather(given.asked, given.ledger, given.book)
    return Answer(template="sweeps.html", values={"view": view, **_names(given.source)})


def _sweep(given: Given) -> Answer:
    found = sweeps.gather_one(given.asked, given.ledger, given.book)
    if found is None:
        values = {
            "title": "Nobody knows this sweep",
            "text": f"the ledger has no sweep {given.asked.text('id')}",
            "path": "/sweeps",
        }
        return Answer(template="error.html", values=values, status=404)
    return Answer(template="sweep.html", values={"view": found})


def _policies(given: Given) -> Answer:
    return Answer(template="policies.html", values={"view": policies.gather(given.source, given.ledger, given.book)})


def _audit(given: Given) -> Answer:
    view = audit.gather(given.source, given.ledger, given.asked)
    return Answer(template="audit.html", values={"view": view, **_names(given.source)})


def _names(source: Source) -> dict[str, list[str]]:
    settings = source.settings
    return {"targets": [each.name for each in settings.targets], "policies": [each.name for each in settings.policies]}


def _csv(source: Source, asked: Asked) -> Iterator[str]:
    return audit.export_csv(source, audit.read_selection(asked, source.clock.now()))


PAGES: dict[str, Page] = {
    "/": _overview,
    "/upcoming": _upcoming,
    "/jobs": _jobs,
    "/job": _job,
    "/sweeps": _sweeps,
    "/sweep": _sweep,
    "/policies": _policies,
    "/audit": _audit,
}
"""Each page under its address."""

_STREAMS: dict[str, tuple[str, str, Stream]] = {
    "/audit/export.jsonl": ("audit.jsonl", "application/x-ndjson", lambda source, _: audit.export_jsonl(source)),
    "/audit/export.csv": ("audit.csv", "text/csv; charset=utf-8", _csv),
}
