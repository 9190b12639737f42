"""Ranges of a layer, in ten-thousandths."""

from collections.abc import Sequence

from apps.experiments.contracts.design import LayerUse

EDGES = 10_000


def layer_edges(layer: LayerUse) -> tuple[int, int]:
    """The range in ten-thousandths, `[low, high)`."""
    return round(layer.low * EDGES), round(layer.high * EDGES)


def free_ranges(held: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """What of `[0, 1)` nobody holds, ascending; ranges held may touch, never overlap."""
    free, edge = [], 0
    for low, high in sorted(held):
        start = round(low * EDGES)
        if start > edge:
            free.append((edge / EDGES, start / EDGES))
        edge = max(edge, round(high * EDGES))
    if edge < EDGES:
        free.append((edge / EDGES, 1.0))
    return tuple(free)
