"""Owns the check that a credential still belongs to the project that is meant (docs/modelarts-api.md, project lookup)."""

from threading import Lock

from janitor.modelarts.credentials import Credential, Token
from janitor.modelarts.endpoint import Endpoint
from janitor.modelarts.errors import WrongProject
from janitor.modelarts.iam import Iam
from janitor.modelarts.provider import Connect


class Identity:
    """One project, by its id, its name where that is given, and the domain that it was in when it was first seen.

    A token says itself what it is for. About a key the identity service is asked; without an address for that nothing is
    checked, and what the platform says of a wrong project has to do.
    """

    def __init__(self, project_id: str, project_name: str | None = None, iam: Endpoint | None = None) -> None:
        self._id = project_id
        self._name = project_name
        self._iam = iam
        self._lock = Lock()
        self._domain: str | None = None

    def __call__(self, credential: Credential, connect: Connect) -> None:
        """Raise WrongProject for a credential of another project, and any other error where that cannot be found out."""
        if isinstance(credential, Token):
            self._compare([(credential.project_id, credential.project_name, credential.domain_id)])
        elif self._iam is not None:
            with connect(self._iam, credential) as sender:
                projects = Iam(sender).get_projects(self._name)
            self._compare([(str(each["id"]), str(each["name"]), each.get("domain_id")) for each in projects])

    def _compare(self, seen: list[tuple[str, str, object]]) -> None:
        mine = [domain for number, name, domain in seen if number == self._id and self._name in (None, name)]
        if not mine:
            wanted = self._id if self._name is None else f"{self._name} with id {self._id}"
            found = ", ".join(f"{name} ({number})" for number, name, _ in seen[:3]) or "no such project"
            raise WrongProject(f"the renewed credentials are for {found}, not for project {wanted}; nothing more is sent")
        self._compare_domain(mine[0])

    def _compare_domain(self, domain: object) -> None:
        if not isinstance(domain, str) or not domain:
            return
        with self._lock:
            self._domain = self._domain or domain
            if domain != self._domain:
                raise WrongProject(f"project {self._id} is in another domain than before; nothing more is sent")
