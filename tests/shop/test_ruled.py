"""The shop's pages do what published rules say."""

import re
from html import unescape

import pytest
from django.test import Client

from apps.demo.contracts import DemoCatalogue
from tests.browser import ChromiumPages
from tests.search.rules.conftest import Publish, publish
from tests.search.rules.doing import banner, keep, redirect, rewrite

__all__ = ["publish"]  # a fixture, found by its name
PICTURE = "/static/shop/icon.svg"


@pytest.fixture
def brand(small_catalogue: DemoCatalogue) -> str:
    """Whoever makes headphones."""
    return next(one.brand for one in small_catalogue.products if "headphones" in one.category_path)


@pytest.mark.usefixtures("stocked")
def test_a_redirect_is_followed_unless_the_search_says_not(
    client: Client, publish: Publish
) -> None:
    publish("audio", redirect("/c/electronics/audio"), q="sound")
    sent = client.get("/", {"q": "sound"})
    assert (sent.status_code, sent["Location"]) == (302, "/c/electronics/audio")
    assert "no-store" in sent["Cache-Control"]
    assert "endcap_client" in sent.cookies
    assert client.get("/?q=sound", follow=True).status_code == 200
    stays = client.get("/", {"q": "headphones", "noredirect": "1"})
    assert stays.status_code == 200
    assert client.get("/", {"q": "headphones"}).status_code == 200


@pytest.mark.usefixtures("stocked")
def test_who_stays_keeps_staying_while_filtering(client: Client, publish: Publish) -> None:
    publish("sale", redirect("https://sale.example/now"), q="headphones")
    assert client.get("/?q=headphones")["Location"] == "https://sale.example/now"
    page = client.get("/?q=headphones&noredirect=1").content.decode()
    assert '<input type="hidden" name="noredirect" value="1">' in page
    why = re.search(r'href="([^"]*)#why"', page)
    assert why is not None
    assert "noredirect=1" in why[1]
    assert client.get(unescape(why[1])).status_code == 200
    fragment = client.get(f"{unescape(why[1]).replace('noredirect=1', '')}&fragment=1")
    assert fragment.status_code == 200


@pytest.mark.usefixtures("stocked")
def test_a_rule_about_its_own_target_sends_nobody_round(client: Client, publish: Publish) -> None:
    category = "electronics/audio"
    publish("audio", redirect(f"/c/{category}"), conditions={"categories": [category]})
    assert client.get(f"/c/{category}").status_code == 200
    assert client.get(f"/c/{category}?sort=price").status_code == 200
    assert client.get(f"/c/{category}/headphones")["Location"] == f"/c/{category}"


@pytest.mark.usefixtures("stocked")
def test_banners_stand_in_their_slots_and_are_escaped(client: Client, publish: Publish) -> None:
    text = "<script>alert('x')</script>"
    publish(
        "banners",
        banner("top", title=text, text=text, link='/c/electronics?x="><b>', html=text),
        banner(
            "grid", title="Guide", link="javascript:alert(1)", image_link="https://i.example/a"
        ),
        banner("side", title="Nowhere"),
        q="headphones",
    )
    page = client.get("/?q=headphones").content.decode()
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(&#x27;x&#x27;)") == 2
    assert 'href="/c/electronics?x=&quot;&gt;&lt;b&gt;" data-rule="banners"' in page
    assert "javascript:" not in page
    assert (
        '<div class="banner banner-grid" data-rule="banners"><img src="https://i.example/a"'
        in page
    )
    assert "Nowhere" not in page
    assert page.index("banner-top") < page.index('<ol class="grid">') < page.index("banner-grid")
    assert 'class="banner' not in client.get("/?q=shoes").content.decode()


@pytest.mark.usefixtures("stocked")
def test_few_results_still_have_the_grid_s_banner(
    client: Client, publish: Publish, small_catalogue: DemoCatalogue
) -> None:
    publish("one", keep(small_catalogue.products[0].product_id), banner("grid", title="Guide"))
    page = client.get("/").content.decode()
    grid = page.split('<ol class="grid">')[1]
    assert grid.count("banner-cell") == grid.count("data-position=") == 1
    assert "Our selection of 1 product" in page
    assert "banner-cell" not in client.get("/?q=qqzzxxyyvv").content.decode()


@pytest.mark.usefixtures("stocked")
def test_a_rewritten_query_is_told(client: Client, publish: Publish) -> None:
    publish("cans", rewrite("cans", "headphones"), conditions={
        "queries": [{"match": "contains", "text": "cans"}]
    })  # fmt: skip
    page = client.get("/?q=Cans").content.decode()
    assert "Showing results for <b>headphones</b>." in page
    assert "Results for “Cans”" in page
    assert "Search instead for" not in page
    corrected = client.get("/?q=cans wireles").content.decode()
    assert corrected.count("Showing results for") == 1
    assert "Showing results for <b>headphones wireless</b>" in corrected
    insisted = client.get("/?q=cans wireles&spell=false").content.decode()
    assert "Showing results for <b>headphones wireles</b>." in insisted


@pytest.mark.usefixtures("stocked")
def test_filters_of_rules_are_said_and_stay(client: Client, publish: Publish, brand: str) -> None:
    publish("house", keep(brand=[brand], price=["..5000"]), q="headphones")
    page = client.get("/?q=headphones").content.decode()
    chips = re.findall(r'<li data-rule="house">([^<]*)</li>', page)
    assert [unescape(chip) for chip in chips] == [f"Brand: {brand}", "Price: up to 5000"]
    makers = set(re.findall(r'class="maker">([^<]*)<', page))
    assert {unescape(maker) for maker in makers} == {brand}
    assert "Chosen filters" not in page


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("device", "width", "height"), [("wide", 1280, 900), ("phone", 390, 844)])
def test_a_ruled_page_in_a_browser(
    live_shop: str, chromium_page: ChromiumPages, publish: Publish, brand: str,
    device: str, width: int, height: int,
) -> None:  # fmt: skip
    publish("cans", rewrite("cans", "headphones"), redirect("/?q=over ear cans".replace(" ", "+")),
            q="cans")  # fmt: skip
    publish(
        "guide",
        rewrite("cans", "headphones"),
        keep(category=["electronics"], price=["..5000"]),
        banner("top", title="How to choose headphones", text="Over the ear, on it, or in it: three "
               "questions that settle most of it.", link="/c/electronics/audio", image_link=PICTURE),
        banner("grid", title="Black Friday is near", text="From Thursday on.", link="/",
               image_link=PICTURE),
        q="over ear cans",
    )  # fmt: skip
    page = chromium_page(width=width, height=height)
    page.goto(f"{live_shop}/?q=cans")
    assert page.url.endswith("/?q=over+ear+cans")
    page.wait_for_selector(".banner-grid")
    chromium_page.screenshot(page, f"shop-ruled-{device}", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("a.banner-top").click()
    page.wait_for_url("**/c/electronics/audio")
