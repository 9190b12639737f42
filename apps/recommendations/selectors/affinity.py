"""What a shopper's history says of products now: by the served model, and by vectors.

Memory only: no SQL, no Redis. Whoever has another model or another moment (an evaluation, a
preview) uses `affinity_by`.
"""

import time
from collections.abc import Callable

import numpy as np

from apps.common.domain.string_table import StringTable
from apps.embeddings.contracts import IndexUnavailable
from apps.embeddings.selectors import cosines_of, nearest, vectors_of
from apps.features.contracts import ServingSnapshot
from apps.recommendations.contracts import Affinity, BoolArray, Float32, Int32, Shopper
from apps.recommendations.contracts_models import Recommender
from apps.recommendations.domain.affinities import (
    COLD,
    Basis,
    Leaning,
    affinity_of,
    codes_for,
    leaning_of,
    scores_of_rows,
)
from apps.recommendations.domain.alike import ProductVectors
from apps.recommendations.domain.code_book import CodeBook, code_book
from apps.recommendations.metrics_affinity import (
    affinity_requests_total,
    affinity_seconds,
    cold_start_products_total,
    cold_start_users_total,
)
from apps.recommendations.selectors.personalised import personalisation_flags
from apps.recommendations.selectors.recommender import recommender_now

_NO_IDS = StringTable.build(())
_ALL, _SOME = affinity_seconds.labels("catalogue"), affinity_seconds.labels("candidates")


class ServedVectors:
    """Vectors of the product index that is served."""

    def vectors_of(self, pks: Int32) -> tuple[Float32, BoolArray] | None:
        """As `embeddings` has them."""
        return vectors_of(pks)

    def cosines_of(self, vector: Float32, pks: Int32) -> Float32 | None:
        """As `embeddings` has them."""
        return cosines_of(vector, pks)

    def nearest(self, vector: Float32, k: int) -> tuple[Int32, Float32] | None:
        """The nearest of all; None: there is no index."""
        try:
            found = nearest(vector=vector, k=k, floor=0.0)
        except IndexUnavailable:
            return None
        return found.pks, found.similarities


class _Books:
    """The book of one model and the snapshots that follow each other."""

    def __init__(self) -> None:
        self._last: CodeBook | None = None

    def of(self, model: Recommender | None, row_ids: StringTable) -> CodeBook:
        """The same as long as both are the same."""
        model_ids = _NO_IDS if model is None else model.product_ids
        last = self._last
        if last is None or last.model_ids is not model_ids or last.row_ids is not row_ids:
            last = self._last = code_book(model_ids, row_ids, before=last)
        return last


_books = _Books()
_vectors = ServedVectors()


def basis_now(snapshot: ServingSnapshot) -> Basis:
    """The served model and index, for these rows."""
    model = recommender_now()
    return Basis(_books.of(model, snapshot.columns.product_ids), model, _vectors)


def affinity_ready(snapshot: ServingSnapshot) -> bool:
    """Load the model and number its products now instead of in the first request.

    Returns whether there is a model. Measured: 0.1 s for 20,000 products, 1 s for 200,000.
    """
    return basis_now(snapshot).model is not None


def shopper_affinity(shopper: Shopper, snapshot: ServingSnapshot, as_of: float) -> Affinity | None:
    """How much the shopper's history points to every product; None: nowhere, or switched off.

    Args:
        shopper: who asks.
        snapshot: whose rows are meant.
        as_of: unix seconds.
    """
    started = time.perf_counter()
    leaning = _leaning(shopper, snapshot, as_of)
    if leaning is None:
        return None
    affinity = affinity_of(leaning)
    cold_start_products_total.inc(int(affinity.by_content.sum()))
    _ALL.observe(time.perf_counter() - started)
    return affinity


def user_product_affinity(
    shopper: Shopper, snapshot: ServingSnapshot, rows: Int32, as_of: float
) -> Float32 | None:
    """float32[m] in [0, 1]: the same for candidates, one matrix product; None likewise.

    Args:
        shopper: who asks.
        snapshot: whose rows are meant.
        rows: int32[m].
        as_of: unix seconds.
    """
    started = time.perf_counter()
    leaning = _leaning(shopper, snapshot, as_of)
    if leaning is None:
        return None
    scores = scores_of_rows(leaning, rows)
    cold_start_products_total.inc(int(np.count_nonzero(codes_for(leaning, rows) < 0)))
    _SOME.observe(time.perf_counter() - started)
    return scores


def affinity_by(
    model: Recommender | None, vectors: ProductVectors | None = None
) -> Callable[[Shopper, ServingSnapshot, float], Affinity | None]:
    """What answers affinities by this model alone; counts nothing, asks no setting.

    Args:
        model: published or not.
        vectors: of products; None: what the model does not know has no score.
    """
    books = _Books()

    def affinity(shopper: Shopper, snapshot: ServingSnapshot, as_of: float) -> Affinity | None:
        basis = Basis(books.of(model, snapshot.columns.product_ids), model, vectors)
        leaning = leaning_of(shopper, snapshot, basis, as_of)
        return None if leaning is None else affinity_of(leaning)

    return affinity


def _leaning(shopper: Shopper, snapshot: ServingSnapshot, as_of: float) -> Leaning | None:
    if not personalisation_flags().history:
        return None
    leaning = leaning_of(shopper, snapshot, basis_now(snapshot), as_of)
    source = "none" if leaning is None else leaning.source
    affinity_requests_total.labels(source).inc()
    if source == COLD:
        cold_start_users_total.inc()
    return leaning
