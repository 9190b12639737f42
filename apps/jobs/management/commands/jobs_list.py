"""manage.py jobs_list: what is registered, when it runs by default, how it went last."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.jobs.contracts import JobSpec
from apps.jobs.selectors import job_lines


class Command(BaseCommand):
    help = "List registered jobs."

    def handle(self, *_args: Any, **_options: Any) -> None:
        for line in job_lines():
            finished = (
                f" {line.last_finished_at:%Y-%m-%d %H:%M:%S}" if line.last_finished_at else ""
            )
            last = f"{line.last_status or 'never run'}{finished}"
            self.stdout.write(f"{line.spec.name:<28} {_default(line.spec):<18} {last}")


def _default(spec: JobSpec) -> str:
    if spec.every_s is not None:
        return f"every {spec.every_s} s"
    return spec.cron or "on demand"
