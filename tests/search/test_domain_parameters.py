import pytest

from apps.search.contracts import ParameterInvalid, ParameterUnknown, SearchRequest, Sort
from apps.search.domain.parameters import request_parse


def parse(**single: str) -> SearchRequest:
    return request_parse({name: [value] for name, value in single.items()})


def test_everything_at_once() -> None:
    request = request_parse(
        {
            "q": ["mouse"],
            "page": ["2"],
            "per_page": ["10"],
            "sort": ["-price"],
            "facets": ["brand, category,brand,attr.color"],
            "filter[brand]": ["HP", " Dell "],
            "filter[price]": ["10..50"],
            "attributes[device]": ["mobile"],
            "user_id": ["u1"],
            "client_id": ["c1"],
            "session_id": ["s1"],
            "explain": ["true"],
        }
    )
    assert (request.query, request.page, request.per_page) == ("mouse", 2, 10)
    assert request.sort is Sort.PRICE_DESCENDING
    assert request.facets == ("brand", "category", "attr.color")
    assert request.filters.brands == ("HP", "Dell")
    assert request.filters.price_max == 50.0
    assert request.filters_asked == {"brand": ("HP", "Dell"), "price": ("10..50",)}
    assert request.attributes == {"device": "mobile"}
    assert (request.asker.user_id, request.asker.client_id) == ("u1", "c1")
    assert request.asker.session_id == "s1"
    assert request.explain


def test_nothing_at_all_browses() -> None:
    assert request_parse({}) == SearchRequest()
    assert parse(sort="", explain="0") == SearchRequest()


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"query": ["x"]}, "query"),
        ({"filter[colour]": ["x"]}, "filter[colour]"),
        ({"filters": ["x"]}, "filters"),
        ({"sort": ["cheapest"]}, "sort"),
        ({"facets": ["colour"]}, "facets"),
        ({"facets": ["attr.Bad Key"]}, "facets"),
        ({"attributes[de vice]": ["x"]}, "attributes[de vice]"),
    ],
)
def test_what_does_not_exist_is_named(parameters: dict[str, list[str]], named: str) -> None:
    with pytest.raises(ParameterUnknown) as refused:
        request_parse(parameters)
    assert refused.value.parameter == named


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"q": ["x" * 257]}, "q"),
        ({"q": ["a", "b"]}, "q"),
        ({"page": ["0"]}, "page"),
        ({"page": ["-1"]}, "page"),
        ({"page": ["1.5"]}, "page"),
        ({"page": ["9" * 50]}, "page"),
        ({"page": ["\u0661"]}, "page"),
        ({"page": ["101"], "per_page": ["100"]}, "page"),
        ({"per_page": ["101"]}, "per_page"),
        ({"per_page": ["0"]}, "per_page"),
        ({"filter[price]": ["cheap"]}, "filter[price]"),
        ({"explain": ["maybe"]}, "explain"),
        ({"user_id": ["x" * 201]}, "user_id"),
        ({"session_id": ["x\x00"]}, "session_id"),
        ({"attributes[a]": ["x", "y"]}, "attributes[a]"),
        ({"attributes[a]": ["x" * 201]}, "attributes[a]"),
        ({"attributes[a]": ["a\x00b"]}, "attributes[a]"),
        ({f"attributes[a{n}]": ["x"] for n in range(21)}, "attributes"),
        ({"facets": [",".join(f"attr.k{n}" for n in range(31))]}, "facets"),
    ],
)
def test_what_cannot_be_used_is_named(parameters: dict[str, list[str]], named: str) -> None:
    with pytest.raises(ParameterInvalid) as refused:
        request_parse(parameters)
    assert refused.value.parameter == named


def test_the_limits_themselves_are_allowed() -> None:
    assert parse(q="x" * 256, page="100", per_page="100").page == 100
