"""The search endpoint as Django shops usually write it: DRF serializers and the ORM.

It answers the same. What finds and ranks (lexicon, vectors, fusion, features, weights) is the
very same code, so that only the endpoint is compared: parameters by a serializer, products by
the ORM with their category, facets by aggregates, hits by serializers, authentication and rate
limit by the project's own DRF classes. It writes no query log, which is in its favour: a row
of its own would wait for the disk.
"""

from collections import Counter
from decimal import Decimal
from typing import Any

from django.db.models import Count
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access.contracts import Scope
from apps.catalog.contracts import FilterSet
from apps.catalog.models import Product
from apps.common.domain.uuid7 import uuid7_new
from apps.search.contracts import DEEPEST_HIT, SearchRequest
from apps.search.domain.contending import Arm
from apps.search.selectors.configuration import search_settings
from apps.search.selectors.presenting import _highlights, _stems


class Parameters(serializers.Serializer[Any]):
    q = serializers.CharField(max_length=256, allow_blank=True, required=False, default="")
    page = serializers.IntegerField(min_value=1, default=1)
    per_page = serializers.IntegerField(min_value=1, max_value=100, default=20)
    facets = serializers.CharField(allow_blank=True, required=False, default="")
    price_most = serializers.FloatField(required=False)


class HitSerializer(serializers.ModelSerializer[Product]):
    category = serializers.CharField(source="category.path", default="")
    price = serializers.FloatField()
    sale_price = serializers.SerializerMethodField()
    position = serializers.SerializerMethodField()
    score = serializers.SerializerMethodField()
    highlights = serializers.SerializerMethodField()

    class Meta:
        model = Product
        fields: tuple[str, ...] = (
            "product_id", "title", "description", "brand", "category", "price", "sale_price",
            "currency", "availability", "image_link", "link", "attributes", "item_group_id",
            "released_at", "position", "score", "highlights",
        )  # fmt: skip

    def get_sale_price(self, product: Product) -> float | None:
        now = timezone.now()
        price: Decimal | None = product.sale_price
        begun = product.sale_starts_at is None or product.sale_starts_at <= now
        over = product.sale_ends_at is not None and product.sale_ends_at <= now
        return None if price is None or not begun or over else float(price)

    def get_position(self, product: Product) -> int:
        return int(self.context["positions"][product.pk])

    def get_score(self, product: Product) -> float:
        return float(self.context["scores"][product.pk])

    def get_highlights(self, product: Product) -> dict[str, str]:
        # The same code as ours: how words are marked is no part of the comparison.
        return _highlights(product, self.context["stems"])  # type: ignore[arg-type]  # it reads three texts


class FacetLineSerializer(serializers.Serializer[Any]):
    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF takes it for a field's own label
    count = serializers.IntegerField()
    selected = serializers.BooleanField(default=False)


class AnswerSerializer(serializers.Serializer[Any]):
    query = serializers.CharField()
    query_id = serializers.UUIDField()
    page = serializers.IntegerField()
    per_page = serializers.IntegerField()
    pages = serializers.IntegerField()
    found = serializers.IntegerField()
    sort = serializers.CharField()
    hits = HitSerializer(many=True)
    facets = serializers.DictField(child=FacetLineSerializer(many=True))
    weights = serializers.DictField()
    matching = serializers.DictField()


class PeerSearch(APIView):
    """`GET /bench/drf`."""

    required_scope = Scope.SEARCH_READ

    def get(self, request: Request) -> Response:
        parameters = Parameters(data=request.query_params)
        parameters.is_valid(raise_exception=True)
        asked = parameters.validated_data
        ranked = _ranked(asked)
        return Response(_answer(asked, *ranked))


def _ranked(asked: dict[str, Any]) -> tuple[Any, Any]:
    """The same lists, fused and scored by the same code; what is shown of them is not."""
    from apps.search.selectors.retrieval import lists_found, lists_fused
    from apps.search.selectors.scoring import matches_scored
    from apps.search.services.core import understood

    settings = search_settings()
    filters = FilterSet(price_min=0.0, price_max=asked["price_most"])
    request = SearchRequest(query=asked["q"], filters=filters)
    understanding = understood(request, settings)
    lists = lists_found(understanding, semantic=settings.semantic)
    retrieved = lists_fused(lists, settings)
    return lists, matches_scored(retrieved, request, Arm(settings), understanding.extracted)


def _answer(asked: dict[str, Any], lists: Any, scored: Any) -> dict[str, Any]:
    from apps.ranking.domain.records import weights_document

    page, per_page = asked["page"], asked["per_page"]
    columns, ranking = scored.retrieved.snapshot.columns, scored.ranking
    pks = columns.pks[ranking.rows_ranked()].tolist()
    first = (page - 1) * per_page
    shown = pks[first : first + per_page]
    products = Product.objects.select_related("category").in_bulk(shown)
    scores = ranking.scores[ranking.order[first : first + per_page]]
    context = {
        "positions": {pk: place for place, pk in enumerate(shown, start=first + 1)},
        "scores": dict(zip(shown, scores, strict=True)),
        "stems": _stems(lists.understanding),
    }
    answer = {
        "query": asked["q"],
        "query_id": uuid7_new(timezone.now()),
        "page": page,
        "per_page": per_page,
        "pages": -(-min(len(pks), DEEPEST_HIT) // per_page),
        "found": len(pks),
        "sort": "relevance",
        "hits": [products[pk] for pk in shown],
        "facets": {name: _facet(name, pks) for name in asked["facets"].split(",") if name},
        "weights": weights_document(ranking.weights),
        "matching": {"keyword": str(scored.retrieved.mode), "semantic": True},
    }
    rendered: dict[str, Any] = AnswerSerializer(answer, context=context).data
    return rendered


def _facet(name: str, pks: list[int]) -> list[dict[str, Any]]:
    found = Product.objects.filter(pk__in=pks)
    if name != "category":
        counted = found.values(name).annotate(count=Count("pk")).order_by("-count", name)[:100]
        return [{"value": row[name], "label": row[name], "count": row["count"]} for row in counted]
    counts: Counter[str] = Counter()
    for row in found.values("category__path").annotate(count=Count("pk")).order_by():
        parts = (row["category__path"] or "").split("/")
        for depth in range(1, len(parts) + 1):
            counts["/".join(parts[:depth])] += row["count"]
    return [{"value": path, "label": path, "count": n} for path, n in counts.most_common(200)]
