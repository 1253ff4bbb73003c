"""Owns what happens to janitor's machine: time passes and jumps, the disk fills, a wrong ledger is put there, replicas meet."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from simulation.acts import Act, nothing
from simulation.chronicle import Violation
from simulation.dice import Dice, Given
from simulation.universe import Simulation

from janitor.ledger.head_file import anchor_path
from janitor.ledger.place import free_bytes

CHANGES = {
    "body": "UPDATE events SET body = replace(body, 'a', 'b') WHERE seq = ?",
    "hash": "UPDATE events SET hash = replace(hash, '0', '1') || '0' WHERE seq = ?",
}
ROOMS = (0, 4096, 8 << 20, (8 << 20) + (64 << 10))
JUMPS_S = (60, -60, 240, -240, 420, -420, 3600, -7200, 3 * 86_400, -3 * 86_400, 400 * 86_400)


def wait(simulation: Simulation, given: Given) -> bool:
    """Let time pass, or, while a sweep is at a point, stop its process for so long."""
    simulation.stand_still(given["seconds"])
    return True


def jump(simulation: Simulation, given: Given) -> bool:
    """Let somebody set the machine's clock wrong."""
    simulation.platform.date_offset_s = 0.0  # of two clocks that are wrong by the same nobody can tell
    simulation.clock.offset = timedelta(seconds=given["seconds"])
    return True


def mistell(simulation: Simulation, given: Given) -> bool:
    """Let the server tell a wrong time."""
    simulation.clock.offset, simulation.platform.date_offset_s = timedelta(0), given["seconds"]
    return True


def set_clocks(simulation: Simulation, _: Given) -> bool:
    """Let both clocks be right."""
    were_wrong = bool(simulation.clock.offset or simulation.platform.date_offset_s)
    simulation.clock.offset, simulation.platform.date_offset_s = timedelta(0), 0.0
    return were_wrong


def fill(simulation: Simulation, given: Given) -> bool:
    """Let the disk have so little room left."""
    simulation.room = lambda _: int(given["bytes"])
    return True


def free(simulation: Simulation, _: Given) -> bool:
    """Let it have room again."""
    was_full, simulation.room = simulation.room is not free_bytes, free_bytes
    return was_full


def join(simulation: Simulation, given: Given) -> bool:
    """Let another replica sweep; where the first one's lock is lost, nothing but the epoch keeps them apart."""
    if not given["has_lock"]:
        simulation.lose_lock()
    simulation.sweep()
    return True


def put_back(simulation: Simulation, given: Given) -> bool:
    """Let somebody put an older ledger in the place of the right one, or a cut one; it must be refused.

    Then the right one is put back, as `janitor` asks for. What no anchor tells from the right one is left out.
    """
    right, anchor = simulation.ledger_files(), anchored(simulation.ledger_path)
    copies = [files for seq, files in simulation.copies if seq < anchor]
    if not copies:
        return False
    wrong = cut(simulation, anchor) if given["is_cut"] else copies[given["copy"] % len(copies)]
    _refuse(simulation, wrong)
    simulation.lay_ledger(right)
    return True


def corrupt(simulation: Simulation, given: Given) -> bool:
    """Let one letter of the last event be another one; that must be refused. Then the right ledger is put back."""
    right, anchor = simulation.ledger_files(), anchored(simulation.ledger_path)
    with closing(sqlite3.connect(simulation.ledger_path)) as connection:
        (last,) = connection.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()
        connection.execute(CHANGES[given["what"]], (last,))
        connection.commit()
    is_seen = bool(last > anchor or (last > 0 and given["what"] == "hash"))  # what an anchored event says was looked at before
    if is_seen:
        _refuse(simulation, simulation.ledger_files())
    simulation.lay_ledger(right)
    return is_seen


def _refuse(simulation: Simulation, wrong: dict[str, bytes]) -> None:
    """Let a replica meet a wrong ledger; raises Violation where it does not refuse it."""
    simulation.lay_ledger(wrong)
    replica, report = simulation.run(())
    asked = [request for request in simulation.platform.deletions() if request.process == replica.name]
    is_refused = report is not None and report.trouble is not None and report.trouble.code == "ledger_failed"
    if asked or not is_refused:
        raise Violation(f"S-21: a ledger that was put back wrongly was swept with ({report and report.trouble})")


def anchored(ledger: Path) -> int:
    """The number of the event that the anchor has, 0 without one."""
    path = anchor_path(ledger)
    return int(path.read_text("ascii").partition(":")[0]) if path.exists() else 0


def cut(simulation: Simulation, anchor: int) -> dict[str, bytes]:
    """The right ledger without its end, the anchored event among it."""
    with closing(sqlite3.connect(simulation.ledger_path)) as connection:
        connection.execute("DELETE FROM events WHERE seq >= ?", (anchor,))
        connection.commit()
    return simulation.ledger_files()


def _waiting(dice: Dice) -> Given:
    return {"seconds": dice.one_of((31, 31, 600, 3700, 86_400, 3 * 86_400, 8 * 86_400))}


MACHINE_ACTS = {
    "wait": Act(weight=10, draw=_waiting, do=wait),
    "jump": Act(weight=3, within=1, draw=lambda dice: {"seconds": dice.one_of(JUMPS_S)}, do=jump),
    "mistell": Act(weight=2, within=1, draw=lambda dice: {"seconds": dice.one_of(JUMPS_S)}, do=mistell),
    "set_clocks": Act(weight=3, draw=nothing, do=set_clocks),
    "fill": Act(weight=2, within=1, draw=lambda dice: {"bytes": dice.one_of(ROOMS)}, do=fill),
    "free": Act(weight=2, draw=nothing, do=free),
    "put_back": Act(weight=3, draw=lambda dice: {"copy": dice.one_of((0, 1, 2)), "is_cut": dice.happens(0.4)}, do=put_back),
    "corrupt": Act(weight=0, draw=lambda dice: {"what": dice.one_of(tuple(CHANGES))}, do=corrupt),
    "stop": Act(weight=0, within=4, draw=lambda dice: {"seconds": dice.one_of((4, 9, 11, 40, 900))}, do=wait),
    "join": Act(weight=0, within=6, draw=lambda dice: {"has_lock": dice.happens(0.5)}, do=join, writes=True),
}
"""All that happens to the machine; `stop` and `join` need a process that is under way; `corrupt` is no part of a seed."""
