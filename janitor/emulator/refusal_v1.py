"""Owns how the first generation refuses: with an HTTP status of its own or with 200, in a body of its own (§5.1)."""

from janitor.emulator.refusal import RefusedError, job_not_found
from janitor.emulator.reply import Reply, json_reply
from janitor.emulator.switches import Switches

PREFIX = "v1_"
"""What the names of its routes begin with."""


def is_v1(route: str) -> bool:
    """Tell whether a route is one of the first generation's."""
    return route.startswith(PREFIX)


def not_found_v1(wanted: str, switches: Switches) -> RefusedError:
    """Build the answer that means "no such job", or no such version of it."""
    refused = job_not_found(wanted, switches.not_found_style)
    refused.code = switches.v1_not_found
    return refused


def refusal_reply_v1(refused: RefusedError, switches: Switches) -> Reply:
    """Build the reply of a refusal."""
    status = 200 if switches.v1_error_style == "http200" else refused.status
    return json_reply(status, failure_v1(refused.code, refused.message, switches))


def failure_v1(code: str, message: str, switches: Switches) -> dict[str, object]:
    """Build the body of a refusal."""
    return {"is_success": False, switches.v1_error_key: message, "error_code": code}
