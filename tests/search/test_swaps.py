"""A small share of answers exchanges two neighbours, says so, and logs it."""

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs

from apps.common.domain.uuid7 import uuid7_new
from apps.events.contracts import QueryLogEntry
from apps.events.selectors import query_log_recent
from apps.events.services.buffer import buffer_drain
from apps.search.contracts import SearchAnswer, SearchRequest, Sort
from apps.search.domain.swapping import swap_place
from apps.search.services.answer import search_answer
from apps.search.services.core import core_hits, search_core
from apps.search.services.swaps import hits_exchanged
from tests.search.types import Search

pytestmark = pytest.mark.usefixtures("lasting_catalogue")


@pytest.fixture
def always(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chance picks every answer that may be picked."""
    settings.SEARCH_SWAP_SHARE = 0.05
    monkeypatch.setattr("apps.search.domain.swapping._WHOLE", 2**64 * 20)


def ranked() -> list[str]:
    request = SearchRequest(query="mouse", logged=False)
    return products(search_answer(request=request, as_of=timezone.now()))


def products(answer: SearchAnswer) -> list[str]:
    return [hit.document.product_id for hit in answer.hits]


def logged() -> QueryLogEntry:
    buffer_drain()
    return query_log_recent(limit=1)[0]


def exchanged(order: list[str], place: int) -> list[str]:
    return [*order[: place - 1], order[place], order[place - 1], *order[place + 1 :]]


def test_off_by_default(search: Search, settings: Settings) -> None:
    assert settings.SEARCH_SWAP_SHARE == 0.0
    answer = search(q="mouse")
    assert [hit["product_id"] for hit in answer["hits"]] == ranked()
    assert logged().swap is None


@pytest.mark.usefixtures("always")
def test_an_exchanged_answer_says_so_and_logs_what_was_shown() -> None:
    order = ranked()
    request = SearchRequest(query="mouse", explain=True)
    answer = search_answer(request=request, as_of=timezone.now())
    place = swap_place(answer.query_id, len(order))
    assert place is not None
    assert products(answer) == exchanged(order, place)
    assert [hit.position for hit in answer.hits] == list(range(1, len(order) + 1))
    told = {
        hit.position: [step.kind for step in hit.record.steps]
        for hit in answer.hits
        if hit.record is not None
    }
    assert {position for position, kinds in told.items() if "swap" in kinds} == {place, place + 1}
    entry = logged()
    assert (entry.swap, list(entry.product_ids)) == (place, products(answer))
    # Why this? of the same answer shows it as it was.
    again = SearchRequest(query="mouse", logged=False, query_id=answer.query_id)
    assert products(search_answer(request=again, as_of=timezone.now())) == products(answer)


@pytest.mark.usefixtures("always")
def test_a_kept_answer_is_not_given_away_nor_kept_exchanged(
    search: Search, settings: Settings
) -> None:
    settings.SEARCH_SWAP_SHARE = 0.0
    order = [hit["product_id"] for hit in search(q="mouse")["hits"]]
    settings.SEARCH_SWAP_SHARE = 0.05
    shown = [hit["product_id"] for hit in search(q="mouse")["hits"]]
    assert shown == exchanged(order, logged().swap or 0)
    settings.SEARCH_SWAP_SHARE = 0.0
    assert [hit["product_id"] for hit in search(q="mouse")["hits"]] == order
    assert logged().swap is None


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize(
    "asked",
    [
        SearchRequest(query="mouse", sort=Sort.PRICE),
        SearchRequest(query="mouse", page=2, per_page=4),
        SearchRequest(query="mouse", logged=False),
        SearchRequest(query="mouse", weights_override={"search_score": 1.0}),
        SearchRequest(query="mouse", qa="token"),
        SearchRequest(query="no such thing at all zzqx"),
    ],
)
def test_nothing_else_is_exchanged(asked: SearchRequest) -> None:
    assert search_answer(request=asked, as_of=timezone.now()).swap is None


@pytest.mark.usefixtures("always")
def test_the_ranking_log_names_the_products_that_were_shown(settings: Settings) -> None:
    settings.RANKING_LOG_SAMPLE = 1.0
    with capture_logs() as logs:
        answer = search_answer(request=SearchRequest(query="mouse"), as_of=timezone.now())
    told = [entry for entry in logs if entry["event"] == "ranking"]
    assert [entry["product_id"] for entry in told] == products(answer)
    assert [entry["final_score"] for entry in told] == [hit.score for hit in answer.hits]


def test_a_pin_and_a_gap_stay_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    request = SearchRequest(query="mouse", logged=False)
    core = search_core(request)
    hits = core_hits(core, request)
    monkeypatch.setattr("apps.search.services.swaps.swap_place", lambda _id, _shown: 2)
    shown, swap = hits_exchanged(hits, core, uuid7_new(timezone.now()))
    assert swap == 2
    assert shown != hits
    # The second hit's product vanished: its neighbours on the page are none in the ranking.
    gapped = (*hits[:2], *hits[3:])
    assert hits_exchanged(gapped, core, uuid7_new(timezone.now())) == (gapped, None)
    monkeypatch.setattr("apps.search.services.swaps._pinned", lambda _core, place: place == 2)
    assert hits_exchanged(hits, core, uuid7_new(timezone.now())) == (hits, None)
