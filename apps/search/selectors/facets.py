"""Facet counts over the full match set."""

from collections.abc import Sequence

import numpy as np

from apps.catalog.contracts import IntArray, UnknownFilter
from apps.catalog.domain.facets import facet_counts
from apps.common.errors import InvalidInput
from apps.search.contracts import FacetLine, SearchRequest
from apps.search.selectors.scoring import Scored, all_of

_FACET_LINES = {"category": 200, "brand": 100, "price": 10, "availability": 10}
_ATTRIBUTE_LINES = 30


def facets_counted(
    sides: Sequence[Scored], request: SearchRequest
) -> dict[str, tuple[FacetLine, ...]]:
    """Each field's values over the full match set, its own filter left out.

    Args:
        sides: what was found; two that are interleaved are counted as one set.
        request: names the fields.

    Raises:
        InvalidInput: an attribute that no product has.
    """
    snapshot = sides[0].retrieved.snapshot
    answer: dict[str, tuple[FacetLine, ...]] = {}
    for field in request.facets:
        rows = _rows_beside(sides, field)
        limit = _FACET_LINES.get(field, _ATTRIBUTE_LINES)
        try:
            counted = facet_counts(snapshot.columns, snapshot.tree, field, rows, limit)
        except UnknownFilter as error:
            raise InvalidInput(str(error), field="facets", code="unknown_facet") from error
        selected = _selected(field, request)
        answer[field] = tuple(FacetLine.of(value, selected) for value in counted)
    return answer


def _rows_beside(sides: Sequence[Scored], field: str) -> IntArray:
    """Rows that pass every filter but the field's own and are not hidden, each once."""
    found = []
    for scored in sides:
        others = {name: mask for name, mask in scored.passes.items() if name != field}
        rows = scored.matched.rows[all_of(others, len(scored.matched))]
        shown = None if scored.effect is None else scored.effect.shown(rows)
        found.append(rows if shown is None else rows[shown])
    return found[0] if len(found) == 1 else np.unique(np.concatenate(found))


def _selected(field: str, request: SearchRequest) -> frozenset[str]:
    asked = request.filters_asked.get(field, ())
    if field == "category":
        return frozenset(each.strip("/") for each in asked)
    if field == "availability":
        return frozenset(each.replace(" ", "_") for each in asked)
    return frozenset(asked)
