"""Credentials that change under a sweep, through the command line: what ends is renewed, what is revoked or another's ends
the sweep (A20, A21, A22)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from documents import make_document
from logins import KINDS, RENEWABLE, Login
from stage import ACCOUNT, KEY_FILES, Stage

from janitor.emulator.faults import Fault
from janitor.emulator.switches import Switches
from janitor.modelarts.known_secrets import MOST_OUTDATED
from janitor.sweep.entry import sweep_target
from janitor.sweep.target import Target
from janitor.wiring import App, load_app, make_keyrings

MakeStage = Callable[..., Stage]
Begin = Callable[[str], tuple[Stage, Login]]
MANY = 9


@pytest.fixture
def begin(make_stage: MakeStage, now_ms: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Begin:
    """A stage with many expired jobs and a survivor, deleted one by one, and a way to log in."""

    def make(kind: str) -> tuple[Stage, Login]:
        jobs = [*(make_document(now_ms, 60 + number) for number in range(MANY)), make_document(now_ms, 2)]
        stage = make_stage(jobs=jobs, switches=Switches(batch_mode="absent"), account=ACCOUNT)
        login = Login(kind=kind, emulator=stage.emulator, account=ACCOUNT, folder=tmp_path)
        stage.write(credentials=login.credentials, top="confirm_within: 1s\n")
        login.agree(monkeypatch)
        return stage, login

    return make


def in_mid_sweep(stage: Stage, act: Callable[[], object]) -> None:
    """Do this just before the fourth deletion is handled; requests in flight by then have still been admitted."""
    stage.emulator.faults.add(Fault("delete", "before", nth=4, change=lambda _: act()))


def count(stage: Stage, **wanted: object) -> int:
    return sum(all(getattr(record, name) == value for name, value in wanted.items()) for record in stage.emulator.requests)


def open_and_closed(stage: Stage) -> tuple[set[str], dict[str, str]]:
    intended = {event["job_id"] for event in stage.events() if event["event"] == "deletion.intended"}
    closed = stage.closings()
    return intended - set(closed), closed


@pytest.mark.some(2)
@pytest.mark.parametrize("kind", RENEWABLE)
def test_a21_what_ends_in_mid_sweep_is_renewed_once_and_everything_expired_goes(begin: Begin, kind: str) -> None:
    stage, login = begin(kind)
    in_mid_sweep(stage, login.end)
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"], len(stage.deleted_in_truth())) == (0, MANY, MANY)
    assert set(open_and_closed(stage)[1].values()) == {"confirmed"}
    assert 1 <= count(stage, status=401) <= 3
    assert (count(stage, route="login"), count(stage, route="metadata")) == (2 * (kind == "password"), 2 * (kind == "ecs_agency"))
    keys = {record.access_key for record in stage.emulator.requests if record.route == "delete"}
    assert len(keys) == (1 if kind == "password" else 2)


def test_a21_an_odd_answer_of_the_metadata_service_leaves_jobs_for_later_and_no_sweep_without_an_end(begin: Begin) -> None:
    stage, login = begin("ecs_agency")

    def act() -> None:
        stage.emulator.faults.add(Fault("metadata_token", "body", status=200, body="<html>\n<p>portal", times=None))
        login.end()

    in_mid_sweep(stage, act)
    code, _ = stage.sweep()
    assert code in (3, 6)
    names = [event["event"] for event in stage.events()]
    assert names.count("sweep.finished") + names.count("sweep.aborted") == 1
    is_open, closed = open_and_closed(stage)
    assert set(stage.deleted_in_truth()) <= is_open | {job_id for job_id, end in closed.items() if end == "confirmed"}


@pytest.mark.some(2)
@pytest.mark.parametrize("kind", KINDS)
def test_a22_a_revoked_login_ends_the_sweep_with_exit_6_and_at_most_four_refusals(begin: Begin, kind: str) -> None:
    stage, login = begin(kind)
    in_mid_sweep(stage, login.revoke)
    code, report = stage.sweep()
    assert (code, report["error"]["code"]) == (6, "not_permitted")
    assert 1 <= count(stage, status=401) <= 4
    is_open, closed = open_and_closed(stage)
    gone = set(stage.deleted_in_truth())
    assert gone <= is_open | {job_id for job_id, end in closed.items() if end == "confirmed"}
    assert {job_id for job_id, end in closed.items() if end in ("confirmed", "already_gone")} <= gone
    assert report["deletions"]["accepted"] + report["deletions"]["unknown"] == len(is_open)
    assert count(stage, route="login") <= 2


@pytest.mark.some(2)
@pytest.mark.parametrize("kind", RENEWABLE)
def test_a20_renewed_credentials_of_another_project_delete_nothing_and_prove_nothing(begin: Begin, kind: str) -> None:
    stage, login = begin(kind)
    moved_at = list[datetime]()

    def move() -> None:
        moved_at.append(datetime.now(UTC))
        stage.emulator.identity.move_to_project("f" * 32, "another")
        login.end()

    in_mid_sweep(stage, move)
    code, report = stage.sweep()
    assert (code, report["error"]["code"]) == (4, "identity")
    before = set(stage.deleted_in_truth())
    assert len(before) <= 6
    assert {job_id for job_id, end in open_and_closed(stage)[1].items() if end in ("confirmed", "already_gone")} <= before
    checking = ("login", "metadata", "metadata_token", "identity")
    done = [record for record in stage.emulator.requests if record.route not in checking and record.status in (200, 202)]
    assert len({record.credential for record in done}) == 1
    assert max(record.at for record in done if record.method == "DELETE") <= moved_at[0]


def test_a22_a_token_refused_for_each_job_is_renewed_once_and_then_ends_the_sweep(begin: Begin) -> None:
    stage, _ = begin("password")
    for job in stage.emulator.world.jobs():
        job_id = job["metadata"]["id"]
        stage.emulator.faults.add(Fault("get", "status", status=401, code="APIG.0301", job_id=job_id, times=1))
    code, report = stage.sweep()
    assert (code, report["error"]["code"]) == (6, "not_permitted")
    assert (1 <= count(stage, status=401) <= 4, count(stage, route="login")) == (True, 2)


def in_three_spellings(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> App:
    """Three targets with one key: from files, from the environment and from a profile."""
    monkeypatch.setenv("TEST_AK", ACCOUNT.access_key)
    monkeypatch.setenv("TEST_SK", ACCOUNT.secret_key)
    path = stage.config.parent / "profile.ini"
    path.write_text(f"[a]\nak = {ACCOUNT.access_key}\nsk = {ACCOUNT.secret_key}\n")
    monkeypatch.setenv("HUAWEICLOUD_SDK_CREDENTIALS_FILE", str(path))
    text = stage.config.read_text()
    one = text[text.index("  - name: research") : text.index("policies:")]
    ways = ("{access_key: {env: TEST_AK}, secret_key: {env: TEST_SK}}", "{profile: a}")
    more = (one.replace("research", f"target-{number}").replace(KEY_FILES, way) for number, way in enumerate(ways))
    stage.config.write_text(text.replace(one, one + "".join(more)))
    return load_app(stage.config)


def test_a22_targets_that_sweep_at_once_with_one_key_in_several_spellings_spoil_four_signatures_at_most(
    make_stage: MakeStage, now_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [*(make_document(now_ms, 60 + number) for number in range(12)), make_document(now_ms, 2)]
    stage = make_stage(jobs=jobs, switches=Switches(batch_mode="absent"), account=ACCOUNT)
    stage.write(top="confirm_within: 1s\n")
    app = in_three_spellings(stage, monkeypatch)
    app.open_ledger().close()
    revoke = stage.emulator.identity.revoke_key
    stage.emulator.faults.add(Fault("get", "before", nth=8, change=lambda _: revoke(ACCOUNT.access_key)))

    def sweep(target: Target) -> int:
        with app.reopen_ledger() as ledger:
            return sweep_target(target, ledger, app.tools()).exit_code

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(sweep, app.targets())) == [6, 6, 6]
    assert 1 <= count(stage, status=401) <= 4


def test_d1_keys_that_rotate_for_ever_leave_only_the_last_few_behind(make_stage: MakeStage) -> None:
    stage, keyrings = make_stage(), make_keyrings()
    stage.write()
    for number in range(MOST_OUTDATED):
        (stage.folder / "sk").write_text(f"rotated-secret-{number:030}")
        load_app(stage.config, keyrings=keyrings).targets()
    assert f"rotated-secret-{number:030}" in keyrings.secrets()
    (stage.folder / "ak").write_text("ROTATEDAK00000000000")
    for more in range(MOST_OUTDATED):
        (stage.folder / "sk").write_text(f"rotated-again-{more:030}")
        load_app(stage.config, keyrings=keyrings).targets()
    assert len(keyrings.secrets()) <= MOST_OUTDATED + 2
