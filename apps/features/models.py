"""The offline store, and what people say of features."""

from django.db import models

from apps.common.bases import TimestampedModel


class FeatureStatusChoice(models.TextChoices):
    ACTIVE = "active", "Active"
    DEPRECATED = "deprecated", "Deprecated"


class FeatureNote(TimestampedModel):
    """A feature's row in admin: code says what it is, people whose it is and whether to use it."""

    key = models.CharField(max_length=120, unique=True, editable=False)
    owner = models.CharField(max_length=120)
    status = models.CharField(max_length=10, choices=FeatureStatusChoice, default="active")
    successor = models.CharField(max_length=120, blank=True, default="", db_default="")
    notes = models.TextField(blank=True, default="", db_default="")

    class Meta:
        verbose_name = "feature"
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="active") | ~models.Q(successor=""),
                name="features_deprecated_has_successor",
            )
        ]

    def __str__(self) -> str:
        return self.key


class FeatureRun(models.Model):
    """One computation of one version of a feature; its values come with it or not at all."""

    key = models.CharField(max_length=120)
    as_of = models.DateTimeField()
    computed_at = models.DateTimeField(auto_now_add=True)
    rows = models.IntegerField(default=0)
    constants = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "as_of"], name="features_run_once")]

    def __str__(self) -> str:
        return f"{self.key} as of {self.as_of:%Y-%m-%d %H:%M}"


class FeatureValue(models.Model):
    """One value; written by COPY, read and deleted by plain SQL."""

    pk = models.CompositePrimaryKey("run_id", "entity", "part")
    run = models.ForeignKey(
        FeatureRun, on_delete=models.DO_NOTHING, related_name="+", db_index=False
    )
    entity = models.TextField()
    part = models.TextField(default="", db_default="")
    value = models.FloatField()

    def __str__(self) -> str:
        return f"{self.entity} {self.part} {self.value}"
