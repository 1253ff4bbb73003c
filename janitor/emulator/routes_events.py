"""Owns the route of a job's events (modelarts-api.md §1.2 row 8)."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from janitor.emulator.caller import json_response
from janitor.emulator.clock import to_ms
from janitor.emulator.events import Event
from janitor.emulator.refusal import RefusedError, job_not_found
from janitor.emulator.registry import JobId, TheWorld, add_route

EVENTS = "/v2/{project_id}/training-jobs/{job_id}/events"
BAD_QUERY = "ModelArts.50004000"
Millis = Annotated[str | None, Field(pattern="^[0-9]{1,13}$")]


class EventQuery(BaseModel):
    """Which events are wanted; `start_time` and `end_time` are milliseconds in a text, both or none."""

    offset: int = Field(default=0, ge=0, le=2**31 - 1)
    limit: int = Field(default=50, ge=1, le=100)
    order: Literal["asc", "desc"] = "desc"
    start_time: Millis = None
    end_time: Millis = None
    level: Literal["Info", "Error", "Warning"] | None = None
    pattern: str = Field(default="", max_length=256)

    def wants(self, event: Event) -> bool:
        """Tell whether an event is asked for."""
        if self.start_time is not None and not int(self.start_time) <= to_ms(event.at) <= int(self.end_time or 0):
            return False
        return self.level in (None, event.level) and self.pattern in event.message


class ShownEvent(BaseModel):
    """One event; `time` is RFC 3339."""

    time: datetime
    level: str
    message: str
    source: str


class ShownEvents(BaseModel):
    """One page of events."""

    total: int
    limit: int
    offset: int
    order: str
    start_time: str
    end_time: str
    events: list[ShownEvent]


def register(app: FastAPI) -> None:
    """Add the route."""
    add_route(app, f"GET {EVENTS}", list_events, name="events", response_model=ShownEvents)


async def list_events(world: TheWorld, job_id: JobId, query: Annotated[EventQuery, Query()]) -> Response:
    """Return one page of a job's events; its offset counts what the list's offset counts."""
    if (query.start_time is None) != (query.end_time is None):
        raise RefusedError(400, BAD_QUERY, "start_time and end_time belong together.")
    with world.at_once():
        job = world.get(job_id)
        if job is None:
            raise job_not_found(job_id, world.switches.not_found_style)
        events = [event for event in world.events.of(job) if query.wants(event)]
    if query.order == "desc":
        events.reverse()
    first = query.offset * query.limit if world.switches.offset_mode == "page" else query.offset
    page = [_show(event) for event in events[first : first + query.limit]]
    echo = {"limit": query.limit, "offset": query.offset, "order": query.order}
    window = {"start_time": query.start_time or "", "end_time": query.end_time or ""}
    return json_response({"total": len(events)} | echo | window | {"events": page})


def _show(event: Event) -> dict[str, Any]:
    time = event.at.astimezone(UTC).isoformat(timespec="milliseconds")
    return {"time": time, "level": event.level, "message": event.message, "source": event.source}
