"""How much a shopper's own history points to products: collaborative, else by likeness.

Everything is given: shopper, snapshot, model, vectors and moment. A product that the model knows
has the model's score. One that it does not know is scored by how like it is to what the
shopper liked (`alike`). Both are in [0, 1]; while fewer than `ENOUGH` products are
known of the shopper, popularity has a share (`cold_start`).
"""

from dataclasses import dataclass

import numpy as np

from apps.features.contracts import POPULARITY_SCORE, ServingSnapshot
from apps.recommendations.contracts import (
    Affinity,
    BoolArray,
    Float32,
    History,
    Int32,
    Shopper,
)
from apps.recommendations.contracts_models import Cells, Recommender, Taste
from apps.recommendations.domain.alike import Likeness, ProductVectors
from apps.recommendations.domain.code_book import CodeBook
from apps.recommendations.domain.cold_start import ENOUGH, blended, own_share

MODEL, FOLDED_IN, COLD = "model", "folded_in", "cold"
NO_HISTORY = "history"
"""In `Shopper.degraded`: what was stored could not be read."""
_DAY_S = 86_400.0
_HALF_LIFE_DAYS = 90.0


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """What affinities are worked out with, besides the shopper.

    Attributes:
        book: of the model and the snapshot that are used.
        model: None: there is none, and all goes by likeness.
        vectors: None: what the model does not know has no score.
    """

    book: CodeBook
    model: Recommender | None = None
    vectors: ProductVectors | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Leaning:
    """A shopper seen with one basis at one moment.

    Attributes:
        basis, snapshot: what it was made with.
        rows: int32[h], rows of the history in the snapshot; -1: it has none.
        strengths: float32[h], weights decayed to the moment.
        taste: as the model sees them; None: it knows nothing of them.
        share, interactions, source: as in `Affinity`.
    """

    basis: Basis
    snapshot: ServingSnapshot
    rows: Int32
    strengths: Float32
    taste: Taste | None
    share: float
    interactions: int
    source: str

    @property
    def likeness(self) -> Likeness | None:
        """What the shopper liked, by vectors; None: nothing of it has one."""
        if self.basis.vectors is None:
            return None
        columns = self.snapshot.columns
        return Likeness.of(self.basis.vectors, columns, self.rows, self.strengths)


def cells_of(history: History, codes: Int32, as_of: float) -> Cells:
    """The part of a history that the model knows.

    Args:
        history: of the shopper.
        codes: int32[h], the model's, -1: unknown.
        as_of: unix seconds.
    """
    known = codes >= 0
    ages = np.maximum(as_of - history.at[known], 0.0) / _DAY_S
    return Cells(codes[known], history.weights[known], ages.astype(np.float32))


def leaning_of(
    shopper: Shopper, snapshot: ServingSnapshot, basis: Basis, as_of: float
) -> Leaning | None:
    """The shopper at `as_of` (unix seconds); None: nothing is known that points anywhere."""
    history, model = shopper.history, basis.model
    codes = basis.book.codes_of(history.product_ids)
    rows = basis.book.rows_of(history.product_ids, codes)
    interactions = int(np.count_nonzero((codes >= 0) | (rows >= 0)))
    trained = None
    if model is not None and shopper.user_id is not None:
        trained = model.user_factors(shopper.user_id)
    if interactions == 0 and trained is None:
        return None
    source, factors = _factors(shopper, trained, model, interactions)
    taste = None
    if model is not None and (trained is not None or bool((codes >= 0).any())):
        taste = model.taste(cells_of(history, codes, as_of), factors)
    return Leaning(
        basis,
        snapshot,
        rows,
        _strengths(history, model, as_of),
        taste,
        1.0 if source == MODEL else own_share(interactions),
        interactions,
        source,
    )


def _factors(
    shopper: Shopper, trained: Float32 | None, model: Recommender | None, interactions: int
) -> tuple[str, Float32 | None]:
    """Where the shopper's factors come from, and they; None: they are solved now."""
    history = shopper.history
    if trained is not None and model is not None:
        unread = interactions == 0 or NO_HISTORY in shopper.degraded
        if unread or (interactions >= ENOUGH and float(history.at.max()) < model.card.as_of):
            return MODEL, trained
    kept = shopper.solved
    fits = kept is not None and model is not None and kept.model == model.card.number
    source = FOLDED_IN if interactions >= ENOUGH and model is not None else COLD
    return source, kept.factors if kept is not None and fits else None


def _strengths(history: History, model: Recommender | None, as_of: float) -> Float32:
    half_life = _HALF_LIFE_DAYS
    if model is not None:
        half_life = float(model.card.parameters.get("half_life_days") or half_life)
    ages = np.maximum(as_of - history.at, 0.0) / _DAY_S
    return (history.weights * np.exp2(-ages / half_life)).astype(np.float32)


def affinity_of(leaning: Leaning) -> Affinity:
    """The whole catalogue."""
    snapshot = leaning.snapshot
    own, by_content = _own_of_all(leaning)
    popularity = snapshot.features.get(POPULARITY_SCORE)
    model = leaning.basis.model
    return Affinity(
        scores=blended(own, popularity, leaning.share),
        share=leaning.share,
        interactions=leaning.interactions,
        source=leaning.source,
        by_content=by_content,
        model=0 if model is None else model.card.number,
        because=lambda rows: because_of(leaning, rows),
    )


def scores_of_rows(leaning: Leaning, rows: Int32) -> Float32:
    """float32[m]: the same numbers for candidates, one matrix product."""
    own = _own_of_rows(leaning, rows)
    if leaning.share >= 1.0:
        return own
    popularity = leaning.snapshot.features.get(POPULARITY_SCORE)
    return blended(own, None if popularity is None else popularity[rows], leaning.share)


def _own_of_rows(leaning: Leaning, rows: Int32) -> Float32:
    book, model, taste = leaning.basis.book, leaning.basis.model, leaning.taste
    if taste is None or model is None:
        return _content(leaning, rows)
    codes = book.codes.take(rows, mode="clip")  # none is out of bounds: faster than looking
    if book.complete or codes.min(initial=0) >= 0:
        return model.scores_of(taste, codes)
    own = np.zeros(len(rows), dtype=np.float32)
    known = codes >= 0
    own[known] = model.scores_of(taste, codes[known])
    own[~known] = _content(leaning, rows[~known])
    return own


def codes_for(leaning: Leaning, rows: Int32) -> Int32:
    """int32[m]: the model's codes of rows; -1 for all while it knows nothing of the shopper."""
    if leaning.taste is None:
        return np.full(len(rows), -1, dtype=np.int32)
    return leaning.basis.book.codes.take(rows)


def because_of(leaning: Leaning, rows: Int32) -> Int32:
    """int32[m]: the row of the history that speaks most for each; -1: none. Never itself."""
    found = np.full(len(rows), -1, dtype=np.int32)
    codes, model = codes_for(leaning, rows), leaning.basis.model
    known = codes >= 0
    if model is not None and leaning.taste is not None and known.any():
        speaking = model.because(leaning.taste, codes[known])
        book_rows = leaning.basis.book.rows
        found[known] = np.where(speaking >= 0, book_rows[np.maximum(speaking, 0)], -1)
    likeness = None if known.all() else leaning.likeness
    if likeness is not None:
        found[~known] = likeness.because(rows[~known])
    return found


def _own_of_all(leaning: Leaning) -> tuple[Float32, BoolArray]:
    """float32[n] of the shopper's own, and bool[n] which rows are judged by likeness."""
    columns, model = leaning.snapshot.columns, leaning.basis.model
    if model is None or leaning.taste is None:
        by_content = columns.active.copy()
        own = np.zeros(len(columns), dtype=np.float32)
    else:
        codes = leaning.basis.book.codes
        # The last one, where code -1 points to, is of no product.
        scores = np.append(model.scores(leaning.taste), np.float32(0.0))
        own = scores.take(codes)
        by_content = columns.active & (codes < 0)
    rows = np.flatnonzero(by_content).astype(np.int32)
    likeness = leaning.likeness if len(rows) else None
    if likeness is not None:
        own[rows] = likeness.scores_of_many(rows)
    return own, by_content


def _content(leaning: Leaning, rows: Int32) -> Float32:
    likeness = leaning.likeness
    return np.zeros(len(rows), dtype=np.float32) if likeness is None else likeness.scores(rows)
