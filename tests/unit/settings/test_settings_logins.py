"""Each way to log in, whole and alone; what is wrong with it is said at its place, and no secret with it (D1, D16)."""

import re
from pathlib import Path

import pytest
from settings_sample import ENVIRON, GOOD, changed, load, problems

from janitor.core.secret import Secret
from janitor.settings.model import AgencySettings, PasswordSettings, ProfileSettings

KEYS = "      access_key: {env: TEST_AK}\n      secret_key: {env: TEST_SK}\n"
PLACE = "janitor.yaml:23:7: targets[0].credentials"
WRITE = "write exactly one of {access_key, secret_key}, {domain, user, password}, {agency: ecs} or {profile: NAME}"


def with_login(*lines: str, text: str = GOOD) -> str:
    return changed(KEYS, "".join(f"      {line}\n" for line in lines), text)


USER = ("domain: ACME-0001", "user: ci bot", "password: {env: TEST_SK}")


def test_a_user_logs_in_with_a_password(tmp_path: Path) -> None:
    settings = load(tmp_path, with_login(*USER))
    expected = PasswordSettings(domain="ACME-0001", user="ci bot", password=Secret(ENVIRON["TEST_SK"]))
    assert (settings.targets[0].credentials, settings.secrets) == (expected, (expected.password,))


def test_a_cloud_server_logs_in_by_its_agency(tmp_path: Path) -> None:
    assert load(tmp_path, with_login("agency: ecs")).targets[0].credentials == AgencySettings()


@pytest.mark.parametrize("is_named", [True, False])
def test_d16_of_a_profile_only_the_key_is_read_and_its_file_is_watched(tmp_path: Path, is_named: bool) -> None:
    path = tmp_path / "elsewhere" if is_named else tmp_path / ".huaweicloud/credentials"
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        "[basic]\nak=AK-of-profile\nsk=SK%of-profile\niam_endpoint=https://evil.example\nproject_id=p\n[other]\nak=x\n"
    )
    environ = {"HUAWEICLOUD_SDK_CREDENTIALS_FILE": str(path)} if is_named else {"HOME": str(tmp_path)}
    settings = load(tmp_path, with_login("profile: basic"), ENVIRON | environ)
    profile = settings.targets[0].credentials
    assert isinstance(profile, ProfileSettings)
    assert (profile.name, profile.path) == ("basic", path)
    assert [secret.reveal() for secret in settings.secrets] == ["AK-of-profile", "SK%of-profile"]
    assert set(settings.files) == {tmp_path / "janitor.yaml", path}
    assert settings.targets[0].iam_endpoint == "https://iam.eu-de.otc.t-systems.com"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (("agency: ecs", "access_key: {env: TEST_AK}"), f"{PLACE}: mixes access_key and agency; {WRITE}"),
        ((*USER, "agency: ecs"), f"{PLACE}: mixes agency and domain and password and user; {WRITE}"),
        (("domain: ACME", "user: ann"), f"{PLACE}.password: is required"),
        (("user: ann", "password: {env: TEST_SK}"), f"{PLACE}.domain: is required"),
        (("security_token: {env: TEST_SK}",), f"{PLACE}.access_key: is required"),
        (
            ("agency: cce",),
            "janitor.yaml:23:15: targets[0].credentials.agency: must be ecs; nothing else is known in this version",
        ),
        ((*USER[:2], "password: hunter2"), "janitor.yaml:25:17: targets[0].credentials.password: secrets are never written"),
        (("domain: ' ACME'", *USER[1:]), "janitor.yaml:23:15: targets[0].credentials.domain: has a space at its start or end"),
        (("profile: 'a]b'",), "janitor.yaml:23:16: targets[0].credentials.profile: must be the name of a section"),
    ],
)
def test_what_is_mixed_missing_or_not_known_is_refused_at_its_place(tmp_path: Path, lines: tuple[str, ...], found: str) -> None:
    (first, *_) = problems(tmp_path, with_login(*lines), ENVIRON | {"HOME": str(tmp_path)})
    assert first.startswith(found)
    assert "hunter2" not in first


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (None, "there is no file ~/.huaweicloud/credentials, and HUAWEICLOUD_SDK_CREDENTIALS_FILE names none"),
        ("[other]\nak=canary\nsk=canary\n", "has no section of this name"),
        ("[basic]\nak=canary\n", "lacks sk; other ways than a key are not read from it"),
        ("[basic]\nidp_id=canary\n", "lacks ak and sk"),
        ("[basic]\nak=can ary\nsk=canary\n", "a key, token or password is up to 64 KiB of ASCII letters, digits and signs"),
        ("[basic]\nak=canary\nsk=canary\n" + "#" * 65536, "is larger than 64 KiB"),
        ("ak=canary\n", "cannot be read as sections of keys and values (MissingSectionHeaderError)"),
        ("[basic]\nak=canary\nak=canary\n", "(DuplicateOptionError)"),
        ("[basic]\nak=\xff\n", "(UnicodeDecodeError)"),
    ],
)
def test_a_profile_that_holds_no_key_is_refused_at_its_place(tmp_path: Path, content: str | None, found: str) -> None:
    if content is not None:
        (tmp_path / ".huaweicloud").mkdir()
        (tmp_path / ".huaweicloud/credentials").write_bytes(content.encode("latin-1"))
    (only,) = problems(tmp_path, with_login("profile: basic"), ENVIRON | {"HOME": str(tmp_path)})
    assert only.startswith("janitor.yaml:23:16: targets[0].credentials.profile: ")
    assert found in only
    assert "canary" not in only.replace(str(tmp_path), "")


@pytest.mark.parametrize("endpoint", ["https://modelarts.example", "http://localhost:1"])
def test_a_password_needs_the_address_of_the_identity_service(tmp_path: Path, endpoint: str) -> None:
    text = re.sub(r"    iam_endpoint: .*\n", "", with_login(*USER)).replace("https://modelarts.eu-de.otc.t-systems.com", endpoint)
    if "localhost" in endpoint:
        assert load(tmp_path, text).targets[0].iam_endpoint == endpoint
    else:
        (found,) = problems(tmp_path, text)
        assert found.startswith("janitor.yaml:24:17: targets[0].credentials.password: needs the identity service, whose address ")
        assert found.endswith("add iam_endpoint")
