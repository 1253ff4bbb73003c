"""Owns an answer as a value, before it is decided how (or whether) it reaches the wire."""

import json
from dataclasses import dataclass, replace
from typing import Any

from janitor.emulator.received import Headers
from janitor.emulator.refusal import RefusedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Status, headers (without length, date and request id) and body."""

    status: int
    headers: Headers = ()
    body: bytes = b""


JSON_TYPE = ("content-type", "application/json")


def json_reply(status: int, document: Any) -> Reply:
    """Build a reply with a JSON body."""
    return Reply(status=status, headers=(JSON_TYPE,), body=json.dumps(document).encode())


def refusal_reply(refused: RefusedError, request_id: str) -> Reply:
    """Build the reply of a refusal."""
    return Reply(status=refused.status, headers=(JSON_TYPE,), body=refused.body(request_id))


def with_document(reply: Reply, document: dict[str, Any]) -> Reply:
    """Return the reply with another JSON body."""
    return replace(reply, body=json.dumps(document).encode())
