"""What the answer says of a query, and what it does with it; over the whole route."""

import pytest
from prometheus_client import REGISTRY
from pytest_django.fixtures import Settings

from apps.catalog.models import Product
from apps.merchandising.services import synonyms_draft_from_lines
from apps.publishing.services import draft_create, version_publish
from apps.search.domain.configuration import SETTINGS_SUBJECT, settings_content
from apps.search.domain.overrides import SearchSettings
from tests.search.experimenting import left_behind, running
from tests.search.types import Ask, Json, Search

pytestmark = pytest.mark.usefixtures("catalogue")


def ids(answer: Json) -> list[str]:
    return [hit["product_id"] for hit in answer["hits"]]


def extracted(answer: Json) -> dict[str, str]:
    return {
        f"{one['field']}:{one['value']}": one["as"] for one in answer["understanding"]["extracted"]
    }


def settings_publish(**changes: bool) -> None:
    content = settings_content(SearchSettings(**changes))  # type: ignore[arg-type]  # switches
    draft = draft_create(
        kind="search_settings", subject=SETTINGS_SUBJECT, content=content, actor=None
    )
    version_publish(kind="search_settings", version_id=draft.id, actor=None, reason="a test")


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"endcap_search_{name}_total", labels) or 0.0


def test_a_price_is_a_filter_and_no_word(search: Search) -> None:
    before = counted("extractions", field="price", use="filter")
    answer = search(q="mouse under 30", per_page=100)
    assert extracted(answer) == {"category:electronics/mice": "boost", "price:..30": "filter"}
    prices = [hit["price"] for hit in answer["hits"]]
    assert prices
    assert max(prices) <= 30
    assert answer["understanding"]["class"] == "transactional"
    assert "a price" in answer["understanding"]["signals"]
    assert counted("extractions", field="price", use="filter") == before + 1
    everything = search(q="mouse under 30", drop="price:..30", per_page=100)
    assert everything["found"] == search(q="mouse")["found"] > answer["found"]
    assert everything["understanding"]["dropped"] == ["price:..30"]
    # The shopper's own filter is the one that acts.
    own = search(q="mouse under 30", **{"filter[price]": "60.."})
    assert "price:..30" not in extracted(own)
    assert own["found"] > 0
    as_typed = search(q="mouse under 30", understand="false")
    assert as_typed["understanding"]["extracted"] == []


def test_only_a_price_browses_what_costs_that(search: Search) -> None:
    answer = search(q="under 30", per_page=100)
    assert answer["matching"]["keyword"] == "browse"
    assert 0 < answer["found"] < search()["found"]


def test_a_brand_is_a_filter_that_can_be_dropped(search: Search) -> None:
    answer = search(q="acme mouse", per_page=100, facets="brand")
    assert extracted(answer)["brand:Acme"] == "filter"
    assert {hit["brand"] for hit in answer["hits"]} == {"Acme"}
    # The facet offers the other brands as well.
    assert len(answer["facets"]["brand"]) > 1
    dropped = search(q="acme mouse", drop="brand:Acme", per_page=100)
    assert dropped["found"] > answer["found"]
    assert search(q="acme")["understanding"]["class"] == "navigational"


def test_a_filter_never_turns_hits_into_none(search: Search) -> None:
    answer = search(q="mouse under 1", per_page=100)
    assert answer["found"] == search(q="mouse")["found"]
    assert extracted(answer)["price:..1"] == "boost"
    nonsense = search(q="xqzzyv under 30")
    assert nonsense["found"] == 0


def test_boosts_lift_and_are_explained(search: Search) -> None:
    answer = search(q="red mouse", explain="true", per_page=100)
    assert extracted(answer)["attr.color:red"] == "boost"
    hits = {hit["product_id"]: hit for hit in answer["hits"]}
    told = hits["p-0-2"]["explanation"]
    part = told["score_breakdown"]["search_score"]
    assert [one["name"] for one in part["boosts"]] == ["Color: red"]
    added = sum(one["added"] for one in part["boosts"])
    assert part["value"] == pytest.approx(part["found"] + added, abs=1e-6)
    assert sum(told["contributions"].values()) == pytest.approx(told["final_score"], abs=1e-9)
    assert "Named by the query: Color: red" in told["reason"]
    black = hits["p-0-0"]["explanation"]["score_breakdown"]["search_score"]
    assert black["boosts"] == []
    assert extracted(answer)["category:electronics/mice"] == "filter"


def test_a_named_attribute_is_a_filter(search: Search) -> None:
    answer = search(q="mouse colour red", per_page=100)
    assert extracted(answer)["attr.color:red"] == "filter"
    assert {hit["attributes"]["color"] for hit in answer["hits"]} == {"red"}


def test_a_synonym_match_is_explained(search: Search) -> None:
    draft = synonyms_draft_from_lines(text="trainers, plimsolls", actor=None)
    version_publish(kind="synonyms", version_id=draft.id, actor=None, reason="a test")
    answer = search(q="plimsolls", explain="true")
    assert answer["understanding"]["synonyms"] == [{"word": "plimsolls", "also": "trainers"}]
    told = answer["hits"][0]["explanation"]
    assert told["score_breakdown"]["search_score"]["words"] == [
        {"word": "plimsolls", "matched": "trainers", "kind": "synonym", "weight": 0.8}
    ]
    assert "'plimsolls' matched by its synonym 'trainers'." in told["reason"]


def test_abbreviations_are_written_out(search: Search) -> None:
    Product.objects.filter(product_id="p-2-1").update(title="Corner television")
    answer = search(q="tv", explain="true")
    assert ids(answer)[0] == "p-2-1"
    assert {"word": "tv", "also": "television"} in answer["understanding"]["abbreviations"]
    words = answer["hits"][0]["explanation"]["score_breakdown"]["search_score"]["words"]
    assert words[0]["kind"] == "abbreviation"
    settings_publish(understanding=False)
    off = search(q="tv")
    assert off["understanding"]["abbreviations"] == []
    assert off["understanding"]["class"] is None


def test_spelling_is_corrected_and_can_be_insisted_on(search: Search) -> None:
    before = counted("corrections")
    answer = search(q="wireles mouse under 60")
    assert answer["corrected_query"] == "wireless mouse under 60"
    assert answer["correction"]["original"] == "wireles mouse under 60"
    word = answer["correction"]["words"][0]
    assert (word["from"], word["to"]) == ("wireles", "wireless")
    assert word["confidence"] >= 0.8
    assert counted("corrections") == before + 1
    insisted = search(q="wireles mouse under 60", spell="false")
    assert insisted["corrected_query"] is None
    assert insisted["correction"] is None
    settings_publish(spelling=False)
    assert search(q="wireles mouse under 60")["corrected_query"] is None


def test_classes_are_counted(search: Search) -> None:
    before = counted("understood", query_class="informational")
    answer = search(q="best mouse")
    assert answer["understanding"]["class"] == "informational"
    assert answer["found"] == search(q="mouse")["found"]
    search(q="best mouse")
    assert counted("understood", query_class="informational") == before + 2


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"spell": "maybe"}, "spell"),
        ({"understand": "2"}, "understand"),
        ({"drop": "brand"}, "drop"),
        ({"drop": [f"brand:{n}" for n in range(21)]}, "drop"),
        ({"drop": ":x"}, "drop"),
    ],
)
def test_what_cannot_be_used_is_named(ask: Ask, asked: dict[str, object], field: str) -> None:
    response = ask(q="mouse", **asked)
    assert response.status_code == 400
    assert response.json()["extra"]["field"] == field


def test_a_brand_that_is_a_common_word_only_lifts(search: Search, settings: Settings) -> None:
    Product.objects.filter(product_id__in=["p-0-0", "p-0-3"]).update(brand="Wireless")
    answer = search(q="wireless mouse", per_page=100)
    assert extracted(answer)["brand:Wireless"] == "boost"
    assert answer["found"] > 2


def test_an_experiment_on_reading_is_exposed_where_it_reads_otherwise(search: Search) -> None:
    running("reads", None, {"search": {"understanding": False}})
    for query, differs in (("mouse under 30", True), ("silent sensor", False)):
        # Of twenty people some are in either arm, and both are exposed alike.
        asked = [search(q=query, client_id=f"person {n}")["query_id"] for n in range(20)]
        _entries, exposures = left_behind()
        told = {str(event.query_id) for event in exposures}
        assert {query_id in told for query_id in asked} == {differs}
