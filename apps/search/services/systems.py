"""Every way in which search can answer a query, each as a list of product ids, for evaluations.

They are the code that answers shoppers, and its parts; nothing is logged.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from django.conf import settings
from django.db import connection

from apps.common.errors import Unavailable
from apps.features.contracts import ServingSnapshot
from apps.features.selectors import serving_snapshot
from apps.ranking.contracts import Int32
from apps.ranking.domain.scoring import order_by_score
from apps.search.contracts import SearchRequest
from apps.search.domain.contending import SearchPlan
from apps.search.domain.normalise import normalise
from apps.search.domain.overrides import SearchSettings
from apps.search.selectors.configuration import search_settings
from apps.search.selectors.retrieval import retrieval
from apps.search.selectors.understanding import query_understanding
from apps.search.selectors.vectors import semantic_list
from apps.search.services.core import core_hits, search_core

DEPTH = 100
_BASELINE = """
    SELECT product_id FROM catalog_product, plainto_tsquery('endcap', %(query)s) AS asked
    WHERE active AND search_vector @@ asked
    ORDER BY ts_rank_cd(search_vector, asked, 1) DESC, id LIMIT %(depth)s
"""


def _baseline(query: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_BASELINE, {"query": normalise(query), "depth": DEPTH})
        return [row[0] for row in cursor.fetchall()]


def _keyword(query: str) -> list[str]:
    how = replace(search_settings(), semantic=False)
    retrieved = retrieval(query_understanding(query, how), how)
    return _ids(retrieved.snapshot, retrieved.keyword.rows)


def _semantic(query: str) -> list[str]:
    snapshot = serving_snapshot()
    found = semantic_list(normalise(query), snapshot.columns, settings.SEMANTIC_SIMILARITY_FLOOR)
    if found is None:
        raise Unavailable("There is no index or no query encoder: run build_embeddings first.")
    return _ids(snapshot, found.rows)


def _hybrid(query: str) -> list[str]:
    return _fused(query, search_settings())


def _not_understood(query: str) -> list[str]:
    how = replace(search_settings(), understanding=False, spelling=False, synonyms=False)
    return _fused(query, how)


def _fused(query: str, how: SearchSettings) -> list[str]:
    retrieved = retrieval(query_understanding(query, how), how)
    candidates, columns = retrieved.candidates, retrieved.snapshot.columns
    keys = columns.pks[candidates.rows].astype(np.int64)
    order = order_by_score(candidates.search_score.astype(np.float64), keys)
    return _ids(retrieved.snapshot, candidates.rows[order])


def _served(query: str) -> list[str]:
    return _shown(SearchRequest(query=query, per_page=DEPTH, logged=False))


def _served_as_typed(query: str) -> list[str]:
    return _shown(
        SearchRequest(query=query, per_page=DEPTH, logged=False, spell=False, understand=False)
    )


def _shown(request: SearchRequest) -> list[str]:
    return list(served_under(request, None))


def served_under(request: SearchRequest, plan: SearchPlan | None) -> tuple[str, ...]:
    """What a request shows when search works by a plan; None: as published."""
    hits = core_hits(search_core(request, plan), request)
    return tuple(hit.document.product_id for hit in hits)


def _ids(snapshot: ServingSnapshot, rows: Int32) -> list[str]:
    return [snapshot.columns.product_ids.get(row) for row in rows[:DEPTH].tolist()]


SYSTEMS: dict[str, Callable[[str], Sequence[str]]] = {
    "baseline": _baseline,
    "keyword": _keyword,
    "semantic": _semantic,
    "not_understood": _not_understood,
    "hybrid": _hybrid,
    "served_as_typed": _served_as_typed,
    "served": _served,
}
