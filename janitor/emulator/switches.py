"""Owns the switches: where the platform's documents contradict each other or say nothing, both readings can be emulated."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """How this ModelArts behaves; the defaults follow the newest first-party evidence (modelarts-api.md §8.3).

    `offset_mode`: the list's offset counts pages or records.
    `delete_active`: a DELETE of an active job kills it, or answers 409 ModelArts.2878.
    `delete_delay_s`: seconds that a job stays visible after its DELETE was accepted.
    `never_delete`: ids whose DELETE is accepted and then never happens.
    `second_delete`: a DELETE during the delay is accepted again, or answers not found.
    `batch_mode`: a batch delete that meets an obstacle deletes nothing, or all but what it meets, with the same error;
        or its route is absent, as 404 APIG.0101 or as 405 ModelArts.2803.
    `terminate_delay_s`: seconds in phase Terminating before Terminated.
    `creating_s`, `pending_s`, `running_s`: seconds after which a job leaves that phase by itself, counted from when it reached
        it, or from the start for a job that is there then; None: never. `ends_as`: what a running job becomes.
    `ages_after_s`: seconds after its end at which the platform removes a job by itself, if the user's job-retention-enabled is 1
        or the job's `spec.retention.policy` is enabled; None: never.
    `not_found_style`: an unknown job is HTTP 400 or 404; the code is ModelArts.2775 in both.
    `empty_202`: the body of an accepted DELETE.
    `count_mode`: matches: total = jobs of the workspace, count = jobs that match;
        page: total = jobs that match, count = items on this page. In v1, job_total_count is what total is here.
    `workspaces_enabled`: False answers 400 ModelArts.7002 to the list of workspaces.
    `honour_workspace`: False lists the jobs of every workspace, whichever was asked for.
    `unknown_fields`: answers carry fields that no document names.
    `forbidden_ids`: ids whose DELETE, alone or in a batch, answers 403 ModelArts.0108.
    `aging`: whether the user's switch for the ageing of jobs can be read as well as written, which no document says.
    `tags`: job tags are served, or their routes are absent (404 APIG.0101) and the list refuses them (400 ModelArts.2858).
    `quota`: quotas are shown and written, or its route is absent (404 APIG.0101) or refused (403 ModelArts.0108).
    `quota_limit`: how many jobs there may be, until a request writes another number; a creation beyond it is refused.
    `v1_error_style`: a v1 route refuses with HTTP 200 and `is_success` false, or with the status that v2 has for it.
    `v1_error_key`: where a v1 refusal has its text. `v1_not_found`: its code for an unknown job or version.
    `v1_status`: the status of a version is a number, or its digits as a text.
    `v1_delete_fails`: ids of v1 jobs whose deletion is accepted and then leaves what it was of in status 6.
    `token_lifetime_s`: of the tokens that a login gives. `agency_lifetime_s`: of the temporary keys of the metadata service.
    `metadata`: the metadata service demands a token of its own, knows none, or is absent (404).
    `latency_s`: seconds that each request of the API takes to arrive.
    `clock_offset_s`: seconds by which the server's clock is ahead, in the Date header and in the check of signatures.
    """

    offset_mode: Literal["page", "record"] = "page"
    delete_active: Literal["accept", "reject_409"] = "accept"
    delete_delay_s: float = 0.0
    never_delete: frozenset[str] = frozenset()
    second_delete: Literal["accept", "not_found"] = "accept"
    batch_mode: Literal["all_or_nothing", "partial", "absent", "absent_405"] = "all_or_nothing"
    terminate_delay_s: float = 0.0
    creating_s: float | None = None
    pending_s: float | None = None
    running_s: float | None = None
    ends_as: Literal["Completed", "Failed", "Abnormal"] = "Completed"
    ages_after_s: float | None = None
    not_found_style: Literal["400_2775", "404"] = "400_2775"
    empty_202: Literal['""', ""] = '""'
    count_mode: Literal["matches", "page"] = "matches"
    workspaces_enabled: bool = True
    honour_workspace: bool = True
    unknown_fields: bool = True
    forbidden_ids: frozenset[str] = frozenset()
    aging: Literal["shown", "hidden"] = "shown"
    tags: Literal["served", "absent"] = "served"
    quota: Literal["shown", "absent", "refused"] = "shown"
    quota_limit: int = 10_000
    v1_error_style: Literal["http200", "http4xx"] = "http200"
    v1_error_key: Literal["error_message", "error_msg"] = "error_message"
    v1_not_found: Literal["ModelArts.2775", "ModelArts.0105"] = "ModelArts.2775"
    v1_status: Literal["int", "str"] = "int"
    v1_delete_fails: frozenset[str] = frozenset()
    token_lifetime_s: float = 86_400.0
    agency_lifetime_s: float = 21_600.0
    metadata: Literal["served", "tokenless", "absent"] = "served"
    latency_s: float = 0.0
    clock_offset_s: float = 0.0
