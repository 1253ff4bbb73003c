"""Values of the chart that could not work, each with the words with which it is refused."""

from manifests.chart import CONSOLE, POSTGRES, POSTGRES_POLICY, SQLITE, SQLITE_POLICY, Values, at, change

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
    "two ledgers": (
        change(
            SQLITE, policy__text=SQLITE_POLICY.replace("create:", "url: postgresql+psycopg://janitor:hunter2@db/janitor, create:")
        ),
        "the policy file must say ledger: {path: /var/lib/janitor/ledger.db",
    ),
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
    "a port that the network keeps in": (
        at("janitor@db:6432/janitor"),
        "has port 6432 in ledger.url, but the NetworkPolicy lets out ledger.postgresql.port, which is 5432",
    ),
    "a usual port that the network keeps in": (
        change(POSTGRES, ledger__postgresql__port=6432),
        "has port 5432 in ledger.url, but the NetworkPolicy lets out ledger.postgresql.port, which is 6432",
    ),
    "a head that no pod could write": (
        change(POSTGRES, policy__text=POSTGRES_POLICY.replace("create:", "head: /var/lib/janitor/head, create:")),
        "the policy file says ledger: {…, head: …}",
    ),
    "a way out of the volume": (
        change(SQLITE, policy__text=SQLITE_POLICY.replace("/ledger.db", "/../ledger.db")),
        "the policy file must say ledger: {path: /var/lib/janitor/ledger.db",
    ),
    "a ledger of which nobody says whether it is created": (
        change(SQLITE, policy__text=SQLITE_POLICY.replace("create: false", "create: null")),
        "the policy file must say ledger: {…, create: false}",
    ),
    "a password behind the address": (at("janitor@db/janitor?password=hunter2"), "the policy file has a password in ledger.url"),
    "a password for the key": (at("janitor@db/janitor?sslmode=require&sslPassword=hunter2"), "has a password in ledger.url"),
    "a password under another spelling": (
        at("janitor@db/janitor?p%61ssword=hunter2"),
        "the policy file must say where the database is",
    ),
    "a socket that no pod has": (at("janitor@/janitor?host=/run/postgresql"), "no socket is mounted"),
    "a password with a slash": (at("janitor:hunter2/a?b@db/janitor"), "the policy file has a password in ledger.url"),
    "a password in place of its file": (
        change(POSTGRES, policy__text=POSTGRES_POLICY.replace("{file: /run/secrets/janitor-ledger/password}", "hunter2")),
        "password: {file: /run/secrets/janitor-ledger/password}}: the Secret is seen there",
    ),
    "a collector's port that is none": (change(SQLITE, traces="http://collector:65536"), "traces names a port that is none"),
    "a gateway's port that is none": (change(SQLITE, pushgateway="http://gateway:0"), "pushgateway names a port that is none"),
    "two secrets in one place": (
        change(SQLITE, extraSecrets=[{"name": name, "mountPath": "/run/secrets/a"} for name in ("a", "b")]),
        "extraSecrets mounts two Secrets at /run/secrets/a",
    ),
    "a console for nobody": (
        change(CONSOLE, networkPolicy__consoleFrom=[]),
        "networkPolicy.consoleFrom is empty: name who may reach it",
    ),
    "a console for everybody": (change(CONSOLE, networkPolicy__consoleFrom=[{}]), "at '/networkPolicy/consoleFrom/0'"),
    "a console that the policy file has not": (
        change(CONSOLE, policy__text=SQLITE_POLICY),
        "the policy file must say console: {listen: 0.0.0.0:9465, hosts",
    ),
    "a console elsewhere": (
        change(CONSOLE, console__port=8080),
        "the policy file must say console: {listen: 0.0.0.0:8080, hosts",
    ),
    "a console where the metrics are": (change(CONSOLE, console__port=9464), "at '/console/port'"),
    "a secret without a name": (
        change(SQLITE, extraSecrets=[{"name": "", "mountPath": "/run/secrets/a"}]),
        "extraSecrets/0/name",
    ),
}
