from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from apps.publishing.bases import PublishableVersion
from apps.recommendations.contracts import Mix, PlacementName
from apps.recommendations.domain.placements import (
    CONTENT_FIELDS,
    MOST_SHOWN,
    PlacementInvalid,
    placement_content,
    placement_read,
)


class PlacementVersion(PublishableVersion):
    """One version of one shelf; its subject is the placement's name."""

    content_fields: ClassVar[tuple[str, ...]] = CONTENT_FIELDS

    title = models.CharField(max_length=120)
    strategies = models.JSONField(default=list)
    mix = models.CharField(
        max_length=5, choices=[(mix.value, mix.value) for mix in Mix], default=Mix.FIRST.value
    )
    constraints = models.JSONField(default=dict, blank=True)
    diversity = models.FloatField(default=1.0)
    weights = models.JSONField(null=True, blank=True, default=None)
    k = models.PositiveSmallIntegerField(default=12)

    class Meta(PublishableVersion.Meta):
        verbose_name = "placement"
        verbose_name_plural = "placements"
        constraints = [
            *PublishableVersion.Meta.constraints,
            models.CheckConstraint(
                condition=Q(diversity__gte=0, diversity__lte=1),
                name="recommendations_placement_diversity_share",
            ),
            models.CheckConstraint(
                condition=Q(k__gte=1, k__lte=MOST_SHOWN),
                name="recommendations_placement_shown",
            ),
        ]

    def content_clean(self) -> None:
        if self.subject not in set(PlacementName):
            raise ValidationError({"subject": f"There is no placement '{self.subject}'."})
        try:
            read = placement_read(PlacementName(self.subject), self.number or 0, self.content())
        except PlacementInvalid as error:
            name, _dot, place = error.field.partition(".")
            told = f"{place}: {error.message}" if place else error.message
            raise ValidationError({name or "title": told}) from error
        for name, value in placement_content(read).items():
            setattr(self, name, value)
