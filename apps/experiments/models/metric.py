"""Metrics as people define them."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from apps.experiments.contracts.metrics import MetricInvalid
from apps.experiments.domain.metrics.reading import metric_read
from apps.publishing.bases import PublishableVersion


class MetricVersion(PublishableVersion):
    """One version of a metric's definition; its subject is the metric's key."""

    content_fields: ClassVar[tuple[str, ...]] = ("definition",)

    definition = models.JSONField()

    class Meta(PublishableVersion.Meta):
        verbose_name = "metric"
        verbose_name_plural = "metrics"

    def content_clean(self) -> None:
        try:
            metric_read(self.definition)
        except MetricInvalid as error:
            raise ValidationError({"definition": f"{error.field}: {error.message}"}) from error
