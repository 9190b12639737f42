"""Records of answers, kept so that each hit can be explained as it was ranked."""

from django.db import models


class RankingRecord(models.Model):
    """One computed answer's record; range-partitioned by its UUIDv7, month by month."""

    id = models.UUIDField(primary_key=True)
    packed = models.BinaryField()

    class Meta:
        db_table = "ranking_record"
        verbose_name = "kept record"
        verbose_name_plural = "kept records"

    def __str__(self) -> str:
        return str(self.id)
