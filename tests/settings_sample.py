"""Owns a valid policy file for the settings tests, and how to load a changed one."""

from pathlib import Path

import pytest

from janitor.core.errors import ConfigError
from janitor.settings.load import load_settings
from janitor.settings.model import Settings

ENVIRON = {"TEST_AK": "AK-canary-0123456789", "TEST_SK": "SK-canary-9876543210"}

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


def load(folder: Path, text: str | bytes, environ: dict[str, str] | None = None) -> Settings:
    """Load a text as `janitor.yaml` in the folder."""
    path = folder / "janitor.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_settings(path, ENVIRON if environ is None else environ)


def problems(folder: Path, text: str | bytes, environ: dict[str, str] | None = None) -> list[str]:
    """The lines of the refusal, each without the folder: `janitor.yaml:3:1: …`."""
    with pytest.raises(ConfigError) as refusal:
        load(folder, text, environ)
    assert refusal.value.exit_code == 2
    lines = str(refusal.value).split("\n")
    assert all(line.startswith(f"{folder}/janitor.yaml") for line in lines)
    return [line.removeprefix(f"{folder}/") for line in lines]
