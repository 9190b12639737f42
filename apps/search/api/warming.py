"""How programs ask for what is popular: the first page, without facets."""

from dataclasses import replace

from apps.search.api.splicing import API
from apps.search.contracts import SearchRequest
from apps.search.domain.parameters import request_parse
from apps.search.selectors.popular_requests import PopularRequest
from apps.search.services.warm import Shape


def popular_request(popular: PopularRequest) -> SearchRequest:
    """The request that was logged so; it leaves nothing behind, and no experiment is in it.

    Raises:
        ParameterInvalid, ParameterUnknown: what was a filter once is none any more.
    """
    asked = {
        "q": [popular.query],
        "sort": [popular.sort],
        "per_page": [str(popular.per_page)],
        **{f"filter[{field}]": values for field, values in popular.filters.items()},
    }
    return replace(request_parse(asked), logged=False, experimented=False)


def _asked(popular: PopularRequest) -> SearchRequest | None:
    return None if popular.by_shop else popular_request(popular)


API_SHAPE = Shape(API, _asked)
