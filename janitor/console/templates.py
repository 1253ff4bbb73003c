"""Owns how pages are written: Jinja2 with every value escaped, inert and free of secrets."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.runtime import Undefined

from janitor.console.asking import address
from janitor.console.jobs import owner_value
from janitor.console.source import Source
from janitor.console.static_files import StaticFiles
from janitor.console.told import tell_event
from janitor.console.words import FILTERS, Teller, by_file, command, is_plain_id, lasting, shown
from janitor.core.canonical import timestamp
from janitor.core.verdict import Verdict

NAVIGATION = {
    "/": "Overview",
    "/upcoming": "Upcoming",
    "/jobs": "Jobs",
    "/sweeps": "Sweeps",
    "/policies": "Policies",
    "/audit": "Audit",
}


class Templates:
    """The templates, compiled once; what they tell is told as of the moment of each rendering."""

    def __init__(self, *, source: Source, static: StaticFiles, live: str | None) -> None:
        self._source, self._live = source, live
        self._environment = Environment(
            loader=PackageLoader("janitor.console", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            finalize=self._finalize,
        )
        self._environment.filters |= FILTERS
        self._environment.globals |= {
            "navigation": NAVIGATION,
            "verdicts": tuple(Verdict),
            "static": static.address,
            "address": address,
            "job_address": lambda target, job_id: address("/job", target=target, id=job_id),
            "owner_value": owner_value,
            "command": command,
            "by_file": lambda line: by_file(line, source.settings.source),
            "lasting": lasting,
            "tell_event": tell_event,
            "is_plain_id": is_plain_id,
            "live": live,
        }

    def render(self, name: str, values: dict[str, Any]) -> str:
        """A page; no known secret is in it, in whatever form."""
        teller = Teller(self._source.clock.now())
        known = {
            "path": "/",
            "head": None,
            "has_session": False,
            "now": teller.now,
            "now_text": timestamp(teller.now),
            "time": teller.time,
            "distance": teller.distance,
        }
        page = self._environment.get_template(name).render(known | values)
        return self._source.scrubber.scrub_text(page)

    def _scrub(self, text: str) -> str:
        return self._source.scrubber.scrub_text(text)

    def _finalize(self, value: object) -> object:
        """What is written of a value."""
        if isinstance(value, Undefined):
            return value
        return shown(value, self._scrub)
