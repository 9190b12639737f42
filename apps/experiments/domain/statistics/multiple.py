"""Many metrics, many variants: adjusted p-values in the order they came in."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from apps.experiments.contracts.statistics import Reason
from apps.experiments.domain.statistics.errors import NotComputable, typed_state
from apps.experiments.domain.statistics.moments import Vector


def _checked(p_values: Sequence[float]) -> Vector:
    """The p-values as an array.

    Raises:
        NotComputable: None given, or one outside [0, 1].
    """
    if not p_values:
        raise NotComputable(Reason.NO_DATA, "there are no p-values")
    raw = np.array(p_values, dtype=np.float64)
    if not ((raw >= 0) & (raw <= 1)).all():
        raise NotComputable(Reason.INVALID_INPUT, "a p-value must lie between 0 and 1")
    return raw


def _in_input_order(adjusted: Vector, order: NDArray[np.intp]) -> tuple[float, ...]:
    result = np.empty_like(adjusted)
    result[order] = np.minimum(adjusted, 1.0)
    return tuple(float(value) for value in result)


@typed_state
def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Family-wise error: step-down adjusted p-values.

    Source: Holm (1979).
    """
    raw = _checked(p_values)
    order = np.argsort(raw, kind="stable")
    steps = raw[order] * np.arange(raw.size, 0, -1)
    return _in_input_order(np.maximum.accumulate(steps), order)


@typed_state
def benjamini_hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """False discovery rate: step-up adjusted p-values.

    Source: Benjamini and Hochberg (1995).
    """
    raw = _checked(p_values)
    order = np.argsort(raw, kind="stable")
    steps = raw[order] * raw.size / np.arange(1, raw.size + 1)
    return _in_input_order(np.minimum.accumulate(steps[::-1])[::-1], order)
