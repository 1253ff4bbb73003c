"""Where a secret could get without any platform's help: command lines, `/proc`, `repr`, unexpected errors,
metrics (D1, D2, D25)."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest
from documents import make_document
from logins import KINDS, Login
from spellings import ODD, traces
from stage import POLICY, Stage

from janitor.cli.main import cli
from janitor.core.secret import Secret
from janitor.emulator.account import Account
from janitor.emulator.faults import Fault
from janitor.emulator.identity import Identity
from janitor.emulator.switches import Switches
from janitor.wiring import load_app

MakeStage = Callable[..., Stage]
CANARIES = Account(
    access_key="CANARY/ak+id.0123", secret_key=f"{ODD}0123456789", security_token=f"token{ODD}of-a-temporary-key=="
)
TRACES = {trace for part in (CANARIES.access_key, CANARIES.secret_key, str(CANARIES.security_token)) for trace in traces(part)}
SPEAKING = ("secret", "password", "passwd", "token", "credential", "access_key", "access-key", "api_key", "api-key")
MAKES_A_TOKEN = ("console", "new_token", "NAME")
"""An option that takes the name of a person, and gives a token."""


def found_in(text: str) -> set[str]:
    return {trace for trace in TRACES if trace in text}


@pytest.fixture
def secretive(make_stage: MakeStage, now_ms: int) -> Stage:
    """A stage whose keys are canaries; its platform echoes them."""
    stage = make_stage(jobs=[make_document(now_ms, 60), make_document(now_ms, 2)], account=CANARIES)
    stage.write(top="schedule: {every: 1s}\nledger: {path: state/ledger.db}\nconfirm_within: 1s\n")
    for name, value in (("ak", CANARIES.access_key), ("sk", CANARIES.secret_key), ("token", CANARIES.security_token)):
        (stage.folder / name).write_text(f"{value}\n")
    text = stage.config.read_text()
    stage.config.write_text(text.replace("secret_key: {file: sk}", "secret_key: {file: sk}, security_token: {file: token}"))
    return stage


def everything_shown(*things: object) -> list[str]:
    """What a crash report would show of these and of all that they hold; what removes secrets knows them."""
    shown: dict[int, str] = {}

    def look(thing: Any, depth: int = 0) -> None:
        if id(thing) in shown or depth > 9 or isinstance(thing, type | str | bytes | int | float | None | Secret):
            return
        shown[id(thing)] = "" if isinstance(thing, re.Pattern) else f"{thing!r} {thing!s} {[thing]}"
        slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
        held = [*getattr(thing, "__dict__", {}).values(), *(getattr(thing, name, None) for name in slots)]
        for each in held if type(thing).__module__.startswith("janitor") else ():
            look(each, depth + 1)

    for start in things:
        look(start)
    return list(shown.values())


def every_command_line() -> str:
    """The command lines of all processes, as whoever looks into /proc sees them."""
    lines = list[bytes]()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended by now
            lines.append(path.read_bytes())
    return b"\n".join(lines).decode("latin-1")


def options() -> Iterator[tuple[str, click.Parameter]]:
    """Every option and argument of every command."""

    def walk(name: str, command: click.Command) -> Iterator[tuple[str, click.Parameter]]:
        for parameter in command.params:
            yield name, parameter
        for word, below in command.commands.items() if isinstance(command, click.Group) else ():
            yield from walk(f"{name} {word}", below)

    context = click.Context(cli)
    for word in cli.list_commands(context):
        command = cli.get_command(context, word)
        assert command is not None
        yield from walk(word, command)


def test_d2_no_option_takes_a_secret(make_stage: MakeStage) -> None:
    every = list(options())
    assert len(every) > 40
    for command, parameter in every:
        if (command, parameter.name, parameter.metavar) == MAKES_A_TOKEN:
            continue
        words = " ".join([*parameter.opts, *parameter.secondary_opts, parameter.name or ""]).lower()
        assert not [word for word in SPEAKING if word in words], (command, words)
        assert not getattr(parameter, "hide_input", False), (command, words)
    stage = make_stage()
    stage.write()
    code, _, error = stage.janitor("sweep", "--pushgateway", "http://ann:pass-word@127.0.0.1:9")
    assert (code, "pass-word" in error, "JANITOR_PUSHGATEWAY" in error) == (2, False, True)
    assert stage.emulator.requests == []


def test_d2_a_secret_written_into_the_policy_file_is_refused_and_not_repeated(secretive: Stage) -> None:
    text = secretive.config.read_text()
    secretive.config.write_text(text.replace("{file: sk}", json.dumps(CANARIES.secret_key)))
    code, out, error = secretive.janitor("sweep")
    assert (code, "{env: NAME} or {file: PATH}" in error, found_in(out + error)) == (2, True, set())


def test_d1_d2_a_daemon_shows_no_secret_to_whoever_looks_at_its_process_log_metrics_and_ledger(secretive: Stage) -> None:
    secretive.emulator.faults.add(Fault("delete", "leak", times=None))
    secretive.emulator.faults.add(Fault("list", "leak", nth=2, times=None, status=403))
    log = secretive.folder / "log"
    command = [sys.executable, "-m", "janitor", "serve", "--config", str(secretive.config), "--listen", "127.0.0.1:0"]
    with log.open("w") as stream, subprocess.Popen(command, stdout=stream, stderr=stream) as daemon:
        try:
            deadline = time.monotonic() + 30
            while '"listing.failed"' not in log.read_text():
                assert daemon.poll() is None, log.read_text()[-500:]
                assert time.monotonic() < deadline, log.read_text()[-500:]
                time.sleep(0.1)
            own = Path(f"/proc/{daemon.pid}")
            seen = {"environ": (own / "environ").read_bytes().decode("latin-1"), "every cmdline": every_command_line()}
            assert "janitor\0serve" in seen["every cmdline"]
            url = next(json.loads(line)["url"] for line in log.read_text().splitlines() if "service.listening" in line)
            for path in ("healthz", "readyz", "metrics"):
                fetch = ["from urllib.request import urlopen", f"print(urlopen('{url}/{path}').read().decode())"]
                seen[path] = subprocess.run(
                    [sys.executable, "-c", ";".join(fetch)], capture_output=True, text=True, check=False
                ).stdout
        finally:
            daemon.send_signal(signal.SIGTERM)
    seen |= {path.name: path.read_bytes().decode("latin-1") for path in (log, *(secretive.folder / "state").iterdir())}
    assert "deletion.unknown" in seen["log"]
    assert "***" in seen["log"] + seen["ledger.db"]
    assert {name: found_in(text) for name, text in seen.items()} == {name: set() for name in seen}
    assert daemon.returncode == 0


END: dict[str, Callable[[Identity], None]] = {
    "password": lambda identity: identity.expire_tokens(),
    "ecs_agency": lambda identity: identity.expire_key(identity.agency_key().access_key),
}


@pytest.mark.some(1)
@pytest.mark.parametrize("kind", END)
def test_d1_no_password_token_or_temporary_key_is_shown_or_kept_anywhere(
    make_stage: MakeStage, now_ms: int, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Everything is echoed that was obtained so far, by refused deletions and by the refusal of the second login."""
    account = Account(password=f"pass{ODD}word", secret_key="never-told-to-this-process")
    jobs = [*(make_document(now_ms, 60 + number) for number in range(6)), make_document(now_ms, 2)]
    stage = make_stage(jobs=jobs, account=account, switches=Switches(batch_mode="absent"))
    login = Login(kind=kind, emulator=stage.emulator, account=account, folder=stage.folder)
    stage.write(credentials=login.credentials, top="ledger: {path: state/ledger.db}\nconfirm_within: 1s\n")
    login.agree(monkeypatch)
    add = stage.emulator.faults.add
    add(Fault("delete", "leak", nth=2, times=2, status=403, code="ModelArts.0108"))
    add(Fault("delete", "before", nth=4, change=lambda _: END[kind](stage.emulator.identity)))
    add(Fault("metadata" if kind == "ecs_agency" else "login", "leak", nth=2, times=None, status=401))
    shown = {"sweep": stage.janitor("sweep", "--output", "json")}
    assert shown["sweep"][0] == 6
    stage.emulator.faults.clear()
    shown |= {" ".join(words): stage.janitor(*words) for words in (["doctor"], ["plan"], ["audit", "export"], ["check"])}
    texts = {name: out + error for name, (_, out, error) in shown.items()}
    texts |= {path.name: path.read_bytes().decode("latin-1") for path in (stage.folder / "state").iterdir()}
    told = [*stage.emulator.identity.every_secret(), account.password]
    secrets = set(told) - {account.secret_key} - ({account.password} if kind == "ecs_agency" else set())
    assert len(secrets) > 2
    assert all("***" in texts[name] for name in ("sweep", "audit export", "ledger.db"))
    for name, text in texts.items():
        assert {trace for secret in secrets for trace in traces(secret) if trace in text} == set(), name


@pytest.mark.parametrize("kind", KINDS)
def test_d1_an_app_that_has_logged_in_shows_no_secret_in_its_repr(
    make_stage: MakeStage, now_ms: int, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    account = replace(CANARIES, security_token=None)
    stage = make_stage(jobs=[make_document(now_ms, 2)], account=account)
    login = Login(kind=kind, emulator=stage.emulator, account=account, folder=stage.folder)
    stage.write(credentials=login.credentials)
    login.agree(monkeypatch)
    app = load_app(stage.config)
    (target,) = app.targets()
    assert len(target.backend.list_jobs().jobs) == 1
    shown = everything_shown(app, app.settings, target, target.backend, app.scrubber, app.pen(), app.keyrings)
    secrets = [text for secret in app.keyrings.secrets() for text in traces(secret)]
    assert len(secrets) > 10 or kind == "ecs_agency"
    assert [text for text in shown for secret in secrets if secret in text] == []


def test_d1_nothing_that_holds_a_secret_shows_it_in_its_repr(secretive: Stage) -> None:
    app = load_app(secretive.config)
    (target,) = app.targets()
    assert len(target.backend.list_jobs().jobs) == 2
    shown = everything_shown(app, app.settings, target, target.backend, app.scrubber, app.pen(), app.keyrings)
    assert len(shown) > 40
    assert any("AccessKey(" in text for text in shown), "the key itself is among what is shown"
    assert [text for text in shown if found_in(text)] == []
    assert any("***" in text for text in shown)


def test_d1_an_unexpected_error_tells_its_place_and_not_its_text(secretive: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(f"Authorization {CANARIES.secret_key} {CANARIES.security_token}")

    for place in (
        "janitor.wiring.App.targets",
        "janitor.backends.modelarts_v2.ModelArtsV2.list_jobs",
        "janitor.ledger.store.Ledger.head",
    ):
        with monkeypatch.context() as patch:
            patch.setattr(place, fail)
            for command in (
                ["sweep"],
                ["plan", "--format", "json"],
                ["doctor"],
                ["explain", "x"],
                ["audit", "show", "--last", "1"],
            ):
                code, out, error = secretive.janitor(*command)
                assert found_in(out + error) == set()
                assert "Traceback" not in error
                assert code != 1 or "unexpected RuntimeError at " in out + error


@pytest.mark.parametrize("many", [25])
def test_d25_s29_the_number_of_series_does_not_depend_on_the_jobs(make_stage: MakeStage, now_ms: int, many: int) -> None:
    counts = []
    for number in (5, many):
        named = [make_document(now_ms, 60, name=f"job-{each}", user_name=f"owner-{each}") for each in range(number)]
        stage = make_stage(jobs=[*named, make_document(now_ms, 2)], switches=Switches(batch_mode="absent"))
        stage.write(POLICY, top=f"ledger: {{path: ledger-{number}.db}}\n")
        for each in (0, 1):
            stage.emulator.faults.add(Fault("delete", "status", status=400, code=f"ModelArts.{number}{each}", nth=2 + each))
        file = stage.folder / f"{number}.prom"
        assert stage.janitor("sweep", "--metrics-textfile", str(file))[0] in (0, 3)
        text = file.read_text()
        assert "owner-" not in text
        assert "job-" not in text
        counts.append({line.rpartition(" ")[0] for line in text.splitlines() if not line.startswith("#")})
    assert counts[0] == counts[1]
