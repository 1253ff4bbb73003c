"""Who is told: addresses are secrets, only some kinds of channels are let through, a required notice must be possible (B39)."""

from pathlib import Path

import pytest
from settings_sample import CHANNELS, ENVIRON, GOOD, changed, load, problems

from janitor.core.channel import ChannelKind, Form
from janitor.core.secret import Secret
from janitor.settings.load import load_policies
from janitor.settings.rules import rules_of

NOTIFY = "notify: [{url: {env: TEST_CHANNEL}, on: [sweep.finished, plan.refused]}]\n"
OWNERS = "owners: {ci-bot: {file: channel}}\n"
REQUIRED = changed("    fallback: false\n", "    fallback: false\n    notice: required\n    grace: 7d\n")
ALL = ENVIRON | CHANNELS


def test_channels_arrive_with_their_names_and_what_they_ask_for_and_are_secrets(tmp_path: Path) -> None:
    (tmp_path / "channel").write_text("mailtos://bot:pass-word@example.com?to=ci@example.com\n")
    settings = load(tmp_path, GOOD + NOTIFY + OWNERS, ALL)
    general, owner = settings.channels
    assert (general.name, general.kind.schema, general.on) == (
        "notify[0]",
        "slack",
        frozenset({"sweep.finished", "plan.refused"}),
    )
    assert (owner.name, owner.kind, owner.owner) == ("owners.ci-bot", ChannelKind(schema="mailtos", form=Form.HTML), "ci-bot")
    assert {general.address, owner.address} <= set(settings.secrets)
    assert Secret(CHANNELS["TEST_CHANNEL"]) == general.address
    assert tmp_path / "channel" in settings.files
    assert CHANNELS["TEST_CHANNEL"] not in repr(settings)


def test_a_file_that_is_read_alone_has_no_channels(tmp_path: Path) -> None:
    (tmp_path / "janitor.yaml").write_text(REQUIRED + NOTIFY + OWNERS)
    settings = load_policies(tmp_path / "janitor.yaml")
    assert settings.channels == ()
    assert settings.policies[0].needs_notice


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("notify: [{url: slack://a/b/c, on: [sweep.finished]}]", "39:16: notify[0].url: secrets are never written in the file"),
        ("notify: [{url: {env: NOT_THERE}, on: [sweep.finished]}]", "39:22: notify[0].url.env: environment variable NOT_THERE"),
        (
            "notify: [{url: {env: TEST_AK}, on: [sweep.finished]}]",
            "39:16: notify[0].url: its value is no address that notices may",
        ),
        ("notify: [{url: {env: TEST_CHANNEL}, on: [sweep.finish]}]", "39:42: notify[0].on[0]: is no event on which a notice is"),
        ("notify: [{url: {env: TEST_CHANNEL}, on: [deletion.intended]}]", "39:42: notify[0].on[0]: is no event on which"),
        ("notify: [{url: {env: TEST_CHANNEL}, on: sweep.finished}]", "39:41: notify[0].on: must be a list of events"),
        ("notify: [{url: {env: TEST_CHANNEL}}]", "39:10: notify[0].on: is required"),
        ("notify: [{on: [sweep.finished]}]", "39:10: notify[0].url: is required"),
        ("notify: [{url: {evn: TEST_CHANNEL}, on: [sweep.finished]}]", 'url.evn: unknown field; did you mean "env"?'),
        ("owners: {ci-bot: {env: TEST_AK}}", "39:18: owners.ci-bot: its value is no address that notices may go to"),
        ("owners: {ci-bot: {fiel: x}}", 'owners.ci-bot.fiel: unknown field; did you mean "file"?'),
        ("owners: {ci-bot: slack://a/b/c}", "39:18: owners.ci-bot: secrets are never written in the file"),
        ("owners: [ci-bot]", "39:9: owners: must be a mapping of owners"),
    ],
)
def test_what_is_wrong_with_a_channel_is_said_at_its_place_and_no_address_is_repeated(
    text: str, said: str, tmp_path: Path
) -> None:
    found = "\n".join(problems(tmp_path, GOOD + text + "\n", ALL))
    assert said in found
    assert not any(value in found for value in (*ALL.values(), "a/b/c"))


@pytest.mark.parametrize(
    "tail", [NOTIFY, "owners: {ci-bot: {env: TEST_CHANNEL}}\n", NOTIFY.replace("sweep.finished", "job.marked")]
)
def test_a_required_notice_needs_somebody_to_tell(tail: str, tmp_path: Path) -> None:
    settings = load(tmp_path, REQUIRED + tail, ALL)
    assert settings.policies[0].needs_notice
    assert any(channel.tells_marks for channel in settings.channels)
    owners = frozenset({"ci-bot"}) if tail.startswith("owners") else frozenset()
    assert rules_of(settings, settings.targets[0]).must_hear == owners


@pytest.mark.parametrize("tail", ["", NOTIFY.replace("sweep.finished", "sweep.aborted")])
def test_b39_a_required_notice_that_nobody_would_get_is_refused_at_its_place(tail: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, REQUIRED + tail, ALL)
    assert found.startswith("janitor.yaml:31:13: policies[0].notice: needs somebody who is told of marks; add owners, or notify")


def test_b39_a_required_notice_without_a_grace_period_is_refused_at_its_place(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, REQUIRED.replace("    grace: 7d\n", "") + NOTIFY, ALL)
    assert found == (
        "janitor.yaml:31:13: policies[0].notice: needs a grace period that begins with the notice; add grace, such as grace: 7d"
    )


def test_there_is_one_word_for_a_notice(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, REQUIRED.replace("notice: required", "notice: optional") + NOTIFY, ALL)
    assert found == "janitor.yaml:31:13: policies[0].notice: must be required; nothing else is known in this version"
