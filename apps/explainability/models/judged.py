"""Tables of judged relevance. Products go by the shop's own ids: a judgement outlives them."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from apps.explainability.contracts.judged import (
    HIGHEST_SCALE,
    LOWEST_SCALE,
    EvaluationStatus,
    JudgementSource,
)
from apps.explainability.domain.judgement_csv import (
    LONGEST_PRODUCT,
    LONGEST_QUERY,
    LONGEST_RATER,
)

_PLAIN = RegexValidator(
    r"^[\w][\w .:()-]*$", "Letters, digits, blanks and . : ( ) - only; a letter or digit first."
)


class JudgementList(models.Model):
    """Queries, and how good products are for them."""

    name = models.CharField(max_length=100, unique=True, validators=[_PLAIN])
    description = models.TextField(blank=True, default="")
    scale = models.PositiveSmallIntegerField(
        default=LOWEST_SCALE,
        choices=[(top, f"0 to {top}") for top in range(LOWEST_SCALE, HIGHEST_SCALE + 1)],
        help_text="Ratings run from 0 (irrelevant) to this (perfect).",
    )
    source = models.CharField(
        max_length=10,
        choices=[(source.value, source.value) for source in JudgementSource],
        default=JudgementSource.HUMAN.value,
        editable=False,
    )
    how = models.TextField(
        "how it was judged",
        blank=True,
        default="",
        help_text="The guideline that raters follow; of clicks, the model and its figures.",
    )
    gate = models.BooleanField(
        "checks publishing",
        default=False,
        help_text="Weights, synonyms and rules are checked on this list before they go live.",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)
        default_permissions = ("add", "change", "delete", "view", "import", "export", "rate")
        constraints = [
            models.CheckConstraint(
                condition=Q(scale__gte=LOWEST_SCALE, scale__lte=HIGHEST_SCALE),
                name="explainability_list_scale",
            ),
            models.UniqueConstraint(
                fields=["gate"],
                condition=Q(gate=True),
                name="explainability_one_gate_list",
                violation_error_message="Another list checks publishing already.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """A smaller scale must hold every rating that there is."""
        super().clean()
        if self.pk and self.judgements.filter(rating__gt=self.scale).exists():
            raise ValidationError({"scale": f"There are ratings above {self.scale}."})


class JudgedQuery(models.Model):
    """A query of a list, and the products that raters are to look at for it."""

    judgement_list = models.ForeignKey(
        JudgementList, on_delete=models.CASCADE, related_name="queries"
    )
    query = models.CharField(max_length=LONGEST_QUERY)
    pool = models.JSONField(default=list)
    pooled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("query",)
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["judgement_list", "query"], name="explainability_query_once"
            ),
        ]

    def __str__(self) -> str:
        return self.query


class Judgement(models.Model):
    """One rating by one rater; an import without raters is the rater with the empty name."""

    judgement_list = models.ForeignKey(
        JudgementList, on_delete=models.CASCADE, related_name="judgements"
    )
    query = models.CharField(max_length=LONGEST_QUERY)
    product_id = models.CharField(max_length=LONGEST_PRODUCT)
    rater = models.CharField(max_length=LONGEST_RATER, blank=True, default="")
    rating = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(0), MaxValueValidator(HIGHEST_SCALE)]
    )
    rated_at = models.DateTimeField()
    # Of a list made from clicks: impressions, clicks, attractiveness.
    evidence = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ("query", "product_id", "rater")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["judgement_list", "query", "product_id", "rater"],
                name="explainability_judgement_once",
            ),
            models.CheckConstraint(
                condition=Q(rating__gte=0, rating__lte=HIGHEST_SCALE),
                name="explainability_rating_on_scale",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.query}: {self.product_id} {self.rating}"


class EvaluationRun(models.Model):
    """One configuration measured on one list; its scores stand beside it, query by query."""

    judgement_list = models.ForeignKey(
        JudgementList, on_delete=models.CASCADE, related_name="runs"
    )
    label = models.CharField(max_length=200, blank=True, default="")
    configuration = models.JSONField(default=dict)
    words = models.CharField(max_length=500)
    versions = models.JSONField(default=dict)
    judged_as = models.CharField(max_length=16, blank=True, default="")
    status = models.CharField(
        max_length=10,
        choices=[(status.value, status.value) for status in EvaluationStatus],
        default=EvaluationStatus.QUEUED.value,
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    queries = models.PositiveIntegerField(default=0)
    judgements = models.PositiveIntegerField(default=0)
    figures = models.JSONField(default=dict)
    error = models.TextField(blank=True, default="")

    class Meta:
        ordering = ("-id",)
        default_permissions = ("add", "view", "delete")
        indexes = [
            models.Index(fields=["judgement_list", "-id"], name="explainability_run_newest")
        ]

    def __str__(self) -> str:
        return f"run {self.pk} on {self.judgement_list_id}"


class EvaluationScore(models.Model):
    """How one query was answered in one run."""

    run = models.ForeignKey(EvaluationRun, on_delete=models.CASCADE, related_name="scores")
    query = models.CharField(max_length=LONGEST_QUERY)
    ranked = models.JSONField(default=list)
    scores = models.JSONField(default=dict)

    class Meta:
        ordering = ("query",)
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["run", "query"], name="explainability_score_once"),
        ]

    def __str__(self) -> str:
        return f"{self.query} in run {self.run_id}"
