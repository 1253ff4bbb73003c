"""Owns the disk of janitor's machine: the ledger's files as everybody reads them, and as a power cut would leave them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from faulty_disk import Disk, Fault, Lost, Step, faulty_disk, lay_out
from simulation.replica import Replica


@dataclass(kw_only=True)
class Machine:
    """`folder` is where everything lies."""

    folder: Path
    _synced: dict[str, bytes] = field(default_factory=dict)
    _unsynced: list[Step] = field(default_factory=list)
    """What processes that were killed or ended have written beyond that: the next sync takes it along."""
    _whole: dict[str, bytes] = field(default_factory=dict)
    """The files as everybody read them when the process under way began, whether they were on the disk or not."""
    _disk: Disk | None = None
    """The disk of the process that is under way; whoever comes meanwhile has the same."""

    @property
    def ledger_path(self) -> Path:
        return self.folder / "ledger.db"

    @property
    def is_busy(self) -> bool:
        """Whether a process is under way."""
        return self._disk is not None

    @contextmanager
    def on_disk(self, fault: Fault | None = None) -> Iterator[Disk]:
        """The machine's disk as the process under way has it, or from here on; at its end what was synced is remembered."""
        if self._disk is not None:
            yield self._disk
            return
        self._whole = self.ledger_files()
        with faulty_disk(fault, self._synced, self._unsynced) as disk:
            self._disk = disk
            try:
                yield disk
            finally:
                self._disk = None
        self._remember(disk, len(disk.trace))

    def leave(self, replica: Replica) -> None:
        """Leave on the disk what the end of a process left there; where the power stayed, also what an earlier sync lost."""
        disk, durable = replica.disk, replica.disk.start
        disk.start = dict(self._whole) if replica.lost is Lost.KEPT else durable
        image, disk.start = replica.image(), durable
        self.lay_ledger(image)
        if replica.lost is Lost.KEPT:
            self._remember(disk, len(disk.trace) if replica.ended_at is None else replica.ended_at)

    def _remember(self, disk: Disk, moment: int) -> None:
        self._synced, self._unsynced = disk.image_at(moment, Lost.DROPPED), disk.unsynced_at(moment)

    def ledger_files(self) -> dict[str, bytes]:
        """The ledger as it lies there, by path."""
        paths = (self.ledger_path.with_name(self.ledger_path.name + suffix) for suffix in ("", "-wal"))
        return {str(path): path.read_bytes() for path in paths if path.exists()}

    def lay_ledger(self, files: dict[str, bytes]) -> None:
        """Put these files in the place of the ledger; its anchor and locks stay as they are."""
        for suffix in ("", "-wal", "-shm"):
            self.ledger_path.with_name(self.ledger_path.name + suffix).unlink(missing_ok=True)
        lay_out(files, self.folder)
        self._synced, self._unsynced = dict(files), []
