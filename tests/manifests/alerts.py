"""The alert rules, and promtool, which knows what Prometheus makes of them."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ALERTS = Path(__file__).parents[2] / "deploy" / "prometheus" / "alerts.yaml"
RULES: dict[str, Any] = {
    rule["alert"]: rule for group in YAML(typ="safe", pure=True).load(ALERTS)["groups"] for rule in group["rules"]
}


def promtool(*words: str) -> "subprocess.CompletedProcess[str]":
    """Run promtool; skipped, loudly, where it cannot be had."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("NO PROMTOOL: the alerts were NOT tried; it comes with Debian's package prometheus")
    return subprocess.run([program, *words], capture_output=True, text=True, check=False)
