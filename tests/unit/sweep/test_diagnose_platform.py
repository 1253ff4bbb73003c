"""What is said of a platform's features, of credentials and of permissions, and what to do about each."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOW, make_job, make_policy, make_rules, make_target
from scripted import ScriptedBackend

from janitor.backends.inspection import Address, Credentials, Feature, Finding, Found, Inspection, Need
from janitor.core.errors import BackendError, CredentialsRefused, NotPermitted
from janitor.retention.policy import Mode
from janitor.retention.selector import Selector
from janitor.sweep.diagnose import diagnose_target
from janitor.sweep.diagnose_check import Check, Result

NEEDS = tuple(
    Need(what=what, action=f"x:{what}", deletes=what in ("delete", "batch"))
    for what in ("list", "get", "tags", "quota", "identity", "workspaces", "delete", "batch")
)
THERE = {
    Feature.BATCH: Finding(found=Found.THERE),
    Feature.TAGS: Finding(found=Found.THERE),
    Feature.WORKSPACES: Finding(found=Found.ON, words="3 of them are seen"),
    Feature.AGING: Finding(found=Found.OFF),
}
TOLD = Inspection(
    addresses=(
        Address(service="jobs", url="https://jobs.example", is_encrypted=True, proxy="proxy.example"),
        Address(service="iam", url="https://iam.example", is_encrypted=True, ca_file="/ca.pem"),
    ),
    credentials=Credentials(kind="access_key"),
    features=THERE,
    needs=NEEDS,
    observe_policy="observe.json",
    enforce_policy="enforce.json",
)


def backend(told: Inspection = TOLD) -> ScriptedBackend:
    made = ScriptedBackend.holding(make_job())
    made.skew, made.inspection = timedelta(0), told
    return made


def diagnose(made: ScriptedBackend, mode: Mode = Mode.ENFORCE, **changes: object) -> dict[str, Check]:
    """Every check by name; a fault always has advice, and so has a warning."""
    checks = diagnose_target(make_target(made, rules=replace(make_rules(), mode=mode), **changes), NOW)
    for check in checks:
        assert check.message
        assert check.advice or (check.result is not Result.FAULT and "WARNING" not in check.message)
    return {check.check: check for check in checks}


def with_features(**found: Finding) -> ScriptedBackend:
    return backend(replace(TOLD, features={**THERE, **{Feature(name): finding for name, finding in found.items()}}))


def found(value: Found) -> Finding:
    return Finding(found=value, words="in its words")


def failing(error: BackendError, told: Inspection = TOLD) -> ScriptedBackend:
    made = backend(told)

    def fail() -> None:
        made.counts["list"] += 1
        raise error

    made.listing = fail  # type: ignore[assignment]  # it never answers
    return made


# --- features ----------------------------------------------------------------------------------------------------------

EXPECTED: Mapping[tuple[str, Found], tuple[Result, str]] = {
    ("batch", Found.THERE): (Result.OK, "there"),
    ("batch", Found.ABSENT): (Result.OK, "one at a time"),
    ("batch", Found.NEVER): (Result.OK, "this API has none"),
    ("batch", Found.REFUSED): (Result.UNKNOWN, "there, but not permitted"),
    ("batch", Found.UNKNOWN): (Result.UNKNOWN, "in its words"),
    ("tags", Found.THERE): (Result.OK, "there"),
    ("tags", Found.ABSENT): (Result.OK, "descriptions alone"),
    ("tags", Found.NEVER): (Result.OK, "this API has none"),
    ("tags", Found.REFUSED): (Result.FAULT, "in its words"),
    ("tags", Found.UNKNOWN): (Result.UNKNOWN, "in its words"),
    ("workspaces", Found.ON): (Result.OK, "enabled: in its words"),
    ("workspaces", Found.OFF): (Result.OK, "not enabled"),
    ("workspaces", Found.NEVER): (Result.OK, "this API has none"),
    ("workspaces", Found.ABSENT): (Result.UNKNOWN, "in its words"),
    ("workspaces", Found.REFUSED): (Result.UNKNOWN, "in its words"),
    ("aging", Found.ON): (Result.OK, "WARNING: on"),
    ("aging", Found.OFF): (Result.OK, "off"),
    ("aging", Found.NEVER): (Result.OK, "this API has none"),
    ("aging", Found.ABSENT): (Result.UNKNOWN, "in its words"),
    ("aging", Found.REFUSED): (Result.UNKNOWN, "in its words"),
    ("aging", Found.UNKNOWN): (Result.UNKNOWN, "in its words"),
}


@pytest.mark.parametrize(("feature", "value"), EXPECTED, ids=[f"{feature}-{value.value}" for feature, value in EXPECTED])
def test_each_finding_is_said_as_what_it_means(feature: str, value: Found) -> None:
    result, text = EXPECTED[feature, value]
    checks = diagnose(with_features(**{feature: found(value)}))
    assert (checks[feature].result, text in checks[feature].message) == (result, True)
    others = {name: check.result for name, check in checks.items() if name not in (feature, "permissions")}
    assert set(others.values()) == {Result.OK, Result.UNKNOWN}
    assert {name for name, other in others.items() if other is Result.UNKNOWN} == {"offsets", "delete"}


@pytest.mark.parametrize(("feature", "action"), [("batch", "x:batch"), ("tags", "x:tags"), ("workspaces", "x:workspaces")])
def test_a_refusal_says_which_permission_is_lacking(feature: str, action: str) -> None:
    checks = diagnose(with_features(**{feature: found(Found.REFUSED)}))
    assert action in checks[feature].advice
    assert f"refused: {action}" in checks["permissions"].message


def test_the_permission_for_aging_is_that_for_the_quota() -> None:
    assert "x:quota" in diagnose(with_features(aging=found(Found.REFUSED)))["aging"].advice


def test_who_observes_is_not_told_to_get_the_permission_to_delete() -> None:
    checks = diagnose(with_features(batch=found(Found.REFUSED)), Mode.OBSERVE)
    assert (checks["batch"].result, checks["batch"].advice) == (Result.OK, "")


def test_a_backend_that_tells_nothing_is_unknown_and_no_fault() -> None:
    checks = diagnose(backend(Inspection()))
    assert {checks[feature.value].result for feature in Feature} == {Result.UNKNOWN}
    assert Result.FAULT not in {check.result for check in checks.values()}


# --- the way and the credentials ---------------------------------------------------------------------------------------


def test_every_address_is_named_with_its_way_and_whose_word_its_certificate_has() -> None:
    checks = diagnose(backend())
    assert checks["endpoints"].message == "jobs https://jobs.example through the proxy proxy.example; iam https://iam.example"
    good = "its certificate is good by"
    assert checks["tls"].message == f"jobs: {good} the built-in authorities; iam: {good} those of /ca.pem"


def test_a_certificate_that_nobody_asked_for_is_not_said_to_be_good() -> None:
    told = diagnose(backend(), project_name=None)["tls"].message
    assert "iam: not proven" in told


H, D = timedelta(hours=1), timedelta(days=1)
ENDS: list[tuple[str, timedelta | None, bool, Result, str]] = [
    ("access_key", None, False, Result.OK, "no end is known"),
    ("temporary_key", None, False, Result.UNKNOWN, "does not tell when it expires"),
    ("temporary_key", 24 * H, False, Result.OK, "WARNING: temporary key: expires in 1d"),
    ("temporary_key", 25 * H, False, Result.OK, "temporary key: expires in 1d1h"),
    ("other_key", 7 * D, False, Result.OK, "WARNING: other key: expires in 1w,"),
    ("other_key", 7 * D + H, False, Result.OK, "other key: expires in 7d1h"),
    ("temporary_key", -H, False, Result.FAULT, "expired 1h ago"),
    ("temporary_key", 0 * H, False, Result.FAULT, "expired"),
    ("token", H, True, Result.OK, "token: expires in 1h, at 2026-11-23 04:00 UTC, and is renewed before"),
    ("token", -H, True, Result.OK, "the next request renews it"),
]


@pytest.mark.parametrize("case", ENDS, ids=[f"{kind}-{left}" for kind, left, *_ in ENDS])
def test_the_end_of_credentials_is_told_and_warned_of_as_fits_their_kind(
    case: tuple[str, timedelta | None, bool, Result, str],
) -> None:
    kind, left, is_renewed, result, text = case
    credentials = Credentials(kind=kind, expires_at=None if left is None else NOW + left, is_renewed=is_renewed)
    check = diagnose(backend(replace(TOLD, credentials=credentials)))["credentials"]
    assert (check.result, text in check.message) == (result, True), check.message
    assert check.message.startswith("WARNING") == text.startswith("WARNING")


def test_of_what_came_expired_no_renewal_is_promised_but_the_clock_suspected() -> None:
    given = Credentials(kind="password", expires_at=NOW - H, is_renewed=True, came_expired=True)
    check = diagnose(backend(replace(TOLD, credentials=given)))["credentials"]
    assert check.result is Result.OK
    assert check.message.startswith("WARNING: password: expired 1h ago")
    assert "before it was handed out; it is used until the platform refuses it" in check.message
    assert "clock" in check.advice


@pytest.mark.parametrize("is_renewed", [True, False])
def test_expired_credentials_explain_a_refusal_of_credentials(is_renewed: bool) -> None:
    told = replace(TOLD, credentials=Credentials(kind="token", expires_at=NOW - H, is_renewed=is_renewed))
    checks = diagnose(failing(CredentialsRefused("no"), told))
    assert [name for name, check in checks.items() if check.result is Result.FAULT] == ["credentials", "signed"]


# --- permissions -------------------------------------------------------------------------------------------------------


def test_what_was_proven_is_named_and_deleting_is_untested() -> None:
    checks = diagnose(backend())
    proven = "proven: x:list, x:get, x:tags, x:quota, x:identity, x:workspaces; "
    assert checks["permissions"].message.startswith(proven)
    assert (checks["delete"].result, checks["delete"].message.startswith("untested")) == (Result.UNKNOWN, True)
    assert checks["delete"].message.endswith("needs x:delete, x:batch")


def test_d30_what_cannot_be_seen_is_said_with_the_narrowest_policy_for_the_mode() -> None:
    for mode, policy in ((Mode.OBSERVE, "observe.json"), (Mode.ENFORCE, "enforce.json")):
        check = diagnose(backend(), mode)["permissions"]
        assert (check.result, "cannot be seen from here" in check.message) == (Result.UNKNOWN, True)
        assert policy in check.advice


def test_what_was_not_asked_is_neither_proven_nor_refused() -> None:
    made = backend(replace(TOLD, features={}))
    made.quota_limit, made.jobs = None, {}
    assert diagnose(made, project_name=None)["permissions"].message.startswith("proven: x:list; whether")


def test_a_refused_look_and_a_refused_quota_are_named() -> None:
    made = backend()
    made.get_errors, made.quota_error = dict.fromkeys(made.jobs, NotPermitted("no")), NotPermitted("no")
    checks = diagnose(made)
    assert "refused: x:get, x:quota" in checks["permissions"].message
    assert ("x:get" in checks["get"].advice, "x:quota" in checks["quota"].advice) == (True, True)


@pytest.mark.parametrize(
    ("words", "named", "refused"), [("no", ["x:list", "x:get"], "x:list"), ("grant x:tags first", ["x:tags"], "x:tags")]
)
def test_a_refused_listing_says_what_to_grant_in_the_platforms_names(words: str, named: list[str], refused: str) -> None:
    checks = diagnose(failing(NotPermitted(words)))
    assert [need.action for need in NEEDS if need.action in checks["list"].advice] == named
    assert checks["permissions"].message.startswith(f"proven: x:identity; refused: {refused}; ")


def test_a_look_proves_the_reading_of_a_jobs_tags_where_there_are_any() -> None:
    needs = (*NEEDS, Need(what="tags of a job", action="x:own"))
    for tags, is_proven in ((Found.THERE, True), (Found.ABSENT, False)):
        told = replace(TOLD, needs=needs, features={**THERE, Feature.TAGS: Finding(found=tags)})
        assert ("x:own" in diagnose(backend(told))["permissions"].message) is is_proven


def test_a_policy_that_asks_for_labels_where_none_are_told_is_a_fault() -> None:
    made = backend()
    made.has_labels = False
    rules = make_rules(make_policy(match=Selector(labels=(("team", None),))))
    checks = {check.check: check for check in diagnose_target(make_target(made, rules=rules), NOW)}
    assert (checks["tags"].result, "labels" in checks["tags"].message) == (Result.FAULT, True)
