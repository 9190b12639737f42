import re
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from apps.demo.contracts import DemoCatalogue, DemoProduct
from apps.shop.cart import COOKIE, MOST_LINES, cart_add, cart_remove
from apps.shop.contracts import CartLine
from apps.shop.selectors import storefront_key


@pytest.fixture
def product(stocked: DemoCatalogue) -> DemoProduct:
    return next(
        one
        for one in stocked.products
        if one.availability == "in_stock" and one.category_path.startswith("electronics")
    )


def test_search_page_shows_hits_facets_and_what_ranked_them(
    client: Client, product: DemoProduct
) -> None:
    page = client.get("/", {"q": product.title})
    html = page.content.decode()
    assert page.status_code == 200
    assert f'data-product="{product.product_id}"' in html
    assert 'name="filter[brand]"' in html
    assert "Ranked by" in html
    assert "Part of the shop is resting (semantic)" in html
    assert "no-store" in page["Cache-Control"]


def test_the_page_says_what_was_given_up_and_what_answers_instead(
    client: Client, product: DemoProduct
) -> None:
    given_up = client.get("/", {"q": f"{product.title} zeppelin"}).content.decode()
    assert "No product has all of your words. Shown: without \u2018zeppelin\u2019." in given_up
    assert "some match only part of your words" not in given_up
    popular = client.get("/", {"q": "headphones", "filter[category]": "fashion"}).content.decode()
    assert 'Popular in <a href="/c/fashion">' in popular
    plain = client.get("/", {"q": product.title}).content.decode()
    assert "No product has" not in plain


def test_filters_and_sorting_work_by_get_alone(client: Client, product: DemoProduct) -> None:
    page = client.get("/", {"filter[brand]": product.brand, "sort": "price"})
    html = page.content.decode()
    makers = set(re.findall(r'class="maker">([^<]*)<', html))
    assert {name.replace("&amp;", "&") for name in makers} == {product.brand}
    assert f"Brand: {product.brand}" in html


def test_category_pages_and_unknown_ones(client: Client, stocked: DemoCatalogue) -> None:
    page = client.get("/c/electronics/audio")
    assert "<title>Audio · Endcap</title>" in page.content.decode()
    assert "index, follow" in page.content.decode()
    assert client.get("/c/nowhere").status_code == 404


def test_campaign_tags_are_ignored_and_bad_values_named(
    client: Client, stocked: DemoCatalogue
) -> None:
    assert client.get("/?utm_source=mail").status_code == 200
    refused = client.get("/?sort=upwards")
    assert refused.status_code == 400
    assert "upwards" in refused.content.decode()


def test_nothing_found_says_so(client: Client, stocked: DemoCatalogue) -> None:
    assert "Nothing found" in client.get("/?q=qqzzxxyyvv").content.decode()


def test_why_is_a_page_and_a_fragment(client: Client, product: DemoProduct) -> None:
    asked = {"q": product.title, "why": product.product_id}
    page = client.get("/", asked).content.decode()
    assert 'id="why"' in page
    assert "<table" in page
    fragment = client.get("/", {**asked, "fragment": "1"}).content.decode()
    assert fragment.lstrip().startswith("<section")
    assert "Score" in fragment
    gone = client.get("/", {"q": product.title, "why": "unknown"}).content.decode()
    assert "not on this page" in gone


def test_contributions_on_the_page_sum_to_the_score(client: Client, product: DemoProduct) -> None:
    asked = {"q": product.title, "why": product.product_id, "fragment": "1"}
    html = client.get("/", asked).content.decode()
    parts = [float(one) for one in re.findall(r"<td>(-?[\d.]+)</td></tr>", html)]
    assert sum(parts[:-1]) == pytest.approx(parts[-1], abs=0.003)


def test_product_page_shows_price_variants_and_facts(
    client: Client, stocked: DemoCatalogue
) -> None:
    product = next(one for one in stocked.products if one.sale_price is not None)
    html = client.get(f"/p/{product.product_id}").content.decode()
    assert f"€{product.sale_price:,.2f}" in html
    assert f"€{product.price:,.2f}" in html
    for key, value in product.attributes.items():
        if isinstance(value, str):
            assert value.replace("&", "&amp;") in html, key
    assert client.get("/p/unknown").status_code == 404


def test_pictures_are_svg_and_may_be_kept(client: Client, product: DemoProduct) -> None:
    answer = client.get(f"/img/{product.product_id}.svg")
    assert answer["Content-Type"] == "image/svg+xml"
    assert "max-age" in answer["Cache-Control"]
    again = client.get(f"/img/{product.product_id}.svg", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304
    assert client.get("/img/unknown.svg").status_code == 404


def test_cart_without_scripts(client: Client, product: DemoProduct) -> None:
    assert "Your cart is empty" in client.get("/cart").content.decode()
    for _ in range(2):
        added = client.post("/cart/add", {"product_id": product.product_id, "quantity": "2"})
        assert added["Location"] == "/cart"
    html = client.get("/cart").content.decode()
    assert "4 \u00d7" in html
    client.post("/cart/remove", {"product_id": product.product_id})
    assert "Your cart is empty" in client.get("/cart").content.decode()
    client.post("/cart/add", {"product_id": product.product_id, "next": "https://evil.example/"})
    bought = client.post("/cart/buy", follow=True)
    assert "Thank you" in bought.content.decode()


def test_sold_out_and_unknown_products_are_not_added(
    client: Client, stocked: DemoCatalogue
) -> None:
    gone = next(one for one in stocked.products if one.availability == "out_of_stock")
    assert client.post("/cart/add", {"product_id": gone.product_id}).status_code == 404
    assert client.post("/cart/add", {"product_id": "unknown"}).status_code == 404


def test_forged_carts_are_empty(client: Client, product: DemoProduct) -> None:
    client.cookies[COOKIE] = '[{"product_id":"x","quantity":1}]'
    assert "Your cart is empty" in client.get("/cart").content.decode()


def test_cart_lines_are_bounded() -> None:
    lines: tuple[CartLine, ...] = ()
    for number in range(MOST_LINES + 5):
        lines = cart_add(lines, CartLine(f"p{number}", 1))
    assert len(lines) == MOST_LINES
    assert cart_remove(lines, lines[0].product_id) == lines[1:]


def test_visitors_keep_their_names(client: Client, stocked: DemoCatalogue) -> None:
    first = client.get("/").content.decode()
    again = client.get("/").content.decode()
    pattern = r'data-client-id="([^"]+)" data-session-id="([^"]+)"'
    assert re.findall(pattern, first) == re.findall(pattern, again) != []


def test_the_storefront_key_is_read_from_its_file(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "key"
    settings.SHOP_STOREFRONT_KEY_FILE = str(path)
    assert storefront_key() == ""
    path.write_text("pk_one\n")
    assert storefront_key() == "pk_one"
    settings.SHOP_STOREFRONT_KEY = "pk_two"
    assert storefront_key() == "pk_two"
