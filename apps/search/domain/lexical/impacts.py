"""BM25F: how much a word says about a product, from how often it stands in which field."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.search.domain.lexical.arrays import MOST_IMPACT, Field, Float32, Int32
from apps.search.domain.lexical.documents import FIELD_BITS

_FREQUENCY = np.uint64((1 << FIELD_BITS) - 1)


@dataclass(frozen=True, slots=True)
class FieldWeights:
    """BM25F's parameters.

    Attributes:
        weights: what one word in each `Field` counts.
        lengths: b by field: how far long fields count less, in [0, 1].
        saturation: k1: the weighted frequency that says half of what any number could.
    """

    weights: tuple[float, ...] = (3.0, 2.0, 1.0, 0.2, 0.5, 1.0)
    lengths: tuple[float, ...] = (0.5, 0.5, 0.6, 0.6, 0.75, 0.8)
    saturation: float = 1.2


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """What frequencies are measured by.

    Attributes:
        averages: float64[fields], mean number of words by field.
        parameters: of BM25F.
    """

    averages: NDArray[np.float64]
    parameters: FieldWeights


def impacts_of(
    frequencies: NDArray[np.uint64], documents: Int32, lengths: Int32, scale: Scale
) -> NDArray[np.uint16]:
    """uint16[p]: x / (k1 + x) times MOST_IMPACT, with x the weighted frequency; 1 and more.

    Args:
        frequencies: uint64[p], packed by field as `Chunk.frequencies`.
        documents: int32[p], rows of lengths.
        lengths: int32[n, fields].
        scale: averages and weights.

    Source: Robertson, Zaragoza and Taylor, Simple BM25 extension to multiple weighted fields,
        CIKM 2004; idf is left to the query.
    """
    total: Float32 = np.zeros(len(frequencies), dtype=np.float32)
    parameters = scale.parameters
    for field in Field:
        weight, b = parameters.weights[field], parameters.lengths[field]
        found = (frequencies >> np.uint64(field * FIELD_BITS)) & _FREQUENCY
        held = np.flatnonzero(found)
        share = lengths[:, field] / max(float(scale.averages[field]), 1.0)
        norm = (weight / (1.0 - b + b * share).clip(min=1e-6)).astype(np.float32)
        total[held] += found[held].astype(np.float32) * norm[documents[held]]
    saturated = total / (total + np.float32(parameters.saturation))
    impacts: NDArray[np.uint16] = np.rint(saturated * MOST_IMPACT).clip(min=1).astype(np.uint16)
    return impacts


def fields_of(frequencies: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """uint8[p]: the mask of the fields that hold anything."""
    masks = np.zeros(len(frequencies), dtype=np.uint8)
    for field in Field:
        found = (frequencies >> np.uint64(field * FIELD_BITS)) & _FREQUENCY
        masks |= (found > 0).astype(np.uint8) << np.uint8(field)
    return masks
