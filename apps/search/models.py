"""How search works, as people publish it; without a published version the environment says it."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from apps.publishing.bases import PublishableVersion
from apps.search.contracts import FusionMethod
from apps.search.domain.configuration import SETTINGS_SUBJECT

_METHODS = [
    (FusionMethod.RRF.value, "reciprocal ranks"),
    (FusionMethod.WEIGHTED.value, "weighted scores"),
    (FusionMethod.MAX.value, "the better score"),
]


class SearchSettingsVersion(PublishableVersion):
    """One version of how search works; its subject is always `default`."""

    content_fields: ClassVar[tuple[str, ...]] = (
        "fusion",
        "keyword_weight",
        "semantic",
        "synonyms",
        "understanding",
        "spelling",
        "history",
        "session",
        "session_weight",
        "revisit_weight",
    )

    fusion = models.CharField(
        max_length=10,
        choices=_METHODS,
        default=FusionMethod.RRF.value,
        help_text="How the list found by words and the list found by meaning become one.",
    )
    keyword_weight = models.FloatField(
        default=0.5,
        verbose_name="share of words",
        help_text="Of the score, from 0 to 1; only weighted scores use it.",
    )
    semantic = models.BooleanField(
        default=True, verbose_name="search by meaning", help_text="Off: by words alone."
    )
    synonyms = models.BooleanField(
        default=True, help_text="Off: every word stands for itself only."
    )
    understanding = models.BooleanField(
        default=True,
        help_text="Off: no brand, category or price is read out of the query, no abbreviation "
        "is written out.",
    )
    spelling = models.BooleanField(
        default=True, help_text="Off: words that no product holds are left as they are."
    )
    history = models.BooleanField(
        default=True,
        verbose_name="shoppers' history",
        help_text="Off: what a shopper did before does not count.",
    )
    session = models.BooleanField(
        default=True,
        verbose_name="this visit",
        help_text="Off: what a visit has looked at does not count.",
    )
    session_weight = models.FloatField(
        default=0.15,
        verbose_name="weight of this visit",
        help_text="From 0 to 1; added beside the ranking weights.",
    )
    revisit_weight = models.FloatField(
        default=0.2,
        verbose_name="weight of what was seen before",
        help_text="From 0 to 1; of products that the shopper looked at and has not bought; "
        "a part of the history.",
    )

    class Meta(PublishableVersion.Meta):
        verbose_name = "search settings"
        verbose_name_plural = "search settings"
        constraints = [
            *PublishableVersion.Meta.constraints,
            models.CheckConstraint(
                condition=Q(keyword_weight__gte=0, keyword_weight__lte=1),
                name="search_settings_keyword_weight_share",
            ),
            models.CheckConstraint(
                condition=Q(session_weight__gte=0, session_weight__lte=1),
                name="search_settings_session_weight_share",
            ),
            models.CheckConstraint(
                condition=Q(revisit_weight__gte=0, revisit_weight__lte=1),
                name="search_settings_revisit_weight_share",
            ),
        ]

    def content_clean(self) -> None:
        if self.subject != SETTINGS_SUBJECT:
            raise ValidationError({"subject": f"There is one subject, '{SETTINGS_SUBJECT}'."})
        if not 0 <= self.keyword_weight <= 1:
            raise ValidationError({"keyword_weight": "The share of words is from 0 to 1."})
        if not 0 <= self.session_weight <= 1:
            raise ValidationError({"session_weight": "The weight of a visit is from 0 to 1."})
        if not 0 <= self.revisit_weight <= 1:
            raise ValidationError({"revisit_weight": "This weight is from 0 to 1."})


class SearchDay(models.Model):
    """A day's searches for one query in one category; an empty query stands for all others."""

    day = models.DateField()
    query = models.TextField()
    category = models.TextField()
    searches = models.IntegerField()
    zero_results = models.IntegerField()
    corrected = models.IntegerField()
    fallbacks = models.IntegerField()
    clicks = models.IntegerField()
    clicked = models.IntegerField()
    reciprocal_ranks = models.FloatField()
    refined = models.IntegerField()
    converted = models.IntegerField()

    class Meta:
        default_permissions = ("view", "export")
        verbose_name = "day of searches"
        verbose_name_plural = "days of searches"
        constraints = [
            models.UniqueConstraint(
                fields=["day", "category", "query"], name="search_searchday_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.query!r} {self.category}"


class SearchDaysState(models.Model):
    """How far the roll-up of searches has read; one row. `horizon` is a transaction horizon."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    horizon = models.BigIntegerField(default=0)
    ran_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"searches up to {self.horizon}"


class LanguageRewrite(models.Model):
    """How far the rows are rewritten in the language that was set last; one row.

    `reached` is the pk of the last product rewritten.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    language = models.CharField(max_length=63)
    reached = models.IntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"rows in {self.language} up to {self.reached}"
