"""Every route that the client library can ask for has its row in the table of permissions, also where no command uses it yet."""

import ast
import inspect
import pkgutil
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import janitor.modelarts
from janitor.modelarts.call import Call, Reply, Sender
from janitor.modelarts.errors import ModelArtsError
from janitor.modelarts.permissions import POLICIES, ROUTES, write_policy
from janitor.modelarts.v2_narrow import by_ids

ROOT = Path(__file__).parents[3]
JOB_ID = "5c0d7e9a-1b2f-4c3d-8e4f-6a7b8c9d0e1f"
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "TrainingJobsV2.list_jobs": ("0", ["Failed"]),
    "TrainingJobsV2.peek_jobs": ("0", ["Failed"], lambda item: item),
    "TrainingJobsV2.list_few": ("0", by_ids([JOB_ID]), lambda item: item),
    "TrainingJobsV2.list_page": ({"offset": 0, "limit": 1},),
    "TrainingJobsV2.get_job": (JOB_ID,),
    "TrainingJobsV2.delete_job": (JOB_ID,),
    "TrainingJobsV2.delete_jobs": ([("job", JOB_ID)],),
    "TrainingJobsV2.terminate_job": (JOB_ID,),
    "TrainingJobsV1.list_page": (),
    "TrainingJobsV1.list_jobs": ("0",),
    "TrainingJobsV1.read_job_quota": (),
    "TrainingJobsV1.get_versions": (155500,),
    "TrainingJobsV1.get_version": (155500, 278813),
    "TrainingJobsV1.delete_job": (155500,),
    "TrainingJobsV1.delete_version": (155500, 278813),
    "TrainingJobsV1.stop_version": (155500, 278813),
    "TrainingJobsV1.describe_job": (155500, "baseline"),
    "Workspaces.list_workspace_ids": (),
    "Workspaces.find_workspace_ids": (),
    "Probes.ask_batch_route": (),
    "Probes.ask_tag_routes": ("0",),
    "Probes.ask_tags_of_project": (),
    "Tags.list_tags": ("0",),
    "Tags.list_tagged": ("0", "team", ["nlp"], 10),
    "Tags.list_few": ("0", 10),
    "Tags.has_none": ("0",),
    "Tags.list_values": (10,),
    "Tags.get_tags": (JOB_ID,),
    "Iam.get_projects": ("eu-de",),
    "Quotas.read_job_quota": (),
    "Quotas.read_aging": (),
}
"""How each method that asks the platform is called here; a new one needs its line, and its route a row in the table."""


CHANGES = [row for row in ROUTES if row.path.endswith(("/actions", "/stop")) or row.method == "PUT"]
"""The routes that change a job without deleting it."""


LOGINS = {"password_login.py", "ecs_agency.py"}
"""What asks for the credentials themselves: nobody needs a permission to log in."""


class Recorder:
    """A sender that notes what is asked and answers with an empty object."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def send(self, call: Call) -> Reply:
        """Note one call."""
        self.calls.append(call)
        return Reply(status=200, document={}, request_id=None)


def services() -> dict[str, type]:
    """Every class of the client library that is built on a Sender."""
    modules = [import_module(f"janitor.modelarts.{module.name}") for module in pkgutil.iter_modules(janitor.modelarts.__path__)]
    classes = [found for module in modules for found in vars(module).values() if inspect.isclass(found)]
    return {found.__name__: found for found in classes if Sender in inspect.get_annotations(found.__init__).values()}


def asking_methods() -> dict[str, Callable[..., Any]]:
    """Every public method of these classes."""
    return {
        f"{name}.{method}": function
        for name, service in services().items()
        for method, function in inspect.getmembers(service, inspect.isfunction)
        if not method.startswith("_")
    }


def requests() -> list[Call]:
    """What the client sends when each of these methods is called."""
    recorder = Recorder()
    for name, method in asking_methods().items():
        service = services()[name.split(".")[0]]
        itself = service(recorder, "p1") if "project_id" in inspect.signature(service).parameters else service(recorder)
        with suppress(ModelArtsError):  # the empty object is no good answer; only the request matters
            method(itself, *ARGUMENTS[name])
    return recorder.calls


def test_every_method_that_asks_the_platform_is_known_here() -> None:
    assert set(asking_methods()) == set(ARGUMENTS)


def test_calls_are_made_nowhere_else() -> None:
    """A route in a function or in a class without a Sender would escape the test below."""
    inside, everywhere = 0, 0
    for path in (path for path in (ROOT / "janitor/modelarts").glob("*.py") if path.name not in LOGINS):
        tree = ast.parse(path.read_text())
        everywhere += count_calls(tree)
        inside += sum(count_calls(node) for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name in services())
    assert inside == everywhere > 0


def count_calls(tree: ast.AST) -> int:
    return sum(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Call" for node in ast.walk(tree)
    )


def test_every_route_has_exactly_one_row_and_every_row_a_route() -> None:
    used = set()
    for call in requests():
        rows = [row for row in ROUTES if row.fits(call.method, call.path)]
        assert len(rows) == 1, f"{call} has {len(rows)} rows in janitor/modelarts/permissions.py"
        assert call.mutates == (rows[0].deletes or rows[0] in CHANGES), str(call)
        used.add(rows[0])
    assert used == set(ROUTES)


def test_no_policy_allows_to_stop_a_job() -> None:
    """janitor never stops or describes a job; the routes are there for other users of the library."""
    assert len(CHANGES) == 3
    assert not [name for name in POLICIES for change in CHANGES if change.action in write_policy(name)]
