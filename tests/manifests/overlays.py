"""Where the overlays are."""

from pathlib import Path

OVERLAYS = Path(__file__).parents[2] / "deploy" / "kustomize" / "overlays"
