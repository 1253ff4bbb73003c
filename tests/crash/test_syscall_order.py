"""The order of system calls: before the first byte of a request that deletes leaves, the intents of its jobs are synced."""

from collections.abc import Callable

import pytest
from amount import IS_SOAK
from crash.scene import Scene, is_deletion
from crash.strace import SYNCS, WRITES, Trace, is_log_named, read_trace, sweep_traced
from crash.syscall_figures import add_figures

pytestmark = pytest.mark.on_a_file


def find_unordered(trace: Trace, log: str, intents: dict[str, set[str]]) -> list[str]:
    """The jobs that a request asked to delete, none of whose intents had been written to this file and synced before it began.

    `intents`: of each job the ids of its intents.
    """
    writes, syncs = ([call for call in trace.named(*names) if call.path == log] for names in (WRITES, SYNCS))
    written = {
        intent: [call.ended for call in writes if intent.encode() in call.data] for ids in intents.values() for intent in ids
    }
    good = [(call.began, call.ended) for call in syncs if call.result == 0 and call.ended is not None]

    def is_synced(intent: str, by: int) -> bool:
        return any(write is not None and write < began and ended < by for write in written[intent] for began, ended in good)

    return [
        job
        for request in trace.requests()
        if request.is_deletion
        for job in request.job_ids
        if not any(is_synced(intent, request.began) for intent in intents.get(job, ()))
    ]


def intents_of(scene: Scene) -> dict[str, set[str]]:
    """Of each job the ids of its intents."""
    found = dict[str, set[str]]()
    for event in scene.stage.events():
        if event["event"] == "deletion.intended":
            found.setdefault(event["job_id"], set()).add(event["intent_id"])
    return found


@pytest.mark.parametrize(("api", "singly"), [("v2", True), ("v2", False), ("v1", True)])
def test_b18_s3_every_request_that_deletes_leaves_after_the_sync_of_its_intents(
    make_scene: Callable[..., Scene], api: str, *, singly: bool
) -> None:
    scene = make_scene(singly=singly, api=api, small=not IS_SOAK)
    trace = sweep_traced(scene)
    assert trace.code == 0
    judged = [request for request in trace.requests() if request.is_deletion]
    recorded = [record for record in scene.stage.emulator.requests if is_deletion(record)]
    assert len(judged) == len(recorded)
    assert singly == (scene.batches() == 0)
    assert {job for request in judged for job in request.job_ids} == set(scene.asked()) == scene.expired
    assert find_unordered(trace, f"{scene.stage.ledger_path}-wal", intents_of(scene)) == []
    assert is_log_named(trace, scene)
    add_figures("order of sync and request", f"{api} {'singly' if singly else 'by batches'}", {"requests judged": len(judged)})


SEND = '7 sendto(9<TCP:[1]>, "DELETE /v2/p/training-jobs/j HTTP/1.1\\r\\n\\r\\n", 40, 0, NULL, 0) = 40'
WRITE = '7 pwrite64(5</l-wal>, "\\0\\1 the-intent \\"", 14, 24) = 14'
SYNC = "7 fdatasync(5</l-wal>) = 0"
BEGUN, GOES_ON = "8 fdatasync(5</l-wal> <unfinished ...>", "8 <... fdatasync resumed>) = 0"


@pytest.mark.parametrize(
    ("lines", "is_ordered"),
    [
        ([WRITE, SYNC, SEND], True),
        ([WRITE, BEGUN, GOES_ON, SEND], True),
        ([WRITE, BEGUN, SEND, GOES_ON], False),
        ([BEGUN, WRITE, GOES_ON, SEND], False),
        ([SEND, WRITE, SYNC], False),
        ([WRITE, SEND, SYNC], False),
        ([SYNC, WRITE, SEND], False),
        ([WRITE, SYNC.replace("l-wal", "l"), SEND], False),
        ([WRITE.replace("l-wal", "l"), SYNC, SEND], False),
        ([WRITE.replace("the-intent", "another"), SYNC, SEND], False),
        ([WRITE, SYNC.replace("= 0", "= -1 EIO (Input/output error) (INJECTED)"), SEND], False),
    ],
)
def test_s3_a_trace_in_which_the_order_is_wrong_is_found(lines: list[str], *, is_ordered: bool) -> None:
    trace = Trace(code=0, calls=list(read_trace("\n".join(lines))))
    assert find_unordered(trace, "/l-wal", {"j": {"the-intent"}}) == ([] if is_ordered else ["j"])
