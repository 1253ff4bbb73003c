"""Owns the v2 training-job routes: list, details, delete, batch delete, terminate (modelarts-api.md §1.2 rows 1 to 5)."""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from janitor.emulator.batch import delete_batch, parse_batch
from janitor.emulator.caller import actor_of, json_response, received_of
from janitor.emulator.document import Job
from janitor.emulator.listing import build_page, parse_object, parse_search, render_job
from janitor.emulator.refusal import (
    RefusedError,
    delete_conflict,
    delete_forbidden,
    job_not_found,
    unknown_path,
    wrong_method,
)
from janitor.emulator.world import Answer, World

SEARCHES = "/v2/{project_id}/training-job-searches"
BATCH = "/v2/{project_id}/training-jobs/batch-delete"
JOB = "/v2/{project_id}/training-jobs/{job_id}"


class JobRoutes:
    """Answers for the jobs of one world; the pipeline has let the caller in and checked the project."""

    def __init__(self, world: World) -> None:
        self._world = world

    def register(self, app: FastAPI) -> None:
        """Add the routes; their names are what faults and request records call them."""
        app.add_api_route(SEARCHES, self.list_jobs, methods=["POST"], name="list")
        app.add_api_route(BATCH, self.delete_jobs, methods=["POST"], name="batch_delete", status_code=202)
        app.add_api_route(JOB, self.get_job, methods=["GET"], name="get")
        app.add_api_route(JOB, self.delete_job, methods=["DELETE"], name="delete", status_code=202)
        app.add_api_route(JOB + "/actions", self.terminate_job, methods=["POST"], name="terminate", status_code=202)

    async def list_jobs(self, request: Request) -> Response:
        """Return one page of the jobs that match the body."""
        search = parse_search(received_of(request).body)
        if search.workspace not in self._world.workspaces() and self._world.switches.honour_workspace:
            raise RefusedError(400, "ModelArts.7005", "The workspace does not exist.")
        return json_response(build_page(self._world, search))

    async def get_job(self, request: Request) -> Response:
        """Return one job."""
        return json_response(self._show(request.path_params["job_id"]))

    async def delete_job(self, request: Request) -> Response:
        """Accept the deletion of one job; 202 means that it will happen, not that it has (§7 trap 3)."""
        job_id = request.path_params["job_id"]
        if job_id in self._world.switches.forbidden_ids:
            raise delete_forbidden()
        answer = self._world.delete(job_id, actor_of(received_of(request)))
        if answer is Answer.NOT_FOUND:
            raise job_not_found(job_id, self._world.switches.not_found_style)
        if answer is Answer.CONFLICT:
            raise delete_conflict()
        return self._accepted()

    async def delete_jobs(self, request: Request) -> Response:
        """Accept the deletion of up to 100 jobs, or say which error the first of them met; never a result per job."""
        mode = self._world.switches.batch_mode
        if mode in ("absent", "absent_405"):
            raise unknown_path() if mode == "absent" else wrong_method()
        received = received_of(request)
        delete_batch(self._world, parse_batch(parse_object(received.body)), actor_of(received))
        return self._accepted()

    async def terminate_job(self, request: Request) -> Response:
        """Stop an active job; the answer shows it as Terminating."""
        job_id = request.path_params["job_id"]
        if parse_object(received_of(request).body).get("action_type") != "terminate":
            raise RefusedError(400, "ModelArts.2812", "Invalid action_type: terminate is expected.")
        before = self._show(job_id)
        if self._world.terminate(job_id, actor_of(received_of(request))) is not Answer.ACCEPTED:
            raise RefusedError(409, "ModelArts.2796", "The job cannot be terminated.")
        status = before["status"] | {"phase": "Terminating", "secondary_phase": "Terminating"}
        return json_response(dict(before) | {"status": status}, 202)

    def _accepted(self) -> Response:
        body = self._world.switches.empty_202
        return Response(body, status_code=202, media_type="application/json" if body else None)

    def _show(self, job_id: str) -> Job:
        job = self._world.get(job_id)
        if job is None:
            raise job_not_found(job_id, self._world.switches.not_found_style)
        return render_job(job, self._world.switches)
