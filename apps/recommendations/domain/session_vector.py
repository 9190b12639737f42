"""What a visit points to: the mean of the products it had to do with, the newest counting most.

    session_boost = 0.60 · similarity + 0.25 · category + 0.15 · brand

all in [0, 1]. `similarity` is the cosine of a product's vector with the visit's, 0 up to
`UNLIKE` and rising to 1 from there; of texts, and where the recommender knows product and visit
the mean of that and the same of its factors. `category` and `brand` are the shares of the visit
that went to the product's own. A product that the visit has bought gets 0: the wish for it is
met. The place in time counts and not the minutes gone by: the same visit says the same until
something happens in it.
"""

from dataclasses import dataclass

import numpy as np

from apps.recommendations.contracts import BoolArray, Float32, Int32

SIMILARITY, CATEGORY, BRAND = 0.60, 0.25, 0.15
# Texts of one shop that have nothing to do with each other reach about this cosine.
UNLIKE = 0.3
_LEAST_LENGTH = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class SessionTaste:
    """What a visit points to, in one state of the catalogue.

    Attributes:
        rows: int32[v], the products it had to do with that the catalogue knows, newest first.
        weights: float32[v], sum to 1.
        bought: bool[v].
        vectors: float32[v, d], of length 1 or zero; None: there is no index.
        vector: float32[d], of length 1, their mean; None likewise, or they cancel out.
        categories: float32[categories + 1], the share of each code; the last: of none.
        brands: float32[brands + 1] likewise.
        factors: float32[f], of length 1, the mean of the recommender's factors; None: it knows
            none of the products, or there is none.
    """

    rows: Int32
    weights: Float32
    bought: BoolArray
    vectors: Float32 | None
    vector: Float32 | None
    categories: Float32
    brands: Float32
    factors: Float32 | None = None


def mean_direction(vectors: Float32, weights: Float32) -> Float32 | None:
    """float32[d] of length 1: where the weighted mean points; None: nowhere.

    Args:
        vectors: float32[v, d]; zero ones do not count.
        weights: float32[v].
    """
    mean = weights @ vectors
    length = float(np.linalg.norm(mean))
    if length < _LEAST_LENGTH:
        return None
    found: Float32 = (mean / np.float32(length)).astype(np.float32)
    return found


def similarity_of(cosines: Float32) -> Float32:
    """float32[m] in [0, 1] of float32[m] cosines."""
    found: Float32 = np.clip((cosines - np.float32(UNLIKE)) / np.float32(1.0 - UNLIKE), 0.0, 1.0)
    return found


def factor_likeness(factors: Float32, towards: Float32, known: BoolArray) -> Float32:
    """float32[m]: the cosine of a product's factors with the visit's, not below 0.

    Args:
        factors: float32[m, f].
        towards: float32[f], of length 1.
        known: bool[m]; nan for the others.
    """
    found: Float32 = np.maximum(rows_of_length_1(factors) @ towards, np.float32(0.0))
    found[~known] = np.nan
    return found


def rows_of_length_1(vectors: Float32) -> Float32:
    """float32[m, f]: the rows at length 1; zero ones stay zero."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    scaled: Float32 = vectors / np.maximum(lengths, np.float32(_LEAST_LENGTH))[:, None]
    return scaled


def likeness_of(texts: Float32 | None, factors: Float32 | None) -> Float32 | None:
    """float32[m] in [0, 1]: the mean of both, or what there is; None: there is neither.

    Args:
        texts: float32[m] in [0, 1].
        factors: likewise; nan where the recommender does not know the product.
    """
    if factors is None:
        return texts
    if texts is None:
        return np.nan_to_num(factors, nan=0.0)
    found: Float32 = np.where(np.isnan(factors), texts, (texts + factors) / np.float32(2.0))
    return found


def boosts_of(similarity: Float32 | None, category: Float32, brand: Float32) -> Float32:
    """float32[m] in [0, 1]: the formula above.

    Args:
        similarity: float32[m] in [0, 1]; None: there are no vectors.
        category: float32[m] likewise, the share of each product's own.
        brand: float32[m] likewise.
    """
    found = np.float32(CATEGORY) * category + np.float32(BRAND) * brand
    if similarity is not None:
        found += np.float32(SIMILARITY) * similarity
    bounded: Float32 = np.clip(found, 0.0, 1.0)
    return bounded


def speakers_of(taste: SessionTaste, likeness: Float32, alike: Float32) -> Int32:
    """int32[m]: the row that speaks most for each product; -1: none does.

    Args:
        taste: of the visit.
        likeness: float32[v, m] in [0, 1], of each product of the visit with each of the m.
        alike: float32[v, m], what the same category and brand add.
    """
    spoken = taste.weights[:, None] * (np.float32(SIMILARITY) * likeness + alike)
    best = spoken.argmax(axis=0)
    told = spoken[best, np.arange(spoken.shape[1])] > 0.0
    found: Int32 = np.where(told, taste.rows[best], -1).astype(np.int32)
    return found
