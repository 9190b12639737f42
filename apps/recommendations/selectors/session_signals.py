"""A visit's pull on products, read in process: no SQL, no Redis. The formula: `session_vector`."""

from collections.abc import Hashable

import numpy as np
import numpy.typing as npt

from apps.catalog.contracts import ProductColumns
from apps.embeddings.domain.lru import BoundedCache
from apps.embeddings.selectors import Engines, cosines_of, engines_now, vectors_of
from apps.events.contracts_sessions import SessionState
from apps.events.domain.session_looks import Looked, looked_at
from apps.features.contracts import ServingSnapshot
from apps.features.selectors_demand import session_affinities
from apps.recommendations.contracts import Float32, Int32
from apps.recommendations.domain.session_vector import (
    BRAND,
    CATEGORY,
    SessionTaste,
    boosts_of,
    factor_likeness,
    likeness_of,
    mean_direction,
    rows_of_length_1,
    similarity_of,
    speakers_of,
)
from apps.recommendations.selectors.affinity import basis_now
from apps.recommendations.selectors.recommender import recommender_now

Places = npt.NDArray[np.intp]
# Some 32 KiB each: twenty vectors of 384 numbers.
_MOST_TASTES = 512
_MOST_ROWS = 4096


class _Tastes:
    """What visits point to, for as long as catalogue, index and recommender stay as they are."""

    def __init__(self, columns: ProductColumns, index: object, model: object) -> None:
        self.columns = columns
        self.index = index
        self.model = model
        self.rows: BoundedCache[str, int] = BoundedCache(_MOST_ROWS)
        self.made: BoundedCache[Hashable, SessionTaste | None] = BoundedCache(_MOST_TASTES)

    def row(self, product_id: str) -> int:
        """The product's row; -1: the catalogue does not know it."""
        return self.rows.get_or_make(
            product_id, lambda: self.columns.product_ids.row_of(product_id)
        )


_last: _Tastes | None = None


def session_taste(session: SessionState | None, snapshot: ServingSnapshot) -> SessionTaste | None:
    """What a visit points to; None: it had to do with no product that the catalogue knows."""
    if session is None or not (looked := looked_at(session.entries)):
        return None
    engines = engines_now()
    tastes = _tastes(snapshot.columns, engines)
    return tastes.made.get_or_make(looked, lambda: _taste(looked, snapshot, tastes, engines))


def session_boosts(
    session: SessionState | None, snapshot: ServingSnapshot, rows: Int32
) -> Float32 | None:
    """float32[m] in [0, 1]: how much the visit points to each product; None: nothing seen yet.

    Args:
        session: of whoever asks.
        snapshot: whose rows are meant.
        rows: int32[m].
    """
    taste = session_taste(session, snapshot)
    return None if taste is None else taste_boosts(taste, snapshot, rows)


def taste_boosts(taste: SessionTaste, snapshot: ServingSnapshot, rows: Int32) -> Float32:
    """The same of a visit that was read already: 0.2 ms for 1,000 rows."""
    columns, at = snapshot.columns, rows.astype(np.intp)
    texts = None
    if taste.vector is not None:
        cosines = cosines_of(taste.vector, columns.pks.take(at))
        texts = None if cosines is None else similarity_of(cosines)
    boosts = boosts_of(
        likeness_of(texts, _chosen_alike(taste, snapshot, rows)),
        taste.categories[columns.category.take(at)],
        taste.brands[columns.brand.take(at)],
    )
    if taste.bought.any():
        boosts[np.isin(rows, taste.rows[taste.bought])] = 0.0
    return boosts


def _chosen_alike(taste: SessionTaste, snapshot: ServingSnapshot, rows: Int32) -> Float32 | None:
    """float32[m]: how alike the recommender finds them, nan: unknown; None: nobody can tell."""
    basis = basis_now(snapshot)
    if basis.model is None or taste.factors is None:
        return None
    codes = basis.book.codes.take(rows)
    # An unknown product's is any row: it is not looked at.
    factors = basis.model.item_factors.take(np.maximum(codes, 0), axis=0)
    if factors.shape[1] != len(taste.factors):
        return None
    return factor_likeness(factors, taste.factors, codes >= 0)


def _factors(snapshot: ServingSnapshot, rows: Int32, weights: Float32) -> Float32 | None:
    """float32[f]: where the products' factors point to; None: nowhere, or there are none."""
    basis = basis_now(snapshot)
    if basis.model is None or not basis.model.item_factors.shape[1]:
        return None
    codes = basis.book.codes.take(rows)
    known = codes >= 0
    if not known.any():
        return None
    factors = rows_of_length_1(basis.model.item_factors.take(codes[known], axis=0))
    return mean_direction(factors, weights[known])


def session_because(session: SessionState | None, snapshot: ServingSnapshot, rows: Int32) -> Int32:
    """int32[m]: the row of the visit's product that speaks most for each; -1: none does.

    A product that the visit had to do with itself is its own reason. For the products that are
    shown, not for all that are ranked.
    """
    taste = session_taste(session, snapshot)
    if taste is None:
        return np.full(len(rows), -1, dtype=np.int32)
    columns, at = snapshot.columns, rows.astype(np.intp)
    seen = taste.rows.astype(np.intp)
    likeness = np.zeros((len(seen), len(rows)), dtype=np.float32)
    read = None if taste.vectors is None else vectors_of(columns.pks.take(at))
    if read is not None and taste.vectors is not None:
        likeness = similarity_of(taste.vectors @ read[0].T)
    likeness[seen[:, None] == at] = 1.0
    alike = np.float32(CATEGORY) * _same(columns.category, seen, at)
    alike += np.float32(BRAND) * _same(columns.brand, seen, at)
    found = speakers_of(taste, likeness, alike)
    own: Int32 = np.where(np.isin(rows, taste.rows), rows, found).astype(np.int32)
    return own


def _tastes(columns: ProductColumns, engines: Engines) -> _Tastes:
    global _last  # noqa: PLW0603 - one a process is the point
    last, index, model = _last, engines.index.value, recommender_now()
    same = last is not None and last.columns is columns and last.index is index
    if last is None or not same or last.model is not model:
        last = _last = _Tastes(columns, index, model)
    return last


def _taste(
    looked: tuple[Looked, ...], snapshot: ServingSnapshot, tastes: _Tastes, engines: Engines
) -> SessionTaste | None:
    found = [(tastes.row(one.product_id), one) for one in looked]
    known = [(row, one) for row, one in found if row >= 0]
    if not known:
        return None
    columns = snapshot.columns
    rows = np.array([row for row, _ in known], dtype=np.int32)
    weights = np.array([one.weight for _, one in known], dtype=np.float32)
    weights /= weights.sum()
    read = vectors_of(columns.pks[rows], engines)
    categories, brands = session_affinities(snapshot, rows, weights)
    return SessionTaste(
        rows=rows,
        weights=weights,
        bought=np.array([one.bought for _, one in known], dtype=np.bool_),
        vectors=None if read is None else read[0],
        vector=None if read is None else mean_direction(read[0], weights),
        categories=categories,
        brands=brands,
        factors=_factors(snapshot, rows, weights),
    )


def _same(codes: Int32, seen: Places, at: Places) -> Float32:
    """float32[v, m]: 1 where both have the same code; none is nobody's."""
    one, other = codes.take(seen)[:, None], codes.take(at)
    found: Float32 = ((one == other) & (one >= 0)).astype(np.float32)
    return found
