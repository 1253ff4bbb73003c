"""Owns the types of what stands in the policy file about notices: where they go, on which occasions, whom they are about."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from janitor.core.channel import OCCASIONS, read_channel
from janitor.core.secret import Secret
from janitor.settings import shapes
from janitor.settings.credential import UNREAD
from janitor.settings.fields import Line
from janitor.settings.section import Section
from janitor.settings.suggest import suggest


def _read_occasion(value: Any) -> str:
    if not isinstance(value, str) or value not in OCCASIONS:
        raise ValueError(f"is no event on which a notice is sent; {suggest(str(value), OCCASIONS)}")
    return value


def _read_occasions(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("must be a list of events, such as [plan.refused, sweep.finished]")  # noqa: TRY004 -- pydantic collects ValueError
    return value


def _read_owners(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("must be a mapping of owners, such as {ci-bot: {env: CI_CHANNEL_URL}}")  # noqa: TRY004 -- pydantic collects ValueError
    return value


def _check_address(section: Section) -> Section:
    """Refuse an address that notices may not go to; a file that is read alone has none."""
    address: Secret | None = getattr(section, "env", None) or getattr(section, "file", None)
    if address is not None and address is not UNREAD:
        read_channel(address.reveal())
    return section


Occasion = Annotated[str, BeforeValidator(_read_occasion), shapes.words(OCCASIONS)]
Occasions = Annotated[list[Occasion], BeforeValidator(_read_occasions)]
AllowedAddress = AfterValidator(_check_address)
OwnersMapping = BeforeValidator(_read_owners)
OwnerName = Line
