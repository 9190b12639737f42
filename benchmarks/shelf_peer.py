"""A shelf as a shop without recommendations would write it: named products, by DRF and the ORM.

Key and rate limit by the project's own DRF classes (a round trip to Redis), products with their
category by the ORM, items by a serializer. Nothing is chosen, ranked, explained or recorded.
"""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access.contracts import Scope
from apps.catalog.models import Product
from benchmarks.drf_peer import HitSerializer


class ItemSerializer(HitSerializer):
    class Meta(HitSerializer.Meta):
        fields = tuple(name for name in HitSerializer.Meta.fields if name != "highlights")


class ShelfSerializer(serializers.Serializer[Any]):
    placement = serializers.CharField()
    title = serializers.CharField()
    items = ItemSerializer(many=True)


class PeerShelf(APIView):
    """`GET /bench/shelf?product_id=…&product_id=…`."""

    required_scope = Scope.RECOMMENDATIONS_READ

    def get(self, request: Request) -> Response:
        asked = request.query_params.getlist("product_id")
        found = Product.objects.select_related("category").filter(product_id__in=asked)
        by_id = {each.product_id: each for each in found}
        items = [by_id[each] for each in asked]
        context = {
            "positions": {each.pk: place for place, each in enumerate(items, start=1)},
            "scores": {each.pk: 1.0 / place for place, each in enumerate(items, start=1)},
        }
        answer = {"placement": "home", "title": "For you", "items": items}
        return Response(ShelfSerializer(answer, context=context).data)
