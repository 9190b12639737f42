"""Default schedules: rows of django-celery-beat, made once and then admin's to edit."""

import json

from django.conf import settings
from django.db import transaction
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from apps.jobs.contracts import JobSpec, job_specs

TICK_TASK = "jobs.tick"
# A tick that no worker took in time is dropped: the next one is on its way.
_SHORTEST_EXPIRY_S = 10


def schedule_name(job_name: str) -> str:
    return f"job: {job_name}"


def schedules_ensure() -> int:
    """Make a schedule for every job that wants one and has none; how many were made.

    A row that exists is never touched: somebody may have edited or disabled it.
    """
    wanted = {schedule_name(spec.name): spec for spec in job_specs() if spec.every_s or spec.cron}
    have = set(
        PeriodicTask.objects.filter(name__in=wanted).values_list("name", flat=True),
    )
    missing = [name for name in wanted if name not in have]
    with transaction.atomic():
        for name in missing:
            _schedule_create(name, wanted[name])
    return len(missing)


def _schedule_create(name: str, spec: JobSpec) -> None:
    interval, crontab = None, None
    expire_s = None
    if spec.every_s is not None:
        interval, _ = IntervalSchedule.objects.get_or_create(
            every=spec.every_s, period=IntervalSchedule.SECONDS
        )
        expire_s = max(spec.every_s, _SHORTEST_EXPIRY_S)
    else:
        crontab = _crontab(spec.cron or "")
    PeriodicTask.objects.get_or_create(
        name=name,
        defaults={
            "task": TICK_TASK,
            "args": json.dumps([spec.name]),
            "interval": interval,
            "crontab": crontab,
            "expire_seconds": expire_s,
            "description": spec.description or spec.title,
        },
    )


def _crontab(expression: str) -> CrontabSchedule:
    minute, hour, day_of_month, month_of_year, day_of_week = expression.split()
    crontab, _ = CrontabSchedule.objects.get_or_create(
        minute=minute,
        hour=hour,
        day_of_month=day_of_month,
        month_of_year=month_of_year,
        day_of_week=day_of_week,
        timezone=settings.TIME_ZONE,
    )
    return crontab
