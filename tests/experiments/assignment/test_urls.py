import pytest

from apps.experiments.domain.assignment.urls import (
    UrlTarget,
    query_override,
    url_matches,
    url_targeted,
    url_with_query,
)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", None),
        ("https://shop/", None),
        ("https://shop/?", None),
        ("https://shop/?test", None),
        ("https://shop/?test=", None),
        ("https://shop/?test=1", 1),
        ("https://shop/?a=b&test=1&c=d#test=0", 1),
        ("https://shop/?test=1&test=0", 1),
        ("https://shop/?test= +1x", 1),
        ("https://shop/?test=3", None),
        ("https://shop/?test=-1", None),
        ("https://shop/?other=1", None),
    ],
)
def test_query_overrides(url: str, expected: int | None) -> None:
    assert query_override("test", url, 3) == expected


def test_patterns_of_addresses() -> None:
    assert url_matches("^/sale", "https://shop/sale/today")
    assert url_matches("shop", "https://shop/")
    assert not url_matches("^/sale", "https://shop/cart")
    assert not url_matches("(", "https://shop/")
    assert not url_matches("", "")


@pytest.mark.parametrize(
    ("url", "targets", "expected"),
    [
        ("https://shop/sale", [], False),
        ("https://shop/sale", [("simple", "/sale", True)], True),
        ("https://shop/sale/", [("simple", "https://shop/sale", True)], True),
        ("https://shop/SALE", [("simple", "shop/sale", True)], False),
        ("https://www.shop.eu/x/y", [("simple", "*.shop.eu/x/*", True)], True),
        ("https://shop/sale", [("simple", "/cart", True)], False),
        ("https://shop/sale", [("simple", "/sale", True), ("simple", "/sale", False)], False),
        ("https://shop/sale", [("simple", "/cart", False)], True),
        ("https://shop/sale?a=1&a=2", [("simple", "/sale?a=1", True)], True),
        ("https://shop/sale?a=2", [("simple", "/sale?a=1", True)], False),
        ("https://shop/sale#top", [("simple", "/sale#top", True)], True),
        ("https://shop/sale#end", [("simple", "/sale#top", True)], False),
        ("https://shop/sale", [("regex", "sa.e$", True)], True),
        ("https://SHOP/sale", [("regex", "//shop/", True)], True),
        ("https://shop/sale", [("regex", "(", True)], False),
        ("https://shop/sale", [("other", "/sale", True)], False),
        ("https://[bad/", [("simple", "/sale", True)], False),
    ],
)
def test_targeted_pages(url: str, targets: list[tuple[str, str, bool]], expected: bool) -> None:
    assert url_targeted(url, [UrlTarget(*target) for target in targets]) is expected


def test_queries_are_carried_over() -> None:
    assert url_with_query("https://a/?x=1&y=2", "https://b/p?y=3") == "https://b/p?y=3&x=1"
    assert url_with_query("https://a/", "https://b/p") == "https://b/p"
