"""Owns a valid policy file for the settings tests, and how to load a changed one."""

import re
from collections.abc import Callable
from pathlib import Path

import jsonschema_rs
import pytest

from janitor.core.errors import ConfigError
from janitor.settings.document import Document, read_document
from janitor.settings.json_schema import build_schema
from janitor.settings.load import load_settings
from janitor.settings.model import Settings
from janitor.settings.problem import Path as Where

CONFIG = Path(__file__).parents[1] / "config"
POLICY_FILES = sorted(path for path in CONFIG.rglob("*.yaml") if path.parent.name != "tests")
"""The policy files that are shipped; what lies in `tests` are cases of them."""
DEPLOYED = Path(__file__).parents[1] / "deploy/kustomize"
DEPLOYED_FILES = sorted(DEPLOYED.glob("**/janitor.yaml"))
ENVIRON = {"TEST_AK": "AK-canary-0123456789", "TEST_SK": "SK-canary-9876543210"}
CHANNELS = {"TEST_CHANNEL": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#ops"}

GOOD = """\
version: 1
ledger: {path: ledger.db, create: true}
pace: {per_sweep: 20, per_day: 100}
limits: {max_share: 25%, min_age: 24h}
confirm_within: 2min
quiet_period: 3min
target_defaults: {rate: {requests_per_second: 5, concurrency: 4}}
targets:
  - name: research
    mode: enforce
    backend: modelarts
    api: v2
    endpoint: https://modelarts.eu-de.otc.t-systems.com
    iam_endpoint: https://iam.eu-de.otc.t-systems.com
    region: eu-de
    project_id: 0a1b2c3d4e5f60718293a4b5c6d7e8f9
    project_name: eu-de
    workspaces: ["0"]
    rate: {concurrency: 2}
    pace: {per_sweep: 10}
    limits: {max_share: 10%}
    credentials:
      access_key: {env: TEST_AK}
      secret_key: {env: TEST_SK}
policies:
  - name: failed-runs
    description: Failed experiments lose their value in a week.
    mode: enforce
    targets: [research]
    fallback: false
    match:
      phase: [failed, abnormal]
      name: "trial-*"
      owner: [ci-bot]
      kind: job
      workspace: "0"
    except: {name: "*-baseline"}
    expire: {after: 7d, since: finished}
"""

HOLDS = """\
holds:
  - name: release-candidates
    match: {name: "rc-*", phase: completed}
    reason: audited models
    until: 2027-06-30
    owner: ml-audit
    targets: [research]
"""


def changed(old: str, new: str, text: str = GOOD) -> str:
    """The text with one place changed; it must be there exactly once."""
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the sample"
    return text.replace(old, new)


TOMBSTONES = "tombstones: {keep_for: 30d, keep_values: [environment, parameters]}\n"

NOTICES = """\
owners: {ci-bot: {env: TEST_CHANNEL}}
notify: [{url: {env: TEST_CHANNEL}, on: [plan.refused, sweep.finished]}]
"""

CONSOLE = f"""\
console:
  listen: 0.0.0.0:9465
  hosts: [janitor.example.org, "[fd00::7]"]
  tokens: [{{name: alice, sha256: {"ab" * 32}}}, {{name: bob@example.org, sha256: {"cd" * 32}}}]
  proxy: {{addresses: [10.0.0.0/8, "fd00:1:2::/48", 192.0.2.7], header: X-Forwarded-User}}
"""

_RARE = """\
    region: eu-de
    proxy: http://proxy.example.com
    ca_file: ca.pem
    schedule: {every: 6h}
    listing: narrow
    looks: single
"""
_LOGINS = """\
  - name: users
    endpoint: https://modelarts.eu-de.otc.t-systems.com
    project_id: p-2
    credentials: {domain: ACME-0001, user: ci-bot, password: {env: TEST_SK}}
  - name: servers
    endpoint: https://modelarts.eu-de.otc.t-systems.com
    project_id: p-3
    credentials: {agency: ecs}
  - name: profiles
    endpoint: https://modelarts.eu-de.otc.t-systems.com
    project_id: p-4
    credentials: {profile: basic}
"""
_SECRET_KEY = "      secret_key: {env: TEST_SK}\n"
_WORKSPACE = '      workspace: "0"\n'
LABELS = '      labels: {team: [nlp, vision], stage: dev, "cost:center": null}\n'
CONDITIONS = """\
      name_regex: "trial-[0-9]+(-v[0-9]+)?"
      description: "*sweep of *"
      experiment: [exp-7, exp-8]
      flavor: modelarts.p3.large.public
      pool: pool-nlp
      node_count: {at_least: 1, at_most: 8}
      accelerators: {at_least: 0, at_most: 64}
      duration: {at_least: 10min, at_most: 2h}
"""
"""Every condition beside those of GOOD and LABELS."""
AGES = "{completed: 30d, failed: 3d, terminated: 14d, abnormal: 7d}"
KEEP = """\
    keep: {last: 5, hourly: 2, daily: 7, weekly: 4, monthly: 3, yearly: 1, within: 21d, per: [owner, name_prefix, "label:team"]}
    grace: 48h
    archive: {dir: archive, required: false}
    notice: required
"""
_EXPIRE = "    expire: {after: 7d, since: finished}\n"
_EVERY = {
    "    region: eu-de\n": _RARE,
    _WORKSPACE: _WORKSPACE + LABELS + CONDITIONS,
    _SECRET_KEY: f"{_SECRET_KEY}      security_token: {{file: access_key}}\n",
    "policies:\n": f"{_LOGINS}policies:\n",
    "[failed, abnormal]": "[completed, failed, terminated, abnormal]",
    _EXPIRE: f"    expire: {{after: {AGES}, since: finished, owner_may_shorten_to: 2d}}\n{KEEP}",
}


def _every_field() -> str:
    text = changed("concurrency: 4}}", "concurrency: 4}, listing: full, looks: together}", GOOD + HOLDS)
    for old, new in _EVERY.items():
        text = changed(old, new, text)
    return (
        text
        + 'schedule: {cron: "0 3 * * *", jitter: 5min, timezone: UTC}\ntimezone: Europe/Berlin\nmax_duration: 4h\n'
        + TOMBSTONES
        + NOTICES
        + CONSOLE
    )


EVERY_FIELD = _every_field()
"""Every field of the format; it needs the files `access_key` and `ca.pem` beside it."""
ON_A_SERVER = EVERY_FIELD.replace(
    "ledger: {path: ledger.db, create: true}",
    "ledger: {url: postgresql+psycopg://janitor@db/janitor?sslmode=verify-full, password: {env: TEST_SK}, "
    "head: ledger.head, create: true}",
)
"""The same with a ledger on a server, of which some fields are."""
EVERY_ENVIRON = ENVIRON | CHANNELS | {"HUAWEICLOUD_SDK_CREDENTIALS_FILE": str(Path(__file__).with_name("profile.ini"))}
"""The environment that it needs."""

SCHEMA = jsonschema_rs.Draft202012Validator(build_schema(), validate_formats=True)
BEYOND_A_SCHEMA = re.compile(
    "is the name of an earlier one|is no target of this file|is below limits.min_age|is not set, or empty|does not exist"
    "|this file |its file |its section |there is no file |needs the identity service"
    "|its value has|is no time zone known|never fires|must be shorter than|must be longer than|is more than 100 years|has a port"
    "|minute |hour |day of the |month "
    "|has no age for|does not govern|is no regular expression of RE2|reads like a glob|fits the empty name|fits every name"
    "|v1 lists cannot be narrow|v1 jobs cannot be looked at together"
    "|has an at_least above|needs a grace period that|needs somebody who is told|notices may go to|unencrypted|is not let through"
    "|with no bit set behind it|is every address|is no address to listen on|from other machines|name other machines' way"
    "|is that of an earlier one|hash of an empty token"
)
"""What only the loader can tell: it compares fields, reads files and variables, reckons with calendars and numbers in text."""


def load(folder: Path, text: str | bytes, environ: dict[str, str] | None = None) -> Settings:
    """Load a text as `janitor.yaml` in the folder; whatever loads, the JSON Schema must accept."""
    settings, documents = _load(folder, text, environ)
    if isinstance(settings, ConfigError):
        raise settings
    assert [SCHEMA.is_valid(document.value) for document in documents] == [True]
    return settings


def problems(folder: Path, text: str | bytes, environ: dict[str, str] | None = None) -> list[str]:
    """The lines of the refusal, each without the folder: `janitor.yaml:3:1: …`; the JSON Schema must refuse it too, if it can."""
    refusal, documents = _load(folder, text, environ)
    assert isinstance(refusal, ConfigError), "nothing was refused"
    assert refusal.exit_code == 2
    lines = str(refusal).split("\n")
    assert all(line.startswith(f"{folder}/janitor.yaml") for line in lines)
    if isinstance(text, str) and len(text) < 10_000 and not all(BEYOND_A_SCHEMA.search(line) for line in lines):
        for document in documents:
            assert_schema_refuses(text, document)
    return [line.removeprefix(f"{folder}/") for line in lines]


def _load(folder: Path, text: str | bytes, environ: dict[str, str] | None) -> tuple[Settings | ConfigError, list[Document]]:
    """What came of it, and the document that the loader read: reading takes all the time, so the schema gets the same one."""
    path, documents = folder / "janitor.yaml", list[Document]()
    path.write_bytes(text.encode() if isinstance(text, str) else text)

    def read(text: str, may_be_null: Callable[[Where], bool]) -> Document:
        documents.append(read_document(text, may_be_null))
        return documents[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("janitor.settings.load.read_document", read)
        try:
            return load_settings(path, ENVIRON if environ is None else environ), documents
        except ConfigError as error:
            return error, documents


def assert_schema_refuses(text: str, document: Document) -> None:
    """Unless it is no YAML of ours, or says 1.0 for 1, which is the same number to JSON."""
    if not document.problems and not re.search(r"[:\[] -?[0-9]+(\.0|e[0-9]+)\b", text):
        assert not SCHEMA.is_valid(document.value)
