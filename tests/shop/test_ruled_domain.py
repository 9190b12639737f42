import pytest

from apps.search.contracts import FacetLine
from apps.search.contracts_rules import RuledBanner, RuledFilter, RuledRedirect
from apps.shop.domain.ruled import RuledChip, banners_shown, redirect_url, ruled_chips


def _sent(url: str, path: str = "/", **parameters: list[str]) -> str:
    redirect = RuledRedirect(url, "sale")
    return redirect_url(redirect, host="shop.example", path=path, parameters=parameters)


@pytest.mark.parametrize(
    "url",
    ["/c/sale", "/?q=television&sort=price", "https://sale.example/now?x=1", "/", "/blätter"],
)
def test_a_path_or_an_https_address_is_gone_to(url: str) -> None:
    assert _sent(url, q=["tv"]) == url


@pytest.mark.parametrize(
    "url",
    [
        "", "sale", "//evil.example", "/\\evil.example", "http://evil.example", "javascript:x()",
        "https://", "https://shop.example@evil.example/", "/\n/evil.example", "data:text/html,x",
        "https://[", "ftp://evil.example/",
    ],
)  # fmt: skip
def test_what_validation_refuses_is_not_gone_to(url: str) -> None:
    assert _sent(url, q=["tv"]) == ""


def test_no_redirect_leads_nowhere() -> None:
    assert redirect_url(None, host="shop.example", path="/", parameters={}) == ""


@pytest.mark.parametrize(("value", "goes"), [("1", False), ("0", True), ("yes", True)])
def test_who_wants_the_results_stays(value: str, goes: bool) -> None:
    assert bool(_sent("/c/sale", q=["tv"], noredirect=[value])) is goes


def test_who_stands_on_the_target_stays() -> None:
    assert _sent("/?q=tv", q=["tv"], page=["2"], utm=["x"]) == ""
    assert _sent("https://Shop.example/?q=tv&utm=y", q=["tv"], sort=["price"]) == ""
    assert _sent("/c/sale/", "/c/sale") == ""
    assert _sent("/c/caf%C3%A9", "/c/café") == ""
    assert _sent("/?q=tv&sort=price", q=["tv"]) != ""
    assert _sent("/", q=["tv"]) == "/"
    assert _sent("https://other.example/?q=tv", q=["tv"]) != ""


def test_banners_have_their_slots_and_their_payload_s_known_texts() -> None:
    payload = {
        "title": " Sale ", "text": 3, "image_link": "https://img.example/a.png",
        "link": "/c/sale", "colour": "red",
    }  # fmt: skip
    shown = banners_shown([RuledBanner("top", "r", payload), RuledBanner("side", "s", payload)])
    assert list(shown) == ["top"]
    banner = shown["top"]
    assert (banner.rule, banner.title, banner.text) == ("r", "Sale", "")
    assert (banner.image_link, banner.link) == ("https://img.example/a.png", "/c/sale")


@pytest.mark.parametrize("link", ["javascript:alert(1)", "//evil.example", "http://x.example", ""])
def test_banners_lead_only_where_rules_may(link: str) -> None:
    banner = RuledBanner("grid", "r", {"title": "x", "link": link, "image_link": link})
    shown = banners_shown([banner])["grid"]
    assert (shown.link, shown.image_link) == ("", "")


def test_a_banner_of_nothing_is_none() -> None:
    assert banners_shown([RuledBanner("top", "r", {"link": "/sale", "title": None})]) == {}


def test_chips_name_what_a_rule_keeps() -> None:
    facets = {"category": (FacetLine("audio/x", "Headphones", 3, selected=False),)}
    filters = {
        "category": ("audio/x",), "brand": ("A", "B"), "price": ("..50", "60..70", "90.."),
        "availability": ("in_stock",),
    }  # fmt: skip
    given = [RuledFilter("by-filters", (), filters), RuledFilter("one", ("p1",), {}),
             RuledFilter("two", ("p1", "p2"), {})]  # fmt: skip
    assert ruled_chips(given, facets) == (
        RuledChip("by-filters", "Category: Headphones"),
        RuledChip("by-filters", "Brand: A or B"),
        RuledChip("by-filters", "Price: up to 50 or 60 to 70 or from 90"),
        RuledChip("by-filters", "Availability: in stock"),
        RuledChip("one", "Our selection of 1 product"),
        RuledChip("two", "Our selection of 2 products"),
    )
