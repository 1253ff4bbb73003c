"""Owns which channels a notice may go to, and the form of each; it sends nothing, and no message repeats an address."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from janitor.core import events
from janitor.core.loopback import is_this_machine
from janitor.core.secret import Secret


class Form(StrEnum):
    """How a channel shows text: as it stands, as Markdown, or as HTML."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"


FORMS: dict[str, Form] = {
    "slack": Form.MARKDOWN,
    "workflows": Form.MARKDOWN,
    "mmosts": Form.MARKDOWN,
    "mmost": Form.MARKDOWN,
    "rockets": Form.MARKDOWN,
    "rocket": Form.MARKDOWN,
    "discord": Form.MARKDOWN,
    "gchat": Form.MARKDOWN,
    "mailtos": Form.HTML,
    "ntfys": Form.TEXT,
    "ntfy": Form.TEXT,
    "gotifys": Form.TEXT,
    "gotify": Form.TEXT,
    "jsons": Form.TEXT,
    "json": Form.TEXT,
}
"""The schemas of Apprise that are let through, all others are refused: many write files or run programs on this machine."""

_PLAIN = frozenset({"mmost", "rocket", "ntfy", "gotify", "json"})
"""These send unencrypted, so they are for this machine only."""
_PARAMETERS = frozenset(
    {"to", "from", "name", "cc", "bcc", "reply", "smtp", "mode", "user", "pass", "channel", "channels", "team"}
    | {"thread", "topic", "priority", "image", "footer", "avatar", "auth", "token"}
)
"""What may stand behind the `?` of an address. Among the others are some that read files (`template`, `pgpkey`, `attach`), take
any certificate (`verify`), follow redirects, or change how text is shown."""
_SERVICES = frozenset({"slack", "discord", "gchat"})
"""These are one service each: where others have a host, their addresses have a token."""
_HEADER = "+"
_ADDRESS = re.compile(r"([a-z]{2,12})://.+", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelKind:
    """What a channel is, without where it is: the schema of its address, and the form in which it is written to."""

    schema: str
    form: Form


OCCASIONS = (
    *(events.SWEEP_FINISHED, events.SWEEP_ABORTED, events.PLAN_REFUSED, events.LISTING_FAILED),
    *(events.JOB_MARKED, events.DELETION_CONFIRMED, events.DELETION_FAILED, events.DELETION_UNKNOWN),
)
"""The events on which a channel may ask for the digest of the sweep in which they happen."""
TELLING_MARKS = frozenset({events.SWEEP_FINISHED, events.JOB_MARKED})
"""A channel that asks for one of these is told of every mark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Where notices go: of everything, on these occasions, or of the jobs of one owner.

    `name` says which it is in logs and in the audit log, and is no secret; the address is one.
    """

    name: str
    kind: ChannelKind
    address: Secret
    on: frozenset[str] = frozenset()
    owner: str | None = None

    @property
    def server(self) -> str:
        """Whose failing is that of every channel there: scheme, host and port, or the service whose addresses name no host.

        It is for comparing, not for showing.
        """
        host = urlsplit(self.address.reveal()).netloc.rpartition("@")[2].lower()
        return self.kind.schema if self.kind.schema in _SERVICES else f"{self.kind.schema}://{host}"

    @property
    def tells_marks(self) -> bool:
        """Whether it is told of every mark that it is about."""
        return self.owner is not None or not self.on.isdisjoint(TELLING_MARKS)


def read_channel(address: str) -> ChannelKind:
    """Tell what channel an Apprise URL is for; raises ValueError, without the address in it, for one that is not allowed."""
    found = _ADDRESS.fullmatch(address)
    if found is None or found[1] not in FORMS:
        raise ValueError(f"its value is no address that notices may go to; it must begin with one of {', '.join(FORMS)} and ://")
    schema = found[1]
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        raise ValueError("its value is no address: what stands behind :// cannot be read") from None
    if schema in _PLAIN and not is_this_machine(host):
        raise ValueError(f"{schema}:// would send the notice unencrypted to another machine; use {schema}s://")
    for word, value in _parameters(address):
        if (word, value) == ("mode", "insecure"):
            raise ValueError("its value asks for mode=insecure, which would send the notice unencrypted; use ssl or starttls")
        if not word.startswith(_HEADER) and word not in _PARAMETERS:
            known = ", ".join(sorted(_PARAMETERS))
            raise ValueError(f"its value has a parameter behind the ? that is not let through; known are {known}, and +HEADER")
    return ChannelKind(schema=schema, form=FORMS[schema])


def _parameters(address: str) -> Iterator[tuple[str, str]]:
    """As Apprise reads them: behind the first `?` wherever that stands, a fragment too, and `;` parts them as `&` does."""
    for piece in filter(None, re.split("[?&;]", address.partition("?")[2])):
        word, _, value = piece.partition("=")
        yield unquote(word).strip().lower(), unquote(value).strip().lower()
