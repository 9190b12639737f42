"""Interleaved answers and what was clicked on them, before it is added up by unit."""

from django.db import models

from apps.experiments.models.experiment import Experiment


class InterleavedAnswer(models.Model):
    """One interleaved answer on one day: clicks by team. Written by SQL.

    The row of the answer's own day counts the impression; a click on a later day has a row of
    its own. Who it belongs to is settled when days are added up: identity may merge later.
    """

    id = models.BigAutoField(primary_key=True)
    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="+")
    query_id = models.UUIDField()
    day = models.DateField()
    phase = models.PositiveIntegerField()
    answered_at = models.DateTimeField()
    user_id = models.TextField(null=True)  # noqa: DJ001 - absent is NULL, as in the query log
    client_id = models.TextField(null=True)  # noqa: DJ001 - the same
    session_id = models.TextField(null=True)  # noqa: DJ001 - the same
    control = models.IntegerField()
    treatment = models.IntegerField()
    impressions = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "query_id", "day"], name="experiments_answer_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.query_id} on {self.day}"


class InterleavingState(models.Model):
    """How far the credit of an experiment has been read: a transaction horizon."""

    experiment = models.OneToOneField(
        Experiment, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    horizon = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"interleaving of {self.experiment_id} up to {self.horizon}"
