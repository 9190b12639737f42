"""How much a history points to products: by model, by likeness, with popularity's share."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.domain.string_table import StringTable
from apps.features.contracts import POPULARITY_SCORE, ServingSnapshot
from apps.recommendations.contracts import BoolArray, Float32, History, Int32, Shopper, Solved
from apps.recommendations.contracts_models import Family, Recommender
from apps.recommendations.domain import alike, code_book
from apps.recommendations.domain.affinities import (
    NO_HISTORY,
    Basis,
    affinity_of,
    because_of,
    leaning_of,
    scores_of_rows,
)
from apps.recommendations.domain.alike import CONTENT_TRUST, ProductVectors
from apps.recommendations.domain.blending import Recipe
from apps.recommendations.domain.code_book import Places
from apps.recommendations.domain.cold_start import ENOUGH, blended, own_share
from tests.features.catalogue import AS_OF, DAY, columns_of, product_row
from tests.recommendations.affinity_stage import (
    TableVectors,
    history_made,
    model_of,
    snapshot_of,
)

SNAPSHOT = snapshot_of(12, {f"p{pk}": float(pk) for pk in range(1, 13)}, inactive=[12])
KNOWN = [f"p{pk}" for pk in range(1, 10)]  # p10 … p12 are newer than the model
MODEL = model_of([*KNOWN, "gone"], ["trained"])
VECTORS = TableVectors(np.random.default_rng(1).normal(size=(12, 6)).astype(np.float32))
ROWS = np.arange(12, dtype=np.int32)


def basis_of(
    model: Recommender | None = MODEL,
    snapshot: ServingSnapshot = SNAPSHOT,
    vectors: ProductVectors | None = VECTORS,
) -> Basis:
    ids = StringTable.build(()) if model is None else model.product_ids
    return Basis(code_book.code_book(ids, snapshot.columns.product_ids), model, vectors)


def scores_for(history: History, basis: Basis | None = None) -> Float32:
    leaning = leaning_of(Shopper(history=history), SNAPSHOT, basis or basis_of(), AS_OF)
    assert leaning is not None
    return affinity_of(leaning).scores


histories = st.lists(st.sampled_from([*KNOWN, "p10", "p11", "gone", "unheard"]), unique=True)


@given(histories, st.booleans(), st.booleans(), st.booleans())
def test_scores_are_shares_and_candidates_have_the_catalogues(
    products: list[str], modelled: bool, seen: bool, login: bool
) -> None:
    basis = basis_of(MODEL if modelled else None, vectors=VECTORS if seen else None)
    shopper = Shopper("trained" if login else None, history=history_made(*products))
    leaning = leaning_of(shopper, SNAPSHOT, basis, AS_OF)
    if leaning is None:
        assert not (login and modelled)
        assert not {*products} & {*KNOWN, "p10", "p11"}
        return
    affinity = affinity_of(leaning)
    assert np.isfinite(affinity.scores).all()
    assert ((affinity.scores >= 0) & (affinity.scores <= 1)).all()
    assert affinity.scores.dtype == np.float32
    active = ROWS[SNAPSHOT.columns.active]
    np.testing.assert_allclose(
        scores_of_rows(leaning, active), affinity.scores[active], rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(
        scores_of_rows(leaning, ROWS[:9]), affinity.scores[:9], rtol=1e-5, atol=1e-6
    )
    because = because_of(leaning, ROWS)
    assert {*because.tolist()} <= {-1, *leaning.rows.tolist()}
    assert (because != ROWS).all(), "no product is its own reason"


@pytest.mark.parametrize("momentum", [0.0, 0.5])
@pytest.mark.parametrize("newer", [0, 3])
def test_candidates_lean_as_the_catalogue_does(momentum: float, newer: int) -> None:
    """Whether or not the model knows every product, and whether or not it has momentum."""
    count = len(KNOWN)
    snapshot = snapshot_of(count + newer, {})
    lean = np.linspace(0.2, 1.0, count, dtype=np.float32) ** np.float32(momentum)
    model = replace(
        model_of(KNOWN), recipe=Recipe({Family.ALS: 1.0}, momentum), lean=lean.astype(np.float32)
    )
    basis = basis_of(model, snapshot, vectors=None)
    assert basis.book.complete is (newer == 0)
    history = history_made(*KNOWN[:ENOUGH])
    leaning = leaning_of(Shopper(history=history), snapshot, basis, AS_OF)
    assert leaning is not None
    rows = np.arange(count + newer, dtype=np.int32)
    found = scores_of_rows(leaning, rows)
    np.testing.assert_allclose(found, affinity_of(leaning).scores, rtol=1e-5, atol=1e-6)
    assert found[:count].max() > 0.0
    assert found[count:].tolist() == [0.0] * newer


@given(st.permutations(list(range(7))))
def test_the_order_of_a_history_is_irrelevant(order: list[int]) -> None:
    history = history_made(*KNOWN[:5], "p10", "p11")
    mixed = History(
        tuple(history.product_ids[at] for at in order),
        history.weights[order], history.at[order], history.bought[order],
    )  # fmt: skip
    np.testing.assert_allclose(scores_for(mixed), scores_for(history), rtol=1e-4)


def test_the_share_grows_to_all() -> None:
    shares = [own_share(count) for count in range(ENOUGH + 3)]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[ENOUGH:] == [1.0] * 3
    assert all(low < high for low, high in pairwise(shares[: ENOUGH + 1]))


def test_popularity_has_the_rest() -> None:
    own, popular = np.array([0.2, 0.8], dtype=np.float32), np.array([1.0, 0.0], dtype=np.float32)
    assert blended(own, popular, 0.25).tolist() == pytest.approx([0.8, 0.2])
    assert blended(own, None, 0.25).tolist() == pytest.approx([0.05, 0.2])
    assert blended(own, popular, 1.0) is own
    assert own.tolist() == pytest.approx([0.2, 0.8]), "it is nobody's to edit"


def test_few_interactions_are_cold_and_enough_are_folded_in() -> None:
    for count in range(1, 9):
        leaning = leaning_of(
            Shopper(history=history_made(*KNOWN[:count])), SNAPSHOT, basis_of(), AS_OF
        )
        assert leaning is not None
        affinity = affinity_of(leaning)
        assert affinity.source == ("cold" if count < ENOUGH else "folded_in")
        assert affinity.interactions == count
        assert affinity.model == 1
        own = MODEL.scores(leaning.taste)[:9]  # type: ignore[arg-type]  # there is one: no test below would hold
        popular = SNAPSHOT.features[POPULARITY_SCORE][:9]
        share = own_share(count)
        np.testing.assert_allclose(
            affinity.scores[:9], share * own + (1 - share) * popular, rtol=1e-5
        )


def test_a_user_without_news_has_the_factors_of_training() -> None:
    read = leaning_of(
        Shopper("trained", history=history_made(*KNOWN[:6])), SNAPSHOT, basis_of(), AS_OF
    )
    late = model_of(KNOWN, ["trained"], as_of=AS_OF - 5 * DAY)
    newer = leaning_of(
        Shopper("trained", history=history_made(*KNOWN[:6])), SNAPSHOT, basis_of(late), AS_OF
    )
    assert read is not None
    assert newer is not None
    assert (read.source, newer.source) == ("model", "folded_in")
    assert read.taste is not None
    np.testing.assert_array_equal(read.taste.factors, MODEL.user_factors("trained"))


def test_a_user_whose_history_cannot_be_read_has_them_too() -> None:
    basis = basis_of()
    alone = leaning_of(Shopper("trained"), SNAPSHOT, basis, AS_OF)
    visiting = Shopper("trained", history=history_made("p1"), degraded=(NO_HISTORY,))
    seen = leaning_of(visiting, SNAPSHOT, basis, AS_OF)
    assert alone is not None
    assert seen is not None
    assert (alone.source, alone.share, seen.source, seen.share) == ("model", 1.0, "model", 1.0)
    assert leaning_of(Shopper("unseen"), SNAPSHOT, basis, AS_OF) is None
    assert leaning_of(Shopper("trained"), SNAPSHOT, basis_of(None), AS_OF) is None


def test_kept_factors_are_used_with_their_own_model_alone() -> None:
    history, factors = history_made(*KNOWN[:6]), np.full(4, 0.5, dtype=np.float32)
    for number, used in ((1, True), (2, False)):
        shopper = Shopper("new", history=history, solved=Solved(number, factors))
        leaning = leaning_of(shopper, SNAPSHOT, basis_of(), AS_OF)
        assert leaning is not None
        assert leaning.taste is not None
        assert np.array_equal(leaning.taste.factors, factors) is used


def test_new_products_go_by_what_they_are_like() -> None:
    vectors = np.zeros((12, 2), dtype=np.float32)
    vectors[0], vectors[1] = (1, 0), (0, 1)
    vectors[9], vectors[10] = (1, 0.1), (-1, 0.2)
    basis = basis_of(vectors=TableVectors(vectors))
    history = history_made("p1", "p2", "p3", "p4", "p5")
    history.weights[1:] = 0.001
    leaning = leaning_of(Shopper(history=history), SNAPSHOT, basis, AS_OF)
    assert leaning is not None
    affinity = affinity_of(leaning)
    assert affinity.by_content.tolist() == [False] * 9 + [True, True, False]
    assert affinity.scores[9] == pytest.approx(CONTENT_TRUST / np.hypot(1, 0.1), rel=1e-3)
    assert affinity.scores[10] == 0.0, "as unlike as can be"
    assert affinity.scores[11] == 0.0, "inactive"
    assert because_of(leaning, np.array([9, 10], dtype=np.int32)).tolist() == [0, 1]
    assert affinity.because is not None
    assert affinity.because(np.array([9], dtype=np.int32)).tolist() == [0]


def test_without_vectors_new_products_have_no_score_and_no_reason() -> None:
    basis = basis_of(vectors=None)
    shopper = Shopper(history=history_made(*KNOWN[:6]))
    leaning = leaning_of(shopper, SNAPSHOT, basis, AS_OF)
    assert leaning is not None
    assert affinity_of(leaning).scores[9:].tolist() == [0.0, 0.0, 0.0]
    assert scores_of_rows(leaning, ROWS[9:]).tolist() == [0.0, 0.0, 0.0]
    assert because_of(leaning, ROWS[9:]).tolist() == [-1, -1, -1]


class NoVectors:
    """An index that went away between two questions."""

    def vectors_of(self, _pks: Int32, /) -> None:
        return None

    def cosines_of(self, _vector: Float32, _pks: Int32, /) -> None:
        return None

    def nearest(self, _vector: Float32, _k: int, /) -> None:
        return None


class HalfGone(NoVectors):
    """The same, gone after the first question."""

    def __init__(self) -> None:
        self.asked = 0

    def vectors_of(self, pks: Int32, /) -> tuple[Float32, BoolArray] | None:  # type: ignore[override]  # it answers once
        self.asked += 1
        return VECTORS.vectors_of(pks) if self.asked == 1 else None


def test_an_index_that_goes_away_costs_likeness_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    shopper = Shopper(history=history_made(*KNOWN[:6]))
    for make in (NoVectors, HalfGone):
        leaning = leaning_of(shopper, SNAPSHOT, basis_of(vectors=make()), AS_OF)
        assert leaning is not None
        assert affinity_of(leaning).scores[9:].tolist() == [0.0, 0.0, 0.0]
    gone = leaning_of(shopper, SNAPSHOT, basis_of(vectors=HalfGone()), AS_OF)
    assert gone is not None
    assert because_of(gone, ROWS[9:]).tolist() == [-1, -1, -1]
    monkeypatch.setattr(alike, "MOST_COMPARED", 1)
    many = leaning_of(shopper, SNAPSHOT, basis_of(vectors=HalfGone()), AS_OF)
    assert many is not None
    assert affinity_of(many).scores[9:].tolist() == [0.0, 0.0, 0.0]


def test_of_many_unknown_products_only_the_nearest_have_a_score(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    all_of_them = scores_for(history_made(*KNOWN[:6]), basis_of(None))
    monkeypatch.setattr(alike, "MOST_COMPARED", 5)
    monkeypatch.setattr(alike, "NEAREST", 4)
    nearest = scores_for(history_made(*KNOWN[:6]), basis_of(None))
    found = np.flatnonzero(nearest)
    assert 0 < len(found) <= 4
    np.testing.assert_allclose(nearest[found], all_of_them[found], rtol=1e-5)


def test_vectors_that_cancel_each_other_point_nowhere() -> None:
    vectors = np.zeros((12, 2), dtype=np.float32)
    vectors[0], vectors[1], vectors[9] = (1, 0), (-1, 0), (1, 0)
    history = history_made("p1", "p2", "p3", "p4", "p5")
    assert scores_for(history, basis_of(vectors=TableVectors(vectors)))[9] == 0.0


def test_a_model_that_knows_none_of_a_history_leaves_it_to_likeness() -> None:
    leaning = leaning_of(Shopper(history=history_made("p10", "p11")), SNAPSHOT, basis_of(), AS_OF)
    assert leaning is not None
    assert leaning.taste is None
    assert affinity_of(leaning).by_content.sum() == SNAPSHOT.columns.active.sum()


def test_a_deleted_product_in_an_old_model_is_no_row_and_no_reason() -> None:
    leaning = leaning_of(
        Shopper(history=history_made("gone", *KNOWN[:5])), SNAPSHOT, basis_of(), AS_OF
    )
    assert leaning is not None
    assert leaning.interactions == 6
    assert leaning.rows[0] == -1
    assert len(affinity_of(leaning).scores) == len(SNAPSHOT.columns)
    assert because_of(leaning, ROWS).min() >= -1


def test_a_book_follows_the_catalogue_without_looking_all_up_again() -> None:
    before = code_book.code_book(MODEL.product_ids, SNAPSHOT.columns.product_ids)
    grown = before.row_ids.appended(["gone", "p1"])
    after = code_book.code_book(MODEL.product_ids, grown, before)
    whole = code_book.code_book(MODEL.product_ids, grown)
    assert after.codes.tolist() == whole.codes.tolist()
    assert after.rows.tolist() == whole.rows.tolist()
    assert after.rows[after.codes[0]] == 13, "p1 was deleted and came back"
    other = columns_of(product_row(5), product_row(1)).product_ids
    assert code_book.code_book(MODEL.product_ids, other, before).codes.tolist() == [4, 0]


def test_places_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_book, "_MOST_REMEMBERED", 2)
    places = Places(StringTable.build(["b", "a", "c"]))
    for _ in range(2):
        assert places.of(["a", "b", "c", "x", "a"]).tolist() == [1, 0, 2, -1, 1]
