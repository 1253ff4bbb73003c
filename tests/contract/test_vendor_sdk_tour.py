"""The vendor's SDK as second opinion: it and our client walk one tour, see the same, and leave the same jobs behind.

What the emulator says is ours on both sides; that a client we did not write signs, sends and reads the same is not.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from contract.walkers import Facts, OurWalker, Refused, VendorWalker, Walker
from emulator_probe import ACCOUNT, job_id, make_jobs
from huaweicloudsdkcore.utils.http_utils import sanitize_for_serialization
from huaweicloudsdkmodelarts import v1 as sdk

from janitor.backends.modelarts_document import parse_job
from janitor.emulator.account import Account
from janitor.emulator.flavors import GPUS, NPUS
from janitor.emulator.server import Emulator
from janitor.emulator.switches import Switches

SPACE = "a" * 32
ELSEWHERE, HETERO, RUNNING, IDLE, FORBIDDEN, UNKNOWN = (job_id(number) for number in (901, 902, 903, 904, 905, 999))
TERMINAL = ("Abnormal", "Completed", "Failed", "Terminated")


def theirs(emulator: Emulator, account: Account = ACCOUNT) -> VendorWalker:
    return VendorWalker(emulator.url, account, emulator.world.switches.offset_mode)


def ours(emulator: Emulator, account: Account = ACCOUNT) -> OurWalker:
    return OurWalker(emulator.url, account)


WALKERS: list[Callable[..., VendorWalker | OurWalker]] = [theirs, ours]


def team() -> list[dict[str, Any]]:
    """120 finished jobs, and five that are special."""
    special = [
        *make_jobs(1, id=ELSEWHERE, workspace=SPACE),
        *[job | {"kind": "hetero_job"} for job in make_jobs(1, id=HETERO)],
        *make_jobs(1, id=RUNNING, phase="Running"),
        *make_jobs(1, id=IDLE, phase="Failed"),
        *make_jobs(1, id=FORBIDDEN),
    ]
    return [*make_jobs(120), *special]


def ordinary(*numbers: int) -> list[tuple[str, str]]:
    return [("job", job_id(number)) for number in numbers]


def tour(walker: Walker) -> dict[str, Any]:
    """1 list, 2 look, 3 delete one, 4 delete many, 5 be refused in part, 6 stop, 7 read what belongs to the account."""

    def see(what: Callable[..., Any], *args: Any) -> Any:
        return walker.see(partial(what, *args))

    seen: dict[str, Any] = {"all": see(walker.list_ids, TERMINAL), "failed": see(walker.list_ids, ["Failed"])}
    seen["running"] = see(walker.list_ids, ["Running"])
    seen["elsewhere"] = see(walker.list_ids, TERMINAL, SPACE)
    seen["nowhere"] = see(walker.list_ids, TERMINAL, "b" * 32)
    seen["details"], seen["unknown"] = see(walker.get, job_id(3)), see(walker.get, UNKNOWN)
    seen["delete"], seen["deleted"] = see(walker.delete, job_id(0)), see(walker.get, job_id(0))
    seen["delete again"], seen["delete forbidden"] = see(walker.delete, job_id(0)), see(walker.delete, FORBIDDEN)
    seen["batch"] = see(walker.delete_batch, [*ordinary(1, 2), ("hetero_job", HETERO)])
    seen["batch with a missing job"] = see(walker.delete_batch, ordinary(4, 0, 5))
    seen["batch with a forbidden job"] = see(walker.delete_batch, [*ordinary(6), ("job", FORBIDDEN)])
    seen["batch of two workspaces"] = see(walker.delete_batch, [*ordinary(7), ("job", ELSEWHERE)])
    seen["batch of a wrong kind"] = see(walker.delete_batch, [("edge_job", job_id(8)), *ordinary(9)])
    seen["left of batches"] = [number for number in range(10) if isinstance(see(walker.get, job_id(number)), Facts)]
    seen["stop"], seen["stopping"] = see(walker.stop, RUNNING), see(walker.get, RUNNING)
    seen["stop again"], seen["stop unknown"] = see(walker.stop, RUNNING), see(walker.stop, UNKNOWN)
    seen["quota"], seen["workspaces"] = see(walker.quota), see(walker.workspaces)
    return seen


def expected(batch_mode: str) -> dict[str, Any]:
    """What the documents, and the mode, say that a client sees."""
    jobs = {job["metadata"]["id"]: job for job in team()}

    def facts(job: str, phase: str) -> Facts:
        metadata = jobs[job]["metadata"]
        return Facts(id=job, name=metadata["name"], kind="job", phase=phase, created_ms=metadata["create_time"])

    listed = sorted(jobs, key=lambda job: (jobs[job]["metadata"]["create_time"], job))
    gone, not_permitted = Refused(400, "ModelArts.2775"), Refused(403, "ModelArts.0108")
    caller = Refused(400, "ModelArts.0104")
    went = {0, 1, 2} | ({4, 5, 6, 7, 9} if batch_mode == "partial" else set())
    return {
        "all": tuple(job for job in listed if job not in (ELSEWHERE, RUNNING)),
        "failed": (IDLE,),
        "running": (RUNNING,),
        "elsewhere": (ELSEWHERE,),
        "nowhere": Refused(400, "ModelArts.7005"),
        "details": facts(job_id(3), "Completed"),
        **dict.fromkeys(("unknown", "deleted", "delete again", "batch with a missing job", "stop unknown"), gone),
        **dict.fromkeys(("delete", "batch", "stop"), None),
        **dict.fromkeys(("delete forbidden", "batch with a forbidden job"), not_permitted),
        **dict.fromkeys(("batch of two workspaces", "batch of a wrong kind"), caller),
        "left of batches": [number for number in range(10) if number not in went],
        "stopping": facts(RUNNING, "Terminating"),
        "stop again": Refused(409, "ModelArts.2796"),
        "quota": (500, len(jobs) - len(went) - 1),
        "workspaces": {"0", SPACE},
    }


@pytest.mark.some(1)
@pytest.mark.parametrize(
    ("offset_mode", "batch_mode", "count_mode"), [("page", "all_or_nothing", "matches"), ("record", "partial", "page")]
)
def test_both_clients_see_the_same_on_one_tour_and_leave_the_same_behind(
    offset_mode: Any, batch_mode: Any, count_mode: Any
) -> None:
    switches = Switches(
        offset_mode=offset_mode,
        batch_mode=batch_mode,
        count_mode=count_mode,
        forbidden_ids=frozenset({FORBIDDEN}),
        terminate_delay_s=3600,
        quota_limit=500,
    )
    effects = []
    for walk_as in WALKERS:
        with Emulator(switches=switches, jobs=team()) as emulator:
            with walk_as(emulator) as walker:
                assert tour(walker) == expected(batch_mode), walk_as.__name__
            effects.append([(each.change, each.job_id, each.path, each.phase_before) for each in emulator.truth])
    assert effects[0] == effects[1] != []


@pytest.mark.parametrize("walk_as", WALKERS)
@pytest.mark.parametrize(
    ("switches", "account", "refused"),
    [
        (Switches(batch_mode="absent", quota="absent"), ACCOUNT, Refused(404, "APIG.0101")),
        (Switches(batch_mode="absent_405", quota="absent"), ACCOUNT, Refused(405, "ModelArts.2803")),
        (Switches(), replace(ACCOUNT, secret_key="wrong"), Refused(401, "APIG.0301")),
        (Switches(), replace(ACCOUNT, project_id="f" * 32), Refused(404, "ModelArts.2786")),
        (Switches(clock_offset_s=3600), ACCOUNT, Refused(401, "APIG.0301")),
    ],
    ids=["absent", "absent 405", "wrong key", "wrong project", "wrong clock"],
)
def test_both_clients_understand_a_refusal_alike(
    walk_as: Callable[..., VendorWalker | OurWalker], switches: Switches, account: Account, refused: Refused
) -> None:
    with Emulator(switches=switches, jobs=make_jobs(2)) as emulator, walk_as(emulator, account) as walker:
        seen = walker.see(partial(walker.delete_batch, ordinary(0, 1)))
        assert seen == refused
        assert len(emulator.world.jobs()) == 2
        if switches.quota == "absent":
            assert walker.see(walker.quota) == Refused(404, "APIG.0101")


def test_a_client_that_steps_by_its_limit_sees_fifty_jobs_where_offsets_count_pages() -> None:
    """The trap of §7.1, walked into by the vendor's own SDK; ours finds out by itself."""
    with (
        Emulator(jobs=make_jobs(120)) as emulator,
        VendorWalker(emulator.url, ACCOUNT, "record") as vendor,
        ours(emulator) as client,
    ):
        assert (len(vendor.list_ids(TERMINAL)), len(client.list_ids(TERMINAL))) == (50, 120)


def test_the_sdk_reads_what_the_emulator_says_of_tags() -> None:
    pairs = [sdk.TmsTag(key="team", value="nlp"), sdk.TmsTag(key="keep", value="true")]
    nlp = [sdk.ListTagFilter(key="team", values=["nlp"])]
    with Emulator(jobs=make_jobs(3)) as emulator, theirs(emulator) as walker:
        client = walker.client
        client.create_train_job_tags(
            sdk.CreateTrainJobTagsRequest(training_job_id=job_id(1), body=sdk.CreateTmsTagsRequest(tags=pairs))
        )
        removed = sdk.DeleteTmsTagsRequest(tags=[sdk.TmsTagForDeletion(key="keep")])
        client.delete_train_job_tags(sdk.DeleteTrainJobTagsRequest(training_job_id=job_id(1), body=removed))
        left = client.show_train_job_tags(sdk.ShowTrainJobTagsRequest(training_job_id=job_id(1))).tags
        assert [(tag.key, tag.value) for tag in left] == [("team", "nlp")]
        everywhere = client.list_training_job_tags(sdk.ListTrainingJobTagsRequest(limit=10, offset=0)).tags
        assert [(tag.key, tag.values) for tag in everywhere] == [("team", ["nlp"])]
        search = sdk.ResourceInstancesFilterReq(tags=nlp)
        found = client.list_training_jobs_by_tags(sdk.ListTrainingJobsByTagsRequest(body=search))
        assert [(each.resource_id, each.tags[0].value) for each in found.resources] == [(job_id(1), "nlp")]
        untagged = sdk.CountResourceInstancesReq(without_any_tag=True)
        assert client.count_training_jobs_by_tags(sdk.CountTrainingJobsByTagsRequest(body=untagged)).total_count == 2


def test_the_sdk_reads_what_the_emulator_says_of_a_new_job() -> None:
    with Emulator(jobs=make_jobs(3)) as emulator, theirs(emulator) as walker:
        client = walker.client
        resource = sdk.Resource(flavor_id="modelarts.vm.cpu.8u", node_count=1)
        wanted = sdk.Job(kind="job", metadata=sdk.JobMetadata(name="fresh"), spec=sdk.Spec(resource=resource))
        created = client.create_training_job(sdk.CreateTrainingJobRequest(body=wanted))
        assert (created.status.phase, created.status.start_time, created.status.node_count_metrics) == ("Creating", 0, None)
        assert client.validate_training_job_name(sdk.ValidateTrainingJobNameRequest(job_name="fresh")).is_duplicate
        assert walker.see(lambda: client.create_training_job(sdk.CreateTrainingJobRequest(body=wanted))) == Refused(
            400, "ModelArts.2751"
        )
        changed = sdk.JobUpdateRequestBody(description="kept")
        client.change_training_job_description(
            sdk.ChangeTrainingJobDescriptionRequest(training_job_id=created.metadata.id, body=changed)
        )
        assert emulator.world.jobs()[-1]["metadata"]["description"] == "kept"
        recent = sdk.ListTrainingJobsRequest(
            body=sdk.JobSearches(limit=50, offset=0, tags=[sdk.ListTagFilter(key="team", values=[])])
        )
        emulator.world.tag(created.metadata.id, {"team": "nlp"})
        assert [job.metadata.name for job in client.list_training_jobs(recent).items] == ["fresh"]
        events = client.list_training_job_events(
            sdk.ListTrainingJobEventsRequest(training_job_id=created.metadata.id, offset=0, limit=50)
        )
        assert [event.message for event in events.events] == ["Training job is created."]


def facts_of(document: dict[str, Any]) -> tuple[Any, ...]:
    job = parse_job(document)
    return job.experiment, job.resources, job.never_started


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"experiment": "lr", "flavor": GPUS, "pool": "pool-1", "nodes": 2}, ("lr", "pool-1", 16, False)),
        ({"flavor": NPUS, "nodes": 3}, (None, None, 24, False)),
        ({"phase": "Terminated", "ran": None}, (None, None, 0, True)),
    ],
)
def test_the_sdk_has_the_same_names_for_experiments_machines_and_starts(changes: dict[str, Any], told: tuple[Any, ...]) -> None:
    """It drops what its model does not know, so that what it read tells us less than the answer did, were a name not its own."""
    with Emulator(jobs=make_jobs(1, **changes)) as emulator, theirs(emulator) as walker:
        details = walker.client.show_training_job_details(sdk.ShowTrainingJobDetailsRequest(training_job_id=job_id(0)))
        search = sdk.ListTrainingJobsRequest(body=sdk.JobSearches(limit=1, offset=0))
        (row,) = walker.client.list_training_jobs(search).items
        experiment, resources, is_idle = facts_of(dict(emulator.world.jobs()[0]))
    assert (experiment, resources.pool, resources.accelerators, is_idle) == told
    assert resources.flavor is not None
    assert facts_of(details.to_json_object()) == facts_of(sanitize_for_serialization(row)) == (experiment, resources, is_idle)


def test_the_sdk_writes_a_quota_that_both_clients_read() -> None:
    with Emulator(jobs=make_jobs(3)) as emulator, theirs(emulator) as vendor, ours(emulator) as client:
        body = sdk.ModifyTrainingQuotaRequest(quotas=[sdk.ModifyTrainingQuotaItem(resource="job-num", quota=77)])
        answer = vendor.client.modify_training_quotas(sdk.ModifyTrainingQuotasRequest(body=body))
        assert (answer.user_id, answer.quotas[0].quota) == (ACCOUNT.user_id, 77)
        assert vendor.quota() == client.quota() == (77, 3)
