"""How the shop's pages ask for what is popular: with the facets of this catalogue."""

from dataclasses import replace

from apps.search.contracts import SearchRequest
from apps.search.domain.parameters import request_parse
from apps.search.selectors.popular_requests import PopularRequest
from apps.search.services.page_packing import PAGES
from apps.search.services.warm import Shape
from apps.shop.selectors import facet_fields


def _asked(popular: PopularRequest) -> SearchRequest | None:
    if not popular.by_shop:
        return None
    asked = {
        "q": [popular.query],
        "sort": [popular.sort],
        "per_page": [str(popular.per_page)],
        **{f"filter[{field}]": values for field, values in popular.filters.items()},
    }
    parsed = request_parse(asked)
    return replace(parsed, facets=facet_fields(), logged=False, experimented=False)


SHOP_SHAPE = Shape(PAGES, _asked)
