from collections.abc import Mapping
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from apps.publishing.bases import PublishableVersion
from apps.ranking_weights.contracts import WeightsInvalid, weights_validate


class WeightSetVersion(PublishableVersion):
    """One version of the weights of `global` or of a category, by its path."""

    content_fields: ClassVar[tuple[str, ...]] = ("weights",)

    weights = models.JSONField()

    class Meta(PublishableVersion.Meta):
        verbose_name = "ranking weights"
        verbose_name_plural = "ranking weights"

    def content_clean(self) -> None:
        if not isinstance(self.weights, Mapping):
            raise ValidationError({"weights": "Weights are an object of feature and number."})
        try:
            self.weights = weights_validate(self.weights)
        except WeightsInvalid as error:
            raise ValidationError({"weights": str(error)}, code=error.code) from error


class LearnedEvidence(models.Model):
    """What speaks for a draft that was learnt; written once, with the draft."""

    version = models.OneToOneField(
        WeightSetVersion, on_delete=models.PROTECT, primary_key=True, related_name="learned"
    )
    weights = models.JSONField()
    note = models.TextField()
    evidence = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "evidence of learned weights"
        verbose_name_plural = "evidence of learned weights"

    def __str__(self) -> str:
        return f"evidence of {self.version}"
