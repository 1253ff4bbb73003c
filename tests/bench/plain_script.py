"""The script that people write with the vendor's SDK: list every page, filter in Python, delete each by itself."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkmodelarts import v1 as sdk

LIMIT = 50
DAYS = 30


def main() -> int:
    """Arguments: the address, access key, secret key, project, and how many threads delete."""
    url, access_key, secret_key, project, threads = sys.argv[1:]
    credentials = BasicCredentials(access_key, secret_key, project)
    client = sdk.ModelArtsClient.new_builder().with_credentials(credentials).with_endpoints([url]).build()
    before = (time.time() - DAYS * 86_400) * 1000
    old = [job.metadata.id for job in list_jobs(client) if job.status.phase == "Failed" and finished_ms(job) < before]

    def delete(job_id: str) -> None:
        client.delete_training_job(sdk.DeleteTrainingJobRequest(training_job_id=job_id))

    if threads == "1":
        for job_id in old:
            delete(job_id)
    else:
        with ThreadPoolExecutor(int(threads)) as pool:
            list(pool.map(delete, old))
    print(len(old))
    return 0


def list_jobs(client: Any) -> list[Any]:
    """Every job, page by page."""
    found: list[Any] = []
    while True:
        body = sdk.JobSearches(limit=LIMIT, offset=len(found) // LIMIT, order="asc", sort_by="create_time")
        page = client.list_training_jobs(sdk.ListTrainingJobsRequest(body=body)).items
        found += page
        if len(page) < LIMIT:
            return found


def finished_ms(job: Any) -> float:
    """When a job ended."""
    return float(job.status.start_time + job.status.duration)


if __name__ == "__main__":
    sys.exit(main())
