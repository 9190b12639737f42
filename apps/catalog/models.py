"""Categories and products. Triggers of migration 0002 keep what raw SQL and COPY would forget."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models.functions import Lower, Now

from apps.common.stamps import stamp_move


class Availability(models.TextChoices):
    IN_STOCK = "in_stock", "In stock"
    OUT_OF_STOCK = "out_of_stock", "Out of stock"
    PREORDER = "preorder", "Preorder"
    BACKORDER = "backorder", "Backorder"


class Condition(models.TextChoices):
    NEW = "new", "New"
    REFURBISHED = "refurbished", "Refurbished"
    USED = "used", "Used"


class Category(models.Model):
    """A node of the shop's tree; `path` is what APIs and weight sets call it."""

    id = models.AutoField(primary_key=True)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=100, db_index=False)
    # Maintained by category services for the whole subtree.
    path = models.CharField(max_length=700, unique=True, editable=False)
    rank = models.IntegerField(default=0, db_default=0)

    class Meta:
        verbose_name_plural = "categories"
        ordering = ["path"]

    def __str__(self) -> str:
        return self.path


class ProductQuerySet(models.QuerySet["Product"]):
    """Whatever is written by it moves the stamp; raw SQL has to say so itself."""

    def update(self, **changes: Any) -> int:
        changed = super().update(**changes)
        stamp_move()
        return changed

    def delete(self) -> tuple[int, dict[str, int]]:
        deleted = super().delete()
        stamp_move()
        return deleted

    def bulk_create(self, *products: Any, **options: Any) -> list["Product"]:
        created = super().bulk_create(*products, **options)
        stamp_move()
        return created


class Product(models.Model):
    """A product, or one variant of it, under Google Merchant Center's names.

    `id` is ours and internal; `product_id` is the feed's id, and what every API calls it.
    """

    id = models.AutoField(primary_key=True)
    product_id = models.CharField(max_length=200, unique=True)
    title = models.CharField(max_length=1000)
    description = models.TextField(blank=True, default="", db_default="")
    link = models.CharField(max_length=2000, blank=True, default="", db_default="")
    image_link = models.CharField(max_length=2000, blank=True, default="", db_default="")
    additional_image_link = ArrayField(models.TextField(), blank=True, default=list)
    availability = models.CharField(
        max_length=12, choices=Availability, default="in_stock", db_default="in_stock"
    )
    availability_date = models.DateTimeField(null=True, blank=True)
    stock = models.IntegerField(null=True, blank=True)
    price = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3, default="EUR", db_default="EUR")
    sale_price = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    sale_starts_at = models.DateTimeField(null=True, blank=True)
    sale_ends_at = models.DateTimeField(null=True, blank=True)
    brand = models.CharField(max_length=200, blank=True, default="", db_default="")
    gtin = models.CharField(max_length=50, blank=True, default="", db_default="")
    mpn = models.CharField(max_length=300, blank=True, default="", db_default="")
    condition = models.CharField(max_length=12, choices=Condition, default="new", db_default="new")
    google_product_category = models.CharField(
        max_length=750, blank=True, default="", db_default=""
    )
    # The category's names from the top, "Home > Audio": derived whenever a category is set.
    product_type = models.CharField(max_length=1000, blank=True, default="", db_default="")
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, null=True, blank=True, related_name="products"
    )
    item_group_id = models.CharField(max_length=200, blank=True, default="", db_default="")
    # {key: text | number | boolean | [text, …]}; keys are [a-z0-9_]+.
    attributes = models.JSONField(blank=True, default=dict)
    custom_labels = ArrayField(models.TextField(), blank=True, default=list)
    # Merchant fields that only pass through: cost_of_goods_sold, promotion_id …
    feed_fields = models.JSONField(blank=True, default=dict)
    released_at = models.DateTimeField(null=True, blank=True)
    active = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    # Set by the trigger, as are the next three.
    updated_at = models.DateTimeField(db_default=Now(), editable=False)
    category_name = models.TextField(default="", db_default="", editable=False)
    attributes_text = models.TextField(default="", db_default="", editable=False)
    changed_xid = models.BigIntegerField(default=0, db_default=0, editable=False)
    mpn_normalised = models.GeneratedField(
        expression=Lower(
            models.Func(
                models.F("mpn"),
                models.Value("[^A-Za-z0-9]+"),
                models.Value(""),
                models.Value("g"),
                function="regexp_replace",
                output_field=models.TextField(),
            )
        ),
        output_field=models.TextField(),
        db_persist=True,
    )
    search_vector = models.GeneratedField(
        expression=SearchVector("title", weight="A", config="endcap")
        + SearchVector("brand", "mpn", "product_id", weight="B", config="endcap")
        + SearchVector("description", weight="C", config="endcap")
        + SearchVector("category_name", "attributes_text", weight="D", config="endcap"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            GinIndex(fields=["search_vector"], name="catalog_product_search"),
            models.Index(fields=["mpn_normalised"], name="catalog_product_mpn"),
            models.Index(fields=["changed_xid"], name="catalog_product_changed"),
            models.Index(fields=["item_group_id"], name="catalog_product_group"),
            models.Index(fields=["brand"], name="catalog_product_brand"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(price__gte=0), name="catalog_product_price_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(sale_price__isnull=True) | models.Q(sale_price__gte=0),
                name="catalog_product_sale_price_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(currency__regex="^[A-Z]{3}$"), name="catalog_product_currency"
            ),
            models.CheckConstraint(
                condition=models.Q(availability__in=[str(value) for value in Availability.values]),
                name="catalog_product_availability",
            ),
            models.CheckConstraint(
                condition=models.Q(condition__in=[str(value) for value in Condition.values]),
                name="catalog_product_condition",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.title}"[:120]

    def save(self, *arguments: Any, **options: Any) -> None:
        super().save(*arguments, **options)
        stamp_move()

    def delete(self, *arguments: Any, **options: Any) -> tuple[int, dict[str, int]]:
        deleted = super().delete(*arguments, **options)
        stamp_move()
        return deleted


class Tombstone(models.Model):
    """A deleted product, written by a trigger, so that columns in memory learn of it."""

    product_pk = models.IntegerField()
    changed_xid = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["changed_xid"], name="catalog_tombstone_changed")]

    def __str__(self) -> str:
        return str(self.product_pk)
