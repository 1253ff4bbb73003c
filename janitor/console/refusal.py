"""Owns the answers to what is refused: one sentence, for a browser as a page, and nothing of the ledger in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from math import ceil

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from janitor.console.visit import Visit
from janitor.core.errors import LedgerBusy

RETRY_S = "5"
_TEMPLATES = Environment(loader=PackageLoader("janitor.console", "templates"), autoescape=True, undefined=StrictUndefined)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why nothing else is answered; `is_plain` where not even a page of ours may be shown."""

    status: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)
    is_plain: bool = False


def too_many(wait_s: float) -> Refusal:
    """Who has to wait, and how long."""
    seconds = ceil(wait_s)
    text = f"too many attempts; wait {seconds} s and try again"
    return Refusal(status=429, text=text, headers={"Retry-After": str(seconds)})


def retry_of(error: Exception) -> dict[str, str]:
    """A header for who may ask again soon; none where that is of no use."""
    return {"Retry-After": RETRY_S} if isinstance(error, LedgerBusy) else {}


def answer(refusal: Refusal, visit: Visit) -> Response:
    """The answer, in the form in which it is wanted."""
    headers = dict(refusal.headers)
    if refusal.is_plain or not visit.wants_page:
        return PlainTextResponse(f"{refusal.text}\n", refusal.status, headers)
    title = HTTPStatus(refusal.status).phrase
    return show("refused.html", refusal.status, headers, title=title, text=refusal.text)


def show(name: str, status: int = 200, headers: Mapping[str, str] | None = None, **values: object) -> HTMLResponse:
    """One of the few pages of the gate, every value escaped."""
    return HTMLResponse(_TEMPLATES.get_template(name).render(values), status, headers)
