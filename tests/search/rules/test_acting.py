"""Rules in the search API: what each consequence does, and what the answer says of it."""

import pytest

from tests.search.experimenting import left_behind
from tests.search.rules.conftest import Publish
from tests.search.rules.doing import (
    banner,
    boost,
    bury,
    hide,
    hit_of,
    ids,
    keep,
    pin,
    redirect,
    rewrite,
)
from tests.search.types import Json, Search

pytestmark = pytest.mark.usefixtures("lasting_catalogue")


def test_without_rules_an_answer_says_so(search: Search) -> None:
    answer = search(q="mouse", explain="true")
    told = {name: answer[name] for name in ("redirect", "rewrite", "rewritten_query")}
    assert told == dict.fromkeys(told)
    assert (answer["applied_rules"], answer["banners"], answer["rule_filters"]) == ([], [], [])
    assert answer["rules"] == {"applied": [], "outdone": []}
    assert "rules" not in search(q="mouse")


def test_a_pin_stands_where_it_says_and_says_why(search: Search, publish: Publish) -> None:
    before = ids(search(q="mouse"))
    last = before[-1]
    publish("top", pin(last, 2), q="mouse")
    answer = search(q="mouse", explain="true")
    assert ids(answer) == [before[0], last, *before[1:-1]]
    assert answer["applied_rules"] == ["top"]
    (step,) = hit_of(answer, last)["explanation"]["steps"]
    assert (step["kind"], step["rule"], step["to_rank"]) == ("pin", "top", 2)
    assert step["from_rank"] == len(before)
    (applied,) = answer["rules"]["applied"]
    assert applied == {
        "key": "top",
        "number": 1,
        "title": "Rule top",
        "priority": 0,
        "did": [f"pin {last} to position 2"],
        "words": "typed",
    }
    assert ids(search(q="gaming mouse"))[:2] != [before[0], last]


def test_a_pinned_product_that_was_not_found_is_fetched(search: Search, publish: Publish) -> None:
    publish("shoes-too", pin("p-3-0", 3), q="wireless mouse")
    before = search(q="Wireless mouse", sort="price")["found"]
    answer = search(q="Wireless  MOUSE", explain="true", facets="category")
    hit = hit_of(answer, "p-3-0")
    assert hit["position"] == 3
    record = hit["explanation"]
    assert record["score_breakdown"]["search_score"]["value"] == 0.0
    assert record["steps"][0]["detail"] == "the query does not find it"
    shoes = [line for line in answer["facets"]["category"] if line["value"] == "fashion/shoes"]
    assert [line["count"] for line in shoes] == [1]
    assert before < answer["found"]


@pytest.mark.parametrize(
    ("product", "asked", "why"),
    [
        ("p-0-8", {}, "p-0-8 is not active"),
        ("nowhere", {}, "nowhere is not in the catalogue"),
        ("p-3-0", {"filter[brand]": "Belmont"}, "p-3-0 is left out by the shopper's own filter"),
    ],
)
def test_a_product_that_may_not_be_shown_is_not_pinned(
    search: Search, publish: Publish, product: str, asked: Json, why: str
) -> None:
    publish("top", pin(product), banner("top", title="x"), q="mouse")
    answer = search(q="mouse", explain="true", **asked)
    assert product not in ids(answer)
    assert f"no pin: {why}" in answer["rules"]["applied"][0]["did"]


def test_a_filter_that_was_read_out_of_the_query_keeps_no_pin_away(
    search: Search, publish: Publish
) -> None:
    publish("other-brand", pin("p-1-1"), q="mouse under 20")
    answer = search(q="mouse under 20")
    assert ids(answer)[0] == "p-1-1"
    assert answer["hits"][0]["price"] < 20
    publish("dear", pin("p-1-7", 2), q="mouse under 21")
    answer = search(q="mouse under 21")
    assert ids(answer)[1] == "p-1-7"
    assert all(hit["price"] < 21 for hit in answer["hits"] if hit["product_id"] != "p-1-7")


HIDDEN = ("p-0-0", "p-0-1")


@pytest.mark.parametrize(
    "asked",
    [
        {"q": "mouse"},
        {"q": "mouse", "sort": "price"},
        {"q": "mouse", "sort": "-price"},
        {"q": "mouse", "sort": "newest"},
        {"q": "mouse", "sort": "popularity"},
        {"q": ""},
        {"q": "", "filter[category]": "electronics/mice"},
        {"q": "mice", "filter[brand]": "Acme"},
        {"q": "wireless mouse", "filter[price]": "1..25"},
        {"q": "zzqx mouse"},
    ],
)
def test_hidden_products_appear_nowhere(search: Search, publish: Publish, asked: Json) -> None:
    asked = {"per_page": 100, "facets": "category,brand", **asked}
    before = search(asked)
    publish("gone", hide(*HIDDEN))
    publish("also", pin("p-0-0", 1), priority=1000)
    publish("pinned", pin("p-0-1", 1), priority=900)
    after = search(asked)
    assert ids(after) == [each for each in ids(before) if each not in HIDDEN]
    gone = len(ids(before)) - len(ids(after))
    assert gone
    assert before["found"] - after["found"] == gone
    counted = {line["value"]: line["count"] for line in before["facets"]["category"]}
    recounted = {line["value"]: line["count"] for line in after["facets"]["category"]}
    mice = "electronics/mice"
    assert counted[mice] - recounted[mice] == gone
    assert after["applied_rules"] == ["gone"]


def test_a_keep_is_a_filter_that_the_answer_names(search: Search, publish: Publish) -> None:
    publish("acme-only", keep(brand=["Acme"]), q="mouse")
    answer = search(q="mouse", facets="brand,category", per_page=100)
    assert {hit["brand"] for hit in answer["hits"]} == {"Acme"}
    assert [line["value"] for line in answer["facets"]["brand"]] == ["Acme"]
    assert answer["rule_filters"] == [
        {"rule": "acme-only", "products": [], "filters": {"brand": ["Acme"]}}
    ]
    sorted_too = search(q="mouse", sort="price")
    assert {hit["brand"] for hit in sorted_too["hits"]} == {"Acme"}
    assert sorted_too["applied_rules"] == ["acme-only"]


def test_boosts_and_buries_move_and_sum(search: Search, publish: Publish) -> None:
    before = search(q="mouse", explain="true", per_page=100)
    publish("belmont", boost(100, brand=["Belmont"]), q="mouse")
    publish("acme", bury(-50, brand=["Acme"]), q="mouse")
    publish("corvid-last", bury(-100, brand=["Corvid"]), q="mouse")
    after = search(q="mouse", explain="true", per_page=100)
    brands = [hit["brand"] for hit in after["hits"]]
    assert brands[0] == "Belmont"
    assert set(brands[-brands.count("Corvid") :]) == {"Corvid"}
    for hit in after["hits"]:
        record = hit["explanation"]
        total = sum(record["contributions"].values())
        assert total == pytest.approx(record["final_score"], abs=1e-9)
        was = hit_of(before, hit["product_id"])["score"]
        times = {"Belmont": 3.0, "Acme": 0.5, "Corvid": 0.0}[hit["brand"]]
        assert hit["score"] == pytest.approx(was * times, abs=1e-9)
        if hit["brand"] == "Belmont":  # boosts act last
            assert record["steps"][-1]["to_rank"] == hit["position"]
    assert search(q="mouse", sort="price")["applied_rules"] == []


def test_a_query_is_rewritten_and_told_as_typed(search: Search, publish: Publish) -> None:
    publish("rodents", rewrite("rodent", "mouse"), q="Acme rodent")
    answer = search(q="ACME  rodent", explain="true")
    assert answer["query"] == "ACME  rodent"
    assert answer["rewritten_query"] == "acme mouse"
    assert answer["rewrite"] == {
        "original": "acme rodent",
        "rewritten": "acme mouse",
        "rules": ["rodents"],
    }
    assert ids(answer) == ids(search(q="acme mouse"))
    assert answer["rules"]["applied"][0]["did"] == ["replace 'rodent' by 'mouse' in the query"]
    assert search(q="rodent")["rewrite"] is None


def test_a_query_is_never_rewritten_to_nothing(search: Search, publish: Publish) -> None:
    publish("cheap", rewrite("cheap", ""), conditions={
        "queries": [{"match": "contains", "text": "cheap"}]})  # fmt: skip
    assert search(q="cheap mouse")["rewritten_query"] == "mouse"
    answer = search(q="cheap")
    assert answer["rewritten_query"] is None
    assert answer["applied_rules"] == []


def test_redirect_and_banners(search: Search, publish: Publish) -> None:
    publish("sale", redirect("/sale"), banner("top", title="Sale", size=[1, 2]), q="sale")
    publish("other", redirect("/other"), banner("top", title="No"), banner("side"), q="sale",
            priority=-1)  # fmt: skip
    answer = search(q="sale", explain="true")
    assert answer["redirect"] == {"url": "/sale", "rule": "sale"}
    assert answer["banners"] == [
        {"slot": "top", "rule": "sale", "payload": {"title": "Sale", "size": [1, 2]}},
        {"slot": "side", "rule": "other", "payload": {}},
    ]
    assert answer["applied_rules"] == ["sale", "other"]
    assert {each["what"] for each in answer["rules"]["outdone"]} == {
        "redirect to /other",
        "show a banner in slot 'top' (No)",
    }
    assert {each["winner"] for each in answer["rules"]["outdone"]} == {"sale"}


def test_a_category_is_the_shoppers_own_or_the_detected_one(
    search: Search, publish: Publish
) -> None:
    conditions = {"categories": ["electronics"]}
    publish("in-electronics", hide(brand=["Acme"]), banner("top"), conditions=conditions)
    detected = search(q="mouse")
    assert detected["category"]["detected"] == "electronics/mice"
    assert "Acme" not in {hit["brand"] for hit in detected["hits"]}
    assert [each["slot"] for each in detected["banners"]] == ["top"]
    filtered = search({"filter[category]": "electronics/hubs"})
    assert "Acme" not in {hit["brand"] for hit in filtered["hits"]}
    elsewhere = search({"q": "mouse", "filter[category]": "fashion"})
    assert elsewhere["applied_rules"] == []
    assert search(q="")["applied_rules"] == []


def test_conditions_on_the_request(search: Search, publish: Publish) -> None:
    publish("phones", hide(brand=["Acme"]), conditions={"devices": ["phone"]})
    publish("vips", banner("vip"), conditions={"segments": ["vip"], "attributes": {"zone": ["n"]}})
    assert search(q="mouse")["applied_rules"] == []
    assert search({"q": "mouse", "attributes[device]": "phone"})["applied_rules"] == ["phones"]
    asked = {"q": "mouse", "attributes[segment]": "vip", "attributes[zone]": "n"}
    assert search(asked)["applied_rules"] == ["vips"]


def test_a_fallback_shows_nothing_hidden_and_pins_do_not_stand_in_for_it(
    search: Search, publish: Publish
) -> None:
    asked = {"filter[category]": "fashion/shoes", "q": "wireless mouse", "per_page": 50}
    before = search(asked)
    assert before["matching"]["fallback"] == "category_popular"
    last = ids(before)[-1]
    publish("campaign", pin("p-2-0", 1), pin(last, 2), hide("p-3-2"), boost(50, "p-3-3"))
    nothing = search(q="zzqx")
    assert [hit["position"] for hit in nothing["hits"]] == [1, 2]
    assert set(ids(nothing)) == {"p-2-0", last}
    assert nothing["matching"]["fallback"] is None
    after = search(asked, explain="true")
    assert after["matching"] == before["matching"]
    # The shopper's own category keeps p-2-0 away; the other pin stands where it says.
    rest = [each for each in ids(before) if each not in {last, "p-3-2"}]
    assert ids(after) == [rest[0], last, *rest[1:]]
    assert all(
        step["kind"] == "pin" for hit in after["hits"] for step in hit["explanation"]["steps"]
    )


def test_the_query_log_says_which_rules_acted(search: Search, publish: Publish) -> None:
    publish("top", pin("p-0-3"), q="mouse")
    first, second = search(q="mouse"), search(q="Mouse")
    assert first["applied_rules"] == second["applied_rules"] == ["top"]
    entries, _ = left_behind()
    assert [(entry.applied_rules, entry.cache_hit) for entry in entries] in (
        [(("top",), True), (("top",), False)],
        [(("top",), False), (("top",), False)],
    )
    assert entries[0].versions["rules"] == 1
