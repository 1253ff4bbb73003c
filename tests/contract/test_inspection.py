"""What a ModelArts project tells beyond its jobs: whatever is answered, it is told and not raised, and nothing is changed."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest
from documents import make_document

from janitor.backends.inspection import Address, Credentials, Feature, Finding, Found
from janitor.backends.modelarts_errors import RAISED
from janitor.backends.modelarts_inspection import credentials_of, find_needs
from janitor.backends.modelarts_project import ModelArtsProject, Scope
from janitor.backends.modelarts_v1 import ModelArtsV1
from janitor.backends.modelarts_v2 import ModelArtsV2
from janitor.clock import ThreadSpawner
from janitor.core.errors import CertificateRefused, Interrupted
from janitor.emulator.account import Account
from janitor.emulator.faults import Fault, Route
from janitor.emulator.quotas import Quota
from janitor.emulator.server import Emulator
from janitor.emulator.switches import Switches
from janitor.modelarts import errors as vendor
from janitor.modelarts.credentials import AccessKey
from janitor.modelarts.endpoint import Endpoint
from janitor.modelarts.keyring import Keyring, KeyState
from janitor.modelarts.limits import TransportLimits
from janitor.modelarts.password_login import PasswordLogin
from janitor.modelarts.permissions import POLICIES, ROUTES
from janitor.modelarts.surroundings import Surroundings
from janitor.modelarts.transport import Transport

ACCOUNT = Account()
KEY = AccessKey(ACCOUNT.access_key, ACCOUNT.secret_key)
NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)


class Site:
    """One emulator, and backends of it."""

    def __init__(self, stack: ExitStack) -> None:
        self.emulator = stack.enter_context(Emulator(account=ACCOUNT, jobs=[make_document(1_700_000_000_000, 1)]))
        self.stop = Event()
        self._stack = stack

    def connect(self, endpoint: Endpoint | None = None, key: AccessKey | Keyring = KEY) -> Transport:
        limits = TransportLimits(requests_per_second=1000, backoff_base_s=0.001)
        transport = Transport(
            endpoint or Endpoint(url=self.emulator.url), key, limits=limits, surroundings=Surroundings(stop=self.stop)
        )
        return self._stack.enter_context(transport)

    def backend(self, kind: Callable[..., ModelArtsProject] = ModelArtsV2, **changes: Any) -> Any:
        scope = Scope(project_id=ACCOUNT.project_id, project_name=None, workspaces=("0",))
        return kind(changes.get("transport") or self.connect(), changes.get("iam"), scope)

    def find(self, feature: Feature, **switches: Any) -> Finding:
        self.emulator.world.switches = Switches(**switches)
        found: Finding = self.backend().inspect().features[feature]
        return found


@pytest.fixture(scope="module")
def shared() -> Iterator[Site]:
    with ExitStack() as stack:
        yield Site(stack)


@pytest.fixture
def site(shared: Site) -> Iterator[Site]:
    before = len(shared.emulator.truth)
    yield shared
    shared.emulator.faults.clear()
    shared.emulator.world.switches = Switches()
    shared.stop.clear()
    assert len(shared.emulator.truth) == before


@pytest.mark.some(4)
@pytest.mark.parametrize(
    ("feature", "switches", "found"),
    [
        (Feature.BATCH, {}, Found.THERE),
        (Feature.BATCH, {"batch_mode": "partial"}, Found.THERE),
        (Feature.BATCH, {"batch_mode": "absent"}, Found.ABSENT),
        (Feature.BATCH, {"batch_mode": "absent_405"}, Found.ABSENT),
        (Feature.TAGS, {}, Found.THERE),
        (Feature.TAGS, {"tags": "absent"}, Found.ABSENT),
        (Feature.WORKSPACES, {}, Found.ON),
        (Feature.WORKSPACES, {"workspaces_enabled": False}, Found.OFF),
        (Feature.AGING, {"aging": "hidden"}, Found.UNKNOWN),
        (Feature.AGING, {}, Found.OFF),
        (Feature.AGING, {"quota": "absent"}, Found.ABSENT),
        (Feature.AGING, {"quota": "refused"}, Found.REFUSED),
    ],
)
def test_each_feature_is_found_out_as_it_is(site: Site, feature: Feature, switches: dict[str, Any], found: Found) -> None:
    finding = site.find(feature, **switches)
    assert finding.found is found
    assert finding.words or found in (Found.THERE, Found.ON, Found.OFF)


def test_aging_that_is_on_is_seen(site: Site) -> None:
    site.emulator.world.quotas.write(Quota(resource="job-retention-enabled", quota=1))
    assert site.find(Feature.AGING).found is Found.ON


ROUTES_OF: tuple[tuple[Feature, Route], ...] = (
    (Feature.BATCH, "batch_delete"),
    (Feature.TAGS, "find_by_tags"),
    (Feature.WORKSPACES, "workspaces"),
    (Feature.AGING, "quota"),
)


@pytest.mark.some(4)
@pytest.mark.parametrize(
    ("status", "code", "found"),
    [(403, "ModelArts.0108", Found.REFUSED), (400, "ModelArts.2771", Found.REFUSED), (404, "ModelArts.4204", Found.ABSENT)]
    + [(404, "ModelArts.2786", Found.UNKNOWN), (400, "ModelArts.2837", Found.UNKNOWN), (404, "odd", Found.UNKNOWN)]
    + [(503, "ModelArts.4302", Found.UNKNOWN), (429, "APIG.0308", Found.UNKNOWN), (401, "APIG.0301", Found.UNKNOWN)],
)
def test_an_error_is_told_in_its_own_words_and_not_raised(site: Site, status: int, code: str, found: Found) -> None:
    for feature, route in ROUTES_OF:
        site.emulator.faults.add(Fault(route, "status", status=status, code=code, times=None))
        findings = site.backend().inspect().features
        assert (findings[feature].found, str(status) in findings[feature].words) == (found, True)
        assert len(findings) == len(Feature)
        site.emulator.faults.clear()


def test_refused_credentials_are_sent_once_and_no_more(site: Site) -> None:
    before = len(site.emulator.requests)
    wrong = AccessKey(ACCOUNT.access_key, "another-secret")
    findings = site.backend(transport=site.connect(key=wrong)).inspect().features
    assert {finding.found for finding in findings.values()} == {Found.UNKNOWN}
    assert len(site.emulator.requests) == before + 1


def test_a_success_of_a_request_that_nobody_can_carry_out_is_no_sign_of_a_batch_route(site: Site) -> None:
    site.emulator.faults.add(Fault("batch_delete", "status", status=202, times=None))
    assert site.find(Feature.BATCH).found is Found.UNKNOWN


def test_the_wish_to_stop_ends_the_asking(site: Site) -> None:
    site.stop.set()
    with pytest.raises(Interrupted):
        site.backend().inspect()


def test_an_adapter_that_cannot_have_a_feature_says_so_and_asks_for_nothing(site: Site) -> None:
    """The first generation of the API has no batches, tags or ageing."""
    before = len(site.emulator.requests)
    findings = site.backend(lambda here, iam, scope: ModelArtsV1(here, iam, scope, ThreadSpawner(1))).inspect().features
    assert {feature for feature, finding in findings.items() if finding.found is Found.NEVER} == set(Feature) - {
        Feature.WORKSPACES
    }
    assert [record.route for record in site.emulator.requests[before:]] == ["workspaces"]


@pytest.mark.parametrize("adapter", [ModelArtsV1, ModelArtsV2])
def test_every_route_that_an_adapter_needs_has_its_permission_in_the_table(adapter: type[ModelArtsProject]) -> None:
    needs = find_needs(adapter.routes)
    assert {need.what for need in needs} >= {"list", "get", "identity", "workspaces", "delete"}
    in_use = {(route.action, route.deletes) for route in ROUTES if not route.is_unused}
    assert {(need.action, need.deletes) for need in needs} <= in_use
    assert {need.what for need in needs if need.deletes} - {"batch"} == {"delete"}


def test_the_way_is_told_without_what_a_proxy_is_told(site: Site) -> None:
    far = Endpoint(url="https://iam.example", ca_file="/etc/ca.pem", proxy="http://me:hunter2@proxy.example:3128")
    told = site.backend(iam=site.connect(far)).inspect(ask=False)
    assert told.addresses == (
        Address(service="modelarts", url=site.emulator.url, is_encrypted=False),
        Address(service="iam", url="https://iam.example", is_encrypted=True, ca_file="/etc/ca.pem", proxy="proxy.example"),
    )
    assert "hunter2" not in repr(told)


def test_given_keys_are_told_by_kind_and_never_by_value(site: Site) -> None:
    temporary = AccessKey("AK0", "SK0-secret", "TOKEN-secret")
    told = site.backend(transport=site.connect(key=temporary)).inspect(ask=False)
    assert told.credentials == Credentials(kind="temporary_key")
    assert site.backend().inspect(ask=False).credentials == Credentials(kind="access_key")
    assert not any(part in repr(told) for part in ("AK0", "secret"))


def test_a_login_tells_when_its_token_ends_once_there_is_one(site: Site) -> None:
    iam = Endpoint(url=site.emulator.url)
    login = PasswordLogin(
        iam=iam, domain=ACCOUNT.domain_name, user=ACCOUNT.user_name, password=ACCOUNT.password, project_id=ACCOUNT.project_id
    )
    backend = site.backend(transport=site.connect(key=Keyring(login)))
    assert backend.inspect(ask=False).credentials == Credentials(kind="password", is_renewed=True, may_change=True)
    told = backend.inspect().credentials
    assert timedelta(hours=23) < told.expires_at - datetime.now(UTC) <= timedelta(hours=24)
    assert ACCOUNT.password not in repr(told)


@pytest.mark.parametrize(
    ("kind", "is_renewed"), [("password", True), ("ecs_agency", True), ("profile", False), ("access_key", False)]
)
def test_credentials_say_whether_they_renew_themselves(kind: str, is_renewed: bool) -> None:
    assert credentials_of(KeyState(kind=kind, expires_at=NOW)) == Credentials(kind=kind, expires_at=NOW, is_renewed=is_renewed)


def test_the_policies_to_attach_are_those_of_the_table(site: Site) -> None:
    told = site.backend().inspect(ask=False)
    for policy, may_delete in ((told.observe_policy, False), (told.enforce_policy, True)):
        named = [POLICIES[name] for name in POLICIES if f"deploy/iam/{name}.json" in policy]
        assert named == [("modelarts", may_delete), ("iam", False)]


def test_a_refused_certificate_stays_one() -> None:
    assert next(ours for theirs, ours in RAISED if issubclass(vendor.CertificateRefused, theirs)) is CertificateRefused
