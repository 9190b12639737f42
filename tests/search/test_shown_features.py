"""The query log keeps what the shown hits were weighed by, and whose weights they were."""

from dataclasses import replace

import numpy as np
import pytest
from django.utils import timezone
from prometheus_client import REGISTRY
from pytest_django.fixtures import Settings

from apps.events.contracts import QueryLogEntry
from apps.events.selectors import query_log_recent
from apps.events.services.buffer import buffer_drain
from apps.features.domain.examined.packed import STEPS, features_unpack
from apps.publishing.services import version_publish
from apps.ranking_weights.services import KIND, weights_draft_create
from apps.search.contracts import SearchAnswer, SearchRequest, Sort
from apps.search.selectors.listing import Listing
from apps.search.selectors.scoring import Scored
from apps.search.selectors.shown_features import features_shown
from apps.search.services.answer import search_answer
from apps.search.services.core import search_core
from tests.search.types import Build, Search

pytestmark = pytest.mark.usefixtures("lasting_catalogue", "whole")
NONE = np.zeros(0, dtype=np.int32)


@pytest.fixture
def whole(lasting_catalogue: None, embedded: Build) -> None:
    """Nothing is missing: what is degraded is not kept."""
    embedded()


def answered(**asked: object) -> tuple[SearchAnswer, QueryLogEntry]:
    request = SearchRequest(query="mouse", explain=True, **asked)  # type: ignore[arg-type]  # a test names what it likes
    answer = search_answer(request=request, as_of=timezone.now())
    buffer_drain()
    return answer, query_log_recent(limit=1)[0]


def held(answer: SearchAnswer, entry: QueryLogEntry) -> None:
    """What is kept of every hit is what its explanation says."""
    assert entry.features is not None
    kept = features_unpack(entry.features)
    for place, hit in enumerate(answer.hits):
        assert hit.record is not None
        told = {**hit.record.features, "search_score": hit.record.search.value}
        for name, column in kept.items():
            assert column[place] == pytest.approx(told[name], abs=1.0 / STEPS)


def test_every_shown_hit_is_kept_with_its_features() -> None:
    answer, entry = answered()
    assert len(answer.hits) > 2
    held(answer, entry)
    assert entry.features is not None
    assert len(entry.features) == 2 + len(answer.hits) * 2 * len(features_unpack(entry.features))
    held(*answered(page=2, per_page=2))


def test_a_kept_answer_is_logged_with_the_same(search: Search) -> None:
    search(q="mouse")
    search(q="mouse")
    buffer_drain()
    later, earlier = query_log_recent(limit=2)
    assert (earlier.cache_hit, later.cache_hit) == (False, True)
    assert later.features == earlier.features is not None


def test_exchanged_neighbours_take_their_features_with_them(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SEARCH_SWAP_SHARE = 0.05
    monkeypatch.setattr("apps.search.domain.swapping._WHOLE", 2**64 * 20)
    answer, entry = answered()
    assert answer.swap is not None
    held(answer, entry)


def test_an_order_that_no_weights_made_keeps_none() -> None:
    assert answered(sort=Sort.PRICE)[1].features is None
    first = Listing(replace(scored("mouse"), ranking=replace(scored("mouse").ranking, order=NONE)))
    assert features_shown(first, SearchRequest(query="mouse"), None) is None


def scored(query: str) -> Scored:
    return search_core(SearchRequest(query=query, logged=False)).scored


def used(category: str) -> float:
    return REGISTRY.get_sample_value("ranking_weights_used", {"category": category}) or 0.0


def specific() -> float:
    return REGISTRY.get_sample_value("category_specific_ranking_requests_total") or 0.0


def test_requests_are_counted_by_the_weights_that_ranked_them(search: Search) -> None:
    category, before = "electronics", (used("electronics"), specific(), used("(default)"))
    draft = weights_draft_create(subject=category, weights={"search_score": 1.0}, actor=None)
    search(q="mouse", **{"filter[brand]": "HP"})
    assert used("(default)") == before[2] + 1
    assert specific() == before[1]
    version_publish(
        kind=KIND, version_id=draft.id, actor=None, reason="a test", acknowledge_warnings=True
    )
    for _ in range(2):  # the second one comes from the cache, and was ranked all the same
        search(q="mouse", **{"filter[category]": category})
    assert (used(category), specific()) == (before[0] + 2, before[1] + 2)
    buffer_drain()
    assert query_log_recent(limit=1)[0].versions["weights_of"] == category
