"""deploy/kustomize: every overlay renders, validates offline, is restricted, and observes unless it says otherwise."""

import copy
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from documents import make_document
from manifests.objects import KUBERNETES, Objects, one, pods, settings_of, validate
from manifests.overlays import OVERLAYS
from manifests.restricted import lacks
from ruamel.yaml import YAML
from stage import ACCOUNT

from janitor.cli.main import cli
from janitor.emulator.server import Emulator
from janitor.retention.policy import Mode

NAMES = sorted(path.name for path in OVERLAYS.iterdir())
ON_POSTGRES = ("postgres", "sharded")
ON_A_VOLUME = [name for name in NAMES if name not in ON_POSTGRES]
Render = Callable[[str], Objects]


def test_there_is_what_the_docs_promise() -> None:
    assert NAMES == ["cronjob", "enforce", "init", "postgres", "service", "sharded"]


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("overlay", NAMES)
def test_every_object_validates(render: Render, overlay: str, version: str) -> None:
    for found in render(overlay):
        validate(found, version)


def test_the_validation_notices_a_misspelt_word(render: Render) -> None:
    wrong = copy.deepcopy(one(render("cronjob"), "CronJob", "janitor"))
    wrong["spec"]["concurencyPolicy"] = wrong["spec"].pop("concurrencyPolicy")
    with pytest.raises(kubernetes_validate.ValidationError):
        validate(wrong, KUBERNETES[0])


@pytest.mark.parametrize("overlay", NAMES)
def test_every_pod_is_restricted(render: Render, overlay: str) -> None:
    found = list(pods(render(overlay)))
    assert found
    assert {name: lacks(spec) for name, _, spec in found} == {name: [] for name, _, _ in found}
    namespace = one(render(overlay), "Namespace", "janitor")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("securityContext", "runAsNonRoot"), False),
        (("securityContext", "seccompProfile"), {}),
        (("automountServiceAccountToken",), True),
        (("containers", 0, "securityContext", "readOnlyRootFilesystem"), False),
        (("containers", 0, "securityContext", "allowPrivilegeEscalation"), True),
        (("containers", 0, "securityContext", "capabilities"), {}),
        (("containers", 0, "image"), "janitor"),
        (("volumes", 0), {"name": "policy", "hostPath": {"path": "/"}}),
    ],
)
def test_the_restriction_notices_what_is_missing(render: Render, path: tuple[Any, ...], value: Any) -> None:
    _, _, spec = copy.deepcopy(next(pods(render("service"))))
    inner = spec
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    assert len(lacks(spec)) == 1


@pytest.mark.parametrize("overlay", NAMES)
def test_no_overlay_holds_a_secret_and_all_read_those_that_are_made_by_hand(render: Render, overlay: str) -> None:
    assert "Secret" not in {found["kind"] for found in render(overlay)}
    wanted = {"janitor-credentials"} | ({"janitor-ledger"} if overlay in ON_POSTGRES else set())
    for _, _, spec in pods(render(overlay)):
        secrets = [volume["secret"] for volume in spec["volumes"] if "secret" in volume]
        assert {secret["secretName"] for secret in secrets} == wanted
        assert {secret["defaultMode"] for secret in secrets} == {0o440}


@pytest.mark.parametrize("overlay", NAMES)
def test_c19_what_is_shipped_observes_and_only_enforce_enforces(render: Render, overlay: str, tmp_path: Path) -> None:
    settings = settings_of(render(overlay), tmp_path)
    modes = [target.mode for target in settings.targets] + [policy.mode for policy in settings.policies]
    assert set(modes) == {Mode.ENFORCE if overlay == "enforce" else Mode.OBSERVE}
    assert len(settings.policies) == 1
    assert not settings.ledger.create
    assert settings.ledger.path == (Path("/var/lib/janitor/ledger.db") if overlay in ON_A_VOLUME else None)


def test_b21_a_cronjob_never_overlaps_repeats_or_guesses_its_zone(render: Render) -> None:
    job = one(render("cronjob"), "CronJob", "janitor")["spec"]
    assert (job["concurrencyPolicy"], job["timeZone"], job["startingDeadlineSeconds"]) == ("Forbid", "Etc/UTC", 3600)
    assert job["jobTemplate"]["spec"]["backoffLimit"] == 0
    assert job["jobTemplate"]["spec"]["template"]["spec"]["restartPolicy"] == "Never"
    assert one(render("init"), "Job", "janitor-ledger-init")["spec"]["backoffLimit"] == 0


@pytest.mark.parametrize("overlay", [name for name in NAMES if name != "init"])
def test_b14_nothing_that_runs_again_creates_a_ledger(render: Render, overlay: str) -> None:
    for _, _, spec in pods(render(overlay)):
        assert "init" not in spec["containers"][0].get("args", [])


@pytest.mark.parametrize("overlay", NAMES)
def test_the_toolbox_is_off_and_selectors_select_their_own_pods(render: Render, overlay: str) -> None:
    objects = render(overlay)
    assert one(objects, "Deployment", "janitor-toolbox")["spec"]["replicas"] == 0
    labels = {name: labels for name, labels, _ in pods(objects)}
    for found in objects:
        selector = found.get("spec", {}).get("selector", {})
        wanted = selector.get("matchLabels", selector) if isinstance(selector, dict) else {}
        if not wanted:
            continue
        selected = [name for name, has in labels.items() if wanted.items() <= has.items()]
        own = found["metadata"]["name"] if found["kind"] == "Deployment" else "janitor"
        assert selected == [own]


def test_the_network_lets_nothing_in_but_a_scrape_of_the_service(render: Render) -> None:
    everything = one(render("service"), "NetworkPolicy", "janitor")["spec"]
    assert everything["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "janitor"}
    assert everything["ingress"] == []
    assert {port["port"] for rule in everything["egress"] for port in rule["ports"]} == {443, 53}
    (scrape,) = one(render("service"), "NetworkPolicy", "janitor-metrics")["spec"]["ingress"]
    _, _, spec = next(pod for pod in pods(render("service")) if pod[0] == "janitor")
    container = spec["containers"][0]
    assert scrape["ports"][0]["port"] == container["ports"][0]["containerPort"] == 9464
    assert container["args"] == ["serve", "--listen", "0.0.0.0:9464"]
    assert "janitor-metrics" not in {found["metadata"]["name"] for found in render("cronjob")}


@pytest.mark.parametrize("overlay", ON_A_VOLUME)
def test_all_pods_go_to_the_node_that_has_the_volume(render: Render, overlay: str) -> None:
    """Else a toolbox that somebody forgot would keep the night's sweep waiting for the volume on another node."""
    for name, labels, spec in pods(render(overlay)):
        (term,) = spec["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        assert term["topologyKey"] == "kubernetes.io/hostname", name
        assert term["labelSelector"]["matchLabels"].items() <= labels.items(), (
            "it must match itself, or the first pod never starts"
        )


@pytest.mark.parametrize("overlay", ON_POSTGRES)
def test_b14_a_ledger_on_postgresql_leaves_no_volume_and_is_where_the_policy_file_says(render: Render, overlay: str) -> None:
    objects = render(overlay)
    assert "PersistentVolumeClaim" not in {found["kind"] for found in objects}
    ledger = YAML(typ="safe", pure=True).load(one(objects, "ConfigMap", "janitor-policy")["data"]["janitor.yaml"])["ledger"]
    assert (ledger["url"].partition("://")[0], ledger["create"]) == ("postgresql+psycopg", False)
    place, name = ledger["password"]["file"].rsplit("/", 1)
    assert name == "password"
    for _, _, spec in pods(objects):
        mounts = {mount["mountPath"]: mount["name"] for mount in spec["containers"][0]["volumeMounts"]}
        assert set(mounts.values()) == {volume["name"] for volume in spec["volumes"]}
        assert mounts[place] == "ledger-password"
        assert "/var/lib/janitor" not in mounts
        assert "affinity" not in spec
    egress = one(objects, "NetworkPolicy", "janitor")["spec"]["egress"]
    assert {port["port"] for rule in egress for port in rule["ports"]} == {443, 53, 5432}


def test_replicas_are_moved_one_at_a_time(render: Render) -> None:
    objects = render("postgres")
    deployment = one(objects, "Deployment", "janitor")["spec"]
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    assert (deployment["replicas"], deployment["strategy"]) == (3, rolling)
    assert one(objects, "PodDisruptionBudget", "janitor")["spec"]["maxUnavailable"] == 1


def test_b21_shards_are_the_indices_of_one_job_that_never_overlaps_or_repeats(render: Render) -> None:
    spec = one(render("sharded"), "CronJob", "janitor")["spec"]
    job = spec["jobTemplate"]["spec"]
    assert (spec["concurrencyPolicy"], job["completionMode"], job["backoffLimitPerIndex"]) == ("Forbid", "Indexed", 0)
    assert "backoffLimit" not in job
    given = {variable["name"]: variable["value"] for variable in job["template"]["spec"]["containers"][0]["env"]}
    assert job["completions"] == job["parallelism"] == int(given["JANITOR_SHARDS"]) == 8


def test_a_night_has_time_for_what_the_capacity_on_paper_says_and_ends_before_the_next(render: Render, tmp_path: Path) -> None:
    jobs = {name: one(render(name), "CronJob", "janitor")["spec"]["jobTemplate"]["spec"] for name in ("cronjob", "sharded")}
    hours = {name: job["activeDeadlineSeconds"] / 3600 for name, job in jobs.items()}
    text = (OVERLAYS.parents[2] / "docs" / "operations.md").read_text()
    rows = re.findall(r"^\| (\d+) \| [\d.]+ h \| ([\d.]+) h \|", text, re.MULTILINE)
    first = {int(shards): float(longest) for shards, longest in rows}
    (advised,) = re.findall(r"^Take (\d+)", text, re.MULTILINE)
    assert max(first[int(advised)], first[jobs["sharded"]["completions"]]) + 1 < hours["sharded"] < 24
    assert settings_of(render("cronjob"), tmp_path).max_duration.total_seconds() / 3600 < hours["cronjob"] < 24


@pytest.mark.parametrize("overlay", NAMES)
def test_every_command_line_is_one(render: Render, overlay: str) -> None:
    for name, _, spec in pods(render(overlay)):
        arguments = spec["containers"][0].get("args")
        if arguments is None:
            assert (name, spec["containers"][0]["command"]) == ("janitor-toolbox", ["sleep", "infinity"])
            continue
        command = cli.get_command(None, arguments[0])  # type: ignore[arg-type]  # the lazy group needs no context
        assert command is not None
        command.make_context(arguments[0], list(arguments[1:]))


def test_the_very_command_line_of_the_cronjob_sweeps(render: Render, tmp_path: Path, now_ms: int) -> None:
    """As the pod would: its arguments and environment, with the paths of its volumes put elsewhere."""
    _, _, spec = next(pod for pod in pods(render("enforce")) if pod[0] == "janitor")
    _, _, init = next(pod for pod in pods(render("init")) if pod[0] == "janitor-ledger-init")
    doomed = [make_document(now_ms, 30, name=f"trial-{number}") for number in range(12)]
    with Emulator(jobs=[*doomed, make_document(now_ms, 30, name="trial-1-baseline")]) as emulator:
        text = one(render("enforce"), "ConfigMap", "janitor-policy")["data"]["janitor.yaml"]
        for service in ("modelarts", "iam"):
            text = text.replace(f"https://{service}.eu-de.otc.t-systems.com", emulator.url)
        paths = {"/var/lib/janitor": str(tmp_path), "/run/secrets/janitor": str(tmp_path), "max_share: 25%": "max_share: 100%"}
        for inside, outside in paths.items():
            text = text.replace(inside, outside)
        (tmp_path / "access_key").write_text(ACCOUNT.access_key)
        (tmp_path / "secret_key").write_text(ACCOUNT.secret_key)
        text += "target_defaults: {rate: {requests_per_second: 1000}}\n"
        (tmp_path / "janitor.yaml").write_text(text)
        assert run(spec, tmp_path)[0] == 5, "without its ledger it must refuse"
        assert [run(init, tmp_path)[0], run(init, tmp_path)[0]] == [0, 5]
        code, out = run(spec, tmp_path)
        assert (code, '"confirmed": 12' in out) == (0, True), out
        assert len(emulator.truth.records("deleted")) == 12


def run(spec: dict[str, Any], folder: Path) -> tuple[int, str]:
    container = spec["containers"][0]
    given = {variable["name"]: variable["value"].replace("/etc/janitor", str(folder)) for variable in container["env"]}
    command = [sys.executable, "-m", "janitor", *container["args"]]
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2]), **given}
    done = subprocess.run(command, env=environ, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout
