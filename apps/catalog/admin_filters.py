"""Filters of the product list that know the tree and the brands."""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from apps.catalog.models import Product
from apps.catalog.selectors import category_tree

_MOST_BRANDS = 200


class CategoryFilter(SimpleListFilter):
    """A category with everything below it."""

    title = "category"
    parameter_name = "in_category"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        tree = category_tree()
        return [
            ("none", "No category"),
            *(
                (node.path, f"{'— ' * len(tree.ancestors(node.code))}{node.name}")
                for node in tree.categories
            ),
        ]

    def queryset(
        self, _request: HttpRequest, queryset: "QuerySet[Product]"
    ) -> "QuerySet[Product]":
        path = self.value()
        if path is None:
            return queryset
        if path == "none":
            return queryset.filter(category=None)
        tree = category_tree()
        node = tree.by_path(path)
        below = () if node is None else tree.categories[node.code : node.end]
        return queryset.filter(category_id__in=[each.id for each in below])


class BrandFilter(SimpleListFilter):
    """The most frequent brands."""

    title = "brand"
    parameter_name = "of_brand"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        counted = (
            Product.objects.exclude(brand="")
            .values("brand")
            .annotate(products=Count("pk"))
            .order_by("-products", "brand")[:_MOST_BRANDS]
        )
        return [(row["brand"], f"{row['brand']} ({row['products']})") for row in counted]

    def queryset(
        self, _request: HttpRequest, queryset: "QuerySet[Product]"
    ) -> "QuerySet[Product]":
        brand = self.value()
        return queryset if brand is None else queryset.filter(brand=brand)
