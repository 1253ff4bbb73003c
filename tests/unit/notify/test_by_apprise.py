"""For every kind of channel Apprise passes on exactly the text that was made for it: one message, nothing converted or split."""

from typing import Any

import apprise
import pytest
from channel import IMPORTING_APPRISE
from digests import USUAL, WORST

from janitor.core.channel import FORMS, Channel, read_channel
from janitor.core.secret import Secret
from janitor.notify.by_apprise import _address, _asset
from janitor.notify.digest import build_digest
from janitor.notify.forms import render_digest

pytestmark = pytest.mark.filterwarnings(IMPORTING_APPRISE)
ADDRESSES = {
    "slack": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#ops",
    "workflows": "workflows://host.example:443/643e2ad6d31d4b1ab5e0/ag6eHhUs21",
    "mmosts": "mmosts://mm.example/3ccdd113474722377935511fc85d3dd4",
    "rockets": "rockets://user:pass@rc.example/#ops",
    "discord": "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
    "gchat": "gchat://workspace/key/token",
    "mailtos": "mailtos://u:p@example.com?to=o@example.com&mode=ssl",
    "ntfys": "ntfys://ntfy.example/topic",
    "gotifys": "gotifys://g.example/AbCdEfGh1234567",
    "jsons": "jsons://h.example/x?+X-Token=abc",
}


def test_every_encrypted_kind_is_tried() -> None:
    assert {schema for schema in FORMS if f"{schema}s" not in FORMS} == set(ADDRESSES)


@pytest.mark.some(5)
@pytest.mark.parametrize("schema", ADDRESSES)
@pytest.mark.parametrize("news", [USUAL, WORST], ids=["usual", "worst"])
def test_apprise_passes_a_digest_on_as_it_is_checks_certificates_and_follows_no_redirect(
    schema: str, news: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = Channel(name="notify[0]", kind=read_channel(ADDRESSES[schema]), address=Secret(ADDRESSES[schema]))
    message = render_digest(build_digest(news), channel.kind.form)
    plugin: Any = apprise.Apprise.instantiate(_address(channel, message), asset=_asset(apprise))
    sent = list[dict[str, Any]]()

    def send(**given: Any) -> bool:
        sent.append(given)
        return True

    monkeypatch.setattr(plugin, "send", send)
    form = apprise.NotifyFormat(message.form.value)
    assert plugin.notify(body=message.body, title=message.title, notify_type=apprise.NotifyType.INFO, body_format=form)
    (one,) = sent
    assert one["body"].endswith(message.body)
    before = one["body"].removesuffix(message.body)  # a channel without titles gets it as a line of its own
    assert (before + one["title"]).strip("#* \n") == message.title
    assert not one.get("attach")
    assert (plugin.verify_certificate, plugin.redirects) == (True, False)
