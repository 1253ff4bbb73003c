"""Owns the temporary key that a cloud server with an agency gets from its metadata service (docs/modelarts-api.md)."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from janitor.modelarts.call import Call, RouteKind
from janitor.modelarts.credentials import AccessKey, Issued, is_header_safe
from janitor.modelarts.endpoint import Endpoint, MetadataService
from janitor.modelarts.errors import AuthFailed, ModelArtsError, ProtocolError
from janitor.modelarts.limits import TransportLimits
from janitor.modelarts.moments import parse_instant
from janitor.modelarts.provider import Connect
from janitor.modelarts.strict_json import Unparsable, parse

_LIMITS = TransportLimits(
    connect_timeout_s=3.0, read_timeout_s=3.0, attempt_deadline_s=3.0, attempts=2, requests_per_second=100.0
)
_NO_TOKENS = frozenset({404, 405, 503})
_NO_AGENCY = "please configure cloud service agency first"


@dataclass(frozen=True, slots=True)
class EcsAgency:
    """The agency of the machine that this runs on; tests alone put another address in place of the service's fixed one."""

    service: Endpoint = field(default_factory=MetadataService)

    kind: ClassVar[str] = "ecs_agency"
    is_renewable: ClassVar[bool] = True
    asks_remotely: ClassVar[bool] = True

    @property
    def who(self) -> Hashable:
        """The machine."""
        return self

    def secrets(self) -> tuple[str, ...]:
        """None of its own."""
        return ()

    def issue(self, connect: Connect) -> Issued:
        """Ask for a key with a token, or without where the service knows no tokens; a refused token is asked for anew, once."""
        try:
            text = self._ask(connect)
        except AuthFailed as error:
            if _NO_AGENCY in str(error).lower():
                raise
            text = self._ask(connect)
        issued = _read(text)
        if issued is None:
            raise ProtocolError("the answer of the metadata service holds no key, or does not say until when")
        return issued

    def _ask(self, connect: Connect) -> str:
        token = self._get_token(connect)
        headers = () if token is None else (("X-Metadata-Token", token),)
        call = Call(kind=RouteKind.OTHER, method="GET", path="/openstack/latest/securitykey", headers=headers, is_text=True)
        with connect(self.service, secrets=() if token is None else (token,), limits=_LIMITS) as sender:
            return str(sender.send(call).document)

    def _get_token(self, connect: Connect) -> str | None:
        headers = (("X-Metadata-Token-Ttl-Seconds", "21600"),)
        call = Call(kind=RouteKind.OTHER, method="PUT", path="/meta-data/latest/api/token", headers=headers, is_text=True)
        try:
            with connect(self.service, limits=_LIMITS) as sender:
                token = str(sender.send(call).document)
        except ModelArtsError as error:
            if error.status in _NO_TOKENS:
                return None
            raise
        if not is_header_safe(token):
            raise ProtocolError(
                "the answer of the metadata service to the request for a token is none; something else answers there"
            )
        return token


def _read(text: str) -> Issued | None:
    try:
        document = parse(text.encode())
        found = document.get("credential") if isinstance(document, Mapping) else None
        key = found if isinstance(found, Mapping) else {}
        parts = [key.get(name) for name in ("access", "secret", "securitytoken")]
        texts = [part for part in parts if isinstance(part, str)]
        credential = AccessKey(*texts) if len(texts) == len(parts) else None
    except (Unparsable, ValueError):
        return None
    expires_at = parse_instant(key.get("expires_at"))
    return None if credential is None or expires_at is None else Issued(credential=credential, expires_at=expires_at)
