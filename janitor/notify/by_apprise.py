"""Owns the one place that knows Apprise: it is imported when the first notice is sent, since that takes a while."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from janitor.core.channel import Channel, read_channel
from janitor.notify.forms import Message

EXTRA = "notify"


def is_installed() -> bool:
    """Whether notices can be sent at all; nothing is imported for the answer."""
    return find_spec("apprise") is not None


def send_by_apprise(channel: Channel, message: Message) -> bool:
    """Send a message once, without attachments; whether the channel took it. What goes wrong is told to nobody else.

    Redirects are not followed, nothing is stored on disk, and text is taken as it is. Proxies are those of the environment.
    """
    apprise = import_module("apprise")
    import_module("apprise.logger").logger.disabled = True  # what it logs may repeat parts of the address
    read_channel(channel.address.reveal())
    plugin = apprise.Apprise.instantiate(_address(channel, message), asset=_asset(apprise))
    if plugin is None:
        return False
    return bool(
        plugin.notify(
            body=message.body,
            title=message.title,
            notify_type=apprise.NotifyType.INFO,
            body_format=apprise.NotifyFormat(message.form.value),
        )
    )


def _address(channel: Channel, message: Message) -> str:
    """With the form that the message has, so that Apprise converts nothing."""
    address = channel.address.reveal()
    return f"{address}{'&' if '?' in address else '?'}format={message.form}"


def _asset(apprise: Any) -> Any:
    return apprise.AppriseAsset(
        app_id="janitor",
        app_desc="janitor",
        app_url="",
        async_mode=False,
        interpret_emojis=False,
        interpret_escapes=False,
        http_redirects=False,
        pgp_autogen=False,
        pem_autogen=False,
        storage_mode=apprise.PersistentStoreMode.MEMORY,
        allow_templates=False,
    )
