"""Jobs made to break, registered only in the processes that tests start."""

import os
import signal
import time
from pathlib import Path

from django.apps import AppConfig

from apps.jobs.contracts import JobCancelled, JobContext, JobOutcome, JobSpec, job_register


class WorkerAppConfig(AppConfig):
    name = "tests.jobs"
    label = "tests_jobs"

    def ready(self) -> None:
        for spec in (
            JobSpec("waits", "Waits for a file", run=waits, backoff_s=0.2),
            JobSpec("poison", "Kills its worker", run=poison, backoff_s=0.2),
            JobSpec("raises", "Always fails", run=raises, max_attempts=2, backoff_s=0.2),
            JobSpec("dawdles", "Takes too long", run=waits, max_attempts=1, soft_time_limit_s=1),
        ):
            job_register(spec)


def waits(context: JobContext) -> JobOutcome:
    folder = Path(str(context.params["folder"]))
    with (folder / "attempts").open("a") as log:
        log.write(f"{context.attempt}\n")
    deadline = time.monotonic() + 60
    done = 0
    while not (folder / "go").exists():
        done += 1
        context.progress(done, 1000, "waiting")
        if context.cancelled():
            raise JobCancelled
        if time.monotonic() > deadline:
            raise TimeoutError("nobody said go")
        time.sleep(0.02)
    return {"attempt": context.attempt}


def poison(_context: JobContext) -> JobOutcome:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def raises(context: JobContext) -> JobOutcome:
    raise ValueError(f"attempt {context.attempt}")
