"""With the real encoder and index over the small catalogue."""

from pathlib import Path

import pytest
from django.conf import settings as django_settings
from pytest_django.fixtures import Settings

from apps.catalog.models import Product
from tests.search.types import Build, Json, Search

pytestmark = pytest.mark.usefixtures("catalogue")


@pytest.fixture(autouse=True)
def _index(catalogue: None, embedded: Build) -> None:
    embedded()


def ids(answer: Json) -> list[str]:
    return [hit["product_id"] for hit in answer["hits"]]


def test_meaning_finds_what_no_word_does(search: Search) -> None:
    answer = search(q="sneakers for jogging", explain="true")
    assert answer["matching"]["keyword"] == "none"
    assert answer["matching"]["fallback"] == "semantic"
    assert answer["degraded"] == []
    assert all(each.startswith("p-3-") for each in ids(answer)[:5])
    part = answer["hits"][0]["explanation"]["score_breakdown"]["search_score"]
    assert part["keyword"] is None
    assert part["semantic"] >= django_settings.SEMANTIC_SIMILARITY_FLOOR


@pytest.mark.parametrize("typed", ["zzqx vvbnk", "asdkjh qwpoei", "xqzj wvk", "lkjdf 9z8x7", "🜁🜂"])
def test_nonsense_finds_nothing(search: Search, typed: str) -> None:
    assert search(q=typed)["found"] == 0


def test_other_sorts_answer_from_meaning_where_no_word_matches(search: Search) -> None:
    prices = [hit["price"] for hit in search(q="jogging sneakers", sort="price")["hits"]]
    assert prices
    assert prices == sorted(prices)


def test_both_lists_are_fused(search: Search) -> None:
    answer = search(q="mouse", explain="true", per_page=100)
    parts = [hit["explanation"]["score_breakdown"]["search_score"] for hit in answer["hits"]]
    assert any(part["keyword"] and part["semantic"] for part in parts)
    assert all(part["keyword"] or part["semantic"] for part in parts)


def test_facets_count_semantic_matches_too(search: Search) -> None:
    lines = search(q="sneakers for jogging", facets="brand,category")["facets"]
    for field, values in lines.items():
        for line in values:
            found = search({f"filter[{field}]": line["value"]}, q="sneakers for jogging")["found"]
            assert found == line["count"]


def test_inactive_products_take_no_place(search: Search) -> None:
    Product.objects.filter(product_id__startswith="p-3-").update(active=False)
    assert not [each for each in ids(search(q="jogging sneakers")) if each.startswith("p-3-")]


def test_a_corrupt_index_leaves_keywords(
    search: Search, settings: Settings, tmp_path: Path
) -> None:
    for folder in (settings.ARTIFACT_STORE, settings.ARTIFACT_CACHE):
        for path in Path(folder).rglob("vectors.faiss"):
            path.chmod(0o644)
            path.write_bytes(b"not an index")
    answer = search(q="mouse")
    assert answer["degraded"] == ["semantic"]
    assert answer["found"] == 17
