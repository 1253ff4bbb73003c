"""kubectl, and every overlay rendered by it, once."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from manifests.overlays import OVERLAYS, Objects
from ruamel.yaml import YAML


@pytest.fixture(scope="session")
def render() -> Callable[[str], Objects]:
    """The objects of an overlay; skipped, loudly, where kubectl cannot be had."""
    kubectl = shutil.which("kubectl", path=str(Path(sys.executable).parent)) or shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("NO KUBECTL: the manifests were NOT rendered; `make setup` unpacks it on Linux, x86-64")

    @cache
    def rendered(overlay: str) -> Objects:
        run = subprocess.run([kubectl, "kustomize", str(OVERLAYS / overlay)], capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        assert run.stderr == ""
        return [dict(found) for found in YAML(typ="safe", pure=True).load_all(run.stdout)]

    return rendered
