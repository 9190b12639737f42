from django.conf import settings
from django.db import models


class RunStatus(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DEAD = "dead"


ACTIVE = (RunStatus.QUEUED, RunStatus.RUNNING)
RETRYABLE = (RunStatus.FAILED, RunStatus.CANCELLED, RunStatus.DEAD)


class JobRun(models.Model):
    """One run of one job: what was asked, how far it is, and how it ended."""

    job_name = models.CharField(max_length=100)
    scheduled_for = models.DateTimeField()
    status = models.CharField(
        max_length=10, choices=RunStatus.choices, default=RunStatus.QUEUED.value
    )
    # Ours, committed before the work begins: Celery's own count can be lost with its message.
    attempts = models.PositiveIntegerField(default=0)
    attempts_allowed = models.PositiveIntegerField(default=3)
    params = models.JSONField(default=dict, blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=120, blank=True, default="")
    # Runs inside a command: nobody but its caller repeats it.
    foreground = models.BooleanField(default=False)
    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(default=0)
    progress_message = models.CharField(max_length=300, blank=True, default="")
    summary = models.JSONField(null=True, blank=True)
    empty = models.BooleanField(default=False)
    error_reason = models.CharField(max_length=100, blank=True, default="")
    error_message = models.TextField(blank=True, default="")
    cancel_requested = models.BooleanField(default=False)
    coalesced = models.PositiveIntegerField(
        default=0, help_text="Ticks of the schedule that came while this run was unfinished."
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-scheduled_for"]
        default_permissions = ("view",)
        permissions = [("operate_jobrun", "Can trigger, retry and cancel job runs")]
        constraints = [
            models.UniqueConstraint(
                fields=["job_name", "scheduled_for"], name="jobs_jobrun_once_per_moment"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=RunStatus.values), name="jobs_jobrun_known_status"
            ),
        ]
        indexes = [
            models.Index(
                fields=["job_name"],
                name="jobs_jobrun_active",
                condition=models.Q(status__in=["queued", "running"]),
            ),
            models.Index(fields=["job_name", "-finished_at"], name="jobs_jobrun_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.job_name} {self.scheduled_for:%Y-%m-%d %H:%M:%S} ({self.status})"


class DeadLetter(models.Model):
    """A run that used up its attempts, kept with its traceback until somebody looks."""

    run = models.ForeignKey(JobRun, on_delete=models.SET_NULL, null=True, related_name="+")
    job_name = models.CharField(max_length=100)
    scheduled_for = models.DateTimeField()
    params = models.JSONField(default=dict)
    attempts = models.PositiveIntegerField()
    error_reason = models.CharField(max_length=100)
    error_message = models.TextField()
    traceback = models.TextField()
    dead_at = models.DateTimeField()
    retried_at = models.DateTimeField(null=True, blank=True)
    retried_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        ordering = ["-dead_at"]
        default_permissions = ("view",)
        indexes = [models.Index(fields=["job_name", "-dead_at"], name="jobs_deadletter_recent")]

    def __str__(self) -> str:
        return f"{self.job_name}: {self.error_reason} after {self.attempts} attempts"
