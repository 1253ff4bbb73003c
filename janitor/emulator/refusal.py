"""Owns the error answers: status, code and text of each refusal (modelarts-api.md §5)."""

import json
from http import HTTPStatus
from typing import Any


class RefusedError(Exception):
    """The emulator answers this request with an error."""

    def __init__(self, status: int, code: str, message: str, solution: str | None = None) -> None:
        super().__init__(message)
        self.solution = solution
        self.status = status
        self.code = code
        self.message = message

    def body(self, request_id: str) -> bytes:
        """Render the error as the platform does; only the gateway's errors carry the request id in the body (§5.1)."""
        known = {"request_id": request_id} if self.code.startswith("APIG.") else {}
        return json.dumps(self._document() | known).encode()

    def _document(self) -> dict[str, Any]:
        solution = {} if self.solution is None else {"error_solution": self.solution}
        return {"error_msg": self.message, "error_code": self.code} | solution


class IamRefusedError(RefusedError):
    """IAM, or the metadata service, answers this request with an error of its own shape (§4.4)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, str(status), message)

    def _document(self) -> dict[str, Any]:
        """Write the error; its code is a number and only repeats the status."""
        return {"error": {"message": self.message, "code": self.status, "title": HTTPStatus(self.status).phrase}}


def unauthenticated(reason: str) -> RefusedError:
    """Build the gateway's answer to a request whose sender it cannot establish."""
    return RefusedError(401, "APIG.0301", f"Incorrect IAM authentication information: {reason}")


def unknown_path() -> RefusedError:
    """Build the gateway's answer to a path that no API has; it must never be read as "the job is gone"."""
    message = "The API does not exist or has not been published in the environment"
    return RefusedError(404, "APIG.0101", message)


def wrong_method() -> RefusedError:
    """Build the answer to a known path with a method it does not have."""
    return RefusedError(405, "ModelArts.2803", "The request method is not allowed.")


def wrong_project() -> RefusedError:
    """Build the answer to a project that is not the caller's: a 404 that says nothing about any job."""
    return RefusedError(404, "ModelArts.2786", "The project ID in the URL does not match that of the credentials.")


def no_project() -> RefusedError:
    """Build the answer to a token that is good for no project."""
    return RefusedError(400, "ModelArts.0204", "The token is not for a project.")


def job_not_found(job_id: str, style: str) -> RefusedError:
    """Build the one answer that does mean "no such job"."""
    status = 404 if style == "404" else 400
    return RefusedError(status, "ModelArts.2775", f"Training job (ID: {job_id}) not found.")


def delete_forbidden() -> RefusedError:
    """Build the answer to who may not delete this job."""
    return RefusedError(403, "ModelArts.0108", "The user is not authorized to delete this training job.")


def delete_conflict() -> RefusedError:
    """Build the answer to a DELETE that the job's phase forbids."""
    return RefusedError(409, "ModelArts.2878", "The job status does not allow this operation.")


def bad_parameter(detail: str) -> RefusedError:
    """Build the answer to a request that is understood and asks for what cannot be."""
    return RefusedError(400, "ModelArts.0104", f"Invalid parameter: {detail}.")


def bad_body(detail: str) -> RefusedError:
    """Build the answer to a body that cannot be understood."""
    return RefusedError(400, "ModelArts.2788", f"Invalid request body: {detail}")
