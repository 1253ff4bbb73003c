"""deploy/helm/janitor: whatever it is set to, what comes of it is valid and restricted, or it is refused in words."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from manifests.chart import CHART, POSTGRES, POSTGRES_POLICY, SQLITE, SQLITE_POLICY, Chart, Values, change
from manifests.objects import KUBERNETES, Objects, load_objects, one, pod, pods, validate
from manifests.restricted import lacks
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
        own = found["metadata"]["name"].removesuffix("-metrics")
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


WRONG: dict[str, tuple[Values, str]] = {
    "an unknown key": (change(SQLITE, replicas=2), "additional properties 'replicas' not allowed"),
    "an unknown inner key": (change(SQLITE, service__replica=2), "at '/service': additional properties 'replica' not allowed"),
    "an unknown mode": (change(SQLITE, mode="daemon"), "at '/mode': value must be one of 'init', 'service', 'cronjob'"),
    "two replicas on SQLite": (
        change(SQLITE, service__replicas=2),
        "service.replicas is 2, but a SQLite ledger lies on one volume, for one replica: set service.replicas=1, or "
        "ledger.kind=postgresql",
    ),
    "shards on SQLite": (change(SQLITE, mode="cronjob", cronjob__shards=8), "cronjob.shards is 8, but a SQLite ledger"),
    "no replica": (change(SQLITE, service__replicas=0), "at '/service/replicas': minimum: got 0, want 1"),
    "no credentials": (change(SQLITE, credentials={}), "credentials.existingSecret is empty: name the Secret"),
    "no password": (change(POSTGRES, ledger__postgresql={}), "ledger.postgresql.passwordSecret is empty: name the Secret"),
    "a claim beside PostgreSQL": (change(POSTGRES, ledger__sqlite__existingClaim="a"), "ledger.sqlite.existingClaim is set"),
    "no policy": (change(SQLITE, policy={}), "set exactly one of policy.text"),
    "two policies": (change(SQLITE, policy__existingConfigMap="a"), "set exactly one of policy.text"),
    "a policy that is no YAML": (change(SQLITE, policy__text="version: [1"), "policy.text is not YAML"),
    "a policy for SQLite": (change(POSTGRES, policy__text=SQLITE_POLICY), "the policy file must say ledger: {url: postgresql"),
    "a policy for PostgreSQL": (change(SQLITE, policy__text=POSTGRES_POLICY), "the policy file must say ledger: {path: /var/lib"),
    "a ledger beside the volume": (
        change(SQLITE, policy__text=SQLITE_POLICY.replace("/var/lib/janitor", "/tmp")),  # noqa: S108
        "the policy file must say ledger: {path: /var/lib/janitor/ledger.db",
    ),
    "a ledger that is created anew": (
        change(SQLITE, policy__text=SQLITE_POLICY.replace(", create: false", "")),
        "the policy file must say ledger: {…, create: false}",
    ),
    "a ledger that may be created": (
        change(SQLITE, policy__text=SQLITE_POLICY.replace("create: false", "create: true")),
        "the policy file must say ledger: {…, create: false}",
    ),
    "a password in the address": (
        change(POSTGRES, policy__text=POSTGRES_POLICY.replace("janitor@db", "janitor:hunter2@db")),
        "the policy file has a password in ledger.url",
    ),
    "a password elsewhere": (
        change(POSTGRES, policy__text=POSTGRES_POLICY.replace("/run/secrets/janitor-ledger", "/run/secrets")),
        "password: {file: /run/secrets/janitor-ledger/password}}: the Secret is seen there",
    ),
    "a name that is none": (change(SQLITE, credentials__existingSecret="A secret"), "at '/credentials/existingSecret'"),
    "a moving image": (change(SQLITE, image__tag="latest"), "at '/image/tag'"),
    "too little time to end": (change(SQLITE, terminationGracePeriodSeconds=30), "minimum: got 30, want 120"),
    "a pod without limits": (change(SQLITE, resources__limits=None), "at '/resources'"),
    "a collector's password": (change(SQLITE, traces="http://a:b@collector:4318"), "at '/traces'"),
    "a gateway's password": (change(SQLITE, pushgateway="http://a:b@gateway:9091"), "at '/pushgateway'"),
    "a secret over the others": (
        change(SQLITE, extraSecrets=[{"name": "a", "mountPath": "/run/secrets/janitor"}]),
        "at '/extraSecrets/0/mountPath'",
    ),
}


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
