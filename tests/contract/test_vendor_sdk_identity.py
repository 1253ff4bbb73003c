"""The vendor's SDK as second opinion on identities: it signs with temporary keys, and reads our metadata service and our IAM.

Its metadata address is a private constant, put in place here; its IAM address can be given. It knows no password login, and no
route of ModelArts that it would send a token to, so those have no second opinion.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from contract.walkers import VendorWalker
from emulator_identities import log_in
from emulator_probe import ACCOUNT, Probe, job_id, make_jobs
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.auth.internal import IamHelper, MetadataAccessor
from huaweicloudsdkcore.auth.provider import MetadataCredentialProvider
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkcore.region.region import Region
from huaweicloudsdkmodelarts import v1 as sdk

from janitor.emulator.server import Emulator
from janitor.emulator.switches import Switches


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """One on the real clock, as the SDK reads no other; the SDK's metadata address leads to it."""
    with Emulator(jobs=make_jobs(3)) as running:
        monkeypatch.setattr(MetadataAccessor, "_METADATA_ENDPOINT", running.url)
        yield running


@contextmanager
def client_of(emulator: Emulator, credentials: Any) -> Iterator[Any]:
    """Build the SDK's client without a project id: it looks for one at IAM, by the region's name."""
    region = Region(ACCOUNT.project_name, emulator.url)
    builder = sdk.ModelArtsClient.new_builder().with_credentials(credentials.with_iam_endpoint(emulator.url)).with_region(region)
    client = builder.build()
    try:
        yield client
    finally:
        client.close()


def show(client: Any) -> str:
    return str(client.show_training_job_details(sdk.ShowTrainingJobDetailsRequest(training_job_id=job_id(1))).metadata.id)


def told(emulator: Emulator) -> list[tuple[str, int | None, str | None]]:
    return [(record.route, record.status, record.credential) for record in emulator.requests]


def test_temporary_key_signed_by_the_sdk_is_accepted_with_its_security_token_alone(emulator: Emulator) -> None:
    emulator.identity.add_key("TMPAK", "temporary-secret", security_token="temporary/token==", lifetime_s=900)
    for token in ("temporary/token==", "another", None):
        with client_of(emulator, BasicCredentials("TMPAK", "temporary-secret", ACCOUNT.project_id)) as client:
            client.get_credentials().with_security_token(token)
            if token == "temporary/token==":
                assert show(client) == job_id(1)
            else:
                with pytest.raises(ClientRequestException) as refused:
                    show(client)
                assert (refused.value.status_code, refused.value.error_code) == (401, "APIG.0301")
    assert told(emulator) == [("get", status, "TMPAK") for status in (200, 401, 401)]


def test_sdk_finds_key_and_project_by_itself(emulator: Emulator) -> None:
    """1 metadata token, 2 temporary key, 3 project at IAM, 4 the job, all by the SDK's own code."""
    credentials = MetadataCredentialProvider.get_basic().get_credentials()
    key = emulator.identity.agency_key()
    with client_of(emulator, credentials) as client:
        assert show(client) == job_id(1)
        assert client.get_credentials().project_id == ACCOUNT.project_id
    asked = [
        ("metadata_token", 200, None),
        ("metadata", 200, None),
        ("identity", 200, key.access_key),
        ("get", 200, key.access_key),
    ]
    assert told(emulator) == asked
    assert key.expires_at is not None
    assert credentials._expire_at == key.expires_at.replace(microsecond=0, tzinfo=None).timestamp(), "it reads UTC as local time"


@pytest.mark.parametrize("mode", ["served", "tokenless"])
def test_sdk_takes_up_a_renewed_key(emulator: Emulator, mode: Any) -> None:
    """A key with less than 40 minutes left it asks for before each call, and gets the same one until there is another."""
    emulator.world.switches = Switches(agency_lifetime_s=1800, metadata=mode)
    with client_of(emulator, BasicCredentials(project_id=ACCOUNT.project_id)) as client:
        first = emulator.identity.agency_key().access_key
        assert [show(client), show(client)] == [job_id(1)] * 2
        second = emulator.identity.renew_agency_key().access_key
        assert show(client) == job_id(1)
    shown = [(record.credential, record.status) for record in emulator.requests if record.route == "get"]
    assert shown == [(first, 200), (first, 200), (second, 200)]


def test_sdk_gets_a_new_metadata_token_where_the_old_one_is_refused(emulator: Emulator) -> None:
    accessor = MetadataAccessor()
    accessor._token = "stale"
    assert accessor.get_credential().access == emulator.identity.agency_key().access_key
    assert [each[:2] for each in told(emulator)] == [("metadata", 401), ("metadata_token", 200), ("metadata", 200)]


def test_sdk_is_told_where_there_is_no_metadata_service(emulator: Emulator) -> None:
    emulator.world.switches = Switches(metadata="absent")
    with pytest.raises(ClientRequestException) as refused:
        MetadataCredentialProvider.get_basic().get_credentials()
    assert refused.value.status_code == 404


def test_sdk_turns_our_token_into_a_temporary_key(emulator: Emulator) -> None:
    token = log_in(Probe(emulator=emulator))
    with VendorWalker(emulator.url, ACCOUNT) as walker:
        http = walker.client.get_http_client()
        request = IamHelper.get_create_temporary_access_key_by_token_request(http.config, emulator.url, token, 21_600)
        given = MetadataAccessor._process_credential(IamHelper.create_temporary_access_key_by_token(http, request))
        emulator.identity.expire_tokens()
        with pytest.raises(ClientRequestException) as refused:
            IamHelper.create_temporary_access_key_by_token(http, request)
    assert (refused.value.status_code, str(refused.value.error_code)) == (401, "401")
    credentials = BasicCredentials(given.access, given.secret, ACCOUNT.project_id).with_security_token(given.security_token)
    with client_of(emulator, credentials) as client:
        assert show(client) == job_id(1)
