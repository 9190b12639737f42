"""A past answer is explained from its kept record, number by number as it was told then."""

from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from prometheus_client import REGISTRY
from pytest_django.fixtures import Settings

from apps.access.models import User
from apps.catalog.models import Product
from apps.catalog.selectors import documents_by_pk, pks_by_product_id
from apps.events.selectors import query_log_entry
from apps.events.services.buffer import buffer_drain
from apps.merchandising.services import KIND, synonyms_draft_create
from apps.publishing.services import version_publish
from apps.ranking.contracts import HitRecord
from apps.ranking.domain.kept import KeptRecord, KeptUnreadable
from apps.ranking.domain.records import record_document
from apps.ranking.models import RankingRecord
from apps.ranking.selectors import record_kept
from apps.search.contracts import SearchRequest
from apps.search.domain.kept_record import search_hit, search_kept_read
from apps.search.selectors.presenting import words_matched
from apps.search.services import records as records_module
from apps.search.services.answer import search_answer
from tests.merchandising.rule_content import published
from tests.search.experimenting import FRESH, MATCH, running
from tests.search.types import Build, Search

pytestmark = pytest.mark.usefixtures("lasting_catalogue")


def kept(query_id: UUID | str) -> KeptRecord:
    buffer_drain()
    entry = query_log_entry(UUID(str(query_id)))
    assert entry is not None
    record = record_kept(entry.record or entry.query_id)
    assert record is not None
    return record


def hits_kept(record: KeptRecord) -> list[HitRecord]:
    own = search_kept_read(record)
    keys = pks_by_product_id(record.product_ids)
    documents = documents_by_pk(keys.values())
    return [
        search_hit(record, own, at, words_matched(own.understanding, documents[keys[product]]))
        for at, product in enumerate(record.product_ids)
    ]


def explanations(record: KeptRecord) -> list[Any]:
    return [record_document(hit) for hit in hits_kept(record)]


@pytest.mark.parametrize(
    "asked",
    [
        {"q": "wireless mouse"},
        {"q": "acme gaming mouse", "page": 2, "per_page": 2},
        {"q": "wirless mouse", "per_page": 5},
        {"q": "mouse", "sort": "-price"},
        {"q": ""},
        {"q": "zzqx"},
    ],
)
def test_the_record_says_what_the_explanation_said(search: Search, asked: Any) -> None:
    answer = search(asked, explain="true")
    record = kept(answer["query_id"])
    assert list(record.product_ids) == [hit["product_id"] for hit in answer["hits"]]
    assert list(record.positions) == [hit["position"] for hit in answer["hits"]]
    assert explanations(record) == [hit["explanation"] for hit in answer["hits"]]
    for hit in hits_kept(record):
        assert sum(hit.contributions.values()) == pytest.approx(hit.final_score, abs=1e-9)


def test_a_kept_answer_carries_the_id_of_the_record_that_explains_it(
    search: Search, embedded: Build
) -> None:
    embedded()
    first = search(q="wireless mouse", explain="true")
    again = search(q="Wireless  mouse", explain="true")
    assert again["query_id"] != first["query_id"]
    record = kept(again["query_id"])
    entry = query_log_entry(UUID(again["query_id"]))
    assert entry is not None
    assert entry.cache_hit
    assert str(entry.record) == first["query_id"]
    assert RankingRecord.objects.count() == 1
    assert explanations(record) == [hit["explanation"] for hit in again["hits"]]


def test_what_is_warmed_has_a_record_though_nobody_asked_for_it(
    search: Search, embedded: Build
) -> None:
    embedded()
    from apps.search.api.warming import API_SHAPE
    from apps.search.selectors.popular_requests import PopularRequest
    from apps.search.services.warm import _warmed

    popular = PopularRequest("mouse", {}, "relevance", 20, by_shop=False, times=1)
    assert _warmed(API_SHAPE, popular) is False
    answer = search(q="mouse")
    entry_record = kept(answer["query_id"])
    assert list(entry_record.product_ids) == [hit["product_id"] for hit in answer["hits"]]


def test_the_record_stays_when_the_product_changes(search: Search) -> None:
    answer = search(q="wireless mouse", explain="true")
    before = explanations(kept(answer["query_id"]))
    Product.objects.filter(product_id=answer["hits"][0]["product_id"]).update(title="a sofa")
    assert explanations(kept(answer["query_id"])) == before


def test_an_exchanged_pair_is_told(settings: Settings) -> None:
    settings.SEARCH_SWAP_SHARE = 0.05
    request = SearchRequest(query="mouse", explain=True, experimented=False)
    found = (search_answer(request=request, as_of=timezone.now()) for _ in range(400))
    answer = next(one for one in found if one.swap is not None)
    record = kept(answer.query_id)
    assert explanations(record) == [
        record_document(hit.record) for hit in answer.hits if hit.record is not None
    ]
    told = [step.kind for hit in hits_kept(record) for step in hit.steps]
    assert told == ["swap", "swap"]


def test_hits_of_two_interleaved_rankings_are_told_apart(search: Search) -> None:
    running(
        "both",
        {"ranking": {"weights": MATCH}},
        {"ranking": {"weights": FRESH}},
        kind="interleaving",
    )
    answer = search(q="mouse", client_id="c7", explain="true")
    record = kept(answer["query_id"])
    assert len(record.slices) == 2
    assert explanations(record) == [hit["explanation"] for hit in answer["hits"]]
    acted = answer["hits"][0]["explanation"]["experiments"]
    assert acted == [
        {"key": "both", "variant": "interleaved", "turns": ["interleaving", "weights"]}
    ]


def test_the_variant_that_acted_is_in_the_record(search: Search) -> None:
    running("fresh", {"ranking": {"weights": FRESH}}, {"ranking": {"weights": FRESH}})
    answer = search(q="mouse", client_id="c1", explain="true")
    told = explanations(kept(answer["query_id"]))
    assert told == [hit["explanation"] for hit in answer["hits"]]
    variant = answer["experiments"][0]["variant"]
    assert told[0]["experiments"] == [{"key": "fresh", "variant": variant, "turns": ["weights"]}]
    assert told[0]["weights"]["chain"][0]["link"] == "experiment"
    assert told[0]["weights"]["chain"][0]["answered"]
    assert f"Experiment 'fresh' acted with variant '{variant}'." in told[0]["reason"]


def test_synonyms_are_in_the_record(search: Search) -> None:
    draft = synonyms_draft_create(
        entries=[{"kind": "two_way", "terms": ["rodent", "mouse"]}], actor=None
    )
    version_publish(
        kind=KIND, version_id=draft.id, actor=None, reason="a test", acknowledge_warnings=True
    )
    answer = search(q="wireless rodent", explain="true")
    told = explanations(kept(answer["query_id"]))
    assert told == [hit["explanation"] for hit in answer["hits"]]
    assert told[0]["score_breakdown"]["search_score"]["words"][0]["kind"] == "synonym"


def test_rules_and_rewrites_are_in_the_record(search: Search) -> None:
    mara = User.objects.create_user("mara")
    rewrite = {"do": "rewrite", "find": "rodent", "replace": "mouse"}
    published("words", mara, query="wireless rodent", consequences=[rewrite])
    effects = [
        {"do": "pin", "product": "p-0-5", "position": 2},
        {"do": "boost", "filters": {"brand": ["Belmont"]}, "factor": 50},
        {"do": "hide", "products": ["p-0-0"]},
    ]
    published("effects", mara, query="wireless rodent", consequences=effects)
    answer = search(q="wireless rodent", explain="true")
    record = kept(answer["query_id"])
    told = explanations(record)
    assert told == [hit["explanation"] for hit in answer["hits"]]
    assert told[0]["score_breakdown"]["search_score"]["words"][0]["kind"] == "rewrite"
    kinds = {step["kind"] for one in told for step in one["steps"]}
    assert kinds >= {"pin", "boost"}
    assert told[1]["steps"][-1]["to_rank"] == 2
    assert [(one.product_id, one.rule) for one in record.hidden] == [("p-0-0", "effects")]


def test_what_leaves_no_log_keeps_no_record() -> None:
    request = SearchRequest(query="mouse", logged=False, explain=True, qa="x")
    search_answer(request=request, as_of=timezone.now())
    buffer_drain()
    assert not RankingRecord.objects.exists()


def test_a_record_that_fails_costs_no_answer(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise ValueError("torn")

    monkeypatch.setattr(records_module, "record_of", fails)
    answer = search(q="mouse")
    assert answer["hits"]
    buffer_drain()
    assert query_log_entry(UUID(answer["query_id"])) is not None
    assert not RankingRecord.objects.exists()


def test_a_record_of_another_release_is_none(search: Search) -> None:
    answer = search(q="mouse")
    record = kept(answer["query_id"])
    with pytest.raises(KeptUnreadable, match="of shelves"):
        search_kept_read(_with(record, surface="shelves"))
    with pytest.raises(KeptUnreadable):
        search_kept_read(_with(record, own=b"\xc1"))
    RankingRecord.objects.update(packed=b"\xc1")
    assert record_kept(UUID(answer["query_id"])) is None


def _with(record: KeptRecord, **changes: Any) -> KeptRecord:
    import msgspec

    return msgspec.structs.replace(record, **changes)


def test_explanations_are_counted(search: Search) -> None:
    def counted() -> float:
        return REGISTRY.get_sample_value("ranking_explanations_requested_total") or 0.0

    before = counted()
    search(q="mouse")
    assert counted() == before
    search(q="mouse", explain="true")
    assert counted() == before + 1
