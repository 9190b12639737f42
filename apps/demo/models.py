"""What of the demo is done: one row a stage, so that a run cut off is repaired by the next."""

from django.db import models


class DemoStage(models.Model):
    name = models.CharField(max_length=60, primary_key=True)
    # Options that the stage was run with; another answer means another demo.
    options = models.JSONField(default=dict)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    summary = models.CharField(max_length=300, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.name}: {self.summary or 'not finished'}"
