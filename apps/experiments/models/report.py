"""Reports that leave the house: who wants them, and every attempt to deliver one."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.experiments.models.experiment import Experiment

CHANNELS = [("email", "e-mail"), ("webhook", "webhook")]
OCCASIONS = [
    ("started", "started"),
    ("srm", "sample ratio mismatch"),
    ("guardrail_breach", "guardrail breached"),
    ("significance", "significant"),
    ("planned_end", "planned end"),
]
DELIVERY_STATES = [("pending", "pending"), ("delivered", "delivered"), ("dead", "dead")]


class ReportSubscription(models.Model):
    """Somebody who wants to hear of experiments; without `experiment`, of all."""

    experiment = models.ForeignKey(
        Experiment, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    channel = models.CharField(max_length=10, choices=CHANNELS)
    target = models.CharField(max_length=500, help_text="An e-mail address, or an https URL.")
    secret = models.CharField(max_length=100, blank=True, default="", editable=False)
    occasions = ArrayField(models.CharField(max_length=20, choices=OCCASIONS))
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("target",)
        constraints = [
            models.CheckConstraint(
                condition=Q(channel__in=["email", "webhook"]), name="experiments_known_channel"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.target}"


class ReportDelivery(models.Model):
    """One report to one subscriber; `occasion_key` makes each occasion told once."""

    subscription = models.ForeignKey(
        ReportSubscription, on_delete=models.CASCADE, related_name="deliveries"
    )
    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="+")
    occasion = models.CharField(max_length=20, choices=OCCASIONS)
    occasion_key = models.CharField(max_length=200)
    payload = models.JSONField()
    state = models.CharField(max_length=10, choices=DELIVERY_STATES, default="pending")
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    last_error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        verbose_name_plural = "report deliveries"
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(state="pending"),
                name="experiments_reports_due",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "experiment", "occasion_key"],
                name="experiments_report_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.occasion} of {self.experiment}"
