"""Owns the pages of the console as routes."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from janitor.console.app_source import AppSource


def make_pages(source: AppSource, *, live: str | None = None) -> list[BaseRoute]:
    """A first page that tells the head of the ledger."""
    del live

    def index(_request: Request) -> Response:
        with source.reading() as ledger:
            return HTMLResponse(f"<!DOCTYPE html><title>janitor</title><p>{'no ledger' if ledger is None else ledger.head()}</p>")

    return [Route("/", index)]
