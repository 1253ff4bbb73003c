"""kubectl and helm, and what they make of every overlay and of the chart, once each."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from manifests.chart import Chart
from manifests.objects import Objects, load_objects
from manifests.overlays import OVERLAYS


def find(program: str) -> str:
    """Where a program is that `make setup` unpacks; skipped, loudly, where it cannot be had."""
    found = shutil.which(program, path=str(Path(sys.executable).parent)) or shutil.which(program)
    if found is None:
        pytest.skip(f"NO {program.upper()}: the manifests were NOT rendered; `make setup` unpacks it on Linux, x86-64")
    return found


@pytest.fixture(scope="session")
def render() -> Callable[[str], Objects]:
    """The objects of an overlay."""
    kubectl = find("kubectl")

    @cache
    def rendered(overlay: str) -> Objects:
        run = subprocess.run([kubectl, "kustomize", str(OVERLAYS / overlay)], capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        assert run.stderr == ""
        return load_objects(run.stdout)

    return rendered


@pytest.fixture(scope="session")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Chart:
    """The chart, rendered by helm."""
    return Chart(helm=find("helm"), folder=tmp_path_factory.mktemp("helm"))
