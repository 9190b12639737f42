"""Runs every system over judged queries, with the code that answers shoppers."""

import time
from collections.abc import Callable, Sequence

import numpy as np
from django.conf import settings

from apps.catalog.selectors import pks_by_product_id
from apps.common.errors import Unavailable
from apps.features.contracts import ServingSnapshot
from apps.features.selectors import serving_snapshot
from apps.ranking.contracts import Int32
from apps.ranking.domain.scoring import order_by_score
from apps.search.contracts import SearchRequest
from apps.search.domain.evaluation import (
    DEPTH,
    Figure,
    Judgements,
    SystemRun,
    answerable_queries,
    definition,
    system_figures,
)
from apps.search.domain.keyword_list import keyword_list
from apps.search.domain.normalise import normalise
from apps.search.selectors.configuration import search_settings
from apps.search.selectors.keyword import keyword_matches
from apps.search.selectors.retrieval import retrieval, semantic_list
from apps.search.selectors.understanding import query_understanding
from apps.search.services.core import core_hits, search_core

Progress = Callable[[int, int, str], None]
Report = dict[str, dict[str, dict[str, Figure]] | dict[str, str | int | float]]


def evaluation_run(*, judgements: Judgements, progress: Progress) -> Report:
    """`{"definition": …, "systems": {name: figures}}` over the database in use.

    Raises:
        Unavailable: no index or encoder: the semantic system cannot be measured.
    """
    queries = answerable_queries(judgements)
    systems: dict[str, dict[str, Figure]] = {}
    for done, (name, system) in enumerate(SYSTEMS.items()):
        progress(done, len(SYSTEMS), name)
        systems[name] = system_figures(_run(system, queries), judgements)
    progress(len(SYSTEMS), len(SYSTEMS), "done")
    judged = {product_id for ratings in judgements.values() for product_id in ratings}
    unknown = len(judged) - len(pks_by_product_id(judged))
    return {"definition": definition(judgements, unknown), "systems": systems}


def _run(system: Callable[[str], Sequence[str]], queries: Sequence[str]) -> SystemRun:
    ranked = {query: system(query) for query in queries}  # also warms what is timed next
    latencies = []
    for query in queries:
        started = time.perf_counter()
        system(query)
        latencies.append((time.perf_counter() - started) * 1000.0)
    return SystemRun(ranked, latencies)


def _keyword(query: str) -> list[str]:
    snapshot = serving_snapshot()
    matches = keyword_matches(query_understanding(query), snapshot.columns.horizon)
    ranked, _ = keyword_list(matches, snapshot.columns.row_of_pk)
    return _ids(snapshot, ranked.rows)


def _semantic(query: str) -> list[str]:
    snapshot = serving_snapshot()
    found = semantic_list(normalise(query), snapshot.columns, settings.SEMANTIC_SIMILARITY_FLOOR)
    if found is None:
        raise Unavailable("There is no index or no query encoder: run build_embeddings first.")
    return _ids(snapshot, found.rows)


def _hybrid(query: str) -> list[str]:
    retrieved = retrieval(query_understanding(query), search_settings())
    candidates, columns = retrieved.candidates, retrieved.snapshot.columns
    keys = columns.pks[candidates.rows].astype(np.int64)
    order = order_by_score(candidates.search_score.astype(np.float64), keys)
    return _ids(retrieved.snapshot, candidates.rows[order])


def _served(query: str) -> list[str]:
    request = SearchRequest(query=query, per_page=DEPTH, logged=False)
    hits = core_hits(search_core(request), request)
    return [hit.document.product_id for hit in hits]


def _ids(snapshot: ServingSnapshot, rows: Int32) -> list[str]:
    return [snapshot.columns.product_ids.get(row) for row in rows[:DEPTH].tolist()]


SYSTEMS: dict[str, Callable[[str], Sequence[str]]] = {
    "keyword": _keyword,
    "semantic": _semantic,
    "hybrid": _hybrid,
    "served": _served,
}
