"""Which channels a notice may go to: what reads files, runs programs or sends openly is refused, and no address is repeated."""

import pytest

from janitor.core.channel import FORMS, OCCASIONS, Channel, ChannelKind, Form, read_channel
from janitor.core.secret import Secret

SECRET = "T0KEN0123456789"


@pytest.mark.parametrize(
    ("address", "form"),
    [
        (f"slack://{SECRET}/B/C/#ops", Form.MARKDOWN),
        (f"workflows://host:443/{SECRET}/sig/", Form.MARKDOWN),
        (f"mailtos://user:{SECRET}@example.com?to=ops@example.com&mode=ssl", Form.HTML),
        (f"jsons://hooks.example.com/{SECRET}?+X-Token={SECRET}", Form.TEXT),
        ("json://127.0.0.1:8080/x", Form.TEXT),
        ("json://localhost/x", Form.TEXT),
        ("mmost://[::1]:8065/x", Form.MARKDOWN),
    ],
)
def test_a_channel_that_is_allowed_has_a_form(address: str, form: Form) -> None:
    assert read_channel(address) == ChannelKind(schema=address.partition(":")[0], form=form)


@pytest.mark.parametrize(
    "schema",
    ["file", "syslog", "dbus", "qt", "glib", "kde", "gnome", "windows", "macosx", "growl", "mqtt", "mailto", "http", "https", ""],
)
def test_what_is_not_on_the_list_is_refused(schema: str) -> None:
    with pytest.raises(ValueError, match="no address that notices may go to") as refused:
        read_channel(f"{schema}://{SECRET}")
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("address", [SECRET, "", "slack:", "slack://", "SLACK://a/b/c", " slack://a/b/c"])
def test_what_is_no_address_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(ValueError, match="no address") as refused:
        read_channel(address)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("host", ["hooks.example.com", "10.0.0.1", "localhost@evil.example", "localhost.evil.example"])
@pytest.mark.parametrize("schema", ["json", "mmost", "rocket", "ntfy", "gotify"])
def test_nothing_is_sent_openly_to_another_machine(schema: str, host: str) -> None:
    with pytest.raises(ValueError, match=f"unencrypted to another machine; use {schema}s://"):
        read_channel(f"{schema}://{host}/{SECRET}")
    assert f"{schema}s" in FORMS


@pytest.mark.parametrize(
    "parameter",
    ["template=/etc/passwd", "attach=file:///etc/passwd", "pgpkey=/k", "pgp=yes", "verify=no", "redirect=yes", "format=html"]
    + ["name=x;template=/etc/passwd", "%74emplate=/etc/passwd", "Template=/x", "name=x?template=/x", "name=#x&template=/x"],
)
def test_parameters_that_read_files_or_take_guards_away_are_refused(parameter: str) -> None:
    with pytest.raises(ValueError, match="parameter") as refused:
        read_channel(f"slack://{SECRET}/B/C?{parameter}")
    assert SECRET not in str(refused.value)
    with pytest.raises(ValueError, match="parameter"):
        read_channel(f"slack://{SECRET}/B/C/#ops?{parameter}")


def test_mail_is_never_sent_openly() -> None:
    with pytest.raises(ValueError, match="mode=insecure"):
        read_channel("mailtos://u:p@example.com?mode=Insecure")


def test_an_address_that_cannot_be_read_is_one_error() -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        read_channel(f"jsons://[{SECRET}/x")


def test_a_channel_is_told_of_marks_where_it_asks_for_them_or_is_that_of_an_owner() -> None:
    kind, address = ChannelKind(schema="slack", form=Form.MARKDOWN), Secret("slack://a/b/c")
    on = [frozenset({occasion}) for occasion in OCCASIONS]
    told = [each for each in on if Channel(name="n", kind=kind, address=address, on=each).tells_marks]
    assert told == [frozenset({"sweep.finished"}), frozenset({"job.marked"})]
    assert Channel(name="n", kind=kind, address=address, owner="ann").tells_marks
    assert "slack" not in repr(address)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("jsons://user:a@Hooks.example.com:8443/x", "jsons://hooks.example.com:8443/y", True),
        ("jsons://hooks.example.com/x", "jsons://hooks.example.com:8443/x", False),
        (f"slack://{SECRET}/B/C/#ops", f"slack://{SECRET[::-1]}/D/E/#dev", True),
    ],
)
def test_channels_of_one_server_fail_together(one: str, other: str, is_same: bool) -> None:
    servers = [Channel(name="a", kind=read_channel(address), address=Secret(address)).server for address in (one, other)]
    assert (servers[0] == servers[1]) is is_same
    assert SECRET not in "".join(servers)
