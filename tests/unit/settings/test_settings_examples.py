"""The files that ship, and every value of a full file as it arrives."""

from datetime import timedelta
from pathlib import Path

import pytest
from settings_sample import CONFIG, ENVIRON, GOOD, POLICY_FILES, changed, load

from janitor.core.phase import Phase
from janitor.core.secret import Secret
from janitor.retention.planner import Pace
from janitor.retention.policy import Limits, Mode, Policy, Since
from janitor.retention.selector import Selector
from janitor.settings.load import load_settings
from janitor.settings.model import AccessKeySettings, LedgerSettings, Settings, TargetSettings

CLOUD = {"HUAWEICLOUD_SDK_AK": "AK", "HUAWEICLOUD_SDK_SK": "SK"}


@pytest.mark.some(9)
@pytest.mark.parametrize("path", POLICY_FILES, ids=lambda path: path.name)
def test_every_shipped_file_loads(path: Path) -> None:
    assert load_settings(path, CLOUD).secrets[1].reveal() == "SK"


def test_the_starter_is_short_and_deletes_nothing() -> None:
    settings = load_settings(CONFIG / "janitor.yaml", CLOUD)
    assert len((CONFIG / "janitor.yaml").read_text().splitlines()) <= 45
    assert {target.mode for target in settings.targets} | {policy.mode for policy in settings.policies} == {Mode.OBSERVE}


def full_policy() -> Policy:
    """The sample's policy as it arrives."""
    return Policy(
        name="failed-runs",
        description="Failed experiments lose their value in a week.",
        mode=Mode.ENFORCE,
        targets=frozenset({"research"}),
        match=Selector(
            phase=frozenset({Phase.FAILED, Phase.ABNORMAL}),
            name=("trial-*",),
            owner=frozenset({"ci-bot"}),
            kind=frozenset({"job"}),
            workspace=frozenset({"0"}),
        ),
        except_=Selector(name=("*-baseline",)),
        after=timedelta(days=7),
        since=Since.FINISHED,
    )


def full_target(access_key: Secret, secret_key: Secret) -> TargetSettings:
    """The sample's target as it arrives."""
    return TargetSettings(
        name="research",
        mode=Mode.ENFORCE,
        backend="modelarts",
        api="v2",
        endpoint="https://modelarts.eu-de.otc.t-systems.com",
        iam_endpoint="https://iam.eu-de.otc.t-systems.com",
        region="eu-de",
        project_id="0a1b2c3d4e5f60718293a4b5c6d7e8f9",
        project_name="eu-de",
        workspaces=("0",),
        credentials=AccessKeySettings(access_key=access_key, secret_key=secret_key),
        requests_per_second=5.0,
        concurrency=2,
        pace=Pace(per_sweep=10, per_day=100),
        limits=Limits(max_share_percent=10, min_age=timedelta(hours=24)),
    )


def test_a_full_file_arrives_value_by_value(tmp_path: Path) -> None:
    access_key, secret_key = (Secret(value) for value in ENVIRON.values())
    assert load(tmp_path, GOOD) == Settings(
        source=tmp_path / "janitor.yaml",
        ledger=LedgerSettings(path=tmp_path / "ledger.db", create=True),
        confirm_within=timedelta(minutes=2),
        quiet_period=timedelta(minutes=3),
        targets=(full_target(access_key, secret_key),),
        policies=(full_policy(),),
        secrets=(access_key, secret_key),
        files=(tmp_path / "janitor.yaml",),
    )


OPTIONAL = """\
version: 1
ledger: {path: ledger.db}
targets:
  - name: research
    backend: modelarts
    endpoint: https://modelarts.eu-de.otc.t-systems.com
    region: eu-de
    project_id: 0a1b2c3d4e5f60718293a4b5c6d7e8f9
    credentials: {access_key: {env: TEST_AK}, secret_key: {env: TEST_SK}}
policies:
  - {name: p, match: {name: a}, expire: {after: 7d}}
"""


def test_what_is_left_out_takes_the_safe_default(tmp_path: Path) -> None:
    settings = load(tmp_path, OPTIONAL)
    (target,), (policy,) = settings.targets, settings.policies
    assert (target.mode, policy.mode, policy.fallback, policy.targets) == (Mode.OBSERVE, Mode.OBSERVE, False, None)
    assert (target.pace, target.limits, target.workspaces, target.api) == (Pace(), Limits(), ("0",), "v2")
    assert (target.requests_per_second, target.concurrency, target.proxy, target.ca_file) == (5.0, 4, None, None)
    assert (settings.confirm_within, settings.quiet_period) == (timedelta(minutes=2), timedelta(minutes=2))
    assert (settings.ledger.create, policy.since) == (True, Since.FINISHED)
    assert policy.match.phase == frozenset({Phase.COMPLETED, Phase.FAILED, Phase.TERMINATED})


def test_overrides_merge_key_by_key(tmp_path: Path) -> None:
    text = changed("    pace: {per_sweep: 10}\n", "    pace: {per_day: 7}\n")
    (target,) = load(tmp_path, changed("limits: {max_share: 10%}", "limits: {min_age: 2d}", text)).targets
    assert target.pace == Pace(per_sweep=20, per_day=7)
    assert target.limits == Limits(max_share_percent=25, min_age=timedelta(days=2))


def test_only_the_word_all_means_all_workspaces(tmp_path: Path) -> None:
    assert load(tmp_path, changed('workspaces: ["0"]', "workspaces: all")).targets[0].workspaces is None


@pytest.mark.parametrize(
    ("endpoint", "iam"),
    [
        ("https://modelarts.cn-north-4.myhuaweicloud.com", "https://iam.cn-north-4.myhuaweicloud.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost", "http://localhost"),
        ("http://[::1]:9", "http://[::1]:9"),
        ("https://platform.example.com", None),
        ("https://modelarts.eu-de.example.com:8443", None),
    ],
)
def test_the_identity_endpoint_is_derived_or_none(tmp_path: Path, endpoint: str, iam: str | None) -> None:
    text = changed("https://modelarts.eu-de.otc.t-systems.com", endpoint)
    text = changed("    iam_endpoint: https://iam.eu-de.otc.t-systems.com\n", "", text)
    (target,) = load(tmp_path, text).targets
    assert (target.endpoint, target.iam_endpoint) == (endpoint, iam)


def test_paths_start_from_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("x")
    text = changed("ledger.db", "state/ledger.db", changed("region: eu-de", "region: eu-de\n    ca_file: ca.pem"))
    settings = load(tmp_path, text)
    assert settings.ledger.path == tmp_path / "state/ledger.db"
    assert settings.targets[0].ca_file == tmp_path / "ca.pem"
    assert load(tmp_path, changed("ledger.db", "/var/ledger.db")).ledger.path == Path("/var/ledger.db")
