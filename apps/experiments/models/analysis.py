"""Analyses as they were computed, and decisions taken on them."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.experiments.contracts.lifecycle import Outcome
from apps.experiments.models.experiment import Experiment


class Analysis(models.Model):
    """One computed analysis: the latest of each experiment, and those that decisions froze.

    Attributes of the list page (`action`, `health`, `units`, `readable`) stand beside the
    whole document, so that a list reads no document.
    """

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="analyses")
    as_of = models.DateTimeField()
    computed_at = models.DateTimeField()
    latest = models.BooleanField(default=True)
    frozen = models.BooleanField(default=False)
    action = models.CharField(max_length=20)
    headline = models.TextField(blank=True, default="")
    health = models.CharField(max_length=10)
    alarms = models.JSONField(default=list)
    readable = models.BooleanField(default=False)
    units = models.BigIntegerField(default=0)
    document = models.JSONField()

    class Meta:
        ordering = ("experiment", "-computed_at")
        verbose_name_plural = "analyses"
        constraints = [
            models.UniqueConstraint(
                fields=["experiment"],
                condition=Q(latest=True),
                name="experiments_one_latest_analysis",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.experiment} as of {self.as_of:%Y-%m-%d}"


class Decision(models.Model):
    """What was decided, on which frozen analysis; one an experiment."""

    experiment = models.OneToOneField(
        Experiment, on_delete=models.PROTECT, related_name="decision"
    )
    outcome = models.CharField(
        max_length=12, choices=[(each.value, each.value.replace("_", " ")) for each in Outcome]
    )
    variant = models.CharField(max_length=100, blank=True, default="")
    text = models.TextField()
    analysis = models.ForeignKey(Analysis, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField()
    shipped = models.JSONField(default=dict)

    class Meta:
        ordering = ("-decided_at",)

    def __str__(self) -> str:
        return f"{self.experiment}: {self.outcome}"
