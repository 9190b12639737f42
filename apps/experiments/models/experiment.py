"""Experiments, their approved designs, their immutable phases, and what happened to them."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value

from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.design import RESERVED_KEYS, DesignInvalid
from apps.experiments.domain.design.reading import design_read
from apps.publishing.bases import PublishableVersion

STATUSES = [(status.value, status.value.replace("_", " ")) for status in Status]


class ExperimentVersion(PublishableVersion):
    """One version of an experiment's design; its subject is the experiment's key."""

    content_fields: ClassVar[tuple[str, ...]] = ("design",)

    design = models.JSONField()

    class Meta(PublishableVersion.Meta):
        verbose_name = "experiment design"
        verbose_name_plural = "experiment designs"

    def content_clean(self) -> None:
        try:
            design_read(self.design)
        except DesignInvalid as error:
            raise ValidationError({"design": f"{error.field}: {error.message}"}) from error


class Layer(models.Model):
    """A namespace: experiments of one layer share no unit."""

    name = models.SlugField(max_length=100, unique=True)
    description = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Experiment(models.Model):
    """Where one experiment stands. Written by services only."""

    key = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    status = models.CharField(max_length=12, choices=STATUSES, default=Status.DRAFT.value)
    kind = models.CharField(max_length=14)
    surface = models.CharField(max_length=50)
    unit = models.CharField(max_length=10)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    draft = models.ForeignKey(
        ExperimentVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    live = models.ForeignKey(
        ExperimentVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")
        permissions = (
            ("review_experiment", "Can approve an experiment"),
            ("start_experiment", "Can start, pause and stop an experiment"),
            ("decide_experiment", "Can decide and ship an experiment"),
            ("refresh_experiment", "Can have an experiment's results computed"),
        )
        indexes = [models.Index(fields=["status", "-created_at"], name="experiments_by_status")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in Status]),
                name="experiments_known_status",
            ),
            models.CheckConstraint(
                condition=~Q(key__in=sorted(RESERVED_KEYS)), name="experiments_key_not_reserved"
            ),
        ]

    def __str__(self) -> str:
        return self.key


class LayerClaim(models.Model):
    """The range of a layer that an experiment holds; the database refuses an overlap."""

    layer = models.ForeignKey(Layer, on_delete=models.PROTECT, related_name="+")
    experiment = models.OneToOneField(Experiment, on_delete=models.CASCADE, related_name="+")
    low = models.PositiveIntegerField(help_text="Ten-thousandths, from.")
    high = models.PositiveIntegerField(help_text="Ten-thousandths, up to and without.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(low__lt=F("high")) & Q(high__lte=10_000),
                name="experiments_claim_is_range",
            ),
            ExclusionConstraint(
                name="experiments_claims_apart",
                # A range of one layer's number: GiST compares ranges without an extension.
                expressions=[
                    (
                        Func(F("layer_id"), F("layer_id"), Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    (Func(F("low"), F("high"), function="int4range"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.layer}: {self.low / 100:g} % to {self.high / 100:g} %"


class Phase(models.Model):
    """An immutable stretch of a run; the database allows only its end to be set, once."""

    experiment = models.ForeignKey(Experiment, on_delete=models.PROTECT, related_name="phases")
    number = models.PositiveIntegerField()
    version = models.ForeignKey(ExperimentVersion, on_delete=models.PROTECT, related_name="+")
    salt = models.CharField(max_length=200)
    salt_version = models.PositiveIntegerField()
    coverage = models.FloatField()
    weights = ArrayField(models.FloatField())
    targeting = models.JSONField(default=dict)
    layer = models.CharField(max_length=100, blank=True, default="")
    layer_low = models.FloatField(default=0.0)
    layer_high = models.FloatField(default=1.0)
    holdout_salt = models.CharField(max_length=200, blank=True, default="")
    holdout_share = models.FloatField(default=0.0)
    chances_best = models.JSONField(default=dict)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True, default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ("experiment", "number")
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "number"], name="experiments_phase_number_once"
            ),
            models.UniqueConstraint(
                fields=["experiment"],
                condition=Q(ends_at__isnull=True),
                name="experiments_one_open_phase",
            ),
            models.CheckConstraint(
                condition=Q(coverage__gte=0, coverage__lte=1), name="experiments_phase_coverage"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("starts_at")),
                name="experiments_phase_ends_after",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.experiment} phase {self.number}"


class Transition(models.Model):
    """One line of an experiment's activity log; appended by services, never changed."""

    experiment = models.ForeignKey(
        Experiment, on_delete=models.PROTECT, related_name="transitions"
    )
    action = models.CharField(max_length=30)
    from_status = models.CharField(max_length=12, choices=STATUSES, blank=True)
    to_status = models.CharField(max_length=12, choices=STATUSES)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    at = models.DateTimeField()
    reason = models.TextField(blank=True, default="")
    changes = models.JSONField(default=dict)

    class Meta:
        ordering = ("experiment", "at", "id")
        indexes = [models.Index(fields=["experiment", "at"], name="experiments_activity")]

    def __str__(self) -> str:
        return f"{self.experiment} {self.action}"


class ForcedUnit(models.Model):
    """A unit of QA: it sees one variant and is counted nowhere, from the beginning on."""

    experiment = models.ForeignKey(
        Experiment, on_delete=models.CASCADE, related_name="forced_units"
    )
    unit = models.CharField(max_length=200)
    variant = models.CharField(max_length=100)
    note = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["experiment", "unit"], name="experiments_forced_once"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} sees {self.variant}"


class HoldoutVersion(PublishableVersion):
    """The global holdout, subject `global`: this share of units is in no experiment."""

    content_fields: ClassVar[tuple[str, ...]] = ("salt", "share")

    salt = models.CharField(max_length=100)
    share = models.FloatField()

    class Meta(PublishableVersion.Meta):
        verbose_name = "global holdout"
        verbose_name_plural = "global holdout"

    def content_clean(self) -> None:
        if not 0 <= self.share <= 0.5:  # noqa: PLR2004 - more than half is no holdout
            raise ValidationError({"share": "A holdout is a share from 0 to 0.5."})
        if not self.salt:
            raise ValidationError({"salt": "A holdout needs a salt."})
