from django.db import models


class VersionCounter(models.Model):
    """One row per published thing; its number only grows. Every process polls these rows."""

    name = models.CharField(max_length=100, primary_key=True)
    number = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.name} {self.number}"
