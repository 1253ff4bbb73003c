"""The restricted Pod Security Standard, as far as it concerns these manifests, and a little more: what a pod template lacks."""

from typing import Any

VOLUMES = {"configMap", "secret", "persistentVolumeClaim", "emptyDir"}


def lacks(spec: dict[str, Any]) -> list[str]:
    """What is missing from a pod's spec."""
    pod = spec.get("securityContext", {})
    wanted = {
        "runs as non-root": pod.get("runAsNonRoot") is True and pod.get("runAsUser", 0) > 0,
        "seccomp": pod.get("seccompProfile", {}).get("type") == "RuntimeDefault",
        "no token": spec.get("automountServiceAccountToken") is False,
        "no host": not any(spec.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")),
        "volumes": all(VOLUMES & set(volume) for volume in spec.get("volumes", [])),
        "time to stop": spec.get("terminationGracePeriodSeconds", 30) > 0,
        "one container": len(spec.get("containers", [])) == 1 and "initContainers" not in spec,
    }
    missing = [name for name, is_there in wanted.items() if not is_there]
    return missing + [name for container in spec.get("containers", []) for name in _container_lacks(container)]


def _container_lacks(container: dict[str, Any]) -> list[str]:
    security, resources = container.get("securityContext", {}), container.get("resources", {})
    sizes = {"cpu", "memory", "ephemeral-storage"}
    wanted = {
        "no escalation": security.get("allowPrivilegeEscalation") is False,
        "no privilege": not security.get("privileged"),
        "no capabilities": security.get("capabilities") == {"drop": ["ALL"]},
        "read-only root": security.get("readOnlyRootFilesystem") is True,
        "requests and limits": set(resources.get("requests", {})) == set(resources.get("limits", {})) == sizes,
        "a tagged image": ":" in container["image"] and not container["image"].endswith(":latest"),
        "no secret in the environment": not any("valueFrom" in variable for variable in container.get("env", [])),
    }
    return [name for name, is_there in wanted.items() if not is_there]
