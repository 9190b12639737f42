from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.jobs.housekeeping import SWEEP_JOB
from apps.jobs.models import JobRun
from apps.jobs.services import job_run_now


@pytest.mark.django_db(transaction=True)
def test_a_container_is_well_only_while_jobs_run(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError, match="no worker has run a job yet"):
        call_command("jobs_alive")
    job_run_now(job_name=SWEEP_JOB)
    call_command("jobs_alive")
    assert capsys.readouterr().out.startswith("last sweep ")
    JobRun.objects.filter(job_name=SWEEP_JOB).update(
        finished_at=timezone.now() - timedelta(minutes=10)
    )
    with pytest.raises(CommandError, match="worker or beat is gone"):
        call_command("jobs_alive")
