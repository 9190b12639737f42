"""Django looks for admin classes here; they stand by concern in the files beside it."""

from apps.jobs.admin_runs import DeadLetterAdmin, JobRunAdmin
from apps.jobs.admin_schedules import (
    CrontabScheduleAdmin,
    IntervalScheduleAdmin,
    PeriodicTaskAdmin,
)

__all__ = [
    "CrontabScheduleAdmin",
    "DeadLetterAdmin",
    "IntervalScheduleAdmin",
    "JobRunAdmin",
    "PeriodicTaskAdmin",
]
