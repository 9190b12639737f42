from django.db import models


class ProductVector(models.Model):
    """A product's vector and the hash of the text it stands for.

    `product_pk` is no foreign key: the catalogue deletes without asking, the job follows.
    """

    product_pk = models.IntegerField(primary_key=True)
    text_hash = models.BinaryField(max_length=16)
    model_name = models.CharField(max_length=200)
    vector = models.BinaryField()  # little-endian float16

    def __str__(self) -> str:
        return f"vector of product {self.product_pk}"


class EmbeddingState(models.Model):
    """One row: how far the job has read the catalogue, and whether an index is due."""

    only = models.BooleanField(primary_key=True, default=True)
    model_name = models.CharField(max_length=200, blank=True)
    horizon = models.BigIntegerField(default=0)
    index_due = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(only=True), name="embedding_state_once"),
        ]

    def __str__(self) -> str:
        return f"embedded up to {self.horizon}"
