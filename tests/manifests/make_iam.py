"""Writes deploy/iam/*.json anew from the table of routes in use."""

from pathlib import Path

from janitor.modelarts.permissions import write_policy

FOLDER = Path(__file__).parents[2] / "deploy" / "iam"
FILES = {FOLDER / "modelarts-observe.json": False, FOLDER / "modelarts-enforce.json": True}

if __name__ == "__main__":
    for path, may_delete in FILES.items():
        path.write_text(write_policy(may_delete=may_delete))
