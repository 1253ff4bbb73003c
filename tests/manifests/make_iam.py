"""Writes deploy/iam/*.json anew from the table of routes in use."""

from pathlib import Path

from janitor.modelarts.permissions import POLICIES, write_policy

FOLDER = Path(__file__).parents[2] / "deploy" / "iam"

if __name__ == "__main__":
    for name in POLICIES:
        (FOLDER / f"{name}.json").write_text(write_policy(name))
