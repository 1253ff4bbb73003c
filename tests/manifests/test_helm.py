"""deploy/helm/janitor: whatever it is set to, what comes of it is valid and restricted, or it is refused in words."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from manifests.chart import CHART, CONSOLE, POSTGRES, POSTGRES_POLICY, SQLITE, SQLITE_POLICY, Chart, Values, at, change
from manifests.objects import KUBERNETES, Objects, load_objects, one, pod, pods, settings_of, validate
from manifests.restricted import lacks
from manifests.wrong_values import WRONG
from ruamel.yaml import YAML

from janitor import __version__
from janitor.cli.main import cli

SIZES = {"cpu": "100m", "memory": "256Mi", "ephemeral-storage": "32Mi"}
RICH: Values = {
    "image": {"repository": "registry.example/ml/janitor", "digest": f"sha256:{'0' * 64}", "pullSecrets": ["pull"]},
    "extraSecrets": [{"name": "notices", "mountPath": "/run/secrets/notices"}],
    "toolbox": {"replicas": 1},
    "verify": {"schedule": "30 5 * * 0"},
    "terminationGracePeriodSeconds": 300,
    "resources": {"requests": SIZES, "limits": SIZES},
    "networkPolicy": {
        "metricsFrom": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}],
        "extraEgress": [{"ports": [{"protocol": "TCP", "port": 8080}]}],
    },
    "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
    "podAnnotations": {"example.com/team": "ml"},
    "nodeSelector": {"kubernetes.io/arch": "amd64"},
    "tolerations": [{"key": "ml", "operator": "Exists"}],
}
LEDGERS = {
    "sqlite": SQLITE,
    "claim": change(SQLITE, ledger__sqlite__existingClaim="ledger"),
    "postgres": change(POSTGRES, service__replicas=3, cronjob__shards=8),
    "map": change(SQLITE, policy={"existingConfigMap": "policy"}),
}
PLAIN = (
    "init, sqlite",
    "service, sqlite",
    "service, claim",
    "service, postgres",
    "service, map",
    "cronjob, sqlite",
    "cronjob, postgres",
)
WITH_MORE = ("init, postgres", "service, sqlite", "service, postgres", "cronjob, postgres")
MATRIX = {
    f"{name}{', rich' if more else ''}": LEDGERS[name.split(", ")[1]] | more | {"mode": name.split(", ")[0]}
    for names, more in ((PLAIN, {}), (WITH_MORE, RICH))
    for name in names
}
Render = Callable[[str], Objects]


@pytest.fixture(scope="session")
def made(chart: Chart) -> Render:
    """The objects of one set of values, by its name."""
    return cache(lambda name: chart.render(MATRIX[name]))


@pytest.mark.parametrize("name", [name for name in MATRIX if "rich" in name])
def test_helm_lints_it(chart: Chart, name: str) -> None:
    done = chart.run("lint", "--strict", values=MATRIX[name])
    assert (done.returncode, "0 chart(s) failed" in done.stdout) == (0, True), done.stdout + done.stderr


@pytest.mark.parametrize("name", MATRIX)
def test_every_object_validates_and_every_pod_is_restricted(made: Render, name: str) -> None:
    objects = made(name)
    for found in objects:
        if found["kind"] == "ServiceMonitor":  # of the Prometheus operator, whose schemas are not among those of Kubernetes
            assert found["apiVersion"] == "monitoring.coreos.com/v1"
            continue
        validate(found, KUBERNETES[-1])
        if "rich" in name:
            validate(found, KUBERNETES[0])
    assert [(owner, missing) for owner, _, spec in pods(objects) if (missing := lacks(spec))] == []
    assert "Secret" not in {found["kind"] for found in objects}
    identities = [(found["kind"], found["metadata"]["name"]) for found in objects]
    assert len(identities) == len(set(identities))


@pytest.mark.parametrize("name", MATRIX)
def test_a_mode_starts_what_it_says_and_nothing_beside_it(made: Render, name: str) -> None:
    """Two that sweep would only turn each other away, and only init ever creates a ledger."""
    objects, mode = made(name), name.partition(",")[0]
    started = {owner: spec["containers"][0].get("args") for owner, _, spec in pods(objects)}
    wanted = {
        "init": ("janitor-ledger-init", ["init", "--ledger"]),
        "service": ("janitor", ["serve", "--listen", "0.0.0.0:9464"]),
        "cronjob": ("janitor", ["sweep", "--output", "json"]),
    }
    verifying = {"janitor-verify": ["audit", "verify"]} if "rich" in name and mode != "init" else {}
    assert started == {"janitor-toolbox": None} | dict([wanted[mode]]) | verifying
    for command, *rest in filter(None, started.values()):
        known = cli.get_command(None, command)  # type: ignore[arg-type]  # the lazy group needs no context
        assert known is not None
        known.make_context(command, rest)


@pytest.mark.parametrize("name", MATRIX)
def test_every_volume_is_mounted_and_what_is_mounted_is_there(made: Render, name: str) -> None:
    for _, labels, spec in pods(made(name)):
        container = spec["containers"][0]
        mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        assert set(mounts) == {volume["name"] for volume in spec["volumes"]}
        assert (mounts["policy"], mounts["credentials"]) == ("/etc/janitor", "/run/secrets/janitor")
        assert ("ledger" in mounts) == ("podAffinity" in spec.get("affinity", {})) == ("postgres" not in name)
        assert ("ledger-password" in mounts) == ("postgres" in name)
        assert all(volume["secret"]["defaultMode"] == 0o440 for volume in spec["volumes"] if "secret" in volume)
        grace = {"toolbox": 5}.get(labels["app.kubernetes.io/component"], 300 if "rich" in name else 120)
        assert spec["terminationGracePeriodSeconds"] == grace


@pytest.mark.parametrize("name", MATRIX)
def test_selectors_select_their_own_pods(made: Render, name: str) -> None:
    objects = made(name)
    labels = {owner: labels for owner, labels, _ in pods(objects)}
    for found in objects:
        spec = found.get("spec", {})
        selector = spec.get("selector", spec.get("podSelector", {}))
        wanted = selector.get("matchLabels", selector)
        if found["kind"] in ("ServiceMonitor", "PersistentVolumeClaim", "Job", "CronJob") or not wanted:
            continue
        selected = {owner for owner, has in labels.items() if wanted.items() <= has.items()}
        everybody = (found["kind"], found["metadata"]["name"]) == ("NetworkPolicy", "janitor")
        own = found["metadata"]["name"].removesuffix("-metrics").removesuffix("-console")
        assert selected == (set(labels) if everybody else {own}), found


def test_b20_a_sqlite_ledger_has_one_replica_whose_end_is_waited_for_and_its_volume_outlives_the_release(made: Render) -> None:
    deployment = one(made("service, sqlite"), "Deployment", "janitor")["spec"]
    assert (deployment["replicas"], deployment["strategy"]) == (1, {"type": "Recreate"})
    claim = one(made("service, sqlite"), "PersistentVolumeClaim", "janitor-ledger")
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    for name in ("service, claim", "service, postgres"):
        assert "PersistentVolumeClaim" not in {found["kind"] for found in made(name)}
    assert "PodDisruptionBudget" not in {found["kind"] for found in made("service, sqlite")}, (
        "it would keep a node from being drained"
    )


def test_replicas_on_postgresql_are_moved_one_at_a_time_and_spread(made: Render) -> None:
    objects = made("service, postgres")
    assert one(objects, "Deployment", "janitor")["spec"]["replicas"] == 3
    budget = one(objects, "PodDisruptionBudget", "janitor")["spec"]
    assert budget["maxUnavailable"] == 1
    assert pod(objects, "janitor")["topologySpreadConstraints"][0]["topologyKey"] == "kubernetes.io/hostname"


def test_b21_shards_are_the_indices_of_one_job_that_never_overlaps_or_repeats(made: Render) -> None:
    single, sharded = (one(made(f"cronjob, {kind}"), "CronJob", "janitor")["spec"] for kind in ("sqlite", "postgres"))
    for spec in (single, sharded):
        assert (spec["concurrencyPolicy"], spec["timeZone"]) == ("Forbid", "Etc/UTC")
    assert single["jobTemplate"]["spec"]["backoffLimit"] == 0
    job = sharded["jobTemplate"]["spec"]
    assert (job["completionMode"], job["completions"], job["parallelism"], job["backoffLimitPerIndex"]) == ("Indexed", 8, 8, 0)
    assert environment(job["template"]["spec"])["JANITOR_SHARDS"] == "8"
    assert job["activeDeadlineSeconds"] == single["jobTemplate"]["spec"]["activeDeadlineSeconds"] == 23 * 3600
    assert "JANITOR_SHARDS" not in environment(single["jobTemplate"]["spec"]["template"]["spec"])


def environment(spec: dict[str, Any]) -> dict[str, str]:
    return {variable["name"]: variable["value"] for variable in spec["containers"][0]["env"]}


def test_the_network_lets_out_what_is_needed_and_in_a_scrape_of_the_service(chart: Chart, made: Render) -> None:
    assert ports(made("service, sqlite")) == {443, 53}
    assert ports(made("service, postgres")) == {443, 53, 5432}
    assert ports(made("service, sqlite, rich")) == {443, 53, 8080}
    pushing = change(SQLITE, mode="cronjob", pushgateway="http://pushgateway:9091")
    assert ports(chart.render(pushing)) == {443, 53, 9091}
    assert environment(pod(chart.render(pushing), "janitor"))["JANITOR_PUSHGATEWAY"] == "http://pushgateway:9091"
    for mode in ("service", "cronjob"):
        traced = chart.render(change(SQLITE, mode=mode, traces="http://collector:4318"))
        assert (ports(traced), environment(pod(traced, "janitor"))["JANITOR_TRACES"]) == (
            {443, 53, 4318},
            "http://collector:4318",
        )
    assert ports(chart.render(change(SQLITE, traces="https://collector/v1/traces"))) == {443, 53}
    (scrape,) = one(made("service, sqlite, rich"), "NetworkPolicy", "janitor-metrics")["spec"]["ingress"]
    assert (scrape["ports"][0]["port"], len(scrape["from"])) == (9464, 1)
    assert "janitor-metrics" not in {found["metadata"]["name"] for found in made("cronjob, sqlite")}


def ports(objects: Objects) -> set[int]:
    policy = one(objects, "NetworkPolicy", "janitor")["spec"]
    assert (policy["ingress"], policy["policyTypes"]) == ([], ["Ingress", "Egress"])
    return {port["port"] for rule in policy["egress"] for port in rule["ports"]}


def test_a_scrape_finds_the_service(made: Render) -> None:
    objects = made("service, sqlite, rich")
    monitor, service = one(objects, "ServiceMonitor", "janitor"), one(objects, "Service", "janitor")
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert monitor["spec"]["endpoints"][0]["port"] in {port["name"] for port in service["spec"]["ports"]}
    assert monitor["metadata"]["labels"]["release"] == "prometheus"


def test_the_console_is_off_and_reached_where_it_is_on_by_whom_it_names(chart: Chart, made: Render, tmp_path: Path) -> None:
    assert "9465" not in str(made("service, sqlite"))
    objects = chart.render(CONSOLE)
    service, network = one(objects, "Service", "janitor")["spec"], one(objects, "NetworkPolicy", "janitor-console")["spec"]
    assert service["ports"][1:] == [{"name": "console", "port": 9465, "targetPort": "console"}]
    assert pod(objects, "janitor")["containers"][0]["ports"][1:] == [{"name": "console", "containerPort": 9465}]
    assert network["ingress"] == [{"ports": [{"protocol": "TCP", "port": 9465}], "from": [{"podSelector": {}}]}]
    assert network["podSelector"] == one(objects, "NetworkPolicy", "janitor-metrics")["spec"]["podSelector"]
    validate(one(objects, "NetworkPolicy", "janitor-console"), KUBERNETES[0])
    assert "9465" not in str([each for each in chart.render(change(CONSOLE, mode="cronjob")) if each["kind"] != "ConfigMap"])
    settings = settings_of(objects, tmp_path)
    assert settings.console is not None
    assert (str(settings.console.listen), settings.console.is_open) == ("0.0.0.0:9465", False)


def test_the_policy_file_arrives_to_the_letter(made: Render) -> None:
    for name, text in (("service, sqlite", SQLITE_POLICY), ("cronjob, postgres", POSTGRES_POLICY)):
        assert one(made(name), "ConfigMap", "janitor-policy")["data"] == {"janitor.yaml": text}
    assert "ConfigMap" not in {found["kind"] for found in made("service, map")}


def test_the_chart_is_of_this_version_and_its_schema_knows_every_value() -> None:
    yaml = YAML(typ="safe", pure=True)
    about, values, schema = (yaml.load(CHART / name) for name in ("Chart.yaml", "values.yaml", "values.schema.json"))
    assert about["version"] == about["appVersion"] == __version__
    assert closed(schema, values) == []


def closed(schema: dict[str, Any], values: dict[str, Any], path: str = "") -> list[str]:
    """Where a mapping of values.yaml has a key without a schema, or would take any key."""
    found = [f"{path}.{key}" for key in values if key not in schema["properties"]]
    found += [] if schema["additionalProperties"] is False else [f"{path} is open"]
    for key, value in values.items():
        inner = schema["properties"].get(key, {})
        if isinstance(value, dict) and "properties" in inner:
            found += closed(inner, value, f"{path}.{key}")
    return found


@pytest.mark.parametrize("name", WRONG)
def test_c3_wrong_values_are_refused_in_words_and_render_nothing(chart: Chart, name: str) -> None:
    values, words = WRONG[name]
    said = chart.refuse(values)
    assert words in said
    assert "hunter2" not in said


def test_a_release_by_any_name_is_one_of_janitor(chart: Chart) -> None:
    """Two releases in one namespace must neither select each other's pods nor be one job to the alerts."""
    done = chart.run("template", "nightly", values=change(SQLITE, serviceMonitor__enabled=True))
    found = load_objects(done.stdout)
    assert {name for name, _, _ in pods(found)} == {"nightly-janitor", "nightly-janitor-toolbox"}
    assert all(labels["app.kubernetes.io/instance"] == "nightly" for _, labels, _ in pods(found))
    assert (
        one(found, "Deployment", "nightly-janitor")["spec"]["selector"]["matchLabels"]["app.kubernetes.io/instance"] == "nightly"
    )
    monitor, service = (one(found, kind, "nightly-janitor") for kind in ("ServiceMonitor", "Service"))
    assert service["metadata"]["labels"][monitor["spec"]["jobLabel"]] == "nightly"


def test_names_of_digits_stay_text_and_long_ones_fit(chart: Chart) -> None:
    """A release may have 53 characters; Kubernetes takes 52 of a CronJob's name, and an index behind it, 63 of a Job's."""
    digits = change(SQLITE, ledger__sqlite__existingClaim="123", policy={"existingConfigMap": "456"}, image__pullSecrets=["789"])
    spec = pod(chart.render(digits), "janitor")
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    assert volumes["policy"]["configMap"]["name"] == "456"
    assert (volumes["ledger"]["persistentVolumeClaim"]["claimName"], spec["imagePullSecrets"]) == ("123", [{"name": "789"}])
    names = set()
    for release in ("a" * 53, "a" * 52 + "b"):
        for mode, most in (("cronjob", {"CronJob": 52}), ("init", {"Job": 63})):
            done = chart.run(
                "template", release, values=change(POSTGRES, mode=mode, verify__schedule="30 5 * * 0", cronjob__shards=99)
            )
            for found in load_objects(done.stdout):
                kind, name = found["kind"], found["metadata"]["name"]
                assert len(name) <= most.get(kind, 63 if kind == "Service" else 253), (kind, name)
                if kind in most:
                    names.add(name)
                if found.get("spec", {}).get("jobTemplate", {}).get("spec", {}).get("completions"):
                    assert len(f"{name}-29400000-98") <= 63
    assert len(names) == 6, "two releases must not take each other's names"


@pytest.mark.parametrize("release", ["1", "a.b"])
def test_a_release_by_whose_name_no_service_could_be_called_is_refused(chart: Chart, release: str) -> None:
    done = chart.run("template", release, values=SQLITE)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"the release is named {release}, by which no Service of Kubernetes can be called" in done.stderr


def test_the_port_of_the_ledger_may_be_any_that_both_sides_name(chart: Chart) -> None:
    there = at("janitor@db.example:6432/janitor?sslmode=verify-full&sslrootcert=/run/secrets/janitor-ledger/ca.crt")
    assert ports(chart.render(change(there, ledger__postgresql__port=6432))) == {443, 53, 6432}
    assert "NetworkPolicy" not in {found["kind"] for found in chart.render(change(there, networkPolicy__enabled=False))}
