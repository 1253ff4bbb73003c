"""Where the overlays are, and what kubectl makes of one."""

from pathlib import Path
from typing import Any

OVERLAYS = Path(__file__).parents[2] / "deploy" / "kustomize" / "overlays"
Objects = list[dict[str, Any]]
