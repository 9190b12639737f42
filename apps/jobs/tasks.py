"""The two Celery tasks of the house: ids in, one service called."""

import structlog
from celery import shared_task

from apps.common.errors import NotFound
from apps.jobs.services import job_tick, run_execute

logger = structlog.get_logger(__name__)


@shared_task(name="jobs.tick")
def tick(job_name: str) -> None:
    try:
        job_tick(job_name=job_name)
    except NotFound:
        # A schedule left over from a job that this release no longer has.
        logger.warning("tick_of_unknown_job", job_name=job_name)


@shared_task(name="jobs.execute")
def execute(run_id: int) -> None:
    run_execute(run_id=run_id)
