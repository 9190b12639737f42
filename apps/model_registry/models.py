from django.conf import settings
from django.db import models


class ArtifactState(models.TextChoices):
    BUILDING = "building"
    READY = "ready"
    ABANDONED = "abandoned"
    PRUNED = "pruned"


class ArtifactVersion(models.Model):
    """One published version. Its number is reserved before its files are written.

    A crash leaves a `building` row, which can never be active: the constraint says so.
    """

    name = models.CharField(max_length=63)
    number = models.PositiveIntegerField()
    state = models.CharField(
        max_length=10, choices=ArtifactState.choices, default=ArtifactState.BUILDING
    )
    is_active = models.BooleanField(default=False)
    location = models.CharField(max_length=120, unique=True)
    signature = models.CharField(max_length=64, blank=True)
    size_bytes = models.BigIntegerField(default=0)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        ordering = ["name", "-number"]
        permissions = [("activate_artifactversion", "Can activate another artifact version")]
        constraints = [
            models.UniqueConstraint(fields=["name", "number"], name="artifact_number_once"),
            models.UniqueConstraint(
                fields=["name"],
                condition=models.Q(is_active=True),
                name="artifact_one_active",
            ),
            models.CheckConstraint(
                condition=models.Q(is_active=False) | models.Q(state="ready"),
                name="artifact_active_is_ready",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"
