"""What is asked of rendered manifests: their pods, one object, and whether each is valid, offline and strictly."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml  # type: ignore[import-untyped]

from janitor.settings.load import load_settings
from janitor.settings.model import Settings

Objects = list[dict[str, Any]]
KUBERNETES = ("1.29", "1.35")


def load_objects(text: str) -> Objects:
    """What a program rendered; libyaml reads it, as it is much, and in the YAML 1.1 of Kubernetes' own tools."""
    return [found for found in yaml.load_all(text, Loader=yaml.CSafeLoader) if found]


def pods(objects: Objects) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """The name, labels and spec of every pod template."""
    for found in objects:
        spec = found.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        if template:
            yield found["metadata"]["name"], template["metadata"]["labels"], template["spec"]


def one(objects: Objects, kind: str, name: str) -> dict[str, Any]:
    """The object of a kind and name; there must be exactly one."""
    found: dict[str, Any]
    (found,) = [each for each in objects if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return found


def pod(objects: Objects, name: str) -> dict[str, Any]:
    """The pod's spec of the object of a name."""
    (spec,) = [spec for found, _, spec in pods(objects) if found == name]
    return spec


def settings_of(objects: Objects, folder: Path) -> Settings:
    """The policy file among them, as janitor understands it; the mounted secrets lie in a folder."""
    text = one(objects, "ConfigMap", "janitor-policy")["data"]["janitor.yaml"]
    assert text.count("/run/secrets/janitor/") == 2
    for key in ("access_key", "secret_key", "password"):
        (folder / key).write_text(f"a-{key}")
    (folder / "janitor.yaml").write_text(re.sub("/run/secrets/janitor(-ledger)?", str(folder), text))
    return load_settings(folder / "janitor.yaml", {})


def validate(found: dict[str, Any], version: str) -> None:
    """Raise unless an object is one of that version of Kubernetes, with no word too many; the same is looked at once."""
    _validate(json.dumps(found, sort_keys=True), version)


@cache
def _validate(text: str, version: str) -> None:
    kubernetes_validate.validate(json.loads(text), version, strict=True)
