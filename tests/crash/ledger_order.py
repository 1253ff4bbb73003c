"""What must be true of the order of a ledger's events, whoever wrote them: by one walk over them, without any code of janitor."""

from typing import Any

ENDS = ("deletion.confirmed", "deletion.already_gone", "deletion.failed", "deletion.skipped")
OF_NO_EPOCH = (
    "plan.built",
    "plan.refused",
)
"""What one that was turned away writes too; then it has claimed nothing."""

Event = dict[str, Any]


def check_epochs(events: list[Event]) -> None:
    """S-23: no record of a sweep follows one of a newer epoch of the same target."""
    epochs, newest = dict[str, int](), dict[str, int]()
    for event in events:
        sweep_id, target = event["sweep_id"], event["target"]
        if event["event"] == "sweep.started":
            assert event["epoch"] > newest.get(target, 0), f"event {event['seq']} begins an epoch that is over"
            epochs[sweep_id] = newest[target] = event["epoch"]
        elif sweep_id in epochs:
            assert epochs[sweep_id] == newest[target], f"event {event['seq']}, {event['event']}, is of an older epoch"
        else:
            assert sweep_id is None or event["event"] in OF_NO_EPOCH, f"event {event['seq']} is of a sweep that never began"


def check_intents(events: list[Event]) -> None:
    """S-8: at most one intent of a job is open at any time, and none follows one by which the job was gone."""
    open_intents, gone = dict[str, str](), set[str]()
    for event in events:
        job_id = str(event.get("job_id"))
        if event["event"] == "deletion.intended":
            assert job_id not in open_intents, f"event {event['seq']}: another intent of {job_id} is open"
            assert job_id not in gone, f"event {event['seq']}: {job_id} is gone"
            open_intents[job_id] = event["intent_id"]
        elif event["event"] in ENDS and event["intent_id"] is not None:
            assert open_intents.pop(job_id) == event["intent_id"]
            gone |= {job_id} if event["event"] in ENDS[:2] else set()
