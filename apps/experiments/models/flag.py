"""Flags that no experiment tests."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from apps.experiments.contracts.design import DesignInvalid
from apps.experiments.domain.design.flags import flag_read
from apps.publishing.bases import PublishableVersion


class Flag(models.Model):
    """The switch of a flag; what it serves is its published version."""

    key = models.CharField(max_length=100, unique=True)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("key",)
        permissions = (("switch_flag", "Can switch a flag on and off"),)

    def __str__(self) -> str:
        return self.key


class FlagVersion(PublishableVersion):
    """One version of what a flag serves; its subject is the flag's key."""

    content_fields: ClassVar[tuple[str, ...]] = ("definition",)

    definition = models.JSONField()

    class Meta(PublishableVersion.Meta):
        verbose_name = "flag definition"
        verbose_name_plural = "flag definitions"

    def content_clean(self) -> None:
        try:
            flag_read(self.definition)
        except DesignInvalid as error:
            raise ValidationError({"definition": f"{error.field}: {error.message}"}) from error
