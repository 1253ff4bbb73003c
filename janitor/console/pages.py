"""Owns the pages of the console as routes: each reads the ledger once, and answers with HTML; none changes anything."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from janitor.console import job, jobs, overview
from janitor.console.asking import Asked, BadQuestion
from janitor.console.book import Book
from janitor.console.source import Source
from janitor.console.static_files import StaticFiles
from janitor.console.templates import Templates
from janitor.core.errors import LedgerError
from janitor.ledger.store import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a page is made of: a template, its values, and the status of the answer."""

    template: str
    values: Mapping[str, Any]
    status: int = 200


Page = Callable[[Source, Ledger, Book, Asked], Answer]


def make_pages(source: Source, *, live: str | None = None) -> list[BaseRoute]:
    """Every page and every file that they load; `live` is where server-sent events tell that something changed, if anywhere."""
    static, book = StaticFiles(), Book()
    templates = Templates(source=source, static=static, live=live)
    routes = [Route(path, _handler(source, templates, book, page), name=name) for path, (name, page) in PAGES.items()]
    return [*routes, static.route()]


def _handler(source: Source, templates: Templates, book: Book, page: Page) -> Callable[[Request], Response]:
    def handle(request: Request) -> Response:
        where = {"path": request.url.path, "page": PAGES[request.url.path][0]}
        try:
            with source.reading() as ledger:
                if ledger is None:
                    answer = Answer(template="empty.html", values={})
                else:
                    answer = page(source, ledger, book, Asked(request.query_params))
                    where |= {"head": str(ledger.head())}
        except BadQuestion as error:
            answer = Answer(template="error.html", values={"title": "This cannot be asked", "text": str(error)}, status=400)
        except LedgerError as error:
            answer = Answer(template="untrusted.html", values={"text": str(error)}, status=503)
        body = templates.render(answer.template, {**where, **answer.values})
        return HTMLResponse(body, answer.status, headers={"Cache-Control": "no-store"})

    return handle


def _overview(source: Source, ledger: Ledger, book: Book, _asked: Asked) -> Answer:
    return Answer(template="overview.html", values={"view": overview.gather(source, ledger, book)})


def _jobs(source: Source, ledger: Ledger, book: Book, asked: Asked) -> Answer:
    settings = source.settings
    names = {"targets": [each.name for each in settings.targets], "policies": [each.name for each in settings.policies]}
    return Answer(template="jobs.html", values={"view": jobs.gather(asked, ledger, book), **names})


def _job(source: Source, ledger: Ledger, _book: Book, asked: Asked) -> Answer:
    target, job_id = asked.text("target"), asked.text("id")
    if job_id is None:
        raise BadQuestion("id names no job; find one on the page of jobs")
    found = job.gather(source, ledger, target, job_id)
    if found is None:
        return Answer(template="no_job.html", values={"job_id": job_id, "target": target}, status=404)
    return Answer(template="job.html", values={"view": found})


PAGES: dict[str, tuple[str, Page]] = {
    "/": ("Overview", _overview),
    "/jobs": ("Jobs", _jobs),
    "/job": ("Job", _job),
}
"""Each page under its address, with its name."""
