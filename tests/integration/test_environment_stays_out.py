"""What an environment, a profile or a stored object could do to a sweep: nothing (D16, D18)."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from apscheduler.jobstores.memory import MemoryJobStore
from documents import make_document
from logins import Login
from stage import ACCOUNT, Stage

import janitor
from janitor.service.timetable import Ticker

MakeStage = Callable[..., Stage]


def test_d16_no_variable_sends_a_sweep_elsewhere_or_lets_it_use_another_key(
    make_stage: MakeStage, now_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, sink = make_stage(jobs=[make_document(now_ms, 60), make_document(now_ms, 2)]), make_stage()
    stage.write()
    services, ways = (
        (
            "MODELARTS",
            "IAM",
            "HUAWEICLOUD_SDK_IAM",
            "HUAWEICLOUD_SDK_STS",
            "HC_CONTAINER",
            "HUAWEICLOUD",
            "OTC",
            "OS",
            "AWS",
            "JANITOR",
        ),
        ("ENDPOINT", "ENDPOINT_URL", "AUTH_URL", "URL", "PROXY"),
    )
    for name in (f"{service}_{way}" for service in services for way in ways):
        monkeypatch.setenv(name, sink.emulator.url)
    for region in ("EU_DE", "EUDE", "EU-DE"):
        monkeypatch.setenv(f"HUAWEICLOUD_SDK_REGION_MODELARTS_{region}", sink.emulator.url)
        monkeypatch.setenv(f"HUAWEICLOUD_SDK_REGION_IAM_{region}", sink.emulator.url)
    for name in (
        "HUAWEICLOUD_SDK_AK",
        "HUAWEICLOUD_SDK_SK",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "OS_ACCESS_KEY",
        "OS_PROJECT_ID",
    ):
        monkeypatch.setenv(name, "another")
    for name in ("HUAWEICLOUD_SDK_REGIONS_FILE", "HUAWEICLOUD_SDK_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(stage.folder / "other.yaml"))
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"]) == (0, 1)
    assert stage.janitor("doctor")[0] == 0
    assert sink.emulator.requests == []


@pytest.mark.parametrize("kind", ["password", "ecs_agency", "profile"])
def test_d16_no_variable_and_no_profile_redirects_a_login(
    make_stage: MakeStage, now_ms: int, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    stage, sink = make_stage(jobs=[make_document(now_ms, 60), make_document(now_ms, 2)]), make_stage()
    login = Login(kind=kind, emulator=stage.emulator, account=ACCOUNT, folder=stage.folder)
    stage.write(credentials=login.credentials)
    login.agree(monkeypatch)
    url = sink.emulator.url
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, url)
    for name in ("IAM_ENDPOINT", "STS_ENDPOINT", "METADATA_ENDPOINT", "AK", "SK", "IDP_ID", "ID_TOKEN_FILE"):
        monkeypatch.setenv(f"HUAWEICLOUD_SDK_{name}", url)
    monkeypatch.setenv("HC_CONTAINER_CREDENTIALS_FULL_URI", url)
    if kind == "profile":
        with (stage.folder / "profile.ini").open("a") as profile:
            profile.write(f"iam_endpoint = {url}\nproject_id = another\nidp_id = x\nid_token_file = sk\n")
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"]) == (0, 1)
    assert sink.emulator.requests == []


UNPICKLING = {"pickle", "cPickle", "_pickle", "shelve", "marshal", "dill", "cloudpickle", "joblib", "jsonpickle"}


def test_d18_nothing_is_ever_unpickled_and_schedules_are_kept_in_memory() -> None:
    modules = sorted(Path(janitor.__file__).parent.rglob("*.py"))
    assert len(modules) > 100
    for module in modules:
        for node in ast.walk(ast.parse(module.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.split(".")[0] for name in names} & UNPICKLING, module
    scheduler = Ticker()
    scheduler.start(paused=True)
    try:
        stores = vars(scheduler)["_jobstores"]
        assert {type(store) for store in stores.values()} == {MemoryJobStore}
    finally:
        scheduler.shutdown()
