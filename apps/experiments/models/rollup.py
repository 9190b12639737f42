"""Roll-ups: units, their daily totals, and the sufficient statistics that pages read.

The unit table is written by SQL (`services.rollups`); its layout is in
docs/experiments-export.md. No row here is truth: all of it can be computed again from events.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from apps.experiments.models.experiment import Experiment


class Unit(models.Model):
    """One unit of one salt version: where it stands, and what it did, as running totals.

    `days` are the UTC days on which something was counted, the day of first exposure first;
    `totals[i]` are the slots' totals up to and including `days[i]`; `before` are the slots'
    totals of the covariate window before first exposure (empty without one). Which slot is
    which is the roll-up plan's (`domain/rollups/plan.py`). The table is unlogged: a crash
    empties it, and the next run computes it again.
    """

    id = models.BigAutoField(primary_key=True)
    experiment = models.ForeignKey(
        Experiment,
        on_delete=models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    salt_version = models.PositiveIntegerField()
    unit = models.TextField()
    phase = models.PositiveIntegerField()
    variant = models.TextField()
    first_exposed_at = models.DateTimeField()
    last_exposed_at = models.DateTimeField()
    exposures = models.IntegerField()
    multiple = models.BooleanField(default=False)
    merged = models.IntegerField(default=0)
    mismatched = models.IntegerField(default=0)
    dimensions = models.JSONField(default=dict)
    days = ArrayField(models.DateField(), default=list)
    totals = ArrayField(ArrayField(models.FloatField(null=True)), default=list)
    before = ArrayField(models.FloatField(null=True), default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "salt_version", "unit"], name="experiments_unit_once"
            ),
        ]

    def __str__(self) -> str:
        return self.unit


class Rollup(models.Model):
    """Sufficient statistics of one phase, variant, metric, dimension value, up to a day."""

    id = models.BigAutoField(primary_key=True)
    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="+")
    phase = models.PositiveIntegerField()
    variant = models.TextField()
    metric = models.TextField()
    dimension = models.TextField(blank=True, default="")
    value = models.TextField(blank=True, default="")
    day = models.DateField()
    n = models.BigIntegerField()
    rows = models.BigIntegerField()
    m = models.FloatField()
    mm = models.FloatField()
    d = models.FloatField(default=0.0)
    dd = models.FloatField(default=0.0)
    md = models.FloatField(default=0.0)
    x = ArrayField(models.FloatField(), default=list)
    xx = ArrayField(models.FloatField(), default=list)
    mx = ArrayField(models.FloatField(), default=list)
    dx = ArrayField(models.FloatField(), default=list)
    z = models.FloatField(default=0.0)
    zz = models.FloatField(default=0.0)
    xz = models.FloatField(default=0.0)
    mz = models.FloatField(default=0.0)
    dz = models.FloatField(default=0.0)
    steps = ArrayField(models.BigIntegerField(), default=list)
    cap = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "experiment", "dimension", "day", "metric", "phase", "variant", "value",
                ],
                name="experiments_rollup_once",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.metric} of {self.variant} to {self.day}"


class RollupAge(models.Model):
    """A primary metric by days since first exposure (novelty)."""

    id = models.BigAutoField(primary_key=True)
    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="+")
    phase = models.PositiveIntegerField()
    variant = models.TextField()
    metric = models.TextField()
    age = models.PositiveIntegerField()
    n = models.BigIntegerField()
    m = models.FloatField()
    mm = models.FloatField()
    d = models.FloatField(default=0.0)
    dd = models.FloatField(default=0.0)
    md = models.FloatField(default=0.0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "metric", "age", "phase", "variant"],
                name="experiments_age_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric} of {self.variant} at age {self.age}"


class RollupExposure(models.Model):
    """Units first exposed, and exposures logged, on a day."""

    id = models.BigAutoField(primary_key=True)
    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="+")
    phase = models.PositiveIntegerField()
    variant = models.TextField()
    dimension = models.TextField(blank=True, default="")
    value = models.TextField(blank=True, default="")
    day = models.DateField()
    units = models.BigIntegerField()
    exposures = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "dimension", "day", "phase", "variant", "value"],
                name="experiments_exposures_once",
            ),
        ]

    def __str__(self) -> str:
        return f"exposures of {self.variant} on {self.day}"


class RollupInterleaving(models.Model):
    """Team-draft credit up to a day."""

    id = models.BigAutoField(primary_key=True)
    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="+")
    phase = models.PositiveIntegerField()
    day = models.DateField()
    units = models.BigIntegerField()
    wins = models.JSONField()
    ties = models.BigIntegerField()
    credits = models.JSONField()
    impressions = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "phase", "day"], name="experiments_interleaving_once"
            ),
        ]

    def __str__(self) -> str:
        return f"interleaving to {self.day}"


class RollupState(models.Model):
    """How far the roll-up of an experiment has read; `horizon` is a transaction horizon."""

    experiment = models.OneToOneField(
        Experiment, on_delete=models.CASCADE, primary_key=True, related_name="rollup_state"
    )
    horizon = models.BigIntegerField(default=0)
    as_of = models.DateTimeField(null=True)
    ran_at = models.DateTimeField(null=True)
    plan = models.CharField(max_length=64, blank=True, default="")
    units = models.BigIntegerField(default=0)
    multiple = models.BigIntegerField(default=0)
    merged = models.BigIntegerField(default=0)
    mismatched = models.BigIntegerField(default=0)
    unknown = models.BigIntegerField(default=0)
    full_at = models.DateTimeField(null=True)
    seconds = models.FloatField(default=0.0)
    last_exposure_at = models.DateTimeField(null=True)
    last_event_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"roll-up of {self.experiment_id}"
