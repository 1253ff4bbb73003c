"""The vendor's SDK as second opinion on credentials: it reads the same key from the same profile and the same metadata
service, and signs with a temporary key as we do."""

from pathlib import Path

import pytest
import requests
from emulator_probe import ACCOUNT
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.auth.internal import MetadataAccessor
from huaweicloudsdkcore.auth.provider import ProfileCredentialProvider
from huaweicloudsdkcore.sdk_request import SdkRequest

from janitor.emulator.server import Emulator
from janitor.emulator.switches import Switches
from janitor.modelarts import AccessKey, AccessKeySigner, EcsAgency, Endpoint, MetadataService, SystemClock, Transport
from janitor.modelarts.providers import read_profile

PROFILES = {
    "a key": "[basic]\nak = AKEXAMPLE1\nsk = sk/EXAMPLE+1=\n",
    "a temporary key": "[basic]\nak=AKEXAMPLE2\nsk=skEXAMPLE2\nsecurity_token=token+EXAMPLE/2==\nproject_id=p\n",
    "a default": "[DEFAULT]\nAK = AKEXAMPLE3\n[basic]\nSK : skEXAMPLE3\n# a comment\n[global]\nak = other\nsk = other\n",
}


@pytest.mark.parametrize("name", PROFILES)
def test_the_vendor_reads_the_same_key_from_the_same_profile(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "credentials"
    path.write_text(PROFILES[name])
    monkeypatch.setenv("HUAWEICLOUD_SDK_CREDENTIALS_FILE", str(path))
    theirs, ours = ProfileCredentialProvider.get_basic().get_credentials(), read_profile(path, "basic")
    assert (theirs.ak, theirs.sk, theirs.security_token) == (ours.access_key, ours.secret_key, ours.security_token)


@pytest.mark.parametrize("mode", ["served", "tokenless"])
def test_the_vendor_gets_the_same_key_from_the_same_metadata_service(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    key = AccessKey(ACCOUNT.access_key, ACCOUNT.secret_key)
    with Emulator(account=ACCOUNT, switches=Switches(metadata=mode)) as emulator:  # type: ignore[arg-type]
        monkeypatch.setattr(MetadataAccessor, "_METADATA_ENDPOINT", emulator.url)
        theirs = MetadataAccessor().get_credential()
        with Transport(Endpoint(url=emulator.url), key) as transport:
            ours = EcsAgency(MetadataService(url=emulator.url)).issue(transport.connect)
        asked = [record.route for record in emulator.requests]
    assert ours.credential == AccessKey(theirs.access, theirs.secret, theirs.security_token)
    assert ours.expires_at is not None
    assert abs(ours.expires_at.timestamp() - theirs.expire_at) < 1
    assert asked[: len(asked) // 2] == asked[len(asked) // 2 :] == ["metadata_token", "metadata"]


def test_the_vendor_signs_with_a_temporary_key_as_we_do() -> None:
    key = AccessKey("AKEXAMPLE2", "skEXAMPLE2", "token+EXAMPLE/2==")
    headers = {"Content-Type": "application/json", "X-Project-Id": "p"}
    url = "https://modelarts.example.com/v2/p/training-jobs/x"
    ours = requests.Request("GET", f"{url}?limit=5", headers=headers, auth=AccessKeySigner(key, SystemClock())).prepare()
    signed = {name: ours.headers[name] for name in ("Content-Type", "Host", "X-Sdk-Date")}
    theirs = BasicCredentials(key.access_key, key.secret_key, "p").with_security_token(key.security_token)
    request = SdkRequest(
        method="GET",
        schema="https",
        host="modelarts.example.com",
        resource_path="/v2/p/training-jobs/x",
        query_params=[("limit", 5)],
        header_params=dict(signed),
        body="",
    )
    their = theirs.sign_request(request)
    assert ours.headers["Authorization"] == their.header_params["Authorization"]
    assert ours.headers["X-Security-Token"] == their.header_params["X-Security-Token"] == key.security_token
