"""What each strategy finds, and what holds for all of them."""

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.domain.string_table import StringTable
from apps.embeddings.contracts import FloatArray
from apps.embeddings.domain.masks import rows_by_pk
from apps.embeddings.engines.faiss_index import FaissIndex
from apps.embeddings.selectors import Engines, LoadedIndex
from apps.events.contracts import EventType
from apps.events.contracts_sessions import SessionEntry, SessionState
from apps.model_registry.services.holder import Held
from apps.recommendations.contracts import Shopper, Shopping, Sourced, Strategy
from apps.recommendations.contracts_relations import ProductRelations, SimilarBy, SimilarKind
from apps.recommendations.domain.affinities import Basis
from apps.recommendations.domain.code_book import code_book
from apps.recommendations.domain.similarity import blended
from apps.recommendations.selectors.related import BoughtTogether, Similar
from apps.recommendations.selectors.shelves_plain import (
    NewArrivals,
    Popular,
    RecentlyViewed,
    Trending,
)
from apps.recommendations.selectors.similarity import Sources, similar_to
from tests.features.catalogue import AS_OF, DAY, TREE
from tests.recommendations.affinity_stage import model_of
from tests.recommendations.relations.shop import (
    AUDIO,
    BOOKS,
    PRODUCTS,
    history_of,
    relations_with,
    shopping_of,
    snapshot_of,
)

SHOP = snapshot_of(category_id=[AUDIO] * 4 + [BOOKS] * 4)


def sources(
    relations: ProductRelations | None = None, vectors: FloatArray | None = None
) -> Sources:
    """Row i's vector is that of key i + 1."""
    loaded = None
    if vectors is not None:
        pks = np.arange(1, len(vectors) + 1, dtype=np.int32)
        loaded = LoadedIndex(
            FaissIndex.build(vectors),
            pks,
            rows_by_pk(pks),
            SimpleNamespace(metadata={"model": "m"}),  # type: ignore[arg-type]  # never read here
        )
    return Sources(
        relations=lambda: relations,
        basis=lambda snapshot: Basis(
            code_book(StringTable.build(()), snapshot.columns.product_ids)
        ),
        engines=lambda: Engines(Held(None), Held(loaded)),
    )


def around(*degrees: float) -> FloatArray:
    angles = np.deg2rad(np.array(degrees))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def entry(kind: EventType, product_id: str, ago_s: float) -> SessionEntry:
    return SessionEntry(kind, AS_OF - ago_s, product_id)


def rows(found: Sourced) -> list[int]:
    listed: list[int] = found.rows.tolist()
    return listed


def test_bought_together_names_lift_and_the_product_that_speaks() -> None:
    strategy = BoughtTogether(sources(relations_with({0: [(2, 0.5), (1, 0.2)]})))
    found = strategy(shopping_of(SHOP, 0))
    assert rows(found) == [2, 1]
    assert found.scores == pytest.approx([0.5, 0.2])
    assert found.evidence == pytest.approx([5.0, 2.0])
    assert found.because.tolist() == [0, 0]


def test_products_of_a_cart_are_combined() -> None:
    """1 - (1 - .3)(1 - .4) = .58 stands before .5; the stronger one speaks."""
    together = {0: [(3, 0.5), (2, 0.3)], 1: [(2, 0.4), (0, 0.9)]}
    found = BoughtTogether(sources(relations_with(together)))(shopping_of(SHOP, 0, 1))
    assert rows(found) == [2, 3]
    assert found.scores == pytest.approx([0.58, 0.5])
    assert found.because.tolist() == [1, 0]
    assert found.evidence == pytest.approx([4.0, 5.0])


def test_without_a_context_the_cart_speaks_then_purchases() -> None:
    strategy = BoughtTogether(sources(relations_with({0: [(2, 0.5)], 1: [(3, 0.4)]})))
    session = SessionState("s", (entry(EventType.ADD_TO_CART, "p1", 9.0),))
    carted = Shopper(session=session)
    bought = Shopper(history=history_of(("p2", 3.0, True), ("p1", 4.0, False)))
    assert rows(strategy(shopping_of(SHOP, shopper=carted))) == [2]
    assert rows(strategy(shopping_of(SHOP, shopper=bought))) == [3]
    assert rows(strategy(shopping_of(SHOP))) == []


def test_a_deleted_product_in_an_old_artifact_is_left_out() -> None:
    """Key 99 is gone, and so is 3: its row stands, but no key leads to it any more."""
    relations = relations_with({0: [(2, 0.9), (1, 0.5), (3, 0.2)]}, pks=[1, 2, 3, 99])
    assert rows(BoughtTogether(sources(relations))(shopping_of(SHOP, 0))) == [2, 1]
    SHOP.columns.row_of_pk[3], kept = -1, SHOP.columns.row_of_pk[3]
    try:
        assert rows(BoughtTogether(sources(relations))(shopping_of(SHOP, 0))) == [1]
    finally:
        SHOP.columns.row_of_pk[3] = kept


def test_a_product_newer_than_the_artifact_has_no_neighbours() -> None:
    relations = relations_with({0: [(1, 0.5)]}, pks=[1, 2])
    assert rows(BoughtTogether(sources(relations))(shopping_of(SHOP, 7))) == []


def test_trending_goes_by_growth() -> None:
    trend = Trending(lambda: relations_with(trend=[(5, 4.0), (1, 2.0), (2, 1.25)]))
    found = trend(shopping_of(SHOP))
    assert rows(found) == [5, 1, 2]
    assert found.scores == pytest.approx([0.75, 0.5, 0.2])
    assert found.evidence == pytest.approx([4.0, 2.0, 1.25])
    assert rows(trend(shopping_of(SHOP, category=TREE.code_of_id(10)))) == [1, 2]
    assert rows(Trending(lambda: None)(shopping_of(SHOP))) == []


def test_popular_by_category_counts_what_is_below_it() -> None:
    assert rows(Popular()(shopping_of(SHOP, wanted=3))) == [6, 5, 4]
    electronics = shopping_of(SHOP, category=TREE.code_of_id(10), wanted=9)
    assert rows(Popular()(electronics)) == [3, 2, 1, 0]
    books = shopping_of(SHOP, category=TREE.code_of_id(BOOKS), wanted=9)
    assert rows(Popular()(books)) == [6, 5, 4]  # nobody ever chose the last one


def test_recently_viewed_is_newest_first_without_what_was_bought() -> None:
    session = SessionState(
        "s",
        (
            entry(EventType.VIEW, "p3", 5.0),
            entry(EventType.VIEW, "p1", 9.0),
            entry(EventType.SEARCH, "p8", 10.0),
        ),
    )
    history = history_of(
        ("p4", 2.0, True), ("p1", 3.0, False), ("gone", 3.0, False), ("p2", 7.0, False)
    )
    found = RecentlyViewed()(shopping_of(SHOP, shopper=Shopper(history=history, session=session)))
    assert rows(found) == [2, 0, 1]
    assert found.scores[2] == pytest.approx(0.5)
    assert rows(RecentlyViewed()(shopping_of(SHOP))) == []


def test_new_arrivals_begin_with_liked_categories() -> None:
    ages = [10.0, 20.0, 90.0, -1.0, 5.0, float("nan"), 30.0, 59.0]
    shop = snapshot_of(
        category_id=[AUDIO] * 4 + [BOOKS] * 4, released=[AS_OF - age * DAY for age in ages]
    )
    assert rows(NewArrivals()(shopping_of(shop))) == [4, 0, 1, 6, 7]
    likes_audio = Shopper(history=history_of(("p3", 1.0, False)))
    found = NewArrivals()(shopping_of(shop, shopper=likes_audio))
    assert rows(found) == [0, 1, 4, 6, 7]
    assert found.scores[:3] == pytest.approx([50 / 60, 40 / 60, 55 / 60 / 2], rel=1e-5)


VECTORS = around(0, 10, 20, 30, 12, 5, 80, 180)


def test_similar_by_content_prefers_its_own_category() -> None:
    """Row 5 is nearer (5°) than row 1 (10°), but a book: 0.1 cos 5° < cos 10°."""
    strategy = Similar(sources(vectors=VECTORS), SimilarKind.CONTENT)
    found = strategy(shopping_of(SHOP, 0, wanted=9))
    assert rows(found) == [1, 2, 3, 5, 4]
    assert found.scores[0] == pytest.approx(np.cos(np.deg2rad(10)), abs=1e-5)
    assert found.scores[3] == pytest.approx(0.1 * np.cos(np.deg2rad(5)), abs=1e-5)


def test_similar_leaves_variants_of_the_product_out() -> None:
    shop = snapshot_of(category_id=[AUDIO] * 8, item_group_id=["g", "g", "", "h", "h", "", "", ""])
    found = Similar(sources(vectors=VECTORS), SimilarKind.CONTENT)(shopping_of(shop, 0))
    assert 1 not in rows(found)
    assert {3, 4} & set(rows(found)) == {4}


def test_collaborative_similarity_falls_back_step_by_step() -> None:
    visits = relations_with(bought={0: [(3, 0.4)]}, viewed={0: [(2, 0.5)]})
    baskets = relations_with(bought={0: [(3, 0.4)]})

    def told(from_: Sources) -> tuple[list[int], tuple[SimilarBy, ...]]:
        asked = shopping_of(SHOP, 0, allowed=[2, 3, 6])
        found, by = similar_to(from_, asked, 0, SimilarKind.COLLABORATIVE)
        return found.rows.tolist(), by

    assert told(sources(visits, VECTORS)) == ([2], (SimilarBy.VISITS,))
    assert told(sources(baskets, VECTORS)) == ([3], (SimilarBy.BASKETS,))
    assert told(sources(relations_with(), VECTORS)) == ([2, 3], (SimilarBy.CONTENT,))
    assert told(sources()) == ([], ())


def test_the_model_is_asked_first() -> None:
    """It knows 1 … 6, and its codes run the other way round."""
    model = model_of([f"p{key}" for key in (6, 5, 4, 3, 2, 1)])
    book = code_book(model.product_ids, SHOP.columns.product_ids)
    known = replace(
        sources(relations_with(viewed={0: [(2, 0.5)], 7: [(2, 0.5)]}), VECTORS),
        basis=lambda _snapshot: Basis(book, model),
    )
    found, by = similar_to(known, shopping_of(SHOP, 0), 0, SimilarKind.COLLABORATIVE)
    codes, scores = model.similar(5, 50)
    assert by == (SimilarBy.MODEL,)
    assert found.rows.tolist() == [5 - code for code in codes.tolist()]
    assert found.scores.tolist() == scores.tolist()
    # The last one is newer than the model: visits answer.
    found, by = similar_to(known, shopping_of(SHOP, 7), 7, SimilarKind.COLLABORATIVE)
    assert (found.rows.tolist(), by) == ([2], (SimilarBy.VISITS,))


def test_blended_similarity_as_worked_out_by_hand() -> None:
    """Collaborative 0.7 · c / max(c), content 0.3 · s: row 2 has both, row 6 is a book: a tenth."""
    relations = relations_with(viewed={0: [(6, 0.5), (2, 0.25)]})
    found, by = similar_to(
        sources(relations, VECTORS),
        shopping_of(SHOP, 0, allowed=[1, 2, 6]),
        0,
        SimilarKind.BLENDED,
    )
    scores = dict(zip(found.rows.tolist(), found.scores.tolist(), strict=True))
    cosine = np.cos(np.deg2rad([10, 20, 80]))
    assert scores == pytest.approx(
        {1: 0.3 * cosine[0], 2: 0.35 + 0.3 * cosine[1], 6: 0.07 + 0.03 * cosine[2]}, abs=1e-5
    )
    assert by == (SimilarBy.VISITS, SimilarBy.CONTENT)


@pytest.mark.parametrize("kind", SimilarKind)
def test_similar_without_sources_finds_nothing(kind: SimilarKind) -> None:
    assert rows(Similar(sources(), kind)(shopping_of(SHOP, 0))) == []
    assert rows(Similar(sources(vectors=VECTORS), kind)(shopping_of(SHOP))) == []


def test_bought_together_without_an_artifact_finds_nothing() -> None:
    assert rows(BoughtTogether(sources())(shopping_of(SHOP, 0))) == []


def test_nothing_is_popular_before_anything_was_counted() -> None:
    assert rows(Popular()(shopping_of(replace(SHOP, features={})))) == []


def test_blended_similarity_of_what_nothing_is_like_is_who_chooses_it() -> None:
    """Row 7 points the other way than all others."""
    relations = relations_with(viewed={7: [(2, 0.5), (1, 0.25)]})
    known = sources(relations, VECTORS)
    found, by = similar_to(known, shopping_of(SHOP, 7, allowed=[]), 7, SimilarKind.BLENDED)
    assert (found.rows.tolist(), by) == ([], (SimilarBy.CONTENT,))
    assert blended(_NOTHING, _SOME, share=0.7, because=7).scores == pytest.approx([1.0, 0.5])


_NOTHING = (np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32))
_SOME = (np.array([2, 1], dtype=np.int32), np.array([0.5, 0.25], dtype=np.float32))


def test_to_a_product_without_a_category_nothing_is_far() -> None:
    shop = snapshot_of(category_id=[None, *[AUDIO] * 7])
    found = Similar(sources(vectors=VECTORS), SimilarKind.CONTENT)(shopping_of(shop, 0))
    assert rows(found)[:2] == [5, 1]
    assert found.scores[0] == pytest.approx(np.cos(np.deg2rad(5)), abs=1e-5)


def test_variants_of_one_product_do_not_take_the_places_of_others() -> None:
    shop = snapshot_of(category_id=[AUDIO] * 8, item_group_id=["", "g", "g", "g", "", "", "", ""])
    found = Similar(sources(vectors=VECTORS))(shopping_of(shop, 0, wanted=3))
    assert rows(found) == [5, 1, 4]


def test_similar_without_a_context_is_like_what_was_seen_last() -> None:
    shopper = Shopper(history=history_of(("p2", 1.0, False)))
    found = Similar(sources(vectors=VECTORS))(shopping_of(SHOP, shopper=shopper))
    assert set(found.because.tolist()) == {1}
    assert 1 not in rows(found)


PAIRS = st.dictionaries(
    st.integers(0, PRODUCTS - 1),
    st.dictionaries(st.integers(0, PRODUCTS - 1), st.floats(0.01, 1.0), max_size=5).map(
        lambda found: sorted(found.items(), key=lambda pair: -pair[1])
    ),
)
TRENDS = st.dictionaries(st.integers(0, PRODUCTS - 1), st.floats(1.01, 9.0)).map(
    lambda found: sorted(found.items(), key=lambda pair: -pair[1])
)


@st.composite
def shoppings(draw: st.DrawFn) -> Shopping:
    lines = draw(
        st.lists(
            st.tuples(st.sampled_from([f"p{at}" for at in range(12)]), st.booleans()),
            unique_by=lambda line: line[0],
            max_size=5,
        )
    )
    viewed = draw(st.lists(st.sampled_from([f"p{at}" for at in range(12)]), max_size=4))
    entries = tuple(entry(EventType.VIEW, name, at) for at, name in enumerate(viewed))
    history = history_of(*((name, 1.0 + at, bought) for at, (name, bought) in enumerate(lines)))
    return shopping_of(
        SHOP,
        *draw(st.sets(st.integers(0, PRODUCTS - 1), max_size=3)),
        shopper=Shopper(history=history, session=SessionState("s", entries)),
        allowed=[*draw(st.sets(st.integers(0, PRODUCTS - 1)))],
        category=draw(st.integers(-1, len(TREE) - 1)),
        wanted=draw(st.integers(1, PRODUCTS)),
    )


@given(shoppings(), PAIRS, PAIRS, TRENDS)
def test_every_strategy_keeps_its_word(
    shopping: Shopping,
    bought: dict[int, list[tuple[int, float]]],
    viewed: dict[int, list[tuple[int, float]]],
    trend: Sequence[tuple[int, float]],
) -> None:
    """Only allowed rows, each once, descending in [0, 1], never the context, no more than wanted."""
    relations = relations_with(bought, viewed, trend)
    known = sources(relations, VECTORS)
    every: list[Strategy] = [
        BoughtTogether(known),
        *(Similar(known, kind) for kind in SimilarKind),
        Trending(lambda: relations),
        Popular(),
        RecentlyViewed(),
        NewArrivals(),
    ]
    for strategy in every:
        found = strategy(shopping)
        assert len(found) <= shopping.wanted
        assert shopping.allowed[found.rows].all()
        assert len(set(rows(found))) == len(found)
        assert not set(rows(found)) & set(shopping.context.tolist())
        assert ((found.scores >= 0) & (found.scores <= 1)).all()
        assert (np.diff(found.scores) <= 0).all()
        assert {len(found.rows), len(found.because), len(found.evidence)} == {len(found.scores)}
        assert found.rows.dtype == found.because.dtype == np.int32
        assert found.scores.dtype == found.evidence.dtype == np.float32
